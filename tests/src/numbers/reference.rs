//! `DuckDB` computing the same numbers, and the comparison, cell by cell.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use chrono::{DateTime, SecondsFormat, Utc};
use egi_metrics::exchange::{Kind, write_facts};
use egi_metrics::{FactColumns, Facts, Format, report};
use egi_model::month::Month;

use crate::process::run;

/// The sheets that the reference computes: all that hold numbers.
const SHEETS: [&str; 18] = [
    "m-repo-1",
    "m-repo-2",
    "m-repo-3",
    "outcomes",
    "m-sa1-3-1",
    "m-sa1-3-2",
    "m-sa1-3-3",
    "m-sa1-3-4",
    "m-sa1-3-5",
    "m-sa1-3-6",
    "m-sa1-3-7",
    "flow",
    "time-in-state",
    "m-sa1-3-1-releases",
    "m-sa1-3-4-releases",
    "m-sa1-3-5-releases",
    "stays",
    "lineage",
];

/// The repository's folder of this crate.
pub(super) fn crate_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A Python that has `DuckDB`; it is installed into the build's folder first where it is not. `set` is `test` or `bench`.
pub fn python(set: &str) -> Result<PathBuf> {
    let script = crate_folder().join("../scripts/install-python");
    let printed = run(Command::new(script).arg(set)).context("DuckDB is needed for this")?;
    Ok(PathBuf::from(printed.trim()))
}

/// The script that computes the reference.
#[must_use]
pub fn script() -> PathBuf {
    crate_folder().join("reference/metrics.py")
}

/// Writes facts as a folder of Parquet files.
pub fn write_folder(facts: &Facts, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for kind in Kind::ALL {
        let path = folder.join(kind.as_str()).with_extension("parquet");
        let file = File::create(&path).with_context(|| format!("failed to create {}", path.display()))?;
        write_facts(facts, kind, Format::Parquet, &mut BufWriter::new(file))?;
    }
    Ok(())
}

/// What `DuckDB` makes of a folder of facts, as CSV files in `out`.
pub fn compute(facts: &Path, out: &Path, [first, last]: [Month; 2], as_of: DateTime<Utc>) -> Result<()> {
    let mut command = Command::new(python("test")?);
    command.arg(script()).arg(facts).arg(out).arg(first.to_string()).arg(last.to_string());
    command.arg(as_of.to_rfc3339_opts(SecondsFormat::Micros, true));
    run(&mut command).map(|_| ())
}

/// Compares every number and every line of lineage that we make of facts with what `DuckDB` makes of them. The answer is
/// the number of cells compared.
pub fn compare(facts: &Facts, [first, last]: [Month; 2], scratch: &Path) -> Result<usize> {
    let (folder, out) = (scratch.join("facts"), scratch.join("reference"));
    write_folder(facts, &folder)?;
    compute(&folder, &out, [first, last], facts.as_of)?;
    let columns = FactColumns::of(facts);
    let report = report(&columns, first, last);
    let mut cells = 0;
    for sheet in SHEETS {
        let mut ours = Vec::new();
        report.write(sheet, Format::Csv, &mut ours)?;
        let theirs = fs::read_to_string(out.join(sheet).with_extension("csv"))?;
        cells += compare_tables(sheet, std::str::from_utf8(&ours)?, &theirs)?;
    }
    Ok(cells)
}

/// Two tables of plain fields, which have neither commas nor quotes.
fn compare_tables(sheet: &str, ours: &str, theirs: &str) -> Result<usize> {
    let mut cells = 0;
    let mut pairs = ours.lines().zip(theirs.lines()).enumerate();
    let header: Vec<&str> = ours.lines().next().unwrap_or_default().split(',').collect();
    pairs.try_for_each(|(line, (our, their))| {
        let (our, their): (Vec<&str>, Vec<&str>) = (our.split(',').collect(), their.split(',').collect());
        cells += our.len();
        if our == their {
            return Ok(());
        }
        let differing: BTreeMap<_, _> =
            header.iter().zip(our.iter().zip(&their)).filter(|(_, (our, their))| our != their).collect();
        bail!("{sheet}, line {}: ours and theirs differ in {differing:?}; ours is {our:?}", line + 1)
    })?;
    let (our, their) = (ours.lines().count(), theirs.lines().count());
    ensure!(our == their, "{sheet} has {our} lines, theirs has {their}");
    Ok(cells)
}
