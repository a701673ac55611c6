//! What each fuzz target does with its bytes. A target fails by a panic: one of the code under test, or of a check here
//! of what must hold for whatever was accepted.

mod package;

use std::path::{Component, Path};

use egi_model::checksums::Checksums;
use egi_model::name::{RelPath, Segment};
use egi_model::notice::{Encoding, Notice};
use egi_model::release_xml::{self, Generation};
use egi_model::sync::SyncSource;
use egi_model::version::Version;

pub use egi_tickets::rt::fuzzing::{read_rest1 as rt_rest1, read_rest2 as rt_rest2};

pub use self::package::{deb, rpm};

/// A provider's release.xml. What is accepted without a remark, and written the way we write, is read again as the same.
pub fn release_xml(bytes: &[u8]) {
    match release_xml::parse(bytes) {
        Ok(parsed) => {
            let written = release_xml::render(&parsed.release);
            let again = release_xml::parse(written.as_bytes());
            if parsed.generation == Generation::G3 && parsed.warnings.is_empty() {
                assert_eq!(again.map(|again| again.release).as_ref(), Ok(&parsed.release), "{written}");
            }
            if let Some(source) = &parsed.release.sync {
                check_source(source);
            }
        }
        Err(problems) => assert!(!problems.0.is_empty(), "refused without a reason"),
    }
}

/// A provider's checksums.xml. What is accepted stays below the release's root, and survives writing and reading.
pub fn checksums(bytes: &[u8]) {
    match Checksums::parse(bytes) {
        Ok(list) => {
            for file in &list.files {
                check_path(&file.path);
                assert!(!file.digests.is_empty(), "{} has no digest", file.path);
            }
            assert_eq!(Checksums::parse(list.render().as_bytes()).as_ref(), Ok(&list));
        }
        Err(problems) => assert!(!problems.0.is_empty(), "refused without a reason"),
    }
}

/// The body of a POST, as a form and as JSON.
pub fn notice(bytes: &[u8]) {
    for encoding in [Encoding::Form, Encoding::Json] {
        let Ok(pairs) = encoding.read_pairs(bytes) else { continue };
        if let Err(faulty) = Notice::parse(&pairs) {
            assert!(!faulty.faults.is_empty(), "refused without a reason");
        }
    }
    let _ = Encoding::of_content_type(&String::from_utf8_lossy(bytes));
}

/// A text as each kind of name: of a path, a version, an address to fetch from.
pub fn names(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(path) = text.parse::<RelPath>() {
        check_path(&path);
    }
    if let Ok(segment) = text.parse::<Segment>() {
        check_path(&RelPath::from(segment));
    }
    if let Ok(version) = text.parse::<Version>() {
        for part in version.path_parts() {
            let part: Segment = part.parse().expect("a part of a version is a name of a folder");
            check_path(&RelPath::from(part));
        }
    }
    let (protocol, url) = text.split_once(' ').unwrap_or(("rsync", text));
    if let Ok(source) = SyncSource::parse(protocol, url) {
        check_source(&source);
    }
}

/// A path that the file system reads as folders and a name below the one it starts from, and no command as an option.
fn check_path(path: &RelPath) {
    let text = path.as_str();
    let below = Path::new(text).components().all(|part| matches!(part, Component::Normal(_)));
    let plain = !text.contains(['\0', '\\', '\n']) && !text.starts_with('-') && !text.contains("/-");
    assert!(below && plain && Path::new(text).components().count() == path.segments().count(), "{text:?}");
}

/// An address that no command takes for an option or a shell for more than one word.
fn check_source(source: &SyncSource) {
    let plain = source.url.chars().all(|c| c.is_ascii_graphic()) && !source.url.starts_with('-');
    assert!(plain && !source.host().starts_with('-') && source.path().starts_with('/'), "{source:?}");
}
