//! Repositories published anew as they are: so that apt goes on trusting them, or so that another key or setting holds.
//!
//! An index that says until when it is valid has to be replaced before; nothing in a live generation is written to, so it is
//! replaced by a generation of its own, with the same releases.

use chrono::{DateTime, TimeDelta, Utc};
use egi_model::area::RepoKey;

use super::manifest::Manifest;
use super::plan::{Change, Planner};
use super::{RepoError, RepoLock, RepoTree};

/// Which repositories to publish anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// Those whose indexes have less than half of their time left.
    Expiring,
    /// All that are live.
    All,
}

impl RepoTree {
    /// The live repositories that are to be published anew, by key.
    pub fn find_stale(&self, which: Stale, now: DateTime<Utc>) -> Result<Vec<RepoKey>, RepoError> {
        let mut stale = self.live_keys()?;
        if which == Stale::All {
            return Ok(stale);
        }
        let mut failed = None;
        stale.retain(|key| match Manifest::read(&self.layout.live(key)) {
            Ok(manifest) => manifest.is_some_and(|manifest| is_expiring(&manifest, now)),
            Err(error) => {
                failed.get_or_insert(error);
                false
            }
        });
        failed.map_or(Ok(stale), Err)
    }

    /// Publishes a repository anew as it is, signed with the keys and by the settings of now.
    pub fn publish_anew(&self, lock: &RepoLock, key: &RepoKey, now: DateTime<Utc>) -> Result<Change, RepoError> {
        let (live, plan) = Planner { layout: &self.layout, metadata: &self.metadata, key, lock: Some(lock) }.anew()?;
        self.carry_out(lock, key, live.as_ref(), &plan, now)?;
        Ok(plan.change())
    }
}

/// Judged by what the indexes say, whatever the settings say now: those who read them go by that.
fn is_expiring(manifest: &Manifest, now: DateTime<Utc>) -> bool {
    manifest.valid_until.is_some_and(|until| {
        let lasts = (until - manifest.published).max(TimeDelta::zero());
        until - now < lasts / 2
    })
}
