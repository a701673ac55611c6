//! The `dists` folder of an apt repository.
//!
//! Each suite has one component, `main`. A package for all machines is listed under every architecture of its suite,
//! because that is where every apt looks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use chrono::{DateTime, Utc};
use egi_model::digest::Sha256;
use egi_model::name::Segment;

use super::block::Block;
use super::packed::{PackedFile, Packing};
use super::sink::{IndexFile, Measure};
use super::store::{Listed, MetadataStore};
use super::{Stamp, Written};
use crate::openpgp::Signer;
use crate::package::deb_arch;
use crate::tree::RepoError;
use crate::tree::files::{During as _, create_folders, link, write_new};

/// One suite: what is released for one platform.
#[derive(Default)]
pub(crate) struct Suite<'a> {
    /// With their architectures.
    packages: Vec<(Listed<'a>, &'a str)>,
    listed: BTreeSet<Sha256>,
    archs: BTreeSet<String>,
}

impl<'a> Suite<'a> {
    /// Its architectures, with blanks between them.
    pub(crate) fn archs(&self) -> String {
        self.archs.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// Adds a package of the architecture `own` that is released for machines of `target` architecture.
    pub(crate) fn add(&mut self, package: Listed<'a>, own: &'a str, target: &Segment) {
        let machine = match deb_arch(target.as_str()) {
            // A release for any machine is one for the machine that nearly everybody has.
            "noarch" | "any" | "all" => "amd64",
            arch => arch,
        };
        self.archs.insert(if own == "all" { machine } else { own }.to_owned());
        if self.listed.insert(package.file.sha256) {
            self.packages.push((package, own));
        }
    }
}

/// Writes `dists` below `root`, each suite's `Release` last and its signatures before it. Writes nothing if there is
/// no package.
pub(crate) fn write(
    root: &Path,
    store: &MetadataStore,
    suites: &BTreeMap<Segment, Suite<'_>>,
    stamp: Stamp,
    signer: Option<&Signer>,
) -> Result<Written, RepoError> {
    let mut written = Written::default();
    for (name, suite) in suites {
        written.extend(write_suite(root, store, (name, suite), stamp, signer)?);
    }
    Ok(written)
}

fn write_suite(
    root: &Path,
    store: &MetadataStore,
    (name, suite): (&Segment, &Suite<'_>),
    stamp: Stamp,
    signer: Option<&Signer>,
) -> Result<Written, RepoError> {
    let base = format!("dists/{name}");
    let (mut written, mut listed) = (Written::default(), Vec::new());
    for arch in &suite.archs {
        let chosen = suite.packages.iter().filter(|(_, own)| *own == "all" || *own == arch);
        let blocks = store.blocks(&chosen.map(|(package, _)| package.clone()).collect::<Vec<_>>(), Packing::Gzip)?;
        let folder = format!("main/binary-{arch}");
        for (file, measure) in write_packages(root, &format!("{base}/{folder}"), &blocks)? {
            written.by_digest.push(format!("{base}/{folder}/by-hash/SHA256/{}", measure.sha256));
            written.by_name.push(format!("{base}/{folder}/{file}"));
            listed.push((format!("{folder}/{file}"), measure));
        }
    }
    let release = render_release(name, suite, &listed, stamp);
    let mut top = Vec::new();
    if let Some(signer) = signer {
        top.push(("Release.gpg", signer.detached(release.as_bytes(), stamp.now)?));
        top.push(("InRelease", signer.clear(&release, stamp.now)?));
    }
    top.push(("Release", release.into_bytes()));
    for (file, bytes) in top {
        write_new(&root.join(&base).join(file), &bytes)?;
        written.by_name.push(format!("{base}/{file}"));
    }
    Ok(written)
}

/// `Packages` plain and packed, each also under its digest.
fn write_packages(root: &Path, below: &str, blocks: &[Block]) -> Result<[(&'static str, Measure); 2], RepoError> {
    let folder = root.join(below);
    let by_hash = folder.join("by-hash/SHA256");
    create_folders(root, &Path::new(below).join("by-hash/SHA256")).during("create", &by_hash)?;
    let (plain, packed) = (folder.join("Packages"), folder.join("Packages.gz"));
    let write_plain = || {
        let mut file = IndexFile::create(&plain)?;
        blocks.iter().try_for_each(|block| file.write_all(&block.plain))?;
        file.finish()
    };
    let write_packed = || {
        let mut file = PackedFile::create(&packed, Packing::Gzip)?;
        blocks.iter().flat_map(|block| &block.packed).try_for_each(|part| file.add(part))?;
        file.finish()
    };
    let files = [
        ("Packages", write_plain().during("write", &plain)?),
        ("Packages.gz", write_packed().during("write", &packed)?.0),
    ];
    for (name, measure) in &files {
        link(&folder.join(name), &by_hash.join(measure.sha256.to_hex()))?;
    }
    Ok(files)
}

fn render_release(name: &Segment, suite: &Suite<'_>, listed: &[(String, Measure)], stamp: Stamp) -> String {
    let archs = suite.archs();
    let date = |at: DateTime<Utc>| at.format("%a, %d %b %Y %H:%M:%S UTC");
    let made = date(stamp.now);
    let valid = stamp.valid_until.map_or_else(String::new, |until| format!("Valid-Until: {}\n", date(until)));
    let mut text = format!(
        "Suite: {name}\nCodename: {name}\nDate: {made}\n{valid}Acquire-By-Hash: yes\nArchitectures: {archs}\nComponents: main\nSHA256:\n"
    );
    for (path, measure) in listed {
        // Writing to a string can not fail.
        let _ = writeln!(text, " {} {} {path}", measure.sha256, measure.size);
    }
    text
}
