//! Whether what packages need is there: which of a set of packages could be installed, and why the others could not.
//!
//! First ([`missing`]): a package is broken if something it needs is offered by nobody, or by broken packages alone. Then
//! ([`together`]), for the rest: whether the package and all it needs can be installed side by side, which conflicts and
//! two versions of one package may forbid. What is installed already plays no part: every package is judged on an empty
//! machine, as `dose-debcheck` does.
//!
//! Pure: packages in, verdicts out. [`rpm`] and [`deb`] make packages of what indexes say.

mod clauses;
mod deb;
mod missing;
mod need;
mod offers;
mod rich;
mod rpm;
#[cfg(test)]
mod tests;
mod together;

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use egi_model::release::PackageFormat;
use rpmrepo_metadata::MetadataError;

use self::clauses::Requirements;
pub(crate) use self::need::{Need, Package};
use self::offers::Offers;

/// What is wrong with a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    /// Sentence by sentence from the package to the cause.
    pub(crate) chain: Vec<String>,
    /// The need at the end of the chain that nobody meets; none where packages exclude each other.
    pub(crate) unmet: Option<Need>,
}

/// What kind of fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// Something it needs itself is offered by nobody.
    Missing,
    /// All who offer something that it needs are broken.
    Beneath,
    /// What it needs is there and can not be installed together.
    Apart,
    /// It needs something that can not be judged; the rest is there.
    Unclear,
}

/// Judges `packages` against each other: what is wrong with each, by its place. Of those from `own` on to the end, which
/// are only there to be used, nothing is told.
pub(crate) fn judge(packages: &[&Package], own: usize, format: PackageFormat) -> BTreeMap<usize, Fault> {
    let offers = Offers::of(packages, format);
    let requirements = Requirements::of(packages, &offers);
    let broken = missing::find(&requirements, packages.len());
    let mut faults: BTreeMap<usize, Fault> = BTreeMap::new();
    let sound = |package: usize| !broken.contains_key(&package);
    let mut together = together::Together::new(packages, &requirements, &offers, sound);
    for package in 0..own.min(packages.len()) {
        let fault = if broken.contains_key(&package) {
            Some(missing::explain(package, packages, &requirements, &offers, &broken))
        } else {
            together.fault(package).or_else(|| unclear(package, packages, &requirements))
        };
        faults.extend(fault.map(|fault| (package, fault)));
    }
    faults
}

fn unclear(place: usize, packages: &[&Package], requirements: &Requirements<'_>) -> Option<Fault> {
    let package = packages.get(place)?;
    let needs = requirements.of.get(place).into_iter().flatten().filter(|need| requirements.too_much.contains(need));
    let needs = needs.filter_map(|need| requirements.needs.get(*need)).map(|(need, _)| need.to_string());
    let tell = |need: String| format!("{} says {need}, which can not be judged", package.identity);
    let chain: Vec<String> = package.unclear.iter().cloned().chain(needs).map(tell).collect();
    (!chain.is_empty()).then_some(Fault { kind: FaultKind::Unclear, chain, unmet: None })
}

/// Which of `packages` meet some part of a need, by their places.
pub(crate) fn providers(need: &Need, packages: &[&Package], format: PackageFormat) -> Vec<usize> {
    clauses::providers(need, &Offers::of(packages, format))
}

/// The paths that some package needs.
pub(crate) fn wanted_files<'a>(packages: impl Iterator<Item = &'a Package>) -> BTreeSet<String> {
    let mut wanted = BTreeSet::new();
    for package in packages {
        package.needs.iter().for_each(|need| collect_files(need, &mut wanted));
        let atoms = package.conflicts.iter().filter(|atom| atom.name.starts_with('/'));
        wanted.extend(atoms.map(|atom| atom.name.clone()));
    }
    wanted
}

fn collect_files(need: &Need, wanted: &mut BTreeSet<String>) {
    match need {
        Need::Atom(atom) if atom.name.starts_with('/') => drop(wanted.insert(atom.name.clone())),
        Need::Atom(_) => {}
        Need::Any(parts) | Need::All(parts) => parts.iter().for_each(|part| collect_files(part, wanted)),
        Need::If(one, two, three) | Need::Unless(one, two, three) => {
            [Some(one), Some(two), three.as_ref()].into_iter().flatten().for_each(|part| collect_files(part, wanted));
        }
        Need::With(one, two) | Need::Without(one, two) => {
            collect_files(one, wanted);
            collect_files(two, wanted);
        }
    }
}

/// The packages of a `primary.xml`.
pub(crate) fn read_primary(xml: impl BufRead) -> Result<Vec<Package>, MetadataError> {
    rpm::read_primary(xml)
}

/// Which packages of a `filelists.xml`, by the index's digest of them, have one of the files `wanted`.
pub(crate) fn read_filelists(
    xml: impl BufRead,
    wanted: &BTreeSet<String>,
) -> Result<BTreeMap<String, Vec<String>>, MetadataError> {
    rpm::read_filelists(xml, wanted)
}

/// The packages of a `Packages` for machines of an architecture as Debian names it.
pub(crate) fn read_packages(text: &str, machine: &str) -> Vec<Package> {
    deb::read_index(text, machine)
}
