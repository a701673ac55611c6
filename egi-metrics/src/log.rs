//! Follows a ticket through the log: what each record stands for, where the release stayed, what is odd.
//!
//! This is the one place that reads the log in order, record by record. The order is that of the record numbers; times
//! are only what the records say about themselves and may be wrong.

use egi_model::history::Outcome;
use egi_model::month::Month;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use crate::columns::{FactColumns, Micros, Name};
use crate::order::TicketRows;
use crate::quality::{Problem, ProblemKind, instant};
use crate::record::RecordId;

/// One settled request, as its columns have it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    pub(crate) row: u32,
    pub(crate) record: RecordId,
    pub(crate) at: Micros,
    pub(crate) from: RolloutState,
    pub(crate) asked: RolloutState,
    pub(crate) to: RolloutState,
    pub(crate) outcome: Outcome,
    pub(crate) emergency: bool,
    pub(crate) provider: Name,
}

impl Request {
    fn read(facts: &FactColumns, row: u32) -> Option<Self> {
        let (log, at) = (&facts.transitions, row as usize);
        Some(Self {
            row,
            record: *log.record.get(at)?,
            at: *log.at.get(at)?,
            from: *log.from.get(at)?,
            asked: *log.asked.get(at)?,
            to: *log.to.get(at)?,
            outcome: *log.outcome.get(at)?,
            emergency: *log.emergency.get(at)?,
            provider: *log.provider.get(at)?,
        })
    }

    /// Whether the request was carried out, wholly or as far as a taken slot allows.
    pub(crate) fn was_granted(&self) -> bool {
        matches!(self.outcome, Outcome::Performed | Outcome::Deferred)
    }

    pub(crate) fn was_performed(&self) -> bool {
        self.outcome == Outcome::Performed
    }
}

/// A request, and the state that its transition counts from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) request: Request,
    /// Where the release stood; for a retry out of `Failed`, where it stood before it failed.
    pub(crate) stood: RolloutState,
}

/// What a stay begins or ends with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) at: Micros,
    /// The record, where there is one.
    pub(crate) record: Option<RecordId>,
    /// The row among the transitions; `None` for a creation.
    pub(crate) row: Option<u32>,
}

/// A stay as the whole log has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) number: u32,
    pub(crate) state: RolloutState,
    pub(crate) entered: Mark,
    pub(crate) left: Option<Mark>,
}

impl Span {
    /// Whether it is there at an instant: begun before, and not ended before.
    pub(crate) fn lasts_at(&self, at: Micros) -> bool {
        self.entered.at < at && self.left.is_none_or(|left| left.at >= at)
    }

    /// How long it was; `None` while it lasts and where the log has the end before the begin.
    pub(crate) fn seconds(&self) -> Option<u64> {
        whole_seconds(self.entered.at, self.left?.at)
    }
}

/// From one instant to another, rounded down; `None` if they are the wrong way round.
pub(crate) fn whole_seconds(from: Micros, to: Micros) -> Option<u64> {
    Some(u64::try_from(to.checked_sub(from)?).ok()? / 1_000_000)
}

/// A ticket's way through the log. One is used for ticket after ticket, so that nothing is allocated for each.
#[derive(Debug)]
pub(crate) struct Journey<'f> {
    facts: &'f FactColumns,
    pub(crate) ticket: u64,
    /// The ticket's creation, by its row.
    pub(crate) created: Option<(u32, Mark)>,
    /// The requests in the log's order.
    pub(crate) steps: Vec<Step>,
    /// The stays, in order.
    pub(crate) spans: Vec<Span>,
    /// What is odd, of all tickets so far.
    pub(crate) problems: Vec<Problem>,
    /// Where the release stands; `None` before the first record of a ticket that was never created.
    state: Option<RolloutState>,
    /// The stay that has not ended; `None` where its beginning is unknown.
    open: Option<Span>,
    /// Where the release stood before it failed.
    origin: RolloutState,
    /// The requests that failed or were refused since it stood there.
    attempted: Vec<RolloutState>,
    /// The latest time the ticket's log has reached, times in the future aside.
    reached: Option<Micros>,
    as_of: Micros,
}

impl<'f> Journey<'f> {
    pub(crate) fn new(facts: &'f FactColumns) -> Self {
        Self {
            facts,
            ticket: 0,
            created: None,
            steps: Vec::new(),
            spans: Vec::new(),
            problems: Vec::new(),
            state: None,
            open: None,
            origin: RolloutState::Failed,
            attempted: Vec::new(),
            reached: None,
            as_of: facts.as_of.timestamp_micros(),
        }
    }

    /// Follows one ticket.
    pub(crate) fn follow(&mut self, rows: TicketRows<'_>) {
        self.restart(rows.ticket);
        self.create(rows.submissions);
        for row in rows.transitions {
            if let Some(request) = Request::read(self.facts, *row) {
                self.take(request);
            }
        }
        self.spans.extend(self.open.take());
    }

    fn restart(&mut self, ticket: u64) {
        self.ticket = ticket;
        self.created = None;
        self.steps.clear();
        self.spans.clear();
        self.state = None;
        self.open = None;
        self.origin = RolloutState::Failed;
        self.attempted.clear();
        self.reached = None;
    }

    /// The earliest creation counts; `rows` are in the order of their times.
    fn create(&mut self, rows: &[u32]) {
        let created = &self.facts.submissions;
        for row in rows {
            let (Some(at), Some(record)) = (created.at.get(*row as usize), created.record.get(*row as usize)) else {
                continue;
            };
            let mark = Mark { at: *at, record: *record, row: None };
            if self.created.is_some() {
                let month = (mark.at <= self.as_of).then(|| Month::of(instant(mark.at)));
                let detail = format!("ticket {} was created more than once", self.ticket);
                self.report(month, mark, ProblemKind::DuplicateSubmission, detail);
                continue;
            }
            self.created = Some((*row, mark));
            self.reach(mark);
            self.enter(RolloutState::Submitted, mark);
        }
    }

    fn take(&mut self, request: Request) {
        let mark = Mark { at: request.at, record: Some(request.record), row: Some(request.row) };
        let before = self.reached;
        self.reach(mark);
        let stood = self.stood(&request);
        self.check(mark, &request, stood);
        self.remember_attempt(&request);
        self.steps.push(Step { request, stood });
        if self.state != Some(request.to) {
            self.leave(mark, before);
            self.enter(request.to, mark);
        }
    }

    fn reach(&mut self, mark: Mark) {
        if mark.at <= self.as_of {
            self.reached = self.reached.max(Some(mark.at));
        } else {
            self.report(None, mark, ProblemKind::FutureTime, "the time lies after the facts were read".to_owned());
        }
    }

    /// The state that a transition counts from (the reading of ground rule 6 in [`crate::GROUND_RULES`]).
    fn stood(&self, request: &Request) -> RolloutState {
        let is_retry = request.from == RolloutState::Failed && self.attempted.contains(&request.asked);
        if is_retry { self.origin } else { request.from }
    }

    fn remember_attempt(&mut self, request: &Request) {
        match request.outcome {
            Outcome::Performed | Outcome::Deferred => self.attempted.clear(),
            Outcome::Failed | Outcome::Refused => {
                if request.from != RolloutState::Failed {
                    self.origin = request.from;
                    self.attempted.clear();
                }
                self.attempted.push(request.asked);
            }
            // It told of no change, so nothing was attempted.
            Outcome::Disregarded => {}
        }
    }

    fn leave(&mut self, mark: Mark, before: Option<Micros>) {
        let Some(mut span) = self.open.take() else { return };
        span.left = Some(mark);
        self.spans.push(span);
        if mark.at < span.entered.at {
            let kind = if span.entered.record.is_none() && span.state == RolloutState::Submitted {
                ProblemKind::ClockSkew
            } else {
                ProblemKind::LeftBeforeEntered
            };
            self.odd(mark, kind, format!("{} was left before it was entered", span.state));
        } else if before.is_some_and(|before| mark.at < before) {
            let detail = format!("what follows {} begins before an earlier stay ended", span.state);
            self.odd(mark, ProblemKind::OverlappingStays, detail);
        }
    }

    fn enter(&mut self, state: RolloutState, mark: Mark) {
        let begun = self.spans.len().saturating_add(1);
        self.state = Some(state);
        self.open = Some(Span { number: u32::try_from(begun).unwrap_or(u32::MAX), state, entered: mark, left: None });
    }

    fn check(&mut self, mark: Mark, request: &Request, stood: RolloutState) {
        match self.state {
            None => {
                self.state = Some(request.from);
                let detail = format!("nothing tells when ticket {} was created", self.ticket);
                self.odd(mark, ProblemKind::NeverSubmitted, detail);
            }
            Some(state) if state != request.from => {
                let detail = format!("the release stood in {state}, the record starts from {}", request.from);
                self.odd(mark, ProblemKind::NotInState, detail);
            }
            Some(_) => {}
        }
        if request.from.is_terminal() && request.to != request.from {
            let detail = format!("{} was left for {}", request.from, request.to);
            self.odd(mark, ProblemKind::LeftTerminalState, detail);
        }
        if !outcome_agrees(request) {
            let detail = format!("asked {}, {}, yet now in {}", request.asked, request.outcome, request.to);
            self.odd(mark, ProblemKind::OutcomeDisagrees, detail);
        }
        if request.was_granted() && !request.emergency && skips(stood, request.asked) {
            let detail = format!("{stood} to {} and no emergency", request.asked);
            self.odd(mark, ProblemKind::SkippedWithoutEmergency, detail);
        }
    }

    fn odd(&mut self, mark: Mark, kind: ProblemKind, detail: String) {
        self.report(self.reached.map(|at| Month::of(instant(at))), mark, kind, detail);
    }

    fn report(&mut self, month: Option<Month>, mark: Mark, kind: ProblemKind, detail: String) {
        let (ticket, at) = (TicketId::new(self.ticket), Some(instant(mark.at)));
        self.problems.push(Problem { month, ticket, record: mark.record, kind, at, detail });
    }
}

fn outcome_agrees(request: &Request) -> bool {
    match request.outcome {
        Outcome::Performed => request.to == request.asked,
        Outcome::Deferred => request.asked == RolloutState::StageRollout && request.to == RolloutState::Deferred,
        Outcome::Refused | Outcome::Failed => request.to == RolloutState::Failed || request.to == request.from,
        Outcome::Disregarded => request.to == request.from,
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
