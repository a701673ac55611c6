//! What a provider's tree holds, looked at before any of it is fetched.

use egi_model::name::RelPath;

use super::{Excess, FetchError, Job, Refusal};
use crate::scratch::FileKind;

/// The files of a tree that may be fetched.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The files, in the order they were met.
    pub(super) files: Vec<RelPath>,
    /// Their bytes.
    pub(super) bytes: u64,
    folders: u64,
    refusals: Vec<Refusal>,
}

/// One thing met in a tree.
pub(super) struct Met {
    pub(super) kind: FileKind,
    /// Relative to the tree's root, as the source spells it.
    pub(super) name: String,
    pub(super) size: u64,
    /// Where a link points to.
    pub(super) target: Option<String>,
}

impl Survey {
    /// Counts one thing; errs as soon as a limit is passed, so that a tree without end is not walked to it.
    pub(super) fn meet(&mut self, job: &Job, met: Met) -> Result<(), FetchError> {
        let name = met.name;
        match (met.kind, name.parse::<RelPath>()) {
            (FileKind::File, Ok(path)) => self.count(job, path, met.size)?,
            (FileKind::Folder, Ok(_)) => self.folders += 1,
            (FileKind::File | FileKind::Folder, Err(why)) => self.refusals.push(Refusal::Name { name, why }),
            (FileKind::Link, _) => {
                self.refusals.push(Refusal::Link { name, target: met.target.unwrap_or_default() });
            }
            (FileKind::Special, _) => self.refusals.push(Refusal::Special { name }),
        }
        let limit = job.limits().max_files;
        // Empty folders cost time and inodes as well.
        if self.folders > limit {
            return Err(job.over(Excess::Folders { limit }));
        }
        let met = u64::try_from(self.files.len() + self.refusals.len()).unwrap_or(u64::MAX);
        if met > limit { Err(job.over(Excess::Files { limit })) } else { Ok(()) }
    }

    fn count(&mut self, job: &Job, path: RelPath, size: u64) -> Result<(), FetchError> {
        let limits = job.limits();
        if size > limits.max_file_bytes {
            return Err(job.over(Excess::FileBytes { path, limit: limits.max_file_bytes }));
        }
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > limits.max_bytes {
            return Err(job.over(Excess::Bytes { limit: limits.max_bytes }));
        }
        self.files.push(path);
        Ok(())
    }

    /// The survey, if nothing in the tree is refused.
    pub(super) fn finish(self, job: &Job) -> Result<Self, FetchError> {
        if self.refusals.is_empty() {
            Ok(self)
        } else {
            Err(FetchError::Refused { url: job.url(), refusals: self.refusals })
        }
    }
}
