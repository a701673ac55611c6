//! Whether a package and what it needs can be installed side by side.
//!
//! Nearly always they can, and a walk that takes the first choice everywhere finds a way; whatever it takes in is proven
//! with it. Where that gets stuck, a SAT solver decides over the packages within reach, and names what excludes what.

use std::collections::{HashMap, HashSet};

use batsat::{BasicSolver, Lit, SolverInterface as _, lbool};

use super::clauses::{Clause, Requirements};
use super::need::Package;
use super::offers::Offers;
use super::{Fault, FaultKind};

/// The packages that are not broken by themselves, and what is known of them.
pub(super) struct Together<'a> {
    packages: &'a [&'a Package],
    requirements: &'a Requirements<'a>,
    sound: Vec<bool>,
    /// What each can not stand beside itself.
    apart: Vec<Vec<usize>>,
    /// Found to be installable.
    proven: Vec<bool>,
}

impl<'a> Together<'a> {
    pub(super) fn new(
        packages: &'a [&'a Package],
        requirements: &'a Requirements<'a>,
        offers: &Offers<'a>,
        sound: impl Fn(usize) -> bool,
    ) -> Self {
        Self {
            packages,
            requirements,
            sound: (0..packages.len()).map(sound).collect(),
            apart: find_apart(packages, offers),
            proven: vec![false; packages.len()],
        }
    }

    /// Why a package that is sound by itself can not be installed; `None` if it can.
    pub(super) fn fault(&mut self, package: usize) -> Option<Fault> {
        if self.proven.get(package) == Some(&true) {
            return None;
        }
        if let Some(found) = self.walk(package).or_else(|| self.solve(package)) {
            for place in found {
                self.proven.get_mut(place).into_iter().for_each(|proven| *proven = true);
            }
            return None;
        }
        Some(Fault { kind: FaultKind::Apart, chain: self.explain(package), unmet: None })
    }

    /// A set of packages that holds all its members need, by taking the first choice everywhere.
    fn walk(&self, package: usize) -> Option<HashSet<usize>> {
        let mut chosen = HashSet::from([package]);
        let mut open = vec![package];
        while let Some(at) = open.pop() {
            for (_, clause) in self.requirements.clauses(at) {
                if !clause.without.is_empty() || clause.with.iter().any(|place| chosen.contains(place)) {
                    continue;
                }
                let fits = |place: &&usize| {
                    self.is_sound(**place) && !self.apart_of(**place).iter().any(|other| chosen.contains(other))
                };
                let choice = *clause.with.iter().find(fits)?;
                chosen.insert(choice);
                open.push(choice);
            }
        }
        let holds = |clause: &Clause| {
            clause.with.iter().any(|place| chosen.contains(place))
                || clause.without.iter().any(|place| !chosen.contains(place))
        };
        let all = chosen.iter().all(|place| self.requirements.clauses(*place).all(|(_, clause)| holds(clause)));
        all.then_some(chosen)
    }

    /// The same, found by trying all that can be tried.
    fn solve(&self, package: usize) -> Option<HashSet<usize>> {
        let cone = self.cone(package);
        let mut solver = BasicSolver::default();
        let lits: HashMap<usize, Lit> =
            cone.iter().map(|place| (*place, Lit::new(solver.new_var_default(), true))).collect();
        for (_, mut clause) in self.encode(&cone, &lits) {
            solver.add_clause_reuse(&mut clause);
        }
        let wanted = *lits.get(&package)?;
        if solver.solve_limited(&[wanted]) != lbool::TRUE {
            return None;
        }
        Some(
            lits.into_iter().filter(|(_, lit)| solver.value_lit(*lit) == lbool::TRUE).map(|(place, _)| place).collect(),
        )
    }

    /// What has to be given up for the package to be installable, as few facts as will do, in the order in which one
    /// comes upon them.
    fn explain(&self, package: usize) -> Vec<String> {
        let cone = self.cone(package);
        let mut solver = BasicSolver::default();
        let lits: HashMap<usize, Lit> =
            cone.iter().map(|place| (*place, Lit::new(solver.new_var_default(), true))).collect();
        let Some(wanted) = lits.get(&package).copied() else { return Vec::new() };
        // Each fact has a switch: without it, nothing is asked.
        let mut switches: Vec<(Fact, Lit)> = Vec::new();
        for (fact, mut clause) in self.encode(&cone, &lits) {
            let switch = match switches.iter().rev().find(|(known, _)| *known == fact) {
                Some((_, switch)) => *switch,
                None => Lit::new(solver.new_var_default(), true),
            };
            clause.push(!switch);
            solver.add_clause_reuse(&mut clause);
            switches.push((fact, switch));
        }
        switches.dedup();
        let fails = |solver: &mut BasicSolver, switches: &[(Fact, Lit)]| {
            let asked: Vec<Lit> = switches.iter().map(|(_, switch)| *switch).chain([wanted]).collect();
            solver.solve_limited(&asked) == lbool::FALSE
        };
        if !fails(&mut solver, &switches) {
            return Vec::new();
        }
        switches.retain(|(_, switch)| solver.unsat_core_contains_var(switch.var()));
        let mut at = 0;
        while at < switches.len() {
            let mut fewer = switches.clone();
            fewer.remove(at);
            if fails(&mut solver, &fewer) {
                switches = fewer;
            } else {
                at += 1;
            }
        }
        switches.into_iter().map(|(fact, _)| self.tell(fact)).collect()
    }

    fn tell(&self, fact: Fact) -> String {
        let name = |place: usize| self.packages.get(place).map_or("", |package| package.identity.as_str());
        match fact {
            Fact::Needs(place, need) => {
                let need = self.requirements.needs.get(need).map(|(need, _)| need.to_string());
                format!("{} needs {}", name(place), need.unwrap_or_default())
            }
            Fact::Apart(one, two) => format!("{} and {} can not be installed together", name(one), name(two)),
        }
    }

    /// All packages that could be drawn in, the nearest first.
    fn cone(&self, package: usize) -> Vec<usize> {
        let mut seen = HashSet::from([package]);
        let mut cone = vec![package];
        let mut at = 0;
        while let Some(next) = cone.get(at).copied() {
            at += 1;
            for (_, clause) in self.requirements.clauses(next) {
                cone.extend(clause.with.iter().copied().filter(|place| self.is_sound(*place) && seen.insert(*place)));
            }
        }
        cone
    }

    fn encode(&self, cone: &[usize], lits: &HashMap<usize, Lit>) -> Vec<(Fact, Vec<Lit>)> {
        let mut clauses = Vec::new();
        for place in cone {
            let Some(own) = lits.get(place).copied() else { continue };
            for (need, clause) in self.requirements.clauses(*place) {
                // What is out of reach is absent.
                if clause.without.iter().any(|other| !lits.contains_key(other)) {
                    continue;
                }
                let with = clause.with.iter().filter_map(|other| lits.get(other).copied());
                let without = clause.without.iter().filter_map(|other| lits.get(other).map(|lit| !*lit));
                clauses.push((Fact::Needs(*place, need), with.chain(without).chain([!own]).collect()));
            }
            for other in self.apart_of(*place).iter().filter(|other| *other > place) {
                if let Some(other_lit) = lits.get(other) {
                    clauses.push((Fact::Apart(*place, *other), vec![!own, !*other_lit]));
                }
            }
        }
        clauses
    }

    fn is_sound(&self, place: usize) -> bool {
        self.sound.get(place) == Some(&true)
    }

    fn apart_of(&self, place: usize) -> &[usize] {
        self.apart.get(place).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Something that holds of packages, and may be a part of why one can not be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fact {
    /// A package's need, by its number.
    Needs(usize, usize),
    /// Two packages exclude each other.
    Apart(usize, usize),
}

/// What each package can not stand beside itself: what it conflicts with and takes the place of, either way round, and
/// its own other versions.
fn find_apart<'a>(packages: &'a [&'a Package], offers: &Offers<'a>) -> Vec<Vec<usize>> {
    let mut pairs: HashSet<(usize, usize)> = HashSet::new();
    let mut apart = |one: usize, two: usize| {
        if one != two {
            pairs.insert((one.min(two), one.max(two)));
        }
    };
    for (place, package) in packages.iter().enumerate() {
        package.conflicts.iter().for_each(|atom| offers.of_atom(atom).iter().for_each(|other| apart(place, *other)));
        package.obsoletes.iter().for_each(|atom| offers.named(atom).into_iter().for_each(|other| apart(place, other)));
    }
    for same in offers.by_name() {
        let places = || same.iter().filter_map(|place| Some((*place, *packages.get(*place)?)));
        for (one, package) in places() {
            for (two, other) in places().filter(|(two, _)| *two > one) {
                if !(package.parallel && other.parallel) && package.version.order(&other.version).is_ne() {
                    apart(one, two);
                }
            }
        }
    }
    let mut of = vec![Vec::new(); packages.len()];
    for (one, two) in pairs {
        of.get_mut(one).into_iter().for_each(|list: &mut Vec<usize>| list.push(two));
        of.get_mut(two).into_iter().for_each(|list: &mut Vec<usize>| list.push(one));
    }
    for list in &mut of {
        list.sort_unstable();
    }
    of
}
