//! Removes generations that nobody can want any more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};
use egi_model::area::{Area, RepoKey};
use walkdir::WalkDir;

use super::RepoError;
use super::carry::Grace;
use super::files::{During as _, remove_tree, sync};
use super::layout::{Layout, MANIFEST, generation_name, kept_name, parse_generation, parse_kept};
use super::manifest::Manifest;

/// The numbers of the generations in `folder`, and whether each is there still.
pub(super) fn known_numbers(folder: &Path) -> Result<BTreeMap<u64, bool>, RepoError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        other => other.during("list", folder)?,
    };
    let mut numbers = BTreeMap::new();
    for entry in entries {
        let name = entry.during("list", folder)?.file_name();
        let Some(name) = name.to_str() else { continue };
        if let Some(number) = parse_generation(name) {
            numbers.insert(number, true);
        } else if let Some(number) = parse_kept(name) {
            numbers.entry(number).or_insert(false);
        }
    }
    Ok(numbers)
}

/// Every repository that there is or was.
pub(super) fn all_keys(layout: &Layout) -> Result<BTreeSet<RepoKey>, RepoError> {
    let mut keys = BTreeSet::new();
    for area in Area::ALL {
        let root = layout.root.join("generations").join(area.as_str());
        let mut walk = WalkDir::new(&root).min_depth(1).into_iter();
        while let Some(entry) = walk.next() {
            let entry = entry.map_err(io::Error::from).during("list", &root)?;
            let name = entry.file_name().to_str().unwrap_or_default();
            if parse_generation(name).is_none() && parse_kept(name).is_none() {
                continue;
            }
            if entry.file_type().is_dir() {
                walk.skip_current_dir();
            }
            let folder = entry.path().parent().and_then(|folder| folder.strip_prefix(&root).ok());
            let path = folder.and_then(Path::to_str).and_then(|folder| folder.parse().ok());
            keys.extend(path.map(|path| RepoKey { area, path }));
        }
    }
    Ok(keys)
}

/// Removes the generations in `folder` but the `live` one, the youngest few and those within the grace period. Of a
/// repository that is gone only those within the grace period are kept.
///
/// What a generation consisted of is kept, so that it can be brought back. One without a manifest is none: a
/// generation gets its place with its manifest in it. One whose manifest can not be read stays, for a person to look
/// at.
pub(super) fn prune_folder(
    folder: &Path,
    live: Option<u64>,
    now: DateTime<Utc>,
    grace: Grace,
) -> Result<(), RepoError> {
    let grace = if live.is_some() { grace } else { Grace { generations: 0, ..grace } };
    let mut younger = 0;
    let there = known_numbers(folder)?.into_iter().rev().filter(|(_, there)| *there);
    for (number, _) in there {
        let place = folder.join(generation_name(number));
        let wanted = match Manifest::read(&place) {
            Ok(Some(manifest)) if live == Some(number) || grace.covers(manifest.published, now, younger) => true,
            Ok(Some(_)) => {
                let manifest = place.join(MANIFEST);
                fs::rename(&manifest, folder.join(kept_name(number))).during("keep", &manifest)?;
                sync(folder)?;
                false
            }
            Ok(None) => false,
            Err(_) => true,
        };
        if wanted {
            younger += 1;
        } else {
            remove_tree(&place)?;
        }
    }
    Ok(())
}
