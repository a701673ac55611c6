//! The words of the release workflow: rollout states, ticket fields, releases, versions, areas and history.
//!
//! Everything here is a value. Nothing reads a file, a clock, a socket or a database; text comes in as `&str` or
//! `&[u8]` and goes out the same way. Every other crate speaks these words, and siblings speak to each other in no
//! other way.

pub mod area;
pub mod checksums;
pub mod content;
pub mod digest;
pub mod early_adopter;
pub mod field;
pub mod gate;
pub mod history;
pub mod limit;
pub mod major;
pub mod month;
pub mod name;
pub mod notice;
pub mod participation;
pub mod problem;
pub mod release;
pub mod release_xml;
pub mod role;
pub mod rollout;
pub mod sync;
pub mod ticket;
pub mod version;
mod xml;
