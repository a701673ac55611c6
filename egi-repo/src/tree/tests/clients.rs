//! Clients that read while repositories are published.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;

/// Reads a repository as `dnf` does, by its public path each time. Tells the generation it saw.
fn read_yum(root: &Path) -> u64 {
    let repomd = fs::read_to_string(root.join("repodata/repomd.xml")).unwrap();
    for href in values(&repomd, "href=\"") {
        let packed = fs::read(root.join(href)).unwrap_or_else(|e| panic!("{href}: {e}"));
        assert_eq!(Sha256::of(&packed).to_hex(), href["repodata/".len()..][..64], "{href}");
        if href.ends_with("-primary.xml.gz") {
            let mut primary = String::new();
            flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut primary).unwrap();
            for (href, digest) in values(&primary, "href=\"").into_iter().zip(values(&primary, "pkgid=\"YES\">")) {
                let package = fs::read(root.join(href)).unwrap_or_else(|e| panic!("{href}: {e}"));
                assert_eq!(Sha256::of(&package).to_hex(), digest, "{href}");
            }
        }
    }
    values(&repomd, "<revision>")[0].parse().unwrap()
}

/// Reads a repository as `apt` does. Tells the date it saw.
fn read_apt(root: &Path) -> String {
    let suite = root.join("dists/sl6");
    let release = fs::read_to_string(suite.join("Release")).unwrap();
    for line in release.lines().filter_map(|l| l.strip_prefix(' ')) {
        let [digest, _, path] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let by_hash = suite.join(path).parent().unwrap().join("by-hash/SHA256").join(digest);
        let bytes = fs::read(&by_hash).unwrap_or_else(|e| panic!("{}: {e}", by_hash.display()));
        assert_eq!(Sha256::of(&bytes).to_hex(), digest);
        if path.ends_with("/Packages") {
            let text = String::from_utf8(bytes).unwrap();
            for (name, digest) in values(&text, "\nFilename: ").into_iter().zip(values(&text, "\nSHA256: ")) {
                assert_eq!(Sha256::of(&fs::read(root.join(name)).unwrap()).to_hex(), digest, "{name}");
            }
        }
    }
    values(&release, "Date: ")[0].to_owned()
}

/// What follows each `mark`, up to the next quote, tag or line end.
fn values<'a>(text: &'a str, mark: &str) -> Vec<&'a str> {
    text.split(mark).skip(1).map(|rest| rest.split(['"', '<', '\n']).next().unwrap()).collect()
}

#[test]
fn readers_never_see_a_missing_or_mixed_file() {
    let mut world = World::new();
    let root = world.tree.public_root().join(updates().public_path());
    let stays = world
        .content(&[("argus-1.0-1.x86_64.rpm", rpm("argus", "1.0")), ("argus_1.0_all.deb", deb("argus", "1.0", "all"))]);
    world.place(&updates(), &placement(1, "argus", stays, Mode::Add));
    // A reader that failed here would leave the other waiting below.
    assert_eq!(read_yum(&root), 1);
    read_apt(&root);
    let (done, started) = (AtomicBool::new(false), Barrier::new(3));
    let watch = |read: &dyn Fn() -> String| {
        let mut seen = BTreeSet::from([read()]);
        started.wait();
        while !done.load(Ordering::Acquire) {
            seen.insert(read());
        }
        seen.insert(read());
        seen.len()
    };
    thread::scope(|scope| {
        let yum = scope.spawn(|| watch(&|| read_yum(&root).to_string()));
        let apt = scope.spawn(|| watch(&|| read_apt(&root)));
        started.wait();
        for number in 2..=51 {
            world.later(TimeDelta::minutes(10));
            let version = format!("1.{number}");
            let content = world.content(&[
                (&format!("storm-{version}-1.x86_64.rpm"), rpm("storm", &version)),
                (&format!("storm_{version}_amd64.deb"), deb("storm", &version, "amd64")),
            ]);
            world.place(&updates(), &placement(number, "storm", content, Mode::Replace));
        }
        done.store(true, Ordering::Release);
        assert!(yum.join().unwrap() >= 2 && apt.join().unwrap() >= 2);
    });
    assert_eq!(read_yum(&root), 51);
}

#[test]
fn a_slow_client_still_finds_what_its_index_names() {
    let world = World::new();
    let release =
        |version: &str| world.content(&[(format!("storm-{version}-1.x86_64.rpm").as_str(), rpm("storm", version))]);
    world.place(&updates(), &placement(1, "storm", release("1.0"), Mode::Replace));
    let repomd = world.text(&updates(), "repodata/repomd.xml");
    world.place(&updates(), &placement(2, "storm", release("1.1"), Mode::Replace));
    assert_ne!(world.text(&updates(), "repodata/repomd.xml"), repomd);
    for href in values(&repomd, "href=\"") {
        assert!(world.public(&updates(), href).exists(), "{href}");
    }
    assert!(world.public(&updates(), "storm-1.0-1.x86_64.rpm").exists());
}
