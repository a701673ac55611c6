//! What comes in: notices posted to a running `nsrw serve`, well-formed and not, signed and not, once, twice, out of
//! order and never, and the server stopped, killed and starved while it works on them.
//!
//! Every test is a site of its own with a real server process. What became of a notice is read from the ticket, the
//! history and the log, as people read it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where its world can not be built"
)]

mod crowd;
mod database;
mod disturbed;
mod echoes;
mod faults;
mod health;
mod many;
mod order;
mod queue;
mod schedules;
mod signatures;
mod slow;
mod world;
