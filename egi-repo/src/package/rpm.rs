//! Reads rpm headers.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use egi_model::release::PackageFormat;
use rpm::{Dependency, Error, IndexSignatureTag, PackageMetadata};

use super::rpm_guard::{Refusal, read_headers};
use super::{FileFacts, PackageError, PackageHeader, measure};

/// Reads the package at `path` and hashes its file.
pub fn read(path: &Path) -> Result<PackageHeader, PackageError> {
    describe_at(path, &load(path)?, measure(path)?)
}

/// What the package at `path`, whose headers are `metadata`, says about itself.
pub(crate) fn describe_at(
    path: &Path,
    metadata: &PackageMetadata,
    facts: FileFacts,
) -> Result<PackageHeader, PackageError> {
    describe(metadata, facts).map_err(|source| PackageError::RpmHeader { path: path.to_owned(), source })
}

/// Parses the headers of the package at `path`, whose header digests and length are right where it carries them.
pub(crate) fn load(path: &Path) -> Result<PackageMetadata, PackageError> {
    let unreadable = |source| PackageError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let len = file.metadata().map_err(unreadable)?.len();
    let bytes = read_headers(&mut BufReader::new(file)).map_err(|refusal| explain(path, refusal))?;
    let damaged = |source| PackageError::RpmHeader { path: path.to_owned(), source };
    let metadata = PackageMetadata::parse(&mut bytes.as_slice()).map_err(damaged)?;
    match metadata.verify_digests() {
        // Packages of the rpm 3 age have none.
        Ok(()) | Err(Error::NoHeaderDigestError) => {}
        Err(source) => return Err(damaged(source)),
    }
    check_length(path, &metadata, len)?;
    Ok(metadata)
}

fn explain(path: &Path, refusal: Refusal) -> PackageError {
    let path = path.to_owned();
    match refusal {
        Refusal::Io(source) => PackageError::Read { path, source },
        Refusal::Malformed(expected, found) => PackageError::Malformed { path, expected, found },
        Refusal::TooLarge(given, limit) => PackageError::TooLarge { path, what: "an rpm header", given, limit },
    }
}

/// The signature header says how long header and payload are: a file that was cut short is seen without reading it.
fn check_length(path: &Path, metadata: &PackageMetadata, len: u64) -> Result<(), PackageError> {
    let signature = &metadata.signature;
    let Ok(size) = signature
        .get_entry_data_as_u64(IndexSignatureTag::RPMSIGTAG_LONGSIZE)
        .or_else(|_| signature.get_entry_data_as_u32(IndexSignatureTag::RPMSIGTAG_SIZE).map(u64::from))
    else {
        return Ok(());
    };
    let expected = metadata.get_package_segment_offsets().header.saturating_add(size);
    if len < expected {
        let found = format!("a file of {len} bytes that says it has {expected}");
        return Err(PackageError::Malformed { path: path.to_owned(), expected: "a complete rpm file", found });
    }
    Ok(())
}

fn describe(metadata: &PackageMetadata, facts: FileFacts) -> Result<PackageHeader, Error> {
    let arch = if metadata.is_source_package() { "src" } else { metadata.get_arch()? };
    let own = |dependency: &Dependency| dependency.name.starts_with("rpmlib(");
    Ok(PackageHeader {
        format: PackageFormat::Rpm,
        name: metadata.get_name()?.to_owned(),
        epoch: metadata.get_epoch().unwrap_or(0),
        version: metadata.get_version()?.to_owned(),
        release: Some(metadata.get_release()?.to_owned()),
        arch: arch.to_owned(),
        summary: metadata.get_summary().unwrap_or_default().to_owned(),
        description: metadata.get_description().unwrap_or_default().to_owned(),
        license: metadata.get_license().ok().map(str::to_owned),
        depends: metadata.get_requires()?.iter().filter(|d| !own(d)).map(ToString::to_string).collect(),
        file_name: facts.name,
        size: facts.size,
        sha256: facts.sha256,
    })
}
