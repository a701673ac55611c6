//! `nsrw rt`: Request Tracker's side and its past.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `nsrw rt …`
#[derive(Debug, Subcommand)]
pub enum RtCommand {
    /// RT's own side.
    #[command(flatten)]
    Setup(RtSetupCommand),
    /// Take the past of an existing RT into the log; can be repeated, and goes on where it was cut off
    ImportHistory(ImportHistoryArgs),
}

/// The commands about RT's own side.
#[derive(Debug, Subcommand)]
pub enum RtSetupCommand {
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

/// `nsrw rt import-history`
#[derive(Debug, Args)]
pub struct ImportHistoryArgs {
    /// Read RT's own database instead of asking RT: sqlite://, postgres:// or mysql://; an account that may read suffices
    #[arg(long, value_name = "URL", env = "NSRW_RT_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
    /// Look at everything again, also at what was looked at before; nothing is doubled
    #[arg(long)]
    pub again: bool,
    /// Who imports it.
    #[command(flatten)]
    pub hand: super::Hand,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
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
    /// Who does it.
    #[command(flatten)]
    pub hand: super::Hand,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}
