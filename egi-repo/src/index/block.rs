//! A run of packages as the indexes have it, packed.

use std::io;

use serde::{Deserialize, Serialize};

use super::packed::{Packing, Part};
use super::piece::Piece;

/// A run of packages: their texts in each index, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// Packed, one for each index.
    pub(super) packed: Vec<Part>,
    /// The text of a deb index, which is published unpacked as well. Empty for rpms.
    pub(super) plain: Vec<u8>,
}

/// The first line of a block's file: how long its parts are.
#[derive(Serialize, Deserialize)]
struct Head {
    plain: usize,
    packed: Vec<PartHead>,
}

#[derive(Serialize, Deserialize)]
struct PartHead {
    bytes: usize,
    open: u64,
    crc: u32,
}

impl Block {
    /// Packs the pieces of packages, each with the path it has.
    pub(super) fn pack(pieces: &[(&str, &Piece)], packing: Packing) -> io::Result<Self> {
        let indexes = pieces.first().map_or(0, |(_, piece)| piece.texts.len());
        let text = |index: usize| {
            let texts = pieces.iter().filter_map(|(path, piece)| Some(piece.texts.get(index)?.with(path)));
            texts.collect::<String>().into_bytes()
        };
        let texts: Vec<Vec<u8>> = (0..indexes).map(text).collect();
        let packed = texts.iter().map(|text| Part::pack(text, packing)).collect::<io::Result<_>>()?;
        // One index alone: a deb's.
        let plain = if texts.len() == 1 { texts.concat() } else { Vec::new() };
        Ok(Self { packed, plain })
    }

    pub(super) fn render(&self) -> Vec<u8> {
        let part = |part: &Part| PartHead { bytes: part.bytes.len(), open: part.open, crc: part.crc };
        let head = Head { plain: self.plain.len(), packed: self.packed.iter().map(part).collect() };
        // Numbers always have a JSON.
        let mut bytes = serde_json::to_vec(&head).unwrap_or_default();
        bytes.push(b'\n');
        bytes.extend(&self.plain);
        bytes.extend(self.packed.iter().flat_map(|part| &part.bytes));
        bytes
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let head: Head = serde_json::from_slice(bytes.get(..end)?).ok()?;
        let (plain, mut rest) = bytes.get(end + 1..)?.split_at_checked(head.plain)?;
        let mut packed = Vec::new();
        for part in head.packed {
            let (bytes, more) = rest.split_at_checked(part.bytes)?;
            packed.push(Part { bytes: bytes.to_vec(), open: part.open, crc: part.crc });
            rest = more;
        }
        rest.is_empty().then(|| Self { packed, plain: plain.to_vec() })
    }
}
