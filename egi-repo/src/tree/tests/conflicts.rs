//! Releases that can not lie together, and those that can.

use super::*;

/// The refusal when ticket 4 and then ticket 5 bring one file each.
fn refused(first: (&str, Vec<u8>), second: (&str, Vec<u8>)) -> String {
    let world = World::new();
    let (one, other) = (world.content(&[first]), world.content(&[second]));
    world.place(&updates(), &placement(4, "a", one, Mode::Add));
    let before = world.everything();
    let error = world.refuse(&updates(), &placement(5, "b", other, Mode::Add));
    assert_eq!(world.everything(), before);
    assert!(matches!(error, RepoError::Conflict(_)) && !error.is_transient());
    error.to_string()
}

#[test]
fn another_package_under_the_same_path_is_refused() {
    let (old, new) = (rpm("storm", "1.0"), rpm("storm", "1.1"));
    let expected = format!(
        "storm.rpm of ticket 4 (sha256 {}) and storm.rpm of ticket 5 (sha256 {}) differ, but have the same path. \
         Deliver one of them under a new version or release number",
        Sha256::of(&old),
        Sha256::of(&new)
    );
    assert_eq!(refused(("storm.rpm", old), ("storm.rpm", new)), expected);
}

#[test]
fn another_package_under_the_same_file_name_or_identity_is_refused() {
    let message = refused(("a/storm.rpm", rpm("storm", "1.0")), ("b/storm.rpm", rpm("storm", "1.1")));
    assert!(message.contains("are package files of the same name"), "{message}");
    let rebuilt = crate::package::testing::deb_of(
        &crate::package::testing::control("storm", "1.0", "amd64").replace("net", "web"),
        crate::package::testing::Packing::Gz,
    );
    let message = refused(("storm.deb", deb("storm", "1.0", "amd64")), ("again.deb", rebuilt));
    assert!(message.contains("are both the package storm_1.0_amd64."), "{message}");
    assert!(message.starts_with("storm.deb of ticket 4"), "{message}");
}

#[test]
fn a_file_where_the_other_has_a_folder_is_refused() {
    let message = refused(("docs/x", b"x".to_vec()), ("docs", b"y".to_vec()));
    assert!(message.starts_with("docs/x of ticket 4"), "{message}");
}

#[test]
fn of_other_files_the_newer_tickets_is_shown() {
    let world = World::new();
    let release = |text: &str| world.content(&[("README", text.as_bytes().to_vec())]);
    let (old, new) = (release("old"), release("new"));
    world.place(&updates(), &placement(5, "b", new, Mode::Add));
    world.place(&updates(), &placement(4, "a", old, Mode::Add));
    assert_eq!(world.text(&updates(), "README"), "new");
    world.withdraw(&updates(), 5);
    assert_eq!(world.text(&updates(), "README"), "old");
}

#[test]
fn the_same_package_at_two_paths_is_listed_once() {
    let world = World::new();
    let one = world.content(&[("a/storm.rpm", rpm("storm", "1.0")), ("a/x.deb", deb("x", "1", "all"))]);
    let other = world.content(&[("b/storm.rpm", rpm("storm", "1.0")), ("b/x.deb", deb("x", "1", "all"))]);
    world.place(&updates(), &placement(4, "a", one, Mode::Add));
    world.place(&updates(), &placement(5, "b", other, Mode::Add));
    assert_eq!(world.listed(&updates()), ["a/storm.rpm"]);
    let packages = world.text(&updates(), "dists/sl6/main/binary-amd64/Packages");
    assert_eq!(packages.matches("Package: x\n").count(), 1);
    assert_eq!(world.shown(&updates()).len(), 4);
}

#[test]
fn a_providers_own_indexes_are_not_shown() {
    let world = World::new();
    let content = world.content(&[
        ("storm.rpm", rpm("storm", "1.0")),
        ("repodata/repomd.xml", b"theirs".to_vec()),
        ("dists/x/Release", b"theirs".to_vec()),
        ("docs/repodata/kept", b"theirs".to_vec()),
    ]);
    world.place(&updates(), &placement(4, "a", content, Mode::Add));
    assert_eq!(world.shown(&updates()), ["docs/repodata/kept", "storm.rpm"]);
    assert_eq!(world.listed(&updates()), ["storm.rpm"]);
    assert_eq!(world.tree.load_content(content).unwrap().len(), 4);
}
