//! A report: the numbers of consecutive months as typed results, with the lineage behind them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use egi_model::month::Month;

use crate::catalog::{METRICS, MetricSpec};
use crate::columns::{FactColumns, Micros};
use crate::log::Journey;
use crate::order::{Ordered, Tickets};
use crate::quality::{Problem, find_divided_teams, find_gaps};
use crate::restate::Restatement;
use crate::rollout::{Event, Passage, Publication, ReportDelay, RolloutEnd, RolloutTime, TeamsPerRelease};
use crate::rules::Counter;
use crate::stay::{self, Cut, Stay};
use crate::table::{CountTable, FlowRow};
use crate::tally::Tally;
use crate::waiting::{self, TimeInState};
use crate::window::Window;

/// The numbers of consecutive months. A month's numbers do not depend on which others are there.
#[derive(Debug)]
pub struct Report<'f> {
    /// Month by month.
    pub months: Vec<MonthReport>,
    /// What is odd in the facts, as the months' reports list it.
    pub problems: Vec<Problem>,
    /// Numbers of closed months that changed: the caller knows them.
    pub restatements: Vec<Restatement>,
    pub(crate) facts: &'f FactColumns,
    pub(crate) window: Window,
    pub(crate) tally: Tally,
}

/// The numbers of one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthReport {
    /// The month.
    pub month: Month,
    /// The counted tables by technology provider, team or NGI, in the order of [`METRICS`].
    pub tables: Vec<CountTable>,
    /// M.SA1.3-1: early-adopter teams per release.
    pub teams_per_release: TeamsPerRelease,
    /// M.SA1.3-4: time from staged rollout to accepted.
    pub rollout_time: RolloutTime,
    /// M.SA1.3-5: time from accepted to report published.
    pub report_delay: ReportDelay,
    /// Flow and work in progress, every state.
    pub flow: Vec<FlowRow>,
    /// Time in state, every state that can be left.
    pub time_in_state: Vec<TimeInState>,
    /// What is odd.
    pub problems: Vec<Problem>,
}

impl MonthReport {
    /// The table of a metric by its id, such as `M.REPO-1`; `None` for one that has no counted table.
    #[must_use]
    pub fn table(&self, id: &str) -> Option<&CountTable> {
        self.tables.iter().find(|table| table.metric.id == id)
    }
}

/// The report of all months from `first` to `last`; without months if `last` is the earlier one. All facts matter, those
/// before the months too.
#[must_use]
pub fn report(facts: &FactColumns, first: Month, last: Month) -> Report<'_> {
    let window = Window::new(first, last);
    let ordered = Ordered::of(facts);
    let (mut tally, mut problems) = count(facts, &window, ordered.tickets());
    problems.extend(ordered.problems);
    problems.extend(find_gaps(facts));
    problems.extend(find_divided_teams(facts));
    problems.retain(|problem| problem.month.is_none_or(|month| month >= first && month <= last));
    problems.sort_unstable();
    tally.sort();
    let mut report = Report { months: Vec::new(), problems, restatements: Vec::new(), facts, window, tally };
    report.arrange();
    report
}

/// Everything odd in the facts, whichever month lists it.
#[must_use]
pub fn problems(facts: &FactColumns) -> Vec<Problem> {
    let ordered = Ordered::of(facts);
    let (_, mut problems) = count(facts, &Window::none(), ordered.tickets());
    problems.extend(ordered.problems);
    problems.extend(find_gaps(facts));
    problems.extend(find_divided_teams(facts));
    problems.sort_unstable();
    problems
}

/// Counts all tickets, on as many threads as there are processors.
fn count(facts: &FactColumns, window: &Window, tickets: Tickets<'_>) -> (Tally, Vec<Problem>) {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let count_part = |tickets: Tickets<'_>| {
        let mut counter = Counter { facts, window, tally: Tally::new(window.len()) };
        let mut journey = Journey::new(facts);
        for rows in tickets {
            journey.follow(rows);
            counter.count(&mut journey, rows);
        }
        (counter.tally, journey.problems)
    };
    let parts: Vec<_> = std::thread::scope(|scope| {
        let parts = tickets.split(threads).into_iter().map(|part| scope.spawn(move || count_part(part)));
        let parts: Vec<_> = parts.collect();
        parts.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
    });
    let mut counted = (Tally::new(window.len()), Vec::new());
    for part in parts {
        let (tally, problems) = part.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked));
        counted.0.append(tally);
        counted.1.extend(problems);
    }
    counted
}

impl Report<'_> {
    fn arrange(&mut self) {
        let rows = self.tally.trace.rows();
        let nothing = BTreeSet::new();
        for (place, month) in self.window.months().to_vec().into_iter().enumerate() {
            let table = |metric: &'static MetricSpec| {
                let rows = rows.get(&(metric.id, place)).unwrap_or(&nothing);
                CountTable::arrange(metric, &self.tally, place, rows, self.facts)
            };
            let tables = METRICS.iter().filter(|metric| metric.is_counted_by_name()).map(table).collect();
            let passages = RolloutTime::arrange(self.tally.passages_of(place));
            let delays = ReportDelay::arrange(self.tally.publications_of(place), &self.tally, place);
            let listed = |problem: &&Problem| problem.month.is_none_or(|of| of == month);
            let flow = FlowRow::arrange(&self.tally, place, self.facts.handover.as_ref());
            let teams_per_release = TeamsPerRelease::arrange(self.tally.rollouts_of(place));
            let measured = self.measured(place);
            self.months.push(MonthReport {
                month,
                tables,
                teams_per_release,
                rollout_time: passages,
                report_delay: delays,
                flow,
                time_in_state: waiting::arrange(&mut self.tally, place, measured),
                problems: self.problems.iter().filter(listed).cloned().collect(),
            });
        }
    }

    /// When ages are measured in a month: at its end, or when the facts were read.
    pub(crate) fn measured(&self, place: usize) -> Micros {
        self.window.end(place).min(self.facts.as_of.timestamp_micros())
    }

    fn place(&self, month: Month) -> Option<usize> {
        self.window.months().iter().position(|known| *known == month)
    }

    /// When the facts were read.
    #[must_use]
    pub fn as_of(&self) -> DateTime<Utc> {
        self.facts.as_of
    }

    /// The report of one of its months.
    #[must_use]
    pub fn month(&self, month: Month) -> Option<&MonthReport> {
        self.months.get(self.place(month)?)
    }

    /// The stays that last at the end of a month, in states that can be left: what waits, oldest first.
    #[must_use]
    pub fn open_stays(&self, month: Month) -> Vec<Stay> {
        let Some(place) = self.place(month) else { return Vec::new() };
        let cut =
            Cut { from: Some(self.window.end(place)), before: self.window.end(place), measured: self.measured(place) };
        let mut open = Vec::new();
        stay::each(self.facts, cut, |seen| {
            open.extend(seen.own(self.facts).filter(|_| seen.left.is_none() && !seen.span.state.is_terminal()));
        });
        open.sort_by_key(|stay| (stay.entered, stay.ticket));
        open
    }

    /// The releases whose staged rollout ended in a month, with the number of their teams (M.SA1.3-1).
    #[must_use]
    pub fn rollout_ends(&self, month: Month) -> Vec<RolloutEnd> {
        let ends = self.place(month).map(|place| self.tally.rollouts_of(place)).unwrap_or_default();
        ends.iter().filter_map(|end| RolloutEnd::of(self.facts, end)).collect()
    }

    /// The releases that passed staged rollout in a month, with how long it took (M.SA1.3-4).
    #[must_use]
    pub fn passages(&self, month: Month) -> Vec<Passage> {
        let passages = self.place(month).map(|place| self.tally.passages_of(place)).unwrap_or_default();
        passages.iter().filter_map(|passage| Passage::of(self.facts, passage)).collect()
    }

    /// The reports published for releases by a month, and the releases that are still without (M.SA1.3-5).
    #[must_use]
    pub fn publications(&self, month: Month) -> Vec<Publication> {
        let Some(place) = self.place(month) else { return Vec::new() };
        let known = self.tally.publications_of(place).iter();
        known.filter_map(|known| Publication::of(self.facts, known, self.measured(place))).collect()
    }

    /// The releases that skipped verification or staged rollout in a month.
    #[must_use]
    pub fn skips(&self, month: Month) -> Vec<Event> {
        self.events(month, &self.tally.skips)
    }

    /// The releases that were rejected in a month.
    #[must_use]
    pub fn rejections(&self, month: Month) -> Vec<Event> {
        self.events(month, &self.tally.rejections)
    }

    /// The releases that were accepted in a month without the evidence of early adopters that was asked for.
    #[must_use]
    pub fn overrides(&self, month: Month) -> Vec<Event> {
        self.events(month, &self.tally.overrides)
    }

    fn events(&self, month: Month, events: &[crate::tally::Event]) -> Vec<Event> {
        let place = self.place(month);
        let of_month = events.iter().filter(|event| Some(event.month) == place);
        of_month.filter_map(|event| Event::of(self.facts, event)).collect()
    }
}

#[cfg(test)]
mod tests;
