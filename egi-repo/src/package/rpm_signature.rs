//! Who signed an rpm, and how much of it.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;

use rpm::{IndexSignatureTag, IndexTag, PackageMetadata};

use super::PackageError;
use super::signature::Judge;
use crate::openpgp::SignatureFault;

/// What a signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cover {
    /// The header, and through the payload's digest in it the payload.
    Header,
    /// Header and payload.
    Whole,
}

/// Every signature in the package is good, and together they cover all of it.
///
/// A package of rpm 6 may have signatures of several people: those of unknown keys are passed over when another is
/// good.
pub(super) fn check(path: &Path, metadata: &PackageMetadata, judge: &Judge<'_>) -> Result<(), PackageError> {
    let unreadable = |source| PackageError::Read { path: path.to_owned(), source };
    let refused = |source| PackageError::Signature { path: path.to_owned(), source };
    let signatures = find(metadata).map_err(refused)?;
    let (mut covered, mut unknown) = (Vec::new(), None);
    for (cover, bytes) in &signatures {
        match judge.verify(bytes, open(path, metadata, *cover).map_err(unreadable)?) {
            Ok(()) => covered.push(*cover),
            Err(fault @ SignatureFault::UnknownKey { .. }) => unknown = Some(fault),
            Err(fault) => return Err(refused(fault)),
        }
    }
    if covered.is_empty() {
        return unknown.map_or_else(|| judge.without(), Err).map_err(refused);
    }
    if !covered.contains(&Cover::Whole) && !metadata.header.entry_is_present(IndexTag::RPMTAG_PAYLOADSHA256) {
        return Err(refused(SignatureFault::HeaderAlone));
    }
    Ok(())
}

fn find(metadata: &PackageMetadata) -> Result<Vec<(Cover, Vec<u8>)>, SignatureFault> {
    let header = metadata.raw_signatures().map_err(|error| SignatureFault::Unreadable(error.to_string()))?;
    let whole = [IndexSignatureTag::RPMSIGTAG_PGP, IndexSignatureTag::RPMSIGTAG_GPG];
    let whole = whole.into_iter().filter_map(|tag| metadata.signature.get_entry_data_as_binary(tag).ok());
    let header = header.into_iter().map(|bytes| (Cover::Header, bytes.into_owned()));
    Ok(header.chain(whole.map(|bytes| (Cover::Whole, bytes.to_vec()))).collect())
}

fn open(path: &Path, metadata: &PackageMetadata, cover: Cover) -> io::Result<Box<dyn Read>> {
    let offsets = metadata.get_package_segment_offsets();
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offsets.header))?;
    let file = BufReader::new(file);
    Ok(match cover {
        Cover::Header => Box::new(file.take(offsets.payload - offsets.header)),
        Cover::Whole => Box::new(file),
    })
}
