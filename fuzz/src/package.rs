//! Packages: written to a file, as they come, and inspected as they are at intake.

use std::cell::OnceCell;
use std::fs;

use chrono::DateTime;
use egi_model::content::ContentFile;
use egi_model::digest::Sha256;
use egi_repo::openpgp::Keyring;
use egi_repo::package::{Judge, SignaturePolicy, inspect_all};
use egi_repo::progress::Silent;
use tempfile::TempDir;

/// An rpm: headers, payload and signature.
pub fn rpm(bytes: &[u8]) {
    inspect("input.rpm", bytes);
}

/// A deb: members, control archive, payload and signatures.
pub fn deb(bytes: &[u8]) {
    inspect("input.deb", bytes);
}

thread_local! {
    /// One folder for all inputs of a run, in memory where the machine has such a place.
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

/// Signatures are read to their last byte; there is no key by which one could be good.
fn inspect(name: &str, bytes: &[u8]) {
    let keyring = Keyring::default();
    let judge = Judge { policy: SignaturePolicy::IfPresent, keyring: &keyring, now: DateTime::UNIX_EPOCH };
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(make_folder).path();
        fs::write(folder.join(name), bytes).expect("the input can be written");
        let path = name.parse().expect("the name is a path");
        let file = ContentFile { path, size: bytes.len() as u64, sha256: Sha256::of(bytes) };
        let (headers, faults) = inspect_all(folder, &[file], &judge, &Silent);
        assert!(!headers.is_empty() || !faults.is_empty(), "neither read nor refused");
        for header in headers {
            let _ = (header.identity(), header.version_release());
        }
    });
}

fn make_folder() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("a folder can be made")
}
