//! Releases before the gate of a real tree, with repositories of others beside it.

mod closure;
mod upgrades;

use std::path::Path;

use egi_model::area::{Area, RepoKey};
use egi_model::content::ContentId;
use egi_model::digest::Sha256;
use egi_model::gate::{Finding, GateReport};
use egi_model::release::Target;
use egi_model::ticket::TicketId;
use rpm::{BuildConfig, CompressionWithLevel, Dependency, FileOptions, PackageBuilder};
use tempfile::TempDir;

use super::*;
use crate::outside::OutsideSource;
use crate::scratch::ScratchRoot;
use crate::tree::Mode;
use crate::verify::{VerifyPolicy, verify};

/// An rpm, as `name`, `version`, and what it needs.
fn rpm(name: &str, version: &str, needs: &[Dependency]) -> (String, Vec<u8>) {
    let config = BuildConfig::v4().compression(CompressionWithLevel::Gzip(1)).source_date(1_700_000_000);
    let mut builder = PackageBuilder::new(name, version, "Apache-2.0", "x86_64", "A package for tests");
    builder.using_config(config).release("1");
    for need in needs {
        builder.requires(need.clone());
    }
    builder.with_file_contents(name, FileOptions::new(format!("/usr/libexec/{name}"))).unwrap();
    let mut bytes = Vec::new();
    builder.build().unwrap().write(&mut bytes).unwrap();
    (format!("{name}-{version}-1.x86_64.rpm"), bytes)
}

fn needs(name: &str) -> Dependency {
    Dependency::any(name)
}

/// A tree of its own, and a folder for the repositories of others.
struct World {
    dir: TempDir,
    tree: RepoTree,
}

impl World {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let root = dir.path().join("tree");
        RepoTree::make(&root).unwrap();
        let tree = RepoTree::open(&root).unwrap();
        Self { dir, tree }
    }

    /// Takes packages in as a delivery.
    fn content(&self, files: &[(String, Vec<u8>)]) -> ContentId {
        let scratch = ScratchRoot::new(self.tree.scratch_dir()).open(&"ticket-1".parse().unwrap()).unwrap();
        let mut listed = String::new();
        // Verification asks for a release.xml; what is in it is not the gate's matter.
        let release = ("release.xml".to_owned(), b"<Release/>".to_vec());
        for (name, bytes) in files.iter().chain([&release]) {
            std::fs::write(scratch.files_dir().join(name), bytes).unwrap();
            let (size, digest) = (bytes.len(), Sha256::of(bytes));
            let digest = format!("<Digest algorithm=\"sha256\">{digest}</Digest>");
            listed.extend([format!("<File path=\"{name}\" size=\"{size}\">{digest}</File>")]);
        }
        let checksums = format!("<Checksums version=\"1\">{listed}</Checksums>");
        let checksums = egi_model::checksums::Checksums::parse(checksums.as_bytes()).unwrap();
        let policy = VerifyPolicy { allow_weak_digests: false };
        let verified = verify(&scratch, &checksums, &[], policy, &crate::progress::Silent).unwrap();
        let lock = self.tree.lock().unwrap();
        let content = self.tree.ensure_content(&lock, &verified).unwrap();
        ScratchRoot::new(self.tree.scratch_dir()).ensure_removed(&"ticket-1".parse().unwrap()).unwrap();
        content
    }

    fn place(&self, key: &RepoKey, placement: &Placement) {
        let lock = self.tree.lock().unwrap();
        self.tree.ensure_placed(&lock, key, placement, chrono::DateTime::UNIX_EPOCH).unwrap();
    }

    /// A yum repository outside.
    fn yum(&self, name: &str, packages: &[(String, Vec<u8>)]) -> Outside {
        let folder = self.dir.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for (file, bytes) in packages {
            std::fs::write(folder.join(file), bytes).unwrap();
        }
        let made = std::process::Command::new("createrepo_c").arg("--quiet").arg(&folder).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        outside(name, &folder)
    }

    fn ask(&self, question: &GateQuestion) -> GateReport {
        ask(&self.tree, question).unwrap()
    }
}

fn outside(name: &str, folder: &Path) -> Outside {
    Outside { name: name.to_owned(), source: OutsideSource::Yum(folder.to_str().unwrap().to_owned()) }
}

fn target() -> Target {
    Target { platform: "sl6".parse().unwrap(), arch: "x86_64".parse().unwrap() }
}

fn ticket(number: u64) -> TicketId {
    TicketId::new(number).unwrap()
}

fn key(path: &str) -> RepoKey {
    RepoKey { area: Area::Production, path: path.parse().unwrap() }
}

fn placement(number: u64, content: ContentId, mode: Mode) -> Placement {
    Placement { ticket: ticket(number), product: "storm".to_owned(), content, mode, target: target() }
}

/// A release that would enter `updates`, beside `base`.
fn entering(number: u64, content: ContentId, mode: Mode, outside: Vec<Outside>) -> GateQuestion {
    GateQuestion {
        target: target(),
        entering: Some((key("updates"), placement(number, content, mode))),
        standing: Vec::new(),
        beside: vec![key("base")],
        production: vec![key("base"), key("updates")],
        under_way: Vec::new(),
        outside,
    }
}

fn told(findings: &[Finding]) -> Vec<(String, Verdict)> {
    findings.iter().map(|finding| (finding.id(), finding.verdict)).collect()
}
