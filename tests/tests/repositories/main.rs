//! Repositories as real clients see them, over HTTP: `dnf` and `apt-get`, web servers that know who may, readers of pages and
//! feeds.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where its world can not be built"
)]

mod access;
mod clients;
mod pages;
mod validity;
mod world;
