//! What a generation holds, and why: the records that lie in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use egi_model::content::{ContentFile, ContentId};
use egi_model::digest::Sha256;
use egi_model::release::Target;
use egi_model::ticket::TicketId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::RepoError;
use super::files::{During as _, is_absent, write_new};
use super::layout::{LISTING, MANIFEST, kept_name};
use crate::package::PackageId;

/// A release's place in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The release's ticket.
    pub ticket: TicketId,
    /// Its product, as `egi_model::area::product_key` names it.
    pub product: String,
    /// Its files.
    pub content: ContentId,
    /// What becomes of the product's other releases in the repository.
    pub mode: Mode,
    /// What it is built for: the platform names its apt suite, the architecture says where its packages for any
    /// machine are listed.
    pub target: Target,
}

/// What becomes of a product's other releases when one is placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// They leave.
    Replace,
    /// They stay beside it.
    Add,
}

/// The record of one generation: small, so that looking at it costs nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) generation: u64,
    pub(super) published: DateTime<Utc>,
    /// By ticket.
    pub(super) placements: Vec<Placement>,
    /// When each of these entered the repository as it is.
    #[serde(default)]
    pub(super) entered: BTreeMap<TicketId, DateTime<Utc>>,
    /// Until when apt trusts the indexes, if they say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) valid_until: Option<DateTime<Utc>>,
    /// The generation that this one brought back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) restores: Option<u64>,
    /// Tickets whose releases are here, or are not, because somebody went back to an earlier generation.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) held: BTreeSet<TicketId>,
}

/// What lies in a generation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listing {
    /// By path.
    pub(super) files: Vec<ShownFile>,
    /// The digest-named index files of this generation.
    pub(super) indexes: Vec<String>,
    /// The releases that have a page here, each with a digest of what it says.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) pages: BTreeMap<TicketId, Sha256>,
    /// What is not listed any more but still reachable, by path.
    pub(super) carried: Vec<Carried>,
}

/// A file of a release that the generation shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ShownFile {
    #[serde(flatten)]
    pub(super) file: ContentFile,
    /// The tickets that brought it.
    pub(super) tickets: Vec<TicketId>,
    /// What it is, if it is a package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) package: Option<PackageId>,
}

/// A file of an earlier generation that clients with an older index may still ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Carried {
    pub(super) path: String,
    /// When it was listed last no longer.
    pub(super) left: DateTime<Utc>,
    /// The first generation that did not list it.
    pub(super) left_in: u64,
}

impl Manifest {
    /// When a release entered, if it is here as `placement` has it.
    pub(super) fn entered(&self, placement: &Placement) -> Option<DateTime<Utc>> {
        let same = |there: &&Placement| there.ticket == placement.ticket && there.content == placement.content;
        self.placements.iter().find(same).map(|there| self.entered_at(there.ticket))
    }

    /// When a release entered that is here. Generations of old did not say so.
    pub(super) fn entered_at(&self, ticket: TicketId) -> DateTime<Utc> {
        self.entered.get(&ticket).copied().unwrap_or(self.published)
    }

    /// The manifest of the generation at `folder`; `None` if there is no such generation.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, RepoError> {
        read_record(&folder.join(MANIFEST))
    }

    /// What is kept of a generation whose folder is gone.
    pub(super) fn read_kept(folder: &Path, number: u64) -> Result<Option<Self>, RepoError> {
        read_record(&folder.join(kept_name(number)))
    }

    /// Makes the folder a generation, so it comes last.
    pub(super) fn write(&self, folder: &Path) -> Result<(), RepoError> {
        let path = folder.join(MANIFEST);
        let text =
            serde_json::to_vec_pretty(self).map_err(|source| RepoError::Record { path: path.clone(), source })?;
        write_new(&path, &text)
    }
}

impl Listing {
    /// What lies in the generation at `folder`; nothing if there is no such generation.
    pub(super) fn read(folder: &Path) -> Result<Self, RepoError> {
        Ok(read_record(&folder.join(LISTING))?.unwrap_or_default())
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), RepoError> {
        let path = folder.join(LISTING);
        let text = serde_json::to_vec(self).map_err(|source| RepoError::Record { path: path.clone(), source })?;
        write_new(&path, &text)
    }
}

fn read_record<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, RepoError> {
    let text = match fs::read(path) {
        Err(error) if is_absent(&error) => return Ok(None),
        other => other.during("read", path)?,
    };
    serde_json::from_slice(&text).map(Some).map_err(|source| RepoError::Record { path: path.to_owned(), source })
}
