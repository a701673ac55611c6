//! The page of a release in a repository: what it is, and its packages with their digests.

use chrono::{DateTime, Utc};
use egi_model::area::RepoKey;
use egi_model::content::ContentFile;
use egi_model::ticket::TicketId;

use super::html::{Page, escape, link, link_or_text, link_out, moment, size};
use crate::package::PackageId;
use crate::tree::about::{About, is_link};

/// What the page says.
pub(crate) struct ReleasePage<'a> {
    pub(crate) key: &'a RepoKey,
    pub(crate) ticket: TicketId,
    /// The product as placements name it.
    pub(crate) product: &'a str,
    pub(crate) about: Option<&'a About>,
    pub(crate) entered: DateTime<Utc>,
    /// Its packages, by path.
    pub(crate) packages: Vec<(&'a ContentFile, &'a PackageId)>,
}

impl ReleasePage<'_> {
    pub(crate) fn render(&self) -> String {
        let title = self.about.map_or_else(|| self.product.to_owned(), About::title);
        let trail = [(self.key.to_string(), format!("../{}", super::INDEX))];
        let mut page = Page::begin(&title, &trail, "");
        page.add("<dl>");
        let mut say = |what: &str, markup: String| page.add(&format!("<dt>{what}</dt><dd>{markup}</dd>"));
        let ticket = format!("Ticket {}", self.ticket);
        let ticket = match self.about.and_then(|about| about.ticket_url.as_ref()) {
            Some(url) => link_out(url, &ticket),
            None => escape(&ticket),
        };
        if let Some(about) = self.about {
            say("Kind", escape(about.kind().as_str()));
            say("Part of", escape(&about.major_title));
            say("Technology provider", escape(&about.provider));
            for (what, text) in
                [("Description", &about.description), ("Release notes", &about.notes), ("Changes", &about.changes)]
            {
                if !text.trim().is_empty() {
                    say(what, link_or_text(text));
                }
            }
            let links = about.documentation.iter().filter(|link| is_link(link)).map(|link| link_out(link, link.trim()));
            let links = links.collect::<Vec<_>>().join("<br>");
            if !links.is_empty() {
                say("Documentation", links);
            }
        }
        if let Some(day) = self.about.and_then(|about| about.released) {
            say("Released by the provider", format!("<time>{day}</time>"));
        }
        say("Here since", moment(self.entered));
        say("Decided in", ticket);
        page.add("</dl>");
        page.begin_table(&format!("{} packages", self.packages.len()), &["File", "Package", "#Size", "SHA-256"]);
        for (file, id) in &self.packages {
            let digest = format!("<code>{}</code>", file.sha256);
            let name = link(&format!("../{}", file.path), file.path.file_name());
            page.add_row(&[name, escape(&id.identity), size(file.size), digest], &[2]);
        }
        page.end_table();
        page.finish()
    }
}
