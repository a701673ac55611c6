//! From the placements that a repository shall have to what has to change for it. Reads, never writes.

use std::collections::BTreeMap;

use egi_model::area::RepoKey;
use egi_model::content::ContentFile;
use egi_model::name::RelPath;
use egi_model::ticket::TicketId;

use super::layout::Layout;
use super::manifest::{Listing, Manifest, Mode, Placement, ShownFile};
use super::view::{self, View};
use super::{RepoError, pool, prune};
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
    pub(super) placements: Vec<Placement>,
    pub(super) view: View,
    pub(super) packages: Packages,
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

/// Makes plans for one repository.
pub(super) struct Planner<'a> {
    pub(super) layout: &'a Layout,
    pub(super) metadata: &'a MetadataStore,
    pub(super) key: &'a RepoKey,
}

impl Planner<'_> {
    /// What has to be done so that the repository has the placements that `change` makes of those it has. Where something
    /// has to be done, also what lies in it now.
    pub(super) fn make(
        &self,
        change: impl FnOnce(&[Placement]) -> Vec<Placement>,
    ) -> Result<(Option<Listing>, Plan), RepoError> {
        let place = self.layout.live(self.key);
        let live = Manifest::read(&place)?;
        let had = live.as_ref().map_or(&[][..], |m| &m.placements);
        let placements = change(had);
        if placements == had {
            return Ok((None, Plan::Unchanged));
        }
        let listing = live.map(|_| Listing::read(&place)).transpose()?;
        let shown = listing.as_ref().map_or(&[][..], |listing| &listing.files);
        let plan = if placements.is_empty() {
            Plan::Empty { removed: shown.iter().map(|f| f.file.path.clone()).collect() }
        } else {
            Plan::Publish(Box::new(self.draft(shown, placements)?))
        };
        Ok((listing, plan))
    }

    fn draft(&self, shown: &[ShownFile], placements: Vec<Placement>) -> Result<Draft, RepoError> {
        let releases = placements.iter().map(|p| Ok((p.ticket, pool::load(self.layout, p.content)?)));
        let view = view::merge(&releases.collect::<Result<Vec<_>, RepoError>>()?)?;
        let before: BTreeMap<_, _> = shown.iter().map(|f| (&f.file.path, f)).collect();
        let packages = self.packages(&view, &before)?;
        view::check_packages(&view, &packages)?;

        let is_new = |f: &&ContentFile| before.get(&f.path).is_none_or(|there| there.file != **f);
        let added: Vec<&ContentFile> = view.values().map(|s| &s.file).filter(is_new).collect();
        let generation = prune::numbers(self.layout, self.key)?.last().map_or(1, |last| last + 1);
        let change = Change::Published {
            generation,
            bytes_added: added.iter().map(|f| f.size).sum(),
            added: added.into_iter().map(|f| f.path.clone()).collect(),
            removed: before.into_keys().filter(|path| !view.contains_key(path)).cloned().collect(),
        };
        Ok(Draft { generation, placements, view, packages, change })
    }

    /// What the packages are. Of those that are there already the listing tells it.
    fn packages(&self, view: &View, before: &BTreeMap<&RelPath, &ShownFile>) -> Result<Packages, RepoError> {
        let mut packages = Packages::new();
        for (path, shown) in view {
            let Some(format) = format_of(path) else { continue };
            let known =
                before.get(path).filter(|there| there.file == shown.file).and_then(|there| there.package.clone());
            let id = match known {
                Some(id) => id,
                None => {
                    let stored = self.layout.pool_file(shown.file.sha256);
                    self.metadata.look_up(&Listed { file: &shown.file, stored, format })?
                }
            };
            packages.insert(path.clone(), id);
        }
        Ok(packages)
    }
}
