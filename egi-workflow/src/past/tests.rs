use super::*;

use RolloutState::{Deferred, Failed, InVerification, Production, StageRollout, Submitted, Unverified};

fn change(hour: i64, what: PastStep) -> PastChange {
    let at = |hour: i64| DateTime::from_timestamp(1_400_000_000 + hour * 3600, 0).unwrap();
    PastChange {
        id: 76,
        ticket: TicketId::new(1).unwrap(),
        at: at(hour),
        by: Some("jürgen".to_owned()),
        what,
        created: at(0),
        title: Some("storm 1.11.2".to_owned()),
        emergency: Emergency::No,
    }
}

fn moved(hour: i64, from: RolloutState, to: RolloutState) -> PastChange {
    change(hour, PastStep::Moved { from, to, carried_out: CarriedOut::Yes })
}

fn attempted(hour: i64, from: RolloutState, to: RolloutState) -> PastChange {
    change(hour, PastStep::Moved { from, to, carried_out: CarriedOut::No })
}

/// The entries and the standing that a release's past leaves.
fn follow(past: &[PastChange]) -> (Vec<HistoryEntry>, ReleaseRecord) {
    let (mut entries, mut standing) = (Vec::new(), None);
    for change in past {
        entries.extend(change.entry(standing.as_ref()));
        standing = Some(change.standing(standing.as_ref()));
    }
    (entries, standing.unwrap().record)
}

fn told(entries: &[HistoryEntry]) -> Vec<(RolloutState, RolloutState, RolloutState, Outcome)> {
    entries.iter().map(|entry| (entry.from, entry.asked, entry.to, entry.outcome)).collect()
}

#[test]
fn a_way_through_is_imported_step_by_step() {
    let created = change(0, PastStep::Created);
    let (entries, record) = follow(&[created, moved(1, Submitted, Unverified), moved(2, Unverified, Production)]);
    assert_eq!(
        told(&entries),
        [
            (Submitted, Submitted, Submitted, Outcome::Performed),
            (Submitted, Unverified, Unverified, Outcome::Performed),
            (Unverified, Production, Production, Outcome::Performed),
        ]
    );
    assert_eq!((record.state, record.stood, record.attempted), (Production, Production, None));
    assert!(entries.iter().all(|entry| entry.imported == Some(76)));
}

#[test]
fn a_request_and_its_failure_are_one_entry() {
    let created = change(0, PastStep::Created);
    let (entries, record) = follow(&[created, attempted(1, Submitted, Unverified), moved(2, Unverified, Failed)]);
    assert_eq!(told(&entries)[1..], [(Submitted, Unverified, Failed, Outcome::Failed)]);
    assert_eq!((record.state, record.stood, record.attempted), (Failed, Submitted, Some(Unverified)));
}

#[test]
fn a_request_and_its_deferral_are_one_entry() {
    let past = [
        moved(1, Unverified, InVerification),
        attempted(2, InVerification, StageRollout),
        moved(3, StageRollout, Deferred),
    ];
    let (entries, record) = follow(&past);
    assert_eq!(told(&entries)[1..], [(InVerification, StageRollout, Deferred, Outcome::Deferred)]);
    assert_eq!((record.state, record.stood), (Deferred, Deferred));
}

#[test]
fn a_failure_that_came_after_the_import_is_traced_back_too() {
    let (entries, record) = follow(&[moved(1, Submitted, Unverified), moved(2, Unverified, Failed)]);
    assert_eq!(told(&entries)[1..], [(Unverified, Unverified, Failed, Outcome::Failed)]);
    assert_eq!((record.stood, record.attempted), (Submitted, Some(Unverified)));
}

#[test]
fn a_failure_weeks_later_is_one_of_the_state_it_stood_in() {
    let (_, record) = follow(&[moved(1, InVerification, StageRollout), moved(500, StageRollout, Failed)]);
    assert_eq!((record.stood, record.attempted), (StageRollout, None));
    let (_, unknown) = follow(&[moved(1, Unverified, Failed)]);
    assert_eq!((unknown.stood, unknown.attempted), (Unverified, None));
}

#[test]
fn what_is_forbidden_today_is_told_apart() {
    assert!(moved(1, Submitted, Unverified).is_allowed());
    assert!(!moved(1, Production, Submitted).is_allowed());
    assert!(change(0, PastStep::Created).is_allowed());
}
