//! Fetching the files of a list one by one, from a server whose listings are not trusted.

use egi_model::checksums::ListedFile;

use super::part::{FileError, Part};
use super::{Excess, Fault, FaultKind, FetchError, Fetched, Job};
use crate::verify::{RELEASE_XML, is_landed, listed_paths};

/// A server that gives single files.
pub(super) trait Remote {
    /// Brings the file, or the rest of it, into `part`.
    fn bring(&mut self, part: &mut Part) -> Result<(), FileError>;
}

/// Fetches every listed file. What is wrong with single files is collected and told at the end; an error that would
/// meet the others too ends the attempt at once. Files that are not there are verification's to tell, with everything
/// else that differs from the list; unless none is there, and the place itself is wrong.
pub(super) fn fetch(job: &Job, remote: &mut dyn Remote) -> Result<Fetched, FetchError> {
    check_list(job)?;
    let keep = listed_paths(job.listed);
    job.scratch.prune(&keep).map_err(|source| job.disk("tidy", "", source))?;
    job.progress.begin("fetching", job.listed.files.iter().map(|file| file.size).sum());
    let outcome = fetch_all(job, remote);
    job.progress.end();
    outcome
}

fn fetch_all(job: &Job, remote: &mut dyn Remote) -> Result<Fetched, FetchError> {
    let mut fetched = Fetched::default();
    let mut faults: Vec<Fault> = Vec::new();
    for file in &job.listed.files {
        match fetch_one(job, remote, file, fetched.bytes) {
            Ok((bytes, resumed)) => {
                fetched.files += 1;
                fetched.bytes += bytes;
                fetched.resumed_bytes += resumed;
            }
            Err(error) => {
                let fault = error.at(file)?;
                if file.path.as_str() != RELEASE_XML || fault.kind != FaultKind::NotFound {
                    faults.push(fault);
                }
            }
        }
    }
    let only_missing = faults.iter().all(|fault| fault.kind == FaultKind::NotFound);
    if faults.is_empty() || (only_missing && fetched.files > 0) {
        Ok(fetched)
    } else {
        Err(FetchError::Faulty { url: job.url(), faults })
    }
}

/// Tells the file's bytes, and how many of them were there before.
fn fetch_one(job: &Job, remote: &mut dyn Remote, file: &ListedFile, landed: u64) -> Result<(u64, u64), FileError> {
    job.remaining()?;
    let present = is_landed(job.scratch, file).map_err(|source| job.disk("read", file.path.as_str(), source))?;
    if let Some(bytes) = present {
        job.progress.advance(bytes);
        return Ok((bytes, bytes));
    }
    let mut part = Part::open(job, file, landed)?;
    remote.bring(&mut part)?;
    Ok(part.land()?)
}

/// Whether what the list itself says is within the limits.
fn check_list(job: &Job) -> Result<(), FetchError> {
    let limits = job.limits();
    let files = &job.listed.files;
    if u64::try_from(files.len()).unwrap_or(u64::MAX) > limits.max_files {
        return Err(job.over(Excess::Files { limit: limits.max_files }));
    }
    if let Some(file) = files.iter().find(|file| file.size.is_some_and(|size| size > limits.max_file_bytes)) {
        return Err(job.over(Excess::FileBytes { path: file.path.clone(), limit: limits.max_file_bytes }));
    }
    let bytes = files.iter().filter_map(|file| file.size).fold(0_u64, u64::saturating_add);
    if bytes > limits.max_bytes { Err(job.over(Excess::Bytes { limit: limits.max_bytes })) } else { Ok(()) }
}
