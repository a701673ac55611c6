//! The CA trust anchors, the specification's own example of a release: `ca-policy-egi-core-1.37-1.noarch.rpm`.
//!
//! The packages EGI published in 2010 can not be had any more. These are built with the real `rpmbuild` from the trust
//! anchors the IGTF publishes today, as Debian carries them in `igtf-policy-classic`, and in the shape of the originals: one
//! `ca_<name>` package for each authority with its files in `/etc/grid-security/certificates`, and `ca-policy-egi-core`, which
//! requires them all. Three authorities stand for some eighty. The version numbers are whatever the caller asks for and say
//! nothing about the age of the anchors.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use super::{BUILD_TIME, copy_file, create_dirs, fetch_debs, list_dir, name_of, write_file};
use crate::process::run;

/// Debian's package of trust anchors, and where they are in it.
const SOURCE: &str = "igtf-policy-classic";
const SOURCE_FOLDER: &str = "usr/share/igtf-policy/classic";
/// Where sites have them.
const CERTIFICATES: &str = "/etc/grid-security/certificates";
/// How many authorities are packaged.
const AUTHORITIES: usize = 3;

/// The files of each authority, links included, by the authority's name.
type Anchors = BTreeMap<String, Vec<PathBuf>>;

/// Builds `ca-policy-egi-core-<version>-<release>.noarch.rpm` and the packages it requires into `dir`; it comes first.
///
/// The trust anchors are fetched from Debian the first time.
pub fn build_ca_rpms(version: &str, release: &str, dir: &Path) -> Result<Vec<PathBuf>> {
    let work = TempDir::with_prefix("nsrw-ca-").context("failed to create a folder to build in")?;
    let unpacked = unpack_source(work.path())?;
    let anchors = choose(&list_dir(&unpacked.join(SOURCE_FOLDER))?)?;
    let tree = work.path().join("tree");
    lay_out(&anchors, version, &tree)?;
    let spec = work.path().join("ca-policy-egi-core.spec");
    write_file(&spec, render_spec(&anchors, version, release, &tree))?;
    let built = rpmbuild(&spec, work.path())?;
    let mut copies = Vec::new();
    for file in built {
        let copy = dir.join(name_of(&file));
        copy_file(&file, &copy)?;
        copies.push(copy);
    }
    // "ca-policy…" before "ca_…": the sorted list has the meta package first.
    Ok(copies)
}

fn unpack_source(work: &Path) -> Result<PathBuf> {
    let unpacked = work.join("unpacked");
    for deb in fetch_debs(&[SOURCE], work)? {
        run(Command::new("dpkg-deb").arg("--extract").arg(deb).arg(&unpacked))?;
    }
    Ok(unpacked)
}

/// The first authorities in the order of their names. An authority's files carry its name before the first dot; links
/// named by the hash of its subject point to them.
fn choose(paths: &[PathBuf]) -> Result<Anchors> {
    let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
    let infos = paths.iter().filter(|p| p.extension().is_some_and(|e| e == "info") && !p.is_symlink());
    let mut anchors: Anchors = infos.take(AUTHORITIES).map(|p| (stem(&name_of(p)), Vec::new())).collect();
    if anchors.len() < AUTHORITIES {
        bail!("Debian's {SOURCE} has fewer than {AUTHORITIES} authorities in /{SOURCE_FOLDER}");
    }
    for path in paths {
        let owner = fs::read_link(path).unwrap_or_else(|_| path.clone());
        if let Some(files) = anchors.get_mut(&stem(&name_of(&owner))) {
            files.push(path.clone());
        }
    }
    Ok(anchors)
}

/// Copies the files to where they will be installed, below `tree`.
fn lay_out(anchors: &Anchors, version: &str, tree: &Path) -> Result<()> {
    let folder = tree.join(CERTIFICATES.trim_start_matches('/'));
    create_dirs(&folder)?;
    for path in anchors.values().flatten() {
        let to = folder.join(name_of(path));
        match fs::read_link(path) {
            Ok(target) => symlink(&target, &to).with_context(|| format!("failed to link {}", to.display()))?,
            Err(_) => copy_file(path, &to)?,
        }
    }
    let required: Vec<String> = anchors.keys().map(|name| format!("{name} = {version}")).collect();
    let info = format!("alias = policy-egi-core\nversion = {version}\nrequires = {}\n", required.join(", \\\n    "));
    write_file(&folder.join("policy-egi-core.info"), info)
}

fn render_spec(anchors: &Anchors, version: &str, release: &str, tree: &Path) -> String {
    let requires: Vec<String> = anchors.keys().map(|name| format!("Requires: ca_{name} = {version}")).collect();
    let policy = format!(
        "Name: ca-policy-egi-core\nVersion: {version}\nRelease: {release}\nSummary: Trust anchors of EGI core services\n\
         License: Apache-2.0\nURL: https://www.igtf.net/\nBuildArch: noarch\nAutoReqProv: no\n{requires}\n\n\
         %description\nInstalls the certificates of the authorities that EGI core services trust.\n\n\
         %install\ncp -a {tree}/. %{{buildroot}}/\n\n\
         %files\n{CERTIFICATES}/policy-egi-core.info\n",
        requires = requires.join("\n"),
        tree = tree.display(),
    );
    let authorities = anchors.iter().map(|(name, files)| render_authority(name, files));
    std::iter::once(policy).chain(authorities).collect()
}

fn render_authority(name: &str, files: &[PathBuf]) -> String {
    let files: Vec<String> = files.iter().map(|path| format!("{CERTIFICATES}/{}", name_of(path))).collect();
    format!(
        "\n%package -n ca_{name}\nSummary: Trust anchor {name}\nAutoReqProv: no\n\n\
         %description -n ca_{name}\nThe certificate, namespaces and revocation list address of the authority {name}.\n\n\
         %files -n ca_{name}\n{}\n",
        files.join("\n")
    )
}

/// Runs `rpmbuild` away from the user's macros, with nothing in the result that differs from run to run.
fn rpmbuild(spec: &Path, work: &Path) -> Result<Vec<PathBuf>> {
    let out = work.join("out");
    let settings = [
        format!("_topdir {}", work.join("build").display()),
        format!("_rpmdir {}", out.display()),
        "_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm".to_owned(),
        "_buildhost localhost".to_owned(),
        "use_source_date_epoch_as_buildtime 1".to_owned(),
        "clamp_mtime_to_source_date_epoch 1".to_owned(),
        "__os_install_post %{nil}".to_owned(),
    ];
    let mut command = Command::new("rpmbuild");
    command.env("HOME", work).env("LC_ALL", "C.UTF-8").env("SOURCE_DATE_EPOCH", BUILD_TIME.to_string());
    for setting in settings {
        command.arg("--define").arg(setting);
    }
    run(command.arg("-bb").arg(spec))?;
    list_dir(&out)
}
