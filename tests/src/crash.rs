//! The plug pulled: `nsrw promote` killed at any moment, started again, and what is left at the end compared with the
//! undisturbed run.
//!
//! A [`Phase`] is a site with one piece of work waiting in its inbox. Every run starts from a copy of it. Each run is
//! killed (SIGKILL) before a chosen one of the system calls that change the disk, or after a random time; then the same
//! command is run to its end, with no repair in between, and the [`picture`](picture::draw) of the site must be that of
//! the undisturbed run. What is the same whenever it happens is in the picture, and nothing else: no times, and no
//! numbers that a crash may use up (of changes, of generations).
//!
//! Left out: power cuts. What a killed process has written is in the system's memory and stays; that it was synced in the
//! right order before it was announced is another test's to show.

mod boundary;
pub mod hardship;
mod mode;
pub mod order;
mod phase;
pub mod picture;
mod report;
mod sweep;
pub mod tracer;
pub mod vanish;

pub use self::boundary::Boundaries;
pub use self::mode::{Mode, VARIABLE};
pub use self::phase::{Phase, PhaseName};
pub use self::report::Report;
pub use self::sweep::sweep;
