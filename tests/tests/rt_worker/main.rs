//! The worker on a real Request Tracker: people work in RT, `nsrw serve` follows, and what became of it is read from RT.
//!
//! Every test has an RT of its own, a site that knows it, and between the two a [`proxy::Proxy`] that can lose, delay and
//! replace what passes through it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where its world can not be built"
)]

mod bad_setup;
mod bad_tickets;
mod meanwhile;
mod missed;
mod proxy;
mod signed;
mod stories;
mod teams;
mod trouble;
mod walk;
mod world;
