//! The report of several years of releases, from files of facts to files of numbers.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::measure::Figures;
use super::workshop::{Workshop, script};
use super::{Contest, Job, Way};
use crate::numbers::logs::{LogShape, random_log};
use crate::numbers::reference::{python, script as reference, write_folder};
use crate::process::run;

const OURS: &str = "nsrw report --facts $FACTS --from 2016-01 --to 2018-12 --out report >said-by-nsrw\n";
const OURS_MORE: &str = "The whole process: all ten metrics, outcomes, flow and time in state of 36 months, release by release \
where a metric has that, the lineage of every cell, every stay, what is odd in the facts, and the definitions; 23 files, each \
synced to disk and put in place as one folder.";

const DUCKDB: &str = "$PYTHON $REFERENCE $FACTS report 2016-01 2018-12 2026-01-01T00:00:00Z 2\n";
const DUCKDB_MORE: &str = "DuckDB with two threads runs `tests/reference/metrics.sql`: the same metrics and lineage, without \
data quality. Nothing is synced to disk. The process' start is part of it, as it is of ours.";

const PANDAS: &str = "$PYTHON $REFERENCE $FACTS report 2016-01 2018-12\n";
const PANDAS_MORE: &str = "pandas runs `tests/reference/metrics_pandas.py`: M.REPO-1 to 3, outcomes, entries, exits and stays \
alone, without retries out of Failed, percentiles, teams and lineage. Nothing is synced to disk.";

const GIVEN: &str = "Not timed: the facts lie ready as Parquet and are in the page cache. Both sides' counts of delivered \
releases must be equal.";

/// Who does the same work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Other {
    DuckDb,
    Pandas,
}

/// A log of so many tickets.
pub(super) struct Numbers<'w> {
    workshop: &'w Workshop,
    other: Other,
    tickets: u32,
    facts: PathBuf,
    python: PathBuf,
}

impl<'w> Numbers<'w> {
    /// Of more than 100 000 tickets only each part of that size is another.
    pub(super) fn new(workshop: &'w Workshop, other: Other, tickets: u32) -> Result<Self> {
        let (facts, python) = (workshop.room(&format!("facts-{tickets}"))?, python("bench")?);
        let part = tickets.min(100_000);
        if !facts.join("transitions.parquet").exists() {
            let shape = LogShape { tickets: part.into(), days: 1000, seed: 1, wrong_times: 0 };
            write_folder(&random_log(shape), &facts)?;
            if part < tickets {
                let scale = reference().with_file_name("scale.py");
                run(Command::new(&python).arg(scale).arg(&facts).arg((tickets / part).to_string()))?;
            }
        }
        Ok(Self { workshop, other, tickets, facts, python })
    }

    fn variables(&self) -> Result<Vec<(&'static str, OsString)>> {
        let own = std::env::current_exe().context("failed to learn this program's path")?;
        let folder = own.parent().context("this program has no folder")?.to_owned();
        let others = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&others)))?;
        let reference = match self.other {
            Other::DuckDb => reference(),
            Other::Pandas => reference().with_file_name("metrics_pandas.py"),
        };
        let absolute = std::path::absolute(reference)?;
        Ok(vec![
            ("PATH", path),
            ("FACTS", self.facts.clone().into_os_string()),
            ("PYTHON", self.python.clone().into_os_string()),
            ("REFERENCE", absolute.into_os_string()),
        ])
    }

    fn turn(&self, text: &str) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        let figures = script(text, bench.path(), &self.variables()?)?;
        let delivered = delivered(&bench.path().join("report/m-repo-1.csv"))?;
        ensure!(delivered > u64::from(self.tickets) / 2, "only {delivered} releases were counted");
        Ok(figures)
    }
}

/// The sum of the column `delivered` over all months.
fn delivered(file: &Path) -> Result<u64> {
    let text = std::fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?;
    let all = text.lines().filter_map(|line| line.split_once(",(all),")?.1.split(',').next()?.parse::<u64>().ok());
    Ok(all.sum())
}

impl Contest for Numbers<'_> {
    fn job(&self) -> Job {
        let (name, text, more) = match self.other {
            Other::DuckDb => ("DuckDB", DUCKDB, DUCKDB_MORE),
            Other::Pandas => ("pandas", PANDAS, PANDAS_MORE),
        };
        Job {
            title: format!("The report of 36 months of {} tickets", self.tickets),
            count: self.tickets,
            unit: "tickets",
            ours: Way { name: "nsrw", script: OURS, language: "sh", more: OURS_MORE },
            theirs: Way { name, script: text, language: "sh", more },
            given: GIVEN,
        }
    }

    fn ours(&self) -> Result<Figures> {
        self.turn(OURS)
    }

    fn theirs(&self) -> Result<Figures> {
        self.turn(match self.other {
            Other::DuckDb => DUCKDB,
            Other::Pandas => PANDAS,
        })
    }
}
