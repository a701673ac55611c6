//! Several repositories changed together: all or none, whenever it is interrupted.

use super::*;
use crate::tree::together::{Switch, note};

const PLATFORMS: [&str; 3] = ["sl5", "sl6", "centos7"];

fn repo(platform: &str) -> RepoKey {
    key(Area::Production, &format!("umd/4/{platform}/x86_64/updates"))
}

/// The same product and version for each platform; tickets count from `first`.
fn set(world: &World, first: u64, version: &str) -> Vec<(RepoKey, Placement)> {
    let member = |(number, platform): (u64, &str)| {
        let name = format!("storm-{version}-1.{platform}.rpm");
        let content = world.content(&[(&name, rpm("storm", version))]);
        (repo(platform), placement(number, &format!("storm.{platform}"), content, Mode::Replace))
    };
    (first..).zip(PLATFORMS).map(member).collect()
}

fn place(world: &World, set: &[(RepoKey, Placement)]) -> Result<Vec<(RepoKey, Change)>, RepoError> {
    world.tree.ensure_all_placed(&world.lock, set, world.now)
}

/// The tickets each repository shows.
fn seen(world: &World) -> Vec<Vec<u64>> {
    let live = |platform: &&str| world.tree.probe_live(&repo(platform)).unwrap();
    let tickets =
        |live: Option<Live>| live.map_or_else(Vec::new, |l| l.placements.iter().map(|p| p.ticket.get()).collect());
    PLATFORMS.iter().map(|platform| tickets(live(platform))).collect()
}

#[test]
fn a_set_is_placed_once() {
    let world = World::new();
    let set = set(&world, 1, "1.0");
    assert_eq!(world.tree.preview_all_placed(&set).unwrap().len(), 3);
    assert_eq!(seen(&world), [[]; 3] as [[u64; 0]; 3]);
    let changes = place(&world, &set).unwrap();
    assert!(changes.iter().all(|(_, change)| published(change).0 == 1), "{changes:?}");
    assert_eq!(seen(&world), [[1], [2], [3]]);
    assert!(place(&world, &set).unwrap().iter().all(|(_, change)| *change == Change::Unchanged));
    assert!(!world.tree.layout.intent().exists());
}

#[test]
fn members_may_share_a_repository() {
    let world = World::new();
    let shared = repo("any");
    let set: Vec<_> = set(&world, 1, "1.0").into_iter().map(|(_, placement)| (shared.clone(), placement)).collect();
    let changes = place(&world, &set).unwrap();
    assert_eq!(changes.len(), 1);
    let live = world.tree.probe_live(&shared).unwrap().unwrap();
    assert_eq!(live.placements.iter().map(|p| p.ticket.get()).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn one_refused_member_keeps_all_out() {
    let world = World::new();
    place(&world, &set(&world, 1, "1.0")).unwrap();
    // Another product has a package of this name in the last repository.
    let content = world.content(&[("storm-1.1-1.centos7.rpm", rpm("other", "1.1"))]);
    world.place(&repo("centos7"), &placement(9, "other", content, Mode::Add));
    let before = world.everything();
    let refused = place(&world, &set(&world, 4, "1.1")).unwrap_err();
    assert!(matches!(refused, RepoError::Conflict(_)), "{refused}");
    assert_eq!(seen(&world), [vec![1], vec![2], vec![3, 9]]);
    let generations = |all: &BTreeMap<PathBuf, u64>| all.keys().filter(|p| p.ends_with("@2")).count();
    assert_eq!(generations(&world.everything()), generations(&before), "nothing was built");
}

#[test]
fn what_fails_while_it_is_built_leaves_nothing() {
    let world = World::new();
    place(&world, &set(&world, 1, "1.0")).unwrap();
    let next = set(&world, 4, "1.1");
    // The last one's folder can not get a new name.
    let folder = world.tree.layout.generations(&repo("sl6"));
    let aside = folder.with_file_name("aside");
    fs::rename(&folder, &aside).unwrap();
    fs::write(&folder, "no folder").unwrap();
    place(&world, &next).unwrap_err();
    fs::remove_file(&folder).unwrap();
    fs::rename(&aside, &folder).unwrap();
    assert_eq!(seen(&world), [[1], [2], [3]]);
    assert!(!world.tree.layout.generations(&repo("centos7")).join("@2").exists(), "built first, and gone again");
    place(&world, &next).unwrap();
    assert_eq!(seen(&world), [[4], [5], [6]]);
}

/// A tree in which the second set is built and noted, and `made` of its switches are made.
fn interrupted(made: usize) -> World {
    let world = World::new();
    place(&world, &set(&world, 1, "1.0")).unwrap();
    let old: Vec<_> = PLATFORMS.map(|p| fs::read_link(world.tree.layout.live(&repo(p))).unwrap()).into();
    place(&world, &set(&world, 4, "1.1")).unwrap();
    let switches: Vec<_> = PLATFORMS.iter().map(|p| Switch { repo: repo(p), generation: 2 }).collect();
    note(&world.tree.layout, &switches).unwrap();
    for (platform, old) in PLATFORMS.iter().zip(old).skip(made) {
        let live = world.tree.layout.live(&repo(platform));
        fs::remove_file(&live).unwrap();
        std::os::unix::fs::symlink(old, &live).unwrap();
    }
    // Killed between making the link and giving it its place.
    std::os::unix::fs::symlink("nowhere", world.tree.layout.tmp().join("live")).unwrap();
    world
}

#[test]
fn what_was_noted_is_finished_by_whoever_takes_the_lock() {
    for made in 0..=3 {
        let mut world = interrupted(made);
        let half: Vec<_> = [4, 5, 6].iter().take(made).chain([1, 2, 3].iter().skip(made)).map(|t| vec![*t]).collect();
        assert_eq!(seen(&world), half);
        drop(std::mem::replace(
            &mut world.lock,
            RepoLock::acquire(&world.dir.path().join("other"), Duration::ZERO).unwrap(),
        ));
        world.lock = world.tree.lock().unwrap();
        assert_eq!(seen(&world), [[4], [5], [6]], "{made} switches were made");
        assert!(!world.tree.layout.intent().exists());
        assert_eq!(world.listed(&repo("sl6")), ["storm-1.1-1.sl6.rpm"]);
    }
}

#[test]
fn a_set_that_was_built_and_not_noted_is_built_anew() {
    let world = interrupted(0);
    fs::remove_file(world.tree.layout.intent()).unwrap();
    world.tree.prune(&world.lock, world.now).unwrap();
    assert_eq!(seen(&world), [[1], [2], [3]]);
    let changes = place(&world, &set(&world, 4, "1.1")).unwrap();
    assert!(changes.iter().all(|(_, change)| published(change).0 == 2), "{changes:?}");
    assert_eq!(seen(&world), [[4], [5], [6]]);
}
