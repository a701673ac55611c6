//! `nsrw clocks`, `nsrw notify`, `nsrw board`.

use clap::Args;

/// `nsrw clocks`
#[derive(Debug, Args)]
pub struct ClocksArgs {
    /// Only list what is due and what is due next
    #[arg(long)]
    pub due: bool,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `nsrw notify`
#[derive(Debug, Args)]
pub struct NotifyArgs {
    /// Only list the letters that wait
    #[arg(long)]
    pub list: bool,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}
