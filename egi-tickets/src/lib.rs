//! Ticket systems behind one small trait, [`TicketSystem`]: what the worker reads from a release's ticket, and the few
//! things the repository writes to it.
//!
//! [`rt`] drives Request Tracker, behind a [`Circuit`]; [`desk`] is the system for sites that have none: tickets in a folder. Which transitions are allowed,
//! who is told of them and in which words is not decided here.

mod circuit;
pub mod desk;
mod error;
mod jitter;
mod render;
pub mod rt;
mod system;

pub use circuit::Circuit;
pub use error::{Gone, TicketError};
pub use jitter::jittered;
pub use render::render_ticket;
pub use system::{Found, Invitation, Query, TicketSystem, Written};
