use std::os::unix::fs::symlink;

use super::*;

fn world_with(files: &[(&str, &str)]) -> (World, String) {
    let mut world = World::new();
    let root = world.dir.path().join("deliveries");
    write_tree(&root.join("ca 1"), files);
    world.policy.local_roots = vec![root.clone()];
    let url = format!("file://{}/ca%201", root.display());
    (world, url)
}

fn delivery(world: &World) -> std::path::PathBuf {
    world.dir.path().join("deliveries/ca 1")
}

#[test]
fn the_whole_tree_is_copied_listed_or_not() {
    let files = [("a.rpm", "a"), ("extra/b.rpm", "bb")];
    let (world, url) = world_with(&files);
    assert_eq!(world.fetch(&url, &listed(&files[..1])).unwrap(), Fetched { files: 2, bytes: 3, resumed_bytes: 0 });
    assert_eq!(world.landed(), tree(&files));

    fs::remove_file(delivery(&world).join("extra/b.rpm")).unwrap();
    assert_eq!(world.fetch(&url, &listed(&files[..1])).unwrap(), Fetched { files: 1, bytes: 1, resumed_bytes: 1 });
    assert_eq!(world.landed(), tree(&files[..1]));
}

#[test]
fn links_special_files_and_bad_names_are_refused_all_at_once() {
    let (world, url) = world_with(&[("a.rpm", "a"), ("sp ace", "x"), (".hidden", "x")]);
    let folder = delivery(&world);
    symlink("/etc/passwd", folder.join("absolute")).unwrap();
    symlink("a.rpm", folder.join("inside")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(folder.join("socket")).unwrap());

    let error = world.fetch(&url, &listed(&[])).unwrap_err();

    assert!(!error.is_transient());
    let text = error.to_string();
    for part in [
        "\"absolute\" is a link to \"/etc/passwd\", outside the tree",
        "\"inside\" is a link to \"a.rpm\": deliver the file itself",
        "\"socket\" is a device, socket or FIFO",
        "\"sp ace\" has a name",
        "\".hidden\" has a name",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(world.landed().is_empty());
}

#[test]
fn only_allowed_folders_are_read() {
    let (mut world, url) = world_with(&[("a.rpm", "a")]);
    write_tree(&world.dir.path().join("private"), &[("key", "secret")]);
    symlink(world.dir.path().join("private"), world.dir.path().join("deliveries/way-out")).unwrap();
    let base = format!("file://{}", world.dir.path().display());
    for source in [format!("{base}/private"), format!("{base}/deliveries/way-out"), format!("{base}/nowhere")] {
        let error = world.fetch(&source, &listed(&[])).unwrap_err();
        assert!(matches!(error, FetchError::FolderRefused { .. }), "{source}: {error:?}");
    }
    let error = world.fetch(&format!("{base}/deliveries/%2e%2e/private"), &listed(&[])).unwrap_err();
    assert!(matches!(error, FetchError::Unsuitable { .. }), "{error:?}");
    world.policy.local_roots.clear();
    let error = world.fetch(&url, &listed(&[])).unwrap_err();
    assert!(matches!(error, FetchError::FolderRefused { .. }), "{error:?}");
}

#[test]
fn limits_hold() {
    let (mut world, url) = world_with(&[("a", "123"), ("b", "123")]);
    world.policy.limits.max_files = 1;
    let error = world.fetch(&url, &listed(&[])).unwrap_err();
    assert!(matches!(error, FetchError::OverLimit { excess: Excess::Files { limit: 1 }, .. }), "{error:?}");
    world.policy.limits.max_files = 2;
    world.policy.limits.max_bytes = 5;
    let error = world.fetch(&url, &listed(&[])).unwrap_err();
    assert!(matches!(error, FetchError::OverLimit { excess: Excess::Bytes { limit: 5 }, .. }), "{error:?}");
}

#[test]
fn a_hard_link_arrives_as_a_file_of_its_own() {
    let (world, url) = world_with(&[("a.rpm", "a")]);
    fs::hard_link(delivery(&world).join("a.rpm"), delivery(&world).join("b.rpm")).unwrap();
    world.fetch(&url, &listed(&[])).unwrap();
    fs::write(delivery(&world).join("a.rpm"), "changed").unwrap();
    assert_eq!(world.landed(), tree(&[("a.rpm", "a"), ("b.rpm", "a")]));
}

#[test]
fn folders_without_end_are_not_walked_to_it() {
    let (mut world, url) = world_with(&[("a", "123")]);
    for n in 0..4 {
        fs::create_dir(delivery(&world).join(format!("empty-{n}"))).unwrap();
    }
    world.policy.limits.max_files = 3;
    let error = world.fetch(&url, &listed(&[])).unwrap_err();
    assert!(matches!(error, FetchError::OverLimit { excess: Excess::Folders { limit: 3 }, .. }), "{error:?}");
}
