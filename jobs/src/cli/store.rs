//! `nsrw store …`: the database itself.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What can be done with the database.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Bring the tables up to date with this program, as every other command does before it begins
    Migrate,
    /// Copy the site's database into another, empty one; nothing may work on the site meanwhile
    Copy(CopyArgs),
}

/// `nsrw store copy`
#[derive(Debug, Args)]
pub struct CopyArgs {
    /// The other database: <postgres://account@host/database>, <mysql://account@host/database> or <sqlite:///path>,
    /// without a password
    #[arg(long, value_name = "URL")]
    pub to: String,
    /// The file with the account's password there
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Who does it.
    #[command(flatten)]
    pub hand: super::Hand,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}
