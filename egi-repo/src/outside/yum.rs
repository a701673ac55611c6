//! A yum repository outside: `repomd.xml`, the `primary` it names, and `filelists` where somebody needs a file that
//! `primary` does not list.

use std::collections::{BTreeSet, HashMap};

use rpmrepo_metadata::utils::create_xml_reader;
use rpmrepo_metadata::{RepomdRecord, RepomdXml};

use super::OutsideError;
use super::place::{Reader, open};
use crate::closure::{Package, read_filelists, read_primary};

/// The file lists of a repository, not read yet.
pub(crate) struct Filelists {
    place: String,
    record: RepomdRecord,
}

pub(super) fn read(reader: &Reader, place: &str) -> Result<(Vec<Package>, Option<Filelists>), OutsideError> {
    let place = place.trim_end_matches('/');
    let top = format!("{place}/repodata/repomd.xml");
    let bytes = reader.read(&top)?;
    let repomd = RepomdXml::read_data(create_xml_reader(bytes.as_slice()))
        .map_err(|error| OutsideError::malformed(&top, &error))?;
    let primary =
        repomd.get_record("primary").ok_or_else(|| OutsideError::malformed(&top, &"it names no primary index"))?;
    let (url, xml) = bring(reader, place, primary)?;
    let packages = read_primary(xml).map_err(|error| OutsideError::malformed(&url, &error))?;
    let files =
        repomd.get_record("filelists").map(|record| Filelists { place: place.to_owned(), record: record.clone() });
    Ok((packages, files))
}

fn bring(reader: &Reader, place: &str, record: &RepomdRecord) -> Result<(String, impl std::io::BufRead), OutsideError> {
    let href = record.location_href.to_string_lossy();
    let url = format!("{}/{href}", record.location_base.as_deref().unwrap_or(place).trim_end_matches('/'));
    let bytes = reader.read_known(&url, &record.checksum)?;
    let xml = open(&href, bytes).map_err(|error| OutsideError::malformed(&url, &error))?;
    Ok((url, xml))
}

impl Filelists {
    pub(super) fn find(
        &self,
        reader: &Reader,
        packages: &mut [Package],
        wanted: &BTreeSet<String>,
    ) -> Result<(), OutsideError> {
        let (url, xml) = bring(reader, &self.place, &self.record)?;
        let found = read_filelists(xml, wanted).map_err(|error| OutsideError::malformed(&url, &error))?;
        add_files(packages.iter_mut(), found);
        Ok(())
    }
}

/// Adds files that were found to the packages, which the index knows by digest.
pub(crate) fn add_files<'a>(
    packages: impl Iterator<Item = &'a mut Package>,
    found: impl IntoIterator<Item = (String, Vec<String>)>,
) {
    let mut by_digest: HashMap<String, Vec<&mut Package>> = HashMap::new();
    for package in packages {
        if let Some(digest) = package.digest.clone() {
            by_digest.entry(digest).or_default().push(package);
        }
    }
    for (file, digests) in found {
        for digest in digests {
            for package in by_digest.get_mut(&digest).into_iter().flatten() {
                if !package.files.contains(&file) {
                    package.files.push(file.clone());
                }
            }
        }
    }
}
