//! What is made of the words of early adopters, and of what they have shown.

use chrono::{DateTime, TimeDelta, Utc};
use egi_model::content::ContentId;
use egi_model::digest::Sha256;
use egi_model::early_adopter::Team;
use egi_model::participation::{ParticipationRecord, TeamOutcome, TeamWord, Word};
use egi_model::role::{Actor, Role};
use egi_model::rollout::RolloutState;
use egi_workflow::evidence::{EvidencePolicy, Required, lacking};
use egi_workflow::participation::{Judged, WordFault, judge};
use egi_workflow::{Decision, Effect, Rollout, decide, plan};
use proptest::prelude::*;

use crate::world::{facts, record, release, snapshot, start, target, ticket_id};

fn team(name: &str, product: &str, platform: &str) -> Team {
    Team {
        name: name.parse().unwrap(),
        site: name.to_owned(),
        ngi: "NGI_X".to_owned(),
        products: vec![product.to_owned()],
        platforms: vec![platform.to_owned()],
        contact: "early-adopters-x@example.org".to_owned(),
        members: vec!["jan".to_owned()],
        active: true,
    }
}

fn part() -> ParticipationRecord {
    let delivery = ContentId(Sha256::of(b"content"));
    ParticipationRecord::invited(ticket_id(7), &team("CESNET", "storm", "sl6"), delivery, start())
}

fn say(part: &ParticipationRecord, word: Word, at: DateTime<Utc>) -> Result<Judged, WordFault> {
    let (release, team) = (part.release, part.team.clone());
    let word = TeamWord { release, team, word, by: "jan".to_owned(), vouched: false, at };
    let by = Actor { name: "jan".to_owned(), roles: vec![Role::RolloutManager] };
    judge(&word, Some(part), &[], &record(RolloutState::StageRollout), &by)
}

fn any_word() -> impl Strategy<Value = Word> {
    let outcome = prop::sample::select(TeamOutcome::ALL.to_vec());
    let report = (outcome, prop::option::of("https://x/[a-c]"), prop::option::of("[a-c ]{0,3}"));
    prop_oneof![
        Just(Word::Accept),
        Just(Word::Decline),
        report.prop_map(|(outcome, report, note)| Word::Report { outcome, report, note }),
        "[a-c]{1,3}".prop_map(|text| Word::Answer { text }),
    ]
}

proptest! {
    /// However words come, an outcome stays what it was, has an acceptance before it, and a word said twice is said once.
    #[test]
    fn words_in_any_order_leave_a_part_that_can_be_so(words in prop::collection::vec(any_word(), 0..12)) {
        let mut now = part();
        for (hour, word) in (1..).zip(words) {
            let at = start() + TimeDelta::hours(hour);
            if let Ok(Judged::Now(next)) = say(&now, word.clone(), at) {
                prop_assert!(now.outcome.is_none() || next.outcome == now.outcome);
                prop_assert!(next.outcome.is_none() || next.answered.is_some() && next.finished >= next.answered);
                prop_assert!(now.finished.is_none() || next.finished == now.finished);
                now = *next;
                prop_assert_eq!(say(&now, word, at + TimeDelta::minutes(1)), Ok(Judged::Unchanged));
            }
        }
    }
}

#[test]
fn teams_volunteer_by_any_name_of_a_product_and_by_platform() {
    for product in ["storm", "StoRM", "INFN.storm.sl6.x86_64", "any"] {
        assert!(team("A", product, "sl6/x86_64").volunteers_for(&release(), &target()), "{product}");
    }
    for (product, platform) in [("dpm", "sl6"), ("storm", "centos7"), ("storm", "sl6/aarch64"), ("infn", "sl6")] {
        assert!(!team("A", product, platform).volunteers_for(&release(), &target()), "{product} {platform}");
    }
}

#[test]
fn each_lack_is_named_and_none_is_asked_for_where_nothing_is() {
    let outstanding = match say(&part(), Word::Accept, start()) {
        Ok(Judged::Now(part)) => *part,
        other => unreachable!("{other:?}"),
    };
    let rollout = Rollout { teams_known: true, parts: vec![outstanding], ..Rollout::default() };
    let policy = EvidencePolicy { min_days: 2, ..EvidencePolicy::default() };
    let codes: Vec<&str> = lacking(policy, &rollout).iter().map(egi_workflow::Reason::code).collect();
    assert_eq!(codes, ["report-outstanding", "too-few-accepts", "stay-too-short"]);
    assert!(lacking(EvidencePolicy { required: Required::Never, ..policy }, &rollout).is_empty());
    assert!(lacking(policy, &Rollout::default()).is_empty(), "a site without teams");
    assert!(!lacking(EvidencePolicy { required: Required::Always, ..policy }, &Rollout::default()).is_empty());
}

#[test]
fn a_release_without_evidence_waits_where_it_is() {
    let mut snapshot = snapshot(RolloutState::StageRollout, RolloutState::Production);
    snapshot.rollout.teams_known = true;
    let plan = plan(&snapshot, &decide(&snapshot)).unwrap();
    assert_eq!((plan.settles.state, plan.settles.attempted), (RolloutState::StageRollout, None));
    let put_back = Effect::SetProgress { expected: RolloutState::Production, to: RolloutState::StageRollout };
    assert!(plan.steps.contains(&put_back) && !plan.steps.iter().any(|step| matches!(step, Effect::Place { .. })));
}

#[test]
fn a_team_is_invited_once_to_a_delivery() {
    let mut snapshot = snapshot(RolloutState::InVerification, RolloutState::StageRollout);
    let volunteer = team("CESNET", "storm", "sl6");
    snapshot.rollout = Rollout { teams_known: true, volunteers: vec![volunteer], ..Rollout::default() };
    let invited = |snapshot: &egi_workflow::Snapshot| {
        let decision = decide(snapshot);
        assert!(matches!(decision, Decision::Proceed { .. }), "{decision:?}");
        let steps = plan(snapshot, &decision).unwrap().steps;
        steps.iter().filter(|step| matches!(step, Effect::Invite { .. })).count()
    };
    assert_eq!(invited(&snapshot), 1);
    let mut known = part();
    known.delivery = facts().content;
    snapshot.rollout.parts = vec![known.clone()];
    assert_eq!(invited(&snapshot), 0);
    known.delivery = Some(ContentId(Sha256::of(b"an earlier delivery")));
    snapshot.rollout.parts = vec![known];
    assert_eq!(invited(&snapshot), 1, "what was delivered anew is tried anew");
}
