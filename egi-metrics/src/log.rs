//! Follows every ticket through the log: what each record stands for, where the release stayed, what is odd.
//!
//! This is the one place that reads the log in order, record by record. The order is that of the record numbers; times
//! are only what the records say about themselves and may be wrong.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::{DateTime, Utc};
use egi_model::history::Outcome;
use egi_model::month::Month;
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use crate::facts::{Facts, Submission, TransitionFact};
use crate::quality::{Problem, ProblemKind, month_of};
use crate::stay::{Mark, Span};

/// What the log says, ticket by ticket.
#[derive(Debug, Default)]
pub(crate) struct Followed<'a> {
    /// The records in the log's order, each number once.
    pub(crate) settled: Vec<Settled<'a>>,
    /// One creation per ticket, by ticket.
    pub(crate) submitted: BTreeMap<TicketId, &'a Submission>,
    /// Every stay of every release in a state, by ticket and in order.
    pub(crate) spans: Vec<Span<'a>>,
    /// What is odd.
    pub(crate) problems: Vec<Problem>,
}

/// A record, and the state that its transition counts from.
#[derive(Debug)]
pub(crate) struct Settled<'a> {
    /// The record.
    pub(crate) fact: &'a TransitionFact,
    /// Where the release stood; for a retry out of `Failed`, where it stood before it failed.
    pub(crate) stood: RolloutState,
}

/// Follows all tickets.
pub(crate) fn follow(facts: &Facts) -> Followed<'_> {
    let mut followed = Followed::default();
    followed.submitted = keep_first_submissions(facts, &mut followed.problems);
    let mut tickets: BTreeMap<TicketId, Vec<&TransitionFact>> =
        followed.submitted.keys().map(|ticket| (*ticket, Vec::new())).collect();
    for fact in keep_distinct_records(facts, &mut followed.problems) {
        tickets.entry(fact.ticket).or_default().push(fact);
    }
    for (ticket, log) in tickets {
        Follower::start(ticket, facts.as_of, &mut followed).follow(&log);
    }
    followed.settled.sort_by_key(|settled| settled.fact.seq);
    followed
}

/// The records in the log's order. Of several with one number, the choice does not depend on the order they came in.
fn keep_distinct_records<'a>(facts: &'a Facts, problems: &mut Vec<Problem>) -> Vec<&'a TransitionFact> {
    let mut log: Vec<&TransitionFact> = facts.transitions.iter().collect();
    log.sort_unstable_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    let mut distinct: Vec<&TransitionFact> = Vec::with_capacity(log.len());
    for fact in log {
        match distinct.last() {
            Some(kept) if kept.seq == fact.seq => problems.push(Problem {
                month: month_of(fact.at, facts.as_of),
                ticket: Some(fact.ticket),
                record: Some(fact.seq),
                kind: ProblemKind::DuplicateRecord,
                at: fact.at,
                detail: if *kept == fact {
                    format!("record {} occurs more than once", fact.seq)
                } else {
                    format!("record {} occurs more than once, with different content", fact.seq)
                },
            }),
            _ => distinct.push(fact),
        }
    }
    distinct
}

fn sort_key(fact: &TransitionFact) -> impl Ord + '_ {
    let states = (fact.from, fact.asked, fact.to, fact.outcome.as_str(), fact.emergency.as_str());
    (fact.seq, fact.at, fact.ticket, states, &fact.by, &fact.provider, &fact.release)
}

fn keep_first_submissions<'a>(facts: &'a Facts, problems: &mut Vec<Problem>) -> BTreeMap<TicketId, &'a Submission> {
    let mut submitted: Vec<&Submission> = facts.submitted.iter().collect();
    submitted.sort_unstable();
    let mut first: BTreeMap<TicketId, &Submission> = BTreeMap::new();
    for submission in submitted {
        match first.entry(submission.ticket) {
            Entry::Vacant(entry) => {
                entry.insert(submission);
            }
            Entry::Occupied(_) => problems.push(Problem {
                month: month_of(submission.at, facts.as_of),
                ticket: Some(submission.ticket),
                record: submission.record,
                kind: ProblemKind::DuplicateSubmission,
                at: submission.at,
                detail: format!("ticket {} was created more than once", submission.ticket),
            }),
        }
    }
    first
}

/// One ticket on its way through the log.
struct Follower<'a, 'f> {
    ticket: TicketId,
    as_of: DateTime<Utc>,
    followed: &'f mut Followed<'a>,
    /// Where the release stands; `None` before the first record of a ticket that was never created.
    state: Option<RolloutState>,
    /// The stay that has not ended; `None` where its beginning is unknown.
    open: Option<Span<'a>>,
    /// Stays begun so far.
    begun: u32,
    /// Where the release stood before it failed.
    origin: RolloutState,
    /// The requests that failed or were refused since it stood there.
    attempted: Vec<RolloutState>,
    /// The latest time the ticket's log has reached, times in the future aside.
    reached: Option<DateTime<Utc>>,
}

impl<'a, 'f> Follower<'a, 'f> {
    fn start(ticket: TicketId, as_of: DateTime<Utc>, followed: &'f mut Followed<'a>) -> Self {
        let created = followed.submitted.get(&ticket).copied();
        let mut this = Self {
            ticket,
            as_of,
            followed,
            state: None,
            open: None,
            begun: 0,
            origin: RolloutState::Failed,
            attempted: Vec::new(),
            reached: None,
        };
        if let Some(submission) = created {
            let mark = Mark::Created(submission);
            this.reach(mark);
            this.enter(RolloutState::Submitted, mark);
        }
        this
    }

    fn follow(mut self, log: &[&'a TransitionFact]) {
        for fact in log {
            self.take(fact);
        }
        self.followed.spans.extend(self.open);
    }

    fn take(&mut self, fact: &'a TransitionFact) {
        let mark = Mark::Settled(fact);
        self.reach(mark);
        let stood = self.stood(fact);
        self.check(mark, fact, stood);
        self.remember_attempt(fact);
        self.followed.settled.push(Settled { fact, stood });
        if self.state != Some(fact.to) {
            self.leave(mark);
            self.enter(fact.to, mark);
        }
    }

    fn reach(&mut self, mark: Mark<'a>) {
        if mark.at() <= self.as_of {
            self.reached = self.reached.max(Some(mark.at()));
        } else {
            let detail = "the time lies after the facts were read".to_owned();
            self.report(None, mark, ProblemKind::FutureTime, detail);
        }
    }

    /// The state that a transition counts from (the reading of ground rule 6 in [`crate::GROUND_RULES`]).
    fn stood(&self, fact: &TransitionFact) -> RolloutState {
        let is_retry = fact.from == RolloutState::Failed && self.attempted.contains(&fact.asked);
        if is_retry { self.origin } else { fact.from }
    }

    fn remember_attempt(&mut self, fact: &TransitionFact) {
        if fact.was_granted() {
            self.attempted.clear();
            return;
        }
        if fact.from != RolloutState::Failed {
            self.origin = fact.from;
            self.attempted.clear();
        }
        self.attempted.push(fact.asked);
    }

    fn leave(&mut self, mark: Mark<'a>) {
        let Some(mut span) = self.open.take() else { return };
        span.left = Some(mark);
        if mark.at() < span.entered.at() {
            let detail = format!("{} was left before it was entered", span.state);
            self.odd(mark, ProblemKind::LeftBeforeEntered, detail);
        }
        self.followed.spans.push(span);
    }

    fn enter(&mut self, state: RolloutState, mark: Mark<'a>) {
        self.begun += 1;
        self.state = Some(state);
        self.open = Some(Span { ticket: self.ticket, number: self.begun, state, entered: mark, left: None });
    }

    fn check(&mut self, mark: Mark<'a>, fact: &TransitionFact, stood: RolloutState) {
        match self.state {
            None => {
                self.state = Some(fact.from);
                let detail = format!("nothing tells when ticket {} was created", self.ticket);
                self.odd(mark, ProblemKind::NeverSubmitted, detail);
            }
            Some(state) if state != fact.from => {
                let detail = format!("the release stood in {state}, the record starts from {}", fact.from);
                self.odd(mark, ProblemKind::NotInState, detail);
            }
            Some(_) => {}
        }
        if fact.from.is_terminal() && fact.to != fact.from {
            let detail = format!("{} was left for {}", fact.from, fact.to);
            self.odd(mark, ProblemKind::LeftTerminalState, detail);
        }
        if !outcome_agrees(fact) {
            let detail = format!("asked {}, {}, yet now in {}", fact.asked, fact.outcome, fact.to);
            self.odd(mark, ProblemKind::OutcomeDisagrees, detail);
        }
        if fact.was_granted() && fact.emergency == Emergency::No && skips(stood, fact.asked) {
            let detail = format!("{stood} to {} and no emergency", fact.asked);
            self.odd(mark, ProblemKind::SkippedWithoutEmergency, detail);
        }
    }

    fn odd(&mut self, mark: Mark<'a>, kind: ProblemKind, detail: String) {
        self.report(self.reached.map(Month::of), mark, kind, detail);
    }

    fn report(&mut self, month: Option<Month>, mark: Mark<'a>, kind: ProblemKind, detail: String) {
        let (ticket, record) = (Some(self.ticket), mark.record());
        self.followed.problems.push(Problem { month, ticket, record, kind, at: mark.at(), detail });
    }
}

fn outcome_agrees(fact: &TransitionFact) -> bool {
    match fact.outcome {
        Outcome::Performed => fact.to == fact.asked,
        Outcome::Deferred => fact.asked == RolloutState::StageRollout && fact.to == RolloutState::Deferred,
        Outcome::Refused | Outcome::Failed => fact.to == RolloutState::Failed || fact.to == fact.from,
        Outcome::Disregarded => fact.to == fact.from,
    }
}

/// Whether going from `stood` to `asked` passes by an area or the verification.
fn skips(stood: RolloutState, asked: RolloutState) -> bool {
    use RolloutState::{Deferred, InVerification, Production, StageRollout, Submitted, Unverified, WaitingForResponse};
    let skips_verification = asked == StageRollout && matches!(stood, Submitted | Unverified);
    let skips_rollout =
        asked == Production && matches!(stood, Submitted | Unverified | InVerification | WaitingForResponse | Deferred);
    skips_verification || skips_rollout
}
