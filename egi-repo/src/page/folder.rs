//! The page of a folder above repositories: what lies in it.

use chrono::{DateTime, Utc};
use egi_model::area::Area;

use super::feed::FEEDS;
use super::html::{Page, escape, link, moment};
use super::standing;

/// Something in a folder.
pub(crate) struct Child {
    /// Its name in the folder.
    pub(crate) name: String,
    /// Of a repository: its generation, when that was published, and how many releases it has.
    pub(crate) repo: Option<(u64, DateTime<Utc>, usize)>,
}

/// What the page says.
pub(crate) struct FolderPage<'a> {
    pub(crate) public_url: &'a str,
    /// Below the public root; empty for the root itself.
    pub(crate) path: &'a str,
    /// The area that it is.
    pub(crate) area: Option<Area>,
    /// By name.
    pub(crate) children: Vec<Child>,
    /// The feeds of an area: file names, each with a title.
    pub(crate) feeds: Vec<(String, String)>,
}

impl FolderPage<'_> {
    pub(crate) fn render(&self) -> String {
        let title = if self.path.is_empty() { "Repositories" } else { self.path };
        let feed = |(file, title): &(String, String)| {
            let (file, title) = (escape(file), escape(title));
            format!(
                "<link rel=\"alternate\" type=\"application/atom+xml\" title=\"{title}\" href=\"{FEEDS}/{file}\">\n"
            )
        };
        let head = self.feeds.iter().map(feed).collect::<String>();
        let trail = if self.path.is_empty() { Vec::new() } else { trail(self.public_url, self.path) };
        let mut page = Page::begin(title, &trail, &head);
        if let Some(area) = self.area {
            page.add(&format!("<p>{}</p>", standing(area)));
        } else if self.path.is_empty() {
            page.add("<p>The areas that a release passes: unverified (not public), staged rollout, production.</p>");
        }
        // Where there are only folders, there is nothing to tell of them.
        let has_repos = self.children.iter().any(|child| child.repo.is_some());
        let columns: &[&str] = if has_repos { &["Name", "Published", "#Generation", "#Releases"] } else { &["Name"] };
        page.begin_table("What is here", columns);
        for child in &self.children {
            let mut row = vec![link(&format!("{}/", child.name), &format!("{}/", child.name))];
            let told = |(number, at, releases): (u64, DateTime<Utc>, usize)| {
                [moment(at), number.to_string(), releases.to_string()]
            };
            if has_repos {
                row.extend(child.repo.map(told).unwrap_or_default());
            }
            page.add_row(&row, &[2, 3]);
        }
        page.end_table();
        if !self.feeds.is_empty() {
            page.add("<h2>News</h2>\n<p>Feeds (Atom) of what comes in:</p>\n<ul>");
            for (file, title) in &self.feeds {
                page.add(&format!("<li>{}</li>", link(&format!("{FEEDS}/{file}"), title)));
            }
            page.add("</ul>");
        }
        page.finish()
    }
}

/// The folders above `path`, from the public root on, each with its address.
pub(super) fn trail(public_url: &str, path: &str) -> Vec<(String, String)> {
    let mut trail = vec![("Repositories".to_owned(), format!("{public_url}/"))];
    let mut address = public_url.to_owned();
    let segments: Vec<&str> = path.split('/').collect();
    for segment in segments.iter().take(segments.len().saturating_sub(1)) {
        address = format!("{address}/{segment}");
        trail.push(((*segment).to_owned(), format!("{address}/")));
    }
    trail
}
