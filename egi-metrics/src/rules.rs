//! The counting rules, as [`crate::METRICS`] states them: what one ticket adds to every number. They are here and nowhere
//! else.

use egi_model::history::Outcome;
use egi_model::rollout::RolloutState;

use crate::columns::{FactColumns, Micros, NEVER, Name};
use crate::log::{Journey, Mark, Request, Span, Step, whole_seconds};
use crate::order::TicketRows;
use crate::record::RecordId;
use crate::tally::{Event, Passage, Publication, RolloutEnd, Tally};
use crate::teams;
use crate::trace::{Cell, Row};
use crate::window::Window;

/// What the reasons of a transition begin with by which a release manager did without evidence.
const OVERRIDE: &str = "override: ";

/// Counts tickets, one after the other.
#[derive(Debug)]
pub(crate) struct Counter<'f> {
    pub(crate) facts: &'f FactColumns,
    pub(crate) window: &'f Window,
    pub(crate) tally: Tally,
}

/// What a ticket's log says first of each thing that is counted once.
#[derive(Debug, Clone, Copy, Default)]
struct Firsts {
    delivered: Option<Step>,
    /// Came to an end, whichever.
    ended: Option<Step>,
    verified: Option<Step>,
    verification_skipped: Option<Step>,
    accepted: Option<Step>,
    rollout_skipped: Option<Step>,
    rejected: Option<Step>,
    ignored: Option<Step>,
    not_published: Option<Step>,
    /// Left staged rollout for an end.
    rollout_ended: Option<Step>,
    rollout_rejected: Option<Step>,
}

impl Firsts {
    fn of(steps: &[Step]) -> Self {
        let mut firsts = Self::default();
        for step in steps.iter().filter(|step| step.request.was_granted()) {
            firsts.meet(step);
        }
        firsts
    }

    fn meet(&mut self, step: &Step) {
        use RolloutState::{
            Deferred, Failed, Ignored, InVerification, NotPublished, Production, Rejected, StageRollout, Submitted,
            Unverified, WaitingForResponse,
        };
        let first = |slot: &mut Option<Step>, meets: bool| {
            if meets && slot.is_none() {
                *slot = Some(*step);
            }
        };
        let (stood, performed) = (step.stood, step.request.was_performed());
        let performs = |asked: RolloutState| performed && step.request.asked == asked;
        let verifying = matches!(stood, InVerification | WaitingForResponse);
        let to_rollout = step.request.asked == StageRollout;
        let ends = performed && step.request.asked.is_terminal();

        first(&mut self.delivered, performs(Unverified) && matches!(stood, Submitted | Failed));
        first(&mut self.ended, ends);
        first(&mut self.verified, to_rollout && verifying);
        let skips = to_rollout && stood == Unverified || performs(Production) && (stood == Unverified || verifying);
        first(&mut self.verification_skipped, skips);
        first(&mut self.accepted, performs(Production) && stood == StageRollout);
        first(&mut self.rollout_skipped, performs(Production) && stood != StageRollout);
        first(&mut self.rejected, performs(Rejected));
        first(&mut self.ignored, performs(Ignored));
        first(&mut self.not_published, performs(NotPublished));
        first(&mut self.rollout_ended, ends && stood == StageRollout);
        first(&mut self.rollout_rejected, performs(Rejected) && matches!(stood, StageRollout | Deferred));
    }
}

impl Counter<'_> {
    /// Counts everything of one ticket.
    pub(crate) fn count(&mut self, journey: &mut Journey<'_>, rows: TicketRows<'_>) {
        let firsts = Firsts::of(&journey.steps);
        self.deliveries(journey, &firsts);
        self.ends(journey, &firsts);
        self.came_to_nothing(journey);
        for span in &journey.spans {
            self.flow(journey.ticket, span);
        }
        self.time_in_state(journey);
        let ended = firsts.rollout_ended.map(|step| step.request.at);
        let reported = teams::count(self, journey, rows, ended);
        if let Some(step) = firsts.rollout_ended {
            self.rollout_end(journey, &step, &reported);
        }
        if let Some(step) = firsts.accepted {
            self.passage(journey, &step);
            self.publication(journey.ticket, &step, rows.published);
        }
    }

    /// Counts a request in the month of its time, for its provider.
    fn first(&mut self, ticket: u64, cell: Cell, step: Option<Step>) {
        if let Some(Step { request, .. }) = step {
            self.at(cell, request.at, Row::Named(request.provider), ticket, Some(request.record));
        }
    }

    /// Counts something in the month of its time.
    pub(crate) fn at(&mut self, cell: Cell, at: Micros, row: Row, ticket: u64, record: Option<RecordId>) {
        if let Some(month) = self.window.place(at) {
            self.tally.trace.count(cell, month, row, ticket, record);
        }
    }

    fn deliveries(&mut self, journey: &Journey<'_>, firsts: &Firsts) {
        let ticket = journey.ticket;
        self.first(ticket, Cell::Delivered, firsts.delivered);
        let Some((_, created)) = journey.created else { return };
        let unknown = Row::Named(Name::NONE);
        self.at(Cell::Created, created.at, unknown, ticket, created.record);
        let number = |step: Option<Step>| step.map(|step| step.request.record.order());
        let undelivered = number(firsts.delivered).is_none_or(|delivered| Some(delivered) > number(firsts.ended));
        if undelivered {
            self.first(ticket, Cell::EndedUndelivered, firsts.ended);
        }
        // From the month of its creation to the one before it was delivered or ended: bound k + 1 ends month k.
        let until = [firsts.delivered, firsts.ended].into_iter().flatten();
        let until = until.map(|step| self.window.reached(step.request.at).saturating_sub(1)).min();
        let from = self.window.reached(created.at).saturating_sub(1);
        for month in from..until.unwrap_or(self.window.len()).min(self.window.len()) {
            self.tally.trace.count(Cell::NotDelivered, month, unknown, ticket, created.record);
        }
    }

    fn ends(&mut self, journey: &Journey<'_>, firsts: &Firsts) {
        for (cell, first) in [
            (Cell::Verified, firsts.verified),
            (Cell::VerificationSkipped, firsts.verification_skipped),
            (Cell::Accepted, firsts.accepted),
            (Cell::RolloutsSucceeded, firsts.accepted),
            (Cell::RolloutSkipped, firsts.rollout_skipped),
            (Cell::Rejected, firsts.rejected),
            (Cell::Ignored, firsts.ignored),
            (Cell::NotPublished, firsts.not_published),
            (Cell::RolloutsRejected, firsts.rollout_rejected),
            (Cell::RejectedDeferred, firsts.rollout_rejected.filter(|step| step.stood == RolloutState::Deferred)),
        ] {
            self.first(journey.ticket, cell, first);
        }
        let skipped = [firsts.verification_skipped, firsts.rollout_skipped].into_iter().flatten();
        let mut skipped: Vec<Event> = skipped.filter_map(|step| self.event(journey.ticket, &step)).collect();
        skipped.dedup_by_key(|event| event.record);
        self.tally.skips.append(&mut skipped);
        let rejected = firsts.rejected.and_then(|step| self.event(journey.ticket, &step));
        self.tally.rejections.extend(rejected);
        let overridden = firsts.accepted.filter(|step| self.is_override(step));
        let overridden = overridden.and_then(|step| self.event(journey.ticket, &step));
        self.tally.overrides.extend(overridden);
    }

    fn event(&self, ticket: u64, step: &Step) -> Option<Event> {
        let Request { row, record, at, asked, .. } = step.request;
        Some(Event { month: self.window.place(at)?, ticket, row, record, at, stood: step.stood, asked })
    }

    /// Whether a release was accepted without the evidence that was asked for: then its reasons begin with by which word.
    fn is_override(&self, step: &Step) -> bool {
        self.facts.transitions.reasons.get(step.request.row).is_some_and(|reasons| reasons.starts_with(OVERRIDE))
    }

    fn came_to_nothing(&mut self, journey: &Journey<'_>) {
        for Step { request, .. } in &journey.steps {
            let cell = match request.outcome {
                Outcome::Failed => Cell::FailedRequests,
                Outcome::Refused => Cell::RefusedRequests,
                Outcome::Performed | Outcome::Deferred | Outcome::Disregarded => continue,
            };
            self.at(cell, request.at, Row::Named(request.provider), journey.ticket, Some(request.record));
        }
    }

    fn flow(&mut self, ticket: u64, span: &Span) {
        let row = Row::In(span.state);
        self.at(Cell::Entries, span.entered.at, row, ticket, span.entered.record);
        if let Some(left) = span.left {
            self.at(Cell::Exits, left.at, row, ticket, left.record);
        }
        let bounds = self.window.bounds_within(span.entered.at, span.left.map(|mark| mark.at));
        if span.state.is_terminal() {
            self.tally.settle(span.state, &bounds);
            if self.facts.handover.as_ref().is_some_and(|handover| span.lasts_at(handover.at)) {
                self.tally.hand(span.state);
            }
            return;
        }
        let record = span.entered.record;
        for bound in bounds {
            if bound < self.window.len() {
                self.tally.trace.count(Cell::WipStart, bound, row, ticket, record);
            }
            if let Some(month) = bound.checked_sub(1) {
                self.tally.trace.count(Cell::WipEnd, month, row, ticket, record);
                self.tally.trace.count(Cell::Open, month, row, ticket, record);
                self.tally.note_oldest(month, span.state, span.entered.at, ticket);
            }
        }
    }

    /// Sums, for every state and month in which the ticket left the state, all stays that had ended by then.
    fn time_in_state(&mut self, journey: &Journey<'_>) {
        let ended = |span: &Span| Some((span.state, span.left?, span.seconds()));
        for (place, span) in journey.spans.iter().enumerate() {
            let Some((state, left, seconds)) = ended(span) else { continue };
            let Some(month) = self.window.place(left.at) else { continue };
            if state.is_terminal() {
                continue;
            }
            let row = Row::In(state);
            if seconds.is_none() {
                self.tally.trace.count(Cell::LeftOut, month, row, journey.ticket, left.record);
                continue;
            }
            let same = |other: &&Span| other.state == state && other.seconds().is_some();
            let left_then = |other: &Span| other.left.is_some_and(|mark| self.window.place(mark.at) == Some(month));
            let is_first = !journey.spans.iter().take(place).filter(same).any(left_then);
            if !is_first {
                continue;
            }
            let mut sum = 0;
            for (_, mark, seconds) in journey.spans.iter().filter(same).filter_map(ended) {
                if mark.at < self.window.end(month) {
                    sum += seconds.unwrap_or_default();
                    self.tally.trace.count(Cell::Stays, month, row, journey.ticket, mark.record);
                }
            }
            self.tally.note_duration(month, state, sum);
        }
    }

    fn rollout_end(&mut self, journey: &Journey<'_>, step: &Step, reported: &[RecordId]) {
        let Some(month) = self.window.place(step.request.at) else { return };
        let ticket = journey.ticket;
        self.tally.trace.count(Cell::RolloutsEnded, month, Row::All, ticket, Some(step.request.record));
        for record in reported {
            self.tally.trace.count(Cell::TeamsOfReleases, month, Row::All, ticket, Some(*record));
        }
        let Request { row, record, at, asked, .. } = step.request;
        let teams = u32::try_from(reported.len()).unwrap_or(u32::MAX);
        self.tally.rollouts.push(RolloutEnd { month, ticket, row, record, at, outcome: asked, teams });
    }

    /// From the first stay in staged rollout to acceptance.
    fn passage(&mut self, journey: &Journey<'_>, step: &Step) {
        let Some(month) = self.window.place(step.request.at) else { return };
        let (ticket, accepted) = (journey.ticket, step.request.at);
        let before = |span: &&Span| is_before(span.entered, step);
        let spans = || journey.spans.iter().filter(before);
        let place = spans().position(|span| span.state == RolloutState::StageRollout);
        let entered = place.and_then(|place| journey.spans.get(place)).map(|span| span.entered.at);
        let spent = |state: RolloutState| -> u64 {
            let between = spans().skip(place.unwrap_or(usize::MAX)).filter(|span| span.state == state);
            between.filter_map(Span::seconds).sum()
        };
        let seconds = entered.and_then(|entered| whole_seconds(entered, accepted));
        let cell = if seconds.is_some() { Cell::Timed } else { Cell::Untimed };
        self.tally.trace.count(cell, month, Row::All, ticket, Some(step.request.record));
        self.tally.passages.push(Passage {
            month,
            ticket,
            row: step.request.row,
            record: step.request.record,
            entered,
            accepted,
            seconds,
            deferred: spent(RolloutState::Deferred),
            failed: spent(RolloutState::Failed),
        });
    }

    /// From acceptance to the first report being published, in the month in which both have happened. Until then the
    /// release is without a report at the end of every month.
    fn publication(&mut self, ticket: u64, step: &Step, published: &[u32]) {
        let (accepted, log) = (step.request.at, &self.facts.published);
        let first = published.first().map(|row| *row as usize);
        let first = first.and_then(|row| Some((*log.at.get(row)?, *log.record.get(row)?)));
        let entry = |month, known: Option<(Micros, RecordId)>| Publication {
            month,
            ticket,
            row: step.request.row,
            record: step.request.record,
            accepted,
            published: known.map(|(at, _)| at),
            seconds: known.and_then(|(at, _)| whole_seconds(accepted, at.max(accepted))),
        };
        for bound in self.window.bounds_within(accepted, first.map(|(at, _)| at)) {
            let Some(month) = bound.checked_sub(1) else { continue };
            self.tally.trace.count(Cell::Unpublished, month, Row::All, ticket, Some(step.request.record));
            self.tally.publications.push(entry(month, None));
        }
        let Some((at, record)) = first else { return };
        let Some(month) = self.window.place(at.max(accepted)) else { return };
        self.tally.trace.count(Cell::Published, month, Row::All, ticket, Some(record));
        if at < accepted {
            self.tally.trace.count(Cell::PublishedBefore, month, Row::All, ticket, Some(record));
        }
        self.tally.publications.push(entry(month, first));
    }
}

/// Whether a stay began before the request, as the log has it.
fn is_before(entered: Mark, step: &Step) -> bool {
    entered.row.is_none() || entered.record.is_some_and(|record| record.order() < step.request.record.order())
}

/// Whether a time is known and lies before an instant.
pub(crate) fn is_known_before(at: Micros, end: Micros) -> bool {
    at != NEVER && at < end
}
