//! What Request Tracker refuses, tells and keeps with our extension in it: a real RT, asked as people ask it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where its world can not be built"
)]

mod browser;
mod comments;
mod creation;
mod drift;
mod fields;
mod notices;
mod pairs;
mod receiver;
mod together;
mod watchers;
mod world;
