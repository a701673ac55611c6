//! The page of a folder above repositories: what lies in it.

use chrono::{DateTime, Utc};

use super::feed::FEEDS;
use super::html::{Page, link, moment};

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
    /// What it is, for who does not know.
    pub(crate) about: &'a str,
    /// By name.
    pub(crate) children: Vec<Child>,
    /// The feeds of an area: file names, each with a title.
    pub(crate) feeds: Vec<(String, String)>,
}

impl FolderPage<'_> {
    pub(crate) fn render(&self) -> String {
        let title = if self.path.is_empty() { "Repositories" } else { self.path };
        let feed = |(file, title): &(String, String)| {
            let (file, title) = (super::html::escape(file), super::html::escape(title));
            format!(
                "<link rel=\"alternate\" type=\"application/atom+xml\" title=\"{title}\" href=\"{FEEDS}/{file}\">\n"
            )
        };
        let head = self.feeds.iter().map(feed).collect::<String>();
        let trail = if self.path.is_empty() { Vec::new() } else { trail(self.public_url, self.path) };
        let mut page = Page::begin(title, &trail, &head);
        if !self.about.is_empty() {
            page.add(&format!("<p>{}</p>", super::html::escape(self.about)));
        }
        page.begin_table("What is here", &["Name", "Published", "#Generation", "#Releases"]);
        for child in &self.children {
            let name = link(&format!("{}/", child.name), &format!("{}/", child.name));
            let [published, generation, releases] =
                child.repo.map_or_else(Default::default, |(number, at, releases)| {
                    [moment(at), number.to_string(), releases.to_string()]
                });
            page.add_row(&[name, published, generation, releases], &[2, 3]);
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
