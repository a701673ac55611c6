//! `nsrw report`: the numbers of a month, or of several; a single month also on paper and by mail.

mod folder;
mod mail;
mod paper;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use egi_metrics::{FactColumns, Format, METRICS, Report, exchange, report, sheets};
use egi_model::month::Month;
use egi_repo::progress::Progress;

use self::folder::{Enclosed, write_file, write_folder};
use self::mail::Sending;
use self::paper::{Paper, Press};
use crate::cli::report::ReportArgs;
use crate::exit::Exit;
use crate::numbers::{Closing, Restated, Source};
use crate::output::{self, Shown};
use crate::permission::{Act, permit};
use crate::site::Site;

/// The report of a site.
pub(super) async fn run(site: &Site, args: &ReportArgs) -> anyhow::Result<Exit> {
    let permit = args.close.then(|| permit(&site.config, Act::ReportClose, &args.hand)).transpose()?;
    if args.mail {
        mail::check(site)?;
    }
    let now = site.now();
    let [first, last] = args.months(now)?;
    let closing = Closing::look(&site.store, now).await?;
    let closed = closing.find(last);
    if args.close && closed.is_some() && nothing_is_left(site, args, &closing, first).await? {
        return Ok(Exit::Done);
    }
    let to_close = args.close && closed.is_none();
    if to_close {
        let end = last.end();
        anyhow::ensure!(end <= now, "{last} can be closed when it is over, from {} on", end.format("%Y-%m-%d"));
    }
    let press = if args.wants_paper() { Some(Press::of(site)?) } else { None };
    site.progress.begin("reading the log", None);
    let source = closing.source(&site.store, press.as_ref().map_or(first, |_| paper::first_month(last))).await?;
    site.progress.end();
    let columns = source.columns();
    let restated = closing.restated(&site.store, &source, &columns, last).await?;
    site.progress.begin("counting", None);
    let mut numbers = tokio::task::block_in_place(|| report(&columns, first, last));
    site.progress.end();
    numbers.restatements = restatements(&closing, &restated, last);
    let year = press.as_ref().map(|_| tokio::task::block_in_place(|| paper::look_back(&columns, &numbers, last)));
    let closed = if to_close { Some(now) } else { closed.map(|(_, at)| at) };
    site.progress.begin("typesetting", None);
    let print = |(press, year): (&Press, _)| tokio::task::block_in_place(|| press.print(year, &numbers, last, closed));
    let paper = press.as_ref().zip(year.as_ref()).map(print).transpose()?;
    site.progress.end();
    let default = site.config.path(Path::new("reports")).join(folder_name(first, last));
    let answer = write(args, &numbers, paper.as_ref(), &default, &read(&source), site.progress.as_ref())?;
    let digest =
        if to_close { Some(closing.close(&site.store, &numbers, year.as_ref(), last, restated).await?) } else { None };
    if let (Some(digest), Some(permit)) = (&digest, &permit) {
        super::note(site, permit, format!("{last} closed (facts {digest})")).await?;
    }
    let sending = match paper {
        Some(paper) if args.mail => mail::send_once(site, last, paper).await.map(Some),
        Some(_) | None => Ok(None),
    };
    // The report is there whatever becomes of the letter.
    if let Some(answer) = answer {
        let closed = digest.map(|digest| format!("{last} is closed (facts {digest})"));
        answer.tell(args, closed.as_deref(), sending.as_ref().ok().and_then(Option::as_ref))?;
    }
    Ok(sending?.map_or(Exit::Done, |sending| sending.exit()))
}

/// Says that a month is closed, and whether that was all: an earlier run may have closed it and not come to send its report.
async fn nothing_is_left(site: &Site, args: &ReportArgs, closing: &Closing, month: Month) -> anyhow::Result<bool> {
    if let Some((closed, at)) = closing.find(month) {
        let digest = closed.basis.digest();
        output::line(format!("{month} was closed on {} (facts {digest}); nothing was changed", at.format("%Y-%m-%d")));
    }
    if !args.mail {
        return Ok(true);
    }
    let sent = mail::sent_before(site, month).await?;
    if let Some(sending) = &sent {
        mail::tell(sending);
    }
    Ok(sent.is_some())
}

/// What changed in closed months; in the report of a closed month also what had been told when it was closed.
fn restatements(closing: &Closing, restated: &[Restated], last: Month) -> Vec<egi_metrics::Restatement> {
    let told = closing.find(last).map(|(closed, _)| closed.restated.clone()).unwrap_or_default();
    restated.iter().flat_map(|one| one.restatements.clone()).chain(told).collect()
}

fn read(source: &Source) -> String {
    format!(
        "{} records of the log ({} told of no change), {} imported facts{}",
        source.loaded.records,
        source.loaded.disregarded,
        source.loaded.imported,
        if source.is_part() {
            "; releases that had come to their end before are taken from the closed month"
        } else {
            ""
        },
    )
}

/// The report of files of facts, which needs no site.
pub(super) fn run_on_files(args: &ReportArgs, now: DateTime<Utc>) -> anyhow::Result<Exit> {
    let [first, last] = args.months(now)?;
    let facts = args.facts.as_deref().context("no folder of facts was given")?;
    let progress = Shown::new();
    progress.begin("reading the facts", None);
    let columns = exchange::read_columns(facts, now)?;
    progress.end();
    progress.begin("counting", None);
    let numbers = report(&columns, first, last);
    progress.end();
    let default = Path::new("reports").join(folder_name(first, last));
    if let Some(answer) = write(args, &numbers, None, &default, &describe(&columns), &progress)? {
        answer.tell(args, None, None)?;
    }
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

/// What is said of a report that was written.
struct Answer {
    said: Said,
    folder: String,
    files: Vec<String>,
    read: String,
}

/// What is said of its numbers.
struct Said {
    months: Option<(Month, Month)>,
    problems: BTreeMap<&'static str, usize>,
    restatements: usize,
}

/// Writes the report where it was asked for; `None` when it went to standard output.
fn write(
    args: &ReportArgs,
    numbers: &Report<'_>,
    paper: Option<&Paper>,
    default: &Path,
    read: &str,
    progress: &dyn Progress,
) -> anyhow::Result<Option<Answer>> {
    if let Some(name) = &args.stdout {
        let mut out = std::io::BufWriter::new(std::io::stdout());
        numbers.write(sheet_of(name), args.format.into(), &mut out).context("failed to print the sheet")?;
        return Ok(None);
    }
    let folder = args.out.as_deref().unwrap_or(default);
    let inside = paper.filter(|_| args.pdf.is_none()).map(|paper| Enclosed { name: &paper.name, bytes: &paper.pdf });
    progress.begin("writing the report", u64::try_from(sheets().len()).ok());
    let mut files = write_folder(folder, numbers, args.format.into(), inside, || progress.advance(1))?;
    progress.end();
    if let (Some(paper), Some(file)) = (paper, &args.pdf) {
        write_file(file, &paper.pdf)?;
        files.push(file.display().to_string());
    }
    let months = numbers.months.first().zip(numbers.months.last());
    Ok(Some(Answer {
        said: Said {
            months: months.map(|(first, last)| (first.month, last.month)),
            problems: problems(numbers),
            restatements: numbers.restatements.len(),
        },
        folder: folder.display().to_string(),
        files,
        read: read.to_owned(),
    }))
}

impl Answer {
    /// Says what was read, what was odd, and what came of it.
    fn tell(&self, args: &ReportArgs, closed: Option<&str>, sending: Option<&Sending>) -> anyhow::Result<()> {
        let Said { months, problems, restatements } = &self.said;
        if args.json {
            return output::json(&serde_json::json!({
                "from": months.map(|(first, _)| first), "to": months.map(|(_, last)| last),
                "folder": self.folder, "files": self.files, "read": self.read, "problems": problems,
                "restatements": restatements, "closed": closed, "mail": sending.map(Sending::to_json),
            }));
        }
        output::line(format!("read: {}", self.read));
        let listed: Vec<String> = problems.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        output::line(format!("odd: {}", if listed.is_empty() { "nothing".to_owned() } else { listed.join(", ") }));
        if *restatements > 0 {
            output::line(format!("figures of closed months that changed: {restatements}"));
        }
        output::line(format!("the report is in {}", self.folder));
        for name in &self.files {
            output::line(format!("  {name}"));
        }
        if let Some(closed) = closed {
            output::line(closed);
        }
        if let Some(sending) = sending {
            mail::tell(sending);
        }
        Ok(())
    }
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

impl From<crate::cli::report::ReportFormat> for Format {
    fn from(format: crate::cli::report::ReportFormat) -> Self {
        match format {
            crate::cli::report::ReportFormat::Csv => Self::Csv,
            crate::cli::report::ReportFormat::Json => Self::Json,
            crate::cli::report::ReportFormat::Parquet => Self::Parquet,
        }
    }
}
