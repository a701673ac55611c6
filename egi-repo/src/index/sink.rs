//! Writes an index file once while measuring it.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use egi_model::digest::Sha256;
use sha2::Digest as _;

/// Size and digest of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    pub(super) size: u64,
    pub(super) sha256: Sha256,
}

/// An index file being written.
pub(super) struct IndexFile {
    file: BufWriter<File>,
    hasher: sha2::Sha256,
    size: u64,
}

impl IndexFile {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: BufWriter::new(File::create_new(path)?), hasher: sha2::Sha256::new(), size: 0 })
    }

    /// Writes the rest, syncs the file, and tells its measure.
    pub(super) fn finish(self) -> io::Result<Measure> {
        self.file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(Measure { size: self.size, sha256: Sha256::from_bytes(self.hasher.finalize().into()) })
    }
}

impl Write for IndexFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or(bytes));
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
