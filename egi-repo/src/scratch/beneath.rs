//! Files below a folder, opened so that no symbolic link on the way is followed.
//!
//! Each segment is opened from the folder before it with `O_NOFOLLOW`; a [`RelPath`] has no `..`, so nothing opened here
//! lies outside. `openat2(RESOLVE_BENEATH)` does the same in one call, but not on every kernel and in every container,
//! and folders that are made on the way need the walk anyway.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use egi_model::name::RelPath;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, mkdirat, openat, renameat, unlinkat};

const OPEN_DIR: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// `O_NONBLOCK`: opening a FIFO that somebody planted must not hang; it means nothing for a regular file.
const OPEN_FILE: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);

/// A folder held open.
#[derive(Debug)]
pub(crate) struct Dir(OwnedFd);

/// Whether folders on the way are made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parents {
    Expected,
    Made,
}

impl Dir {
    /// Opens the folder at `path`; links before its last segment are the caller's own and are followed.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(openat(CWD, path, OPEN_DIR, Mode::empty())?))
    }

    /// Opens the folder `name` in this one, making it where it is missing.
    pub(crate) fn ensure_child(&self, name: &str) -> io::Result<Self> {
        match mkdirat(&self.0, name, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => self.child(name),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens the regular file `path` for reading.
    pub(crate) fn read(&self, path: &RelPath) -> io::Result<File> {
        let dir = self.parent(path, Parents::Expected)?;
        let dir = dir.as_ref().unwrap_or(self);
        regular(openat(&dir.0, path.file_name(), OPEN_FILE | OFlags::RDONLY, Mode::empty())?)
    }

    /// Opens the regular file `path` for reading and writing, making it and its folders where they are missing.
    pub(crate) fn write(&self, path: &RelPath) -> io::Result<File> {
        let dir = self.parent(path, Parents::Made)?;
        let dir = dir.as_ref().unwrap_or(self);
        let mode = Mode::from_raw_mode(0o644);
        regular(openat(&dir.0, path.file_name(), OPEN_FILE | OFlags::RDWR | OFlags::CREATE, mode)?)
    }

    /// Removes the file `path`, which need not be there.
    pub(crate) fn ensure_no_file(&self, path: &RelPath) -> io::Result<()> {
        let dir = self.parent(path, Parents::Expected)?;
        let dir = dir.as_ref().unwrap_or(self);
        match unlinkat(&dir.0, path.file_name(), AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Moves the file `from` of this folder to `path` below `target`, replacing a file of that name.
    pub(crate) fn rename(&self, from: &RelPath, target: &Self, path: &RelPath) -> io::Result<()> {
        let source = self.parent(from, Parents::Expected)?;
        let source = source.as_ref().unwrap_or(self);
        let dir = target.parent(path, Parents::Made)?;
        let dir = dir.as_ref().unwrap_or(target);
        Ok(renameat(&source.0, from.file_name(), &dir.0, path.file_name())?)
    }

    fn child(&self, name: &str) -> io::Result<Self> {
        Ok(Self(openat(&self.0, name, OPEN_DIR, Mode::empty())?))
    }

    /// The folder that `path` lies in; `None` where that is this one.
    fn parent(&self, path: &RelPath, parents: Parents) -> io::Result<Option<Self>> {
        let Some((folders, _)) = path.as_str().rsplit_once('/') else { return Ok(None) };
        let mut at: Option<Self> = None;
        for name in folders.split('/') {
            let from = at.as_ref().unwrap_or(self);
            at = Some(match parents {
                Parents::Expected => from.child(name)?,
                Parents::Made => from.ensure_child(name)?,
            });
        }
        Ok(at)
    }
}

fn regular(fd: OwnedFd) -> io::Result<File> {
    let file = File::from(fd);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
    }
}

#[cfg(test)]
mod tests;
