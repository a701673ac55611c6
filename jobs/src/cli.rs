//! The command line.

pub mod clocks;
pub mod early_adopters;
pub mod evidence;
pub mod release;
pub mod repo;
pub mod report;
pub mod rt;
pub mod store;
pub mod ticket;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    Release(release::ReleaseCommand),
    /// Look at the whole site's health: every disagreement and danger with its repair; with --fix, mend what is safe to
    Doctor(DoctorArgs),
    /// Check an evidence pack, which needs no site
    #[command(subcommand)]
    Evidence(evidence::EvidenceCommand),
    /// Work with Request Tracker: its configuration, its past
    #[command(subcommand)]
    Rt(rt::RtCommand),
    /// Work with the database itself: bring its tables up to date, move it to another one
    #[command(subcommand)]
    Store(store::StoreCommand),
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
    /// Write the report of a month, or of several; as PDF and by mail as well
    Report(report::ReportArgs),
    /// Exchange the facts that numbers are made from with other tools
    #[command(subcommand)]
    Facts(report::FactsCommand),
    /// Work with tickets of the embedded desk
    #[command(subcommand)]
    Ticket(ticket::TicketCommand),
    /// Show what happened to a release, or check the log
    History(report::HistoryArgs),
    /// Work with early adopters: the teams, what they say of releases, what follows from it
    #[command(subcommand)]
    Ea(early_adopters::EaCommand),
    /// Remind of what is due, once each, and mark what is delayed
    Clocks(clocks::ClocksArgs),
    /// Write and send the letters that tell people
    Notify(clocks::NotifyArgs),
    /// Show the pipeline: which release stands where, how long, with whom, and what keeps it
    Board(JsonArg),
    /// Show what waits and why: messages, plans under way, deferred releases, letters, answers owed to tickets
    Queue(JsonArg),
    /// Say why a release stands where it stands, and what would move it
    Explain(ticket::ExplainArgs),
    /// Work with the repositories: what is in them, what they were, the way back
    #[command(subcommand)]
    Repo(repo::RepoCommand),
    /// Show what would be done if a ticket were set to a state, without doing it
    Plan(ticket::PlanArgs),
}

/// Documents rendered from tables.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Document {
    /// docs/transitions.md
    Transitions,
    /// docs/metrics.md
    Metrics,
    /// docs/facts.md
    Facts,
    /// The layout of the report, to start one's own from
    ReportTemplate,
    /// docs/rt-setup.md
    RtSetup,
    /// docs/doctor.md
    Doctor,
    /// docs/roles.md
    Roles,
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
    /// Who mends it.
    #[command(flatten)]
    pub hand: Hand,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `nsrw doctor`
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Mend what is safe to mend; without it, only say what is wrong
    #[arg(long)]
    pub fix: bool,
    /// Who mends it, and why.
    #[command(flatten)]
    pub hand: Hand,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Who does something by hand, and why: what the log says of it.
#[derive(Debug, Clone, Args)]
pub struct Hand {
    /// Who does it.
    #[command(flatten)]
    pub who: Who,
    /// Why, for the log that `nsrw repo log` shows
    #[arg(long, value_name = "TEXT")]
    pub because: Option<String>,
}

/// Who does it, for what tells the reason elsewhere.
impl From<Who> for Hand {
    fn from(who: Who) -> Self {
        Self { who, because: None }
    }
}

/// Who does it.
#[derive(Debug, Clone, Args)]
pub struct Who {
    /// The account that does it; its roles are those of the configuration [default: the user running this]
    #[arg(long = "as", value_name = "ACCOUNT", env = "NSRW_ACCOUNT")]
    pub account: Option<String>,
}
