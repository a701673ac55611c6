//! Whether the tree is well, as far as that can be told in little time: names, sizes and records, not bytes. `scrub` reads those.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use egi_model::area::RepoKey;
use egi_model::content::ContentId;

use super::files::{During as _, is_absent};
use super::layout::Layout;
use super::manifest::Listing;
use super::scrub::Rot;
use super::{RepoError, RepoLock, RepoTree, audit, pool, publish};
use crate::openpgp::SignError;

/// What killed runs left in a tree. Nobody needs it; taking the lock finishes the first two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Several repositories were being made live together, and not all are.
    pub unfinished: bool,
    /// Feeds and folder pages are behind what is live.
    pub pages_behind: bool,
    /// What was being built, in `tmp/`.
    pub built: Vec<PathBuf>,
}

impl RepoTree {
    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.layout.root
    }

    /// The files of a content that the pool has not, or not in their size.
    pub fn check_content(&self, id: ContentId) -> Result<Vec<Rot>, RepoError> {
        let files = match pool::load(&self.layout, id) {
            Ok(files) => files,
            Err(error @ (RepoError::UnknownContent { .. } | RepoError::Record { .. })) => {
                return Ok(vec![Rot { path: self.layout.content(id), what: error.to_string() }]);
            }
            Err(error) => return Err(error),
        };
        let mut rot = Vec::new();
        for file in files {
            look_at(self.layout.pool_file(file.sha256), Some(file.size), &mut rot)?;
        }
        Ok(rot)
    }

    /// The files that a live repository shows and has not, or not in their size.
    pub fn check_live(&self, key: &RepoKey) -> Result<Vec<Rot>, RepoError> {
        let mut rot = Vec::new();
        check_live(&self.layout, key, &mut rot)?;
        Ok(rot)
    }

    /// The records of the log of what is done by hand that are not what was written.
    pub fn check_log(&self) -> Result<Vec<Rot>, RepoError> {
        check_log(&self.layout)
    }

    /// What killed runs left; `None` while somebody writes to the tree, when it can not be told from work.
    pub fn find_leftovers(&self) -> Result<Option<Leftovers>, RepoError> {
        // Not `lock`, which would mend what is looked for.
        let _lock = match RepoLock::acquire(&self.layout.lock(), Duration::ZERO) {
            Err(RepoError::LockBusy { .. }) => return Ok(None),
            other => other?,
        };
        let tmp = self.layout.tmp();
        let mut built = Vec::new();
        for entry in fs::read_dir(&tmp).during("list", &tmp)? {
            built.push(entry.during("list", &tmp)?.path());
        }
        built.sort();
        let (unfinished, pages_behind) = (self.layout.intent().exists(), self.layout.due().exists());
        Ok(Some(Leftovers { unfinished, pages_behind, built }))
    }

    /// Removes what was being built when its run was killed.
    pub fn remove_leftovers(&self, _lock: &RepoLock) -> Result<(), RepoError> {
        publish::empty_tmp(&self.layout)
    }

    /// Signs something, as clients would check it. Tells when the first of the keys that signed expires; `None` if none does,
    /// or if indexes are not signed.
    pub fn check_signing(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, SignError> {
        self.options.signing.open()?.map_or(Ok(None), |signer| signer.probe(now))
    }
}

/// Every file that a live repository shows is there with its size, and every index.
pub(super) fn check_live(layout: &Layout, key: &RepoKey, rot: &mut Vec<Rot>) -> Result<(), RepoError> {
    let live = layout.live(key);
    let listing = Listing::read(&live)?;
    for shown in listing.files {
        look_at(live.join(shown.file.path.as_str()), Some(shown.file.size), rot)?;
    }
    for index in listing.indexes {
        look_at(live.join(index), None, rot)?;
    }
    Ok(())
}

pub(super) fn check_log(layout: &Layout) -> Result<Vec<Rot>, RepoError> {
    let faults = audit::faults(&audit::load(layout)?).into_iter();
    Ok(faults
        .map(|place| Rot { path: layout.log(), what: format!("record {place} is not what was written") })
        .collect())
}

fn look_at(path: PathBuf, size: Option<u64>, rot: &mut Vec<Rot>) -> Result<(), RepoError> {
    let what = match (fs::metadata(&path), size) {
        (Ok(found), Some(size)) if found.len() != size => format!("it has {} bytes instead of {size}", found.len()),
        (Ok(_), _) => return Ok(()),
        (Err(error), _) if is_absent(&error) => "it is missing".to_owned(),
        (Err(error), _) => return Err(RepoError::of("look at", &path, error)),
    };
    rot.push(Rot { path, what });
    Ok(())
}
