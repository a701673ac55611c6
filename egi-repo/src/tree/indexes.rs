//! What clients and people read of a generation: indexes, files to install by, pages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use egi_model::content::ContentFile;
use egi_model::digest::Sha256;
use egi_model::name::Segment;
use egi_model::release::PackageFormat;
use egi_model::ticket::TicketId;

use super::about::{self, About};
use super::files::write_new;
use super::publish::{Links, Publication};
use super::{Placement, RepoError};
use crate::index::updates::Update;
use crate::index::{Listed, Stamp, Written, apt, repofile, yum};
use crate::openpgp::Signer;
use crate::package::{PackageId, format_of};
use crate::page::{self, ReleasePage, RepoPage, Row};

/// The packages of each release.
type Shares<'a> = BTreeMap<TicketId, Vec<(&'a ContentFile, &'a PackageId)>>;
/// The releases that have a page, each with a digest of what it says.
type Pages = BTreeMap<TicketId, Sha256>;

impl Publication<'_> {
    /// Tells what was written, and which release's pages are there.
    pub(super) fn write_indexes(&self, aside: &Path, signer: Option<&Signer>) -> Result<(Written, Pages), RepoError> {
        let Self { layout, metadata, draft, options, key, .. } = *self;
        let stamp = Stamp { generation: draft.generation, now: self.now, valid_until: self.valid_until() };
        let abouts = about::load_all(layout, &draft.wish.placements)?;
        let shares = self.shares();
        let (rpms, suites) = self.listed();
        let updates = self.updates(&abouts, &shares);
        let mut written = yum::write(aside, metadata, &rpms, &updates, options.yum_packing, stamp, signer)?;
        written.extend(apt::write(aside, metadata, &suites, stamp, signer)?);
        let mut how_to = Vec::new();
        if let Some(public_url) = &options.public_url {
            let signed_by = signer.map(Signer::armored_keys);
            let packages_signed = !options.package_keys.is_empty();
            let notice = repofile::Notice { key, public_url, signed_by, packages_signed };
            let suites: BTreeSet<_> = suites.iter().map(|(name, suite)| (name.to_string(), suite.archs())).collect();
            written.extend(notice.write(aside, !rpms.is_empty(), &suites, stamp)?);
            how_to = notice.install_steps(!rpms.is_empty(), !suites.is_empty());
        }
        let pages = self.write_release_pages(aside, &abouts, &shares)?;
        written.by_name.extend(pages.keys().map(|ticket| page::release_path(*ticket)));
        let text = self.repo_page(&abouts, &shares, how_to, stamp).render();
        write_new(&aside.join(page::INDEX), text.as_bytes())?;
        written.by_name.push(page::INDEX.to_owned());
        Ok((written, pages))
    }

    /// The packages for each kind of index.
    fn listed(&self) -> (Vec<Listed<'_>>, BTreeMap<Segment, apt::Suite<'_>>) {
        let Self { layout, draft, .. } = *self;
        let (mut rpms, mut suites) = (Vec::new(), BTreeMap::new());
        let contents = draft.wish.contents();
        let mut seen = BTreeSet::new();
        for (path, id) in &draft.packages {
            let (Some(shown), Some(format)) = (draft.view.get(path), format_of(path)) else { continue };
            let Some(content) = contents.get(&shown.ticket).copied() else { continue };
            let stored = layout.pool_file(shown.file.sha256);
            let package = Listed { file: &shown.file, content, stored, format };
            match format {
                // One package at two paths is one package.
                PackageFormat::Rpm if seen.insert(shown.file.sha256) => rpms.push(package),
                PackageFormat::Rpm => {}
                PackageFormat::Deb => {
                    for placement in draft.wish.placements.iter().filter(|p| shown.tickets().any(|t| t == p.ticket)) {
                        let suite: &mut apt::Suite<'_> = suites.entry(placement.target.platform.clone()).or_default();
                        suite.add(package.clone(), &id.arch, &placement.target.arch);
                    }
                }
            }
        }
        (rpms, suites)
    }

    fn shares(&self) -> Shares<'_> {
        let mut shares = Shares::new();
        for (path, id) in &self.draft.packages {
            let Some(shown) = self.draft.view.get(path) else { continue };
            for ticket in shown.tickets() {
                shares.entry(ticket).or_default().push((&shown.file, id));
            }
        }
        shares
    }

    /// What the rpms of each release bring, of those releases that something is told of.
    fn updates<'u>(&'u self, abouts: &'u BTreeMap<TicketId, About>, shares: &Shares<'u>) -> Vec<Update<'u>> {
        let update = |placement: &'u Placement| {
            let packages = shares.get(&placement.ticket)?.iter();
            let rpms = packages.filter(|(file, _)| format_of(&file.path) == Some(PackageFormat::Rpm));
            let packages: Vec<_> = rpms.map(|(file, id)| (file.path.file_name(), *id)).collect();
            let about = abouts.get(&placement.ticket).filter(|_| !packages.is_empty())?;
            let (key, public_url) = (self.key, self.options.public_url.as_deref());
            Some(Update { key, public_url, placement, about, entered: self.entered(placement.ticket), packages })
        };
        self.draft.wish.placements.iter().filter_map(update).collect()
    }

    /// The page of each release. One that would say what it says in the live generation is that one.
    fn write_release_pages(
        &self,
        aside: &Path,
        abouts: &BTreeMap<TicketId, About>,
        shares: &Shares<'_>,
    ) -> Result<Pages, RepoError> {
        let (mut links, place) = (Links::below(aside), self.layout.live(self.key));
        let mut pages = Pages::new();
        for placement in &self.draft.wish.placements {
            let Placement { ticket, product, .. } = placement;
            let (about, entered) = (abouts.get(ticket), self.entered(*ticket));
            // Records always have a JSON.
            let facts = serde_json::to_vec(&(page::VERSION, self.key, placement, about, entered)).unwrap_or_default();
            let (facts, path) = (Sha256::of(&facts), page::release_path(*ticket));
            if self.live.is_some_and(|live| live.pages.get(ticket) == Some(&facts)) {
                links.add(&path, &place.join(&path))?;
            } else {
                let packages = shares.get(ticket).cloned().unwrap_or_default();
                let page = ReleasePage { key: self.key, ticket: *ticket, product, about, entered, packages };
                links.write(&path, page.render().as_bytes())?;
            }
            pages.insert(*ticket, facts);
        }
        Ok(pages)
    }

    fn repo_page<'p>(
        &'p self,
        abouts: &'p BTreeMap<TicketId, About>,
        shares: &Shares<'_>,
        how_to: Vec<(String, String)>,
        stamp: Stamp,
    ) -> RepoPage<'p> {
        let row = |placement: &'p Placement| {
            let packages = shares.get(&placement.ticket).map_or(&[][..], Vec::as_slice);
            Row {
                ticket: placement.ticket,
                product: &placement.product,
                about: abouts.get(&placement.ticket),
                entered: self.entered(placement.ticket),
                packages: packages.len(),
                bytes: packages.iter().map(|(file, _)| file.size).sum(),
            }
        };
        let mut rows: Vec<_> = self.draft.wish.placements.iter().map(row).collect();
        // What came last is looked for most.
        rows.sort_by_key(|row| std::cmp::Reverse((row.entered, row.ticket)));
        RepoPage { key: self.key, public_url: self.options.public_url.as_deref(), how_to, rows, stamp }
    }
}
