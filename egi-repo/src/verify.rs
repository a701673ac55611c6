//! Verification: what landed in a scratch folder is what the checksums file lists, to the last byte and file.
//!
//! Every finding is told at once, so that a provider mends a delivery in one go. The only way to a [`Verified`] is
//! [`verify`]; publishing takes nothing else. Whether the files are good packages is another question, asked later.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use egi_model::checksums::{Checksums, ListedFile};
use egi_model::content::ContentFile;
use egi_model::digest::Algorithm;
use egi_model::name::RelPath;

use crate::parallel;
use crate::progress::Progress;
use crate::scratch::Scratch;

mod finding;
pub(crate) mod hash;
mod landed;

pub(crate) use finding::render_bullets;
pub use finding::{Finding, Place};

use hash::{Digested, digest_reader};
use landed::Landed;

/// The release's metadata: always listed, published beside the files and not among them.
pub const RELEASE_XML: &str = "release.xml";
/// The list itself. It can not list itself, and a copy in the provider's tree is no extra file.
pub const CHECKSUMS_XML: &str = "checksums.xml";

/// What a site accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VerifyPolicy {
    /// Whether a file may be listed with md5 or sha1 alone, as old providers do. Both are broken: off by default.
    pub allow_weak_digests: bool,
}

/// A file that came with the ticket instead of the provider's tree: `release.xml`.
#[derive(Debug, Clone)]
pub struct Attached<'a> {
    /// Its name in the list.
    pub path: RelPath,
    /// Its content.
    pub bytes: &'a [u8],
}

/// Why content could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The delivery and its list disagree. The findings are all there are; never empty.
    #[error("the delivery does not match its checksums file:{}", render_bullets(.0))]
    Unverifiable(Vec<Finding>),
    /// A landed file or folder could not be read.
    #[error("failed to read {} to verify it", path.display())]
    Unreadable {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl VerifyError {
    /// Whether trying again can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Unverifiable(_) => false,
            Self::Unreadable { .. } => true,
        }
    }
}

/// Proof that every file of a scratch folder is as listed. Only [`verify`] makes it.
#[derive(Debug)]
pub struct Verified {
    root: PathBuf,
    files: Vec<ContentFile>,
}

impl Verified {
    /// The files to publish, sorted by path: all that were listed, but for `release.xml`.
    #[must_use]
    pub fn files(&self) -> &[ContentFile] {
        &self.files
    }

    /// The folder the files lie in.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }
}

/// Compares what landed in `scratch`, and what came with the ticket, with the list.
///
/// Each listed file must be there with the listed size and every listed digest; sha256 or sha512 decides, and md5 or
/// sha1 alone do so only if `policy` allows. Nothing else may be there. `release.xml` must be listed; attached, in the
/// tree, or both. Files are read once, in parallel.
pub fn verify(
    scratch: &Scratch,
    listed: &Checksums,
    attached: &[Attached],
    policy: VerifyPolicy,
    progress: &dyn Progress,
) -> Result<Verified, VerifyError> {
    let landed = Landed::read(scratch).map_err(|(path, source)| VerifyError::Unreadable { path, source })?;
    let mut findings = landed.findings.clone();
    let by_path = index(listed, policy, &mut findings);
    for file in attached {
        check_attached(file, &by_path, &mut findings);
    }
    let (present, extra): (Vec<_>, Vec<_>) =
        landed.files.iter().partition(|(path, _)| by_path.contains_key(path.as_str()));
    findings.extend(
        extra
            .into_iter()
            .filter(|(path, _)| !is_known_unlisted(path))
            .map(|(path, size)| Finding::Extra { path: path.clone(), size: *size }),
    );
    for (path, file) in &by_path {
        let came = landed.files.contains_key(&file.path) || attached.iter().any(|a| a.path.as_str() == *path);
        if !came && !landed.occupied.contains(*path) {
            findings.push(Finding::Missing { path: file.path.clone() });
        }
    }
    let wanted: Vec<&ListedFile> = present.iter().filter_map(|(path, _)| by_path.get(path.as_str()).copied()).collect();
    let total = present.iter().map(|(_, size)| **size).sum();
    let content = digest_all(scratch, &wanted, total, progress, &mut findings)?;
    if findings.is_empty() {
        return Ok(Verified { root: scratch.files_dir().to_owned(), files: content });
    }
    findings.sort_by_cached_key(Finding::to_string);
    Err(VerifyError::Unverifiable(findings))
}

/// `release.xml` has a finding of its own when it is not listed; the list never lists itself.
fn is_known_unlisted(path: &RelPath) -> bool {
    matches!(path.as_str(), RELEASE_XML | CHECKSUMS_XML)
}

/// The list by path, with its own faults among the findings.
fn index<'a>(
    listed: &'a Checksums,
    policy: VerifyPolicy,
    findings: &mut Vec<Finding>,
) -> BTreeMap<&'a str, &'a ListedFile> {
    let mut by_path = BTreeMap::new();
    for file in &listed.files {
        if by_path.insert(file.path.as_str(), file).is_some() {
            findings.push(Finding::ListedTwice { path: file.path.clone() });
        }
        let algorithms: Vec<Algorithm> = file.digests.keys().copied().collect();
        if algorithms.is_empty() {
            findings.push(Finding::NoDigest { path: file.path.clone() });
        } else if !policy.allow_weak_digests && !algorithms.iter().any(|a| a.is_strong()) {
            findings.push(Finding::WeakOnly { path: file.path.clone(), algorithms });
        }
    }
    if !by_path.contains_key(RELEASE_XML) {
        findings.push(Finding::ReleaseUnlisted);
    }
    by_path
}

fn check_attached(file: &Attached, by_path: &BTreeMap<&str, &ListedFile>, findings: &mut Vec<Finding>) {
    let Some(listed) = by_path.get(file.path.as_str()) else {
        if !is_known_unlisted(&file.path) {
            let size = u64::try_from(file.bytes.len()).unwrap_or(u64::MAX);
            findings.push(Finding::Extra { path: file.path.clone(), size });
        }
        return;
    };
    // Reading from memory can not fail.
    if let Ok(found) = digest_reader(file.bytes, listed.digests.keys().copied(), &mut |_| ()) {
        findings.extend(differences(listed, &found, Place::Ticket));
    }
}

/// Where a file differs from its entry in the list.
fn differences(listed: &ListedFile, found: &Digested, place: Place) -> Vec<Finding> {
    let path = &listed.path;
    let mut findings = Vec::new();
    if let Some(expected) = listed.size.filter(|size| *size != found.size) {
        findings.push(Finding::Size { path: path.clone(), place, expected, found: found.size });
    }
    for (algorithm, expected) in &listed.digests {
        let digest = found.digest(*algorithm);
        if !expected.eq_ignore_ascii_case(&digest) {
            let expected = expected.clone();
            findings.push(Finding::Digest {
                path: path.clone(),
                place,
                algorithm: *algorithm,
                expected,
                found: digest,
            });
        }
    }
    findings
}

/// Whether the landed file is as listed already, as when a fetch is resumed.
pub(crate) fn is_landed(scratch: &Scratch, listed: &ListedFile) -> io::Result<Option<u64>> {
    let file = match scratch.read(&listed.path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if listed.digests.is_empty() || listed.size.is_some_and(|size| file.metadata().is_ok_and(|m| m.len() != size)) {
        return Ok(None);
    }
    let found = digest_reader(file, listed.digests.keys().copied(), &mut |_| ())?;
    Ok(differences(listed, &found, Place::Tree).is_empty().then_some(found.size))
}

/// Reads every file once on as many threads as there are cores, and sorts the outcome into content and findings.
fn digest_all(
    scratch: &Scratch,
    wanted: &[&ListedFile],
    total: u64,
    progress: &dyn Progress,
    findings: &mut Vec<Finding>,
) -> Result<Vec<ContentFile>, VerifyError> {
    progress.begin("verifying", Some(total));
    let outcomes = parallel::map(wanted, |file| {
        let reader = scratch.read(&file.path)?;
        digest_reader(reader, file.digests.keys().copied(), &mut |bytes| progress.advance(bytes))
    });
    progress.end();
    let mut content = Vec::new();
    for (file, outcome) in wanted.iter().zip(outcomes) {
        let found = outcome.map_err(|source| {
            let path = scratch.files_dir().join(file.path.as_str());
            VerifyError::Unreadable { path, source }
        })?;
        findings.extend(differences(file, &found, Place::Tree));
        if file.path.as_str() != RELEASE_XML {
            content.push(ContentFile { path: file.path.clone(), size: found.size, sha256: found.sha256 });
        }
    }
    content.sort();
    Ok(content)
}

/// The paths of a list, for comparing with what is on disk.
pub(crate) fn listed_paths(listed: &Checksums) -> BTreeSet<&str> {
    listed.files.iter().map(|file| file.path.as_str()).collect()
}

#[cfg(test)]
mod tests;
