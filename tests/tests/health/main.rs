//! What operators ask.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where its world can not be built")]

mod queue;
mod world;
