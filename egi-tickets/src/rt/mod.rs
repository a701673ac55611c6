//! Request Tracker.

mod database;
mod past;

pub use database::RtDatabase;
pub use past::{Fate, NextChange, PastEvent, PastKind, PastSource};
