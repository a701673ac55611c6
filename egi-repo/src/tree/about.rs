//! What people are told of each release, kept by ticket.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use chrono::NaiveDate;
use egi_model::major::MajorId;
use egi_model::name::Segment;
use egi_model::release::{Emergency, ReleaseType};
use egi_model::ticket::TicketId;
use egi_model::version::Version;
use serde::{Deserialize, Serialize};

use super::files::{During as _, ensure_folders, is_absent, replace};
use super::layout::Layout;
use super::manifest::Placement;
use super::{RepoError, RepoLock};

/// What people are told of a release: in `updateinfo.xml`, on pages and in feeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The major release or software it belongs to.
    pub major: MajorId,
    /// Its title.
    pub major_title: String,
    /// The release's name as paths show it.
    pub short_name: Segment,
    /// The product's name for people.
    pub product: String,
    /// The release's version.
    pub version: Version,
    /// When the provider released it.
    pub released: Option<NaiveDate>,
    /// Who delivered it.
    pub provider: String,
    /// What it is.
    pub description: String,
    /// Whether it replaces what its product had, or adds to it.
    pub release_type: ReleaseType,
    /// Whether it is an emergency.
    pub emergency: Emergency,
    /// Links to documentation.
    pub documentation: Vec<String>,
    /// Release notes: a link, or the text.
    pub notes: String,
    /// What changed: a link, or the text.
    pub changes: String,
    /// Where those who may see the ticket find it; the embedded desk has no such place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_url: Option<String>,
}

impl About {
    /// Product and version in one phrase.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.product, self.version)
    }

    /// The kind of update that this is to a site: an emergency is one of security; a revision (the third number of the
    /// version) mends; all else brings something new.
    pub(crate) fn kind(&self) -> UpdateKind {
        match self.emergency {
            Emergency::Yes => UpdateKind::Security,
            Emergency::No if self.version.revision() != "0" => UpdateKind::Bugfix,
            Emergency::No => UpdateKind::Enhancement,
        }
    }
}

/// The kinds of update that clients know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpdateKind {
    Security,
    Bugfix,
    Enhancement,
}

impl UpdateKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::Bugfix => "bugfix",
            Self::Enhancement => "enhancement",
        }
    }
}

/// Whether a text of the release's metadata is a link.
pub(crate) fn is_link(text: &str) -> bool {
    let text = text.trim();
    (text.starts_with("https://") || text.starts_with("http://")) && !text.contains(char::is_whitespace)
}

/// Keeps what is told of the release of `ticket`. It is told from the release's next publication on.
pub(super) fn keep(layout: &Layout, _lock: &RepoLock, ticket: TicketId, about: &About) -> Result<(), RepoError> {
    let path = layout.about(ticket);
    let text = serde_json::to_vec_pretty(about).map_err(|source| RepoError::Record { path: path.clone(), source })?;
    if fs::read(&path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    ensure_folders(&layout.root, "releases".as_ref())?;
    replace(&layout.tmp(), &path, &text)
}

/// What is told of the release of `ticket`; `None` if nobody said anything of it. What can not be understood is nothing:
/// packages are published all the same, and the next publication of the release writes it anew.
pub(super) fn load(layout: &Layout, ticket: TicketId) -> Result<Option<About>, RepoError> {
    let path = layout.about(ticket);
    let text = match fs::read(&path) {
        Err(error) if is_absent(&error) => return Ok(None),
        other => other.during("read", &path)?,
    };
    let about = serde_json::from_slice(&text);
    if let Err(error) = &about {
        tracing::warn!(file.path = %path.display(), "what is told of ticket {ticket} can not be understood: {error}");
    }
    Ok(about.ok())
}

/// What is told of those releases that something is told of.
pub(super) fn load_all(layout: &Layout, placements: &[Placement]) -> Result<BTreeMap<TicketId, About>, RepoError> {
    let loaded = placements.iter().map(|p| Ok(load(layout, p.ticket)?.map(|about| (p.ticket, about))));
    loaded.filter_map(Result::transpose).collect()
}

/// The files of all releases that something is told of.
pub(super) fn all(layout: &Layout) -> Result<Vec<(PathBuf, TicketId)>, RepoError> {
    let folder = layout.abouts();
    let entries = match fs::read_dir(&folder) {
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        other => other.during("list", &folder)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.during("list", &folder)?.path();
        let ticket = path.file_stem().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
        found.extend(ticket.map(|ticket| (path, ticket)));
    }
    Ok(found)
}
