//! Ten thousand packages, as a distribution has them.

use std::time::Instant;

use egi_model::release::PackageFormat;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::draft::{Wild, primary, random};
use crate::closure::{Package, judge, read_primary};

/// Prints how long it takes; whether that is fast is for people to say, as no two machines are alike.
#[test]
fn ten_thousand_packages_are_judged() {
    let mut drafts = random(&mut StdRng::seed_from_u64(1), 8_500, Wild { conflicts: false, rich: false });
    // Nearly everything is there, as in a distribution: else most packages would be broken, which is quickly told.
    for draft in &mut drafts {
        draft.needs.retain(|need| need.iter().all(|(name, _)| name.starts_with('p')));
        draft.needs.iter_mut().flatten().for_each(|(_, bound)| *bound = None);
    }
    drafts[0].needs.push(vec![("absent".to_owned(), None)]);
    let xml = primary(&drafts);
    let begun = Instant::now();
    let packages = read_primary(xml.as_bytes()).unwrap();
    let read = begun.elapsed();
    let all: Vec<&Package> = packages.iter().collect();
    let begun = Instant::now();
    let faults = judge(&all, all.len(), PackageFormat::Rpm);
    eprintln!("{} packages read in {read:?}, judged in {:?}, {} broken", all.len(), begun.elapsed(), faults.len());
    assert!(all.len() >= 10_000 && faults.contains_key(&0));
}
