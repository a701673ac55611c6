//! Writes an index file once while measuring it packed and unpacked.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use egi_model::digest::Sha256;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::Digest as _;

/// Size and digest of a stream of bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    pub(super) size: u64,
    pub(super) sha256: Sha256,
}

impl Measure {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self { size: bytes.len() as u64, sha256: Sha256::of(bytes) }
    }
}

/// Passes bytes on and measures them.
struct Measured<W> {
    inner: W,
    hasher: sha2::Sha256,
    size: u64,
}

impl<W: Write> Measured<W> {
    fn new(inner: W) -> Self {
        Self { inner, hasher: sha2::Sha256::new(), size: 0 }
    }

    fn finish(self) -> (W, Measure) {
        let sha256 = Sha256::from_bytes(self.hasher.finalize().into());
        (self.inner, Measure { size: self.size, sha256 })
    }
}

impl<W: Write> Write for Measured<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or(bytes));
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A gzip file being written.
pub(super) struct GzipFile {
    stream: Measured<GzEncoder<Measured<BufWriter<File>>>>,
}

impl GzipFile {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = Measured::new(BufWriter::new(File::create_new(path)?));
        // The encoder's header has neither a time nor a name: same input, same bytes.
        Ok(Self { stream: Measured::new(GzEncoder::new(file, Compression::default())) })
    }

    /// Writes the rest, syncs the file, and tells its measure packed and unpacked.
    pub(super) fn finish(self) -> io::Result<(Measure, Measure)> {
        let (encoder, unpacked) = self.stream.finish();
        let (buffer, packed) = encoder.finish()?.finish();
        buffer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok((packed, unpacked))
    }
}

impl Write for GzipFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
