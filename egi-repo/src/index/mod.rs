//! Writes the indexes that `dnf` and `apt` read, into a folder that is not live yet.
//!
//! The same packages with the same [`Stamp`] give the same bytes: no clock, no file time and no locale enters. What an
//! index says of a package is a [`Piece`](piece::Piece), rendered once; a run of them is a [`Block`](block::Block),
//! packed once; an index is blocks one after the other. The [`MetadataStore`] keeps both.

pub(crate) mod apt;
mod block;
mod gzip;
mod pack;
mod packed;
mod piece;
pub(crate) mod repofile;
mod sink;
mod store;
pub(crate) mod updates;
pub(crate) mod yum;

use chrono::{DateTime, Utc};

pub use packed::Packing;
pub(crate) use store::{Listed, MetadataStore};

/// What an index says of its own making.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    /// The generation it belongs to.
    pub(crate) generation: u64,
    /// When it was made.
    pub(crate) now: DateTime<Utc>,
    /// Until when apt shall trust it, if not for ever.
    pub(crate) valid_until: Option<DateTime<Utc>>,
}

/// The files that were written, by their paths below the repository's root.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Named by their own digest: they may stay reachable when the next generation has others.
    pub(crate) by_digest: Vec<String>,
    /// Those whose name says nothing of their content.
    pub(crate) by_name: Vec<String>,
}

impl Written {
    pub(crate) fn extend(&mut self, other: Self) {
        self.by_digest.extend(other.by_digest);
        self.by_name.extend(other.by_name);
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &String> {
        self.by_digest.iter().chain(&self.by_name)
    }
}
