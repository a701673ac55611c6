//! From the months' reports to what the pages show. Every decision about content is here, none about its looks.

mod ageing;
mod flow;
mod limit;
mod quality;
mod rollouts;
mod stories;
mod summary;

use chrono::{DateTime, Datelike as _, Utc};
use egi_model::month::Month;

use super::data::{
    AttachmentRow, DefinitionText, Matrix, MonthCounts, MonthName, ProviderCounts, ReportData, RuleText, StateTimes,
};
use crate::catalog::{DEFINITIONS_VERSION, FILES, GROUND_RULES, M_REPO_1, M_REPO_2, M_REPO_3, METRICS, OUTCOMES};
use crate::facts::Facts;
use crate::frame::name;
use crate::report::MonthReport;
use crate::table::ALL_PROVIDERS;

/// How an instant is written on the pages.
pub(super) const INSTANT: &str = "%Y-%m-%d %H:%M UTC";
/// How a day is written on the pages.
const DAY: &str = "%Y-%m-%d";

/// What the numbers do not say by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Whose report it is.
    pub site: String,
}

/// The content of the report of the last of `reports`, which are those of consecutive months, thirteen where there are
/// as many; `None` without any. `facts` are what they were made from.
#[must_use]
pub fn assemble(facts: &Facts, reports: &[MonthReport], setting: &Setting) -> Option<ReportData> {
    let report = reports.last()?;
    let story = Story { facts, reports, report, log_begins: log_begins(facts) };
    let month = report.month;
    let rollouts = rollouts::of(&story);
    let ageing = ageing::of(&story);
    let quality = quality::rows(report);
    let emergencies = stories::emergencies(&story);
    Some(ReportData {
        site: setting.site.clone(),
        month: month_name(month),
        last_month: month_name(month.previous()),
        year_ago: month_name(year_before(month)),
        read_until: month.end().min(facts.as_of).format(INSTANT).to_string(),
        complete: facts.as_of >= month.end(),
        log_begins: story.log_begins.map(|begin| month_name(begin).name),
        definitions_version: DEFINITIONS_VERSION,
        headlines: summary::headlines(&story, &rollouts, &ageing),
        attention: summary::attention(&ageing, &emergencies, &quality),
        summary: summary::rows(&story, &rollouts),
        throughput: reports.iter().map(|report| story.counts(report)).collect(),
        providers: providers(report),
        rollouts,
        states: report.time_in_state.iter().map(state_times).collect(),
        flow: flow::of(&story),
        ageing,
        adopters: Matrix::default(),
        ngis: Matrix::default(),
        rejects: stories::rejects(&story),
        emergencies,
        restatements: None,
        quality,
        rules: GROUND_RULES.iter().map(|rule| RuleText { title: rule.title.into(), text: rule.text.into() }).collect(),
        definitions: definitions(),
        attachments: attachments(report),
    })
}

/// What the parts of the content are made from.
struct Story<'a> {
    facts: &'a Facts,
    /// Oldest first.
    reports: &'a [MonthReport],
    /// The last of them.
    report: &'a MonthReport,
    /// The first month the log knows of.
    log_begins: Option<Month>,
}

impl Story<'_> {
    /// The report of a month, if it is among those at hand and the log knows of it.
    fn report_of(&self, month: Month) -> Option<&MonthReport> {
        let known = self.log_begins.is_some_and(|begin| begin <= month);
        self.reports.iter().find(|report| report.month == month).filter(|_| known)
    }

    fn counts(&self, report: &MonthReport) -> MonthCounts {
        MonthCounts {
            month: month_name(report.month),
            known: self.log_begins.is_some_and(|begin| begin <= report.month),
            delivered: total(report, M_REPO_1, name::DELIVERED),
            verified: total(report, M_REPO_2, name::VERIFIED),
            accepted: total(report, M_REPO_3, name::ACCEPTED),
            rejected: total(report, OUTCOMES, name::REJECTED),
        }
    }
}

/// The month of the first time in the log.
fn log_begins(facts: &Facts) -> Option<Month> {
    let created = facts.submitted.iter().map(|submission| submission.at);
    created.chain(facts.transitions.iter().map(|fact| fact.at)).min().map(Month::of)
}

fn total(report: &MonthReport, metric: &str, column: &str) -> u64 {
    count(report, metric, ALL_PROVIDERS, column)
}

fn count(report: &MonthReport, metric: &str, provider: &str, column: &str) -> u64 {
    report.table(metric).and_then(|table| table.count(provider, column)).unwrap_or(0)
}

fn providers(report: &MonthReport) -> Vec<ProviderCounts> {
    let tables = [M_REPO_1, M_REPO_2, M_REPO_3, OUTCOMES].map(|metric| report.table(metric));
    let named = tables.iter().flatten().flat_map(|table| &table.rows).map(|row| row.provider.as_str());
    let mut names: Vec<&str> = named.filter(|provider| *provider != ALL_PROVIDERS).collect();
    names.sort_unstable();
    names.dedup();
    let row = |provider: &str| {
        let of = |metric, column| count(report, metric, provider, column);
        ProviderCounts {
            provider: provider.to_owned(),
            total: provider == ALL_PROVIDERS,
            delivered: of(M_REPO_1, name::DELIVERED),
            verified: of(M_REPO_2, name::VERIFIED),
            accepted: of(M_REPO_3, name::ACCEPTED),
            emergency_skips: of(M_REPO_2, name::EMERGENCY_SKIPS) + of(M_REPO_3, name::EMERGENCY_SKIPS),
            rejected: of(OUTCOMES, name::REJECTED),
            dropped: of(OUTCOMES, name::IGNORED) + of(OUTCOMES, name::NOT_PUBLISHED),
        }
    };
    let rows = names.into_iter().chain([ALL_PROVIDERS]).map(row);
    rows.filter(|row| row.total || row.is_counted()).collect()
}

fn state_times(row: &crate::waiting::TimeInState) -> StateTimes {
    StateTimes {
        state: row.state.to_string(),
        times: rollouts::times(row.releases, &row.seconds),
        stays: row.stays,
        open: row.open,
        oldest_seconds: row.oldest_open.and_then(|stay| stay.seconds),
    }
}

fn definitions() -> Vec<DefinitionText> {
    let text = |metric: &crate::catalog::MetricSpec| DefinitionText {
        id: metric.id.to_owned(),
        title: metric.title.to_owned(),
        text: metric.definition.to_owned(),
        unit: metric.unit.to_owned(),
        file: metric.file.to_owned(),
    };
    METRICS.iter().map(text).collect()
}

fn attachments(report: &MonthReport) -> Vec<AttachmentRow> {
    let metric = |file: &str| METRICS.iter().find(|metric| metric.file == file).map(|metric| metric.title);
    let other = |file: &str| FILES.iter().find(|spec| spec.name == file).map(|spec| spec.purpose);
    let files = report.files().into_iter().map(|(name, _)| name);
    files
        .map(|name| AttachmentRow {
            purpose: metric(&name).or_else(|| other(&name)).unwrap_or_default().to_owned(),
            name,
        })
        .collect()
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
