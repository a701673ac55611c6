//! Fetching from a folder on this machine, below one of the folders the operator allows.
//!
//! The whole tree is copied, as rsync would. Symbolic links are not followed and refused; a hard link is a file like
//! any other and can not be told from one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use egi_model::checksums::ListedFile;
use egi_model::name::RelPath;

use super::net::decode_path;
use super::part::{FileError, Part};
use super::survey::{Met, Survey};
use super::{FetchError, Fetched, Job};
use crate::scratch::FileKind;
use crate::scratch::beneath::Dir;
use crate::verify::is_landed;

/// Copies the tree.
pub(super) fn fetch(job: &Job) -> Result<Fetched, FetchError> {
    let folder = allowed_folder(job)?;
    let survey = survey(job, &folder)?;
    let keep = survey.files.iter().map(RelPath::as_str).collect();
    job.scratch.prune(&keep).map_err(|source| job.disk("tidy", "", source))?;
    let source = Dir::open(&folder).map_err(|source| unreadable(&folder, source))?;
    job.progress.begin("copying", Some(survey.bytes));
    let copied = copy_all(job, &folder, &source, &survey);
    job.progress.end();
    copied
}

/// The source with every link in it resolved, so that what is checked is what is read.
fn allowed_folder(job: &Job) -> Result<PathBuf, FetchError> {
    let named = PathBuf::from(decode_path(job, job.source.path())?);
    let is_below_a_root = |folder: &Path| {
        job.policy.local_roots.iter().any(|root| root.canonicalize().is_ok_and(|root| folder.starts_with(root)))
    };
    match named.canonicalize() {
        Ok(folder) if is_below_a_root(&folder) => Ok(folder),
        // A folder that is not there says nothing about what else is on this machine.
        Err(source) if job.policy.local_roots.iter().any(|root| named.starts_with(root)) => {
            Err(unreadable(&named, source))
        }
        _ => Err(FetchError::FolderRefused { path: named }),
    }
}

fn survey(job: &Job, folder: &Path) -> Result<Survey, FetchError> {
    let mut survey = Survey::default();
    for entry in walkdir::WalkDir::new(folder).min_depth(1).follow_links(false).sort_by_file_name() {
        job.remaining()?;
        let failed = |error: walkdir::Error| {
            let path = error.path().unwrap_or(folder).to_owned();
            unreadable(&path, error.into())
        };
        let entry = entry.map_err(failed)?;
        let kind = FileKind::of(entry.file_type());
        let target = (kind == FileKind::Link).then(|| std::fs::read_link(entry.path()).unwrap_or_default());
        survey.meet(
            job,
            Met {
                kind,
                name: entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_string_lossy().into_owned(),
                size: entry.metadata().map_err(failed)?.len(),
                target: target.map(|target| target.to_string_lossy().into_owned()),
            },
        )?;
    }
    survey.finish(job)
}

fn copy_all(job: &Job, folder: &Path, source: &Dir, survey: &Survey) -> Result<Fetched, FetchError> {
    let listed: BTreeMap<&RelPath, &ListedFile> = job.listed.files.iter().map(|file| (&file.path, file)).collect();
    let mut fetched = Fetched::default();
    for path in &survey.files {
        let present = listed.get(path).map_or(Ok(None), |listed| is_landed(job.scratch, listed));
        let (bytes, resumed) = match present.map_err(|source| job.disk("read", path.as_str(), source))? {
            Some(bytes) => (bytes, bytes),
            None => (copy(job, folder, source, path, fetched.bytes)?, 0),
        };
        fetched.files += 1;
        fetched.bytes += bytes;
        fetched.resumed_bytes += resumed;
    }
    Ok(fetched)
}

fn copy(job: &Job, folder: &Path, source: &Dir, path: &RelPath, landed: u64) -> Result<u64, FetchError> {
    // Not the listed size: a file that differs from its listing is verification's to tell, with all the others.
    let unlisted = ListedFile { path: path.clone(), size: None, digests: BTreeMap::new() };
    let at = folder.join(path.as_str());
    let mut reader = source.read(path).map_err(|source| unreadable(&at, source))?;
    let mut part = Part::open(job, &unlisted, landed)?;
    part.start_over(None)?;
    match part.fill(&mut reader, |source| unreadable(&at, source)) {
        Ok(()) => part.land().map(|(bytes, _)| bytes),
        Err(FileError::Fatal(error)) => Err(error),
        Err(fault @ FileError::Fault(_)) => {
            let faults = vec![fault.at(&unlisted)?];
            Err(FetchError::Faulty { url: job.url(), faults })
        }
    }
}

fn unreadable(path: &Path, source: std::io::Error) -> FetchError {
    FetchError::disk("read", path.to_owned(), source)
}
