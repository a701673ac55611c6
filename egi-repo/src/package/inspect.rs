//! Reads packages to their last byte: whether each is what its header, its digests and its signature say.

use std::path::Path;

use egi_model::content::ContentFile;
use egi_model::release::PackageFormat;

use super::signature::{Judge, SignaturePolicy};
use super::{FileFacts, PackageError, PackageHeader, deb, deb_payload, format_of, rpm, rpm_payload, rpm_signature};
use crate::parallel;
use crate::progress::Progress;

/// Inspects every package among `files`, which lie below `root`, on all cores; the faults of all are returned, not the
/// first alone.
#[must_use]
pub fn inspect_all(
    root: &Path,
    files: &[ContentFile],
    judge: &Judge<'_>,
    progress: &dyn Progress,
) -> (Vec<PackageHeader>, Vec<PackageError>) {
    let packages: Vec<_> = files.iter().filter_map(|file| Some((file, format_of(&file.path)?))).collect();
    progress.begin("inspecting packages", Some(packages.iter().map(|(file, _)| file.size).sum()));
    let inspected = parallel::map(&packages, |(file, format)| {
        let found = inspect(&root.join(file.path.as_str()), file, *format, judge);
        progress.advance(file.size);
        found
    });
    progress.end();
    let (mut headers, mut faults) = (Vec::new(), Vec::new());
    for ((file, _), (header, found)) in packages.into_iter().zip(inspected) {
        headers.extend(header);
        faults.extend(found.into_iter().map(|fault| fault.of_release(&file.path)));
    }
    (headers, faults)
}

/// The header, if it can be read, and every fault. Of a header that can not be read nothing else is looked at.
fn inspect(
    path: &Path,
    file: &ContentFile,
    format: PackageFormat,
    judge: &Judge<'_>,
) -> (Option<PackageHeader>, Vec<PackageError>) {
    let (header, payload, signature) = match format {
        PackageFormat::Rpm => match rpm::load(path) {
            Ok(metadata) => (
                rpm::describe_at(path, &metadata, FileFacts::from(file)),
                rpm_payload::check(path, &metadata),
                judged(judge, || rpm_signature::check(path, &metadata, judge)),
            ),
            Err(fault) => return (None, vec![fault]),
        },
        PackageFormat::Deb => match deb::open(path) {
            Ok(deb) => (
                deb.describe(FileFacts::from(file)),
                deb_payload::check(&deb),
                judged(judge, || deb.check_signature(judge)),
            ),
            Err(fault) => return (None, vec![fault]),
        },
    };
    let (header, unreadable) = match header {
        Ok(header) => (Some(header), None),
        Err(fault) => (None, Some(fault)),
    };
    (header, [unreadable, payload.err(), signature.err()].into_iter().flatten().collect())
}

fn judged(judge: &Judge<'_>, check: impl FnOnce() -> Result<(), PackageError>) -> Result<(), PackageError> {
    match judge.policy {
        SignaturePolicy::Off => Ok(()),
        SignaturePolicy::Required | SignaturePolicy::IfPresent => check(),
    }
}
