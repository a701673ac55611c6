//! `nsrw report`: the numbers of a month, or of several.

mod folder;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use egi_metrics::{FactColumns, Format, METRICS, Report, exchange, report, sheets};
use egi_model::month::Month;
use egi_repo::progress::Progress;

use crate::cli::ReportArgs;
use crate::exit::Exit;
use crate::numbers::Closing;
use crate::output::{self, Shown};
use crate::site::Site;

/// The report of a site.
pub(super) async fn run(site: &Site, args: &ReportArgs) -> anyhow::Result<Exit> {
    let [first, last] = args.months()?;
    let now = site.now();
    let closing = Closing::look(&site.store, now).await?;
    if args.close {
        if let Some((closed, at)) = closing.find(first) {
            let digest = closed.basis.digest();
            output::line(format!(
                "{first} was closed on {} (facts {digest}); nothing was changed",
                at.format("%Y-%m-%d")
            ));
            return Ok(Exit::Done);
        }
        anyhow::ensure!(
            first.end() <= now,
            "{first} can be closed when it is over, from {} on",
            first.end().format("%Y-%m-%d")
        );
    }
    site.progress.begin("reading the log", None);
    let source = closing.source(&site.store, first).await?;
    site.progress.end();
    let columns = source.columns();
    let restated = closing.restated(&site.store, &source, &columns, last).await?;
    site.progress.begin("counting", None);
    let mut numbers = tokio::task::block_in_place(|| report(&columns, first, last));
    site.progress.end();
    numbers.restatements = restated.iter().flat_map(|one| one.restatements.clone()).collect();
    if let Some((closed, _)) = closing.find(last) {
        numbers.restatements.extend(closed.restated.iter().cloned());
    }
    let read = format!(
        "{} records of the log ({} told of no change), {} imported facts{}",
        source.loaded.records,
        source.loaded.disregarded,
        source.loaded.imported,
        if source.is_part() {
            "; releases that had come to their end before are taken from the closed month"
        } else {
            ""
        },
    );
    let default = site.config.path(Path::new("reports")).join(folder_name(first, last));
    finish(args, &numbers, &default, &read, site.progress.as_ref())?;
    if args.close {
        let digest = closing.close(&site.store, &numbers, first, restated).await?;
        output::line(format!("{first} is closed (facts {digest})"));
    }
    Ok(Exit::Done)
}

/// The report of files of facts, which needs no site.
pub(super) fn run_on_files(args: &ReportArgs, now: DateTime<Utc>) -> anyhow::Result<Exit> {
    let [first, last] = args.months()?;
    let facts = args.facts.as_deref().context("no folder of facts was given")?;
    let progress = Shown::new();
    progress.begin("reading the facts", None);
    let columns = exchange::read_columns(facts, now)?;
    progress.end();
    progress.begin("counting", None);
    let numbers = report(&columns, first, last);
    progress.end();
    let default = Path::new("reports").join(folder_name(first, last));
    finish(args, &numbers, &default, &describe(&columns), &progress)?;
    Ok(Exit::Done)
}

fn describe(columns: &FactColumns) -> String {
    let [transitions, submissions, participations, published] = columns.counts();
    format!(
        "{transitions} transitions, {submissions} submissions, {participations} participations, {published} published reports"
    )
}

fn folder_name(first: Month, last: Month) -> String {
    if first == last { first.to_string() } else { format!("{first}_{last}") }
}

/// Writes the report where it was asked for, and says what was read and what was odd.
fn finish(
    args: &ReportArgs,
    numbers: &Report<'_>,
    default: &Path,
    read: &str,
    progress: &dyn Progress,
) -> anyhow::Result<()> {
    if let Some(name) = &args.stdout {
        let mut out = std::io::BufWriter::new(std::io::stdout());
        return numbers.write(sheet_of(name), args.format.into(), &mut out).context("failed to print the sheet");
    }
    let folder = args.out.as_deref().unwrap_or(default);
    progress.begin("writing the report", u64::try_from(sheets().len()).ok());
    let written = folder::write_folder(folder, numbers, args.format.into(), || progress.advance(1))?;
    progress.end();
    let problems = problems(numbers);
    if args.json {
        return output::json(&serde_json::json!({
            "from": numbers.months.first().map(|month| month.month),
            "to": numbers.months.last().map(|month| month.month),
            "folder": folder, "files": written, "read": read, "problems": problems,
            "restatements": numbers.restatements.len(),
        }));
    }
    output::line(format!("read: {read}"));
    let listed: Vec<String> = problems.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    output::line(format!("odd: {}", if listed.is_empty() { "nothing".to_owned() } else { listed.join(", ") }));
    if !numbers.restatements.is_empty() {
        output::line(format!("figures of closed months that changed: {}", numbers.restatements.len()));
    }
    output::line(format!("the report is in {}", folder.display()));
    for name in &written {
        output::line(format!("  {name}"));
    }
    Ok(())
}

fn problems(numbers: &Report<'_>) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for problem in &numbers.problems {
        *counts.entry(problem.kind.as_str()).or_default() += 1;
    }
    counts
}

/// The sheet of a metric's name, such as M.REPO-1; a sheet's name is its own.
fn sheet_of(name: &str) -> &str {
    METRICS.iter().find(|metric| metric.id.eq_ignore_ascii_case(name)).map_or(name, |metric| metric.file)
}

impl From<crate::cli::ReportFormat> for Format {
    fn from(format: crate::cli::ReportFormat) -> Self {
        match format {
            crate::cli::ReportFormat::Csv => Self::Csv,
            crate::cli::ReportFormat::Json => Self::Json,
            crate::cli::ReportFormat::Parquet => Self::Parquet,
        }
    }
}
