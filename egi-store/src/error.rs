//! Everything that can go wrong with the store.

use std::fmt;
use std::sync::Arc;

use egi_model::digest::Sha256;
use egi_model::month::Month;
use egi_model::ticket::TicketId;
use sqlx::migrate::MigrateError;

use crate::dialect;
use crate::inbox::InboxId;
use crate::journal::PlanId;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL names no database this program can use.
    #[error("\"{database}\" names no database that can be used; give a URL such as sqlite:///var/lib/nsrw/nsrw.db")]
    UnknownDatabase {
        /// The URL, without a password.
        database: String,
    },
    /// No connection could be made.
    #[error("failed to open the database {database}")]
    Open {
        /// The URL, without a password.
        database: String,
        /// Why.
        source: sqlx::Error,
    },
    /// The tables could not be created or brought up to date.
    #[error("failed to bring the tables of {database} up to date")]
    Migrate {
        /// The URL, without a password.
        database: String,
        /// Why.
        source: MigrateError,
    },
    /// The database refused, or holds what can not be read.
    #[error("failed to {operation}")]
    Database {
        /// What was to be done.
        operation: Operation,
        /// Why it was not.
        source: sqlx::Error,
    },
    /// The database refused what was to be stored together with other things.
    #[error("failed to {operation}")]
    Batch {
        /// What was to be done.
        operation: Operation,
        /// Why it was not: the same for all.
        source: Arc<sqlx::Error>,
    },
    /// The claim is no longer valid: the worker must stop, somebody else does its work or has done it.
    #[error("the claim on message {message} of ticket {ticket} is no longer valid: it was taken over or is done")]
    LeaseLost {
        /// The message.
        message: InboxId,
        /// Its ticket.
        ticket: TicketId,
    },
    /// The message has an open plan already, which must be finished first.
    #[error("message {message} of ticket {ticket} has plan {plan} open, which must be finished first")]
    PlanOpen {
        /// The message.
        message: InboxId,
        /// Its ticket.
        ticket: TicketId,
        /// The open plan.
        plan: PlanId,
    },
    /// The plan is not the one that is open for the message.
    #[error("plan {plan} is not open for message {message} of ticket {ticket}; load the open plan again")]
    PlanNotOpen {
        /// The message.
        message: InboxId,
        /// Its ticket.
        ticket: TicketId,
        /// The plan that was named.
        plan: PlanId,
    },
    /// Somebody else took the slot between the decision and its plan: decide again.
    #[error("ticket {ticket} can not have the slot \"{slot}\": ticket {holder} took it meanwhile; decide again")]
    SlotTaken {
        /// The ticket that wanted it.
        ticket: TicketId,
        /// The slot.
        slot: String,
        /// Who has it.
        holder: TicketId,
    },
    /// Somebody else is taking in the same release since the decision was made: decide again.
    #[error("ticket {ticket} can not be taken in: ticket {holder} delivers the same release; decide again")]
    ReleaseTaken {
        /// The ticket that wanted it.
        ticket: TicketId,
        /// Who has it.
        holder: TicketId,
    },
    /// The database holds the tickets of another ticket system.
    #[error(
        "the tickets in this database are those of the {agreed}, not of the {given}; make a new site for the {given}, or set tickets.system back"
    )]
    OtherTicketSystem {
        /// The one agreed on.
        agreed: String,
        /// The one asked for.
        given: String,
    },
    /// A fact is known with another content.
    #[error(
        "number {number} of {kind} from {source_name} is known already and says something else; nothing was imported. Import corrected facts under another source"
    )]
    FactDiffers {
        /// Where the facts come from.
        source_name: String,
        /// The kind of fact.
        kind: String,
        /// Its number.
        number: u64,
    },
    /// Somebody else closed the month, or restated it, meanwhile.
    #[error("{month} was closed or restated by another process meanwhile; run the report again")]
    MonthClosed {
        /// The month.
        month: Month,
    },
    /// The database to copy into holds something.
    #[error("nothing was copied: the table {table} of the target has rows; name an empty database")]
    NotEmpty {
        /// A table with rows.
        table: String,
    },
    /// Somebody wrote to the database while it was copied.
    #[error(
        "nothing was copied: {table} was written to meanwhile; stop `nsrw serve` and all else that works on the site, and copy again"
    )]
    ChangedMeanwhile {
        /// The table.
        table: String,
    },
    /// What was written can not be read back as it was.
    #[error("nothing was copied: {table} reads back otherwise than it was written; is the target in UTF-8?")]
    CopyDiffers {
        /// The table.
        table: String,
    },
    /// A stored document is not what was stored.
    #[error("the stored document {expected} was altered: its bytes now have the digest {found}; restore the database")]
    DocumentAltered {
        /// Its digest when it was stored.
        expected: Sha256,
        /// Its digest now.
        found: Sha256,
    },
}

impl StoreError {
    /// Whether trying again can help: the database is locked, full or not to be reached, or the world moved on between
    /// a decision and its plan.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Open { source, .. } | Self::Database { source, .. } => dialect::is_transient(source),
            Self::Batch { source, .. } => dialect::is_transient(source),
            Self::Migrate { source: MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _), .. } => {
                dialect::is_transient(e)
            }
            Self::SlotTaken { .. } | Self::ReleaseTaken { .. } | Self::MonthClosed { .. } => true,
            Self::Migrate { .. }
            | Self::UnknownDatabase { .. }
            | Self::LeaseLost { .. }
            | Self::PlanOpen { .. }
            | Self::PlanNotOpen { .. }
            | Self::OtherTicketSystem { .. }
            | Self::FactDiffers { .. }
            | Self::NotEmpty { .. }
            | Self::ChangedMeanwhile { .. }
            | Self::CopyDiffers { .. }
            | Self::DocumentAltered { .. } => false,
        }
    }
}

/// What the store was about to do: completes "failed to …".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    what: &'static str,
    ticket: Option<TicketId>,
}

impl Operation {
    /// An operation that is about no ticket in particular.
    pub(crate) const fn new(what: &'static str) -> Self {
        Self { what, ticket: None }
    }

    /// An operation about one ticket.
    pub(crate) const fn of(what: &'static str, ticket: TicketId) -> Self {
        Self { what, ticket: Some(ticket) }
    }

    /// Says of a database's error what was being done.
    pub(crate) fn failed(self) -> impl Fn(sqlx::Error) -> StoreError {
        move |source| StoreError::Database { operation: self, source }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)?;
        self.ticket.map_or(Ok(()), |ticket| write!(f, " (ticket {ticket})"))
    }
}
