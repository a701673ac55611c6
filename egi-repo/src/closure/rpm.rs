//! What rpm packages need and offer, from the index `primary`; files that only `filelists` names.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use rpmrepo_metadata::utils::create_xml_reader;
use rpmrepo_metadata::visitor::{RequirementData, parse_filelists, parse_primary};
use rpmrepo_metadata::{FileType, FilelistsVisitor, MetadataError, PrimaryVisitor, RequirementType};

use super::need::{Atom, Bound, Capability, Machine, Need, Op, Package};
use super::rich;
use crate::version::Version;

/// The packages of `primary.xml`; sources are no packages that anybody installs.
pub(super) fn read_primary(xml: impl BufRead) -> Result<Vec<Package>, MetadataError> {
    let mut reading = Primary::default();
    parse_primary(&mut create_xml_reader(xml), &mut reading)?;
    Ok(reading.packages)
}

/// Which packages have one of the files `wanted`: path by path, the SHA-256 or other digest that the index knows a package
/// by.
pub(super) fn read_filelists(
    xml: impl BufRead,
    wanted: &BTreeSet<String>,
) -> Result<BTreeMap<String, Vec<String>>, MetadataError> {
    let mut reading = Filelists { wanted, package: String::new(), found: BTreeMap::new() };
    parse_filelists(&mut create_xml_reader(xml), &mut reading)?;
    Ok(reading.found)
}

#[derive(Default)]
struct Primary {
    packages: Vec<Package>,
    /// The one that is being read; `None` for a source.
    package: Option<Package>,
}

impl PrimaryVisitor for Primary {
    fn begin_package(&mut self, name: &str, arch: &str, _checksum_type: &str, pkgid: &str) {
        self.package = (!["src", "nosrc"].contains(&arch)).then(|| Package {
            identity: String::new(),
            name: name.to_owned(),
            version: Version::rpm(None, "", None),
            arch: arch.to_owned(),
            digest: Some(pkgid.to_owned()),
            provides: Vec::new(),
            files: Vec::new(),
            needs: Vec::new(),
            conflicts: Vec::new(),
            obsoletes: Vec::new(),
            parallel: false,
            any_machine: false,
            unclear: Vec::new(),
        });
    }

    fn set_evr(&mut self, epoch: &str, version: &str, release: &str) {
        if let Some(package) = &mut self.package {
            package.version = Version::rpm(Some(epoch), version, Some(release));
            package.identity = format!("{}-{}.{}", package.name, package.version, package.arch);
        }
    }

    fn add_provide(&mut self, entry: RequirementData<'_>) {
        if let Some(package) = &mut self.package {
            // Kernels and the like.
            package.parallel |= entry.name.starts_with("installonlypkg(") || entry.name.starts_with("multiversion(");
            package.provides.push(Capability { name: entry.name.to_owned(), bound: bound(&entry) });
        }
    }

    fn add_require(&mut self, entry: RequirementData<'_>) {
        let Some(package) = &mut self.package else { return };
        // What rpm itself must be able to do.
        if entry.name.starts_with("rpmlib(") {
            return;
        }
        if !entry.name.starts_with('(') {
            package.needs.push(Need::Atom(atom(&entry)));
        } else if let Some(need) = rich::parse(entry.name) {
            package.needs.push(need);
        } else {
            package.unclear.push(entry.name.to_owned());
        }
    }

    fn add_conflict(&mut self, entry: RequirementData<'_>) {
        let Some(package) = &mut self.package else { return };
        if entry.name.starts_with('(') {
            package.unclear.push(entry.name.to_owned());
        } else {
            package.conflicts.push(atom(&entry));
        }
    }

    fn add_obsolete(&mut self, entry: RequirementData<'_>) {
        if let Some(package) = &mut self.package {
            package.obsoletes.push(atom(&entry));
        }
    }

    fn add_file(&mut self, _filetype: FileType, path: &str) {
        if let Some(package) = &mut self.package {
            package.files.push(path.to_owned());
        }
    }

    fn end_package(&mut self) {
        self.packages.extend(self.package.take());
    }
}

fn bound(entry: &RequirementData<'_>) -> Option<Bound> {
    let op = match entry.flags? {
        RequirementType::LT => Op::Less,
        RequirementType::LE => Op::AtMost,
        RequirementType::EQ => Op::Exactly,
        RequirementType::GE => Op::AtLeast,
        RequirementType::GT => Op::More,
    };
    Some(Bound { op, version: Version::rpm(entry.epoch, entry.version?, entry.release) })
}

fn atom(entry: &RequirementData<'_>) -> Atom {
    Atom { name: entry.name.to_owned(), bound: bound(entry), machine: Machine::Own }
}

struct Filelists<'a> {
    wanted: &'a BTreeSet<String>,
    package: String,
    found: BTreeMap<String, Vec<String>>,
}

impl FilelistsVisitor for Filelists<'_> {
    fn begin_package(&mut self, pkgid: &str, _name: &str, _arch: &str) {
        pkgid.clone_into(&mut self.package);
    }

    fn add_file(&mut self, _filetype: FileType, path: &str) {
        if self.wanted.contains(path) {
            self.found.entry(path.to_owned()).or_default().push(self.package.clone());
        }
    }
}
