//! The page of a repository: how to install from it, and the releases in it.

use chrono::{DateTime, Utc};
use egi_model::area::RepoKey;
use egi_model::ticket::TicketId;

use super::folder::trail;
use super::html::{Page, escape, link, moment, size};
use super::{release_path, standing};
use crate::index::Stamp;
use crate::tree::about::About;

/// A release in the table.
pub(crate) struct Row<'a> {
    pub(crate) ticket: TicketId,
    /// The product as placements name it.
    pub(crate) product: &'a str,
    pub(crate) about: Option<&'a About>,
    pub(crate) entered: DateTime<Utc>,
    pub(crate) packages: usize,
    pub(crate) bytes: u64,
}

/// What the page says.
pub(crate) struct RepoPage<'a> {
    pub(crate) key: &'a RepoKey,
    pub(crate) public_url: Option<&'a str>,
    /// The commands that install the repository's file, one for each kind of package.
    pub(crate) how_to: Vec<(String, String)>,
    pub(crate) rows: Vec<Row<'a>>,
    pub(crate) stamp: Stamp,
}

impl RepoPage<'_> {
    pub(crate) fn render(&self) -> String {
        let Self { key, stamp, .. } = self;
        let trail = self.public_url.map_or_else(Vec::new, |url| trail(url, &key.public_path()));
        let mut page = Page::begin(&key.to_string(), &trail, "");
        page.add(&format!("<p>{}</p>", standing(key.area)));
        page.add(&format!("<p>Generation {}, published {}.</p>", stamp.generation, moment(stamp.now)));
        if !self.how_to.is_empty() {
            page.add("<h2>How to install</h2>");
        }
        for (what, command) in &self.how_to {
            page.add(&format!("<p>{}</p>\n<pre><code>{}</code></pre>", escape(what), escape(command)));
        }
        page.add("<h2>Releases</h2>");
        let columns = ["Release", "Kind", "Technology provider", "Here since", "#Packages", "#Size"];
        page.begin_table(&format!("{} releases", self.rows.len()), &columns);
        for row in &self.rows {
            let title = row.about.map_or_else(|| row.product.to_owned(), About::title);
            let of = |text: fn(&About) -> String| row.about.map(text).unwrap_or_default();
            let cells = [
                link(&release_path(row.ticket), &title),
                escape(&of(|about| about.kind().as_str().to_owned())),
                escape(&of(|about| about.provider.clone())),
                moment(row.entered),
                row.packages.to_string(),
                size(row.bytes),
            ];
            page.add_row(&cells, &[4, 5]);
        }
        page.end_table();
        page.finish()
    }
}
