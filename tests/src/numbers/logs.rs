//! Random logs of releases, as facts: most keep to the workflow, some fail and swing, a few have impossible times.

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use egi_metrics::{
    Facts, Participation, ParticipationFact, PublishedFact, RecordId, Submission, TeamOutcome, TransitionFact,
};
use egi_model::history::Outcome;
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use crate::dice::Dice;

/// What a log is made of.
#[derive(Debug, Clone, Copy)]
pub struct LogShape {
    /// Tickets, numbered from 1.
    pub tickets: u64,
    /// Days over which they are created, from 2016 on.
    pub days: u64,
    /// The same number makes the same log.
    pub seed: u64,
    /// Of a thousand records, how many have a time that can not be.
    pub wrong_times: u64,
}

/// Technology providers.
const PROVIDERS: u64 = 12;
/// Early-adopter teams; each third of them is of another NGI.
const TEAMS: u64 = 90;
/// No release goes further than so many transitions.
const LONGEST_WAY: u32 = 60;

/// Makes a log, read on the last day it reaches.
#[must_use]
pub fn random_log(shape: LogShape) -> Facts {
    let mut maker = Maker { dice: Dice(shape.seed), facts: Facts::none(first_day()) };
    for ticket in (1..=shape.tickets).filter_map(TicketId::new) {
        let created = first_day() + maker.span(0, shape.days * 24);
        maker.release(ticket, created);
    }
    maker.number(shape.wrong_times)
}

fn first_day() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2016, 1, 1, 0, 0, 0).single().unwrap_or_default()
}

struct Maker {
    dice: Dice,
    facts: Facts,
}

/// What happens next to a release: what is asked for, and how it ends.
type Move = (RolloutState, Outcome);

impl Maker {
    fn below(&mut self, bound: u64) -> u64 {
        self.dice.next() % bound.max(1)
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    /// A time from `least` to `most` hours, to the second.
    fn span(&mut self, least: u64, most: u64) -> TimeDelta {
        let seconds = least * 3600 + self.below((most - least) * 3600);
        TimeDelta::seconds(i64::try_from(seconds).unwrap_or_default())
    }

    fn release(&mut self, ticket: TicketId, created: DateTime<Utc>) {
        let mut now = created;
        // A few tickets are older than the log.
        if !self.one_in(200) {
            self.facts.submitted.push(Submission { ticket, at: now, record: None, by: Some("provider".to_owned()) });
        }
        let provider = format!("TP{:02}", self.below(PROVIDERS));
        let (mut state, mut attempted) = (RolloutState::Submitted, RolloutState::Unverified);
        let mut ends = None;
        for _ in 0..LONGEST_WAY {
            let Some((asked, outcome)) = self.next_move(state, attempted) else { break };
            if self.one_in(80) {
                // Nobody does anything about it any more.
                break;
            }
            now += self.span(1, 240);
            let to = match outcome {
                Outcome::Performed => asked,
                Outcome::Deferred => RolloutState::Deferred,
                Outcome::Refused | Outcome::Failed => RolloutState::Failed,
                Outcome::Disregarded => state,
            };
            let (person, is_told) = (self.below(8), !self.one_in(50));
            self.facts.transitions.push(TransitionFact {
                record: RecordId::own(1),
                ticket,
                at: now,
                from: state,
                asked,
                to,
                outcome,
                by: Some(format!("person{person}")),
                emergency: Emergency::Yes,
                provider: is_told.then(|| provider.clone()),
                release: (state != RolloutState::Submitted).then(|| format!("product-{ticket} 1.{}", ticket.get() % 7)),
                reasons: None,
            });
            if to == RolloutState::StageRollout && state != RolloutState::Failed {
                self.teams(ticket, now);
            }
            if to == RolloutState::Production {
                ends = Some(now);
            }
            (state, attempted) = (to, asked);
        }
        if let Some(accepted) = ends.filter(|_| !self.one_in(30)) {
            let at = accepted + self.span(0, 400) - TimeDelta::hours(40);
            self.facts.published.push(PublishedFact { record: RecordId::own(1), ticket, at, link: None });
        }
    }

    fn next_move(&mut self, state: RolloutState, attempted: RolloutState) -> Option<Move> {
        use Outcome::{Deferred as Postponed, Disregarded, Failed as Broken, Performed, Refused};
        use RolloutState::{
            Deferred, Failed, Ignored, InVerification, NotPublished, Production, Rejected, StageRollout, Submitted,
            Unverified, WaitingForResponse,
        };
        let dice = self.below(100);
        Some(match (state, dice) {
            (Submitted, 0..88) => (Unverified, Performed),
            (Submitted, 88..96) => (Unverified, Broken),
            (Submitted, _) => (Ignored, Performed),
            (Unverified, 0..88) => (InVerification, Performed),
            (Unverified, 88..90) => (StageRollout, Performed),
            (Unverified, 90..92) => (Production, Performed),
            (Unverified, 92..94) => (InVerification, Disregarded),
            (Unverified, _) => (Rejected, Performed),
            (InVerification, 0..12) => (WaitingForResponse, Performed),
            (WaitingForResponse, 0..60) => (InVerification, Performed),
            (InVerification | WaitingForResponse, 0..76) => (StageRollout, Performed),
            (InVerification | WaitingForResponse, 76..82) => (StageRollout, Postponed),
            (InVerification | WaitingForResponse, 82..85) => (StageRollout, Broken),
            (InVerification | WaitingForResponse, 85..87) => (StageRollout, Refused),
            (InVerification | WaitingForResponse, _) => (Rejected, Performed),
            (StageRollout, 0..82) => (Production, Performed),
            (StageRollout, 82..86) => (Production, Broken),
            (StageRollout, 86..88) => (Unverified, Refused),
            (StageRollout, 88..97) => (Rejected, Performed),
            (StageRollout, _) => (NotPublished, Performed),
            (Deferred, 0..70) => (StageRollout, Performed),
            (Deferred, 70..80) => (StageRollout, Postponed),
            (Deferred, _) => (Rejected, Performed),
            (Failed, 0..60) => (attempted, Performed),
            (Failed, 60..75) => (attempted, Broken),
            (Failed, 75..85) => (Production, Performed),
            (Failed, 85..92) => (Submitted, Performed),
            (Failed, _) => (Rejected, Performed),
            (Production | Rejected | Ignored | NotPublished, _) => return None,
        })
    }

    fn teams(&mut self, ticket: TicketId, entered: DateTime<Utc>) {
        // 3.36 on average, which makes 2.2 of each ticket: some never come so far.
        let asked = self.below(6) + u64::from(!self.one_in(7));
        for _ in 0..asked {
            let team = self.below(TEAMS);
            let answered = (!self.one_in(6)).then(|| entered + self.span(1, 200));
            let declined = self.one_in(7);
            let takes_part = answered.filter(|_| !declined);
            let finished = takes_part.filter(|_| !self.one_in(9)).map(|at| at + self.span(1, 500));
            let outcome = finished.map(|_| match self.below(10) {
                0 => TeamOutcome::Reject,
                1 => TeamOutcome::Aborted,
                2 | 3 => TeamOutcome::AcceptWithWarnings,
                _ => TeamOutcome::Accept,
            });
            let participation = match (answered, declined) {
                (None, _) if self.one_in(2) => Participation::NoAnswer,
                (None, _) => Participation::Invited,
                (Some(_), true) => Participation::Declined,
                (Some(_), false) => Participation::Accepted,
            };
            self.facts.participations.push(ParticipationFact {
                record: RecordId::own(1),
                ticket,
                team: format!("team{team:02}"),
                site: Some(format!("SITE-{team}")),
                ngi: Some(format!("NGI_{}", team / 3)),
                participation,
                outcome,
                invited: Some(entered),
                answered,
                started: takes_part,
                finished,
                report: None,
            });
        }
    }

    /// Gives every fact its number, in the order of their times, and then some a time that can not be.
    fn number(mut self, wrong_times: u64) -> Facts {
        let facts = &mut self.facts;
        facts.transitions.sort_by_key(|fact| (fact.at, fact.ticket));
        facts.participations.sort_by_key(|fact| (fact.invited, fact.ticket));
        facts.published.sort_by_key(|fact| (fact.at, fact.ticket));
        let numbers = || (1..).map(RecordId::own);
        facts.transitions.iter_mut().zip(numbers()).for_each(|(fact, number)| fact.record = number);
        facts.participations.iter_mut().zip(numbers()).for_each(|(fact, number)| fact.record = number);
        facts.published.iter_mut().zip(numbers()).for_each(|(fact, number)| fact.record = number);
        let last = facts.transitions.iter().map(|fact| fact.at).max();
        facts.as_of = last.unwrap_or_else(first_day);
        for place in 0..self.facts.transitions.len() {
            if self.below(1000) < wrong_times {
                let back = self.span(100, 3000);
                self.facts.transitions.iter_mut().skip(place).take(1).for_each(|fact| fact.at -= back);
            }
        }
        self.facts
    }
}
