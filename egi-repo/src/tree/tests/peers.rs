//! Our indexes beside those of `createrepo_c` and `apt-ftparchive` over the same files.

use std::process::Command;

use deb822_fast::Deb822;
use rpmrepo_metadata::{Package, Repository};

use super::*;

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The packages of an index; the time of the file, which is not part of the package, set aside.
fn packages(root: &Path) -> BTreeMap<String, Package> {
    let repo = Repository::load_from_directory(root).unwrap();
    let mut packages: Vec<Package> = repo.packages().values().cloned().collect();
    for package in &mut packages {
        package.set_time_file(0);
    }
    packages.into_iter().map(|p| (p.location_href().to_owned(), p)).collect()
}

#[test]
fn yum_metadata_is_that_of_createrepo_c() {
    let world = World::new();
    let testing = crate::package::testing::rpm_bytes;
    let files = [
        ("rpms/storm-1.0-1.x86_64.rpm", testing("storm", "1.0", "1", "x86_64")),
        ("rpms/storm-1.0~rc1-1.el6.noarch.rpm", testing("storm", "1.0~rc1", "1.el6", "noarch")),
        ("c++lib-2^git1-1.i686.rpm", testing("c++lib", "2^git1", "1", "i686")),
    ];
    world.place(&updates(), &placement(1, "storm", world.content(&files), Mode::Add));
    let theirs = TempDir::new().unwrap();
    deliver(theirs.path(), &files);
    run(Command::new("createrepo_c").arg("--quiet").arg(theirs.path()));
    let (ours, theirs) = (packages(&world.public(&updates(), "")), packages(theirs.path()));
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    for (href, package) in &ours {
        assert_eq!(Some(package), theirs.get(href), "{href}");
    }
}

type Fields = BTreeMap<String, String>;

fn stanzas(text: &str) -> BTreeMap<String, Fields> {
    let paragraphs = text.parse::<Deb822>().unwrap();
    let fields = paragraphs.iter().map(|p| p.iter().map(|(n, v)| (n.to_owned(), v.trim().to_owned())));
    let fields = fields.map(Iterator::collect::<Fields>);
    fields.map(|f| (f["Filename"].clone(), f)).collect()
}

#[test]
fn apt_metadata_is_that_of_apt_ftparchive() {
    let world = World::new();
    let files = [
        ("pool/storm_1.0-1_amd64.deb", deb("storm", "1:1.0-1", "amd64")),
        ("argus_1.0_all.deb", deb("argus", "1.0", "all")),
    ];
    world.place(&updates(), &placement(1, "storm", world.content(&files), Mode::Add));
    let ours = stanzas(&world.text(&updates(), "dists/sl6/main/binary-amd64/Packages"));
    let theirs = TempDir::new().unwrap();
    deliver(theirs.path(), &files);
    let facts = ["-o", "APT::FTPArchive::SHA1=false", "-o", "APT::FTPArchive::SHA512=false"];
    let text = run(Command::new("apt-ftparchive").args(facts).args(["packages", "."]).current_dir(theirs.path()));
    let theirs = stanzas(&text.replace("Filename: ./", "Filename: "));
    assert_eq!(ours, theirs);
}

#[test]
fn an_apt_suite_is_complete_and_says_so() {
    let world = World::new();
    let content = world.content(&[
        ("a.deb", deb("a", "1", "amd64")),
        ("b.deb", deb("b", "1", "i386")),
        ("c.deb", deb("c", "1", "all")),
    ]);
    let mut place = placement(1, "x", content, Mode::Add);
    place.target.platform = "debian-squeeze".parse().unwrap();
    world.place(&updates(), &place);
    let release = world.text(&updates(), "dists/debian-squeeze/Release");
    let head: Vec<_> = release.lines().take(7).collect();
    let expected = [
        "Suite: debian-squeeze",
        "Codename: debian-squeeze",
        "Date: Mon, 02 Nov 2026 10:00:00 UTC",
        "Acquire-By-Hash: yes",
        "Architectures: amd64 i386",
        "Components: main",
        "SHA256:",
    ];
    assert_eq!(head, expected);
    for (arch, expected) in [("amd64", ["a", "c"]), ("i386", ["b", "c"])] {
        let folder = format!("main/binary-{arch}");
        let text = world.text(&updates(), &format!("dists/debian-squeeze/{folder}/Packages"));
        let names: Vec<_> = stanzas(&text).into_values().map(|f| f["Package"].clone()).collect();
        assert_eq!(names, expected);
        let line = format!(" {} {} {folder}/Packages", Sha256::of(text.as_bytes()), text.len());
        assert!(release.lines().any(|l| l == line), "{line}\n{release}");
    }
}

#[test]
fn packages_for_all_are_listed_for_the_releases_machines() {
    for (target, arch) in [("noarch", "amd64"), ("x86_64", "amd64"), ("aarch64", "arm64"), ("i686", "i386")] {
        let world = World::new();
        let mut place = placement(1, "x", world.content(&[("c.deb", deb("c", "1", "all"))]), Mode::Add);
        place.target.arch = target.parse().unwrap();
        world.place(&updates(), &place);
        let text = world.text(&updates(), &format!("dists/sl6/main/binary-{arch}/Packages"));
        assert!(text.starts_with("Package: c\n"), "{target}: {text}");
    }
}
