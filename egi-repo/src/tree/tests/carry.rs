//! What left a repository stays reachable for a while, and old generations go.

use super::*;

fn release(world: &World, version: &str) -> Placement {
    let name = format!("storm-{version}-1.x86_64.rpm");
    placement(1, "storm", world.content(&[(&name, rpm("storm", version))]), Mode::Replace)
}

fn primary(world: &World) -> String {
    let repomd = world.text(&updates(), "repodata/repomd.xml");
    let at = repomd.find("-primary.xml.gz").unwrap();
    format!("repodata/{}-primary.xml.gz", &repomd[at - 64..at])
}

fn generations(world: &World) -> Vec<u64> {
    let known = prune::known_numbers(&world.tree.layout.generations(&updates())).unwrap();
    known.into_iter().filter(|(_, there)| *there).map(|(number, _)| number).collect()
}

#[test]
fn what_left_stays_for_the_grace_period() {
    let mut world = World::new();
    world.place(&updates(), &release(&world, "1.0"));
    let old = primary(&world);
    for (version, days) in [("1.1", 1), ("1.2", 2), ("1.3", 2), ("1.4", 2), ("1.5", 0)] {
        world.later(TimeDelta::days(days));
        world.place(&updates(), &release(&world, version));
        assert!(world.public(&updates(), "storm-1.0-1.x86_64.rpm").exists(), "{version}");
        assert!(world.public(&updates(), &old).exists(), "{version}");
        assert_eq!(world.listed(&updates()), [format!("storm-{version}-1.x86_64.rpm")]);
    }
    // It left on the first day; on the eighth its seven days are over.
    world.later(TimeDelta::days(1));
    world.place(&updates(), &release(&world, "1.6"));
    assert!(!world.public(&updates(), "storm-1.0-1.x86_64.rpm").exists());
    assert!(!world.public(&updates(), &old).exists());
    assert!(world.public(&updates(), "storm-1.1-1.x86_64.rpm").exists());
}

#[test]
fn what_left_stays_for_three_generations_however_slow_they_come() {
    let mut world = World::new();
    world.place(&updates(), &release(&world, "1.0"));
    let old = primary(&world);
    for (version, reachable) in [("1.1", true), ("1.2", true), ("1.3", true), ("1.4", false)] {
        world.later(TimeDelta::days(100));
        world.place(&updates(), &release(&world, version));
        assert_eq!(world.public(&updates(), &old).exists(), reachable, "{version}");
        assert_eq!(world.public(&updates(), "storm-1.0-1.x86_64.rpm").exists(), reachable, "{version}");
    }
}

#[test]
fn what_comes_back_is_not_counted_as_gone() {
    let mut world = World::new();
    let (first, second) = (release(&world, "1.0"), release(&world, "1.1"));
    for placement in [&first, &second, &first] {
        world.place(&updates(), placement);
    }
    for version in ["2.0", "2.1", "2.2"] {
        world.later(TimeDelta::days(6));
        let other = world.content(&[(&format!("argus-{version}-1.x86_64.rpm"), rpm("argus", version))]);
        world.place(&updates(), &placement(2, "argus", other, Mode::Replace));
    }
    assert!(world.listed(&updates()).contains(&"storm-1.0-1.x86_64.rpm".to_owned()));
    assert!(!world.public(&updates(), "storm-1.1-1.x86_64.rpm").exists());
}

#[test]
fn what_is_new_wins_over_what_left_at_the_same_place() {
    let world = World::new();
    let place = |files: &[(&str, Vec<u8>)]| {
        world.place(&updates(), &placement(1, "storm", world.content(files), Mode::Replace))
    };
    place(&[("storm.rpm", rpm("storm", "1.0")), ("other.rpm", rpm("other", "1.0")), ("d/x.rpm", rpm("x", "1.0"))]);
    let mended = rpm("storm", "1.1");
    place(&[("storm.rpm", mended.clone()), ("other.rpm/README", b"now a folder".to_vec()), ("d", b"file".to_vec())]);
    assert_eq!(fs::read(world.public(&updates(), "storm.rpm")).unwrap(), mended);
    assert_eq!(world.text(&updates(), "other.rpm/README"), "now a folder");
    assert_eq!(world.text(&updates(), "d"), "file");
}

#[test]
fn old_generations_go_but_never_the_live_one_and_the_youngest() {
    let mut world = World::new();
    for version in ["1.0", "1.1", "1.2", "1.3", "1.4"] {
        world.place(&updates(), &release(&world, version));
        world.later(TimeDelta::days(2));
    }
    // Published 10, 8, 6, 4 and 2 days ago.
    world.tree.prune(&world.lock, world.now).unwrap();
    assert_eq!(generations(&world), [3, 4, 5]);
    world.later(TimeDelta::days(100));
    world.tree.prune(&world.lock, world.now).unwrap();
    assert_eq!(generations(&world), [3, 4, 5]);
    world.place(&updates(), &release(&world, "1.5"));
    assert_eq!(generations(&world), [4, 5, 6]);
}

#[test]
fn a_generation_that_can_not_be_understood_is_left_for_a_person() {
    let mut world = World::new();
    for version in ["1.0", "1.1", "1.2", "1.3", "1.4"] {
        world.place(&updates(), &release(&world, version));
    }
    fs::write(world.tree.layout.generations(&updates()).join("@1/.nsrw-manifest.json"), "{").unwrap();
    world.later(TimeDelta::days(100));
    world.tree.prune(&world.lock, world.now).unwrap();
    assert_eq!(generations(&world), [1, 3, 4, 5]);
}

#[test]
fn a_live_generation_that_is_not_the_youngest_is_kept() {
    let mut world = World::new();
    for version in ["1.0", "1.1", "1.2", "1.3", "1.4"] {
        world.place(&updates(), &release(&world, version));
    }
    let link = world.tree.layout.live(&updates());
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(Layout::live_target(&updates(), 1), &link).unwrap();
    world.later(TimeDelta::days(100));
    world.tree.prune(&world.lock, world.now).unwrap();
    assert_eq!(generations(&world), [1, 3, 4, 5]);
    assert_eq!(world.listed(&updates()), ["storm-1.0-1.x86_64.rpm"]);
}
