//! Releases enter and leave repositories.

use super::*;

#[test]
fn a_placed_release_is_served_with_its_index() {
    let world = World::new();
    let bytes = rpm("storm", "1.0");
    let size = bytes.len() as u64;
    let content = world.content(&[("rpms/storm-1.0-1.x86_64.rpm", bytes.clone())]);
    let change = world.place(&updates(), &placement(7, "storm", content, Mode::Add));
    let path: RelPath = "rpms/storm-1.0-1.x86_64.rpm".parse().unwrap();
    let expected = Change::Published { generation: 1, added: vec![path], removed: vec![], bytes_added: size };
    assert_eq!(change, expected);
    assert_eq!(fs::read(world.public(&updates(), "rpms/storm-1.0-1.x86_64.rpm")).unwrap(), bytes);
    assert_eq!(world.listed(&updates()), ["rpms/storm-1.0-1.x86_64.rpm"]);
    assert_eq!(world.tree.live_keys().unwrap(), [updates()]);
    let link = fs::read_link(world.tree.public_root().join("production/umd/4/sl6/x86_64/updates")).unwrap();
    assert_eq!(link, Path::new("../../../../../../generations/production/umd/4/sl6/x86_64/updates/@1"));
}

#[test]
fn the_same_again_writes_nothing() {
    let world = World::new();
    let content = world.content(&[("storm-1.0-1.x86_64.rpm", rpm("storm", "1.0"))]);
    let placement = placement(7, "storm", content, Mode::Replace);
    world.place(&updates(), &placement);
    let before = world.everything();
    assert_eq!(world.place(&updates(), &placement), Change::Unchanged);
    assert_eq!(world.withdraw(&updates(), 8), Change::Unchanged);
    assert_eq!(world.withdraw(&key(Area::StageRollout, "none"), 7), Change::Unchanged);
    assert_eq!(world.everything(), before);
}

#[test]
fn replace_makes_the_products_others_leave_and_add_keeps_them() {
    let world = World::new();
    let release =
        |name: &str, version| world.content(&[(format!("{name}-{version}-1.x86_64.rpm").as_str(), rpm(name, version))]);
    world.place(&updates(), &placement(1, "storm", release("storm", "1.0"), Mode::Add));
    world.place(&updates(), &placement(2, "argus", release("argus", "1.0"), Mode::Add));
    world.place(&updates(), &placement(3, "storm", release("storm", "1.1"), Mode::Add));
    assert_eq!(world.shown(&updates()), ["argus-1.0-1.x86_64.rpm", "storm-1.0-1.x86_64.rpm", "storm-1.1-1.x86_64.rpm"]);
    let change = world.place(&updates(), &placement(4, "storm", release("storm", "2.0"), Mode::Replace));
    let removed = vec!["storm-1.0-1.x86_64.rpm".to_owned(), "storm-1.1-1.x86_64.rpm".to_owned()];
    assert_eq!(published(&change), (4, vec!["storm-2.0-1.x86_64.rpm".to_owned()], removed));
    assert_eq!(world.listed(&updates()), ["argus-1.0-1.x86_64.rpm", "storm-2.0-1.x86_64.rpm"]);
}

#[test]
fn two_tickets_with_the_same_content_leave_one_by_one() {
    let world = World::new();
    let content = world.content(&[("storm-1.0-1.x86_64.rpm", rpm("storm", "1.0"))]);
    world.place(&updates(), &placement(1, "storm", content, Mode::Add));
    let second = world.place(&updates(), &placement(2, "storm", content, Mode::Add));
    assert_eq!(published(&second), (2, vec![], vec![]));
    assert_eq!(published(&world.withdraw(&updates(), 1)), (3, vec![], vec![]));
    assert_eq!(world.listed(&updates()), ["storm-1.0-1.x86_64.rpm"]);
    assert!(matches!(world.withdraw(&updates(), 2), Change::Emptied { .. }));
}

#[test]
fn an_emptied_repository_is_gone_with_its_empty_folders() {
    let world = World::new();
    let content = world.content(&[("storm-1.0-1.x86_64.rpm", rpm("storm", "1.0"))]);
    let (one, other) = (key(Area::Unverified, "umd-4.storm/1/0/0"), key(Area::Unverified, "umd-4.storm/1/1/0"));
    world.place(&one, &placement(1, "storm", content, Mode::Replace));
    world.place(&other, &placement(2, "storm", content, Mode::Replace));
    let change = world.withdraw(&one, 1);
    assert_eq!(change, Change::Emptied { removed: vec!["storm-1.0-1.x86_64.rpm".parse().unwrap()] });
    let area = world.tree.public_root().join("unverified");
    assert!(!area.join("umd-4.storm/1/0").exists() && area.join("umd-4.storm/1/1/0").exists());
    world.withdraw(&other, 2);
    let left: Vec<_> = fs::read_dir(&area).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["@"], "the way to every generation stays");
    assert_eq!((world.tree.probe_live(&one).unwrap(), world.tree.live_keys().unwrap()), (None, vec![]));
    let again = world.place(&one, &placement(1, "storm", content, Mode::Replace));
    assert_eq!(published(&again).0, 2, "numbers go on");
}

#[test]
fn a_preview_tells_the_same_and_writes_nothing() {
    let world = World::new();
    let first = world.content(&[("storm-1.0-1.x86_64.rpm", rpm("storm", "1.0"))]);
    let second = world.content(&[("storm-1.1-1.x86_64.rpm", rpm("storm", "1.1"))]);
    world.place(&updates(), &placement(1, "storm", first, Mode::Add));
    let next = placement(2, "storm", second, Mode::Replace);
    let before = world.everything();
    let placing = world.tree.preview_placed(&updates(), &next).unwrap();
    let withdrawing = world.tree.preview_withdrawn(&updates(), ticket(1)).unwrap();
    assert_eq!(world.everything(), before);
    assert_eq!(placing, world.place(&updates(), &next));
    assert_eq!(withdrawing, Change::Emptied { removed: vec!["storm-1.0-1.x86_64.rpm".parse().unwrap()] });
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let serve = || {
        let world = World::new();
        let content = world.content(&[
            ("storm-1.0-1.x86_64.rpm", rpm("storm", "1.0")),
            ("storm_1.0_amd64.deb", deb("storm", "1.0", "amd64")),
        ]);
        world.place(&updates(), &placement(1, "storm", content, Mode::Add));
        let root = world.public(&updates(), "").canonicalize().unwrap();
        let files = WalkDir::new(&root).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
        let read = |path: &Path| (path.strip_prefix(&root).unwrap().to_owned(), fs::read(path).unwrap());
        files.map(|e| read(e.path())).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(serve(), serve());
}

#[test]
fn one_repository_can_not_lie_in_another() {
    let world = World::new();
    let content = world.content(&[("README", b"hello".to_vec())]);
    let (inner, outer) = (key(Area::Unverified, "x/1/7/3/1"), key(Area::Unverified, "x/1/7/3"));
    world.place(&outer, &placement(1, "x", content, Mode::Replace));
    let error = world.refuse(&inner, &placement(2, "x", content, Mode::Replace)).to_string();
    assert!(error.starts_with("unverified/x/1/7/3/1 can not be published:"), "{error}");
    world.withdraw(&outer, 1);
    world.place(&inner, &placement(2, "x", content, Mode::Replace));
    let error = world.refuse(&outer, &placement(1, "x", content, Mode::Replace));
    assert!(matches!(error, RepoError::Nested { .. }), "{error}");
    assert_eq!(world.tree.live_keys().unwrap(), [inner]);
}

#[test]
fn a_repository_without_packages_has_no_index() {
    let world = World::new();
    let content = world.content(&[("docs/README", b"hello".to_vec())]);
    world.place(&updates(), &placement(1, "x", content, Mode::Replace));
    assert_eq!(world.text(&updates(), "docs/README"), "hello");
    assert!(!world.public(&updates(), "repodata").exists() && !world.public(&updates(), "dists").exists());
}
