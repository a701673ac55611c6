//! Packed files put together from parts that were packed before: as gzip, or as zstd.
//!
//! The same parts in the same order give the same bytes, and an ordinary file of its format.

use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;

use crc32fast::Hasher;
use serde::{Deserialize, Serialize};

use super::gzip;
use super::sink::{IndexFile, Measure};

/// How hard zstd tries, of 22: indexes are packed once and fetched by every site.
const ZSTD_LEVEL: i32 = 9;

/// How an index is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Packing {
    /// Which every client reads.
    Gzip,
    /// Smaller, and faster to unpack; dnf reads it from Enterprise Linux 8 on.
    Zstd,
}

impl Packing {
    /// The ending of a file's name.
    pub(super) const fn ending(self) -> &'static str {
        match self {
            Self::Gzip => "gz",
            Self::Zstd => "zst",
        }
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

/// A part of a packed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) bytes: Vec<u8>,
    /// Bytes unpacked.
    pub(super) open: u64,
    /// Check sum of the unpacked bytes; 0 where the format does not ask for it.
    pub(super) crc: u32,
}

impl Part {
    /// Packs a text. For gzip it is a part of a member, for zstd a frame: a reader takes one frame after the other.
    pub(super) fn pack(text: &[u8], packing: Packing) -> io::Result<Self> {
        match packing {
            Packing::Gzip => gzip::pack(text),
            Packing::Zstd => {
                let bytes = zstd::bulk::compress(text, ZSTD_LEVEL)?;
                Ok(Self { bytes, open: text.len() as u64, crc: 0 })
            }
        }
    }
}

/// A packed file being put together, of one part at least.
pub(super) struct PackedFile {
    file: IndexFile,
    packing: Packing,
    open: u64,
    crc: Hasher,
}

impl PackedFile {
    pub(super) fn create(path: &Path, packing: Packing) -> io::Result<Self> {
        let mut file = IndexFile::create(path)?;
        if packing == Packing::Gzip {
            file.write_all(gzip::head())?;
        }
        Ok(Self { file, packing, open: 0, crc: Hasher::new() })
    }

    /// Packs and adds a text.
    pub(super) fn add_text(&mut self, text: &[u8]) -> io::Result<()> {
        self.add(&Part::pack(text, self.packing)?)
    }

    /// Adds a part that was packed the same way.
    pub(super) fn add(&mut self, part: &Part) -> io::Result<()> {
        self.open += part.open;
        self.crc.combine(&Hasher::new_with_initial_len(part.crc, part.open));
        self.file.write_all(&part.bytes)
    }

    /// Writes the end, syncs the file, and tells its measure and how many bytes it has unpacked.
    pub(super) fn finish(mut self) -> io::Result<(Measure, u64)> {
        if self.packing == Packing::Gzip {
            self.file.write_all(&gzip::tail(self.open, self.crc))?;
        }
        Ok((self.file.finish()?, self.open))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use egi_model::digest::Sha256;
    use proptest::prelude::*;

    use super::*;

    const BOTH: [Packing; 2] = [Packing::Gzip, Packing::Zstd];

    fn unpack(parts: &[Vec<u8>], packing: Packing) -> (Vec<u8>, u64) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let mut file = PackedFile::create(&path, packing).unwrap();
        for part in parts {
            file.add_text(part).unwrap();
        }
        let (measure, open) = file.finish().unwrap();
        let packed = std::fs::read(&path).unwrap();
        assert_eq!(measure.size, packed.len() as u64);
        let mut text = Vec::new();
        match packing {
            // One member: a reader that stops after the first has everything.
            Packing::Gzip => flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut text).map(drop).unwrap(),
            Packing::Zstd => text = zstd::stream::decode_all(packed.as_slice()).unwrap(),
        }
        (text, open)
    }

    proptest! {
        #[test]
        fn parts_unpack_to_their_texts(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..3000), 1..6)) {
            for packing in BOTH {
                let (text, open) = unpack(&parts, packing);
                prop_assert_eq!(&text, &parts.concat());
                prop_assert_eq!(open, text.len() as u64);
            }
        }
    }

    #[test]
    fn a_part_that_does_not_shrink_is_whole_too() {
        let noise: Vec<u8> = (0..5_000_u32).flat_map(|n| *Sha256::of(&n.to_le_bytes()).as_bytes()).collect();
        for packing in BOTH {
            let parts = [noise.clone(), Vec::new(), noise.clone()];
            assert_eq!(unpack(&parts, packing).0, [noise.clone(), noise.clone()].concat());
        }
    }
}
