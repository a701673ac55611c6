//! Atom feeds (RFC 4287) of what entered an area, one for each major release.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use egi_model::area::{Area, RepoKey};
use egi_model::ticket::TicketId;
use serde::{Deserialize, Serialize};

use super::html::escape;
use super::release_path;
use crate::tree::about::{About, is_link};

/// The folder of an area's feeds.
pub(crate) const FEEDS: &str = "feeds";
/// How many entries a feed has at most.
pub(crate) const LENGTH: usize = 50;

/// A release that entered a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Arrival {
    pub(crate) repo: RepoKey,
    pub(crate) ticket: TicketId,
    pub(crate) at: DateTime<Utc>,
    pub(crate) about: About,
}

impl Arrival {
    /// The same for as long as the feed has it, whatever becomes of the release: a tag URI (RFC 4151).
    fn id(&self, public_url: &str) -> String {
        let host = public_url.split("://").nth(1).unwrap_or_default().split(['/', ':']).next().unwrap_or_default();
        format!("tag:{host},{}:{}/{}", self.at.format("%Y-%m-%d"), self.repo, self.ticket)
    }
}

/// A feed.
pub(crate) struct Feed<'a> {
    pub(crate) public_url: &'a str,
    pub(crate) area: Area,
    pub(crate) file: &'a str,
    pub(crate) title: &'a str,
    /// Newest first; each with whether its page is still there.
    pub(crate) arrivals: Vec<(&'a Arrival, bool)>,
}

impl Feed<'_> {
    pub(crate) fn render(&self) -> String {
        let Self { public_url, area, file, .. } = self;
        let home = format!("{public_url}/{area}/");
        let own = format!("{home}{FEEDS}/{file}");
        let updated = self.arrivals.iter().map(|(arrival, _)| arrival.at).max().unwrap_or_default();
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n  <id>{own}</id>\n  \
             <title>{title}</title>\n  <updated>{updated}</updated>\n  <link rel=\"self\" type=\"application/atom+xml\" \
             href=\"{own}\"/>\n  <link rel=\"alternate\" type=\"text/html\" href=\"{home}\"/>\n",
            own = escape(&own),
            home = escape(&home),
            title = escape(self.title),
            updated = rfc3339(updated),
        );
        for (arrival, there) in &self.arrivals {
            text += &self.entry(arrival, *there, &home);
        }
        text + "</feed>\n"
    }

    fn entry(&self, arrival: &Arrival, there: bool, home: &str) -> String {
        let Arrival { repo, ticket, at, about } = arrival;
        let repository = format!("{}/{}/", self.public_url, repo.public_path());
        let page = if there { format!("{repository}{}", release_path(*ticket)) } else { home.to_owned() };
        let place = if there { repository.as_str() } else { "it has left its repository since" };
        let mut text = format!("{}\n\nRepository: {place}", about.description.trim());
        for (what, said) in [("Release notes", &about.notes), ("Changes", &about.changes)] {
            if !said.trim().is_empty() {
                // Writing to a string can not fail.
                let _ = write!(text, "\n{what}: {}", said.trim());
            }
        }
        let notes = Some(about.notes.trim()).filter(|notes| is_link(notes));
        let related = notes.map_or_else(String::new, |notes| {
            format!("    <link rel=\"related\" title=\"Release notes\" href=\"{}\"/>\n", escape(notes))
        });
        format!(
            "  <entry>\n    <id>{id}</id>\n    <title>{title}</title>\n    <updated>{at}</updated>\n    \
             <published>{at}</published>\n    <author><name>{author}</name></author>\n    \
             <category term=\"{kind}\"/>\n    <link rel=\"alternate\" type=\"text/html\" href=\"{page}\"/>\n{related}    \
             <content type=\"text\">{text}</content>\n  </entry>\n",
            id = escape(&arrival.id(self.public_url)),
            title = escape(&about.title()),
            at = rfc3339(*at),
            author = escape(&about.provider),
            kind = about.kind().as_str(),
            page = escape(&page),
            text = escape(text.trim()),
        )
    }
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
