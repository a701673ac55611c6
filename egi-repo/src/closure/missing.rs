//! Packages whose needs nobody meets, and packages that stand on them.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use super::clauses::{Clause, Requirements};
use super::need::{Atom, Need, Package};
use super::offers::Offers;
use super::{Fault, FaultKind};

/// The most names of something that are told beside what is missing.
const MAX_NEAR: usize = 3;

/// One of the conditions of all packages: the number of its need, and which of the need's clauses it is.
type Condition = (usize, usize);

/// The broken packages, each with the condition that nobody meets. Whoever could have met it broke before.
pub(super) type Broken = HashMap<usize, Condition>;

/// Finds all of them: begins with the conditions that nobody meets, and goes on to those that only broken packages meet.
/// Packages that need each other in a circle keep each other whole.
pub(super) fn find(requirements: &Requirements<'_>, packages: usize) -> Broken {
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); requirements.needs.len()];
    for (package, needs) in requirements.of.iter().enumerate() {
        for need in needs {
            needed_by.get_mut(*need).into_iter().for_each(|list| list.push(package));
        }
    }
    let mut ledger = Ledger::of(requirements, packages);
    // In the order they are found: what a package lacks itself is told rather than what others lack.
    let mut unmet = ledger.unmet();
    let mut broken = Broken::new();
    while let Some(condition) = unmet.pop_front() {
        for package in needed_by.get(condition.0).into_iter().flatten() {
            if let Entry::Vacant(entry) = broken.entry(*package) {
                entry.insert(condition);
                ledger.strike(*package, &mut unmet);
            }
        }
    }
    broken
}

/// How many packages are left to meet each condition.
struct Ledger {
    left: Vec<(Condition, usize)>,
    /// The conditions that a package meets.
    met_by: Vec<Vec<usize>>,
}

impl Ledger {
    /// What the absence of a package would meet is left to [`super::together`].
    fn of(requirements: &Requirements<'_>, packages: usize) -> Self {
        let mut ledger = Self { left: Vec::new(), met_by: vec![Vec::new(); packages] };
        for (number, (_, clauses)) in requirements.needs.iter().enumerate() {
            for (index, clause) in clauses.iter().enumerate().filter(|(_, clause)| clause.without.is_empty()) {
                let mut with = clause.with.clone();
                with.sort_unstable();
                with.dedup();
                for place in &with {
                    ledger.met_by.get_mut(*place).into_iter().for_each(|met| met.push(ledger.left.len()));
                }
                ledger.left.push(((number, index), with.len()));
            }
        }
        ledger
    }

    fn unmet(&self) -> VecDeque<Condition> {
        self.left.iter().filter(|(_, left)| *left == 0).map(|(condition, _)| *condition).collect()
    }

    /// Counts a broken package no more.
    fn strike(&mut self, package: usize, unmet: &mut VecDeque<Condition>) {
        for met in self.met_by.get(package).into_iter().flatten() {
            if let Some((condition, left)) = self.left.get_mut(*met) {
                *left -= 1;
                if *left == 0 {
                    unmet.push_back(*condition);
                }
            }
        }
    }
}

/// Why a package is broken: from it down to what nobody offers.
pub(super) fn explain(
    package: usize,
    packages: &[&Package],
    requirements: &Requirements<'_>,
    offers: &Offers<'_>,
    broken: &Broken,
) -> Fault {
    let (mut chain, mut kind, mut at) = (Vec::new(), FaultKind::Missing, package);
    loop {
        let name = packages.get(at).map_or("", |package| package.identity.as_str());
        let condition = broken.get(&at).and_then(|(need, clause)| {
            let (need, clauses) = requirements.needs.get(*need)?;
            Some((*need, clauses.get(*clause)?))
        });
        let Some((need, Clause { with, .. })) = condition else { return Fault { kind, chain, unmet: None } };
        chain.push(format!("{name} needs {need}"));
        let Some(next) = with.first() else {
            chain.push(nobody(need, offers));
            return Fault { kind, chain, unmet: Some(need.clone()) };
        };
        (kind, at) = (FaultKind::Beneath, *next);
    }
}

fn nobody(need: &Need, offers: &Offers<'_>) -> String {
    let near: Vec<&str> = atoms(need).into_iter().flat_map(|atom| offers.near(atom)).take(MAX_NEAR).collect();
    let there = if near.is_empty() { String::new() } else { format!(" (there is {})", near.join(", ")) };
    format!("nothing provides {need}{there}")
}

fn atoms(need: &Need) -> Vec<&Atom> {
    match need {
        Need::Atom(atom) => vec![atom],
        Need::Any(parts) | Need::All(parts) => parts.iter().flat_map(atoms).collect(),
        Need::If(one, ..) | Need::Unless(one, ..) => atoms(one),
        Need::With(one, two) | Need::Without(one, two) => [atoms(one), atoms(two)].concat(),
    }
}
