//! What killed runs leave behind does not hinder the next one.

use super::*;

fn storm(world: &World, number: u64, version: &str) -> Placement {
    let name = format!("storm-{version}-1.x86_64.rpm");
    placement(number, "storm", world.content(&[(&name, rpm("storm", version))]), Mode::Replace)
}

#[test]
fn half_built_things_are_cleared_away() {
    let world = World::new();
    world.place(&updates(), &storm(&world, 1, "1.0"));
    let tmp = world.tree.layout.tmp();
    fs::create_dir_all(tmp.join("generation/repodata")).unwrap();
    fs::write(tmp.join("generation/repodata/primary.xml.gz"), "half").unwrap();
    std::os::unix::fs::symlink("nowhere", tmp.join("live")).unwrap();
    fs::write(tmp.join("a draft of a copy"), "half").unwrap();
    let half = world.tree.layout.generations(&updates()).join("@2");
    fs::create_dir(&half).unwrap();
    fs::write(half.join("storm.rpm"), "half").unwrap();

    assert_eq!(published(&world.place(&updates(), &storm(&world, 2, "1.1"))).0, 2);
    assert_eq!(world.listed(&updates()), ["storm-1.1-1.x86_64.rpm"]);
    assert_eq!(fs::read_dir(&tmp).unwrap().count(), 0);
    assert!(!half.join("storm.rpm").exists());
}

#[test]
fn a_run_killed_before_the_switch_changed_nothing_that_is_seen() {
    let mut world = World::new();
    let (first, second) = (storm(&world, 1, "1.0"), storm(&world, 2, "1.1"));
    world.place(&updates(), &first);
    world.later(TimeDelta::hours(1));
    let link = world.tree.layout.live(&updates());
    let before = fs::read_link(&link).unwrap();
    world.place(&updates(), &second);
    // As if the last rename had not happened.
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(&before, &link).unwrap();
    assert_eq!(world.listed(&updates()), ["storm-1.0-1.x86_64.rpm"]);

    // What nobody has seen is nothing to go back to.
    let known: Vec<_> = world.tree.generations(&updates()).unwrap().iter().map(|g| g.generation).collect();
    assert_eq!(known, [1]);
    for (to, there) in [(Point::Generation(2), false), (Point::Date(world.now), true)] {
        let back = world.tree.preview_roll_back(&updates(), to);
        assert_eq!(back.ok(), there.then_some(Change::Unchanged), "{to}");
    }

    assert_eq!(published(&world.place(&updates(), &second)).0, 2);
    assert_eq!(world.listed(&updates()), ["storm-1.1-1.x86_64.rpm"]);
}

#[test]
fn an_emptying_that_was_killed_is_finished() {
    let world = World::new();
    world.place(&updates(), &storm(&world, 1, "1.0"));
    fs::remove_file(world.tree.layout.live(&updates())).unwrap();
    assert_eq!(world.withdraw(&updates(), 1), Change::Unchanged);
    assert_eq!(world.tree.live_keys().unwrap(), []);
    assert_eq!(published(&world.place(&updates(), &storm(&world, 2, "1.1"))).0, 2);
}
