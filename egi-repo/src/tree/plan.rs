//! From the placements that a repository shall have to what has to change for it. Changes nothing of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use egi_model::area::RepoKey;
use egi_model::content::{ContentFile, ContentId};
use egi_model::name::RelPath;
use egi_model::ticket::TicketId;

use super::layout::Layout;
use super::manifest::{Listing, Manifest, Mode, Placement, ShownFile};
use super::view::{self, View};
use super::{RepoError, RepoLock, pool, prune};
use crate::index::{Listed, MetadataStore};
use crate::package::{PackageId, format_of};

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

/// The packages of a view, by path.
pub(super) type Packages = BTreeMap<RelPath, PackageId>;

/// A generation that is not built yet.
pub(super) struct Draft {
    pub(super) generation: u64,
    pub(super) wish: Wish,
    pub(super) view: View,
    pub(super) packages: Packages,
    /// When those releases entered that are there already.
    pub(super) entered: BTreeMap<TicketId, DateTime<Utc>>,
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

/// What a repository shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    /// By ticket.
    pub(super) placements: Vec<Placement>,
    /// See [`Manifest::held`].
    pub(super) held: BTreeSet<TicketId>,
    /// See [`Manifest::restores`].
    pub(super) restores: Option<u64>,
}

impl Wish {
    /// That all stays as it is.
    fn as_is(live: Option<&Manifest>) -> Self {
        let (placements, held) = live.map(|m| (m.placements.clone(), m.held.clone())).unwrap_or_default();
        Self { placements, held, restores: None }
    }

    /// The content of each release.
    pub(super) fn contents(&self) -> BTreeMap<TicketId, ContentId> {
        self.placements.iter().map(|placement| (placement.ticket, placement.content)).collect()
    }
}

/// The wish that `new` be placed.
pub(super) fn placed(live: Option<&Manifest>, new: &Placement) -> Wish {
    all_placed(live, &[new])
}

/// The wish that all of `new` be placed, one after the other.
pub(super) fn all_placed(live: Option<&Manifest>, new: &[&Placement]) -> Wish {
    let mut wish = Wish::as_is(live);
    for new in new {
        let leaves = |old: &Placement| match new.mode {
            Mode::Replace => old.ticket == new.ticket || old.product == new.product,
            Mode::Add => old.ticket == new.ticket,
        };
        wish.placements.retain(|old| !leaves(old));
        wish.placements.push((*new).clone());
        // It was asked for by name: it is not held any more.
        wish.held.remove(&new.ticket);
    }
    wish.placements.sort_by_key(|p| p.ticket);
    wish
}

/// The wish that the release of `ticket` be gone.
pub(super) fn withdrawn(live: Option<&Manifest>, ticket: TicketId) -> Wish {
    let mut wish = Wish::as_is(live);
    wish.placements.retain(|p| p.ticket != ticket);
    wish.held.remove(&ticket);
    wish
}

/// Makes plans for one repository.
pub(super) struct Planner<'a> {
    pub(super) layout: &'a Layout,
    pub(super) metadata: &'a MetadataStore,
    pub(super) key: &'a RepoKey,
    /// Who holds it is about to carry the plan out: what is rendered for it is kept.
    pub(super) lock: Option<&'a RepoLock>,
}

impl Planner<'_> {
    /// What has to be done so that the repository is what `change` makes of it. Where something has to be done, also
    /// what lies in it now.
    pub(super) fn make(
        &self,
        change: impl FnOnce(Option<&Manifest>) -> Result<Wish, RepoError>,
    ) -> Result<(Option<Listing>, Plan), RepoError> {
        let place = self.layout.live(self.key);
        let live = Manifest::read(&place)?;
        let wish = change(live.as_ref())?;
        if wish.placements == live.as_ref().map_or(&[][..], |m| &m.placements) {
            return Ok((None, Plan::Unchanged));
        }
        let listing = live.as_ref().map(|_| Listing::read(&place)).transpose()?;
        let shown = listing.as_ref().map_or(&[][..], |listing| &listing.files);
        let plan = if wish.placements.is_empty() {
            Plan::Empty { removed: shown.iter().map(|f| f.file.path.clone()).collect() }
        } else {
            Plan::Publish(Box::new(self.draft(live.as_ref(), shown, wish)?))
        };
        Ok((listing, plan))
    }

    /// What has to be done so that the repository is published anew as it is; nothing if there is none.
    pub(super) fn anew(&self) -> Result<(Option<Listing>, Plan), RepoError> {
        let place = self.layout.live(self.key);
        let Some(live) = Manifest::read(&place)? else { return Ok((None, Plan::Unchanged)) };
        let listing = Listing::read(&place)?;
        let wish = Wish { placements: live.placements.clone(), held: live.held.clone(), restores: None };
        let draft = self.draft(Some(&live), &listing.files, wish)?;
        Ok((Some(listing), Plan::Publish(Box::new(draft))))
    }

    fn draft(&self, live: Option<&Manifest>, shown: &[ShownFile], wish: Wish) -> Result<Draft, RepoError> {
        let releases = wish.placements.iter().map(|p| Ok((p.ticket, pool::load(self.layout, p.content)?)));
        let view = view::merge(&releases.collect::<Result<Vec<_>, RepoError>>()?)?;
        let before: BTreeMap<_, _> = shown.iter().map(|f| (&f.file.path, f)).collect();
        let packages = self.packages(&wish, &view, &before)?;
        view::check_packages(&view, &packages)?;

        let is_new = |f: &&ContentFile| before.get(&f.path).is_none_or(|there| there.file != **f);
        let added: Vec<&ContentFile> = view.values().map(|s| &s.file).filter(is_new).collect();
        // Behind the live one there is none that anybody has seen.
        let last = match live {
            Some(live) => Some(live.generation),
            None => prune::known_numbers(&self.layout.generations(self.key))?.into_keys().next_back(),
        };
        let generation = last.map_or(1, |last| last + 1);
        let change = Change::Published {
            generation,
            bytes_added: added.iter().map(|f| f.size).sum(),
            added: added.into_iter().map(|f| f.path.clone()).collect(),
            removed: before.into_keys().filter(|path| !view.contains_key(path)).cloned().collect(),
        };
        let entered = wish.placements.iter().filter_map(|p| Some((p.ticket, live?.entered(p)?))).collect();
        Ok(Draft { generation, wish, view, packages, entered, change })
    }

    /// What the packages are. Of those that are there already the listing tells it.
    fn packages(
        &self,
        wish: &Wish,
        view: &View,
        before: &BTreeMap<&RelPath, &ShownFile>,
    ) -> Result<Packages, RepoError> {
        let contents = wish.contents();
        let (mut packages, mut new) = (Packages::new(), Vec::new());
        for (path, shown) in view {
            let file = &shown.file;
            let (Some(format), Some(content)) = (format_of(path), contents.get(&shown.ticket)) else { continue };
            match before.get(path).filter(|there| there.file == *file).and_then(|there| there.package.clone()) {
                Some(id) => drop(packages.insert(path.clone(), id)),
                None => {
                    let stored = self.layout.pool_file(file.sha256);
                    new.push(Listed { file, content: *content, stored, format });
                }
            }
        }
        if self.lock.is_some() {
            self.metadata.ensure(&new)?;
        }
        let ids = self.metadata.look_up(&new)?;
        packages.extend(new.iter().map(|package| package.file.path.clone()).zip(ids));
        Ok(packages)
    }
}
