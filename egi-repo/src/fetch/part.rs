//! One file on its way in: written beside the tree, moved into it when whole.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};

use egi_model::checksums::ListedFile;
use egi_model::digest::Sha256;
use egi_model::name::Segment;

use super::{Excess, Fault, FaultKind, FetchError, Job};

const CHUNK: usize = 128 * 1024;
/// Validators are short: an `ETag`, or a size and a time.
const MAX_VALIDATOR: u64 = 1024;

/// Why one file did not come.
#[derive(Debug)]
pub(super) enum FileError {
    /// Something about this file; the others may still come.
    Fault(FaultKind),
    /// The end of this attempt.
    Fatal(FetchError),
}

impl From<FetchError> for FileError {
    fn from(error: FetchError) -> Self {
        Self::Fatal(error)
    }
}

/// Where an interrupted file can be taken up.
#[derive(Debug, Clone)]
pub(super) struct Resume {
    /// The bytes that are there.
    pub(super) offset: u64,
    /// What the server called the version they are of.
    pub(super) validator: String,
}

/// A file that is not whole yet.
pub(super) struct Part<'a> {
    job: &'a Job<'a>,
    /// What is being fetched.
    pub(super) listed: &'a ListedFile,
    file: File,
    name: Segment,
    len: u64,
    resumed: u64,
    /// Bytes of the files that landed before.
    landed: u64,
    resume: Option<Resume>,
}

impl<'a> Part<'a> {
    /// Opens the part, with what an earlier attempt brought.
    pub(super) fn open(job: &'a Job<'a>, listed: &'a ListedFile, landed: u64) -> Result<Self, FetchError> {
        let failed = |source| job.disk("open the part of", listed.path.as_str(), source);
        // Parts lie flat under digests of their paths: no name of theirs can be too long or meet another.
        let name = part_name(&Sha256::of(listed.path.as_str().as_bytes()).to_hex()).map_err(failed)?;
        let mut file = job.scratch.part(&name).map_err(failed)?;
        let len = file.seek(SeekFrom::End(0)).map_err(failed)?;
        let mut part = Self { job, listed, file, name, len, resumed: 0, landed, resume: None };
        part.resume = part.read_resume().map_err(failed)?;
        Ok(part)
    }

    /// Where to take up, if that is possible.
    pub(super) fn resume(&self) -> Option<&Resume> {
        self.resume.as_ref()
    }

    /// The server takes up where the part ends.
    pub(super) fn continue_from_resume(&mut self) {
        self.resumed = self.len;
        self.job.progress.advance(self.len);
    }

    /// Forgets what is there. `validator` is what the server calls the version that comes now; without one, an
    /// interruption means to start over again.
    pub(super) fn start_over(&mut self, validator: Option<&str>) -> Result<(), FetchError> {
        self.begin_anew(validator)
            .map_err(|source| self.job.disk("begin the part of", self.listed.path.as_str(), source))
    }

    /// Appends what `reader` gives, within the limits. `read_failed` turns the reader's errors into ours.
    pub(super) fn fill(
        &mut self,
        reader: &mut dyn Read,
        read_failed: impl Fn(io::Error) -> FetchError,
    ) -> Result<(), FileError> {
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(read_failed(error).into()),
            };
            let chunk = buffer.get(..read).unwrap_or_default();
            let bytes = u64::try_from(read).unwrap_or(u64::MAX);
            self.check_limits(self.len.saturating_add(bytes))?;
            self.file.write_all(chunk).map_err(|source| self.job.disk("write", self.listed.path.as_str(), source))?;
            self.len += bytes;
            self.job.progress.advance(bytes);
            self.job.remaining()?;
        }
    }

    /// The part is whole: syncs it to disk and moves it into the tree. Tells its bytes and how many were resumed.
    pub(super) fn land(self) -> Result<(u64, u64), FetchError> {
        let landed = || -> io::Result<()> {
            self.file.sync_all()?;
            self.job.scratch.land(&self.name, &self.listed.path)?;
            self.job.scratch.ensure_no_part(&self.tag()?)
        };
        landed().map_err(|source| self.job.disk("complete", self.listed.path.as_str(), source))?;
        Ok((self.len, self.resumed))
    }

    fn check_limits(&self, len: u64) -> Result<(), FileError> {
        let limits = self.job.limits();
        if let Some(listed) = self.listed.size.filter(|listed| len > *listed) {
            return Err(FileError::Fault(FaultKind::LongerThanListed { listed }));
        }
        if len > limits.max_file_bytes {
            let excess = Excess::FileBytes { path: self.listed.path.clone(), limit: limits.max_file_bytes };
            return Err(self.job.over(excess).into());
        }
        if self.landed.saturating_add(len) > limits.max_bytes {
            return Err(self.job.over(Excess::Bytes { limit: limits.max_bytes }).into());
        }
        Ok(())
    }

    fn begin_anew(&mut self, validator: Option<&str>) -> io::Result<()> {
        // In this order: a part that is cut short here is empty, or has the validator of what it holds.
        self.job.scratch.ensure_no_part(&self.tag()?)?;
        self.file.set_len(0)?;
        self.file.rewind()?;
        (self.len, self.resumed, self.resume) = (0, 0, None);
        match validator {
            Some(validator) => self.job.scratch.part(&self.tag()?)?.write_all(validator.as_bytes()),
            None => Ok(()),
        }
    }

    fn read_resume(&self) -> io::Result<Option<Resume>> {
        let mut validator = String::new();
        self.job.scratch.part(&self.tag()?)?.take(MAX_VALIDATOR).read_to_string(&mut validator)?;
        let usable = self.len > 0 && !validator.is_empty() && self.listed.size.is_none_or(|size| self.len < size);
        Ok(usable.then_some(Resume { offset: self.len, validator }))
    }

    /// The name of the file that keeps the validator.
    fn tag(&self) -> io::Result<Segment> {
        part_name(&format!("{}.validator", self.name))
    }
}

impl FileError {
    /// The fault with the file it is of, or the error that ends the attempt.
    pub(super) fn at(self, listed: &ListedFile) -> Result<Fault, FetchError> {
        match self {
            Self::Fault(kind) => Ok(Fault { path: listed.path.clone(), kind }),
            Self::Fatal(error) => Err(error),
        }
    }
}

fn part_name(text: &str) -> io::Result<Segment> {
    text.parse().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}
