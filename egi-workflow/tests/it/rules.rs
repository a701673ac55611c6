//! Single rules, each with the smallest world that shows it.

use egi_model::field::Field;
use egi_model::history::Outcome;
use egi_model::release::Target;
use egi_model::role::Role;
use egi_model::rollout::RolloutState::{
    Deferred, Failed, InVerification, Production, Rejected, StageRollout, Submitted, Unverified, WaitingForResponse,
};
use egi_workflow::policy::{EmergencyRoute, Sets, SlotScope};
use egi_workflow::set::is_member;
use egi_workflow::{Cause, Decision, Effect, Member, MemberStanding, Policy, Standing, decide, plan};

use crate::world::{actor, emergency, facts, release, snapshot, ticket, ticket_id};

fn codes(decision: &Decision) -> Vec<&'static str> {
    match decision {
        Decision::Refuse(reasons) => reasons.iter().map(egi_workflow::Reason::code).collect(),
        Decision::Proceed { .. } | Decision::Defer { .. } | Decision::Await { .. } | Decision::Unchanged(_) => {
            Vec::new()
        }
    }
}

#[test]
fn every_reason_is_given_at_once() {
    let mut world = snapshot(Submitted, Unverified);
    world.asked_by = Some(actor(&[Role::Provider]));
    world.ticket.fields.remove(&Field::SyncUrl);
    world.ticket.fields.insert(Field::ReleaseType, "Delta".to_owned());
    world.ticket.fields.insert(Field::AssociatedMajorRelease, "umd-9".to_owned());
    world.intake.as_mut().unwrap().major = None;
    world.intake.as_mut().unwrap().checksums = egi_workflow::snapshot::Document::Missing;
    assert_eq!(
        codes(&decide(&world)),
        ["role-missing", "field-missing", "field-wrong", "document-missing", "major-unknown"]
    );
}

#[test]
fn an_unsupported_target_advises_ignored() {
    let mut world = snapshot(Submitted, Unverified);
    world.intake.as_mut().unwrap().major.as_mut().unwrap().targets =
        vec![Target { platform: "centos7".parse().unwrap(), arch: "x86_64".parse().unwrap() }];
    let Decision::Refuse(reasons) = decide(&world) else { panic!("not refused") };
    assert!(reasons[0].to_string().contains("sl6/x86_64") && reasons[0].to_string().contains("Ignored"));
}

#[test]
fn the_slot_defers_and_wakes() {
    let mut world = snapshot(InVerification, StageRollout);
    world.slot_holder = Some(ticket_id(3));
    assert_eq!(decide(&world), Decision::Defer { holder: ticket_id(3) });

    let mut waking = snapshot(Deferred, StageRollout);
    waking.cause = Cause::Wake;
    waking.asked_by = None;
    waking.ticket = ticket(Deferred);
    let decision = decide(&waking);
    assert!(matches!(decision, Decision::Proceed { .. }));
    let steps = plan(&waking, &decision).unwrap().steps;
    assert!(steps.contains(&Effect::SetProgress { expected: Deferred, to: StageRollout }));

    waking.slot_holder = Some(ticket_id(9));
    assert_eq!(decide(&waking), Decision::Unchanged(Standing::StillDeferred));
}

#[test]
fn an_emergency_is_not_held_up_by_the_slot() {
    let mut world = emergency(Unverified, StageRollout);
    world.slot_holder = Some(ticket_id(3));
    assert!(matches!(decide(&world), Decision::Proceed { .. }));
}

#[test]
fn the_provider_s_flag_alone_does_not_jump_the_queue() {
    let mut world = emergency(InVerification, StageRollout);
    world.slot_holder = Some(ticket_id(3));
    world.asked_by = Some(actor(&[Role::Verifier]));
    assert_eq!(decide(&world), Decision::Defer { holder: ticket_id(3) });
    world.asked_by = Some(actor(&[Role::Verifier, Role::ReleaseManager]));
    assert!(matches!(decide(&world), Decision::Proceed { .. }));
}

#[test]
fn what_was_taken_in_must_still_be_so() {
    let mut world = snapshot(StageRollout, Production);
    world.ticket.fields.insert(Field::ReleaseType, "NonIncremental".to_owned());
    assert_eq!(codes(&decide(&world)), ["field-changed"]);
    // To reject it nobody has to mend it first.
    let mut world = snapshot(StageRollout, Rejected);
    world.ticket.fields.insert(Field::ReleaseType, "NonIncremental".to_owned());
    assert!(matches!(decide(&world), Decision::Proceed { .. }));
}

#[test]
fn policy_can_send_emergencies_through_a_fast_rollout() {
    let mut world = emergency(Unverified, Production);
    assert!(matches!(decide(&world), Decision::Proceed { .. }));
    world.policy.emergency = EmergencyRoute::FastRollout;
    assert_eq!(codes(&decide(&world)), ["emergency-needs-rollout"]);
}

#[test]
fn the_slot_can_span_a_whole_major_release() {
    let per_target = Policy::default();
    let per_major = Policy { slot_scope: SlotScope::PerMajor, ..Policy::default() };
    let id = facts().major.id;
    assert_eq!(per_target.slot(&id, &release()), "umd-4.infn.storm.sl6.x86_64/1");
    assert_eq!(per_major.slot(&id, &release()), "umd-4");
}

#[test]
fn a_failed_release_resumes_what_was_attempted_or_goes_back() {
    // The world's failed release stood in StageRollout and failed on the way to Production.
    assert!(matches!(decide(&snapshot(Failed, Production)), Decision::Proceed { .. }));
    assert!(matches!(decide(&snapshot(Failed, StageRollout)), Decision::Proceed { .. }));
    assert_eq!(codes(&decide(&snapshot(Failed, InVerification))), ["not-attempted"]);
}

#[test]
fn policy_says_who_may_retry() {
    let mut world = snapshot(Failed, Production);
    world.asked_by = Some(actor(&[Role::RolloutManager]));
    assert_eq!(codes(&decide(&world)), ["role-missing"]);
    world.policy.retry.push(Role::RolloutManager);
    assert!(matches!(decide(&world), Decision::Proceed { .. }));
}

#[test]
fn putting_back_a_half_done_publication_takes_it_out_of_production() {
    let world = snapshot(Failed, StageRollout);
    let steps = plan(&world, &decide(&world)).unwrap().steps;
    let withdrawn: Vec<String> = steps
        .iter()
        .filter_map(|s| if let Effect::Withdraw { repo } = s { Some(repo.to_string()) } else { None })
        .collect();
    assert_eq!(withdrawn, ["unverified/umd-4.infn.storm.sl6.x86_64/1/11/2", "production/umd/4/sl6/x86_64/updates"]);
}

#[test]
fn a_report_is_needed_to_pass_a_phase() {
    let mut world = snapshot(InVerification, StageRollout);
    world.ticket.fields.remove(&Field::VerificationReport);
    assert_eq!(codes(&decide(&world)), ["field-missing"]);
    let mut world = snapshot(StageRollout, Production);
    world.ticket.fields.insert(Field::StageRolloutReport, "see the wiki".to_owned());
    assert_eq!(codes(&decide(&world)), ["field-wrong"]);
}

#[test]
fn own_echoes_and_repeats_change_nothing() {
    for state in [Failed, Deferred, StageRollout] {
        let mut echo = snapshot(state, state);
        echo.cause = Cause::Notice { previous: InVerification, in_history: true };
        assert_eq!(decide(&echo), Decision::Unchanged(Standing::AlreadyThere));
    }
}

#[test]
fn a_notice_the_ticket_knows_nothing_of_is_commented_on_and_changes_nothing() {
    let mut world = snapshot(Unverified, Rejected);
    world.ticket = ticket(Unverified);
    world.cause = Cause::Notice { previous: Unverified, in_history: false };
    let decision = decide(&world);
    assert_eq!(codes(&decision), ["notice-disagrees"]);
    let plan = plan(&world, &decision).unwrap();
    assert!(matches!(plan.steps.as_slice(), [Effect::Comment { .. }]));
    assert_eq!(plan.outcome, Outcome::Disregarded);
    assert_eq!(plan.settles, world.record);
}

#[test]
fn a_late_notice_is_overtaken_and_a_skipped_step_is_caught_up() {
    // The ticket went Submitted -> Unverified -> InVerification; this is the first of the two notices.
    let mut world = snapshot(Submitted, Unverified);
    world.ticket = ticket(InVerification);
    assert!(matches!(decide(&world), Decision::Proceed { .. }));
    // The same notice once the second was settled.
    let mut late = snapshot(InVerification, Unverified);
    late.ticket = ticket(InVerification);
    late.cause = Cause::Notice { previous: Submitted, in_history: true };
    assert_eq!(decide(&late), Decision::Unchanged(Standing::Overtaken));
}

#[test]
fn a_change_that_was_taken_back_is_not_done() {
    let mut world = snapshot(StageRollout, Rejected);
    world.ticket = ticket(StageRollout);
    assert_eq!(decide(&world), Decision::Unchanged(Standing::Overtaken));
}

#[test]
fn a_swing_that_was_over_before_anybody_looked_is_recorded() {
    for (stands, asked) in [(InVerification, WaitingForResponse), (WaitingForResponse, InVerification)] {
        let mut world = snapshot(stands, asked);
        world.ticket = ticket(stands);
        assert!(matches!(decide(&world), Decision::Proceed { .. }), "{stands} -> {asked} -> {stands}");
    }
}

#[test]
fn nobody_but_the_repository_sets_failed() {
    assert_eq!(codes(&decide(&snapshot(Unverified, Failed))), ["repository-only"]);
}

#[test]
fn a_terminal_state_is_put_back() {
    let world = snapshot(Production, Rejected);
    let plan = plan(&world, &decide(&world)).unwrap();
    assert!(plan.steps.contains(&Effect::SetProgress { expected: Rejected, to: Production }));
}

/// Its files were never here: the workflow can not move what it does not have, and says what to do.
#[test]
fn an_imported_release_in_flight_is_to_be_delivered_anew() {
    for (stands, asked) in [
        (Unverified, InVerification),
        (InVerification, WaitingForResponse),
        (InVerification, StageRollout),
        (Deferred, StageRollout),
        (StageRollout, Production),
    ] {
        let mut world = snapshot(stands, asked);
        world.record.facts = None;
        let decision = decide(&world);
        assert_eq!(codes(&decision), ["nothing-delivered"], "{stands} -> {asked}");
        let refusal = plan(&world, &decision).unwrap();
        assert!(refusal.reasons[0].contains("setting Submitted, then Unverified"), "{:?}", refusal.reasons);

        let mut resubmitted = snapshot(Failed, Submitted);
        resubmitted.record = refusal.settled(&[], crate::world::start());
        assert!(matches!(decide(&resubmitted), Decision::Proceed { facts: None, .. }), "{stands}");
        let mut delivered = snapshot(Submitted, Unverified);
        delivered.record = plan(&resubmitted, &decide(&resubmitted)).unwrap().settled(&[], crate::world::start());
        assert!(matches!(decide(&delivered), Decision::Proceed { facts: Some(_), .. }), "{stands}");
    }
    let mut rejected = snapshot(StageRollout, Rejected);
    rejected.record.facts = None;
    assert!(matches!(decide(&rejected), Decision::Proceed { .. }), "what needs no files needs no delivery");
}

/// A release of the same product and version for another target.
fn member(number: u64, standing: MemberStanding) -> Member {
    let mut record = crate::world::record(StageRollout);
    record.ticket = ticket_id(number);
    let facts = record.facts.as_mut().unwrap();
    facts.target = Target { platform: "centos7".parse().unwrap(), arch: "x86_64".parse().unwrap() };
    facts.release.short_name = "INFN.storm.centos7.x86_64".parse().unwrap();
    facts.content = Some(egi_model::content::ContentId(egi_model::digest::Sha256::of(b"another")));
    Member { record, standing }
}

#[test]
fn a_set_goes_into_production_together_where_the_site_says_so() {
    let mut world = snapshot(StageRollout, Production);
    world.set = vec![member(8, MemberStanding::NotAsked), member(9, MemberStanding::Ready)];
    assert!(matches!(decide(&world), Decision::Proceed { .. }), "not at this site");

    world.policy.sets = Sets::Together;
    assert_eq!(decide(&world), Decision::Await { members: vec![ticket_id(8)] });
    assert_eq!(plan(&world, &decide(&world)), None, "nothing is done meanwhile");

    world.set = vec![member(8, MemberStanding::There), member(9, MemberStanding::Ready)];
    let steps = plan(&world, &decide(&world)).unwrap().steps;
    let Some(Effect::PlaceSet { places }) = steps.first() else { panic!("{steps:?}") };
    assert_eq!(
        places.iter().map(|place| place.ticket.get()).collect::<Vec<_>>(),
        [7, 9],
        "who is there stays as it is"
    );

    let mut urgent = emergency(Unverified, Production);
    urgent.policy.sets = Sets::Together;
    urgent.set = vec![member(8, MemberStanding::NotAsked)];
    assert!(matches!(decide(&urgent), Decision::Proceed { .. }), "an emergency waits for nobody");
}

#[test]
fn a_set_is_one_product_in_one_version_that_is_not_given_up() {
    let storm = facts();
    assert!(is_member(&storm, &member(8, MemberStanding::Ready).record));
    let mut other = member(8, MemberStanding::Ready).record;
    other.state = Rejected;
    assert!(!is_member(&storm, &other), "given up");
    let mut other = member(8, MemberStanding::Ready).record;
    other.facts.as_mut().unwrap().release.version = "1.11.3".parse().unwrap();
    assert!(!is_member(&storm, &other), "another version");
    let mut other = member(8, MemberStanding::Ready).record;
    other.facts.as_mut().unwrap().release.short_name = "INFN.storm-client.centos7.x86_64".parse().unwrap();
    assert!(!is_member(&storm, &other), "another product");
}
