//! Request Tracker, driven over REST 2.0 as the repository's own account.
//!
//! ```text
//! http      one way to one RT: token, session, timeouts, what is no answer of RT
//! pause     the waits between tries
//! wire      the documents as RT writes them
//! options   what has to be known to begin
//! reading   from documents to a ticket and to changes
//! client    questions about one ticket: itself, its files, its history
//! search    questions RT searches for an answer: changes, tickets, a comment
//! people    who holds which role
//! writing   changes, each looked at before and after
//! children  the tickets of early-adopter teams, and who hears of a release for them
//! check     whether RT has what is needed
//! system    all of it as a ticket system
//! rest1     RT over REST 1.0, as a ticket system
//! past      what an RT tells of the years before, and the sources of it
//! rest_past the source that is RT itself, asked over REST 2.0
//! database  the source that is RT's own database
//! fuzzing   the way in for fuzz targets; not part of an ordinary build
//! ```
//!
//! What decides how this is written are RT's habits, observed on RT 5.0:
//!
//! - A change is answered with 200 whether it was made or not. So nothing is believed that was not read back.
//! - `If-Match` refuses a change to a ticket that is not as it was read; RT looks before it writes, not while, which
//!   leaves some milliseconds. What slips through them is seen when it is read back, and taken back.
//! - What an account may not see is left out of lists without a word. [`RtSystem`]'s check at the start is there for it.
//! - Fields of a ticket come in any order, numbers as numbers or as texts, totals as `null` and pages as fractions: lists
//!   are read by the number of the last item until nothing follows.
//!
//! # Who may do what
//!
//! The roles of whoever changed a ticket are those the site's settings give the account. For accounts the settings do not
//! name, they are those whose groups ([`Role::rt_group`](egi_model::role::Role::rt_group)) the account is a member of in
//! RT, directly or by way of another group. They are the roles held now, or up to five minutes ago: RT does not tell which were held
//! at the time of the change.
//!
//! # What is left to RT
//!
//! The groups that hear of a ticket are set by RT's extension itself when `CommunicationStatus` becomes `OK` or `Error`, in the
//! same moment as it sends the mails. So nothing is written for [`ensure_watchers`](crate::TicketSystem::ensure_watchers).

mod check;
mod children;
mod client;
mod database;
#[cfg(fuzzing)]
pub mod fuzzing;
mod http;
mod options;
mod past;
mod pause;
mod people;
mod reading;
mod rest1;
mod rest_past;
mod search;
mod system;
#[cfg(test)]
mod tests;
mod wire;
mod writing;

pub use self::children::RtGroup;
pub use self::database::RtDatabase;
pub use self::http::Token;
pub use self::options::RtOptions;
pub use self::past::{Fate, NextChange, PastEvent, PastKind, PastSource};
pub use self::reading::{MARKER_END, MARKER_START};
pub use self::rest_past::RtPast;
pub use self::rest1::Rest1System;
pub use self::system::RtSystem;

/// RT's name in messages.
const KIND: &str = "rt";
