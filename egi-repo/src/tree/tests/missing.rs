use super::*;

#[test]
fn a_folder_that_is_no_tree_does_not_become_one_by_being_opened() {
    let dir = TempDir::new().unwrap();
    for root in [dir.path().join("nowhere"), dir.path().to_owned()] {
        let error = RepoTree::open(&root).unwrap_err();
        assert!(matches!(error, RepoError::NoTree { .. }) && error.is_transient(), "{error:?}");
        assert!(error.to_string().contains("mount it") && error.to_string().contains("nsrw init"), "{error}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn a_tree_that_is_made_again_stays_as_it_is() {
    let world = World::new();
    let content = world.content(&[("a.txt", b"a".to_vec())]);
    world.place(&updates(), &placement(1, "a", content, Mode::Add));
    RepoTree::make(&world.dir.path().join("tree")).unwrap();
    assert_eq!(world.tree.live_keys().unwrap(), [updates()]);
}

#[test]
fn a_tree_that_goes_away_is_not_written_beside() {
    let world = World::new();
    let content = world.content(&[("a.txt", b"a".to_vec())]);
    let (root, away) = (world.dir.path().join("tree"), world.dir.path().join("away"));
    fs::rename(&root, &away).unwrap();
    fs::create_dir(&root).unwrap();
    assert!(matches!(world.tree.lock().unwrap_err(), RepoError::NoTree { .. }));
    assert!(matches!(world.tree.ensure_there().unwrap_err(), RepoError::NoTree { .. }));
    assert_eq!(fs::read_dir(&root).unwrap().count(), 0, "not even a lock");
    fs::remove_dir(&root).unwrap();
    fs::rename(&away, &root).unwrap();
    world.place(&updates(), &placement(1, "a", content, Mode::Add));
    assert_eq!(world.tree.live_keys().unwrap(), [updates()]);
}
