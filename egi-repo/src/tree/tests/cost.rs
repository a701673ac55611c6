//! What a change costs: the packages that it changes, and no others.

use super::*;

/// So many packages of one release, named so that they are spread over the index.
fn many(world: &World, count: usize) -> ContentId {
    let packages: Vec<(String, Vec<u8>)> = (0..count)
        .map(|n| {
            let name = format!("tool{}", Sha256::of(&n.to_le_bytes()).to_hex().split_at(8).0);
            (format!("{name}-1.0-1.x86_64.rpm"), rpm(&name, "1.0"))
        })
        .collect();
    let files: Vec<_> = packages.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).collect();
    world.content(&files)
}

#[test]
fn one_package_more_reads_no_other_package() {
    let world = World::new();
    world.place(&updates(), &placement(1, "many", many(&world, 600), Mode::Add));
    let (rendered, read) = world.tree.metadata.effort();
    assert_eq!(rendered, 600, "each once, when it came in");
    let more = world.content(&[("storm-1.0-1.x86_64.rpm", rpm("storm", "1.0"))]);
    world.place(&updates(), &placement(2, "storm", more, Mode::Add));
    let (now_rendered, now_read) = world.tree.metadata.effort();
    assert_eq!(now_rendered - rendered, 1, "the new package alone is parsed");
    // What was kept of the packages in its run, and of its own for the check of names.
    assert!(now_read - read < 550, "{}", now_read - read);
    assert_eq!(world.listed(&updates()).len(), 601);

    world.withdraw(&updates(), 2);
    assert_eq!(world.tree.metadata.effort(), (now_rendered, now_read), "what was there before is there still");
    assert_eq!(world.listed(&updates()).len(), 600);
}

#[test]
fn what_was_rendered_serves_the_next_run_and_every_repository() {
    let world = World::new();
    let content = many(&world, 20);
    world.place(&updates(), &placement(1, "many", content, Mode::Add));
    let again = RepoTree::open(&world.dir.path().join("tree")).unwrap();
    let rollout = key(Area::StageRollout, "x/1");
    again.ensure_placed(&world.lock, &rollout, &placement(1, "many", content, Mode::Add), world.now).unwrap();
    assert_eq!(again.metadata.effort().0, 0);
    let index = |key: &RepoKey| {
        let folder = fs::read_dir(world.public(key, "repodata")).unwrap().map(|e| e.unwrap().file_name());
        folder.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(index(&rollout), index(&updates()), "the same packages have the same indexes");
}

#[test]
fn damaged_missing_and_older_metadata_is_rendered_anew() {
    let world = World::new();
    let content = many(&world, 5);
    world.place(&updates(), &placement(1, "many", content, Mode::Add));
    let files = |folder: &str| {
        let found = WalkDir::new(world.tree.layout.metadata().join(folder)).into_iter().map(Result::unwrap);
        found.filter(|e| e.file_type().is_file()).map(walkdir::DirEntry::into_path).collect::<Vec<_>>()
    };
    let good = fs::read(world.public(&updates(), "repodata/repomd.xml")).unwrap();
    let publish_elsewhere = |name: &str| {
        let key = key(Area::StageRollout, name);
        world.place(&key, &placement(1, "many", content, Mode::Add));
        assert_eq!(fs::read(world.public(&key, "repodata/repomd.xml")).unwrap(), good, "{name}");
    };
    for (name, spoil, again) in [
        // The last byte is one package's.
        ("flipped", (|bytes: &mut Vec<u8>| *bytes.last_mut().unwrap() ^= 1) as fn(&mut Vec<u8>), 1),
        ("cut", |bytes| bytes.truncate(100), 5),
        ("empty", Vec::clear, 5),
        ("older", |bytes| bytes[14] = b'0', 5),
    ] {
        let (rendered, _) = world.tree.metadata.effort();
        for path in files("pieces").into_iter().chain(files("blocks")) {
            let mut bytes = fs::read(&path).unwrap();
            spoil(&mut bytes);
            fs::write(&path, bytes).unwrap();
        }
        publish_elsewhere(name);
        // To plan, which keeps nothing, headers are enough.
        assert_eq!(world.tree.metadata.effort().0 - rendered, again, "{name}");
    }
    for folder in ["pieces", "blocks"] {
        fs::remove_dir_all(world.tree.layout.metadata().join(folder)).unwrap();
    }
    publish_elsewhere("missing");
    assert_eq!(files("pieces").len(), 1, "all of a release's in one file");
}

#[test]
fn a_change_of_one_package_changes_one_run() {
    let world = World::new();
    let blocks = || {
        let found = WalkDir::new(world.tree.layout.metadata().join("blocks")).into_iter().map(Result::unwrap);
        found.filter(|e| e.file_type().is_file()).count()
    };
    world.place(&updates(), &placement(1, "many", many(&world, 600), Mode::Add));
    let before = blocks();
    assert!(before >= 2, "{before}");
    let more = world.content(&[("storm-1.0-1.x86_64.rpm", rpm("storm", "1.0"))]);
    world.place(&updates(), &placement(2, "storm", more, Mode::Add));
    // At most the run it is in, split in two.
    assert!(blocks() - before <= 2, "{} more", blocks() - before);
}

#[test]
fn a_package_is_indexed_by_its_header_whatever_its_file_is_called() {
    let world = World::new();
    let content = world.content(&[
        ("other-9.9-9.noarch.rpm", rpm("storm", "1.0")),
        ("other_9.9_all.deb", deb("argus", "1.0", "amd64")),
    ]);
    world.place(&updates(), &placement(1, "storm", content, Mode::Add));
    let repo = rpmrepo_metadata::Repository::load_from_directory(&world.public(&updates(), "")).unwrap();
    let found: Vec<_> = repo.packages().values().map(|p| (p.name().to_owned(), p.location_href().to_owned())).collect();
    assert_eq!(found, [("storm".to_owned(), "other-9.9-9.noarch.rpm".to_owned())]);
    let packages = world.text(&updates(), "dists/sl6/main/binary-amd64/Packages");
    assert!(packages.contains("Package: argus\n") && packages.contains("Filename: other_9.9_all.deb\n"), "{packages}");
}
