//! What the gate's verdict does to a request.

use std::collections::BTreeSet;

use egi_model::area::Area;
use egi_model::gate::{Finding, FindingKind, GateReport, Verdict, Waiver};
use egi_model::role::Role;
use egi_model::rollout::RolloutState::{
    self, Deferred, Failed, InVerification, Production, Rejected, StageRollout, Unverified,
};
use egi_model::ticket::TicketId;
use egi_workflow::{Decision, Effect, GateAnswer, GateMode, Snapshot, decide, gate_before, plan};

use super::world::snapshot;

fn finding(number: usize, verdict: Verdict) -> Finding {
    Finding {
        kind: FindingKind::Broken,
        subject: format!("storm-{number}-1.noarch"),
        verdict,
        what: format!("storm-{number}-1.noarch could not be installed"),
        chain: vec![format!("storm-{number}-1.noarch needs lib"), "nothing provides lib".to_owned()],
        waits_for: BTreeSet::new(),
        passing: false,
        waiver: None,
    }
}

fn gated(to: RolloutState, mode: GateMode, findings: Vec<Finding>) -> Snapshot {
    let from = if to == Production { StageRollout } else { InVerification };
    let report = GateReport { packages: 3, broken_before: 1, outside: vec!["os".to_owned()], findings };
    Snapshot { gate: Some(GateAnswer { mode, report }), ..snapshot(from, to) }
}

fn comments(snapshot: &Snapshot) -> String {
    let plan = plan(snapshot, &decide(snapshot)).unwrap();
    let texts = plan.steps.iter().filter_map(|step| {
        let Effect::Comment { text } = step else { return None };
        Some(text.clone())
    });
    texts.collect::<Vec<_>>().join("\n---\n")
}

#[test]
fn a_gate_stands_before_staged_rollout_and_production_alone() {
    assert_eq!(gate_before(&snapshot(InVerification, StageRollout)), Some(Area::StageRollout));
    assert_eq!(gate_before(&snapshot(StageRollout, Production)), Some(Area::Production));
    assert_eq!(gate_before(&snapshot(Deferred, StageRollout)), Some(Area::StageRollout));
    assert_eq!(gate_before(&snapshot(Unverified, InVerification)), None);
    assert_eq!(gate_before(&snapshot(InVerification, Rejected)), None);
    // What is refused or waits anyway asks no gate.
    assert_eq!(gate_before(&snapshot(Unverified, Production)), None);
    let taken = Snapshot { slot_holder: TicketId::new(9), ..snapshot(InVerification, StageRollout) };
    assert_eq!(gate_before(&taken), None);
    // Put back after a failure to where it lies: nothing enters.
    let mut back = snapshot(Failed, StageRollout);
    back.record.stood = StageRollout;
    assert_eq!(gate_before(&back), None);
}

#[test]
fn what_does_not_pass_is_refused_where_the_gate_is_enforced() {
    for verdict in [Verdict::Wait, Verdict::Unknown, Verdict::Fail] {
        let snapshot = gated(StageRollout, GateMode::Enforce, vec![finding(1, verdict)]);
        let Decision::Refuse(reasons) = decide(&snapshot) else { panic!("{verdict}") };
        let code = if verdict == Verdict::Wait { "gate-wait" } else { "gate-broken" };
        assert_eq!(reasons.iter().map(egi_workflow::Reason::code).collect::<Vec<_>>(), [code]);
        assert!(reasons[0].cleared_by().contains(&Role::ReleaseManager));
    }
    let text = comments(&gated(StageRollout, GateMode::Enforce, vec![finding(1, Verdict::Fail)]));
    let expected = "\
InVerification -> StageRollout was refused; the repositories were not touched.
- storm-1-1.noarch could not be installed [gate-broken; can be cleared by: provider, release-manager]:
    storm-1-1.noarch needs lib
    nothing provides lib

A release manager can let a finding of the gate not count, with a reason and until a day: nsrw repo waive";
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn what_is_only_reported_goes_on_with_the_verdict_in_its_comment() {
    let snapshot = gated(Production, GateMode::Report, vec![finding(1, Verdict::Fail)]);
    assert!(matches!(decide(&snapshot), Decision::Proceed { .. }));
    let text = comments(&snapshot);
    let told = "\n\nGate: fail, 3 packages judged beside os; 1 could not be installed before either.\n- storm-1-1.noarch could not be \
                installed [gate-broken; can be cleared by: provider, release-manager]:\n    storm-1-1.noarch needs lib\n";
    assert!(text.contains(told), "{text}");
}

#[test]
fn a_waived_finding_is_shown_and_kept_in_the_history() {
    let waiver = Waiver {
        ticket: TicketId::new(7).unwrap(),
        finding: finding(1, Verdict::Fail).id(),
        reason: "lib comes with the installer".to_owned(),
        owner: "kostas".to_owned(),
        granted: chrono::DateTime::UNIX_EPOCH,
        until: "2026-12-31".parse().unwrap(),
    };
    let excused = Finding { waiver: Some(waiver), ..finding(1, Verdict::Fail) };
    let snapshot = gated(Production, GateMode::Enforce, vec![excused]);
    let plan = plan(&snapshot, &decide(&snapshot)).unwrap();
    let told = "broken/storm-1-1.noarch by kostas until 2026-12-31: lib comes with the installer";
    assert_eq!(plan.reasons, [format!("waived: {told}")]);
    assert!(comments(&snapshot).contains("Gate: pass, 3 packages"), "{}", comments(&snapshot));
    assert!(comments(&snapshot).contains(told));
}

#[test]
fn many_findings_are_told_in_part() {
    let findings = (0..50).map(|number| finding(number, Verdict::Fail)).collect();
    let Decision::Refuse(reasons) = decide(&gated(StageRollout, GateMode::Enforce, findings)) else { panic!() };
    assert_eq!(reasons.len(), 21);
    assert_eq!(reasons[20].to_string(), "the gate found 30 more; `nsrw repo check` shows them");
}

#[test]
fn only_what_may_pass_by_itself_is_worth_asking_again() {
    let passing = Finding { passing: true, ..finding(1, Verdict::Unknown) };
    let Decision::Refuse(reasons) =
        decide(&gated(StageRollout, GateMode::Enforce, vec![passing, finding(2, Verdict::Fail)]))
    else {
        panic!()
    };
    assert_eq!(reasons.iter().map(egi_workflow::Reason::may_pass).collect::<Vec<_>>(), [true, false]);
}
