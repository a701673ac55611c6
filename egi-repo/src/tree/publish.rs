//! Builds a generation aside and makes it live.
//!
//! The order is what makes it safe to be killed at any moment: everything is built below `tmp/` and synced, then moved
//! to its place by one rename, then made live by another. Nothing that is live is ever written to or removed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use egi_model::area::RepoKey;
use egi_model::name::Segment;
use egi_model::release::PackageFormat;

use super::carry;
use super::files::{During as _, ensure_folders, is_absent, link, remove_tree, sync, sync_folders};
use super::layout::{Layout, generation_name};
use super::manifest::{Carried, Listing, Manifest, ShownFile};
use super::plan::{Draft, Wish};
use super::publicity::publish_keys;
use super::{RepoError, RepoLock, TreeOptions};
use crate::index::{Listed, MetadataStore, Stamp, Written, apt, repofile, yum};
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
        let name = generation_name(self.draft.generation);
        fs::rename(&aside, folder.join(name)).during("rename", &aside)?;
        sync(&folder)
    }

    /// Packages first, indexes with their signatures next, the manifest last.
    fn build(&self, aside: &Path, signer: Option<&Signer>) -> Result<(), RepoError> {
        let Self { layout, draft, now, .. } = *self;
        let mut links = Links::below(aside);
        for (path, shown) in &draft.view {
            links.add(path.as_str(), &layout.pool_file(shown.file.sha256))?;
        }
        let written = self.write_indexes(aside, signer)?;
        let carried = self.carry(&mut links, &written)?;
        let files = draft.view.iter().map(|(path, shown)| ShownFile {
            file: shown.file.clone(),
            tickets: shown.tickets().collect(),
            package: draft.packages.get(path).cloned(),
        });
        Listing { files: files.collect(), indexes: written.by_digest, carried }.write(aside)?;
        let Wish { placements, held, restores } = draft.wish.clone();
        Manifest { generation: draft.generation, published: now, placements, restores, held }.write(aside)?;
        sync_folders(aside)
    }

    /// Links what stays reachable of the generations before.
    fn carry(&self, links: &mut Links<'_>, written: &Written) -> Result<Vec<Carried>, RepoError> {
        let Some(live) = self.live else { return Ok(Vec::new()) };
        let own = self.draft.view.keys().map(ToString::to_string).chain(written.all().cloned()).collect();
        let carried = carry::select(live, &own, self.draft.generation, self.now, self.options.grace());
        let place = self.layout.live(self.key);
        for file in &carried {
            links.add(&file.path, &place.join(&file.path))?;
        }
        Ok(carried)
    }

    fn write_indexes(&self, aside: &Path, signer: Option<&Signer>) -> Result<Written, RepoError> {
        let Self { layout, metadata, draft, now, .. } = *self;
        let stamp = Stamp { generation: draft.generation, now };
        let mut rpms = Vec::new();
        let mut suites: BTreeMap<Segment, apt::Suite<'_>> = BTreeMap::new();
        let mut listed = BTreeSet::new();
        for (path, id) in &draft.packages {
            let (Some(shown), Some(format)) = (draft.view.get(path), format_of(path)) else { continue };
            let stored = layout.pool_file(shown.file.sha256);
            let package = Listed { file: &shown.file, stored, format };
            match format {
                // One package at two paths is one package.
                PackageFormat::Rpm if listed.insert(shown.file.sha256) => rpms.push(package),
                PackageFormat::Rpm => {}
                PackageFormat::Deb => {
                    for placement in draft.wish.placements.iter().filter(|p| shown.tickets().any(|t| t == p.ticket)) {
                        let suite = suites.entry(placement.target.platform.clone()).or_default();
                        suite.add(package.clone(), &id.arch, &placement.target.arch);
                    }
                }
            }
        }
        let mut written = yum::write(aside, metadata, &rpms, &self.options.yum_packing, stamp, signer)?;
        written.extend(apt::write(aside, metadata, &suites, stamp, signer)?);
        if let Some(public_url) = &self.options.public_url {
            let signed_by = signer.map(Signer::armored_keys);
            let packages_signed = !self.options.package_keys.is_empty();
            let notice = repofile::Notice { key: self.key, public_url, signed_by, packages_signed };
            let suites = suites.iter().map(|(name, suite)| (name.to_string(), suite.archs())).collect();
            written.extend(notice.write(aside, !rpms.is_empty(), &suites, stamp)?);
        }
        Ok(written)
    }
}

/// Links files below a folder, and creates each folder between once.
struct Links<'a> {
    root: &'a Path,
    folders: BTreeSet<PathBuf>,
}

impl<'a> Links<'a> {
    const fn below(root: &'a Path) -> Self {
        Self { root, folders: BTreeSet::new() }
    }

    fn add(&mut self, path: &str, existing: &Path) -> Result<(), RepoError> {
        let name = self.root.join(path);
        if let Some(folder) = name.parent().filter(|folder| !self.folders.contains(*folder)) {
            fs::create_dir_all(folder).during("create", folder)?;
            self.folders.insert(folder.to_owned());
        }
        link(existing, &name)
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
fn empty_tmp(layout: &Layout) -> Result<(), RepoError> {
    let tmp = layout.tmp();
    for entry in fs::read_dir(&tmp).during("list", &tmp)? {
        remove_tree(&entry.during("list", &tmp)?.path())?;
    }
    Ok(())
}

/// The moment in which a generation becomes live.
pub(super) fn switch(layout: &Layout, _lock: &RepoLock, key: &RepoKey, generation: u64) -> Result<(), RepoError> {
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
    let live = layout.live(key);
    remove_tree(&live)?;
    let area = layout.public().join(key.area.as_str());
    for folder in live.ancestors().skip(1).take_while(|f| *f != area) {
        match fs::remove_dir(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => return sync(folder),
            Err(error) => return Err(RepoError::of("remove", folder, error)),
        }
    }
    sync(&area)
}
