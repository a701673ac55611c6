//! Indexes that expire, and repositories that are published anew.

use super::*;

fn world(days: Option<i64>) -> World {
    World::with(TreeOptions { apt_valid: days.map(TimeDelta::days), ..TreeOptions::default() })
}

/// A repository with a deb, and one without.
fn fill(world: &World) -> RepoKey {
    let debs = key(Area::Production, "umd/4/debian/amd64/updates");
    let content = world.content(&[("storm_1.0_amd64.deb", deb("storm", "1.0", "amd64"))]);
    world.place(&debs, &placement(1, "storm", content, Mode::Add));
    let content = world.content(&[("storm-1.0-1.x86_64.rpm", rpm("storm", "1.0"))]);
    world.place(&updates(), &placement(2, "storm", content, Mode::Add));
    debs
}

#[test]
fn what_has_less_than_half_of_its_time_is_published_anew_as_it_is() {
    let mut world = world(Some(10));
    let debs = fill(&world);
    let release = |world: &World| world.text(&debs, "dists/sl6/Release");
    let first = release(&world);
    assert!(
        first.contains("\nDate: Mon, 02 Nov 2026 10:00:00 UTC\nValid-Until: Thu, 12 Nov 2026 10:00:00 UTC\n"),
        "{first}"
    );
    world.later(TimeDelta::days(5));
    assert_eq!(world.tree.find_stale(Stale::Expiring, world.now).unwrap(), []);
    world.later(TimeDelta::seconds(1));
    assert_eq!(world.tree.find_stale(Stale::Expiring, world.now).unwrap(), std::slice::from_ref(&debs));
    assert_eq!(world.tree.find_stale(Stale::All, world.now).unwrap().len(), 2);

    let entered = world.tree.generations(&debs).unwrap()[0].published;
    let (generation, added, removed) = published(&world.tree.publish_anew(&world.lock, &debs, world.now).unwrap());
    assert_eq!((generation, added.len(), removed.len()), (2, 0, 0));
    assert!(release(&world).contains("\nValid-Until: Tue, 17 Nov 2026 10:00:01 UTC\n"));
    assert_eq!(world.tree.find_stale(Stale::Expiring, world.now).unwrap(), []);
    let manifest = Manifest::read(&world.tree.layout.live(&debs)).unwrap().unwrap();
    assert_eq!(manifest.entered_at(ticket(1)), entered, "it did not enter again");
    assert_eq!(world.place(&debs, &manifest.placements[0]), Change::Unchanged);
}

#[test]
fn without_the_setting_nothing_expires() {
    let mut world = world(None);
    let debs = fill(&world);
    assert!(!world.text(&debs, "dists/sl6/Release").contains("Valid-Until"));
    world.later(TimeDelta::days(10_000));
    assert_eq!(world.tree.find_stale(Stale::Expiring, world.now).unwrap(), []);
    let nowhere = key(Area::Production, "nowhere");
    assert_eq!(world.tree.publish_anew(&world.lock, &nowhere, world.now).unwrap(), Change::Unchanged);
}
