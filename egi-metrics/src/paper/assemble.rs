//! From the months' reports to what the pages show. Every decision about content is here, none about its looks.

mod ageing;
mod flow;
mod matrix;
mod quality;
mod rollouts;
mod stories;
mod summary;

use chrono::{DateTime, Datelike as _, Utc};
use egi_model::limit::{Calendar, Limits};
use egi_model::month::Month;

use super::data::{DefinitionText, MonthCounts, MonthName, ProviderCounts, ReportData, RuleText, StateTimes};
use crate::catalog::id::{M_REPO_1, M_REPO_2, M_REPO_3, OUTCOMES};
use crate::catalog::{DEFINITIONS_VERSION, GROUND_RULES, METRICS, MetricSpec};
use crate::columns::NEVER;
use crate::frame::name;
use crate::quality::instant;
use crate::report::{MonthReport, Report};
use crate::table::ALL;
use crate::waiting::TimeInState;

/// How an instant is written on the pages.
pub(super) const INSTANT: &str = "%Y-%m-%d %H:%M UTC";
/// How a day is written on the pages.
const DAY: &str = "%Y-%m-%d";

/// What the numbers do not say by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Whose report it is.
    pub site: String,
    /// When the month was closed; `None` while it is open.
    pub closed: Option<DateTime<Utc>>,
    /// How long a release may stand in a state.
    pub limits: Limits,
    /// Which days people work on.
    pub calendar: Calendar,
}

/// The content of the report of the last month of `report`, which looks back on all its months: thirteen, by custom. `None`
/// without any month.
#[must_use]
pub fn assemble(report: &Report<'_>, setting: &Setting) -> Option<ReportData> {
    let month = report.months.last()?;
    let story = Story { report, month, log_begins: log_begins(report) };
    let looked_back = report.months.first().map(|first| first.month);
    let (rollouts, ageing) = (rollouts::of(&story), ageing::of(&story, setting));
    let (quality, emergencies) = (quality::rows(month), stories::emergencies(&story));
    Some(ReportData {
        site: setting.site.clone(),
        month: month_name(month.month),
        last_month: month_name(month.month.previous()),
        year_ago: month_name(year_before(month.month)),
        read_until: month.month.end().min(report.as_of()).format(INSTANT).to_string(),
        complete: report.as_of() >= month.month.end(),
        closed: setting.closed.map(|at| at.format(INSTANT).to_string()),
        log_is_empty: story.log_begins.is_none(),
        log_begins: story.log_begins.filter(|begin| Some(*begin) > looked_back).map(|begin| month_name(begin).name),
        definitions_version: DEFINITIONS_VERSION,
        headlines: summary::headlines(&story, &rollouts, &ageing),
        attention: summary::attention(&ageing, &emergencies, &quality, report.restatements.len()),
        summary: summary::rows(&story),
        throughput: report.months.iter().map(|month| story.counts(month)).collect(),
        providers: providers(month),
        rollouts,
        reports: rollouts::delays(&story),
        states: month.time_in_state.iter().map(state_times).collect(),
        flow: flow::of(&story),
        ageing,
        adopters: matrix::adopters(&story),
        ngis: matrix::ngis(&story),
        rejects: stories::rejects(&story),
        emergencies,
        overrides: stories::overrides(&story),
        restatements: report.restatements.iter().map(quality::restatement).collect(),
        quality,
        rules: GROUND_RULES.iter().map(|rule| RuleText { title: rule.title.into(), text: rule.text.into() }).collect(),
        definitions: METRICS.iter().map(definition).collect(),
    })
}

/// What the parts of the content are made from.
struct Story<'a> {
    report: &'a Report<'a>,
    /// The last of its months.
    month: &'a MonthReport,
    /// The first month the log knows of.
    log_begins: Option<Month>,
}

impl Story<'_> {
    /// Whether the log reaches back to a month.
    fn knows(&self, month: Month) -> bool {
        self.log_begins.is_some_and(|begin| begin <= month)
    }

    /// The numbers of a month, if they are at hand and the log knows of it.
    fn month(&self, month: Month) -> Option<&MonthReport> {
        self.report.month(month).filter(|_| self.knows(month))
    }

    fn counts(&self, month: &MonthReport) -> MonthCounts {
        MonthCounts {
            month: month_name(month.month),
            known: self.knows(month.month),
            delivered: total(month, M_REPO_1, name::DELIVERED),
            verified: total(month, M_REPO_2, name::VERIFIED),
            accepted: total(month, M_REPO_3, name::ACCEPTED),
            rejected: total(month, OUTCOMES, name::REJECTED),
        }
    }
}

/// The month of the first time in the log. Where an earlier month handed on, it begins before the report does.
fn log_begins(report: &Report<'_>) -> Option<Month> {
    let facts = report.facts;
    if facts.handover.is_some() {
        return report.months.first().map(|first| first.month);
    }
    let times = facts.submissions.at.iter().chain(&facts.transitions.at).copied();
    times.filter(|at| *at != NEVER).min().map(|at| Month::of(instant(at)))
}

fn total(month: &MonthReport, metric: &str, column: &str) -> u64 {
    count(month, metric, ALL, column)
}

fn count(month: &MonthReport, metric: &str, row: &str, column: &str) -> u64 {
    month.table(metric).and_then(|table| table.count(row, column)).unwrap_or(0)
}

fn providers(month: &MonthReport) -> Vec<ProviderCounts> {
    let tables = [M_REPO_1, M_REPO_2, M_REPO_3, OUTCOMES].map(|metric| month.table(metric));
    let rows = tables.iter().flatten().flat_map(|table| &table.rows).map(|row| row.name.as_str());
    let mut names: Vec<&str> = rows.filter(|provider| *provider != ALL).collect();
    names.sort_unstable();
    names.dedup();
    let row = |provider: &str| {
        let of = |metric, column| count(month, metric, provider, column);
        ProviderCounts {
            provider: provider.to_owned(),
            total: provider == ALL,
            delivered: of(M_REPO_1, name::DELIVERED),
            verified: of(M_REPO_2, name::VERIFIED),
            accepted: of(M_REPO_3, name::ACCEPTED),
            emergency_skips: of(M_REPO_2, name::EMERGENCY_SKIPS) + of(M_REPO_3, name::EMERGENCY_SKIPS),
            rejected: of(OUTCOMES, name::REJECTED),
            dropped: of(OUTCOMES, name::IGNORED) + of(OUTCOMES, name::NOT_PUBLISHED),
        }
    };
    let rows = names.into_iter().chain([ALL]).map(row);
    rows.filter(|row| row.total || row.is_counted()).collect()
}

fn state_times(row: &TimeInState) -> StateTimes {
    StateTimes {
        state: row.state.to_string(),
        times: rollouts::times(&row.seconds),
        stays: row.stays,
        open: row.open,
        oldest_seconds: row.oldest_open.and_then(|stay| stay.seconds),
    }
}

fn definition(metric: &MetricSpec) -> DefinitionText {
    DefinitionText {
        id: metric.id.to_owned(),
        title: metric.title.to_owned(),
        text: metric.definition.to_owned(),
        unit: metric.unit.to_owned(),
        file: format!("{}.csv", metric.file),
    }
}

fn month_name(month: Month) -> MonthName {
    let begin = month.start();
    MonthName {
        id: month.to_string(),
        name: begin.format("%B %Y").to_string(),
        short: begin.format("%b").to_string(),
        year: begin.year().to_string(),
    }
}

fn year_before(month: Month) -> Month {
    (0..12).fold(month, |month, _| month.previous())
}

fn day(at: DateTime<Utc>) -> String {
    at.format(DAY).to_string()
}
