//! A month's report: the tables as typed results, and the same as files.

use std::iter::successors;

use egi_model::month::Month;
use egi_model::ticket::TicketId;
use polars::prelude::DataFrame;

use crate::catalog::{M_REPO_1, M_REPO_2, M_REPO_3, METRICS, MetricSpec, OUTCOMES};
use crate::count::{self, Counts};
use crate::definitions;
use crate::error::MetricsError;
use crate::facts::Facts;
use crate::frame::{self, Frames, name};
use crate::log::{Followed, follow};
use crate::quality::{Problem, find_gaps};
use crate::stay::{Cut, Stay, stays_csv};
use crate::table::{FlowRow, ProviderTable, render_flow};
use crate::waiting::{self, TimeInState};

/// The numbers of one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthReport {
    /// The month.
    pub month: Month,
    /// The tables by technology provider: M.REPO-1 to 3 and the other outcomes, in the order of [`METRICS`].
    pub tables: Vec<ProviderTable>,
    /// Flow and work in progress, every state.
    pub flow: Vec<FlowRow>,
    /// Time in state, every state that can be left.
    pub time_in_state: Vec<TimeInState>,
    /// The stays that lasted in the month or a part of it, by ticket and in order.
    pub stays: Vec<Stay>,
    /// What is odd.
    pub problems: Vec<Problem>,
    files: Vec<(String, Vec<u8>)>,
}

impl MonthReport {
    /// The table of a metric by its id, such as `M.REPO-1`; `None` for one that has no table by provider.
    #[must_use]
    pub fn table(&self, id: &str) -> Option<&ProviderTable> {
        self.tables.iter().find(|table| table.metric.id == id)
    }

    /// The CSV files: name and content. The same facts give the same bytes.
    #[must_use]
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        self.files.clone()
    }
}

/// The report of one month, from all facts: those before the month matter too.
pub fn report(facts: &Facts, month: Month) -> Result<MonthReport, MetricsError> {
    let log = Log::read(facts)?;
    let lineage = log.trace(&[month])?;
    log.report(&lineage, month)
}

/// The reports of all months from `first` to `last`; none if `last` is the earlier one. The facts are followed and
/// counted once for all of them; each report is what [`report`] makes of its month.
pub fn reports(facts: &Facts, first: Month, last: Month) -> Result<Vec<MonthReport>, MetricsError> {
    let months: Vec<Month> = successors(Some(first), |month| Some(month.next()).filter(|next| next > month))
        .take_while(|month| *month <= last)
        .collect();
    if months.is_empty() {
        return Ok(Vec::new());
    }
    let log = Log::read(facts)?;
    let lineage = log.trace(&months)?;
    months.into_iter().map(|month| log.report(&lineage, month)).collect()
}

/// The facts, followed.
struct Log<'a> {
    facts: &'a Facts,
    followed: Followed<'a>,
    frames: Frames,
}

impl<'a> Log<'a> {
    fn read(facts: &'a Facts) -> Result<Self, MetricsError> {
        let mut followed = follow(facts);
        followed.problems.extend(find_gaps(facts));
        followed.problems.sort();
        let frames = Frames::of(&followed).map_err(|source| MetricsError::Count { source })?;
        Ok(Self { facts, followed, frames })
    }

    fn trace(&self, months: &[Month]) -> Result<DataFrame, MetricsError> {
        count::trace(&self.frames, months).map_err(|source| MetricsError::Count { source })
    }

    fn report(&self, lineage: &DataFrame, month: Month) -> Result<MonthReport, MetricsError> {
        let lineage = count::of_month(lineage, month).map_err(|source| MetricsError::Count { source })?;
        let counts = Counts::of(&lineage).map_err(|source| MetricsError::Count { source })?;
        let known = self.stays_known(month);
        let mut report = MonthReport {
            month,
            tables: by_provider().map(|metric| ProviderTable::arrange(metric, &counts)).collect(),
            flow: FlowRow::arrange(&counts),
            time_in_state: self.time_in_state(month, &counts, &known)?,
            stays: known.into_iter().filter(|stay| lasted_in(stay, month)).collect(),
            problems: self.problems_of(month),
            files: Vec::new(),
        };
        report.files = render(&report, lineage)?;
        Ok(report)
    }

    fn stays_known(&self, month: Month) -> Vec<Stay> {
        let cut = Cut { before: month.end(), measured: month.end().min(self.facts.as_of) };
        self.followed.spans.iter().filter_map(|span| span.cut(cut)).collect()
    }

    fn time_in_state(&self, month: Month, counts: &Counts, known: &[Stay]) -> Result<Vec<TimeInState>, MetricsError> {
        waiting::arrange(&self.frames.spans, month, counts, known)
            .map_err(|source| MetricsError::TimeInState { source })
    }

    fn problems_of(&self, month: Month) -> Vec<Problem> {
        let listed = |problem: &&Problem| problem.month.is_none_or(|of| of == month);
        self.followed.problems.iter().filter(listed).cloned().collect()
    }
}

fn by_provider() -> impl Iterator<Item = &'static MetricSpec> {
    METRICS.iter().filter(|metric| [M_REPO_1, M_REPO_2, M_REPO_3, OUTCOMES].contains(&metric.id))
}

/// Whether the month's file lists a stay. What came to its end would otherwise be listed for ever.
fn lasted_in(stay: &Stay, month: Month) -> bool {
    let began_in_it = month.contains(stay.entered);
    began_in_it || stay.left.map_or(!stay.state.is_terminal(), |left| left >= month.start())
}

fn render(report: &MonthReport, lineage: DataFrame) -> Result<Vec<(String, Vec<u8>)>, MetricsError> {
    let mut files = Vec::new();
    for table in &report.tables {
        files.push((table.metric.file, table.render(report.month)?));
    }
    files.push(("flow.csv", render_flow(report.month, &report.flow)?));
    files.push(("time-in-state.csv", waiting::render(report.month, &report.time_in_state)?));
    files.push(("stays.csv", stays_csv(&report.stays)?));
    files.push(("lineage.csv", frame::render_csv("lineage.csv", lineage.into_columns())?));
    files.push(("data-quality.csv", render_problems(&report.problems)?));
    files.push(("definitions.csv", definitions::render()?));
    Ok(files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect())
}

fn render_problems(problems: &[Problem]) -> Result<Vec<u8>, MetricsError> {
    let columns = vec![
        frame::text(name::MONTH, problems, |problem| problem.month.map(|month| month.to_string())),
        frame::text(name::PROBLEM, problems, |problem| Some(problem.kind.as_str().to_owned())),
        frame::number(name::TICKET, problems, |problem| problem.ticket.map(TicketId::get)),
        frame::number(name::RECORD, problems, |problem| problem.record),
        frame::time(name::TIME, problems, |problem| Some(problem.at)),
        frame::text(name::DETAIL, problems, |problem| Some(problem.detail.clone())),
    ];
    frame::render_csv("data-quality.csv", columns)
}

#[cfg(test)]
mod tests;
