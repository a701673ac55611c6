//! What a site decides about its tree.

use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;

use super::Signing;
use super::carry::Grace;
use crate::index::Packing;

/// What a site may decide about its tree.
#[derive(Debug, Clone)]
pub struct TreeOptions {
    /// How long packages and indexes stay reachable after they left a repository.
    pub grace: TimeDelta,
    /// How many generations they stay reachable at least, and how many old generations are kept.
    pub generations: u64,
    /// How long apt trusts an index after its publication; without it, for ever.
    /// [`publish_anew`](super::RepoTree::publish_anew) is what keeps one trusted.
    pub apt_valid: Option<TimeDelta>,
    /// How long to wait for the lock.
    pub lock_patience: Duration,
    /// Where the public finds the folder `sw`, without a slash at the end; without it no files for clients to install
    /// by are written.
    pub public_url: Option<String>,
    /// How yum's indexes are packed. One way alone: dnf 4 fails where `repomd.xml` has an index twice.
    pub yum_packing: Packing,
    /// How indexes are signed.
    pub signing: Signing,
    /// The files with the public keys that packages are signed with, if every package is.
    pub package_keys: Vec<PathBuf>,
}

impl TreeOptions {
    pub(super) fn grace(&self) -> Grace {
        Grace { period: self.grace, generations: self.generations }
    }
}

impl Default for TreeOptions {
    fn default() -> Self {
        Self {
            grace: TimeDelta::days(7),
            generations: 3,
            apt_valid: None,
            lock_patience: Duration::from_mins(1),
            public_url: None,
            yum_packing: Packing::Gzip,
            signing: Signing::default(),
            package_keys: Vec::new(),
        }
    }
}
