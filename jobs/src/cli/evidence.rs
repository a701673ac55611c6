//! `nsrw release evidence` and `nsrw evidence`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use egi_model::ticket::TicketId;

/// `nsrw release evidence`
#[derive(Debug, Args)]
pub struct EvidenceArgs {
    /// The release's ticket
    pub ticket: TicketId,
    /// The archive [default: evidence-TICKET.tar]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `nsrw evidence …`
#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// Check that an evidence pack is whole and that its chains hold
    Verify {
        /// The archive
        file: PathBuf,
    },
}
