//! A report's folder: written aside, synced, and put in place at once. A half-written report never replaces a good one.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;

use anyhow::Context as _;
use egi_metrics::{Format, Report, sheets};
use rustix::fs::{CWD, RenameFlags};

/// Writes every sheet of a report into `folder`, in the place of what was there. `wrote` is called after each. The answer
/// are the files' names.
pub(super) fn write_folder(
    folder: &Path,
    report: &Report<'_>,
    format: Format,
    wrote: impl Fn(),
) -> anyhow::Result<Vec<String>> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).with_context(|| format!("failed to make the folder {}", parent.display()))?;
    let aside = tempfile::Builder::new()
        .prefix(".report-")
        .tempdir_in(parent)
        .with_context(|| format!("failed to write into {}", parent.display()))?;
    let mut written = Vec::new();
    for sheet in sheets() {
        let name = format!("{sheet}.{}", format.extension());
        let path = aside.path().join(&name);
        let file = write_file(&path, |out| Ok(report.write(sheet, format, out)?))
            .with_context(|| format!("failed to write {}", path.display()))?;
        written.push((name, file));
        wrote();
    }
    // Together, as the disk then writes them together.
    for (name, file) in &written {
        file.sync_all().with_context(|| format!("failed to sync {name}"))?;
    }
    sync(aside.path())?;
    put_in_place(aside.path(), folder).with_context(|| format!("failed to put {} in place", folder.display()))?;
    sync(parent)?;
    // What was there before is aside now, and goes.
    aside.close().or_else(|error| if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
    Ok(written.into_iter().map(|(name, _)| name).collect())
}

fn write_file(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<()>) -> anyhow::Result<File> {
    let mut out = BufWriter::with_capacity(1 << 16, File::create(path)?);
    write(&mut out)?;
    Ok(out.into_inner().map_err(std::io::IntoInnerError::into_error)?)
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
