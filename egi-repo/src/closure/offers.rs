//! Who offers what, by name.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use egi_model::release::PackageFormat;

use super::need::{Atom, Capability, Machine, Package};

/// Some packages, by their places, the newest version of a name first.
pub(super) type Places = Rc<[usize]>;

/// An index of what packages offer.
pub(super) struct Offers<'a> {
    packages: &'a [&'a Package],
    format: PackageFormat,
    provides: HashMap<&'a str, Vec<(usize, &'a Capability)>>,
    files: HashMap<&'a str, Vec<usize>>,
    names: HashMap<&'a str, Vec<usize>>,
    /// Answers that were given: thousands of packages need the same few things.
    answers: RefCell<HashMap<&'a Atom, Places>>,
}

impl<'a> Offers<'a> {
    pub(super) fn of(packages: &'a [&'a Package], format: PackageFormat) -> Self {
        let mut provides: HashMap<&str, Vec<(usize, &Capability)>> = HashMap::with_capacity(packages.len() * 2);
        let mut files: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut names: HashMap<&str, Vec<usize>> = HashMap::with_capacity(packages.len());
        for (place, package) in packages.iter().enumerate() {
            for capability in &package.provides {
                provides.entry(&capability.name).or_default().push((place, capability));
            }
            for file in &package.files {
                files.entry(file).or_default().push(place);
            }
            names.entry(&package.name).or_default().push(place);
        }
        Self { packages, format, provides, files, names, answers: RefCell::default() }
    }

    /// Who offers what `atom` asks for.
    pub(super) fn of_atom(&self, atom: &'a Atom) -> Places {
        if let Some(known) = self.answers.borrow().get(atom) {
            return Rc::clone(known);
        }
        let places = self.look_up(atom);
        self.answers.borrow_mut().insert(atom, Rc::clone(&places));
        places
    }

    fn look_up(&self, atom: &Atom) -> Places {
        if atom.machine == Machine::Foreign {
            return Places::default();
        }
        let offered = self.provides.get(atom.name.as_str()).map(Vec::as_slice).unwrap_or_default();
        let fits = |(place, capability): &&(usize, &Capability)| {
            let open = atom.machine == Machine::Own || self.allows_any(*place, atom);
            open && capability.meets(atom.bound.as_ref(), self.format)
        };
        let mut places: Vec<usize> = offered.iter().filter(fits).map(|(place, _)| *place).collect();
        if atom.name.starts_with('/') && atom.bound.is_none() {
            places.extend(self.files.get(atom.name.as_str()).into_iter().flatten());
        }
        self.sort(&mut places);
        places.into()
    }

    /// `name:any` is met by the package of that name, if it may serve other machines.
    fn allows_any(&self, place: usize, atom: &Atom) -> bool {
        self.packages.get(place).is_some_and(|package| package.any_machine && package.name == atom.name)
    }

    /// Packages of the name that `atom` has, in its range: what an obsoleting package takes the place of.
    pub(super) fn named(&self, atom: &Atom) -> Vec<usize> {
        let named = self.names.get(atom.name.as_str()).into_iter().flatten().copied();
        let fits = |place: &usize| {
            let package = self.packages.get(*place);
            package.is_some_and(|package| {
                let own = package.provides.iter().filter(|capability| capability.name == package.name);
                own.into_iter().any(|capability| capability.meets(atom.bound.as_ref(), self.format))
            })
        };
        named.filter(fits).collect()
    }

    /// The packages that share a name, name by name.
    pub(super) fn by_name(&self) -> impl Iterator<Item = &[usize]> {
        self.names.values().map(Vec::as_slice)
    }

    /// What is there under the name of `atom`, in whatever version.
    pub(super) fn near(&self, atom: &Atom) -> Vec<&'a str> {
        let offered = self.provides.get(atom.name.as_str()).into_iter().flatten();
        let mut places: Vec<usize> = offered.map(|(place, _)| *place).collect();
        self.sort(&mut places);
        places.iter().filter_map(|place| self.packages.get(*place)).map(|package| package.identity.as_str()).collect()
    }

    /// By name, the newest first, each once.
    fn sort(&self, places: &mut Vec<usize>) {
        places.sort_unstable();
        places.dedup();
        let package = |place: &usize| self.packages.get(*place);
        places.sort_by(|one, two| match (package(one), package(two)) {
            (Some(one), Some(two)) => one.name.cmp(&two.name).then_with(|| two.version.order(&one.version)),
            _ => one.cmp(two),
        });
    }
}
