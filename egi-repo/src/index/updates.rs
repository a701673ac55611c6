//! `updateinfo.xml`: what each release of a yum repository brings, for `dnf updateinfo` and what builds on it.
//!
//! One `<update>` for each release. It is packed once and kept, as it stays the same as long as the release is there.

use chrono::{DateTime, Utc};
use egi_model::area::{Area, RepoKey};
use egi_model::digest::Sha256;
use rpmrepo_metadata::utils::create_xml_writer;
use rpmrepo_metadata::{
    MetadataError, UpdateCollection, UpdateCollectionPackage, UpdateRecord, UpdateReference, UpdateinfoXml,
};

use super::packed::Packing;
use crate::package::PackageId;
use crate::page;
use crate::tree::Placement;
use crate::tree::about::{About, is_link};

/// A release that updates bring.
pub(crate) struct Update<'a> {
    pub(crate) key: &'a RepoKey,
    /// Where the public finds the root, if it does.
    pub(crate) public_url: Option<&'a str>,
    pub(crate) placement: &'a Placement,
    pub(crate) about: &'a About,
    /// When the release entered the repository.
    pub(crate) entered: DateTime<Utc>,
    /// Its packages, each with its file's name.
    pub(crate) packages: Vec<(&'a str, &'a PackageId)>,
}

impl Update<'_> {
    /// Names what the element says: all that it depends on. What the release consists of is part of its placement.
    pub(super) fn name(&self, packing: Packing) -> Sha256 {
        let Self { key, public_url, placement, about, entered, .. } = self;
        let entered = about.released.is_none().then_some(entered);
        // Records always have a JSON.
        let facts = serde_json::to_string(&(key, public_url, placement, about, entered)).unwrap_or_default();
        Sha256::of(format!("{packing}\n{facts}").as_bytes())
    }

    /// The element, without the document around it.
    pub(super) fn render(&self) -> Result<String, MetadataError> {
        let head = head()?;
        let mut whole = UpdateinfoXml::new_writer(create_xml_writer(Vec::new()));
        whole.write_header()?;
        whole.write_updaterecord(&self.record())?;
        Ok(String::from_utf8_lossy(whole.into_inner().get(head.len()..).unwrap_or_default()).into_owned())
    }

    fn record(&self) -> UpdateRecord {
        let Self { about, key, .. } = self;
        let texts = [&about.description, &about.notes, &about.changes].into_iter().filter(|text| !is_link(text));
        // The provider's day, where there is one: so that the same release is told of in the same way everywhere.
        let date = about.released.unwrap_or_else(|| self.entered.date_naive());
        let date = format!("{date} 00:00:00");
        let status = if key.area == Area::Production { "final" } else { "testing" };
        UpdateRecord {
            from: about.provider.clone(),
            update_type: about.kind().as_str().to_owned(),
            status: status.to_owned(),
            version: "1".to_owned(),
            id: format!("{}-{}", self.placement.product, about.version),
            title: about.title(),
            issued_date: Some(date.clone()),
            updated_date: Some(date),
            release: Some(about.major_title.clone()),
            description: Some(texts.map(|text| text.trim()).collect::<Vec<_>>().join("\n\n")),
            references: self.references(),
            pkglist: vec![UpdateCollection {
                name: about.major_title.clone(),
                shortname: about.major.to_string(),
                packages: self.packages.iter().filter_map(|(file, id)| package(file, id)).collect(),
                module: None,
            }],
            ..UpdateRecord::default()
        }
    }

    /// Of all kinds of reference, clients show those to a bug tracker: so the ticket is one. Where the ticket has no
    /// address, the release's page stands for it.
    fn references(&self) -> Vec<UpdateReference> {
        let Self { about, placement, key, .. } = self;
        let page =
            self.public_url.map(|url| format!("{url}/{}/{}", key.public_path(), page::release_path(placement.ticket)));
        let mut references = Vec::new();
        let mut add = |kind: &str, id: String, href: Option<&str>, title: String| {
            let href = href.unwrap_or_default().trim().to_owned();
            references.push(UpdateReference { href, id, title, reftype: kind.to_owned() });
        };
        let ticket = format!("Ticket {}", placement.ticket);
        add("bugzilla", placement.ticket.to_string(), about.ticket_url.as_deref().or(page.as_deref()), ticket);
        if let Some(page) = &page {
            add("self", String::new(), Some(page), about.title());
        }
        for (what, text) in [("Release notes", &about.notes), ("Change log", &about.changes)] {
            if is_link(text) {
                add("other", String::new(), Some(text), what.to_owned());
            }
        }
        for link in about.documentation.iter().filter(|link| is_link(link)) {
            add("other", String::new(), Some(link), "Documentation".to_owned());
        }
        references
    }
}

/// A package by its identity, `name-epoch:version-release.arch`. Sources update nothing.
fn package(file: &str, id: &PackageId) -> Option<UpdateCollectionPackage> {
    if id.arch == "src" || id.arch == "nosrc" {
        return None;
    }
    let rest = id.identity.strip_suffix(&id.arch)?.strip_suffix('.')?;
    let (rest, release) = rest.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    let (epoch, version) = version.split_once(':').unwrap_or(("0", version));
    Some(UpdateCollectionPackage {
        epoch: epoch.to_owned(),
        filename: file.to_owned(),
        name: name.to_owned(),
        release: release.to_owned(),
        arch: id.arch.clone(),
        version: version.to_owned(),
        ..UpdateCollectionPackage::default()
    })
}

/// What begins the document.
pub(super) fn head() -> Result<Vec<u8>, MetadataError> {
    let mut writer = UpdateinfoXml::new_writer(create_xml_writer(Vec::new()));
    writer.write_header()?;
    Ok(writer.into_inner())
}

/// What ends it.
pub(super) const TAIL: &str = "\n</updates>\n";
