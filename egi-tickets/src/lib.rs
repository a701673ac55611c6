//! Ticket systems behind one small trait, [`TicketSystem`]: what the worker reads from a release's ticket, and the few
//! things the repository writes to it.
//!
//! [`desk`] is the system for sites that have no Request Tracker: tickets in a folder. [`rt`] is for those that have. Which transitions are allowed,
//! who is told of them and in which words is not decided here.

pub mod desk;
mod error;
mod render;
pub mod rt;
mod system;

pub use error::TicketError;
pub use render::render_ticket;
pub use system::{Found, Query, TicketSystem, Written};
