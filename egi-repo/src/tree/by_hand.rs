//! What people do to the tree by hand: look back, go back, clean up, read everything again. What changes something is
//! written into the tree's log.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use egi_model::area::RepoKey;
use egi_model::content::ContentId;

use super::audit::{self, AuditRecord, By};
use super::garbage::{self, Garbage};
use super::past::{self, Difference, Generation, Point};
use super::plan::Change;
use super::scrub::{self, Rot};
use super::{RepoError, RepoLock, RepoTree};
use crate::progress::Progress;

impl RepoTree {
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
        Ok(self.plan(None, key, |live| Ok(past::restore(live, then)))?.1.change())
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
        by: By,
        now: DateTime<Utc>,
    ) -> Result<Change, RepoError> {
        let then = past::find(&self.layout, key, to)?;
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
        by: By,
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
            audit::append(&self.layout, lock, now, by, &what)?;
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

    /// Writes into the tree's log that somebody looked at it.
    pub fn note(&self, lock: &RepoLock, by: By, what: &str, now: DateTime<Utc>) -> Result<(), RepoError> {
        audit::append(&self.layout, lock, now, by, what)
    }

    /// What people did to the tree by hand.
    pub fn load_log(&self) -> Result<Vec<AuditRecord>, RepoError> {
        audit::load(&self.layout)
    }
}
