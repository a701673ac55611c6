//! Pages for people: what a repository holds, what a release is, and what lies in a folder.
//!
//! Plain HTML without script, readable without style. Of times a page has those of publication alone: the same repository
//! gives the same bytes. Links within a generation are relative, so that they hold wherever it is seen from; links out of it begin
//! with the public address.

pub(crate) mod feed;
mod folder;
mod html;
mod release;
mod repo;

use egi_model::area::Area;
use egi_model::ticket::TicketId;

pub(crate) use self::folder::{Child, FolderPage};
pub(crate) use self::release::ReleasePage;
pub(crate) use self::repo::{RepoPage, Row};

/// The name of a folder's page.
pub(crate) const INDEX: &str = "index.html";
/// The folder of the releases' pages in a repository. No file of a release can have an `@` in its path.
pub(crate) const RELEASES: &str = "@releases";
/// To be raised with every change to what a release's page says, so that kept ones are written anew.
pub(crate) const VERSION: u32 = 1;

/// Where the page of a release lies in its repository.
pub(crate) fn release_path(ticket: TicketId) -> String {
    format!("{RELEASES}/{ticket}.html")
}

/// What it means to lie in an area.
const fn standing(area: Area) -> &'static str {
    match area {
        Area::Unverified => "Fetched and not assessed yet: for those who verify it.",
        Area::StageRollout => "In staged rollout: early adopters try it in production.",
        Area::Production => "Released: for every site.",
    }
}
