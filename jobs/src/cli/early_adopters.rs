//! The command line of `nsrw ea`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use egi_model::early_adopter::TeamName;
use egi_model::participation::TeamOutcome;
use egi_model::ticket::TicketId;

use super::{Hand, JsonArg, Who};

/// `nsrw ea …`
#[derive(Debug, Subcommand)]
pub enum EaCommand {
    /// List the teams
    List(JsonArg),
    /// Show a team, or what the teams said of a ticket's release
    Show {
        /// The team, or the ticket
        what: String,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Replace the list of teams
    Load(LoadArgs),
    /// Show which releases on their way to staged rollout have which teams
    Coverage(JsonArg),
    /// A team takes part in the staged rollout of a release
    Accept(PartArgs),
    /// A team does not take part
    Decline(PartArgs),
    /// A team tells how it went
    Report {
        /// Which team, which release.
        #[command(flatten)]
        part: PartArgs,
        /// How it went: `Accept`, `AcceptWithWarnings`, `Reject` or `Aborted`
        outcome: TeamOutcome,
        /// Link to the team's report
        #[arg(long, value_name = "URL")]
        report: Option<String>,
        /// What others should know
        #[arg(long)]
        note: Option<String>,
    },
    /// Answer a team's reject
    Answer {
        /// Which team, which release.
        #[command(flatten)]
        part: PartArgs,
        /// What was done about it
        text: String,
    },
    /// Write the consolidated report of a release: Markdown and PDF
    Consolidate(ConsolidateArgs),
}

/// A team's part.
#[derive(Debug, Args)]
pub struct PartArgs {
    /// The release's ticket
    pub ticket: TicketId,
    /// The team
    pub team: TeamName,
    /// Who does it.
    #[command(flatten)]
    pub who: Who,
}

/// `nsrw ea load`
#[derive(Debug, Args)]
pub struct LoadArgs {
    /// A TOML file with a `team` table for each, or a CSV file
    #[arg(required_unless_present = "rt")]
    pub file: Option<PathBuf>,
    /// Take the groups early-adopters-… of Request Tracker, whose descriptions tell site, ngi, products, platforms and contact
    #[arg(long, conflicts_with = "file")]
    pub rt: bool,
    /// Only say what would change
    #[arg(long)]
    pub dry_run: bool,
    /// Who loads it.
    #[command(flatten)]
    pub hand: Hand,
}

/// `nsrw ea consolidate`
#[derive(Debug, Args)]
pub struct ConsolidateArgs {
    /// The release's ticket
    pub ticket: TicketId,
    /// The folder for the report [default: reports/staged-rollout]
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Where the report can be read once it is published: put into the ticket as StageRollout-Report
    #[arg(long, value_name = "URL")]
    pub link: Option<String>,
    /// Who does it.
    #[command(flatten)]
    pub who: Who,
}
