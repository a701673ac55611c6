//! Removes what nobody can want any more from the pool.
//!
//! What a generation consists of is wanted as long as the generation is known, reachable or not, and so is what the
//! caller names, and whatever came in less than the grace period ago: it may be about to be placed. A file of the pool
//! goes when no wanted content has it.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use egi_model::content::ContentId;
use egi_model::digest::Sha256;
use serde::Serialize;
use walkdir::WalkDir;

use super::files::During as _;
use super::layout::Layout;
use super::{RepoError, RepoLock, about, past, pool, prune};

/// What was removed, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Garbage {
    /// Records of generations that could be brought back.
    pub generations: u64,
    /// File lists of releases.
    pub contents: u64,
    /// Files of the pool.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Pieces of rendered metadata, and what was told of releases.
    pub metadata: u64,
}

/// What to keep.
pub(super) struct Keep<'a> {
    /// Contents that are wanted whatever generations say.
    pub(super) contents: &'a BTreeSet<ContentId>,
    /// Records of generations that are gone, if they were published after this.
    pub(super) records_after: DateTime<Utc>,
    /// What came in after this.
    pub(super) young_after: DateTime<Utc>,
}

/// Removes what is not wanted, or with `dry` only counts it. Contents go before their files, so that a run that is
/// killed leaves no content without its files.
pub(super) fn collect(layout: &Layout, _lock: &RepoLock, keep: &Keep<'_>, dry: bool) -> Result<Garbage, RepoError> {
    let mut garbage = Garbage::default();
    let (mut wanted, mut tickets) = (keep.contents.clone(), BTreeSet::new());
    for key in prune::all_keys(layout)? {
        let folder = layout.generations(&key);
        for (manifest, reachable) in past::known(layout, &key)? {
            if reachable || manifest.published > keep.records_after {
                wanted.extend(manifest.placements.iter().map(|p| p.content));
                tickets.extend(manifest.placements.iter().map(|p| p.ticket));
            } else {
                garbage.generations += 1;
                remove(&folder.join(super::layout::kept_name(manifest.generation)), dry)?;
            }
        }
    }
    let (mut files, mut kept) = (BTreeSet::new(), BTreeSet::new());
    for (path, id) in contents(layout)? {
        if wanted.contains(&id) || is_young(&path, keep.young_after)? {
            kept.insert(id);
            files.extend(pool::load(layout, id)?.into_iter().map(|file| file.sha256));
        } else {
            garbage.contents += 1;
            remove(&path, dry)?;
        }
    }
    for (path, digest) in named(&layout.root.join("pool"))? {
        if !files.contains(&digest) && !is_young(&path, keep.young_after)? {
            garbage.files += 1;
            garbage.bytes += fs::symlink_metadata(&path).during("look at", &path)?.len();
            remove(&path, dry)?;
        }
    }
    // Pieces are named by their release's content; runs of them are used or they age.
    for (path, digest) in named(&layout.metadata())? {
        let is_piece = path.starts_with(layout.metadata().join("pieces"));
        let unused = if is_piece { !kept.contains(&ContentId(digest)) } else { !is_young(&path, keep.records_after)? };
        if unused && !is_young(&path, keep.young_after)? {
            garbage.metadata += 1;
            remove(&path, dry)?;
        }
    }
    for (path, ticket) in about::all(layout)? {
        if !tickets.contains(&ticket) && !is_young(&path, keep.young_after)? {
            garbage.metadata += 1;
            remove(&path, dry)?;
        }
    }
    Ok(garbage)
}

fn remove(path: &Path, dry: bool) -> Result<(), RepoError> {
    if dry { Ok(()) } else { fs::remove_file(path).during("remove", path) }
}

/// Whether the file came here after `then`: when it got this name, or when it was written.
fn is_young(path: &Path, then: DateTime<Utc>) -> Result<bool, RepoError> {
    let found = fs::symlink_metadata(path).during("look at", path)?;
    Ok(found.ctime().max(found.mtime()) > then.timestamp())
}

fn contents(layout: &Layout) -> Result<Vec<(PathBuf, ContentId)>, RepoError> {
    let folder = layout.contents();
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).during("list", &folder)? {
        let path = entry.during("list", &folder)?.path();
        let id = path.file_stem().and_then(|name| name.to_str()).and_then(|name| name.parse::<Sha256>().ok());
        found.extend(id.map(|id| (path, ContentId(id))));
    }
    Ok(found)
}

/// The files below `folder` whose name is a digest.
pub(super) fn named(folder: &Path) -> Result<Vec<(PathBuf, Sha256)>, RepoError> {
    let mut found = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(io::Error::from).during("list", folder)?;
        let digest = entry.file_name().to_str().and_then(|name| name.parse::<Sha256>().ok());
        if let (true, Some(digest)) = (entry.file_type().is_file(), digest) {
            found.push((entry.into_path(), digest));
        }
    }
    Ok(found)
}
