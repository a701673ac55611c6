//! The HTTP API.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The HTTP API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Api {
    /// Address and port; port 0 takes a free one.
    pub listen: String,
    /// The file with the certificate and those that lead from it to an authority, PEM; empty for no TLS.
    pub tls_certificate: PathBuf,
    /// The file with the certificate's key, PEM.
    pub tls_key: PathBuf,
    /// Whether notices must be signed. Turn it off only behind something that authenticates.
    pub authenticate: bool,
    /// The file with the secret that notices are signed with.
    pub secret_file: PathBuf,
    /// How many seconds the clocks of both sides may differ.
    pub clock_skew_seconds: u64,
    /// How many requests one address may make in a minute; 0 sets no limit.
    pub requests_per_minute: u32,
}

impl Default for Api {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8470".to_owned(),
            tls_certificate: PathBuf::new(),
            tls_key: PathBuf::new(),
            authenticate: true,
            secret_file: "secrets/notice.key".into(),
            clock_skew_seconds: 300,
            requests_per_minute: 600,
        }
    }
}

impl Api {
    /// A certificate without its key, or a key without its certificate, is a mistake.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.tls_certificate.as_os_str().is_empty() == self.tls_key.as_os_str().is_empty() {
            return Ok(());
        }
        Err("api.tls_certificate and api.tls_key belong together; set both, or neither".to_owned())
    }
}
