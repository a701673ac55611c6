//! Whether releases lead forwards from what sites have.

use super::*;

/// The findings when `new` would enter where `old` is in production.
fn upgrade(old: &[(String, Vec<u8>)], new: &[(String, Vec<u8>)]) -> Vec<Finding> {
    let world = World::new();
    let base = world.content(old);
    world.place(&key("base"), &placement(1, base, Mode::Add));
    world.ask(&entering(2, world.content(new), Mode::Add, Vec::new())).findings
}

#[test]
fn a_newer_one_leads_forwards() {
    assert_eq!(upgrade(&[rpm("storm", "1.9", &[])], &[rpm("storm", "1.10", &[])]), []);
    assert_eq!(upgrade(&[rpm("storm", "1.10~rc1", &[])], &[rpm("storm", "1.10", &[])]), []);
    assert_eq!(upgrade(&[rpm("storm", "1.10", &[])], &[rpm("storm", "1.10^git1", &[])]), []);
    assert_eq!(upgrade(&[rpm("storm", "1.0", &[])], &[rpm("argus", "0.1", &[])]), []);
    // The very same once more.
    assert_eq!(upgrade(&[rpm("storm", "1.0", &[])], &[rpm("storm", "1.0", &[])]), []);
}

#[test]
fn an_older_one_leads_backwards() {
    for (old, new) in [("1.10", "1.9"), ("1.10", "1.10~rc2"), ("1.10^git1", "1.10")] {
        let findings = upgrade(&[rpm("storm", old, &[])], &[rpm("storm", new, &[])]);
        assert_eq!(told(&findings), [(format!("downgrade/storm-{new}-1.x86_64"), Verdict::Fail)]);
        let what = format!(
            "storm-{new}-1.x86_64 is older than storm-{old}-1.x86_64, which ticket 1 brought to production; sites would not \
             get it: deliver a newer one, or raise the epoch"
        );
        assert_eq!(findings[0].what, what);
    }
}

#[test]
fn an_older_one_beside_a_newer_one_is_nobodys_upgrade() {
    assert_eq!(upgrade(&[rpm("storm", "1.9", &[])], &[rpm("storm", "1.8", &[]), rpm("storm", "1.10", &[])]), []);
    let findings = upgrade(&[rpm("storm", "1.9", &[])], &[rpm("storm", "1.7", &[]), rpm("storm", "1.8", &[])]);
    assert_eq!(findings.len(), 2);
}

#[test]
fn the_same_version_with_other_content_is_refused() {
    let findings = upgrade(&[rpm("storm", "1.0", &[])], &[rpm("storm", "1.0", &[Dependency::config("storm", "1")])]);
    let other: Vec<_> = findings.iter().filter(|finding| finding.kind == FindingKind::OtherContent).collect();
    assert_eq!(other.len(), 1);
    assert_eq!((other[0].id().as_str(), other[0].verdict), ("other-content/storm-1.0-1.x86_64", Verdict::Fail));
}
