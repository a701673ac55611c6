//! Request Tracker.

mod database;
mod past;

pub use database::RtDatabase;
pub use past::{Fate, PastEvent, PastKind, PastSource};
