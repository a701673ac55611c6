//! Removes generations that nobody can want any more.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};
use egi_model::area::RepoKey;

use super::RepoError;
use super::carry::Grace;
use super::files::{During as _, remove_tree};
use super::layout::{Layout, generation_name, parse_generation};
use super::manifest::Manifest;

/// The numbers of a repository's generations, live or not, in order.
pub(super) fn numbers(layout: &Layout, key: &RepoKey) -> Result<BTreeSet<u64>, RepoError> {
    numbers_in(&layout.generations(key))
}

fn numbers_in(folder: &Path) -> Result<BTreeSet<u64>, RepoError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        other => other.during("list", folder)?,
    };
    let mut numbers = BTreeSet::new();
    for entry in entries {
        let name = entry.during("list", folder)?.file_name();
        numbers.extend(name.to_str().and_then(parse_generation));
    }
    Ok(numbers)
}

/// Removes the generations in `folder` but the `live` one, the youngest few and those within the grace period. Of a
/// repository that is gone only those within the grace period are kept.
///
/// One without a manifest is none: a generation gets its place with its manifest in it. One whose manifest can not be
/// read stays, for a person to look at.
pub(super) fn prune_folder(
    folder: &Path,
    live: Option<u64>,
    now: DateTime<Utc>,
    grace: Grace,
) -> Result<(), RepoError> {
    let grace = if live.is_some() { grace } else { Grace { generations: 0, ..grace } };
    let mut younger = 0;
    for number in numbers_in(folder)?.into_iter().rev() {
        let place = folder.join(generation_name(number));
        let wanted = match Manifest::read(&place) {
            Ok(Some(manifest)) => grace.covers(manifest.published, now, younger),
            Ok(None) => false,
            Err(_) => true,
        };
        if wanted || live == Some(number) {
            younger += 1;
        } else {
            remove_tree(&place)?;
        }
    }
    Ok(())
}
