//! The tree's lock: one writer at a time, whoever it is.

use std::fs::{File, TryLockError};
use std::path::Path;
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
    _held: File,
}

impl RepoLock {
    pub(super) fn acquire(path: &Path, patience: Duration) -> Result<Self, RepoError> {
        let file = File::options().create(true).truncate(false).write(true).open(path).during("open", path)?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _held: file }),
                Err(TryLockError::Error(error)) => return Err(RepoError::of("lock", path, error)),
                Err(TryLockError::WouldBlock) if start.elapsed() >= patience => {
                    return Err(RepoError::LockBusy { path: path.to_owned(), waited: patience });
                }
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            }
        }
    }
}
