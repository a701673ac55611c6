//! The store against a real database file, with hand-made expectations.

mod concurrency;
mod copy;
mod facts;
mod history;
mod inbox;
mod intake;
mod journal;
mod mailings;
mod past;
mod releases;
mod ticket_system;
mod trouble;
mod waivers;
mod world;
