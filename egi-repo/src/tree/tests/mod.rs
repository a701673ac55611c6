//! The tree as its callers see it: a root on disk, releases going in and out, and what a client finds.

mod carry;
mod clients;
mod conflicts;
mod cost;
mod interrupted;
mod missing;
mod packing;
mod peers;
mod placing;
mod refresh;
mod signposts;
mod taking_in;
mod together;
mod way_back;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use egi_model::area::{Area, RepoKey};
use egi_model::content::{ContentFile, ContentId};
use egi_model::digest::Sha256;
use egi_model::release::Target;
use egi_model::ticket::TicketId;
use tempfile::TempDir;
use walkdir::WalkDir;

use super::*;

/// A tree of its own, locked, at a fixed time.
struct World {
    dir: TempDir,
    tree: RepoTree,
    lock: RepoLock,
    now: DateTime<Utc>,
}

impl World {
    fn new() -> Self {
        Self::with(TreeOptions::default())
    }

    fn with(options: TreeOptions) -> Self {
        let dir = TempDir::new().unwrap();
        let root = dir.path().join("tree");
        RepoTree::make(&root).unwrap();
        let tree = RepoTree::open_with(&root, options).unwrap();
        let lock = tree.lock().unwrap();
        Self { dir, tree, lock, now: "2026-11-02T10:00:00Z".parse().unwrap() }
    }

    /// Puts files into a folder as a fetch does, and takes them in.
    fn content(&self, files: &[(&str, Vec<u8>)]) -> ContentId {
        let folder = TempDir::new_in(self.tree.scratch_dir()).unwrap();
        let listed = deliver(folder.path(), files);
        self.tree.take_in(folder.path(), &listed).unwrap()
    }

    fn place(&self, key: &RepoKey, placement: &Placement) -> Change {
        self.tree.ensure_placed(&self.lock, key, placement, self.now).unwrap()
    }

    fn refuse(&self, key: &RepoKey, placement: &Placement) -> RepoError {
        self.tree.ensure_placed(&self.lock, key, placement, self.now).unwrap_err()
    }

    fn withdraw(&self, key: &RepoKey, number: u64) -> Change {
        self.tree.ensure_withdrawn(&self.lock, key, ticket(number), self.now).unwrap()
    }

    fn later(&mut self, time: TimeDelta) {
        self.now += time;
    }

    /// Where clients find a file of a repository.
    fn public(&self, key: &RepoKey, path: &str) -> PathBuf {
        self.tree.public_root().join(key.public_path()).join(path)
    }

    fn text(&self, key: &RepoKey, path: &str) -> String {
        fs::read_to_string(self.public(key, path)).unwrap()
    }

    /// The packages and other files of releases that a repository shows.
    fn shown(&self, key: &RepoKey) -> Vec<String> {
        let listing = Listing::read(&self.tree.layout.live(key)).unwrap();
        listing.files.iter().map(|f| f.file.path.to_string()).collect()
    }

    /// The packages that the yum index lists.
    fn listed(&self, key: &RepoKey) -> Vec<String> {
        let repo = rpmrepo_metadata::Repository::load_from_directory(&self.public(key, "")).unwrap();
        let mut hrefs: Vec<_> = repo.packages().values().map(|p| p.location_href().to_owned()).collect();
        hrefs.sort();
        hrefs
    }

    /// Every name below the root with its size, links as they are.
    fn everything(&self) -> BTreeMap<PathBuf, u64> {
        let entries = WalkDir::new(self.dir.path()).into_iter().map(Result::unwrap);
        entries.map(|e| (e.path().to_owned(), e.metadata().unwrap().len())).collect()
    }
}

fn deliver(folder: &Path, files: &[(&str, Vec<u8>)]) -> Vec<ContentFile> {
    let file = |(name, bytes): &(&str, Vec<u8>)| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        ContentFile { path: name.parse().unwrap(), size: bytes.len() as u64, sha256: Sha256::of(bytes) }
    };
    files.iter().map(file).collect()
}

fn key(area: Area, path: &str) -> RepoKey {
    RepoKey { area, path: path.parse().unwrap() }
}

fn updates() -> RepoKey {
    key(Area::Production, "umd/4/sl6/x86_64/updates")
}

fn ticket(number: u64) -> TicketId {
    TicketId::new(number).unwrap()
}

fn placement(number: u64, product: &str, content: ContentId, mode: Mode) -> Placement {
    let target = Target { platform: "sl6".parse().unwrap(), arch: "x86_64".parse().unwrap() };
    Placement { ticket: ticket(number), product: product.to_owned(), content, mode, target }
}

fn rpm(name: &str, version: &str) -> Vec<u8> {
    crate::package::testing::rpm_bytes(name, version, "1", "x86_64")
}

fn deb(name: &str, version: &str, arch: &str) -> Vec<u8> {
    crate::package::testing::deb_bytes(name, version, arch)
}

fn published(change: &Change) -> (u64, Vec<String>, Vec<String>) {
    let names = |paths: &[RelPath]| paths.iter().map(ToString::to_string).collect();
    let Change::Published { generation, added, removed, .. } = change else { panic!("{change:?}") };
    (*generation, names(added), names(removed))
}
