//! Large repositories: what it costs to publish them, to add to them, to leave them as they are, and to move them on;
//! and what their bytes cost to read and to copy.

pub mod copying;
mod full;
mod grown;
mod growth;
mod hashing;
mod promotion;

use std::rc::Rc;

use anyhow::Result;

use self::promotion::Peer;
use super::Contest;
use super::workshop::Workshop;

/// The groups of jobs, by name. Each is built when its turn comes, and gone before the next: they take gigabytes.
pub(super) const GROUPS: [(&str, Build); 7] = [
    ("full-2000", |workshop| full(workshop, 2_000)),
    ("full-10000", |workshop| full(workshop, 10_000)),
    ("growth-10000", |workshop| {
        let ground = growth::Ground::new(workshop, 10_000)?;
        let standing = growth::Growth::standing(workshop, &ground);
        Ok(vec![Box::new(standing), Box::new(growth::Growth::one_more(workshop, &ground))])
    }),
    ("growth-50000", |workshop| {
        let ground = growth::Ground::new(workshop, 50_000)?;
        Ok(vec![Box::new(growth::Growth::one_more(workshop, &ground))])
    }),
    ("promotion", |workshop| {
        let stage = Rc::new(promotion::Stage::new(workshop)?);
        let aptly = promotion::Promotion::new(workshop, &stage, Peer::Aptly)?;
        Ok(vec![Box::new(aptly), Box::new(promotion::Promotion::new(workshop, &stage, Peer::Reprepro)?)])
    }),
    ("hashing", |workshop| {
        let bytes = Rc::new(hashing::Bytes::new(workshop)?);
        let one = hashing::Hashing::on_one_core(workshop, &bytes);
        Ok(vec![Box::new(one), Box::new(hashing::Hashing::on_two_cores(workshop, &bytes))])
    }),
    ("copying", |workshop| Ok(vec![Box::new(copying::Copying::new(workshop)?)])),
];

/// Builds the jobs of a group.
type Build = fn(&Workshop) -> Result<Jobs<'_>>;

/// Jobs that have something in common.
pub(super) type Jobs<'w> = Vec<Box<dyn Contest + 'w>>;

fn full(workshop: &Workshop, count: u32) -> Result<Jobs<'_>> {
    Ok(vec![Box::new(full::Full::new(workshop, count)?)])
}
