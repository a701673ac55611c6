//! The repository tree: what it holds, and the few ways to change it.
//!
//! A repository is one [`RepoKey`]: an area and a path in it. It is published as a whole, as a *generation*: a folder
//! with the files of all releases placed there, and indexes over them. A symlink names the live generation. Changes
//! are asked for as a wanted state ([`RepoTree::ensure_placed`], [`RepoTree::ensure_withdrawn`]) and do nothing when
//! it is already so. The way back is [`RepoTree::roll_back`]; what people do by hand is in the tree's log.
//!
//! Writers hold the [`RepoLock`]; readers, clients among them, need none.

mod audit;
mod carry;
mod error;
pub(crate) mod files;
mod garbage;
mod layout;
mod lock;
mod manifest;
mod past;
mod plan;
mod pool;
mod prune;
mod publicity;
mod publish;
mod scrub;
mod view;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use egi_model::area::{Area, RepoKey};
use egi_model::content::{ContentFile, ContentId};
use egi_model::name::RelPath;
use egi_model::ticket::TicketId;
use walkdir::WalkDir;

use self::carry::Grace;
use self::files::{During as _, ensure_folders};
use self::layout::Layout;
use self::manifest::{Listing, Manifest};
use self::plan::{Plan, Planner, Wish};
use crate::index::{Listed, MetadataStore};
use crate::package::format_of;
use crate::parallel;
use crate::progress::Progress;
use crate::verify::Verified;

pub use audit::{AuditRecord, By};
pub use error::{Claimant, Clash, Conflict, RepoError};
pub use garbage::Garbage;
pub use lock::RepoLock;
pub use manifest::{Mode, Placement};
pub use past::{Difference, Generation, Point};
pub use plan::Change;
pub use publicity::Signing;
pub use scrub::Rot;

/// What a site may decide about its tree.
#[derive(Debug, Clone)]
pub struct TreeOptions {
    /// How long packages and indexes stay reachable after they left a repository.
    pub grace: TimeDelta,
    /// How many generations they stay reachable at least, and how many old generations are kept.
    pub generations: u64,
    /// How long to wait for the lock.
    pub lock_patience: Duration,
    /// Where the public finds the folder `sw`, without a slash at the end; without it no files for clients to install
    /// by are written.
    pub public_url: Option<String>,
    /// How indexes are signed.
    pub signing: Signing,
    /// The files with the public keys that packages are signed with, if every package is.
    pub package_keys: Vec<PathBuf>,
}

impl TreeOptions {
    fn grace(&self) -> Grace {
        Grace { period: self.grace, generations: self.generations }
    }
}

impl Default for TreeOptions {
    fn default() -> Self {
        Self {
            grace: TimeDelta::days(7),
            generations: 3,
            lock_patience: Duration::from_mins(1),
            public_url: None,
            signing: Signing::default(),
            package_keys: Vec::new(),
        }
    }
}

/// A repository tree on disk.
#[derive(Debug, Clone)]
pub struct RepoTree {
    layout: Layout,
    options: TreeOptions,
    metadata: Arc<MetadataStore>,
}

/// Which releases a repository shows now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// The number of its generation.
    pub generation: u64,
    /// When that was published.
    pub published: DateTime<Utc>,
    /// The releases in it, by ticket.
    pub placements: Vec<Placement>,
    /// Tickets whose releases are here, or are not, because somebody went back to an earlier generation.
    pub held: BTreeSet<TicketId>,
}

impl RepoTree {
    /// Opens the tree at `root` and creates what is missing of it.
    pub fn open(root: &Path) -> Result<Self, RepoError> {
        Self::open_with(root, TreeOptions::default())
    }

    /// The same, with other options.
    pub fn open_with(root: &Path, options: TreeOptions) -> Result<Self, RepoError> {
        fs::create_dir_all(root).during("create", root)?;
        let root = root.canonicalize().during("find", root)?;
        let areas = Area::ALL.into_iter().map(|area| format!("sw/{area}"));
        let folders =
            ["pool/sha256", "contents", "metadata", "generations", "tmp", "scratch"].into_iter().map(str::to_owned);
        for folder in folders.chain(areas) {
            ensure_folders(&root, Path::new(&folder))?;
        }
        let layout = Layout { root };
        for area in Area::ALL {
            ensure_folders(&layout.root, &Path::new("generations").join(area.as_str()))?;
            let link = layout.all_generations(area);
            match symlink(Path::new("../../generations").join(area.as_str()), &link) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(RepoError::of("create", &link, error));
                }
                _ => {}
            }
        }
        let metadata = Arc::new(MetadataStore::new(layout.metadata()));
        Ok(Self { layout, options, metadata })
    }

    /// What a web server serves.
    #[must_use]
    pub fn public_root(&self) -> PathBuf {
        self.layout.public()
    }

    /// Where releases are fetched to: the same file system as the pool, so that files are moved by linking.
    #[must_use]
    pub fn scratch_dir(&self) -> PathBuf {
        self.layout.root.join("scratch")
    }

    /// Waits until nobody else writes to the tree.
    pub fn lock(&self) -> Result<RepoLock, RepoError> {
        RepoLock::acquire(&self.layout.lock(), self.options.lock_patience)
    }

    /// Takes a verified release into the pool, and renders what indexes will say of its packages. Its files become
    /// read-only where they lie.
    pub fn ensure_content(&self, _lock: &RepoLock, verified: &Verified) -> Result<ContentId, RepoError> {
        self.take_in(verified.root(), verified.files())
    }

    fn take_in(&self, from: &Path, files: &[ContentFile]) -> Result<ContentId, RepoError> {
        let id = pool::import(&self.layout, from, files)?;
        let packages: Vec<_> = files
            .iter()
            .filter_map(|file| {
                let stored = self.layout.pool_file(file.sha256);
                format_of(&file.path).map(|format| Listed { file, stored, format })
            })
            .collect();
        let rendered = parallel::map(&packages, |package| self.metadata.piece(package).map(drop));
        rendered.into_iter().collect::<Result<(), _>>()?;
        Ok(id)
    }

    /// The files of a content, by path.
    pub fn load_content(&self, id: ContentId) -> Result<Vec<ContentFile>, RepoError> {
        pool::load(&self.layout, id)
    }

    /// Makes the release of `placement` part of a repository.
    pub fn ensure_placed(
        &self,
        lock: &RepoLock,
        key: &RepoKey,
        placement: &Placement,
        now: DateTime<Utc>,
    ) -> Result<Change, RepoError> {
        self.converge(lock, key, now, |live| Ok(plan::placed(live, placement)))
    }

    /// Makes sure that the release of `ticket` is not part of a repository.
    pub fn ensure_withdrawn(
        &self,
        lock: &RepoLock,
        key: &RepoKey,
        ticket: TicketId,
        now: DateTime<Utc>,
    ) -> Result<Change, RepoError> {
        self.converge(lock, key, now, |live| Ok(plan::withdrawn(live, ticket)))
    }

    /// What [`Self::ensure_placed`] would do.
    pub fn preview_placed(&self, key: &RepoKey, placement: &Placement) -> Result<Change, RepoError> {
        Ok(self.plan(key, |live| Ok(plan::placed(live, placement)))?.1.change())
    }

    /// What [`Self::ensure_withdrawn`] would do.
    pub fn preview_withdrawn(&self, key: &RepoKey, ticket: TicketId) -> Result<Change, RepoError> {
        Ok(self.plan(key, |live| Ok(plan::withdrawn(live, ticket)))?.1.change())
    }

    /// Which releases a repository shows now; `None` if there is no such repository.
    pub fn probe_live(&self, key: &RepoKey) -> Result<Option<Live>, RepoError> {
        let manifest = Manifest::read(&self.layout.live(key))?;
        Ok(manifest.map(|m| Live {
            generation: m.generation,
            published: m.published,
            placements: m.placements,
            held: m.held,
        }))
    }

    /// Every repository that is live, in order.
    pub fn live_keys(&self) -> Result<Vec<RepoKey>, RepoError> {
        let mut keys = Vec::new();
        for area in Area::ALL {
            let folder = self.layout.public().join(area.as_str());
            for entry in WalkDir::new(&folder).sort_by_file_name() {
                let entry = entry.map_err(io::Error::from).during("list", &folder)?;
                let below = entry.path().strip_prefix(&folder).ok().and_then(Path::to_str);
                let path = below.and_then(|p| p.parse::<RelPath>().ok());
                if let (true, Some(path)) = (entry.file_type().is_symlink(), path) {
                    keys.push(RepoKey { area, path });
                }
            }
        }
        keys.sort();
        Ok(keys)
    }

    /// Removes old generations of every repository. A publication does this for its own.
    pub fn prune(&self, _lock: &RepoLock, now: DateTime<Utc>) -> Result<(), RepoError> {
        for key in prune::all_keys(&self.layout)? {
            let live = Manifest::read(&self.layout.live(&key))?.map(|m| m.generation);
            prune::prune_folder(&self.layout.generations(&key), live, now, self.options.grace())?;
        }
        Ok(())
    }

    /// Every repository that there is or was.
    pub fn all_keys(&self) -> Result<BTreeSet<RepoKey>, RepoError> {
        prune::all_keys(&self.layout)
    }

    /// The generations of a repository that are known, by number.
    pub fn generations(&self, key: &RepoKey) -> Result<Vec<Generation>, RepoError> {
        past::list(&self.layout, key)
    }

    /// What tells a generation from another of the same repository.
    pub fn compare(&self, key: &RepoKey, first: Point, second: Point) -> Result<Difference, RepoError> {
        let find = |point| past::find(&self.layout, key, point);
        past::compare(&self.layout, &find(first)?, &find(second)?)
    }

    /// What [`Self::roll_back`] would do.
    pub fn preview_roll_back(&self, key: &RepoKey, to: Point) -> Result<Change, RepoError> {
        let then = past::find(&self.layout, key, to)?;
        Ok(self.plan(key, |live| Ok(past::restore(live, then)))?.1.change())
    }

    /// Makes a repository again what it was. That is a generation of its own, later than all others, because clients
    /// refuse an index that is older than the one they have; what clients may still ask for stays reachable.
    ///
    /// The log says before that it begins and after that it is done.
    pub fn roll_back(
        &self,
        lock: &RepoLock,
        key: &RepoKey,
        to: Point,
        by: impl Into<By>,
        now: DateTime<Utc>,
    ) -> Result<Change, RepoError> {
        let (by, then) = (by.into(), past::find(&self.layout, key, to)?);
        let what = format!("{key}: back to generation {} ({to})", then.generation);
        audit::append(&self.layout, lock, now, by.clone(), &format!("{what}: begun"))?;
        let change = self.converge(lock, key, now, |live| Ok(past::restore(live, then)))?;
        let done = match &change {
            Change::Unchanged => "it was so already".to_owned(),
            Change::Published { generation, .. } => format!("done as generation {generation}"),
            Change::Emptied { .. } => "done, nothing is left there".to_owned(),
        };
        audit::append(&self.layout, lock, now, by, &format!("{what}: {done}"))?;
        Ok(change)
    }

    /// Removes what nobody can want any more: old generations, and what only they and records older than `records`
    /// consist of. What came in within the grace period stays, and so do the contents of `wanted`.
    pub fn collect_garbage(
        &self,
        lock: &RepoLock,
        wanted: &BTreeSet<ContentId>,
        records: TimeDelta,
        by: impl Into<By>,
        now: DateTime<Utc>,
    ) -> Result<Garbage, RepoError> {
        self.prune(lock, now)?;
        let keep =
            garbage::Keep { contents: wanted, records_after: now - records, young_after: now - self.options.grace };
        let garbage = garbage::collect(&self.layout, lock, &keep, false)?;
        if garbage != Garbage::default() {
            let Garbage { generations, contents, files, bytes, metadata } = garbage;
            let what = format!(
                "garbage removed: {files} files of {bytes} bytes, {contents} contents, {generations} records of generations, {metadata} pieces of metadata"
            );
            audit::append(&self.layout, lock, now, by.into(), &what)?;
        }
        Ok(garbage)
    }

    /// What [`Self::collect_garbage`] would remove from what is there now.
    pub fn preview_garbage(
        &self,
        lock: &RepoLock,
        wanted: &BTreeSet<ContentId>,
        records: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Garbage, RepoError> {
        let keep =
            garbage::Keep { contents: wanted, records_after: now - records, young_after: now - self.options.grace };
        garbage::collect(&self.layout, lock, &keep, true)
    }

    /// Reads everything again and tells what is not what it was. Needs no lock, as it takes its time.
    pub fn scrub(&self, progress: &dyn Progress) -> Result<Vec<Rot>, RepoError> {
        scrub::scrub(&self.layout, progress)
    }

    /// Writes into the log what somebody did by hand beside the tree.
    pub fn note(&self, lock: &RepoLock, by: impl Into<By>, what: &str, now: DateTime<Utc>) -> Result<(), RepoError> {
        audit::append(&self.layout, lock, now, by.into(), what)
    }

    /// What people did by hand.
    pub fn load_log(&self) -> Result<Vec<AuditRecord>, RepoError> {
        audit::load(&self.layout)
    }

    fn plan(
        &self,
        key: &RepoKey,
        change: impl FnOnce(Option<&Manifest>) -> Result<Wish, RepoError>,
    ) -> Result<(Option<Listing>, Plan), RepoError> {
        Planner { layout: &self.layout, metadata: &self.metadata, key }.make(change)
    }

    fn converge(
        &self,
        lock: &RepoLock,
        key: &RepoKey,
        now: DateTime<Utc>,
        change: impl FnOnce(Option<&Manifest>) -> Result<Wish, RepoError>,
    ) -> Result<Change, RepoError> {
        let (live, plan) = self.plan(key, change)?;
        let done = plan.change();
        match plan {
            Plan::Unchanged => {}
            Plan::Empty { .. } => publish::take_down(&self.layout, lock, key)?,
            Plan::Publish(draft) => {
                let generation = draft.generation;
                let (layout, metadata, options) = (&self.layout, self.metadata.as_ref(), &self.options);
                let (draft, live) = (draft.as_ref(), live.as_ref());
                publish::Publication { layout, metadata, key, draft, live, now, options }.run(lock)?;
                prune::prune_folder(&self.layout.generations(key), Some(generation), now, self.options.grace())?;
            }
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests;
