//! File operations that last: what returns from here is on disk, or says why it is not.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use walkdir::WalkDir;

use super::RepoError;

/// Says what was being done to which file when an operation failed.
pub(crate) trait During<T> {
    fn during(self, operation: &'static str, path: &Path) -> Result<T, RepoError>;
}

impl<T> During<T> for io::Result<T> {
    fn during(self, operation: &'static str, path: &Path) -> Result<T, RepoError> {
        self.map_err(|source| RepoError::of(operation, path, source))
    }
}

/// Syncs a file's content, or a folder's list of names.
pub(crate) fn sync(path: &Path) -> Result<(), RepoError> {
    File::open(path).and_then(|file| file.sync_all()).during("sync to disk", path)
}

/// Creates the folders of `below` under `base`, and syncs each folder that got a new one.
pub(crate) fn ensure_folders(base: &Path, below: &Path) -> Result<(), RepoError> {
    let mut folder = base.to_owned();
    for segment in below {
        let parent = folder.clone();
        folder.push(segment);
        match fs::create_dir(&folder) {
            Ok(()) => sync(&parent)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(RepoError::of("create", &folder, error)),
        }
    }
    Ok(())
}

/// Creates the folders of `below` under `base`, which the caller syncs. `base` itself is not created: where the file system
/// went away meanwhile nothing is begun anew beside it.
pub(crate) fn create_folders(base: &Path, below: &Path) -> io::Result<()> {
    let mut folder = base.to_owned();
    for segment in below {
        folder.push(segment);
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Writes a new file and syncs its content; the folder is the caller's to sync.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), RepoError> {
    let write = || {
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().during("write", path)
}

/// Puts a file in the place of another at once: written and synced in the folder `aside`, then renamed; its name lasts.
pub(crate) fn replace(aside: &Path, path: &Path, bytes: &[u8]) -> Result<(), RepoError> {
    let draft = aside.join("replacement");
    remove_tree(&draft)?;
    write_new(&draft, bytes)?;
    fs::rename(&draft, path).during("rename", &draft)?;
    sync(path.parent().unwrap_or(path))
}

/// Gives `existing` a second name. Where the file system has no hard links, or no more for this file, it is copied.
pub(crate) fn link(existing: &Path, name: &Path) -> Result<(), RepoError> {
    match fs::hard_link(existing, name) {
        Err(error) if is_linkless(&error) => {
            fs::copy(existing, name).during("copy", existing)?;
            sync(name)
        }
        other => other.during("link", name),
    }
}

/// Whether a hard link was refused for a reason that a copy does not have.
pub(crate) fn is_linkless(error: &io::Error) -> bool {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, TooManyLinks, Unsupported};
    [CrossesDevices, PermissionDenied, TooManyLinks, Unsupported].contains(&error.kind())
}

/// A path through a file is as absent as one through nothing.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind())
}

/// Syncs every folder of the tree at `root`, the inner ones first.
pub(crate) fn sync_folders(root: &Path) -> Result<(), RepoError> {
    for entry in WalkDir::new(root).contents_first(true) {
        let entry = entry.map_err(io::Error::from).during("list", root)?;
        if entry.file_type().is_dir() {
            sync(entry.path())?;
        }
    }
    Ok(())
}

/// Removes what lies at `path`, if anything does.
pub(crate) fn remove_tree(path: &Path) -> Result<(), RepoError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(RepoError::of("remove", path, error)),
        _ => Ok(()),
    }
}
