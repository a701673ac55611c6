//! Several repositories changed together, all or none: how a set of releases becomes visible in its new area.
//!
//! Every generation is built and on disk before the first is made live. Then the switches are noted in the *intent*, made
//! one right after the other, and the note is removed. Who is killed before the note has changed nothing that is seen;
//! after it, whoever takes the lock next makes the switches that are left, before anything else.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use egi_model::area::RepoKey;
use serde::{Deserialize, Serialize};

use super::files::{During as _, remove_tree, sync, write_new};
use super::layout::{Layout, generation_name};
use super::manifest::{Listing, Manifest, Placement};
use super::plan::{self, Change, Plan};
use super::publish::{self, Publication};
use super::{RepoError, RepoLock, RepoTree, prune, signpost};

/// A generation that is to become live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Switch {
    pub(super) repo: RepoKey,
    pub(super) generation: u64,
}

/// A repository, what lies in it where that changes, and what is to be done.
type Planned<'s> = (&'s RepoKey, Option<Listing>, Plan);

impl Switch {
    fn folder(&self, layout: &Layout) -> PathBuf {
        layout.generations(&self.repo).join(generation_name(self.generation))
    }
}

impl RepoTree {
    /// Makes several releases part of their repositories, all or none. Says what became of each repository, by key.
    pub fn ensure_all_placed(
        &self,
        lock: &RepoLock,
        set: &[(RepoKey, Placement)],
        now: DateTime<Utc>,
    ) -> Result<Vec<(RepoKey, Change)>, RepoError> {
        // What can be refused is refused before anything is built.
        let planned = self.plan_all(Some(lock), set)?;
        let mut switches = Vec::new();
        for (key, live, plan) in &planned {
            let Plan::Publish(draft) = plan else { continue };
            let (layout, metadata, options) = (&self.layout, self.metadata.as_ref(), &self.options);
            let publication = Publication { layout, metadata, key, draft, live: live.as_ref(), now, options };
            if let Err(error) = publication.prepare(lock) {
                discard(layout, &switches);
                return Err(error);
            }
            switches.push(Switch { repo: (*key).clone(), generation: draft.generation });
        }
        make(&self.layout, lock, &switches)?;
        for switch in &switches {
            let folder = self.layout.generations(&switch.repo);
            prune::prune_folder(&folder, Some(switch.generation), now, self.options.grace())?;
        }
        if !switches.is_empty() {
            let changed: Vec<_> = switches.iter().map(|switch| &switch.repo).collect();
            signpost::put_up(&self.layout, lock, self.options.public_url.as_deref(), &changed);
        }
        Ok(planned.into_iter().map(|(key, _, plan)| (key.clone(), plan.change())).collect())
    }

    /// What [`Self::ensure_all_placed`] would do.
    pub fn preview_all_placed(&self, set: &[(RepoKey, Placement)]) -> Result<Vec<(RepoKey, Change)>, RepoError> {
        Ok(self.plan_all(None, set)?.into_iter().map(|(key, _, plan)| (key.clone(), plan.change())).collect())
    }

    fn plan_all<'s>(
        &self,
        lock: Option<&RepoLock>,
        set: &'s [(RepoKey, Placement)],
    ) -> Result<Vec<Planned<'s>>, RepoError> {
        let mut by_repo: BTreeMap<&RepoKey, Vec<&Placement>> = BTreeMap::new();
        for (key, placement) in set {
            by_repo.entry(key).or_default().push(placement);
        }
        let planned = by_repo.into_iter().map(|(key, new)| {
            let (live, plan) = self.plan(lock, key, |live| Ok(plan::all_placed(live, &new)))?;
            Ok((key, live, plan))
        });
        planned.collect()
    }
}

/// Removes generations that nobody has seen, as far as it can: what stays is no more than a killed run leaves.
fn discard(layout: &Layout, switches: &[Switch]) {
    for switch in switches {
        if let Err(error) = remove_tree(&switch.folder(layout)) {
            tracing::debug!("an unused generation stays for now: {error}");
        }
    }
}

/// Makes all switches, or leaves them to whoever takes the lock next.
fn make(layout: &Layout, lock: &RepoLock, switches: &[Switch]) -> Result<(), RepoError> {
    match switches {
        [] => Ok(()),
        // One rename is all or nothing by itself.
        [only] => publish::switch(layout, lock, &only.repo, only.generation),
        several => {
            note(layout, several)?;
            finish(layout, lock)
        }
    }
}

pub(super) fn note(layout: &Layout, switches: &[Switch]) -> Result<(), RepoError> {
    let (draft, intent) = (layout.tmp().join("intent"), layout.intent());
    let text = serde_json::to_vec(switches).map_err(|source| RepoError::Record { path: intent.clone(), source })?;
    remove_tree(&draft)?;
    write_new(&draft, &text)?;
    fs::rename(&draft, &intent).during("rename", &draft)?;
    sync(&layout.root)
}

/// Makes the switches that were noted and that nobody has made yet.
pub(super) fn finish(layout: &Layout, lock: &RepoLock) -> Result<(), RepoError> {
    let intent = layout.intent();
    let Some(switches) = read(&intent)? else { return Ok(()) };
    for switch in &switches {
        let live = Manifest::read(&layout.live(&switch.repo))?.map(|manifest| manifest.generation);
        if live != Some(switch.generation) {
            let folder = switch.folder(layout);
            fs::metadata(&folder).during("find", &folder)?;
            publish::switch(layout, lock, &switch.repo, switch.generation)?;
        }
    }
    fs::remove_file(&intent).during("remove", &intent)?;
    sync(&layout.root)
}

fn read(intent: &Path) -> Result<Option<Vec<Switch>>, RepoError> {
    let text = match fs::read(intent) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.during("read", intent)?,
    };
    serde_json::from_slice(&text).map(Some).map_err(|source| RepoError::Record { path: intent.to_owned(), source })
}
