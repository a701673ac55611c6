//! Builds a generation aside and makes it live.
//!
//! The order is what makes it safe to be killed at any moment: everything is built below `tmp/` and synced, then moved
//! to its place by one rename, then made live by another. Nothing that is live is ever written to or removed.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use egi_model::area::RepoKey;
use egi_model::release::PackageFormat;
use egi_model::ticket::TicketId;

use super::carry;
use super::files::{
    During as _, create_folders, ensure_folders, is_absent, link, remove_tree, sync, sync_folders, write_new,
};
use super::layout::{Layout, generation_name};
use super::manifest::{Carried, Listing, Manifest, ShownFile};
use super::plan::{Draft, Wish};
use super::publicity::publish_keys;
use super::{RepoError, RepoLock, TreeOptions, signpost};
use crate::index::{MetadataStore, Written};
use crate::openpgp::Signer;
use crate::package::format_of;

/// A generation to build and to make live.
pub(super) struct Publication<'a> {
    pub(super) layout: &'a Layout,
    pub(super) metadata: &'a MetadataStore,
    pub(super) key: &'a RepoKey,
    pub(super) draft: &'a Draft,
    /// What is live now.
    pub(super) live: Option<&'a Listing>,
    pub(super) now: DateTime<Utc>,
    pub(super) options: &'a TreeOptions,
}

impl Publication<'_> {
    pub(super) fn run(&self, lock: &RepoLock) -> Result<(), RepoError> {
        self.prepare(lock)?;
        switch(self.layout, lock, self.key, self.draft.generation)
    }

    /// Everything but making it live.
    pub(super) fn prepare(&self, _lock: &RepoLock) -> Result<(), RepoError> {
        check_place(self.layout, self.key)?;
        empty_tmp(self.layout)?;
        let signer = self.options.signing.open()?;
        publish_keys(self.layout, signer.as_ref(), &self.options.package_keys)?;
        let aside = self.layout.tmp().join("generation");
        fs::create_dir(&aside).during("create", &aside)?;
        self.build(&aside, signer.as_ref())?;
        let folder = Layout::generations_folder(self.key);
        ensure_folders(&self.layout.root, &folder)?;
        let folder = self.layout.root.join(folder);
        let place = folder.join(generation_name(self.draft.generation));
        // One that has this place was never made live: its run was killed.
        remove_tree(&place)?;
        fs::rename(&aside, &place).during("rename", &aside)?;
        sync(&folder)
    }

    /// When a release entered the repository: it did just now unless it was there before.
    pub(super) fn entered(&self, ticket: TicketId) -> DateTime<Utc> {
        self.draft.entered.get(&ticket).copied().unwrap_or(self.now)
    }

    /// Until when apt shall trust the indexes; there are none without debs.
    pub(super) fn valid_until(&self) -> Option<DateTime<Utc>> {
        let has_debs = self.draft.packages.keys().any(|path| format_of(path) == Some(PackageFormat::Deb));
        self.options.apt_valid.filter(|_| has_debs).map(|period| self.now + period)
    }

    /// Packages first, indexes with their signatures next, the manifest last.
    fn build(&self, aside: &Path, signer: Option<&Signer>) -> Result<(), RepoError> {
        let Self { layout, draft, now, .. } = *self;
        let mut links = Links::below(aside);
        for (path, shown) in &draft.view {
            links.add(path.as_str(), &layout.pool_file(shown.file.sha256))?;
        }
        let (written, pages) = self.write_indexes(aside, signer)?;
        let carried = self.carry(&mut links, &written)?;
        let files = draft.view.iter().map(|(path, shown)| ShownFile {
            file: shown.file.clone(),
            tickets: shown.tickets().collect(),
            package: draft.packages.get(path).cloned(),
        });
        Listing { files: files.collect(), indexes: written.by_digest, pages, carried }.write(aside)?;
        let Wish { placements, held, restores } = draft.wish.clone();
        let entered = placements.iter().map(|p| (p.ticket, self.entered(p.ticket))).collect();
        let valid_until = self.valid_until();
        Manifest { generation: draft.generation, published: now, placements, entered, valid_until, restores, held }
            .write(aside)?;
        sync_folders(aside)
    }

    /// Links what stays reachable of the generations before.
    fn carry(&self, links: &mut Links<'_>, written: &Written) -> Result<Vec<Carried>, RepoError> {
        let Some(live) = self.live else { return Ok(Vec::new()) };
        let own = self.draft.view.keys().map(ToString::to_string).chain(written.all().cloned()).collect();
        let mut carried = carry::select(live, &own, self.draft.generation, self.now, self.options.grace());
        let place = self.layout.live(self.key);
        // What was lost from the live one can not be carried on, and must not keep it from being replaced.
        carried.retain(|file| fs::symlink_metadata(place.join(&file.path)).is_ok());
        for file in &carried {
            links.add(&file.path, &place.join(&file.path))?;
        }
        Ok(carried)
    }
}

/// Links or writes files below a folder, and creates each folder between once.
pub(super) struct Links<'a> {
    root: &'a Path,
    folders: BTreeSet<PathBuf>,
}

impl<'a> Links<'a> {
    pub(super) const fn below(root: &'a Path) -> Self {
        Self { root, folders: BTreeSet::new() }
    }

    pub(super) fn add(&mut self, path: &str, existing: &Path) -> Result<(), RepoError> {
        let name = self.ensure_folder(path)?;
        link(existing, &name)
    }

    fn ensure_folder(&mut self, path: &str) -> Result<PathBuf, RepoError> {
        if let Some(folder) = Path::new(path).parent().filter(|folder| !self.folders.contains(*folder)) {
            create_folders(self.root, folder).during("create", &self.root.join(folder))?;
            self.folders.insert(folder.to_owned());
        }
        Ok(self.root.join(path))
    }

    /// Writes a new file instead.
    pub(super) fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), RepoError> {
        let name = self.ensure_folder(path)?;
        write_new(&name, bytes)
    }
}

/// Refuses a place inside another repository, or around one.
fn check_place(layout: &Layout, key: &RepoKey) -> Result<(), RepoError> {
    let nested = |other: &Path| RepoError::Nested { key: key.clone(), other: other.to_owned() };
    let live = layout.live(key);
    for place in live.ancestors().take_while(|p| *p != layout.public()) {
        match fs::symlink_metadata(place) {
            Ok(found) if found.is_symlink() == (place == live) => {}
            Ok(_) => return Err(nested(place)),
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(RepoError::of("look at", place, error)),
        }
    }
    Ok(())
}

/// What lies there was left by a run that was killed: whoever uses the folder holds the lock.
pub(super) fn empty_tmp(layout: &Layout) -> Result<(), RepoError> {
    let tmp = layout.tmp();
    for entry in fs::read_dir(&tmp).during("list", &tmp)? {
        remove_tree(&entry.during("list", &tmp)?.path())?;
    }
    Ok(())
}

/// The moment in which a generation becomes live.
pub(super) fn switch(layout: &Layout, _lock: &RepoLock, key: &RepoKey, generation: u64) -> Result<(), RepoError> {
    signpost::begin(layout)?;
    let live = layout.live(key);
    let folder = live.parent().unwrap_or(&live);
    if let Ok(below) = folder.strip_prefix(&layout.root) {
        ensure_folders(&layout.root, below)?;
    }
    let aside = layout.tmp().join("live");
    remove_tree(&aside)?;
    symlink(Layout::live_target(key, generation), &aside).during("create", &aside)?;
    fs::rename(&aside, &live).during("switch", &live)?;
    sync(folder)
}

/// Takes a repository out of sight, with the folders that it leaves empty, but never an area.
pub(super) fn take_down(layout: &Layout, _lock: &RepoLock, key: &RepoKey) -> Result<(), RepoError> {
    signpost::begin(layout)?;
    let live = layout.live(key);
    remove_tree(&live)?;
    let area = layout.public().join(key.area.as_str());
    for folder in live.ancestors().skip(1).take_while(|f| *f != area) {
        if !signpost::is_empty(folder)? {
            return sync(folder);
        }
        fs::remove_dir_all(folder).during("remove", folder)?;
    }
    sync(&area)
}
