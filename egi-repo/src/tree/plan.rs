//! From the placements that a repository shall have to what has to change for it. Reads, never writes.

use std::collections::BTreeMap;

use egi_model::area::RepoKey;
use egi_model::content::ContentFile;
use egi_model::name::RelPath;
use egi_model::ticket::TicketId;

use super::layout::Layout;
use super::manifest::{Manifest, Mode, Placement};
use super::view::{self, View};
use super::{RepoError, pool, prune};
use crate::package::{PackageHeader, read_stored};

/// What a repository's change does, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is already as wanted; nothing is written.
    Unchanged,
    /// A new generation becomes live.
    Published {
        /// Its number.
        generation: u64,
        /// Files that are new, or have new content.
        added: Vec<RelPath>,
        /// Files that are not shown any more.
        removed: Vec<RelPath>,
        /// The size of the files added.
        bytes_added: u64,
    },
    /// No release is left in it: it is no more.
    Emptied {
        /// The files that were shown.
        removed: Vec<RelPath>,
    },
}

/// A change with all that is needed to make it.
pub(super) enum Plan {
    Unchanged,
    Empty { removed: Vec<RelPath> },
    Publish(Box<Draft>),
}

/// A generation that is not built yet.
pub(super) struct Draft {
    pub(super) generation: u64,
    pub(super) placements: Vec<Placement>,
    pub(super) view: View,
    pub(super) headers: BTreeMap<RelPath, PackageHeader>,
    pub(super) change: Change,
}

impl Plan {
    pub(super) fn change(&self) -> Change {
        match self {
            Self::Unchanged => Change::Unchanged,
            Self::Empty { removed } => Change::Emptied { removed: removed.clone() },
            Self::Publish(draft) => draft.change.clone(),
        }
    }
}

/// The placements once `new` is among them.
pub(super) fn placed(live: &[Placement], new: &Placement) -> Vec<Placement> {
    let leaves = |old: &Placement| match new.mode {
        Mode::Replace => old.ticket == new.ticket || old.product == new.product,
        Mode::Add => old.ticket == new.ticket,
    };
    let mut placements: Vec<_> = live.iter().filter(|old| !leaves(old)).cloned().collect();
    placements.push(new.clone());
    placements.sort_by_key(|p| p.ticket);
    placements
}

/// The placements once those of `ticket` are gone.
pub(super) fn withdrawn(live: &[Placement], ticket: TicketId) -> Vec<Placement> {
    live.iter().filter(|p| p.ticket != ticket).cloned().collect()
}

/// What has to be done so that the repository has these placements.
pub(super) fn make(
    layout: &Layout,
    key: &RepoKey,
    live: Option<&Manifest>,
    placements: Vec<Placement>,
) -> Result<Plan, RepoError> {
    let shown = live.map_or(&[][..], |m| &m.files);
    if placements == live.map_or(&[][..], |m| &m.placements) {
        return Ok(Plan::Unchanged);
    }
    if placements.is_empty() {
        return Ok(Plan::Empty { removed: shown.iter().map(|f| f.file.path.clone()).collect() });
    }
    let releases = placements.iter().map(|p| Ok((p.ticket, pool::load(layout, p.content)?)));
    let view = view::merge(&releases.collect::<Result<Vec<_>, RepoError>>()?)?;
    let headers = read_headers(layout, &view)?;
    view::check_packages(&view, &headers)?;

    let before: BTreeMap<_, _> = shown.iter().map(|f| (&f.file.path, &f.file)).collect();
    let added: Vec<&ContentFile> = view.values().map(|s| &s.file).filter(|f| before.get(&f.path) != Some(f)).collect();
    let generation = prune::numbers(layout, key)?.last().map_or(1, |last| last + 1);
    let change = Change::Published {
        generation,
        bytes_added: added.iter().map(|f| f.size).sum(),
        added: added.into_iter().map(|f| f.path.clone()).collect(),
        removed: before.into_keys().filter(|path| !view.contains_key(path)).cloned().collect(),
    };
    Ok(Plan::Publish(Box::new(Draft { generation, placements, view, headers, change })))
}

fn read_headers(layout: &Layout, view: &View) -> Result<BTreeMap<RelPath, PackageHeader>, RepoError> {
    let mut headers = BTreeMap::new();
    for (path, shown) in view {
        if let Some(header) = read_stored(&layout.pool_file(shown.file.sha256), &shown.file)? {
            headers.insert(path.clone(), header);
        }
    }
    Ok(headers)
}
