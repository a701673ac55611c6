//! The `repodata` folder of a yum repository.
//!
//! The digest of an unpacked index (`open-checksum`) is left out of `repomd.xml`: it is optional, no client needs it,
//! and it alone would have to be computed over everything each time.

use std::fs;
use std::path::{Path, PathBuf};

use rpmrepo_metadata::utils::create_xml_writer;
use rpmrepo_metadata::{
    Checksum, FilelistsXml, MetadataError, OtherXml, PrimaryXml, RepomdData, RepomdRecord, RepomdXml,
};

use super::packed::{PackedFile, Packing, Part};
use super::sink::Measure;
use super::store::{Listed, MetadataStore};
use super::updates::{self, Update};
use super::{Stamp, Written};
use crate::openpgp::Signer;
use crate::tree::RepoError;
use crate::tree::files::{During as _, write_new};

/// The indexes, in the order of a piece's texts, and what ends each.
const INDEXES: [(&str, &str); 3] =
    [("primary", "\n</metadata>\n"), ("filelists", "\n</filelists>\n"), ("other", "\n</otherdata>\n")];

/// Writes `repodata` below `root`, `repomd.xml` last, and its signature before it. Writes nothing if there is no
/// package.
pub(crate) fn write(
    root: &Path,
    store: &MetadataStore,
    packages: &[Listed<'_>],
    updates: &[Update<'_>],
    packing: Packing,
    stamp: Stamp,
    signer: Option<&Signer>,
) -> Result<Written, RepoError> {
    if packages.is_empty() {
        return Ok(Written::default());
    }
    let folder = root.join("repodata");
    fs::create_dir(&folder).during("create", &folder)?;
    let top = folder.join("repomd.xml");
    let refused = |source| refused(&top, source);
    let heads = heads(packages.len()).map_err(refused)?;
    let mut repomd = RepomdData::default();
    repomd.set_revision(&stamp.generation.to_string());
    let mut written = Written::default();
    let mut add = |kind, (href, measure, open): (String, Measure, u64)| {
        repomd.add_record(record(kind, &href, measure, open, stamp));
        written.by_digest.push(href);
    };
    let blocks = store.blocks(packages, packing)?;
    for (index, ((kind, tail), head)) in INDEXES.into_iter().zip(&heads).enumerate() {
        let parts = blocks.iter().filter_map(|block| block.packed.get(index));
        add(kind, write_index(&folder, kind, packing, (head, parts, tail))?);
    }
    if !updates.is_empty() {
        let render = |update: &Update<'_>| store.packed(update.name(packing), packing, || update.render());
        let parts = updates.iter().map(render).collect::<Result<Vec<_>, _>>()?;
        let head = updates::head().map_err(refused)?;
        add("updateinfo", write_index(&folder, "updateinfo", packing, (&head, parts.iter(), updates::TAIL))?);
    }
    let mut xml = create_xml_writer(Vec::new());
    RepomdXml::write_data(&repomd, &mut xml).map_err(refused)?;
    let xml = xml.into_inner();
    if let Some(signer) = signer {
        write_new(&folder.join("repomd.xml.asc"), &signer.detached(&xml, stamp.now)?)?;
        written.by_name.push("repodata/repomd.xml.asc".to_owned());
    }
    write_new(&top, &xml)?;
    written.by_name.push("repodata/repomd.xml".to_owned());
    Ok(written)
}

/// Writes an index under its digest, and tells its path below the repository, its measure, and how many bytes it has
/// unpacked.
fn write_index<'a>(
    folder: &Path,
    kind: &str,
    packing: Packing,
    (head, parts, tail): (&[u8], impl Iterator<Item = &'a Part>, &str),
) -> Result<(String, Measure, u64), RepoError> {
    let ending = packing.ending();
    let draft = folder.join(format!("{kind}.xml.{ending}"));
    let assemble = || {
        let mut file = PackedFile::create(&draft, packing)?;
        file.add_text(head)?;
        for part in parts {
            file.add(part)?;
        }
        file.add_text(tail.as_bytes())?;
        file.finish()
    };
    let (measure, open) = assemble().during("write", &draft)?;
    let name = format!("{}-{kind}.xml.{ending}", measure.sha256);
    fs::rename(&draft, folder.join(&name)).during("rename", &draft)?;
    Ok((format!("repodata/{name}"), measure, open))
}

/// What begins each index.
fn heads(packages: usize) -> Result<[Vec<u8>; 3], MetadataError> {
    let mut primary = PrimaryXml::new_writer(create_xml_writer(Vec::new()));
    primary.write_header(packages)?;
    let mut filelists = FilelistsXml::new_writer(create_xml_writer(Vec::new()));
    filelists.write_header(packages)?;
    let mut other = OtherXml::new_writer(create_xml_writer(Vec::new()));
    other.write_header(packages)?;
    Ok([primary.into_inner(), filelists.into_inner(), other.into_inner()])
}

fn record(kind: &str, href: &str, measure: Measure, open: u64, stamp: Stamp) -> RepomdRecord {
    let mut record = RepomdRecord::default();
    kind.clone_into(&mut record.metadata_name);
    record.location_href = PathBuf::from(href);
    record.timestamp = stamp.now.timestamp();
    record.size = Some(measure.size);
    record.checksum = Checksum::Sha256(measure.sha256.to_hex());
    record.open_size = Some(open);
    record
}

fn refused(path: &Path, source: MetadataError) -> RepoError {
    if let MetadataError::IoError(source) = source {
        return RepoError::of("write", path, source);
    }
    RepoError::Index { path: path.to_owned(), source }
}
