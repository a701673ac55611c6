//! The tree's lock: one writer at a time, whoever it is.

use std::fs::{self, File, Metadata, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::RepoError;
use super::files::During as _;

/// How often a busy lock is tried.
const PAUSE: Duration = Duration::from_millis(20);

/// Proof that this process alone writes to the tree. The lock is the kernel's and ends with the process, so a killed
/// run leaves none behind.
#[derive(Debug)]
pub struct RepoLock {
    held: File,
    path: PathBuf,
}

impl RepoLock {
    pub(super) fn acquire(path: &Path, patience: Duration) -> Result<Self, RepoError> {
        let file = File::options().create(true).truncate(false).write(true).open(path).during("open", path)?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { held: file, path: path.to_owned() }),
                Err(TryLockError::Error(error)) => return Err(RepoError::of("lock", path, error)),
                Err(TryLockError::WouldBlock) if start.elapsed() >= patience => {
                    return Err(RepoError::LockBusy { path: path.to_owned(), waited: patience });
                }
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            }
        }
    }

    /// An error when the tree is not any more where it was locked: what was done to it since may have been done to nothing.
    /// Asked when the work is done, before it is believed.
    pub fn ensure_in_place(&self) -> Result<(), RepoError> {
        let place = |found: &Metadata| (found.dev(), found.ino());
        let held = self.held.metadata().during("look at", &self.path)?;
        match fs::metadata(&self.path) {
            Ok(found) if place(&found) == place(&held) => Ok(()),
            _ => Err(RepoError::TreeGone { root: self.path.parent().unwrap_or(&self.path).to_owned() }),
        }
    }
}
