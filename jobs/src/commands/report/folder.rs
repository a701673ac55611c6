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
///
/// Each file is written and synced by a thread of its own: the two long ones go side by side, and the file system has few
/// commits to make instead of one for each file.
pub(super) fn write_folder(
    folder: &Path,
    report: &Report<'_>,
    format: Format,
    enclosed: Option<Enclosed<'_>>,
    wrote: impl Fn() + Sync,
) -> anyhow::Result<Vec<String>> {
    let parent = parent_of(folder);
    fs::create_dir_all(parent).with_context(|| format!("failed to make the folder {}", parent.display()))?;
    let aside = tempfile::Builder::new()
        .prefix(".report-")
        .tempdir_in(parent)
        .with_context(|| format!("failed to write into {}", parent.display()))?;
    let write_sheet = |sheet: &'static str| {
        let name = format!("{sheet}.{}", format.extension());
        fill(&aside.path().join(&name), |out| Ok(report.write(sheet, format, out)?))?;
        wrote();
        Ok(name)
    };
    let write_enclosed = |Enclosed { name, bytes }| {
        fill(&aside.path().join(name), |out| Ok(out.write_all(bytes)?))?;
        Ok(name.to_owned())
    };
    let written: anyhow::Result<Vec<String>> = std::thread::scope(|scope| {
        let mut writing: Vec<_> = sheets().into_iter().map(|sheet| scope.spawn(move || write_sheet(sheet))).collect();
        writing.extend(enclosed.map(|enclosed| scope.spawn(move || write_enclosed(enclosed))));
        let written = writing.into_iter().map(std::thread::ScopedJoinHandle::join);
        written.map(|one| one.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked))).collect()
    });
    let written = written?;
    sync(aside.path())?;
    put_in_place(aside.path(), folder).with_context(|| format!("failed to put {} in place", folder.display()))?;
    sync(parent)?;
    // What was there before is aside now, and goes.
    aside.close().or_else(|error| if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
    Ok(written)
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

/// Writes a file and syncs it.
fn fill(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let fill = || {
        let mut out = BufWriter::with_capacity(1 << 16, File::create(path)?);
        write(&mut out)?;
        anyhow::Ok(out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?)
    };
    fill().with_context(|| format!("failed to write {}", path.display()))
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
