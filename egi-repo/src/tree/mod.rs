//! The repository tree: what it holds, and the few ways to change it.
//!
//! A repository is one [`RepoKey`]: an area and a path in it. It is published as a whole, as a *generation*: a folder
//! with the files of all releases placed there, and indexes over them. A symlink names the live generation. Changes
//! are asked for as a wanted state ([`RepoTree::ensure_placed`], [`RepoTree::ensure_withdrawn`]; for several repositories
//! at once [`RepoTree::ensure_all_placed`]) and do nothing when it is already so. The way back is [`RepoTree::roll_back`]; what people do by hand is in the tree's log.
//!
//! Writers hold the [`RepoLock`]; readers, clients among them, need none.

pub(crate) mod about;
mod audit;
mod by_hand;
mod carry;
mod error;
pub(crate) mod files;
mod garbage;
mod health;
mod indexes;
mod layout;
mod lock;
mod manifest;
mod options;
mod past;
mod plan;
mod pool;
mod prune;
mod publicity;
mod publish;
mod refresh;
mod scrub;
mod signpost;
mod stock;
mod together;
mod view;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use egi_model::area::{Area, RepoKey};
use egi_model::content::{ContentFile, ContentId};
use egi_model::name::RelPath;
use egi_model::ticket::TicketId;
use walkdir::WalkDir;

use self::files::{During as _, ensure_folders};
use self::layout::Layout;
use self::manifest::{Listing, Manifest};
use self::plan::{Plan, Planner, Wish};
use crate::index::{Listed, MetadataStore};
use crate::package::format_of;
use crate::verify::Verified;

pub use crate::index::Packing;
pub use about::About;
pub use audit::{AuditRecord, By};
pub use error::{Claimant, Clash, Conflict, RepoError};
pub use garbage::Garbage;
pub use health::Leftovers;
pub use lock::RepoLock;
pub use manifest::{Mode, Placement};
pub use options::TreeOptions;
pub use past::{Difference, Generation, Point};
pub use plan::Change;
pub use publicity::Signing;
pub use refresh::Stale;
pub use scrub::Rot;

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
    /// Makes a tree at `root` where there is none. Nothing else makes one: a folder that a file system was to be mounted
    /// on must not become a tree beside the real one.
    pub fn make(root: &Path) -> Result<(), RepoError> {
        fs::create_dir_all(root).during("create", root)?;
        let layout = Layout { root: root.canonicalize().during("find", root)? };
        match files::write_new(&layout.mark(), MARK.as_bytes()) {
            Err(RepoError::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => made.and_then(|()| files::sync(&layout.root)),
        }
    }

    /// Opens the tree at `root`, which is [there](Self::ensure_there), and creates what is missing of it.
    pub fn open(root: &Path) -> Result<Self, RepoError> {
        Self::open_with(root, TreeOptions::default())
    }

    /// The same, with other options.
    pub fn open_with(root: &Path, options: TreeOptions) -> Result<Self, RepoError> {
        ensure_marked(&Layout { root: root.to_owned() })?;
        let layout = Layout { root: root.canonicalize().during("find", root)? };
        // Where it goes away just now, that is what is told.
        ensure_skeleton(&layout).or_else(|error| ensure_marked(&layout).and(Err(error)))?;
        let metadata = Arc::new(MetadataStore::new(layout.metadata()));
        Ok(Self { layout, options, metadata })
    }

    /// An error when the tree is not there any more, as when its file system was unmounted.
    pub fn ensure_there(&self) -> Result<(), RepoError> {
        ensure_marked(&self.layout)
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

    /// Waits until nobody else writes to the tree, finishes what a killed run began to make visible, and puts up the
    /// signposts that it left out.
    pub fn lock(&self) -> Result<RepoLock, RepoError> {
        self.ensure_there()?;
        let lock = RepoLock::acquire(&self.layout.lock(), self.options.lock_patience)?;
        together::finish(&self.layout, &lock)?;
        signpost::catch_up(&self.layout, &lock, self.options.public_url.as_deref());
        Ok(lock)
    }

    /// Keeps what people are told of the release of `ticket`; it is told from its next publication on.
    pub fn keep_about(&self, lock: &RepoLock, ticket: TicketId, about: &About) -> Result<(), RepoError> {
        about::keep(&self.layout, lock, ticket, about)
    }

    /// What people are told of the release of `ticket`; `None` if nothing is.
    pub fn load_about(&self, ticket: TicketId) -> Result<Option<About>, RepoError> {
        about::load(&self.layout, ticket)
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
                format_of(&file.path).map(|format| Listed { file, content: id, stored, format })
            })
            .collect();
        self.metadata.ensure(&packages)?;
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
        Ok(self.plan(None, key, |live| Ok(plan::placed(live, placement)))?.1.change())
    }

    /// What [`Self::ensure_withdrawn`] would do.
    pub fn preview_withdrawn(&self, key: &RepoKey, ticket: TicketId) -> Result<Change, RepoError> {
        Ok(self.plan(None, key, |live| Ok(plan::withdrawn(live, ticket)))?.1.change())
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

    fn plan(
        &self,
        lock: Option<&RepoLock>,
        key: &RepoKey,
        change: impl FnOnce(Option<&Manifest>) -> Result<Wish, RepoError>,
    ) -> Result<(Option<Listing>, Plan), RepoError> {
        Planner { layout: &self.layout, metadata: &self.metadata, key, lock }.make(change)
    }

    fn converge(
        &self,
        lock: &RepoLock,
        key: &RepoKey,
        now: DateTime<Utc>,
        change: impl FnOnce(Option<&Manifest>) -> Result<Wish, RepoError>,
    ) -> Result<Change, RepoError> {
        let (live, plan) = self.plan(Some(lock), key, change)?;
        self.carry_out(lock, key, live.as_ref(), &plan, now)?;
        Ok(plan.change())
    }

    fn carry_out(
        &self,
        lock: &RepoLock,
        key: &RepoKey,
        live: Option<&Listing>,
        plan: &Plan,
        now: DateTime<Utc>,
    ) -> Result<(), RepoError> {
        match plan {
            Plan::Unchanged => return Ok(()),
            Plan::Empty { .. } => publish::take_down(&self.layout, lock, key)?,
            Plan::Publish(draft) => {
                let generation = draft.generation;
                let (layout, metadata, options) = (&self.layout, self.metadata.as_ref(), &self.options);
                publish::Publication { layout, metadata, key, draft, live, now, options }.run(lock)?;
                prune::prune_folder(&self.layout.generations(key), Some(generation), now, self.options.grace())?;
            }
        }
        signpost::put_up(&self.layout, lock, self.options.public_url.as_deref(), &[key]);
        Ok(())
    }
}

/// What the file says that tells a tree from any other folder.
const MARK: &str = "nsrw repository tree, layout 1\n";

/// Creates what is missing of the folders that every tree has.
fn ensure_skeleton(layout: &Layout) -> Result<(), RepoError> {
    for folder in ["pool/sha256", "contents", "metadata", "generations", "tmp", "scratch"] {
        ensure_folders(&layout.root, Path::new(folder))?;
    }
    for area in Area::ALL {
        ensure_folders(&layout.root, &Path::new("sw").join(area.as_str()))?;
        ensure_folders(&layout.root, &Path::new("generations").join(area.as_str()))?;
        let link = layout.all_generations(area);
        match symlink(Path::new("../../generations").join(area.as_str()), &link) {
            Ok(()) => files::sync(link.parent().unwrap_or(&link))?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(RepoError::of("create", &link, error)),
        }
    }
    Ok(())
}

fn ensure_marked(layout: &Layout) -> Result<(), RepoError> {
    let mark = layout.mark();
    match fs::metadata(&mark) {
        Err(error) if files::is_absent(&error) => Err(RepoError::NoTree { root: layout.root.clone() }),
        other => other.during("find", &mark).map(drop),
    }
}

#[cfg(test)]
mod tests;
