//! Real Debian packages, by `apt-get download`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::{copy_file, create_dirs, list_dir, name_of};
use crate::process::run;

/// This machine's architecture as Debian names it.
pub const DEB_ARCH: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };

/// A product release of real packages: the grid security and transfer middleware that sites did install from these
/// repositories, as Debian builds it today. Small (1.5 MB together), of architecture `amd64` and `all`, and complete:
/// what they need beyond each other is in [`DEMO_BASE`].
pub const DEMO_DEBS: [&str; 27] = [
    "globus-common-progs",
    "globus-gass-copy-progs",
    "globus-gsi-cert-utils-progs",
    "globus-proxy-utils",
    "lcmaps-basic-interface",
    "libglobus-callout0",
    "libglobus-common0",
    "libglobus-ftp-client2",
    "libglobus-ftp-control1",
    "libglobus-gass-copy2",
    "libglobus-gass-transfer2",
    "libglobus-gsi-callback0",
    "libglobus-gsi-cert-utils0",
    "libglobus-gsi-credential1",
    "libglobus-gsi-openssl-error0",
    "libglobus-gsi-proxy-core0",
    "libglobus-gsi-proxy-ssl1",
    "libglobus-gsi-sysconfig1",
    "libglobus-gss-assist3",
    "libglobus-gssapi-error2",
    "libglobus-gssapi-gsi4",
    "libglobus-io3",
    "libglobus-openssl-module0",
    "libglobus-xio-gsi-driver",
    "libglobus-xio-popen-driver",
    "libglobus-xio0",
    "libvomsapi1v5",
];

/// What [`DEMO_DEBS`] need of a site's base system, in the names of Debian 12 and 13: declare it with
/// [`AptRoot::assume_installed`](crate::clients::AptRoot::assume_installed).
pub const DEMO_BASE: [&str; 11] = [
    "libc6",
    "libexpat1",
    "libgcc-s1",
    "libltdl7",
    "libssl3",
    "libssl3t64",
    "libstdc++6",
    "openssl",
    "perl",
    "perl-base",
    "zlib1g",
];

/// One of [`DEMO_DEBS`] that needs nothing at all and runs no script.
pub const DEMO_LEAF: &str = "lcmaps-basic-interface";

/// Where downloads are kept from run to run. To fetch anew, remove it.
#[must_use]
pub fn cache_dir() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target")).join("nsrw-cache")
}

/// Copies Debian packages into `dir`, one file for each name, in the order of the names. Those not yet kept are downloaded.
pub fn fetch_debs(names: &[&str], dir: &Path) -> Result<Vec<PathBuf>> {
    let kept = cache_dir().join("debs");
    create_dirs(&kept)?;
    let present = list_dir(&kept)?;
    let missing: Vec<&str> = names.iter().copied().filter(|name| find(&present, name).is_none()).collect();
    if !missing.is_empty() {
        download(&missing, &kept).with_context(|| format!("failed to fetch from Debian: {}", missing.join(" ")))?;
    }
    let present = list_dir(&kept)?;
    let copied = names.iter().map(|name| {
        let file = find(&present, name).with_context(|| format!("Debian's package {name} was not downloaded"))?;
        let copy = dir.join(name_of(file));
        copy_file(file, &copy)?;
        Ok(copy)
    });
    copied.collect()
}

/// The names a package may go by: libraries got a suffix when Debian widened `time_t`, from release 13 on.
fn spellings(name: &str) -> [String; 2] {
    [name.to_owned(), format!("{name}t64")]
}

fn find<'p>(present: &'p [PathBuf], name: &str) -> Option<&'p PathBuf> {
    let starts = spellings(name).map(|name| format!("{name}_"));
    present.iter().find(|path| starts.iter().any(|start| name_of(path).starts_with(start)) && is_deb(path))
}

fn is_deb(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "deb")
}

/// Downloads beside the kept ones and moves in what is complete, so that a broken-off download leaves nothing behind.
fn download(names: &[&str], kept: &Path) -> Result<()> {
    let (known, options) = resolve(names)?;
    let aside = TempDir::new_in(cache_dir()).context("failed to create a folder to download to")?;
    let mut apt_get = Command::new("apt-get");
    apt_get.args(&options).args(["-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3", "download"]);
    run(apt_get.args(known).current_dir(aside.path()))?;
    for file in list_dir(aside.path())?.iter().filter(|path| is_deb(path)) {
        let to = kept.join(name_of(file));
        fs::rename(file, &to).with_context(|| format!("failed to move {} to {}", file.display(), to.display()))?;
    }
    Ok(())
}

/// The names as this Debian spells them, with the options under which `apt-get` finds them: none when the machine's lists
/// know them all, otherwise lists of our own, fetched now. The machine's lists stay as they are.
fn resolve(names: &[&str]) -> Result<(Vec<String>, Vec<String>)> {
    if let Ok(known) = known_names(names, &[]) {
        return Ok((known, Vec::new()));
    }
    let (lists, cache) = (cache_dir().join("apt/lists"), cache_dir().join("apt/cache"));
    create_dirs(&lists.join("partial"))?;
    create_dirs(&cache.join("archives/partial"))?;
    let setting = |name: &str, dir: &Path| ["-o".to_owned(), format!("{name}={}", dir.display())];
    let options = [setting("Dir::State::Lists", &lists), setting("Dir::Cache", &cache)].concat();
    run(Command::new("apt-get").args(&options).args(["-o", "APT::Sandbox::User=root", "update"]))?;
    Ok((known_names(names, &options)?, options))
}

fn known_names(names: &[&str], options: &[String]) -> Result<Vec<String>> {
    let mut show = Command::new("apt-cache");
    show.args(options).args(["show", "--no-all-versions"]).args(names.iter().flat_map(|name| spellings(name)));
    // It fails when one name is unknown, and shows the others all the same.
    let shown = show.stdin(Stdio::null()).output().context("failed to start apt-cache; is this Debian?")?;
    let known = downloadable(&String::from_utf8_lossy(&shown.stdout));
    let spelled = names.iter().map(|name| {
        let spelling = spellings(name).into_iter().find(|spelling| known.contains(spelling));
        spelling.with_context(|| format!("no source of packages known to apt has {name}"))
    });
    spelled.collect()
}

/// The packages with a file to download; one that is only installed has none.
fn downloadable(stanzas: &str) -> BTreeSet<String> {
    let of = |stanza: &str, field: &str| stanza.lines().find_map(|line| line.strip_prefix(field).map(str::to_owned));
    let with_file = stanzas.split("\n\n").filter(|stanza| of(stanza, "Filename: ").is_some());
    with_file.filter_map(|stanza| of(stanza, "Package: ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_is_only_installed_can_not_be_downloaded() {
        let shown = "Package: hostname\nStatus: install ok installed\n\nPackage: netbase\nFilename: pool/n.deb\n";
        assert_eq!(downloadable(shown), BTreeSet::from(["netbase".to_owned()]));
    }

    #[test]
    fn a_kept_package_is_found_by_its_whole_name_only() {
        let present = [PathBuf::from("/k/libc6-dev_2_amd64.deb"), PathBuf::from("/k/libssl3t64_3_amd64.deb")];
        assert_eq!(find(&present, "libc6"), None);
        assert_eq!(find(&present, "libssl3"), Some(&present[1]));
    }
}
