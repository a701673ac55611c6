//! Checks a chain of stored records: pure, one record after the other.

use std::fmt;

use egi_model::digest::Sha256;
use egi_model::history::{HistoryEntry, HistoryRecord, link};
use egi_model::ticket::TicketId;
use serde::Serialize;

/// What a check of the whole history found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryCheck {
    /// How many records there are.
    pub records: u64,
    /// The digest of the last one; to be noted elsewhere, it vouches for all before.
    pub head: Sha256,
    /// Everything that does not fit, in the order of the records.
    pub faults: Vec<ChainFault>,
}

/// A place where the chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainFault {
    /// The record's number.
    pub seq: u64,
    /// Its ticket, where there is a record that tells.
    pub ticket: Option<TicketId>,
    /// What is wrong with it.
    pub kind: FaultKind,
}

/// What can be wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum FaultKind {
    /// Its text is not what its digest was computed from.
    Altered,
    /// It fits its own digest, but was not chained to the record before.
    Detached,
    /// It and all up to `through` were removed.
    Missing {
        /// The last of them.
        through: u64,
    },
    /// It and all up to `through` were cut off at the end.
    CutOff {
        /// The last of them.
        through: u64,
    },
    /// It and all up to `through` were added without being counted.
    Uncounted {
        /// The last of them.
        through: u64,
    },
    /// It is the last, but not the one the head was written for; or the head is gone.
    HeadDiffers,
}

impl fmt::Display for ChainFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seq = self.seq;
        write!(f, "record {seq}")?;
        match self.kind {
            FaultKind::Missing { through } | FaultKind::CutOff { through } | FaultKind::Uncounted { through }
                if through > seq =>
            {
                write!(f, " to {through}")?;
            }
            FaultKind::Missing { .. }
            | FaultKind::CutOff { .. }
            | FaultKind::Uncounted { .. }
            | FaultKind::Altered
            | FaultKind::Detached
            | FaultKind::HeadDiffers => {}
        }
        if let Some(ticket) = self.ticket {
            write!(f, " (ticket {ticket})")?;
        }
        f.write_str(match self.kind {
            FaultKind::Altered => ": altered after it was written",
            FaultKind::Detached => ": does not continue the record before it",
            FaultKind::Missing { .. } => ": removed",
            FaultKind::CutOff { .. } => ": cut off at the end",
            FaultKind::Uncounted { .. } => ": added behind the end",
            FaultKind::HeadDiffers => ": not the last record that was written",
        })
    }
}

/// A record as it lies in the database, trusted in nothing.
#[derive(Debug, Clone)]
pub(crate) struct StoredRecord {
    pub(crate) seq: u64,
    pub(crate) ticket: Option<TicketId>,
    pub(crate) entry: String,
    pub(crate) previous: String,
    pub(crate) digest: String,
}

impl StoredRecord {
    /// Whether the text is what the digest was computed from.
    fn is_whole(&self) -> bool {
        let fits = |previous| link(self.seq, &self.entry, previous).to_hex() == self.digest;
        let says = serde_json::from_str(&self.entry).map(|entry: HistoryEntry| entry.ticket).ok();
        self.previous.parse().is_ok_and(fits) && says == self.ticket
    }
}

/// The way from the first record to the last.
#[derive(Debug)]
pub(crate) struct Walk {
    records: u64,
    last: u64,
    ticket: Option<TicketId>,
    digest: String,
    /// Whether the next record must continue this one. After a fault it is not told a second time.
    joined: bool,
    faults: Vec<ChainFault>,
}

impl Walk {
    pub(crate) fn new() -> Self {
        let digest = HistoryRecord::GENESIS.to_hex();
        Self { records: 0, last: 0, ticket: None, digest, joined: true, faults: Vec::new() }
    }

    /// Goes on to the next record; their numbers grow.
    pub(crate) fn step(&mut self, record: &StoredRecord) {
        let expected = self.last.saturating_add(1);
        if record.seq > expected {
            self.fault(expected, None, FaultKind::Missing { through: record.seq - 1 });
            self.joined = false;
        }
        let whole = record.is_whole();
        if !whole {
            self.fault(record.seq, record.ticket, FaultKind::Altered);
        } else if self.joined && record.previous != self.digest {
            self.fault(record.seq, record.ticket, FaultKind::Detached);
        }
        self.records += 1;
        self.last = record.seq;
        self.ticket = record.ticket;
        self.digest.clone_from(&record.digest);
        self.joined = whole;
    }

    /// Compares the end of the way with the head: how many records were written, and the digest of the last.
    pub(crate) fn finish(mut self, head: Option<(u64, String)>) -> HistoryCheck {
        let last = self.last;
        match head {
            Some((count, _)) if count > last => self.fault(last + 1, None, FaultKind::CutOff { through: count }),
            Some((count, _)) if count < last => self.fault(count + 1, None, FaultKind::Uncounted { through: last }),
            Some((_, digest)) if digest == self.digest || !self.joined => {}
            Some(_) | None => self.fault(last, self.ticket, FaultKind::HeadDiffers),
        }
        let head = self.digest.parse().unwrap_or(HistoryRecord::GENESIS);
        HistoryCheck { records: self.records, head, faults: self.faults }
    }

    fn fault(&mut self, seq: u64, ticket: Option<TicketId>, kind: FaultKind) {
        self.faults.push(ChainFault { seq, ticket, kind });
    }
}
