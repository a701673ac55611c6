//! Whether the payload of an rpm is the one its header was made for.
//!
//! The payload is read once, as a stream: unpacked to its end, and hashed on both sides of the unpacking. The digests
//! of the `rpm` crate are not used for this, as it wants the whole payload in memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;

use rpm::{IndexSignatureTag, IndexTag, PackageMetadata};
use sha2::digest::DynDigest;

use super::PackageError;
use super::unpack::{MAX_UNPACKED, Packing, unpack};

/// A digest that the headers give.
struct Given {
    what: &'static str,
    expected: String,
    hasher: Box<dyn DynDigest>,
}

impl Given {
    fn new(what: &'static str, expected: String, hasher: impl DynDigest + 'static) -> Self {
        Self { what, expected, hasher: Box::new(hasher) }
    }

    fn check(self, path: &Path) -> Result<(), PackageError> {
        let found = hex::encode(self.hasher.finalize());
        if found.eq_ignore_ascii_case(&self.expected) {
            return Ok(());
        }
        Err(PackageError::Digest { path: path.to_owned(), what: self.what.to_owned(), expected: self.expected, found })
    }
}

/// Unpacks the payload to its end and compares every digest that the headers give of it. A package that gives none is
/// refused: every rpm since rpm 3 has at least an md5.
pub(super) fn check(path: &Path, metadata: &PackageMetadata) -> Result<(), PackageError> {
    let (mut packed, mut unpacked) = (packed_digests(metadata), unpacked_digests(metadata));
    if packed.is_empty() && unpacked.is_empty() {
        let (expected, found) = ("a digest of the payload", "none".to_owned());
        return Err(PackageError::Malformed { path: path.to_owned(), expected, found });
    }
    let unreadable = |source| PackageError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let offsets = metadata.get_package_segment_offsets();
    if let Some(both) = packed.iter_mut().find(|given| given.what == HEADER_AND_PAYLOAD) {
        file.seek(SeekFrom::Start(offsets.header)).map_err(unreadable)?;
        let header = file.by_ref().take(offsets.payload - offsets.header);
        hash_all(&mut BufReader::new(header), std::slice::from_mut(both)).map_err(unreadable)?;
    }
    file.seek(SeekFrom::Start(offsets.payload)).map_err(unreadable)?;
    let mut payload = Hashed { inner: BufReader::new(file), digests: &mut packed };
    let packing = packing(path, metadata, &mut payload)?;
    let damaged = |source: io::Error| PackageError::Malformed {
        path: path.to_owned(),
        expected: "a payload that unpacks to its end",
        found: source.to_string(),
    };
    let content = unpack(&mut payload, packing).map_err(damaged)?;
    let given = hash_all(&mut BufReader::new(content.take(MAX_UNPACKED + 1)), &mut unpacked).map_err(damaged)?;
    if given > MAX_UNPACKED {
        let (what, limit) = ("a payload", MAX_UNPACKED);
        return Err(PackageError::TooLarge { path: path.to_owned(), what, given, limit });
    }
    // What follows the packed stream is not unpacked, but it is part of what was hashed.
    hash_all(&mut payload, &mut []).map_err(unreadable)?;
    packed.into_iter().chain(unpacked).try_for_each(|given| given.check(path))
}

const HEADER_AND_PAYLOAD: &str = "md5 of header and payload";

fn packed_digests(metadata: &PackageMetadata) -> Vec<Given> {
    let mut given = Vec::new();
    if let Some(expected) = text(metadata, IndexTag::RPMTAG_PAYLOADSHA256) {
        given.push(Given::new("sha256 of the payload", expected, sha2::Sha256::default()));
    }
    if let Some(expected) = text(metadata, IndexTag::RPMTAG_PAYLOAD_SHA512) {
        given.push(Given::new("sha512 of the payload", expected, sha2::Sha512::default()));
    }
    if let Ok(expected) = metadata.signature.get_entry_data_as_binary(IndexSignatureTag::RPMSIGTAG_MD5) {
        given.push(Given::new(HEADER_AND_PAYLOAD, hex::encode(expected), md5::Md5::default()));
    }
    given
}

fn unpacked_digests(metadata: &PackageMetadata) -> Vec<Given> {
    let mut given = Vec::new();
    if let Some(expected) = text(metadata, IndexTag::RPMTAG_PAYLOADSHA256ALT) {
        given.push(Given::new("sha256 of the unpacked payload", expected, sha2::Sha256::default()));
    }
    if let Some(expected) = text(metadata, IndexTag::RPMTAG_PAYLOAD_SHA512_ALT) {
        given.push(Given::new("sha512 of the unpacked payload", expected, sha2::Sha512::default()));
    }
    given
}

/// A text, or the first of a list of texts, as different versions of rpm write it.
fn text(metadata: &PackageMetadata, tag: IndexTag) -> Option<String> {
    let header = &metadata.header;
    let listed = || header.get_entry_data_as_string_array(tag).ok()?.first().map(|text| (*text).to_owned());
    listed().or_else(|| header.get_entry_data_as_string(tag).ok().map(str::to_owned))
}

/// Where the header does not say, the payload itself does: rpm wrote it with gzip or plainly then.
fn packing(path: &Path, metadata: &PackageMetadata, payload: &mut impl BufRead) -> Result<Packing, PackageError> {
    if let Some(name) = text(metadata, IndexTag::RPMTAG_PAYLOADCOMPRESSOR) {
        let expected = "a payload packed with gzip, bzip2, lzma, xz or zstd";
        return Packing::of_rpm(&name).ok_or_else(|| PackageError::Malformed {
            path: path.to_owned(),
            expected,
            found: name,
        });
    }
    let start = payload.fill_buf().map_err(|source| PackageError::Read { path: path.to_owned(), source })?;
    Ok(if start.starts_with(&[0x1f, 0x8b]) { Packing::Gz } else { Packing::Plain })
}

/// Hashes what is taken from it.
struct Hashed<'a, R> {
    inner: R,
    digests: &'a mut [Given],
}

impl<R: BufRead> BufRead for Hashed<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed was filled before, so this reads nothing and can not fail.
        let taken = self.inner.fill_buf().ok().and_then(|buffer| buffer.get(..amount)).unwrap_or_default();
        for given in &mut *self.digests {
            given.hasher.update(taken);
        }
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Hashed<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

/// Reads to the end and tells how many bytes there were.
fn hash_all(reader: &mut impl BufRead, digests: &mut [Given]) -> io::Result<u64> {
    let mut total = 0;
    loop {
        let buffer = match reader.fill_buf() {
            Ok([]) => return Ok(total),
            Ok(buffer) => buffer,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        for given in &mut *digests {
            given.hasher.update(buffer);
        }
        let taken = buffer.len();
        reader.consume(taken);
        total += taken as u64;
    }
}
