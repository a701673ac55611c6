//! `nsrw report`, `nsrw facts` and `nsrw history`: what numbers come from and where they go.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use egi_model::month::Month;
use egi_model::ticket::TicketId;

use super::{Hand, JsonArg};

/// `nsrw report`
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct ReportArgs {
    /// The month, such as 2026-11
    #[arg(required_unless_present_any = ["from", "last_month"], conflicts_with_all = ["from", "to"])]
    pub month: Option<Month>,
    /// The month before this one, in UTC
    #[arg(long, conflicts_with_all = ["month", "from", "to"])]
    pub last_month: bool,
    /// The first month of several
    #[arg(long, value_name = "MONTH", requires = "to")]
    pub from: Option<Month>,
    /// The last month of several
    #[arg(long, value_name = "MONTH", requires = "from")]
    pub to: Option<Month>,
    /// How the files are written
    #[arg(long, value_enum, default_value_t = ReportFormat::Csv)]
    pub format: ReportFormat,
    /// Leave the PDF out, which a single month's report of a site has
    #[arg(long, conflicts_with_all = ["pdf", "mail"])]
    pub no_pdf: bool,
    /// The file for the PDF [default: report-MONTH.pdf beside the other files]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from", "facts", "stdout"])]
    pub pdf: Option<PathBuf>,
    /// Send the PDF to those the settings name, unless it was sent
    #[arg(long, conflicts_with_all = ["from", "facts", "stdout"])]
    pub mail: bool,
    /// The folder for the files [default: reports/MONTH in the site's folder]
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Print one sheet, such as M.REPO-1 or lineage, and write no files
    #[arg(long, value_name = "SHEET", conflicts_with_all = ["out", "json", "close"])]
    pub stdout: Option<String>,
    /// Close the month: its figures are frozen, and later changes of them are told as restatements
    #[arg(long, conflicts_with_all = ["from", "facts"])]
    pub close: bool,
    /// Take the facts from a folder of files and not from the site, which is not needed then
    #[arg(long, value_name = "FOLDER")]
    pub facts: Option<PathBuf>,
    /// Who closes it.
    #[command(flatten)]
    pub hand: Hand,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// How a report's files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    /// Comma-separated values, as RFC 4180 has them
    Csv,
    /// Arrays of objects
    Json,
    /// Columns with types, for data frames
    Parquet,
}

impl ReportArgs {
    /// Whether the report goes on paper: that of one month does, unless a single sheet is asked for.
    #[must_use]
    pub fn wants_paper(&self) -> bool {
        !self.no_pdf && self.from.is_none() && self.stdout.is_none()
    }

    /// The first and the last month asked for, at the time `now`.
    pub fn months(&self, now: DateTime<Utc>) -> anyhow::Result<[Month; 2]> {
        let month = self.month.or_else(|| self.last_month.then(|| Month::of(now).previous()));
        let months = month.map(|month| [month, month]).or_else(|| Some([self.from?, self.to?]));
        let [first, last] = months.ok_or_else(|| anyhow::anyhow!("no month was given"))?;
        anyhow::ensure!(first <= last, "{first} is after {last}; give the earlier month with --from");
        Ok([first, last])
    }
}

/// `nsrw facts …`
#[derive(Debug, Subcommand)]
pub enum FactsCommand {
    /// Write all facts that numbers are made from into files for other tools
    Export(FactsExportArgs),
    /// Take facts of the past, or of another system, into the site
    Import(FactsImportArgs),
    /// Look at files of facts: what can not be read, and what is odd
    Check(FactsCheckArgs),
}

/// `nsrw facts export`
#[derive(Debug, Args)]
pub struct FactsExportArgs {
    /// The folder for the files
    pub folder: PathBuf,
    /// How the files are written; JSON is not read back
    #[arg(long, value_enum, default_value_t = ReportFormat::Csv)]
    pub format: ReportFormat,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `nsrw facts import`
#[derive(Debug, Args)]
pub struct FactsImportArgs {
    /// A folder of facts, or one file
    pub path: PathBuf,
    /// What the source is called, such as egi-2011-2013; importing it again changes nothing
    #[arg(long, value_name = "NAME")]
    pub source: String,
    /// Who imports them.
    #[command(flatten)]
    pub hand: Hand,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `nsrw facts check`
#[derive(Debug, Args)]
pub struct FactsCheckArgs {
    /// A folder of facts, or one file
    pub path: PathBuf,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `nsrw history`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct HistoryArgs {
    /// The ticket; without it, all
    pub ticket: Option<TicketId>,
    /// Print the time in each state as CSV
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// With --csv: only stays that lasted in this month or later
    #[arg(long, value_name = "MONTH", requires = "csv")]
    pub from: Option<Month>,
    /// With --csv: as was known at this month's end
    #[arg(long, value_name = "MONTH", requires = "csv")]
    pub to: Option<Month>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
    /// What to do instead of showing.
    #[command(subcommand)]
    pub command: Option<HistoryCommand>,
}

/// `nsrw history …`
#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// Check that no record of the log was altered or removed
    Verify(JsonArg),
}
