use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use egi_model::checksums::ListedFile;
use egi_model::digest::{Algorithm, Sha256};

use super::*;
use crate::progress::Silent;
use crate::scratch::ScratchRoot;

mod ftp;
mod http;
mod local;
mod net;

/// A scratch folder, and room beside it for what a test needs.
pub(super) struct World {
    pub(super) dir: tempfile::TempDir,
    pub(super) scratch: Scratch,
    pub(super) policy: FetchPolicy,
}

impl World {
    /// Servers of tests listen on the loopback address.
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let scratch = ScratchRoot::new(dir.path().join("scratch")).open(&"plan-1".parse().unwrap()).unwrap();
        let mut policy = FetchPolicy { allow_private_addresses: true, ..FetchPolicy::default() };
        policy.limits.idle = Duration::from_secs(20);
        Self { dir, scratch, policy }
    }

    pub(super) fn fetch(&self, url: &str, listed: &Checksums) -> Result<Fetched, FetchError> {
        let protocol = url.split("://").next().unwrap();
        let source = SyncSource::parse(protocol, url).unwrap();
        fetch(&source, listed, &self.scratch, &self.policy, &Silent)
    }

    /// What landed: paths and contents, sorted.
    pub(super) fn landed(&self) -> Vec<(String, String)> {
        read_tree(self.scratch.files_dir())
    }
}

pub(super) fn read_tree(root: &Path) -> Vec<(String, String)> {
    walkdir::WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| !entry.file_type().is_dir())
        .map(|entry| {
            let name = entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

/// A list as providers should write it: size and sha256.
pub(super) fn listed(files: &[(&str, &str)]) -> Checksums {
    let files = files.iter().map(|(path, content)| ListedFile {
        path: path.parse().unwrap(),
        size: Some(content.len() as u64),
        digests: BTreeMap::from([(Algorithm::Sha256, Sha256::of(content.as_bytes()).to_hex())]),
    });
    Checksums { files: files.collect() }
}

pub(super) fn tree(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|(path, content)| ((*path).to_owned(), (*content).to_owned())).collect()
}

pub(super) fn write_tree(root: &Path, files: &[(&str, &str)]) {
    for (path, content) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// Adds up what it hears.
#[derive(Default)]
struct Sum(AtomicU64);

impl Progress for Sum {
    fn begin(&self, _what: &str, _total: Option<u64>) {}
    fn advance(&self, units: u64) {
        self.0.fetch_add(units, Ordering::Relaxed);
    }
    fn end(&self) {}
}

#[test]
fn a_full_disk_is_told_apart_and_passes() {
    let error = FetchError::disk("write", "/scratch/a.rpm".into(), std::io::ErrorKind::StorageFull.into());
    assert!(matches!(error, FetchError::NoSpace { .. }), "{error:?}");
    assert!(error.is_transient());
    assert!(error.to_string().contains("no space is left on the disk of /scratch/a.rpm; free some"), "{error}");
}

#[test]
fn which_rsync_codes_may_pass() {
    let rsync = |code, messages: &str| FetchError::Rsync { url: String::new(), code, messages: messages.to_owned() };
    for code in [10, 11, 12, 24, 30, 35] {
        assert!(rsync(Some(code), "").is_transient(), "{code}");
    }
    for code in [1, 2, 3, 4, 23, 25] {
        assert!(!rsync(Some(code), "").is_transient(), "{code}");
    }
    assert!(rsync(None, "").is_transient());
    assert!(rsync(Some(5), "@ERROR: max connections (4) reached -- try again later").is_transient());
    assert!(!rsync(Some(5), "@ERROR: Unknown module 'x'").is_transient());
}

#[test]
fn a_long_list_of_faults_is_cut_in_the_message_and_whole_in_the_error() {
    let fault = |n: usize| Fault { path: format!("f{n}").parse().unwrap(), kind: FaultKind::NotFound };
    let error = FetchError::Faulty { url: "http://h".to_owned(), faults: (0..52).map(fault).collect() };
    let text = error.to_string();
    assert!(text.contains("\n- f49 is listed and not there\n- and 2 more"), "{text}");
    assert!(!text.contains("f50"), "{text}");
}

#[test]
fn links_that_leave_the_tree_are_called_so() {
    let words = |name: &str, target: &str| Refusal::Link { name: name.into(), target: target.into() }.to_string();
    for (name, target) in [("a", "/etc/passwd"), ("a", "../x"), ("d/a", "../../x"), ("d/a", "e/../../../x")] {
        assert!(words(name, target).contains("outside the tree"), "{name} {target}");
    }
    for (name, target) in [("a", "b"), ("d/a", "../b"), ("d/a", "./e/../b")] {
        assert!(!words(name, target).contains("outside"), "{name} {target}");
    }
}
