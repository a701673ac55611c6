use std::fmt::Write as _;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;

const CA: &[u8] = include_bytes!("../../fixtures/checksums/ca.xml");

fn path(text: &str) -> RelPath {
    text.parse().unwrap()
}

#[test]
fn files_come_with_size_and_digests_in_lower_case() {
    let checksums = Checksums::parse(CA).unwrap();
    let paths: Vec<_> = checksums.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["release.xml", "noarch/ca-policy-egi-core-1.37-1.noarch.rpm"]);
    let first = checksums.find(&path("release.xml")).unwrap();
    assert_eq!(first.size, Some(871));
    assert_eq!(first.digests[&Algorithm::Sha256], crate::digest::Sha256::of(b"").to_hex());
    let second = checksums.find(&path("noarch/ca-policy-egi-core-1.37-1.noarch.rpm")).unwrap();
    assert_eq!((second.size, second.digests.len()), (None, 2));
    assert_eq!(checksums.find(&path("noarch")), None);
}

#[test]
fn every_fault_is_reported_at_once() {
    let mut text = String::new();
    for (name, document) in [
        ("everything", &include_bytes!("../../fixtures/checksums/malformed/everything.xml")[..]),
        ("no-files", include_bytes!("../../fixtures/checksums/malformed/no-files.xml")),
        ("wrong-root", include_bytes!("../../fixtures/checksums/malformed/wrong-root.xml")),
    ] {
        writeln!(text, "{name}").unwrap();
        for problem in Checksums::parse(document).unwrap_err().0 {
            writeln!(text, "  {problem}").unwrap();
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn too_many_files_are_refused() {
    let files = "<File/>".repeat(MAX_FILES + 1);
    let problems = Checksums::parse(format!("<Checksums>{files}</Checksums>").as_bytes()).unwrap_err();
    assert_eq!(problems.0[0].message, "more than 50000 files are listed");
}

fn checksums() -> impl Strategy<Value = Checksums> {
    let algorithm = prop::sample::select(&Algorithm::ALL[..]);
    let digests = btree_map(algorithm, "[0-9a-f]{128}", 1..4).prop_map(|digests| {
        digests.into_iter().map(|(a, digits)| (a, digits[..a.hex_len()].to_owned())).collect::<BTreeMap<_, _>>()
    });
    let file = (option::of(any::<u64>()), digests);
    btree_map("[a-z0-9]{1,4}(/[a-z0-9_.~^:%+-]{0,4}[a-z]){0,2}", file, 1..8).prop_map(|files| {
        let listed = |(text, (size, digests)): (String, (Option<u64>, BTreeMap<Algorithm, String>))| {
            Some(ListedFile { path: text.parse().ok()?, size, digests })
        };
        Checksums { files: files.into_iter().filter_map(listed).collect() }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(checksums in checksums()) {
        prop_assume!(!checksums.files.is_empty());
        prop_assert_eq!(Checksums::parse(checksums.render().as_bytes()), Ok(checksums));
    }

    #[test]
    fn damaged_documents_are_answered(
        cuts in vec((any::<prop::sample::Index>(), 0..30usize, "[<>/&\"'=.0-9a-z]{0,6}"), 0..5),
    ) {
        let mut bytes = CA.to_vec();
        for (at, length, patch) in cuts {
            let start = at.index(bytes.len());
            let end = (start + length).min(bytes.len() - 1).max(start);
            bytes.splice(start..end, patch.into_bytes());
        }
        match Checksums::parse(&bytes) {
            Ok(checksums) => prop_assert!(checksums.files.iter().all(|file| !file.digests.is_empty())),
            Err(problems) => prop_assert!(!problems.0.is_empty()),
        }
    }
}
