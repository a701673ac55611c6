//! Whether the process lives, and whether it can do its work.

use std::fs;

use crate::world::World;

#[test]
fn ready_says_what_is_missing_and_health_does_not_care() {
    let world = World::new();
    let server = world.serve();
    let asked = |path| server.get(path).map(|answer| (answer.status, answer.text)).unwrap();
    assert_eq!(asked("/health"), (200, "ok\n".to_owned()));
    assert_eq!(asked("/ready"), (200, "ready\n".to_owned()));

    let (tree, away) = (world.site.folder().join("repository"), world.site.folder().join("away"));
    fs::rename(&tree, &away).unwrap();
    let (status, told) = asked("/ready");
    assert!(told.starts_with(&format!("repository tree: {} is no repository tree", tree.display())), "{told}");
    assert_eq!(status, 503);
    assert_eq!(asked("/health"), (200, "ok\n".to_owned()));

    fs::rename(&away, &tree).unwrap();
    assert_eq!(asked("/ready"), (200, "ready\n".to_owned()));
    assert_eq!(server.stop().unwrap(), 0);
}
