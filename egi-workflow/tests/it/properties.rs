//! What holds for every request, however odd.

use std::collections::BTreeSet;

use egi_model::field::Field;
use egi_model::role::Role;
use egi_model::rollout::RolloutState;
use egi_workflow::snapshot::Document;
use egi_workflow::{Cause, Decision, Effect, Plan, Snapshot, StepLog, decide, next, plan, plan_failure, table};
use proptest::prelude::*;

use crate::world;

fn state() -> impl Strategy<Value = RolloutState> {
    prop::sample::select(RolloutState::ALL.to_vec())
}

prop_compose! {
    /// Any mixture of states, people, causes, fields and documents.
    fn any_snapshot()(
        from in state(), asked in state(), stands in state(), previous in state(), stood in state(),
        attempted in prop::option::of(state()),
        cause in 0..4u8, roles in prop::collection::vec(prop::sample::select(Role::ALL.to_vec()), 0..3),
        known_actor: bool, emergency: bool, holder in prop::option::of(1..20u64), missing in prop::collection::vec(0..13usize, 0..3),
        no_facts: bool, no_documents: bool,
    ) -> Snapshot {
        let mut snapshot = if emergency { world::emergency(from, asked) } else { world::snapshot(from, asked) };
        snapshot.cause = match cause {
            0 => Cause::Notice { previous, in_history: false },
            1 => Cause::Notice { previous, in_history: true },
            2 => Cause::Wake,
            _ => Cause::Preview,
        };
        snapshot.ticket.fields.insert(Field::RolloutProgress, stands.to_string());
        if from == RolloutState::Failed && !stood.is_terminal() && stood != RolloutState::Failed {
            snapshot.record.stood = stood;
            snapshot.record.attempted = attempted;
        }
        snapshot.asked_by = known_actor.then(|| world::actor(&roles));
        snapshot.slot_holder = holder.map(world::ticket_id);
        for index in missing {
            if let Some(spec) = egi_model::field::FIELDS.get(index) {
                snapshot.ticket.fields.remove(&spec.field);
            }
        }
        if no_facts {
            snapshot.record.facts = None;
        }
        if no_documents && let Some(intake) = snapshot.intake.as_mut() {
            intake.release_xml = Document::Missing;
        }
        snapshot
    }
}

/// What the effects of a plan leave behind: which areas hold the release, and what the ticket says.
#[derive(Debug, Default, PartialEq, Eq, Clone)]
struct Toy {
    repos: BTreeSet<String>,
    fields: std::collections::BTreeMap<String, String>,
    comments: BTreeSet<(usize, String)>,
}

fn perform(toy: &mut Toy, step: usize, effect: &Effect) {
    match effect {
        Effect::Place { repo, .. } => drop(toy.repos.insert(repo.to_string())),
        Effect::Withdraw { repo } => drop(toy.repos.remove(&repo.to_string())),
        Effect::SetProgress { to, .. } => drop(toy.fields.insert("progress".to_owned(), to.to_string())),
        Effect::SetField { field, value } => drop(toy.fields.insert(field.to_string(), value.clone())),
        Effect::SetStatus { status } => drop(toy.fields.insert("status".to_owned(), status.to_string())),
        Effect::SetWatchers { groups } => drop(toy.fields.insert("watchers".to_owned(), format!("{groups:?}"))),
        // The marker of a comment is its plan and step: a repeat is seen.
        Effect::Comment { text } => drop(toy.comments.insert((step, text.clone()))),
        Effect::Fetch { .. }
        | Effect::Accept { .. }
        | Effect::Invite { .. }
        | Effect::EndInvitations
        | Effect::NoteReport { .. }
        | Effect::DropScratch => {}
    }
}

fn run(plan: &Plan, toy: &mut Toy) {
    let mut log = Vec::new();
    while let Some((step, effect)) = next(plan, &log) {
        perform(toy, step, effect);
        log.push(StepLog { step, note: String::new(), content: None });
    }
}

proptest! {
    #[test]
    fn decide_and_plan_are_total_and_agree(snapshot in any_snapshot()) {
        let decision = decide(&snapshot);
        let plan = plan(&snapshot, &decision);
        prop_assert_eq!(plan.is_none(), matches!(decision, Decision::Unchanged(_)));
        if let Decision::Refuse(reasons) = &decision {
            prop_assert!(!reasons.is_empty());
            for reason in reasons {
                // What is final is final for everybody.
                let closed = snapshot.record.state.is_terminal() && reason.code() == "transition-not-allowed";
                prop_assert_eq!(reason.cleared_by().is_empty(), closed, "{}", reason.code());
            }
        }
    }

    #[test]
    fn a_refusal_never_touches_a_repository(snapshot in any_snapshot()) {
        let decision = decide(&snapshot);
        if matches!(decision, Decision::Refuse(_)) {
            for step in plan(&snapshot, &decision).unwrap().steps {
                let touches = matches!(step, Effect::Place { .. } | Effect::Withdraw { .. } | Effect::Fetch { .. } | Effect::Accept { .. });
                prop_assert!(!touches, "{step:?}");
            }
        }
    }

    #[test]
    fn nothing_leaves_a_terminal_state(snapshot in any_snapshot()) {
        if snapshot.record.state.is_terminal() {
            let decision = decide(&snapshot);
            let after = plan(&snapshot, &decision).map_or(snapshot.record.state, |p| p.settles.state);
            prop_assert_eq!(after, snapshot.record.state);
        }
    }

    #[test]
    fn running_a_plan_twice_equals_once(snapshot in any_snapshot()) {
        if let Some(plan) = plan(&snapshot, &decide(&snapshot)) {
            let mut once = Toy::default();
            run(&plan, &mut once);
            let mut twice = once.clone();
            run(&plan, &mut twice);
            prop_assert_eq!(once, twice);
        }
    }

    #[test]
    fn a_settled_release_lies_in_the_area_of_its_state_alone(snapshot in any_snapshot()) {
        let Some(plan) = plan(&snapshot, &decide(&snapshot)) else { return Ok(()) };
        let moved = plan.steps.iter().any(|s| matches!(s, Effect::Place { .. } | Effect::Withdraw { .. }));
        if moved {
            let mut toy = Toy::default();
            run(&plan, &mut toy);
            let areas: Vec<&str> = toy.repos.iter().filter_map(|r| r.split('/').next()).collect();
            let wanted: Vec<&str> = snapshot.policy.area_of(plan.settles.state).iter().map(|a| a.as_str()).collect();
            prop_assert_eq!(areas, wanted);
        }
    }

    #[test]
    fn a_plan_survives_storage(snapshot in any_snapshot()) {
        if let Some(plan) = plan(&snapshot, &decide(&snapshot)) {
            let text = serde_json::to_string(&plan).unwrap();
            prop_assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
        }
    }

    #[test]
    fn a_failure_can_be_retried_or_given_up(snapshot in any_snapshot()) {
        let Some(plan) = plan(&snapshot, &decide(&snapshot)) else { return Ok(()) };
        if snapshot.record.state.is_terminal() || plan.settles.state == RolloutState::Failed {
            return Ok(());
        }
        let failure = plan_failure(&plan, &snapshot.record, &snapshot.policy, "fetch", "source down");
        prop_assert_eq!(failure.settles.state, RolloutState::Failed);
        prop_assert_eq!(failure.settles.stood, snapshot.record.stood);
        prop_assert!(table::find(RolloutState::Failed, RolloutState::Rejected).is_some());
    }
}

#[test]
fn there_are_no_dead_ends() {
    let mut reaches_end: BTreeSet<RolloutState> = RolloutState::ALL.into_iter().filter(|s| s.is_terminal()).collect();
    loop {
        let more: Vec<RolloutState> =
            table::TRANSITIONS.iter().filter(|t| reaches_end.contains(&t.to)).map(|t| t.from).collect();
        let before = reaches_end.len();
        reaches_end.extend(more);
        if reaches_end.len() == before {
            break;
        }
    }
    assert_eq!(reaches_end.len(), RolloutState::ALL.len(), "{reaches_end:?}");
}

#[test]
fn terminal_states_are_closed_and_no_pair_is_listed_twice() {
    assert!(table::TRANSITIONS.iter().all(|t| !t.from.is_terminal()));
    let pairs: BTreeSet<_> = table::TRANSITIONS.iter().map(|t| (t.from, t.to)).collect();
    assert_eq!(pairs.len(), table::TRANSITIONS.len());
}

#[test]
fn what_the_specification_forbids_is_not_in_the_table() {
    for (from, to) in [
        (RolloutState::StageRollout, RolloutState::Unverified),
        (RolloutState::StageRollout, RolloutState::InVerification),
        (RolloutState::Production, RolloutState::Rejected),
    ] {
        assert!(table::find(from, to).is_none(), "{from} -> {to}");
    }
}
