//! What operators ask: what waits, and whether the site is well.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where its world can not be built")]

mod doctor;
mod queue;
mod roles;
mod world;
