//! What of the earlier generations stays reachable in the next one.
//!
//! A client reads the top file, then the indexes that it names, then the packages that those name, and may take hours
//! over it. What left the repository meanwhile is still there for it: digest-named indexes and packages stay until the
//! grace period is over and some more generations have passed.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use super::manifest::{Carried, Listing};
use crate::package;

/// How long what left stays reachable: until both have passed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grace {
    pub(super) period: TimeDelta,
    pub(super) generations: u64,
}

impl Grace {
    pub(super) fn covers(&self, then: DateTime<Utc>, now: DateTime<Utc>, generations_since: u64) -> bool {
        now - then < self.period || generations_since < self.generations
    }
}

/// What the next `generation` carries on from the `live` one, given the paths that it has itself: those win over what
/// left from the same place.
pub(super) fn select(
    live: &Listing,
    own: &BTreeSet<String>,
    generation: u64,
    now: DateTime<Utc>,
    grace: Grace,
) -> Vec<Carried> {
    let packages = live.files.iter().map(|f| &f.file.path).filter(|p| package::format_of(p).is_some());
    let leaving = packages.map(ToString::to_string).chain(live.indexes.iter().cloned());
    let leaving = leaving.map(|path| Carried { path, left: now, left_in: generation });
    let folders: BTreeSet<&str> = own.iter().flat_map(|path| folders_of(path)).collect();
    let is_free = |path: &str| {
        !own.contains(path) && !folders.contains(path) && !folders_of(path).any(|folder| own.contains(folder))
    };
    let mut carried: Vec<_> = live
        .carried
        .iter()
        .cloned()
        .chain(leaving)
        .filter(|c| is_free(&c.path) && grace.covers(c.left, now, generation.saturating_sub(c.left_in)))
        .collect();
    carried.sort_by(|a, b| a.path.cmp(&b.path));
    carried
}

fn folders_of(path: &str) -> impl Iterator<Item = &str> {
    Path::new(path).ancestors().skip(1).filter_map(Path::to_str).filter(|folder| !folder.is_empty())
}
