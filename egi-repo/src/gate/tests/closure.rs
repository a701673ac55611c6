//! What would break, and what only was broken before.

use super::*;

/// An operating system with the C library and nothing else.
fn os(world: &World) -> Outside {
    world.yum("os", &[rpm("glibc", "2.17", &[])])
}

#[test]
fn what_the_operating_system_has_is_there() {
    let world = World::new();
    let content = world.content(&[rpm("storm", "1.0", &[Dependency::greater_eq("glibc", "2.12")])]);
    let report = world.ask(&entering(1, content, Mode::Add, vec![os(&world)]));
    assert_eq!((report.verdict(), report.packages, report.outside), (Verdict::Pass, 1, vec!["os".to_owned()]));
}

#[test]
fn what_nobody_has_fails_with_the_chain_to_it() {
    let world = World::new();
    let content =
        world.content(&[rpm("storm", "1.0", &[needs("storm-lib")]), rpm("storm-lib", "1.0", &[needs("libfoo")])]);
    let report = world.ask(&entering(1, content, Mode::Add, vec![os(&world)]));
    let expected = [("broken/storm-1.0-1.x86_64", Verdict::Fail), ("broken/storm-lib-1.0-1.x86_64", Verdict::Fail)];
    assert_eq!(told(&report.findings), expected.map(|(id, verdict)| (id.to_owned(), verdict)));
    assert_eq!(
        report.findings[0].chain,
        ["storm-1.0-1.x86_64 needs storm-lib", "storm-lib-1.0-1.x86_64 needs libfoo", "nothing provides libfoo"]
    );
}

#[test]
fn what_was_broken_before_does_not_count_and_no_other_may_take_its_place() {
    let world = World::new();
    let os = os(&world);
    let old = world.content(&[rpm("old", "1.0", &[needs("gone")]), rpm("user", "1.0", &[needs("storm-lib")])]);
    world.place(&key("base"), &placement(1, old, Mode::Add));
    let lib = world.content(&[rpm("storm-lib", "1.0", &[])]);
    world.place(&key("updates"), &placement(2, lib, Mode::Add));

    // A release that harms nobody passes beside the old fault.
    let harmless = world.content(&[rpm("other", "1.0", &[])]);
    let report = world.ask(&entering(3, harmless, Mode::Add, vec![os.clone()]));
    assert_eq!((report.verdict(), report.broken_before), (Verdict::Pass, 1));

    // One that mends the old fault and takes away what another needs does not: one more is broken, one fewer too.
    let trade = world.content(&[rpm("gone", "1.0", &[])]);
    let report = world.ask(&entering(4, trade, Mode::Replace, vec![os]));
    assert_eq!(told(&report.findings), [("broken/user-1.0-1.x86_64".to_owned(), Verdict::Fail)]);
    assert_eq!(report.findings[0].what, "user-1.0-1.x86_64 of ticket 1 could not be installed any more");
    assert_eq!(report.broken_before, 0);
}

#[test]
fn what_is_on_its_way_is_waited_for() {
    let world = World::new();
    let content = world.content(&[rpm("storm", "1.0", &[needs("storm-lib")])]);
    let lib = world.content(&[rpm("storm-lib", "1.0", &[needs("glibc")])]);
    let mut question = entering(1, content, Mode::Add, vec![os(&world)]);
    assert_eq!(world.ask(&question).verdict(), Verdict::Fail);
    question.under_way = vec![(ticket(9), lib)];
    let report = world.ask(&question);
    assert_eq!(told(&report.findings), [("broken/storm-1.0-1.x86_64".to_owned(), Verdict::Wait)]);
    assert_eq!(report.findings[0].waits_for, [ticket(9)].into());
    assert_eq!(
        report.findings[0].what,
        "storm-1.0-1.x86_64 could not be installed; on its way in ticket 9 is what it lacks"
    );
}

#[test]
fn without_the_operating_system_it_can_not_be_told_what_is_missing() {
    let world = World::new();
    let content = world.content(&[rpm("storm", "1.0", &[needs("glibc")])]);
    let report = world.ask(&entering(1, content, Mode::Add, Vec::new()));
    let expected = [("broken/storm-1.0-1.x86_64", Verdict::Unknown), ("outside/sl6 x86_64", Verdict::Unknown)];
    assert_eq!(
        told(&report.findings),
        expected.map(|(id, verdict)| (id.replace("sl6 x86_64", &target().to_string()), verdict))
    );
    assert!(report.findings.iter().all(|finding| !finding.passing));
    // Where nothing is missing, nobody asks.
    let whole = world.content(&[rpm("storm", "1.0", &[])]);
    assert_eq!(world.ask(&entering(1, whole, Mode::Add, Vec::new())).verdict(), Verdict::Pass);
}

#[test]
fn an_index_that_can_not_be_read_may_pass_by_itself() {
    let world = World::new();
    let content = world.content(&[rpm("storm", "1.0", &[needs("glibc")])]);
    let nowhere = outside("epel", &world.dir.path().join("not-mounted"));
    let report = world.ask(&entering(1, content, Mode::Add, vec![nowhere.clone()]));
    assert_eq!(report.verdict(), Verdict::Unknown);
    assert!(report.findings.iter().all(|finding| finding.passing), "{report:?}");
    // It does not matter where the rest has all that is needed.
    let report = world.ask(&entering(1, content, Mode::Add, vec![nowhere, os(&world)]));
    assert_eq!(report.verdict(), Verdict::Pass);
}

#[test]
fn files_outside_the_short_list_are_found() {
    let world = World::new();
    let content = world.content(&[
        rpm("storm", "1.0", &[needs("/usr/libexec/glibc"), needs("/usr/libexec/helper")]),
        rpm("helper", "1.0", &[]),
    ]);
    let report = world.ask(&entering(1, content, Mode::Add, vec![os(&world)]));
    assert_eq!(report.verdict(), Verdict::Pass, "{report:?}");
    let content = world.content(&[rpm("storm", "1.0", &[needs("/usr/libexec/nothing")])]);
    assert_eq!(world.ask(&entering(1, content, Mode::Add, vec![os(&world)])).verdict(), Verdict::Fail);
}

#[test]
fn repositories_are_judged_as_they_stand() {
    let world = World::new();
    let os = os(&world);
    let base = world.content(&[rpm("old", "1.0", &[needs("gone")]), rpm("new", "1.0", &[needs("lib")])]);
    world.place(&key("base"), &placement(1, base, Mode::Add));
    world.place(&key("updates"), &placement(2, world.content(&[rpm("lib", "1.0", &[])]), Mode::Add));
    let mut question = entering(1, base, Mode::Add, vec![os]);
    question.entering = None;
    question.beside = Vec::new();
    question.standing = vec![key("base"), key("updates")];
    let report = world.ask(&question);
    assert_eq!(told(&report.findings), [("broken/old-1.0-1.x86_64".to_owned(), Verdict::Fail)]);
    assert_eq!((report.packages, report.broken_before), (3, 0));
}

#[test]
fn debs_are_judged_beside_a_flat_repository() {
    let world = World::new();
    let flat = world.dir.path().join("flat");
    std::fs::create_dir(&flat).unwrap();
    let deb = |name: &str, more: &str| {
        let control = format!(
            "Package: {name}\nVersion: 1.0\nArchitecture: amd64\nMaintainer: T <t@example.org>\n{more}Description: x\n"
        );
        (
            format!("{name}_1.0_amd64.deb"),
            crate::package::testing::deb_of(&control, crate::package::testing::Packing::Gz),
        )
    };
    let packages = "Package: libc6\nVersion: 2.36-9\nArchitecture: amd64\nFilename: libc6.deb\nSize: 1\n\n\
                    Package: other\nVersion: 1\nArchitecture: i386\nFilename: o.deb\nSize: 1\n";
    std::fs::write(flat.join("Packages"), packages).unwrap();
    let release = format!("Date: x\nSHA256:\n {} {} Packages\n", Sha256::of(packages.as_bytes()), packages.len());
    std::fs::write(flat.join("Release"), release).unwrap();
    let source = format!("apt {} ./", flat.display()).parse().unwrap();
    let debian = Outside { name: "debian".to_owned(), source };

    let good = world.content(&[deb("storm", "Depends: libc6 (>= 2.17)\n")]);
    let bad = world.content(&[deb("storm", "Depends: libc6 (>= 2.17), other\n")]);
    let report = world.ask(&entering(1, good, Mode::Add, vec![debian.clone()]));
    assert_eq!((report.verdict(), report.outside), (Verdict::Pass, vec!["debian".to_owned()]));
    let report = world.ask(&entering(1, bad, Mode::Add, vec![debian]));
    assert_eq!(told(&report.findings), [("broken/storm_1.0_amd64".to_owned(), Verdict::Fail)]);
    assert_eq!(report.findings[0].chain, ["storm_1.0_amd64 needs other", "nothing provides other"]);
}
