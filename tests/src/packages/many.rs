//! Hundreds of real packages: small ones of Debian, and rpm packages made by the real `rpmbuild` of what is in them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use walkdir::WalkDir;

use super::{DEB_ARCH, cache_dir, copy_file, create_dirs, fetch_debs, list_dir, name_of, write_file};
use crate::process::run;

/// The largest package that is taken, in bytes.
const LARGEST: u64 = 40_000;

/// Copies `count` small Debian packages into `dir`: spread over all that this Debian has, always the same of one release.
pub fn fetch_many_debs(count: usize, dir: &Path) -> Result<Vec<PathBuf>> {
    let list = cache_dir().join(format!("debs-{count}.list"));
    let names: Vec<String> = if let Ok(text) = fs::read_to_string(&list) {
        text.lines().map(str::to_owned).collect()
    } else {
        let names = choose(count)?;
        create_dirs(&cache_dir())?;
        write_file(&list, names.join("\n"))?;
        names
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    fetch_debs(&names, dir)
}

fn choose(count: usize) -> Result<Vec<String>> {
    let known = run(Command::new("apt-cache").arg("dumpavail"))?;
    let mut small: BTreeMap<String, u64> = BTreeMap::new();
    for stanza in known.split("\n\n") {
        let field = |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let (Some(name), Some(size)) = (field("Package:"), field("Size:").and_then(|size| size.parse().ok())) else {
            continue;
        };
        let ours = field("Architecture:").is_some_and(|arch| arch == "all" || arch == DEB_ARCH);
        if ours && size < LARGEST && field("Filename:").is_some() {
            small.insert(name.to_owned(), size);
        }
    }
    ensure!(small.len() >= count, "apt knows {} small packages; `apt-get update` fetches its lists", small.len());
    let step = small.len() / count;
    Ok(small.into_keys().step_by(step).take(count).collect())
}

/// Copies rpm packages into `dir`, one for each deb: the same files, with the name, version, texts and relations of the
/// deb, and what `rpmbuild` finds out by itself. Made once and kept.
pub fn build_rpms_of(debs: &[PathBuf], dir: &Path) -> Result<Vec<PathBuf>> {
    let kept = cache_dir().join(format!("rpms-{}", debs.len()));
    if list_dir(&kept).map_or(0, |there| there.len()) != debs.len() {
        build(debs, &kept)?;
    }
    let copied = list_dir(&kept)?.into_iter().map(|rpm| {
        let copy = dir.join(name_of(&rpm));
        copy_file(&rpm, &copy)?;
        Ok(copy)
    });
    copied.collect()
}

fn build(debs: &[PathBuf], kept: &Path) -> Result<()> {
    create_dirs(&cache_dir())?;
    let home = TempDir::new_in(cache_dir()).context("failed to create a folder to build in")?;
    let root = home.path().join("root");
    create_dirs(&root)?;
    let mut spec = String::from(
        "Name: debian-packages\nVersion: 1\nRelease: 1\nSummary: Many packages\nLicense: Various\n\
         %description\nMany packages.\n",
    );
    for deb in debs {
        describe(deb, &root, home.path(), &mut spec)
            .with_context(|| format!("failed to describe {}", deb.display()))?;
    }
    spec += "%changelog\n\
             * Mon Nov 15 2010 Žofie Überprüferin <zofie@example.org> - 1-1\n- naïve façade & <tag> \"quoted\"\n\n\
             * Mon Sep 20 2010 Technology Provider <provider@example.org> - 0-1\n- first\n";
    let file = home.path().join("many.spec");
    write_file(&file, &spec)?;
    let made = home.path().join("made");
    let mut build = Command::new("rpmbuild");
    build.arg("-bb").arg("--nodeps").arg(format!("--buildroot={}", root.display()));
    build
        .arg(format!("--define=_topdir {}", home.path().display()))
        .arg(format!("--define=_rpmdir {}", made.display()));
    build
        .args(["--define=_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm", "--define=debug_package %{nil}"]);
    build.args(["--define=__os_install_post %{nil}", "--define=_unpackaged_files_terminate_build 0"]);
    build.args(["--define=_build_id_links none", "--define=__spec_install_pre exit 0", "--noclean", "--noprep"]);
    run(build.env("HOME", home.path()).env("SOURCE_DATE_EPOCH", super::BUILD_TIME.to_string()).arg(&file))?;
    if kept.exists() {
        fs::remove_dir_all(kept).context("failed to remove packages of before")?;
    }
    fs::rename(&made, kept).context("failed to keep the packages")
}

/// Adds one package to the spec and unpacks its files.
fn describe(deb: &Path, root: &Path, home: &Path, spec: &mut String) -> Result<()> {
    let fields = run(Command::new("dpkg-deb").arg("--field").arg(deb))?;
    let field = |name: &str| fields.lines().find_map(|line| line.strip_prefix(name)).map_or("", str::trim);
    let name = field("Package:");
    let version = field("Version:");
    let (epoch, version) = version.split_once(':').map_or((None, version), |(epoch, rest)| (Some(epoch), rest));
    let (version, release) = version.rsplit_once('-').unwrap_or((version, "1"));
    let own = TempDir::new_in(home).context("failed to create a folder to unpack in")?;
    run(Command::new("dpkg-deb").arg("--extract").arg(deb).arg(own.path()))?;
    let mut files = String::new();
    for entry in WalkDir::new(own.path()).min_depth(1).sort_by_file_name() {
        let entry = entry.context("failed to list a package")?;
        let path = entry.path().strip_prefix(own.path()).context("a file lies elsewhere")?;
        let there = root.join(path);
        let usual = path.components().count() < 3 && entry.file_type().is_dir();
        // Where packages share a path, the first one's file is taken: rpmbuild has one tree for all.
        if entry.file_type().is_dir() {
            create_dirs(&there)?;
        } else if fs::symlink_metadata(&there).is_err() {
            run(Command::new("cp").arg("--no-dereference").arg(entry.path()).arg(&there))?;
            if entry.file_type().is_file() {
                let mode = entry.metadata().context("failed to look at a file")?.permissions().mode() | 0o600;
                fs::set_permissions(&there, fs::Permissions::from_mode(mode)).context("failed to make readable")?;
            }
        }
        if !usual {
            let kind = if entry.file_type().is_dir() { "%dir " } else { "" };
            let _ = writeln!(files, "{kind}\"/{}\"", path.display());
        }
    }
    write_file(&home.join(format!("{name}.files")), &files)?;
    // Writing to a string can not fail, here and below.
    let _ = writeln!(
        spec,
        "%package -n {name}\nVersion: {}\nRelease: {}",
        version.replace('-', "."),
        release.replace('-', ".")
    );
    if let Some(epoch) = epoch {
        let _ = writeln!(spec, "Epoch: {epoch}");
    }
    if field("Architecture:") == "all" {
        let _ = writeln!(spec, "BuildArch: noarch");
    }
    let text = |text: &str| text.replace('%', "%%");
    let _ = writeln!(spec, "Summary: {}\nLicense: Various\nGroup: {}", text(field("Description:")), field("Section:"));
    if field("Homepage:").starts_with("http") {
        let _ = writeln!(spec, "URL: {}", text(field("Homepage:")));
    }
    for (debian, rpm) in [
        ("Depends:", "Requires"),
        ("Pre-Depends:", "Requires(pre)"),
        ("Recommends:", "Recommends"),
        ("Suggests:", "Suggests"),
        ("Enhances:", "Enhances"),
        ("Provides:", "Provides"),
        ("Breaks:", "Conflicts"),
        ("Replaces:", "Obsoletes"),
    ] {
        for relation in field(debian).split(',').filter_map(relation) {
            let _ = writeln!(spec, "{rpm}: {relation}");
        }
    }
    let long: String = fields.lines().filter_map(|line| line.strip_prefix(' ')).map(|line| text(line) + "\n").collect();
    let _ = writeln!(spec, "%description -n {name}\n{long}\n%files -n {name} -f {}/{name}.files\n", home.display());
    Ok(())
}

/// The first alternative of a Debian relation in rpm's words.
fn relation(debian: &str) -> Option<String> {
    let first = debian.split('|').next()?.trim();
    let (name, version) = first.split_once('(').map_or((first, None), |(name, rest)| (name, Some(rest)));
    let name = name.split([':', '[']).next()?.trim();
    if name.is_empty() {
        return None;
    }
    let Some(version) = version else { return Some(name.to_owned()) };
    let (sign, version) = version.trim_end_matches(')').trim().split_once(' ')?;
    let sign = match sign {
        "<<" => "<",
        ">>" => ">",
        other => other,
    };
    let (version, release) = version.trim().rsplit_once('-').map_or((version.trim(), None), |(v, r)| (v, Some(r)));
    let release = release.map_or_else(String::new, |release| format!("-{release}"));
    Some(format!("{name} {sign} {}{release}", version.replace('-', ".")))
}
