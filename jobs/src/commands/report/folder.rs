//! A report's folder: written aside, synced, and put in place at once. A half-written report never replaces a good one.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use egi_metrics::{Format, Report, sheets};
use rustix::fs::{CWD, RenameFlags};

/// A file that goes with a report's sheets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Enclosed<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its content.
    pub(super) bytes: &'a [u8],
}

/// Writes every sheet of a report into `folder`, and what is enclosed, in the place of what was there. `wrote` is called
/// after each sheet. The answer are the files' names.
pub(super) fn write_folder(
    folder: &Path,
    report: &Report<'_>,
    format: Format,
    enclosed: Option<Enclosed<'_>>,
    wrote: impl Fn(),
) -> anyhow::Result<Vec<String>> {
    let parent = parent_of(folder);
    fs::create_dir_all(parent).with_context(|| format!("failed to make the folder {}", parent.display()))?;
    let aside = tempfile::Builder::new()
        .prefix(".report-")
        .tempdir_in(parent)
        .with_context(|| format!("failed to write into {}", parent.display()))?;
    let mut written = Vec::new();
    for sheet in sheets() {
        let name = format!("{sheet}.{}", format.extension());
        let file = fill(&aside.path().join(&name), |out| Ok(report.write(sheet, format, out)?))?;
        written.push((name, file));
        wrote();
    }
    if let Some(Enclosed { name, bytes }) = enclosed {
        let file = fill(&aside.path().join(name), |out| Ok(out.write_all(bytes)?))?;
        written.push((name.to_owned(), file));
    }
    sync_all(&written)?;
    sync(aside.path())?;
    put_in_place(aside.path(), folder).with_context(|| format!("failed to put {} in place", folder.display()))?;
    sync(parent)?;
    // What was there before is aside now, and goes.
    aside.close().or_else(|error| if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
    Ok(written.into_iter().map(|(name, _)| name).collect())
}

/// Writes one file aside, syncs it, and puts it in place at once.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let parent = parent_of(path);
    // As any file that is created: who may read it is the umask's decision.
    let permissions = fs::Permissions::from_mode(0o666);
    let write = || {
        let mut aside = tempfile::Builder::new().prefix(".report-").permissions(permissions).tempfile_in(parent)?;
        aside.write_all(bytes)?;
        aside.as_file().sync_all()?;
        aside.persist(path)?;
        sync(parent)
    };
    write().with_context(|| format!("failed to write {}", path.display()))
}

fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn fill(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<()>) -> anyhow::Result<File> {
    let fill = || {
        let mut out = BufWriter::with_capacity(1 << 16, File::create(path)?);
        write(&mut out)?;
        anyhow::Ok(out.into_inner().map_err(std::io::IntoInnerError::into_error)?)
    };
    fill().with_context(|| format!("failed to write {}", path.display()))
}

/// Syncs all at once: the file system then has one commit to make and not one for each file.
fn sync_all(files: &[(String, File)]) -> anyhow::Result<()> {
    std::thread::scope(|scope| {
        let syncing: Vec<_> = files.iter().map(|(name, file)| (name, scope.spawn(|| file.sync_all()))).collect();
        syncing.into_iter().try_for_each(|(name, synced)| {
            let synced = synced.join().unwrap_or_else(|panicked| std::panic::resume_unwind(panicked));
            synced.with_context(|| format!("failed to sync {name}"))
        })
    })
}

fn sync(folder: &Path) -> anyhow::Result<()> {
    let synced = File::open(folder).and_then(|open| open.sync_all());
    synced.with_context(|| format!("failed to sync {}", folder.display()))
}

/// Exchanges the two folders, so that there is never none; or renames the one, where there was none.
fn put_in_place(aside: &Path, folder: &Path) -> std::io::Result<()> {
    match rustix::fs::renameat_with(CWD, aside, CWD, folder, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::NOENT) => fs::rename(aside, folder),
        Err(error) => Err(error.into()),
    }
}
