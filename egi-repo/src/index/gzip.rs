//! Gzip files put together from parts that were packed before.
//!
//! A part is deflated by itself and ends at a byte; parts one after the other, between one header and one trailer, are
//! an ordinary gzip file with one member, which the oldest client reads. The trailer's check sum follows from those of
//! the parts.

use std::io::{self, Write as _};
use std::path::Path;

use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress};

use super::sink::{IndexFile, Measure};

/// Deflate, no name, no time, unknown system: the same input gives the same bytes.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The last block of a deflate stream, empty.
const END: [u8; 2] = [0x03, 0x00];

/// A part of a gzip file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Deflated {
    /// Deflated, without an end.
    pub(super) bytes: Vec<u8>,
    /// Bytes unpacked.
    pub(super) open: u64,
    /// Check sum of the unpacked bytes.
    pub(super) crc: u32,
}

impl Deflated {
    pub(super) fn pack(text: &[u8]) -> io::Result<Self> {
        let mut deflate = Compress::new(Compression::default(), false);
        let mut bytes = Vec::with_capacity(text.len() / 4 + 64);
        loop {
            let done = usize::try_from(deflate.total_in()).unwrap_or(usize::MAX);
            let rest = text.get(done..).unwrap_or_default();
            let before = bytes.capacity();
            deflate.compress_vec(rest, &mut bytes, FlushCompress::Full)?;
            let complete = deflate.total_in() == text.len() as u64;
            // A flush is complete when it left room in the buffer.
            if complete && bytes.len() < bytes.capacity() {
                break;
            }
            bytes.reserve(before.max(64));
        }
        let mut crc = Hasher::new();
        crc.update(text);
        Ok(Self { bytes, open: text.len() as u64, crc: crc.finalize() })
    }
}

/// A gzip file being put together.
pub(super) struct GzipFile {
    file: IndexFile,
    open: u64,
    crc: Hasher,
}

impl GzipFile {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut file = IndexFile::create(path)?;
        file.write_all(&HEADER)?;
        Ok(Self { file, open: 0, crc: Hasher::new() })
    }

    /// Packs and adds a text.
    pub(super) fn add_text(&mut self, text: &[u8]) -> io::Result<()> {
        self.add(&Deflated::pack(text)?)
    }

    pub(super) fn add(&mut self, part: &Deflated) -> io::Result<()> {
        self.open += part.open;
        self.crc.combine(&Hasher::new_with_initial_len(part.crc, part.open));
        self.file.write_all(&part.bytes)
    }

    /// Writes the end, syncs the file, and tells its measure and how many bytes it has unpacked.
    pub(super) fn finish(mut self) -> io::Result<(Measure, u64)> {
        self.file.write_all(&END)?;
        self.file.write_all(&self.crc.finalize().to_le_bytes())?;
        // The format has 32 bits for the size, whatever it is.
        let size = u32::try_from(self.open & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        self.file.write_all(&size.to_le_bytes())?;
        Ok((self.file.finish()?, self.open))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use egi_model::digest::Sha256;
    use proptest::prelude::*;

    use super::*;

    fn unpack(parts: &[Vec<u8>]) -> (Vec<u8>, Measure, u64) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.gz");
        let mut file = GzipFile::create(&path).unwrap();
        for part in parts {
            file.add_text(part).unwrap();
        }
        let (measure, open) = file.finish().unwrap();
        let packed = std::fs::read(&path).unwrap();
        assert_eq!(measure.size, packed.len() as u64);
        let mut text = Vec::new();
        // One member: a reader that stops after the first has everything.
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut text).unwrap();
        (text, measure, open)
    }

    proptest! {
        #[test]
        fn parts_unpack_to_their_texts(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..3000), 0..6)) {
            let (text, _, open) = unpack(&parts);
            prop_assert_eq!(&text, &parts.concat());
            prop_assert_eq!(open, text.len() as u64);
        }
    }

    #[test]
    fn a_part_that_does_not_shrink_is_whole_too() {
        let noise: Vec<u8> = (0..5_000_u32).flat_map(|n| *Sha256::of(&n.to_le_bytes()).as_bytes()).collect();
        assert_eq!(unpack(&[noise.clone(), Vec::new(), noise.clone()]).0, [noise.clone(), noise].concat());
    }
}
