//! The `dists` folder of an apt repository.
//!
//! Each suite has one component, `main`. A package for all machines is listed under every architecture of its suite,
//! because that is where every apt looks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use egi_model::content::ContentFile;
use egi_model::digest::{Algorithm, Sha256};
use egi_model::name::Segment;

use super::sink::{GzipFile, Measure};
use super::{Stamp, Written};
use crate::package::{PackageHeader, deb, deb_arch};
use crate::tree::RepoError;
use crate::tree::files::{During as _, link, write_new};
use crate::verify::hash::digest_reader;

/// A package to list.
#[derive(Clone)]
pub(crate) struct DebEntry<'a> {
    /// Its file; the path is where clients find it.
    pub(crate) file: &'a ContentFile,
    /// What it says of itself.
    pub(crate) header: &'a PackageHeader,
    /// Where to read it.
    pub(crate) stored: PathBuf,
}

/// One suite: what is released for one platform.
#[derive(Default)]
pub(crate) struct Suite<'a> {
    entries: Vec<DebEntry<'a>>,
    listed: BTreeSet<Sha256>,
    archs: BTreeSet<String>,
}

impl<'a> Suite<'a> {
    /// Adds a package that is released for machines of `target` architecture.
    pub(crate) fn add(&mut self, entry: DebEntry<'a>, target: &Segment) {
        let machine = match deb_arch(target.as_str()) {
            // A release for any machine is one for the machine that nearly everybody has.
            "noarch" | "any" | "all" => "amd64",
            arch => arch,
        };
        let arch = if entry.header.arch == "all" { machine } else { &entry.header.arch };
        self.archs.insert(arch.to_owned());
        if self.listed.insert(entry.file.sha256) {
            self.entries.push(entry);
        }
    }
}

/// Writes `dists` below `root`, each suite's `Release` last. Writes nothing if there is no package.
pub(crate) fn write(root: &Path, suites: &BTreeMap<Segment, Suite<'_>>, stamp: Stamp) -> Result<Written, RepoError> {
    let mut written = Written::default();
    for (name, suite) in suites {
        written.extend(write_suite(root, name, suite, stamp)?);
    }
    Ok(written)
}

fn write_suite(root: &Path, name: &Segment, suite: &Suite<'_>, stamp: Stamp) -> Result<Written, RepoError> {
    let stanzas = suite.entries.iter().map(stanza).collect::<Result<Vec<_>, _>>()?;
    let base = format!("dists/{name}");
    let (mut written, mut listed) = (Written::default(), Vec::new());
    for arch in &suite.archs {
        let chosen = suite.entries.iter().zip(&stanzas);
        let chosen = chosen.filter(|(e, _)| e.header.arch == "all" || e.header.arch == *arch);
        let text: String = chosen.flat_map(|(_, stanza)| [stanza.as_str(), "\n"]).collect();
        let folder = format!("main/binary-{arch}");
        for (file, measure) in write_packages(&root.join(&base).join(&folder), &text)? {
            written.by_digest.push(format!("{base}/{folder}/by-hash/SHA256/{}", measure.sha256));
            written.by_name.push(format!("{base}/{folder}/{file}"));
            listed.push((format!("{folder}/{file}"), measure));
        }
    }
    let release = root.join(&base).join("Release");
    write_new(&release, render_release(name, suite, &listed, stamp).as_bytes())?;
    written.by_name.push(format!("{base}/Release"));
    Ok(written)
}

/// `Packages` plain and packed, each also under its digest.
fn write_packages(folder: &Path, text: &str) -> Result<[(&'static str, Measure); 2], RepoError> {
    let by_hash = folder.join("by-hash/SHA256");
    fs::create_dir_all(&by_hash).during("create", &by_hash)?;
    let (plain, packed) = (folder.join("Packages"), folder.join("Packages.gz"));
    write_new(&plain, text.as_bytes())?;
    let mut gzip = GzipFile::create(&packed).during("create", &packed)?;
    gzip.write_all(text.as_bytes()).during("write", &packed)?;
    let (measure, _) = gzip.finish().during("write", &packed)?;
    let files = [("Packages", Measure::of(text.as_bytes())), ("Packages.gz", measure)];
    for (name, measure) in &files {
        link(&folder.join(name), &by_hash.join(measure.sha256.to_hex()))?;
    }
    Ok(files)
}

/// SHA-256 for every apt since 2008, MD5 for what is older or reads the lists by other means.
fn stanza(entry: &DebEntry<'_>) -> Result<String, RepoError> {
    let control = deb::load(&entry.stored)?;
    let file = File::open(&entry.stored).during("read", &entry.stored)?;
    let digested = digest_reader(file, std::iter::once(Algorithm::Md5), &mut |_| ()).during("read", &entry.stored)?;
    Ok(control.render_stanza(&[
        ("Filename", entry.file.path.to_string()),
        ("Size", entry.file.size.to_string()),
        ("MD5sum", digested.digest(Algorithm::Md5)),
        ("SHA256", entry.file.sha256.to_hex()),
    ]))
}

fn render_release(name: &Segment, suite: &Suite<'_>, listed: &[(String, Measure)], stamp: Stamp) -> String {
    let archs = suite.archs.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    let date = stamp.now.format("%a, %d %b %Y %H:%M:%S UTC");
    let mut text = format!(
        "Suite: {name}\nCodename: {name}\nDate: {date}\nAcquire-By-Hash: yes\nArchitectures: {archs}\nComponents: main\nSHA256:\n"
    );
    for (path, measure) in listed {
        // Writing to a string can not fail.
        let _ = writeln!(text, " {} {} {path}", measure.sha256, measure.size);
    }
    text
}
