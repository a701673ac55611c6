//! The append-only history: one record per change of a release, chained by digest.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::release::Emergency;
use crate::rollout::RolloutState;
use crate::ticket::TicketId;

/// How a requested transition ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Done as asked.
    Performed,
    /// Passed to `Deferred`, because the slot is taken.
    Deferred,
    /// Against the rules; the repositories were not touched.
    Refused,
    /// Tried and failed.
    Failed,
    /// A notice that told of no change: commented on, and nothing else.
    Disregarded,
}

impl Outcome {
    /// The word in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Performed => "performed",
            Self::Deferred => "deferred",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Disregarded => "disregarded",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is known of one change when it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The release's ticket.
    pub ticket: TicketId,
    /// When it was settled.
    pub at: DateTime<Utc>,
    /// Where the release stood before.
    pub from: RolloutState,
    /// What was asked for.
    pub asked: RolloutState,
    /// Where the release stands now.
    pub to: RolloutState,
    /// How it ended.
    pub outcome: Outcome,
    /// Who asked, where the ticket system tells.
    pub by: Option<String>,
    /// Why, one line each: the reasons of a refusal, the cause of a failure, the holder of the slot.
    pub reasons: Vec<String>,
    /// Whether the release was an emergency then.
    pub emergency: Emergency,
    /// The technology provider, once the metadata is known.
    pub provider: Option<String>,
    /// Product and version, once the metadata is known, such as `ca-policy-egi-core 1.37-1`. Of what was imported: the
    /// ticket's title.
    pub release: Option<String>,
    /// Of what happened before this workflow came: the number the change has in the ticket system it was imported from.
    /// Absent from the stored text of all other entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<u64>,
}

/// A stored entry: its place in the log and the chain that shows alterations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRecord {
    /// Its place in the log, from 1, without gaps.
    pub seq: u64,
    /// The entry.
    pub entry: HistoryEntry,
    /// Digest of the record before, zero for the first.
    pub previous: Sha256,
    /// Digest over place, entry and `previous`.
    pub digest: Sha256,
}

impl HistoryRecord {
    /// What the first record names as its predecessor.
    pub const GENESIS: Sha256 = Sha256::from_bytes([0; 32]);

    /// Chains `entry` behind the record numbered `seq - 1` with digest `previous`.
    ///
    /// The digest covers the entry's JSON text as stored, so an entry must be stored as [`render_entry`] writes it.
    #[must_use]
    pub fn chain(seq: u64, entry: HistoryEntry, previous: Sha256) -> Self {
        let digest = link(seq, &render_entry(&entry), previous);
        Self { seq, entry, previous, digest }
    }
}

/// The JSON text of an entry: what is stored and what the digest covers.
#[must_use]
pub fn render_entry(entry: &HistoryEntry) -> String {
    // An entry holds nothing JSON can not write: no maps with odd keys, no non-finite numbers.
    serde_json::to_string(entry).unwrap_or_default()
}

/// The digest of a record from its stored parts.
#[must_use]
pub fn link(seq: u64, entry_json: &str, previous: Sha256) -> Sha256 {
    Sha256::of(format!("{seq}\n{previous}\n{entry_json}").as_bytes())
}
