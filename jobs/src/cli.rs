//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use egi_model::field::Field;
use egi_model::month::Month;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use crate::exit::Exit;

/// The release workflow that federated research infrastructures run on.
#[derive(Debug, Parser)]
#[command(name = "nsrw", version, after_help = Exit::TABLE, max_term_width = 120)]
pub struct Cli {
    /// The site's configuration.
    #[arg(long, short, global = true, env = "NSRW_CONFIG", default_value = crate::config::FILE_NAME, value_name = "FILE")]
    pub config: PathBuf,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a site in a folder: configuration, database, repository tree, ticket desk and secret
    Init(InitArgs),
    /// What is done on a site.
    #[command(flatten)]
    OnSite(SiteCommand),
    /// Work with release.xml
    #[command(subcommand)]
    Release(ReleaseCommand),
    /// Configure Request Tracker: render its configuration, compare a running RT with it, make it so
    #[command(subcommand)]
    Rt(RtCommand),
    /// Show the settings in force
    Config(JsonArg),
    /// Print a completion script for a shell
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
    /// Print a document that is rendered from the tables in the code
    #[command(hide = true)]
    Render {
        /// Which one.
        document: Document,
    },
}

/// The commands that need a site.
#[derive(Debug, Subcommand)]
pub enum SiteCommand {
    /// Serve the HTTP API and work on what comes in, until stopped
    Serve,
    /// Work on what has come in, once (for cron)
    Promote(JsonArg),
    /// Compare tickets, database and repository tree; with --apply, mend what can be mended
    Sync(SyncArgs),
    /// Write a month's report as CSV
    Report(ReportArgs),
    /// Work with tickets of the embedded desk
    #[command(subcommand)]
    Ticket(TicketCommand),
    /// Show what happened to a release, or check the log
    History(HistoryArgs),
    /// Say why a release stands where it stands, and what would move it
    Explain(ExplainArgs),
    /// Show what would be done if a ticket were set to a state, without doing it
    Plan(PlanArgs),
}

/// Documents rendered from tables.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Document {
    /// docs/transitions.md
    Transitions,
    /// docs/metrics.md
    Metrics,
    /// docs/rt-setup.md
    RtSetup,
}

/// Whether a script reads the answer.
#[derive(Debug, Args)]
pub struct JsonArg {
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `nsrw init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder of the new site
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// Where the public will find the folder `sw`
    #[arg(long, default_value = "http://localhost/sw")]
    pub public_url: String,
    /// The address of the Request Tracker whose tickets the site works on, instead of an embedded desk
    #[arg(long, value_name = "URL")]
    pub rt: Option<String>,
}

/// `nsrw sync`
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// Mend what can be mended; without it, only say what differs
    #[arg(long)]
    pub apply: bool,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `nsrw report`
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The month, such as 2026-11
    pub month: Month,
    /// The folder for the files [default: reports/MONTH in the site's folder]
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `nsrw ticket …`
#[derive(Debug, Subcommand)]
pub enum TicketCommand {
    /// Open a ticket for a release
    New(NewTicketArgs),
    /// Change fields of a ticket
    Set(SetTicketArgs),
    /// Show a ticket with its history
    Show {
        /// The ticket
        ticket: TicketId,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// List tickets
    List {
        /// Only those in this state; may be given several times
        #[arg(long)]
        state: Vec<RolloutState>,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Comment on a ticket
    Comment {
        /// The ticket
        ticket: TicketId,
        /// The comment
        text: String,
        /// Who does it.
        #[command(flatten)]
        who: Who,
    },
}

/// Who does it.
#[derive(Debug, Args)]
pub struct Who {
    /// The account that does it; its roles are those of the configuration [default: the user running this]
    #[arg(long = "as", value_name = "ACCOUNT", env = "NSRW_ACCOUNT")]
    pub account: Option<String>,
}

/// `nsrw ticket new`
#[derive(Debug, Args)]
pub struct NewTicketArgs {
    /// The title [default: product and version of release.xml]
    #[arg(long)]
    pub subject: Option<String>,
    /// The file release.xml
    #[arg(long, value_name = "FILE")]
    pub release: PathBuf,
    /// The file checksums.xml [default: beside release.xml]
    #[arg(long, value_name = "FILE")]
    pub checksums: Option<PathBuf>,
    /// Fields as NAME=VALUE, such as Sync-URL=rsync://host/module/path
    #[arg(value_parser = parse_field)]
    pub fields: Vec<(Field, String)>,
    /// Who does it.
    #[command(flatten)]
    pub who: Who,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `nsrw ticket set`
#[derive(Debug, Args)]
pub struct SetTicketArgs {
    /// The ticket
    pub ticket: TicketId,
    /// Changes as NAME=VALUE: fields, Status or Owner; for a file field, NAME=@FILE
    #[arg(required = true, value_name = "NAME=VALUE")]
    pub changes: Vec<String>,
    /// Who does it.
    #[command(flatten)]
    pub who: Who,
}

/// `nsrw release …`
#[derive(Debug, Subcommand)]
pub enum ReleaseCommand {
    /// Check release.xml and checksums.xml files: every fault with line, column and advice
    Lint {
        /// The files; one named checksums.xml is checked as such
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Write release.xml and checksums.xml for a folder of rpm or deb packages
    New(Box<NewReleaseArgs>),
}

/// `nsrw release new`
#[derive(Debug, Args)]
pub struct NewReleaseArgs {
    /// The folder with the packages; both files are written there
    pub folder: PathBuf,
    /// Product name
    #[arg(long)]
    pub product: String,
    /// Release version, such as 1.11.2
    #[arg(long)]
    pub version: egi_model::version::Version,
    /// The technology provider's short name, such as INFN
    #[arg(long)]
    pub provider: egi_model::name::Segment,
    /// The technology provider's full name [default: the short name]
    #[arg(long)]
    pub provider_name: Option<String>,
    /// Operating system, such as centos7
    #[arg(long)]
    pub platform: egi_model::name::Segment,
    /// Architecture, such as `x86_64`
    #[arg(long)]
    pub arch: egi_model::name::Segment,
    /// Who answers questions
    #[arg(long)]
    pub contact: String,
    /// What it is [default: the first package's summary]
    #[arg(long)]
    pub description: Option<String>,
    /// Link to documentation; may be given several times
    #[arg(long, required = true)]
    pub documentation: Vec<String>,
    /// Release notes, as link or text
    #[arg(long)]
    pub notes: String,
    /// Change log, as link or text
    #[arg(long)]
    pub changes: String,
    /// Where the folder will be offered, such as <rsync://host/module/path>
    #[arg(long)]
    pub sync_url: String,
    /// The release only adds packages (updates) instead of replacing (base)
    #[arg(long)]
    pub incremental: bool,
    /// The release is an emergency
    #[arg(long)]
    pub emergency: bool,
    /// Write over files that are there
    #[arg(long)]
    pub force: bool,
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

/// `nsrw explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The ticket
    pub ticket: TicketId,
    /// Who does it.
    #[command(flatten)]
    pub who: Who,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `nsrw plan`
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The ticket
    pub ticket: TicketId,
    /// The state it would be set to
    pub state: RolloutState,
    /// Who does it.
    #[command(flatten)]
    pub who: Who,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `nsrw rt …`
#[derive(Debug, Subcommand)]
pub enum RtCommand {
    /// Print RT's configuration, rendered from the tables in the code and the settings in force
    Config {
        /// Write it to a folder, with what the RT shall have as data beside it
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
    /// Say in what a running RT differs from what it shall have
    Diff(DiffRtArgs),
    /// Make a running RT have what it shall have
    Apply(ApplyRtArgs),
}

/// `nsrw rt diff`
#[derive(Debug, Args)]
pub struct DiffRtArgs {
    /// How the extension's setup program is run where RT is, such as "ssh rt.example.org sudo -u www-data nsrw-rt-setup"
    #[arg(long, default_value = crate::rt::setup::PROGRAM)]
    pub command: String,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `nsrw rt apply`
#[derive(Debug, Args)]
pub struct ApplyRtArgs {
    /// How the extension's setup program is run where RT is, such as "ssh rt.example.org sudo -u www-data nsrw-rt-setup"
    #[arg(long, default_value = crate::rt::setup::PROGRAM)]
    pub command: String,
    /// Make a token for the repository's account and write it to this file, which must not be there yet
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

fn parse_field(text: &str) -> Result<(Field, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("\"{text}\" is not NAME=VALUE"))?;
    let field = name.parse::<Field>().map_err(|e| e.to_string())?;
    Ok((field, value.to_owned()))
}
