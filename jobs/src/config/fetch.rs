//! Fetching from providers.

use std::path::PathBuf;
use std::time::Duration;

use egi_repo::fetch::FetchLimits;
use serde::{Deserialize, Serialize};

use super::Scheme;

/// Fetching from providers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fetch {
    /// The most bytes of one release.
    pub max_bytes: u64,
    /// The most bytes of one file.
    pub max_file_bytes: u64,
    /// The most files of one release.
    pub max_files: u64,
    /// After how many seconds without a byte a transfer is given up.
    pub idle_seconds: u64,
    /// After how many seconds a transfer is given up altogether.
    pub total_seconds: u64,
    /// The schemes that may be fetched by.
    pub allowed_schemes: Vec<Scheme>,
    /// The hosts that may be fetched from, exact or as `*.example.org`; empty allows all.
    pub allowed_hosts: Vec<String>,
    /// Whether loopback, private and link-local addresses may be fetched from.
    pub allow_private_addresses: bool,
    /// The folders that `file:///…` deliveries may lie in.
    pub local_folders: Vec<PathBuf>,
    /// The rsync program.
    pub rsync: PathBuf,
}

impl Default for Fetch {
    fn default() -> Self {
        Self {
            max_bytes: 20 << 30,
            max_file_bytes: 4 << 30,
            max_files: 10_000,
            idle_seconds: 60,
            total_seconds: 3600,
            allowed_schemes: vec![Scheme::Rsync, Scheme::Https, Scheme::Http, Scheme::Ftp, Scheme::File],
            allowed_hosts: Vec::new(),
            allow_private_addresses: false,
            local_folders: Vec::new(),
            rsync: "rsync".into(),
        }
    }
}

impl Fetch {
    /// The limits of one fetch.
    #[must_use]
    pub const fn limits(&self) -> FetchLimits {
        FetchLimits {
            max_bytes: self.max_bytes,
            max_files: self.max_files,
            max_file_bytes: self.max_file_bytes,
            idle: Duration::from_secs(self.idle_seconds),
            total: Duration::from_secs(self.total_seconds),
        }
    }
}
