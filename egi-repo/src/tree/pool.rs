//! The pool: each content once, named by its digest, and the lists of what belongs to a release.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use egi_model::content::{ContentFile, ContentId};

use super::RepoError;
use super::files::{During as _, ensure_folders, is_linkless, remove_tree, sync, write_new};
use super::layout::Layout;
use crate::verify::hash::digest_reader;

/// Nobody writes to a pool file again: every published file is a link to one.
const READ_ONLY: u32 = 0o444;

/// Takes the verified `files` below `from` into the pool and records them as one content.
pub(super) fn import(layout: &Layout, from: &Path, files: &[ContentFile]) -> Result<ContentId, RepoError> {
    for file in files {
        import_file(layout, &from.join(file.path.as_str()), file)?;
    }
    let mut folders: Vec<_> = files.iter().map(|f| Layout::pool_folder(f.sha256)).collect();
    folders.sort();
    folders.dedup();
    for folder in folders {
        sync(&layout.root.join(folder))?;
    }
    let id = ContentId::of(files);
    record(layout, id, files)?;
    Ok(id)
}

/// A file already in the pool is left as it is, so that an interrupted import can be repeated.
fn import_file(layout: &Layout, source: &Path, file: &ContentFile) -> Result<(), RepoError> {
    let stored = layout.pool_file(file.sha256);
    match fs::symlink_metadata(&stored) {
        Ok(found) => return check_size(&stored, file, found.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(RepoError::of("look at", &stored, error)),
    }
    let found = fs::symlink_metadata(source).during("look at", source)?;
    if !found.is_file() {
        return Err(altered(source, "a file", "something else"));
    }
    check_size(source, file, found.len())?;
    ensure_folders(&layout.root, &Layout::pool_folder(file.sha256))?;
    fs::set_permissions(source, Permissions::from_mode(READ_ONLY)).during("make read-only", source)?;
    // Content first, name second: a name in the pool always stands for the whole content.
    sync(source)?;
    match fs::hard_link(source, &stored) {
        Err(error) if is_linkless(&error) => copy(layout, source, &stored, file),
        other => other.during("link", &stored),
    }
}

/// A copy is read anyway, so it is hashed again: between verification and now it may have changed on the way.
fn copy(layout: &Layout, source: &Path, stored: &Path, file: &ContentFile) -> Result<(), RepoError> {
    let draft = layout.tmp().join(file.sha256.to_hex());
    remove_tree(&draft)?;
    fs::copy(source, &draft).during("copy", source)?;
    let copied = File::open(&draft).during("read", &draft)?;
    let found = digest_reader(&copied, std::iter::empty(), &mut |_| ()).during("read", &draft)?.sha256;
    if found != file.sha256 {
        return Err(altered(source, &format!("sha256 {}", file.sha256), &format!("sha256 {found}")));
    }
    copied.sync_all().during("sync to disk", &draft)?;
    fs::rename(&draft, stored).during("rename", &draft)
}

fn check_size(path: &Path, file: &ContentFile, found: u64) -> Result<(), RepoError> {
    if found == file.size {
        return Ok(());
    }
    Err(altered(path, &format!("{} bytes", file.size), &format!("{found} bytes")))
}

fn altered(path: &Path, expected: &str, found: &str) -> RepoError {
    RepoError::Altered { path: path.to_owned(), expected: expected.to_owned(), found: found.to_owned() }
}

fn record(layout: &Layout, id: ContentId, files: &[ContentFile]) -> Result<(), RepoError> {
    let path = layout.content(id);
    let mut sorted = files.to_vec();
    sorted.sort();
    let text = serde_json::to_vec_pretty(&sorted).map_err(|source| RepoError::Record { path: path.clone(), source })?;
    let draft = layout.tmp().join(format!("{id}.json"));
    remove_tree(&draft)?;
    write_new(&draft, &text)?;
    fs::rename(&draft, &path).during("rename", &draft)?;
    sync(&layout.contents())
}

/// The files of a content, sorted by path.
pub(super) fn load(layout: &Layout, id: ContentId) -> Result<Vec<ContentFile>, RepoError> {
    let path = layout.content(id);
    let text = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(RepoError::UnknownContent { id, path }),
        other => other.during("read", &path)?,
    };
    let files: Vec<ContentFile> =
        serde_json::from_slice(&text).map_err(|source| RepoError::Record { path: path.clone(), source })?;
    let found = ContentId::of(&files);
    if found != id {
        return Err(altered(&path, &format!("content {id}"), &format!("content {found}")));
    }
    Ok(files)
}
