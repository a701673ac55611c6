//! Back to an earlier generation, what is garbage, and what has rotted.

use super::*;
use crate::progress::Silent;

fn storm(world: &World, number: u64, version: &str) -> Placement {
    let name = format!("storm-{version}-1.x86_64.rpm");
    placement(number, "storm", world.content(&[(&name, rpm("storm", version))]), Mode::Replace)
}

/// Three releases of a product, an hour apart: generations 1 to 3.
fn three() -> World {
    let mut world = World::new();
    for (number, version) in [(1, "1.0"), (2, "1.1"), (3, "1.2")] {
        let release = storm(&world, number, version);
        world.place(&updates(), &release);
        world.later(TimeDelta::hours(1));
    }
    world
}

fn kostas() -> By {
    By::because("kostas", None)
}

fn back(world: &World, to: Point) -> Change {
    world.tree.roll_back(&world.lock, &updates(), to, kostas(), world.now).unwrap()
}

fn log(world: &World) -> Vec<String> {
    world.tree.load_log().unwrap().into_iter().map(|record| format!("{}: {}", record.by, record.what)).collect()
}

#[test]
fn a_repository_goes_back_by_number_date_and_ticket() {
    for (to, told) in [
        (Point::Generation(2), "generation 2"),
        (Point::Date("2026-11-02T11:30:00Z".parse().unwrap()), "2026-11-02 11:30:00 UTC"),
        (Point::Before(ticket(3)), "before ticket 3"),
    ] {
        let world = three();
        let preview = world.tree.preview_roll_back(&updates(), to).unwrap();
        let change = back(&world, to);
        assert_eq!(preview, change);
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            published(&change),
            (4, names(&["storm-1.1-1.x86_64.rpm"]), names(&["storm-1.2-1.x86_64.rpm"])),
            "a generation of its own, later than all"
        );
        assert_eq!(world.listed(&updates()), ["storm-1.1-1.x86_64.rpm"]);
        assert!(world.public(&updates(), "storm-1.2-1.x86_64.rpm").exists(), "for who has the newer index");
        let generations = world.tree.generations(&updates()).unwrap();
        let live: Vec<_> = generations.iter().filter(|g| g.live).map(|g| (g.generation, g.restores)).collect();
        assert_eq!(live, [(4, Some(2))]);
        let begun = format!("kostas: production/umd/4/sl6/x86_64/updates: back to generation 2 ({told})");
        assert_eq!(log(&world), [format!("{begun}: begun"), format!("{begun}: done as generation 4")]);
        // Again changes nothing.
        assert_eq!(back(&world, Point::Generation(2)), Change::Unchanged);
    }
}

#[test]
fn what_went_or_came_by_going_back_is_held_until_somebody_decides() {
    let world = three();
    back(&world, Point::Generation(1));
    let held = |world: &World| world.tree.probe_live(&updates()).unwrap().unwrap().held;
    assert_eq!(held(&world), [ticket(1), ticket(3)].into());
    let other = placement(9, "argus", world.content(&[("argus-1-1.x86_64.rpm", rpm("argus", "1"))]), Mode::Add);
    world.place(&updates(), &other);
    assert_eq!(held(&world), [ticket(1), ticket(3)].into(), "another release changes nothing of it");
    let again = storm(&world, 3, "1.2");
    world.place(&updates(), &again);
    assert_eq!(held(&world), [ticket(1)].into());
    world.withdraw(&updates(), 1);
    assert_eq!(world.listed(&updates()), ["argus-1-1.x86_64.rpm", "storm-1.2-1.x86_64.rpm"]);
}

#[test]
fn a_generation_that_is_gone_can_be_brought_back_and_an_unknown_one_is_told() {
    let mut world = three();
    world.later(TimeDelta::days(100));
    for (number, version) in [(4, "2.0"), (5, "2.1"), (6, "2.2")] {
        let release = storm(&world, number, version);
        world.place(&updates(), &release);
    }
    let reachable: Vec<_> =
        world.tree.generations(&updates()).unwrap().iter().map(|g| (g.generation, g.reachable)).collect();
    assert_eq!(reachable, [(1, false), (2, false), (3, false), (4, true), (5, true), (6, true)]);
    back(&world, Point::Generation(1));
    assert_eq!(world.listed(&updates()), ["storm-1.0-1.x86_64.rpm"]);
    for point in
        [Point::Generation(99), Point::Before(ticket(77)), Point::Date("2020-01-01T00:00:00Z".parse().unwrap())]
    {
        let error = world.tree.roll_back(&world.lock, &updates(), point, kostas(), world.now).unwrap_err();
        assert!(matches!(error, RepoError::UnknownGeneration { .. }), "{error}");
        assert!(error.to_string().contains("nsrw repo show production/umd/4/sl6/x86_64/updates"), "{error}");
    }
}

#[test]
fn a_repository_that_is_gone_can_be_brought_back() {
    let world = three();
    assert!(matches!(world.withdraw(&updates(), 3), Change::Emptied { .. }));
    assert_eq!(published(&back(&world, Point::Generation(3))).0, 4);
    assert_eq!(world.listed(&updates()), ["storm-1.2-1.x86_64.rpm"]);
}

#[test]
fn generations_are_compared() {
    let world = three();
    let difference = world.tree.compare(&updates(), Point::Generation(1), Point::Generation(3)).unwrap();
    let paths = |names: &[&str]| names.iter().map(|n| n.parse().unwrap()).collect::<Vec<RelPath>>();
    let expected = Difference {
        tickets_added: vec![ticket(3)],
        tickets_removed: vec![ticket(1)],
        added: paths(&["storm-1.2-1.x86_64.rpm"]),
        removed: paths(&["storm-1.0-1.x86_64.rpm"]),
    };
    assert_eq!(difference, expected);
}

fn garbage(world: &World, wanted: &[ContentId], records: i64) -> Garbage {
    let wanted = wanted.iter().copied().collect();
    let records = TimeDelta::days(records);
    let preview = world.tree.preview_garbage(&world.lock, &wanted, records, world.now).unwrap();
    let found = world.tree.collect_garbage(&world.lock, &wanted, records, kostas(), world.now).unwrap();
    assert!(preview.files <= found.files);
    found
}

#[test]
fn garbage_is_what_no_known_generation_has_and_nobody_wants() {
    let mut world = three();
    let unused = world.content(&[("left-1-1.x86_64.rpm", rpm("left", "1"))]);
    let wanted = world.content(&[("soon-1-1.x86_64.rpm", rpm("soon", "1"))]);
    // Files are as old as the machine's clock says: the grace period is over for all of them a year from now.
    assert_eq!(garbage(&world, &[], 90), Garbage::default(), "all of it came in just now");
    world.now = Utc::now() + TimeDelta::days(365);
    for (number, version) in [(4, "2.0"), (5, "2.1"), (6, "2.2")] {
        let release = storm(&world, number, version);
        world.place(&updates(), &release);
    }
    let found = garbage(&world, &[wanted], 9999);
    assert_eq!((found.generations, found.contents, found.files), (0, 1, 1), "what only came in and was never placed");
    assert!(matches!(world.tree.load_content(unused), Err(RepoError::UnknownContent { .. })));
    world.tree.load_content(wanted).unwrap();
    back(&world, Point::Generation(1));
    world.place(&updates(), &storm(&world, 6, "2.2"));

    // Without the records of generations that are gone, what they had goes; what is live and reachable stays.
    world.later(TimeDelta::days(100));
    for version in ["3.0", "3.1", "3.2"] {
        let release = storm(&world, 7, version);
        world.place(&updates(), &release);
    }
    let found = garbage(&world, &[], 1);
    assert!(found.generations >= 6 && found.contents == 7 && found.files == 7, "{found:?}");
    assert_eq!(world.tree.scrub(&Silent).unwrap(), []);
    assert_eq!(garbage(&world, &[], 1), Garbage::default(), "nothing is left to do");
    assert!(log(&world).iter().any(|line| line.starts_with("kostas: garbage removed: 7 files")), "{:?}", log(&world));
}

#[test]
fn rot_is_found_with_what_depends_on_it() {
    let world = three();
    let files = world.tree.load_content(storm(&world, 3, "1.2").content).unwrap();
    let pooled = world.tree.layout.pool_file(files[0].sha256);
    assert_eq!(world.tree.scrub(&Silent).unwrap(), []);

    let mut bytes = fs::read(&pooled).unwrap();
    bytes[100] ^= 1;
    fs::write(&pooled, bytes).unwrap();
    let rot = world.tree.scrub(&Silent).unwrap();
    assert_eq!(rot.len(), 1, "{rot:#?}");
    assert!(
        rot[0].path == pooled && rot[0].what.contains("it is used by production/umd/4/sl6/x86_64/updates (ticket 3)")
    );

    fs::remove_file(&pooled).unwrap();
    fs::remove_file(fs::canonicalize(world.public(&updates(), "storm-1.2-1.x86_64.rpm")).unwrap()).unwrap();
    let rot = world.tree.scrub(&Silent).unwrap();
    let what: Vec<_> = rot.iter().map(|rot| rot.what.as_str()).collect();
    assert_eq!(what, ["it is missing; ticket 3 has it", "it is missing"]);

    for what in ["everything read again: 0 faults", "everything read again: 1 faults"] {
        world.tree.note(&world.lock, kostas(), what, world.now).unwrap();
    }
    let path = world.tree.layout.log();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("1 faults", "0 faults", 1)).unwrap();
    let rot = world.tree.scrub(&Silent).unwrap();
    assert!(rot.iter().any(|rot| rot.path == path && rot.what == "record 2 is not what was written"), "{rot:#?}");
}
