//! The pieces of a release's packages in one file: an index in one line of JSON, then texts, one after the other.
//!
//! Every piece has a check sum of its own, so that a few can be read out of many.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use egi_model::digest::Sha256;
use serde::{Deserialize, Serialize};

use super::piece::{Gapped, Piece};
use crate::package::PackageId;

/// A pack that can be read from.
pub(super) struct Pack {
    file: File,
    /// Where the texts begin.
    base: u64,
    places: HashMap<Sha256, Place>,
}

/// Where a package's piece lies, and what it is.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    package: Sha256,
    id: PackageId,
    /// Behind the index.
    at: u64,
    /// Check sum of its bytes.
    crc: u32,
    /// How many bytes each part of each text has.
    lengths: Vec<Vec<usize>>,
}

impl Place {
    fn length(&self) -> usize {
        self.lengths.iter().flatten().sum()
    }

    fn parse(&self, bytes: &[u8]) -> Option<Piece> {
        let (mut rest, mut texts) = (std::str::from_utf8(bytes).ok()?, Vec::with_capacity(self.lengths.len()));
        for lengths in &self.lengths {
            let mut parts = Vec::with_capacity(lengths.len());
            for length in lengths {
                let (part, more) = rest.split_at_checked(*length)?;
                parts.push(part.to_owned());
                rest = more;
            }
            texts.push(Gapped(parts));
        }
        Some(Piece { id: self.id.clone(), texts })
    }
}

impl Pack {
    /// Opens the pack at `path`; `None` if there is none, or its index is not what was written, or of another version.
    pub(super) fn open(path: &Path, version: &str) -> Option<Self> {
        let file = File::open(path).ok()?;
        let mut reader = BufReader::new(&file);
        let (mut head, mut index) = (Vec::new(), Vec::new());
        let base = reader.read_until(b'\n', &mut head).ok()? + reader.read_until(b'\n', &mut index).ok()?;
        if head != head_of(version, &index) {
            return None;
        }
        let places: Vec<Place> = serde_json::from_slice(&index).ok()?;
        let places = places.into_iter().map(|place| (place.package, place)).collect();
        Some(Self { file, base: u64::try_from(base).ok()?, places })
    }

    /// What a package is; `None` if it is not in the pack.
    pub(super) fn id(&self, package: Sha256) -> Option<&PackageId> {
        self.places.get(&package).map(|place| &place.id)
    }

    /// What the indexes say of a package; `None` if it is not in the pack, or not what was written.
    pub(super) fn read(&self, package: Sha256) -> Option<Piece> {
        let place = self.places.get(&package)?;
        place.parse(&self.read_bytes(place)?)
    }

    /// Whether a package is in the pack as it was written.
    pub(super) fn has(&self, package: Sha256) -> bool {
        self.places.get(&package).is_some_and(|place| self.read_bytes(place).is_some())
    }

    /// All that can be read.
    pub(super) fn read_all(&self) -> BTreeMap<Sha256, Piece> {
        self.places.keys().filter_map(|package| Some((*package, self.read(*package)?))).collect()
    }

    fn read_bytes(&self, place: &Place) -> Option<Vec<u8>> {
        let mut bytes = vec![0; place.length()];
        self.file.read_exact_at(&mut bytes, self.base.checked_add(place.at)?).ok()?;
        (crc32fast::hash(&bytes) == place.crc).then_some(bytes)
    }
}

/// The bytes of a pack with these pieces.
pub(super) fn render(version: &str, pieces: &BTreeMap<Sha256, Piece>) -> Vec<u8> {
    let (mut places, mut texts) = (Vec::with_capacity(pieces.len()), Vec::new());
    for (package, piece) in pieces {
        let at = texts.len();
        let parts = piece.texts.iter().flat_map(|text| &text.0);
        parts.for_each(|part| texts.extend_from_slice(part.as_bytes()));
        places.push(Place {
            package: *package,
            id: piece.id.clone(),
            at: at as u64,
            crc: crc32fast::hash(texts.get(at..).unwrap_or_default()),
            lengths: piece.texts.iter().map(|text| text.0.iter().map(String::len).collect()).collect(),
        });
    }
    // Numbers and texts always have a JSON.
    let mut index = serde_json::to_vec(&places).unwrap_or_default();
    index.push(b'\n');
    let mut bytes = head_of(version, &index);
    bytes.append(&mut index);
    bytes.append(&mut texts);
    bytes
}

fn head_of(version: &str, index: &[u8]) -> Vec<u8> {
    format!("{version} {}\n", Sha256::of(index)).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: &str = "test 1";

    fn piece(name: &str, texts: &[&[&str]]) -> (Sha256, Piece) {
        let texts = texts.iter().map(|parts| Gapped(parts.iter().map(|part| (*part).to_owned()).collect())).collect();
        let id = PackageId { identity: name.to_owned(), arch: "noarch".to_owned() };
        (Sha256::of(name.as_bytes()), Piece { id, texts })
    }

    #[test]
    fn pieces_are_read_as_they_were_written_and_no_others() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pack");
        let pieces: BTreeMap<_, _> =
            [piece("one", &[&["<a href=\"", "\">ä</a>"], &[""], &["x"]]), piece("two", &[&["y"]]), piece("three", &[])]
                .into();
        let bytes = render(VERSION, &pieces);
        std::fs::write(&path, &bytes).unwrap();
        let pack = Pack::open(&path, VERSION).unwrap();
        assert_eq!(pack.read_all(), pieces);
        assert!(pack.id(Sha256::of(b"four")).is_none() && !pack.has(Sha256::of(b"four")));
        assert!(Pack::open(&path, "test 2").is_none());

        // Whatever byte is another: what was not written is not read.
        for at in 0..bytes.len() {
            let mut spoilt = bytes.clone();
            spoilt[at] ^= 1;
            std::fs::write(&path, &spoilt).unwrap();
            let read = Pack::open(&path, VERSION).map(|pack| pack.read_all()).unwrap_or_default();
            assert!(read.len() < pieces.len() && read.iter().all(|(name, piece)| pieces[name] == *piece), "{at}");
        }
    }
}
