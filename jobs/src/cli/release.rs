//! `nsrw release`: a provider's documents.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
    /// Write everything that is known of a release into one archive
    Evidence(super::evidence::EvidenceArgs),
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
