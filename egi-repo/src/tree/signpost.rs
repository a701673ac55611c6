//! What leads people to a repository: the pages of the folders above it, and its area's feeds.
//!
//! They are shared by repositories, so they are no part of a generation. All of it follows from what is live: who makes
//! something live says before that signposts are *due*, puts them up after, and then says that they are not due any more.
//! Where somebody was killed between, whoever takes the lock next puts all of them up anew.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};
use egi_model::area::{Area, RepoKey};
use egi_model::major::MajorId;
use egi_model::ticket::TicketId;

use super::files::{During as _, ensure_folders, is_absent, replace, sync};
use super::layout::Layout;
use super::manifest::Manifest;
use super::{RepoError, RepoLock, about, past, prune};
use crate::page::feed::{Arrival, FEEDS, Feed, LENGTH};
use crate::page::{Child, FolderPage, INDEX, release_path};

/// What the mark says when more is due than what is being changed.
const ALL: &str = "all";

/// From now on signposts are due. If some were already, all are.
pub(super) fn begin(layout: &Layout) -> Result<(), RepoError> {
    let mark = layout.due();
    fs::write(&mark, if mark.exists() { ALL } else { "" }).during("write", &mark)?;
    sync(&layout.root)
}

/// Puts up what is due of `keys`, which were changed just now. The change is done whether that succeeds or not: what could
/// not be put up stays due.
pub(super) fn put_up(layout: &Layout, lock: &RepoLock, public_url: Option<&str>, keys: &[&RepoKey]) {
    if fs::read_to_string(layout.due()).is_ok_and(|said| said == ALL) {
        return catch_up(layout, lock, public_url);
    }
    let put_up = |board: Board<'_>| {
        for key in keys {
            board.write_feeds(key.area, Some(key))?;
            let live = layout.live(key);
            let below = |folder: &&Path| folder.starts_with(layout.public()) && **folder != layout.public();
            live.ancestors().skip(1).take_while(below).try_for_each(|folder| board.write_page(folder))?;
        }
        // An area has its page from the beginning, as when all are put up.
        let areas = Area::ALL.into_iter().map(|area| layout.public().join(area.as_str()));
        areas.filter(|area| !area.join(INDEX).exists()).try_for_each(|area| board.write_page(&area))?;
        board.write_page(&layout.public())
    };
    settle(layout, lock, public_url.map_or(Ok(()), |url| put_up(Board { layout, url })));
}

/// Puts up everything, if something is due.
pub(super) fn catch_up(layout: &Layout, lock: &RepoLock, public_url: Option<&str>) {
    if !layout.due().exists() {
        return;
    }
    let put_up = |board: Board<'_>| {
        for area in Area::ALL {
            board.write_feeds(area, None)?;
            board.write_pages_below(&layout.public().join(area.as_str()))?;
        }
        board.write_page(&layout.public())
    };
    settle(layout, lock, public_url.map_or(Ok(()), |url| put_up(Board { layout, url })));
}

/// Nothing is due any more, if all was put up.
fn settle(layout: &Layout, _lock: &RepoLock, done: Result<(), RepoError>) {
    let mark = layout.due();
    let settled = done.and_then(|()| match fs::remove_file(&mark) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(RepoError::of("remove", &mark, error)),
        _ => Ok(()),
    });
    if let Err(error) = settled {
        let cause = std::error::Error::source(&error).map_or_else(String::new, |source| format!(": {source}"));
        tracing::warn!("pages and feeds are behind what is published, and are written the next time: {error}{cause}");
    }
}

/// Whether a folder has nothing, or its page alone.
pub(super) fn is_empty(folder: &Path) -> Result<bool, RepoError> {
    for entry in fs::read_dir(folder).during("list", folder)? {
        if entry.during("list", folder)?.file_name() != INDEX {
            return Ok(false);
        }
    }
    Ok(true)
}

struct Board<'a> {
    layout: &'a Layout,
    url: &'a str,
}

impl Board<'_> {
    /// Writes the pages of a folder and of those below it, and removes those below that a killed run left empty.
    fn write_pages_below(&self, folder: &Path) -> Result<(), RepoError> {
        for (name, is_folder) in list(folder)? {
            if is_folder && name != FEEDS {
                let below = folder.join(&name);
                self.write_pages_below(&below)?;
                if is_empty(&below)? {
                    fs::remove_dir_all(&below).during("remove", &below)?;
                }
            }
        }
        self.write_page(folder)
    }

    /// Writes the page of a folder, if that is there.
    fn write_page(&self, folder: &Path) -> Result<(), RepoError> {
        if !folder.exists() {
            return Ok(());
        }
        let mut children = Vec::new();
        for (name, is_folder) in list(folder)? {
            let path = folder.join(&name);
            if is_folder {
                // Without a page it is none of ours, or has nothing in it.
                let shown = name != FEEDS && path.join(INDEX).exists();
                children.extend(shown.then_some(Child { name, repo: None }));
            } else if let Some(live) = Manifest::read(&path)? {
                let repo = Some((live.generation, live.published, live.placements.len()));
                children.push(Child { name, repo });
            }
        }
        let path = folder.strip_prefix(self.layout.public()).ok().and_then(Path::to_str).unwrap_or_default();
        let area = Area::ALL.into_iter().find(|area| area.as_str() == path);
        let feeds = area.map_or_else(|| Ok(Vec::new()), |area| self.feeds_of(area))?;
        let page = FolderPage { public_url: self.url, path, area, children, feeds };
        self.put(&folder.join(INDEX), &page.render())
    }

    /// The feeds that an area has: file and title.
    fn feeds_of(&self, area: Area) -> Result<Vec<(String, String)>, RepoError> {
        let arrivals = self.load(area)?.unwrap_or_default();
        let titles: BTreeMap<&MajorId, String> =
            arrivals.iter().rev().map(|a| (&a.about.major, title(&a.about.major_title, area))).collect();
        Ok(titles.into_iter().map(|(major, title)| (file_of(major), title)).collect())
    }

    /// Adds what entered `key`, or any repository, to what the area's feeds know, and writes them.
    fn write_feeds(&self, area: Area, key: Option<&RepoKey>) -> Result<(), RepoError> {
        let known = self.load(area)?;
        let keys = match (key, &known) {
            (Some(key), Some(_)) => BTreeSet::from([key.clone()]),
            _ => prune::all_keys(self.layout)?.into_iter().filter(|key| key.area == area).collect(),
        };
        // Without a record of it, the past is what generations know.
        let with_past = known.is_none();
        let mut arrivals = known.unwrap_or_default();
        let mut had: BTreeSet<_> = arrivals.iter().map(|a| (a.repo.clone(), a.ticket, a.at)).collect();
        let mut abouts = BTreeMap::new();
        for key in keys {
            for (ticket, at) in self.arrivals(&key, with_past)? {
                if !had.insert((key.clone(), ticket, at)) {
                    continue;
                }
                let about = match abouts.entry(ticket) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(unknown) => unknown.insert(about::load(self.layout, ticket)?),
                };
                arrivals.extend(about.clone().map(|about| Arrival { repo: key.clone(), ticket, at, about }));
            }
        }
        arrivals.sort_by(|a, b| (b.at, b.ticket, &b.repo).cmp(&(a.at, a.ticket, &a.repo)));
        let mut counts: BTreeMap<MajorId, usize> = BTreeMap::new();
        arrivals.retain(|arrival| {
            let count = counts.entry(arrival.about.major.clone()).or_default();
            *count += 1;
            *count <= LENGTH
        });
        if arrivals.is_empty() {
            return Ok(());
        }
        let path = self.layout.arrivals(area);
        let text = serde_json::to_vec(&arrivals).map_err(|source| RepoError::Record { path: path.clone(), source })?;
        self.put_bytes(&path, &text)?;
        for major in counts.keys() {
            self.write_feed(area, major, &arrivals)?;
        }
        Ok(())
    }

    fn write_feed(&self, area: Area, major: &MajorId, arrivals: &[Arrival]) -> Result<(), RepoError> {
        let of_major: Vec<&Arrival> = arrivals.iter().filter(|a| a.about.major == *major).collect();
        let newest = of_major.first().map_or("", |a| a.about.major_title.as_str());
        let (file, title) = (file_of(major), title(newest, area));
        let is_there = |a: &Arrival| self.layout.live(&a.repo).join(release_path(a.ticket)).exists();
        let arrivals = of_major.into_iter().map(|arrival| (arrival, is_there(arrival))).collect();
        let feed = Feed { public_url: self.url, area, file: &file, title: &title, arrivals };
        self.put(&self.layout.public().join(area.as_str()).join(FEEDS).join(&file), &feed.render())
    }

    /// What entered a repository and when: of what is live, or of all that is known.
    fn arrivals(&self, key: &RepoKey, with_past: bool) -> Result<Vec<(TicketId, DateTime<Utc>)>, RepoError> {
        let manifests = if with_past {
            past::known(self.layout, key)?.into_iter().map(|(manifest, _)| manifest).collect()
        } else {
            Vec::from_iter(Manifest::read(&self.layout.live(key))?)
        };
        let arrivals = |manifest: &Manifest| {
            let entered = manifest.placements.iter().map(|p| (p.ticket, manifest.entered_at(p.ticket)));
            entered.collect::<Vec<_>>()
        };
        Ok(manifests.iter().flat_map(arrivals).collect())
    }

    fn load(&self, area: Area) -> Result<Option<Vec<Arrival>>, RepoError> {
        let path = self.layout.arrivals(area);
        match fs::read(&path) {
            Err(error) if is_absent(&error) => Ok(None),
            // What can not be read is made anew, from what generations know.
            other => Ok(serde_json::from_slice(&other.during("read", &path)?).ok()),
        }
    }

    fn put(&self, path: &Path, text: &str) -> Result<(), RepoError> {
        self.put_bytes(path, text.as_bytes())
    }

    fn put_bytes(&self, path: &Path, bytes: &[u8]) -> Result<(), RepoError> {
        if fs::read(path).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        if let Some(Ok(below)) = path.parent().map(|folder| folder.strip_prefix(&self.layout.root)) {
            ensure_folders(&self.layout.root, below)?;
        }
        replace(&self.layout.tmp(), path, bytes)
    }
}

fn file_of(major: &MajorId) -> String {
    format!("{major}.atom")
}

fn title(major: &str, area: Area) -> String {
    let area = match area {
        Area::Unverified => "unverified",
        Area::StageRollout => "staged rollout",
        Area::Production => "production",
    };
    format!("{major}: {area}")
}

/// The names in a folder but its page, and whether each is a folder itself, in order.
fn list(folder: &Path) -> Result<BTreeMap<String, bool>, RepoError> {
    let mut names = BTreeMap::new();
    for entry in fs::read_dir(folder).during("list", folder)? {
        let entry = entry.during("list", folder)?;
        let kind = entry.file_type().during("look at", &entry.path())?;
        if let Some(name) = entry.file_name().to_str().filter(|_| kind.is_dir() || kind.is_symlink()) {
            names.insert(name.to_owned(), kind.is_dir());
        }
    }
    Ok(names)
}
