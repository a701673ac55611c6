//! The ticket system, and Request Tracker where it is that.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The ticket system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tickets {
    /// Which one.
    pub system: TicketSystemKind,
    /// The folder of the embedded desk.
    pub desk: PathBuf,
    /// The account the repository writes to tickets with.
    pub account: String,
}

/// The ticket systems there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TicketSystemKind {
    /// The embedded desk.
    #[default]
    Desk,
    /// Request Tracker.
    Rt,
}

/// Request Tracker, where it is the ticket system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestTracker {
    /// Its address, with the path it lives under, without `/REST`.
    pub url: String,
    /// Which of its interfaces is used.
    pub api: RtApi,
    /// The queue of the releases.
    pub queue: String,
    /// The file with the service account's token.
    pub token_file: PathBuf,
    /// After how many seconds a request is given up.
    pub timeout_seconds: u64,
    /// Where RT finds this system's API: the address it posts notices to.
    pub notice_url: String,
    /// Where RT, on its own machine, finds the secret it signs notices with.
    pub secret_file: PathBuf,
}

/// The interfaces of Request Tracker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RtApi {
    /// REST 2.0, part of RT 5.
    #[default]
    Rest2,
    /// REST 1.0, for RT 4.
    Rest1,
}

impl Default for Tickets {
    fn default() -> Self {
        Self { system: TicketSystemKind::default(), desk: "desk".into(), account: "nsrw".to_owned() }
    }
}

impl Default for RequestTracker {
    fn default() -> Self {
        Self {
            url: "http://localhost/rt".to_owned(),
            api: RtApi::default(),
            queue: "sw-rel".to_owned(),
            token_file: "secrets/rt.token".into(),
            timeout_seconds: 30,
            notice_url: "http://127.0.0.1:8470/api/rollout".to_owned(),
            secret_file: "/etc/request-tracker5/nsrw-notice.key".into(),
        }
    }
}
