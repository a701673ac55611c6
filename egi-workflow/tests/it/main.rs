//! The transition engine, tested as a whole.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

mod gate;
mod matrix;
mod owed;
mod properties;
mod rules;
mod teams;
mod world;
