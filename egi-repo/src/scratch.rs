//! Scratch folders: where a provider's tree lands before anything of it is trusted.
//!
//! There is one per release. It outlives the process, so that a fetch that was cut short resumes, and it is removed by a
//! step of its plan; what a lost plan leaves behind, [`ScratchRoot::list`] shows. Nothing here knows how content is
//! fetched, checked or published.
//!
//! Other programs' output (rsync's) lands here too, so every path below a scratch is opened one segment at a time and
//! no symbolic link is ever followed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use egi_model::name::{RelPath, Segment};

pub(crate) mod beneath;

use beneath::Dir;

/// The folder, inside a scratch, that mirrors the provider's tree.
const FILES: &str = "files";
/// The folder, inside a scratch, with files that are not whole yet.
const PARTS: &str = "parts";

/// A scratch folder could not be made, listed or removed.
///
/// The cause is this machine's disk, never the provider's content; it names what was tried and where.
#[derive(Debug, thiserror::Error)]
#[error("failed to {action} {}", path.display())]
pub struct ScratchError {
    /// What was tried.
    pub action: &'static str,
    /// Where.
    pub path: PathBuf,
    /// Why it failed.
    pub source: io::Error,
}

impl ScratchError {
    /// Whether trying again can help. It can: a disk gets room, a mount comes back.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        true
    }
}

/// The folder that holds all scratch folders. It must lie on the file system of the repository tree, so that content
/// can be hard-linked from it.
#[derive(Debug, Clone)]
pub struct ScratchRoot {
    dir: PathBuf,
}

impl ScratchRoot {
    /// The scratch folders in `dir`, which needs not exist yet.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Opens the scratch `name`, making it where there is none. What is in it is kept.
    pub fn open(&self, name: &Segment) -> Result<Scratch, ScratchError> {
        let path = self.dir.join(name.as_str());
        let opened = || -> io::Result<Scratch> {
            std::fs::create_dir_all(&self.dir)?;
            let dir = Dir::open(&self.dir)?.ensure_child(name.as_str())?;
            let (files, parts) = (dir.ensure_child(FILES)?, dir.ensure_child(PARTS)?);
            Ok(Scratch { files_path: path.join(FILES), files, parts })
        };
        opened().map_err(|source| ScratchError { action: "make the scratch folder", path: path.clone(), source })
    }

    /// The names of the scratch folders there are, sorted. Which of them is needed has to be asked afterwards: one that
    /// is made meanwhile is not in the list.
    pub fn list(&self) -> Result<Vec<String>, ScratchError> {
        let failed = |source| ScratchError { action: "list", path: self.dir.clone(), source };
        let names = match std::fs::read_dir(&self.dir) {
            Ok(entries) => entries.map(|entry| entry.map(|e| e.file_name())).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
            Err(error) => Err(error),
        };
        Ok(names.map_err(failed)?.into_iter().filter_map(|name| name.into_string().ok()).collect())
    }

    /// Removes the scratch `name` with all it holds. It need not be there.
    pub fn ensure_removed(&self, name: &Segment) -> Result<(), ScratchError> {
        let path = self.dir.join(name.as_str());
        let removed = match std::fs::symlink_metadata(&path) {
            // Follows no symbolic link, even one planted while it runs.
            Ok(meta) if meta.is_dir() => std::fs::remove_dir_all(&path),
            Ok(_) => std::fs::remove_file(&path),
            Err(error) => Err(error),
        };
        match removed {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(ScratchError { action: "remove the scratch folder", path, source })
            }
            _ => Ok(()),
        }
    }
}

/// What kind of thing lies in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A device, socket or FIFO.
    Special,
}

impl FileKind {
    /// The kind the operating system tells.
    pub(crate) fn of(kind: std::fs::FileType) -> Self {
        match (kind.is_file(), kind.is_dir(), kind.is_symlink()) {
            (true, _, _) => Self::File,
            (_, true, _) => Self::Folder,
            (_, _, true) => Self::Link,
            _ => Self::Special,
        }
    }
}

/// One release's scratch folder, held open.
#[derive(Debug)]
pub struct Scratch {
    files_path: PathBuf,
    files: Dir,
    parts: Dir,
}

impl Scratch {
    /// Where the provider's tree lands.
    #[must_use]
    pub fn files_dir(&self) -> &Path {
        &self.files_path
    }

    /// Opens a landed file for reading.
    pub(crate) fn read(&self, path: &RelPath) -> io::Result<File> {
        self.files.read(path)
    }

    /// Opens, or makes, the file `name` among those that are not whole yet.
    pub(crate) fn part(&self, name: &Segment) -> io::Result<File> {
        self.parts.write(&name.clone().into())
    }

    /// Forgets the file `name` among those that are not whole yet.
    pub(crate) fn ensure_no_part(&self, name: &Segment) -> io::Result<()> {
        self.parts.ensure_no_file(&name.clone().into())
    }

    /// Makes the part `name`, now whole, the landed file `path`.
    pub(crate) fn land(&self, name: &Segment, path: &RelPath) -> io::Result<()> {
        self.parts.rename(&name.clone().into(), &self.files, path)
    }

    /// Removes whatever landed that `keep` does not name, and every empty folder.
    ///
    /// An earlier attempt may have fetched by another protocol or another list.
    pub(crate) fn prune(&self, keep: &BTreeSet<&str>) -> io::Result<()> {
        let below = walkdir::WalkDir::new(&self.files_path).min_depth(1).follow_links(false).contents_first(true);
        for entry in below {
            let entry = entry?;
            if entry.file_type().is_dir() {
                remove_if_empty(entry.path())?;
            } else if !relative(entry.path(), &self.files_path).is_some_and(|path| keep.contains(path)) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Removes every folder called `name` among what landed.
    pub(crate) fn ensure_no_folders(&self, name: &str) -> io::Result<()> {
        let mut below = walkdir::WalkDir::new(&self.files_path).min_depth(1).follow_links(false).into_iter();
        while let Some(entry) = below.next() {
            let entry = entry?;
            if entry.file_type().is_dir() && entry.file_name() == name {
                below.skip_current_dir();
                std::fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }
}

fn relative<'a>(path: &'a Path, root: &Path) -> Option<&'a str> {
    path.strip_prefix(root).ok()?.to_str()
}

fn remove_if_empty(dir: &Path) -> io::Result<()> {
    match std::fs::remove_dir(dir) {
        Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
