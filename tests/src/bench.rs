//! Our commands timed beside what a person would use instead, in the same run on the same machine.
//!
//! Each contest does one job both ways. The two take turns, after one turn each that is not counted, and before each
//! turn the disk is left idle, so that nobody pays for what the other left to be written. After each turn the outcome is
//! looked at: work that was not done would be fast. The report gives numbers and says what each side does more; it draws
//! no conclusions.

mod index;
mod latency;
mod machine;
pub mod measure;
mod memory;
mod months;
mod notices;
mod numbers;
mod past;
mod release;
mod report;
pub mod repositories;
mod workshop;

use std::io::Write as _;

use anyhow::{Context as _, Result};

use self::measure::Figures;
use self::numbers::Other::{DuckDb, Pandas};
use self::report::{Column, Report};
use self::workshop::Workshop;
use crate::old_rt::Kind;

/// How many runs are counted when nobody says otherwise.
pub const RUNS: usize = 10;

/// For how many seconds readers read when nobody says otherwise.
pub const TORN_SECONDS: u64 = 60;

/// One job, done both ways.
trait Contest {
    /// What is done and how.
    fn job(&self) -> Job;
    /// Does it our way, from a fresh start.
    fn ours(&self) -> Result<Figures>;
    /// Does it the other way, from a fresh start.
    fn theirs(&self) -> Result<Figures>;
    /// How many runs are counted at most, where each takes long.
    fn most_runs(&self) -> usize {
        usize::MAX
    }
}

/// A job as the report describes it.
#[derive(Debug)]
struct Job {
    title: String,
    /// What the job consists of, to tell how many are done in a second.
    count: u32,
    unit: &'static str,
    ours: Way,
    theirs: Way,
    /// What happens outside of the measured time, for both.
    given: &'static str,
}

/// One way of doing it.
#[derive(Debug)]
struct Way {
    name: &'static str,
    /// The very text that is run.
    script: &'static str,
    language: &'static str,
    /// What it does that the other does not, and what else its reader should know.
    more: &'static str,
}

/// What is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The main job: a release from its delivery to the repository.
    MainJob,
    /// Large repositories alone, or one group of these jobs; all take hours and some gigabytes of disk.
    Repositories(Option<&'static str>),
    /// Notices alone: how many are accepted, and how long one takes to be carried out.
    Notices,
    /// The numbers alone.
    Numbers,
    /// The import of an RT's past alone.
    Past,
    /// The numbers of two million tickets alone; this takes some gigabytes of memory and disk.
    LargeNumbers,
}

/// Times every job `runs` times each way and returns the report as Markdown. Takes minutes; tells on standard error how far
/// it is.
pub fn run(runs: usize, choice: Choice) -> Result<String> {
    let workshop = Workshop::open()?;
    let mut report = Report::begin(runs, machine::describe(workshop.folder())?, &workshop.idle(runs)?);
    if let Choice::Repositories(only) = choice {
        for (name, build) in repositories::GROUPS.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)) {
            tell(&format!("{name}: to be built"));
            for contest in build(&workshop)? {
                time(contest.as_ref(), runs, &mut report)?;
            }
        }
    }
    // Each has its servers while it is timed, and not longer.
    let mut time = |contest: &dyn Contest| time(contest, runs, &mut report);
    if choice == Choice::MainJob {
        time(&release::Release::debs(&workshop)?)?;
        time(&release::Release::rpms(&workshop)?)?;
        time(&index::Index::new(&workshop)?)?;
    }
    if choice == Choice::Notices {
        time(&notices::Notices::new(&workshop))?;
        time(&notices::OnPostgres::alone(&workshop)?)?;
        time(&notices::OnPostgres::crowd(&workshop)?)?;
        time(&latency::Latency::new(&workshop)?)?;
    }
    if choice == Choice::Past {
        for kind in [Kind::Sqlite, Kind::Postgres, Kind::Mariadb] {
            time(&past::FromDatabase::new(&workshop, kind)?)?;
        }
        time(&past::OverRest::new(&workshop)?)?;
    }
    for (other, tickets) in numbers(choice) {
        time(&numbers::Numbers::new(&workshop, other, tickets)?)?;
    }
    if choice == Choice::Numbers {
        time(&months::Paper::new(&workshop)?)?;
        time(&months::AddedMonth::new(&workshop)?)?;
    }
    Ok(report.render(&machine::load()))
}

/// The logs that numbers are made of: the other side, and how many tickets.
fn numbers(choice: Choice) -> Vec<(numbers::Other, u32)> {
    match choice {
        Choice::MainJob | Choice::Past | Choice::Notices | Choice::Repositories(_) => Vec::new(),
        Choice::Numbers => vec![(DuckDb, 1000), (DuckDb, 100_000), (Pandas, 100_000)],
        Choice::LargeNumbers => vec![(DuckDb, 2_000_000), (Pandas, 2_000_000)],
    }
}

/// Tells how much memory a server holds while its queue grows, as Markdown.
pub fn memory() -> Result<String> {
    memory::watch(&Workshop::open()?)
}

/// Has each tool publish for so many seconds, and tells what readers saw, as Markdown.
pub fn torn(seconds: u64) -> Result<String> {
    let mut text = String::from(crate::torn::HEAD);
    for tool in crate::torn::Tool::ALL {
        tell(&format!("{} publishes for {seconds} s", tool.name()));
        let rows = crate::torn::watch(tool, std::time::Duration::from_secs(seconds))?.to_string();
        tell(&rows);
        text += &rows;
    }
    Ok(text)
}

/// The group of jobs with large repositories that has this name.
#[must_use]
pub fn repositories(name: &str) -> Option<Choice> {
    let known = repositories::GROUPS.iter().find(|(known, _)| *known == name);
    known.map(|(name, _)| Choice::Repositories(Some(name)))
}

/// Times one job and adds it to the report.
fn time(contest: &dyn Contest, runs: usize, report: &mut Report) -> Result<()> {
    let job = contest.job();
    let columns = take_turns(contest, &job, runs.min(contest.most_runs()));
    let columns = columns.with_context(|| format!("failed to time: {}", job.title))?;
    tell(&report.add(&job, columns));
    Ok(())
}

/// Ours and theirs in turn; the first of each is not counted.
fn take_turns(contest: &dyn Contest, job: &Job, runs: usize) -> Result<[Column; 2]> {
    let mut columns = [Column::default(), Column::default()];
    for turn in 0..=runs {
        tell(&format!("{}: {turn} of {runs} runs counted", job.title));
        let figures = [(job.ours.name, settled(|| contest.ours())?), (job.theirs.name, settled(|| contest.theirs())?)];
        for (name, figures) in &figures {
            tell(&format!("  {name}: {figures}"));
        }
        let figures = figures.map(|(_, figures)| figures);
        if turn > 0 {
            columns.iter_mut().zip(figures).for_each(|(column, figures)| column.push(figures));
        }
    }
    Ok(columns)
}

/// Has everything written to disk before something is timed.
fn settled(timed: impl FnOnce() -> Result<Figures>) -> Result<Figures> {
    rustix::fs::sync();
    timed()
}

fn tell(text: &str) {
    // Nobody may be listening.
    let _ = writeln!(std::io::stderr(), "{text}");
}
