//! The database, and nothing but storage.
//!
//! Everything a site remembers besides the files of the repository tree: what was agreed, what waits to be done, what
//! is being done, where each release stands and what happened. Nothing here decides anything, talks to a ticket
//! system or touches the tree, and no SQL on this database is written anywhere else.
//!
//! | table | what it holds | written by |
//! | --- | --- | --- |
//! | `target_areas` | the area a release lies in while it stands in a state (the specification's configuration values of a transition) | [`Store::save_target_area`] |
//! | `majors` | the major releases and software with their agreed attributes, former agreements included | [`Store::agree_majors`] |
//! | `documents` | release.xml, checksums.xml and the like as they came, by digest | [`Store::save_document`] |
//! | `inbox` | messages that wait, are worked on or are done (the specification's `Queue`) | [`Store::take`], [`Store::post`], [`Store::claim`] |
//! | `plans` | what was decided about a message, as the effects to perform | [`Store::open_plan`], [`Store::fail_plan`] |
//! | `steps` | which of a plan's effects are done | [`Store::log_step`] |
//! | `releases` | where each release stands, with its metadata | [`Store::register`], [`Store::close_plan`], [`Store::import_past`] |
//! | `history` | every change of every release, append-only, each record chained to the one before by digest | [`Store::register`], [`Store::close_plan`], [`Store::import_past`] |
//! | `imports` | how far the past of a ticket system was read into the history | [`Store::import_past`] |
//! | `ticket_system` | which ticket system the tickets are in, and up to where it was asked what happened | [`Store::agree_ticket_system`], [`Store::save_sync_cursor`] |
//! | `nonces` | the nonces of signed requests that were used | [`Store::take`] |
//! | `history_head` | how many records the history has and the digest of the last, so that a cut-off end shows | with `history` |
//! | `mailings` | letters that are sent once, begun and sent | [`Store::begin_mailing`], [`Store::finish_mailing`] |
//! | `teams` | the early-adopter teams | [`Store::save_teams`] |
//! | `participations` | each team's part in a staged rollout as it stands | [`Store::save_part`] |
//! | `rollout_log`, `rollout_head` | everything that happened to these parts, and which reports were published; append-only and chained | [`Store::save_part`], [`Store::save_published`] |
//! | `letters` | the outbox: letters to be sent once | [`Store::write_letter`], [`Store::finish_letter`] |
//! | `waivers` | findings of the gate that do not count, why, by whom and until when | [`Store::grant_waivers`] |
//! | `facts` | facts that were imported, each known by its source, kind and number | [`Store::import_facts`] |
//! | `fact_imports` | when and from what they were imported | [`Store::import_facts`] |
//! | `closed_months` | the frozen figures of months, with every later version | [`Store::close_months`] |
//!
//! # One message's way
//!
//! A message is [posted](Store::post) once per dedupe key, in one commit with those that are posted meanwhile, [claimed](Store::claim) under a lease by one worker at a
//! time, and either [dismissed](Store::dismiss), [put back](Store::put_back) for later, or carried out: a plan is
//! [opened](Store::open_plan), its steps [logged](Store::log_step) and the plan [closed](Store::close_plan) in one
//! transaction with the release's record and the history. After a crash the lease runs out, the next claim of the
//! message finds the plan with its log, and work goes on where it stopped.
//!
//! # Fencing
//!
//! A lease alone can not stop a worker that was frozen while its lease ran out. So each claim has an attempt number,
//! and every write of a worker is refused with [`StoreError::LeaseLost`] unless the message is still claimed with
//! that number. This is checked in the transaction that writes.
//!
//! # Times
//!
//! The store never asks a clock: callers say what time it is. Times are searched and compared in microseconds.
//!
//! # Databases
//!
//! `SQLite`, `PostgreSQL` and `MariaDB`, each with the same tables and statements. How they are written so that all
//! three understand them is told in `schema.rs`, what differs in `dialect.rs`. On a server any number of processes on any
//! number of machines share the inbox: their write transactions take turns, so what is shown of one process at a time
//! holds for many.

mod build;
mod bulk;
mod chain;
mod closed;
mod copy;
mod dialect;
mod documents;
mod early_adopters;
mod error;
mod facts;
mod history;
mod inbox;
mod intake;
mod journal;
mod letters;
mod mailings;
mod majors;
mod nonces;
mod participations;
mod past;
mod releases;
mod row;
mod schema;
mod settings;
mod silence;
mod sql;
mod store;
#[cfg(test)]
mod tests;
mod ticket_system;
mod waivers;

pub use self::chain::{ChainFault, FaultKind, HistoryCheck};
pub use self::closed::ClosedMonth;
pub use self::copy::CopiedTable;
pub use self::error::{Operation, StoreError};
pub use self::facts::{FactImport, FactsImported, ImportedFact};
pub use self::inbox::{Claim, InboxId, Message, PendingMessage, Posted, change_key};
pub use self::intake::{NewMessage, Taken};
pub use self::journal::{LoggedStep, PlanId, PlanRecord, PlanState};
pub use self::letters::{NewLetter, OutboxLetter};
pub use self::mailings::{Mailing, MailingClaim};
pub use self::majors::Agreement;
pub use self::nonces::Nonce;
pub use self::participations::{Part, RolloutRecord};
pub use self::past::Imported;
pub use self::releases::WakeCall;
pub use self::store::{Patience, Store};
pub use self::ticket_system::SyncCursor;
