//! What packages need, as clauses: in each, one of some packages has to be there or one of some others has to be absent.

use std::collections::{HashMap, HashSet};

use super::need::{Need, Package};
use super::offers::Offers;

/// The most clauses one need may become. Real ones become one or two.
const MAX_CLAUSES: usize = 1000;

/// One condition: a package of `with` is there, or one of `without` is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) with: Vec<usize>,
    pub(super) without: Vec<usize>,
}

impl Clause {
    fn or(&self, other: &Self) -> Self {
        let mut clause = self.clone();
        clause.with.extend(&other.with);
        clause.without.extend(&other.without);
        clause
    }
}

/// Conditions that hold together.
pub(super) type Clauses = Vec<Clause>;

/// What all packages need. Equal needs are kept once.
pub(super) struct Requirements<'a> {
    /// Each different need with what it becomes.
    pub(super) needs: Vec<(&'a Need, Clauses)>,
    /// The needs of each package.
    pub(super) of: Vec<Vec<usize>>,
    /// Needs that are too much to judge, by number; they count as met.
    pub(super) too_much: HashSet<usize>,
}

impl<'a> Requirements<'a> {
    pub(super) fn of(packages: &'a [&'a Package], offers: &Offers<'a>) -> Self {
        let mut numbers: HashMap<&Need, usize> = HashMap::new();
        let (mut needs, mut too_much) = (Vec::new(), HashSet::new());
        let of = packages.iter().map(|package| {
            let mut number = |need: &'a Need| {
                *numbers.entry(need).or_insert_with(|| {
                    let clauses = clauses_of(need, true, offers);
                    if clauses.is_none() {
                        too_much.insert(needs.len());
                    }
                    needs.push((need, clauses.unwrap_or_default()));
                    needs.len() - 1
                })
            };
            let mut own: Vec<usize> = package.needs.iter().map(&mut number).collect();
            own.sort_unstable();
            own.dedup();
            own
        });
        let of = of.collect();
        Self { needs, of, too_much }
    }

    /// The clauses of a package, each with its need.
    pub(super) fn clauses(&self, package: usize) -> impl Iterator<Item = (usize, &Clause)> {
        let needs = self.of.get(package).into_iter().flatten();
        needs.flat_map(|need| self.needs.get(*need).into_iter().flat_map(|(_, c)| c).map(|clause| (*need, clause)))
    }
}

/// What a need, or its contrary, becomes; `None` if that is too much.
fn clauses_of<'a>(need: &'a Need, holds: bool, offers: &Offers<'a>) -> Option<Clauses> {
    match (need, holds) {
        (Need::Atom(_) | Need::With(..) | Need::Without(..), true) => {
            Some(vec![Clause { with: packages_of(need, offers), without: Vec::new() }])
        }
        (Need::Atom(_) | Need::With(..) | Need::Without(..), false) => {
            let absent = |place| Clause { with: Vec::new(), without: vec![place] };
            Some(packages_of(need, offers).into_iter().map(absent).collect())
        }
        (Need::All(parts), true) | (Need::Any(parts), false) => {
            all(parts.iter().map(|part| clauses_of(part, holds, offers)))
        }
        (Need::Any(parts), true) | (Need::All(parts), false) => {
            any(parts.iter().map(|part| clauses_of(part, holds, offers)))
        }
        // (then or not when) and (other or when)
        (Need::If(then, when, other), true) => {
            let first = any([clauses_of(then, true, offers), clauses_of(when, false, offers)].into_iter());
            let second = other
                .as_deref()
                .map(|other| any([clauses_of(other, true, offers), clauses_of(when, true, offers)].into_iter()));
            all([Some(first), second].into_iter().flatten())
        }
        // (when and not then) or (not other and not when)
        (Need::If(then, when, other), false) => {
            let first = all([clauses_of(when, true, offers), clauses_of(then, false, offers)].into_iter());
            let second = other
                .as_deref()
                .map(|other| all([clauses_of(other, false, offers), clauses_of(when, false, offers)].into_iter()));
            any([Some(first), second].into_iter().flatten())
        }
        // (then and not when) or (other and when)
        (Need::Unless(then, when, other), true) => {
            let first = all([clauses_of(then, true, offers), clauses_of(when, false, offers)].into_iter());
            let second = other
                .as_deref()
                .map(|other| all([clauses_of(other, true, offers), clauses_of(when, true, offers)].into_iter()));
            any([Some(first), second].into_iter().flatten())
        }
        // (not then or when) and (not other or not when)
        (Need::Unless(then, when, other), false) => {
            let first = any([clauses_of(then, false, offers), clauses_of(when, true, offers)].into_iter());
            let second = other
                .as_deref()
                .map(|other| any([clauses_of(other, false, offers), clauses_of(when, false, offers)].into_iter()));
            all([Some(first), second].into_iter().flatten())
        }
    }
}

fn all(parts: impl Iterator<Item = Option<Clauses>>) -> Option<Clauses> {
    let clauses: Vec<Clause> = parts.collect::<Option<Vec<_>>>()?.concat();
    (clauses.len() <= MAX_CLAUSES).then_some(clauses)
}

fn any(parts: impl Iterator<Item = Option<Clauses>>) -> Option<Clauses> {
    let mut product: Option<Clauses> = None;
    for part in parts {
        let part = part?;
        let next: Clauses = match product {
            None => part,
            Some(so_far) if so_far.len() * part.len() > MAX_CLAUSES => return None,
            Some(so_far) => so_far.iter().flat_map(|one| part.iter().map(|two| one.or(two))).collect(),
        };
        product = Some(next);
    }
    // None of nothing can hold.
    Some(product.unwrap_or_else(|| vec![Clause::default()]))
}

/// The packages that meet some part of a need.
pub(super) fn providers<'a>(need: &'a Need, offers: &Offers<'a>) -> Vec<usize> {
    let clauses = clauses_of(need, true, offers).unwrap_or_default();
    clauses.into_iter().flat_map(|clause| clause.with).collect()
}

/// The packages that meet a need by themselves.
fn packages_of<'a>(need: &'a Need, offers: &Offers<'a>) -> Vec<usize> {
    match need {
        Need::Atom(atom) => offers.of_atom(atom).to_vec(),
        Need::Any(parts) => parts.iter().flat_map(|part| packages_of(part, offers)).collect(),
        Need::With(one, two) => {
            let second = packages_of(two, offers);
            packages_of(one, offers).into_iter().filter(|place| second.contains(place)).collect()
        }
        Need::Without(one, two) => {
            let second = packages_of(two, offers);
            packages_of(one, offers).into_iter().filter(|place| !second.contains(place)).collect()
        }
        // No single package is told by these.
        Need::All(_) | Need::If(..) | Need::Unless(..) => Vec::new(),
    }
}
