//! Properties over random logs that keep to the rules.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use egi_model::history::Outcome;
use egi_model::release::Emergency;
use proptest::prelude::*;

use super::*;
use crate::facts::{Participation, ParticipationFact, PublishedFact, Submission, TeamOutcome, TransitionFact};
use crate::quality::Problem;

/// One throw of the dice: which ticket, which of its possible moves, how many hours later.
type Throw = (u64, u8, u16);

fn throws() -> impl Strategy<Value = Vec<Throw>> {
    prop::collection::vec((1..=40_u64, any::<u8>(), 0..120_u16), 1..250)
}

/// What may happen next to a release: what is asked, and how it ends. `attempted` is what failed before.
fn moves(state: RolloutState, attempted: RolloutState) -> Vec<(RolloutState, Outcome)> {
    use Outcome::{Deferred as Postponed, Failed as Broken, Performed, Refused};
    use RolloutState::*;
    match state {
        Submitted => vec![(Unverified, Performed), (Unverified, Broken), (Ignored, Performed), (Production, Refused)],
        Unverified => vec![
            (InVerification, Performed),
            (StageRollout, Performed),
            (Production, Performed),
            (Rejected, Performed),
            (StageRollout, Broken),
        ],
        InVerification | WaitingForResponse => vec![
            (if state == InVerification { WaitingForResponse } else { InVerification }, Performed),
            (StageRollout, Performed),
            (StageRollout, Postponed),
            (StageRollout, Broken),
            (Rejected, Performed),
            (StageRollout, Refused),
        ],
        StageRollout => vec![
            (Production, Performed),
            (Production, Broken),
            (Rejected, Performed),
            (Unverified, Refused),
            (NotPublished, Performed),
        ],
        Deferred => vec![(StageRollout, Performed), (StageRollout, Postponed), (Rejected, Performed)],
        Failed => vec![(attempted, Performed), (attempted, Broken), (Submitted, Performed), (Rejected, Performed)],
        Production | Rejected | Ignored | NotPublished => Vec::new(),
    }
}

/// The log that the throws make, over about a year from October 2025 on.
fn play(throws: &[Throw]) -> Facts {
    let mut now = at("2025-10-01 00:00");
    let mut facts = Facts::none(at("2030-01-01 00:00"));
    let mut stand: BTreeMap<u64, (RolloutState, RolloutState)> = BTreeMap::new();
    for (number, choice, hours) in throws {
        now += TimeDelta::hours(i64::from(*hours));
        let Some((state, attempted)) = stand.get(number).copied() else {
            facts.submitted.push(Submission { ticket: ticket(*number), at: now, record: None, by: None });
            stand.insert(*number, (RolloutState::Submitted, RolloutState::Submitted));
            continue;
        };
        let moves = moves(state, attempted);
        let Some((asked, outcome)) = moves.get(usize::from(*choice) % moves.len().max(1)).copied() else { continue };
        let to = match outcome {
            Outcome::Performed => asked,
            Outcome::Deferred => RolloutState::Deferred,
            Outcome::Refused | Outcome::Failed => RolloutState::Failed,
            Outcome::Disregarded => state,
        };
        stand.insert(*number, (to, asked));
        facts.transitions.push(TransitionFact {
            record: RecordId::own(facts.transitions.len() as u64 + 1),
            ticket: ticket(*number),
            at: now,
            from: state,
            asked,
            to,
            outcome,
            by: None,
            emergency: Emergency::Yes,
            provider: (number % 3 > 0).then(|| format!("TP{}", number % 3)),
            release: None,
            reasons: None,
        });
        if to == RolloutState::StageRollout {
            (0..choice % 4).for_each(|team| take_part(&mut facts, *number, now, team));
        }
        if to == RolloutState::Production {
            let record = RecordId::own(facts.published.len() as u64 + 1);
            let at = now + TimeDelta::hours(i64::from(*choice)) - TimeDelta::hours(50);
            facts.published.push(PublishedFact { record, ticket: ticket(*number), at, link: None });
        }
    }
    facts
}

/// A team that answers after a day and reports after some more; the third never answers.
fn take_part(facts: &mut Facts, number: u64, asked: chrono::DateTime<chrono::Utc>, team: u8) {
    let answered = (team < 2).then(|| asked + TimeDelta::days(1));
    let finished = answered.map(|at| at + TimeDelta::days(i64::from(team) * 9 + 2));
    facts.participations.push(ParticipationFact {
        record: RecordId::own(facts.participations.len() as u64 + 1),
        ticket: ticket(number),
        team: format!("team{}{team}", number % 4),
        site: Some(format!("SITE{}", number % 4)),
        ngi: Some(format!("NGI{}", number % 2)),
        participation: if answered.is_some() { Participation::Accepted } else { Participation::Invited },
        outcome: finished.map(|_| if team == 0 { TeamOutcome::Accept } else { TeamOutcome::Reject }),
        invited: Some(asked),
        answered,
        started: answered,
        finished,
        report: None,
    });
}

/// What can not be right, as some throws bring it about; the rest of a random log is without fault.
fn is_of_teams(problem: &Problem) -> bool {
    [ProblemKind::DuplicateParticipation, ProblemKind::OutcomeAfterRollout].contains(&problem.kind)
}

fn year(facts: &Facts) -> Vec<MonthReport> {
    month_reports(facts, "2025-10", "2026-09")
}

fn sum(reports: &[MonthReport], metric: &str, column: &str) -> u64 {
    reports.iter().filter_map(|report| report.table(metric)?.total(column)).sum()
}

fn tickets_that(facts: &Facts, asked: RolloutState) -> u64 {
    let until = month("2026-09").end();
    let asks = |fact: &&TransitionFact| fact.asked == asked && fact.outcome == Outcome::Performed && fact.at < until;
    facts.transitions.iter().filter(asks).map(|fact| fact.ticket).collect::<BTreeSet<_>>().len() as u64
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    /// Asking for a year is asking for twelve months, and a month is the same when nothing later is known.
    #[test]
    fn a_month_does_not_depend_on_the_range_nor_on_what_follows(throws in throws(), closing in 0..12_usize) {
        let facts = play(&throws);
        for (at, whole) in year(&facts).into_iter().enumerate() {
            prop_assert_eq!(&month_report(&facts, &whole.month.to_string()), &whole);
            if at != closing {
                continue;
            }
            let mut known = facts.clone();
            known.transitions.retain(|fact| fact.at < whole.month.end());
            known.submitted.retain(|submission| submission.at < whole.month.end());
            known.published.retain(|report| report.at < whole.month.end());
            prop_assert_eq!(&month_report(&known, &whole.month.to_string()), &whole);
        }
    }

    #[test]
    fn the_order_the_facts_come_in_does_not_matter(
        (throws, order) in throws().prop_flat_map(|throws| {
            let order = Just((0..throws.len()).collect::<Vec<_>>()).prop_shuffle();
            (Just(throws), order)
        })
    ) {
        let facts = play(&throws);
        let mut mixed = facts.clone();
        mixed.transitions = order.iter().filter_map(|at| facts.transitions.get(*at).cloned()).collect();
        mixed.submitted.reverse();
        mixed.participations.reverse();
        mixed.published.reverse();
        prop_assert_eq!(year(&mixed), year(&facts));
    }

    #[test]
    fn what_goes_in_comes_out_or_is_still_there(throws in throws()) {
        let facts = play(&throws);
        let year = year(&facts);
        for report in &year {
            prop_assert!(report.problems.iter().all(is_of_teams), "{:?}", report.problems);
            prop_assert!(report.flow.iter().all(|row| row.unexplained() == 0), "{:?}", report.flow);
            let created = facts.submitted.iter().filter(|submission| submission.at < report.month.end()).count();
            prop_assert_eq!(report.flow.iter().map(|row| row.wip_end).sum::<u64>(), created as u64);
        }
        for pair in year.windows(2) {
            for (before, after) in pair[0].flow.iter().zip(&pair[1].flow) {
                prop_assert_eq!(before.wip_end, after.wip_start);
            }
            let total = |report: &MonthReport, column| report.table("M.REPO-1").unwrap().total(column).unwrap();
            prop_assert_eq!(
                total(&pair[0], "not_delivered") + total(&pair[1], "created"),
                total(&pair[1], "not_delivered") + total(&pair[1], "delivered") + total(&pair[1], "ended_undelivered")
            );
        }
    }

    /// However often a release fails, swings and starts again.
    #[test]
    fn a_release_counts_once(throws in throws()) {
        let facts = play(&throws);
        let year = year(&facts);
        prop_assert_eq!(sum(&year, "M.REPO-1", "delivered"), tickets_that(&facts, RolloutState::Unverified));
        let in_production = sum(&year, "M.REPO-3", "accepted") + sum(&year, "M.REPO-3", "emergency_skips");
        prop_assert_eq!(in_production, tickets_that(&facts, RolloutState::Production));
        prop_assert_eq!(sum(&year, "outcomes", "rejected"), tickets_that(&facts, RolloutState::Rejected));
    }

    #[test]
    fn a_duplicated_record_is_found_and_changes_no_number(throws in throws(), pick in any::<prop::sample::Index>()) {
        let facts = play(&throws);
        prop_assume!(!facts.transitions.is_empty());
        let copy = facts.transitions[pick.index(facts.transitions.len())].clone();
        let mut doubled = facts.clone();
        doubled.transitions.push(copy.clone());
        for (once, twice) in year(&facts).iter().zip(&year(&doubled)) {
            prop_assert_eq!(&once.tables, &twice.tables);
            prop_assert_eq!(&once.flow, &twice.flow);
            prop_assert_eq!(&once.time_in_state, &twice.time_in_state);
            let found: Vec<_> = twice.problems.iter().filter(|problem| !is_of_teams(problem)).map(|problem| (problem.kind, problem.record)).collect();
            let here = twice.month.contains(copy.at);
            prop_assert_eq!(found, if here { vec![(ProblemKind::DuplicateRecord, Some(copy.record))] } else { Vec::new() });
        }
    }

    /// A closed month hands on all that later ones need: the releases that had come to their end are not looked at. When
    /// it handed on, it may have been some months ago already.
    #[test]
    fn a_month_that_goes_on_from_an_earlier_one_is_the_same(
        throws in throws(), closing in 0..11_usize, seen in 0..11_usize, ahead in 1..11_usize
    ) {
        let facts = play(&throws);
        let whole = year(&facts);
        let (closed, next) = (whole[closing].month, &whole[(closing + ahead).min(11)]);
        let seen = whole[(closing + seen).min((closing + ahead).min(11) - 1)].month.end();
        let mut known = facts.clone();
        known.transitions.retain(|fact| fact.at < seen);
        known.submitted.retain(|submission| submission.at < seen);
        let columns = FactColumns::of(&known);
        let carried = crate::report(&columns, closed, closed).carry(closed).unwrap();
        let newer = |fact: &&TransitionFact| fact.record.number() > carried.records;
        let mut wanted: BTreeSet<_> = facts.transitions.iter().filter(newer).map(|fact| fact.ticket).collect();
        wanted.extend(carried.tickets.iter().copied());
        wanted.extend(facts.submitted.iter().filter(|fact| fact.at >= seen).map(|fact| fact.ticket));
        let mut part = facts.clone();
        part.transitions.retain(|fact| wanted.contains(&fact.ticket));
        part.submitted.retain(|fact| wanted.contains(&fact.ticket));
        part.participations.retain(|fact| wanted.contains(&fact.ticket));
        part.published.retain(|fact| wanted.contains(&fact.ticket));
        let columns = FactColumns::of(&part).continuing(closed, carried);
        let going_on = crate::report(&columns, next.month, next.month).months;
        prop_assert_eq!(&going_on[0], next);
    }

    #[test]
    fn a_team_that_is_there_twice_is_found_and_counts_once(throws in throws(), pick in any::<prop::sample::Index>()) {
        let facts = play(&throws);
        prop_assume!(!facts.participations.is_empty());
        let mut copy = facts.participations[pick.index(facts.participations.len())].clone();
        copy.record = RecordId::own(facts.participations.len() as u64 + 1);
        let mut doubled = facts.clone();
        doubled.participations.push(copy.clone());
        let found = |facts: &Facts| {
            let columns = FactColumns::of(facts);
            let kind = ProblemKind::DuplicateParticipation;
            crate::problems(&columns).into_iter().filter(|problem| problem.kind == kind).count()
        };
        prop_assert_eq!(found(&doubled), found(&facts) + 1);
        for (once, twice) in year(&facts).iter().zip(&year(&doubled)) {
            prop_assert_eq!(&once.tables, &twice.tables);
            prop_assert_eq!(&once.teams_per_release, &twice.teams_per_release);
        }
    }
}
