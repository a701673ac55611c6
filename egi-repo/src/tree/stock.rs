//! What the packages of contents need and offer, from the metadata that is kept of them.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use egi_model::area::RepoKey;
use egi_model::content::{ContentFile, ContentId};
use egi_model::release::PackageFormat;
use egi_model::ticket::TicketId;

use super::manifest::Manifest;
use super::{Placement, RepoError, RepoTree, plan, pool};
use crate::closure;
use crate::gate::Stocked;
use crate::index::Listed;
use crate::outside::add_files;
use crate::package::format_of;

/// Which of the texts that are kept of an rpm.
const PRIMARY: usize = 0;
const FILELISTS: usize = 1;

impl RepoTree {
    /// What a repository's placements would be if one more came in.
    pub(crate) fn placements_with(&self, key: &RepoKey, placement: &Placement) -> Result<Vec<Placement>, RepoError> {
        Ok(plan::placed(Manifest::read(&self.layout.live(key))?.as_ref(), placement).placements)
    }

    /// Where indexes of others are kept. Garbage collection removes those that were not fetched anew for long.
    pub(crate) fn outside_cache(&self) -> PathBuf {
        self.layout.metadata().join("outside")
    }

    /// The packages of contents in one format, those of debs for machines of an architecture; each once.
    pub(crate) fn stock(
        &self,
        contents: &[(TicketId, ContentId)],
        format: PackageFormat,
        machine: &str,
    ) -> Result<Vec<Stocked>, RepoError> {
        let (mut stock, mut seen) = (Vec::new(), BTreeSet::new());
        for (ticket, content) in contents {
            let files = pool::load(&self.layout, *content)?.into_iter();
            let files = files.filter(|file| format_of(&file.path) == Some(format) && seen.insert(file.sha256));
            let files: HashMap<String, ContentFile> = files.map(|file| (file.sha256.to_hex(), file)).collect();
            let text = self.texts(files.values().map(|file| (*content, file)), format, PRIMARY)?;
            let packages = match format {
                PackageFormat::Deb => closure::read_packages(&text, machine),
                PackageFormat::Rpm => {
                    closure::read_primary(format!("<metadata packages=\"0\">{text}</metadata>").as_bytes())
                        .map_err(|source| RepoError::Index { path: self.layout.content(*content), source })?
                }
            };
            stock.extend(packages.into_iter().filter_map(|package| {
                let file = files.get(package.digest.as_ref()?)?.clone();
                Some(Stocked { ticket: *ticket, content: *content, file, package })
            }));
        }
        // The same in every run.
        stock.sort_by(|one, two| (&one.package.identity, one.ticket).cmp(&(&two.package.identity, two.ticket)));
        Ok(stock)
    }

    /// Looks for the files `wanted` in the full lists of files of rpms, and adds those that are found to the packages.
    pub(crate) fn find_files(&self, stock: &mut [Stocked], wanted: &BTreeSet<String>) -> Result<(), RepoError> {
        let text =
            self.texts(stock.iter().map(|stocked| (stocked.content, &stocked.file)), PackageFormat::Rpm, FILELISTS)?;
        let xml = format!("<filelists packages=\"0\">{text}</filelists>");
        let found = closure::read_filelists(xml.as_bytes(), wanted)
            .map_err(|source| RepoError::Index { path: self.layout.metadata(), source })?;
        add_files(stock.iter_mut().map(|stocked| &mut stocked.package), found);
        Ok(())
    }

    /// What an index says of each file, one after the other.
    fn texts<'a>(
        &self,
        files: impl Iterator<Item = (ContentId, &'a ContentFile)>,
        format: PackageFormat,
        index: usize,
    ) -> Result<String, RepoError> {
        let listed: Vec<_> = files
            .map(|(content, file)| Listed { file, content, stored: self.layout.pool_file(file.sha256), format })
            .collect();
        let pieces = self.metadata.pieces(&listed)?;
        let texts = listed
            .iter()
            .zip(&pieces)
            .filter_map(|(listed, piece)| Some(piece.texts.get(index)?.with(listed.file.path.as_str())));
        Ok(texts.collect())
    }
}
