//! `nsrw ticket`, `nsrw explain` and `nsrw plan`: one release as people see it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use egi_model::field::Field;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use super::Who;

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

fn parse_field(text: &str) -> Result<(Field, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("\"{text}\" is not NAME=VALUE"))?;
    let field = name.parse::<Field>().map_err(|e| e.to_string())?;
    Ok((field, value.to_owned()))
}
