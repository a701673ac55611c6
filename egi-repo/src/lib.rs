//! The repository on disk: fetch what a provider delivers, verify it, and publish it where sites install from.
//!
//! Blocking on purpose: everything here is files and child processes; callers with an event loop run it on a blocking
//! thread. This is the only crate that writes to the repository tree.

mod closure;
pub mod fetch;
pub mod gate;
mod index;
pub mod openpgp;
pub mod outside;
pub mod package;
mod page;
mod parallel;
pub mod progress;
pub mod scratch;
pub mod tree;
pub mod verify;
mod version;
