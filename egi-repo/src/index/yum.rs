//! The `repodata` folder of a yum repository.

use std::fs;
use std::path::{Path, PathBuf};

use egi_model::content::ContentFile;
use rpmrepo_metadata::utils::create_xml_writer;
use rpmrepo_metadata::{
    Checksum, FilelistsXml, MetadataError, OtherXml, Package, PackageOptions, PackageSource, PrimaryXml, RepomdData,
    RepomdRecord, RepomdXml,
};

use super::sink::{GzipFile, Measure};
use super::{Stamp, Written};
use crate::package::rpm;
use crate::tree::RepoError;
use crate::tree::files::{During as _, write_new};

/// A package to list.
pub(crate) struct RpmEntry<'a> {
    /// Its file; the path is where clients find it.
    pub(crate) file: &'a ContentFile,
    /// Where to read it.
    pub(crate) stored: PathBuf,
}

/// Writes `repodata` below `root`, `repomd.xml` last. Writes nothing if there is no package.
pub(crate) fn write(root: &Path, entries: &[RpmEntry<'_>], stamp: Stamp) -> Result<Written, RepoError> {
    if entries.is_empty() {
        return Ok(Written::default());
    }
    let folder = root.join("repodata");
    fs::create_dir(&folder).during("create", &folder)?;
    let mut repomd = RepomdData::default();
    repomd.set_revision(&stamp.generation.to_string());
    let mut written = Written::default();
    for part in write_parts(&folder, entries)? {
        let href = part.publish(&folder)?;
        repomd.add_record(part.record(&href, stamp));
        written.by_digest.push(href);
    }
    let top = folder.join("repomd.xml");
    let mut xml = create_xml_writer(Vec::new());
    RepomdXml::write_data(&repomd, &mut xml).map_err(|source| refused(&top, source))?;
    write_new(&top, &xml.into_inner())?;
    written.by_name.push("repodata/repomd.xml".to_owned());
    Ok(written)
}

/// One metadata file, written under its plain name.
struct Part {
    kind: &'static str,
    packed: Measure,
    unpacked: Measure,
}

impl Part {
    fn close(kind: &'static str, folder: &Path, file: GzipFile) -> Result<Self, RepoError> {
        let (packed, unpacked) = file.finish().during("write", &draft(folder, kind))?;
        Ok(Self { kind, packed, unpacked })
    }

    /// Gives the file its digest's name, and tells its path below the repository's root.
    fn publish(&self, folder: &Path) -> Result<String, RepoError> {
        let name = format!("{}-{}.xml.gz", self.packed.sha256, self.kind);
        let draft = draft(folder, self.kind);
        fs::rename(&draft, folder.join(&name)).during("rename", &draft)?;
        Ok(format!("repodata/{name}"))
    }

    fn record(&self, href: &str, stamp: Stamp) -> RepomdRecord {
        let mut record = RepomdRecord::default();
        self.kind.clone_into(&mut record.metadata_name);
        record.location_href = PathBuf::from(href);
        record.timestamp = stamp.now.timestamp();
        record.size = Some(self.packed.size);
        record.checksum = Checksum::Sha256(self.packed.sha256.to_hex());
        record.open_size = Some(self.unpacked.size);
        record.open_checksum = Some(Checksum::Sha256(self.unpacked.sha256.to_hex()));
        record
    }
}

fn draft(folder: &Path, kind: &str) -> PathBuf {
    folder.join(format!("{kind}.xml.gz"))
}

/// All three files in one pass, so that one package's metadata is in memory at a time.
fn write_parts(folder: &Path, entries: &[RpmEntry<'_>]) -> Result<[Part; 3], RepoError> {
    let create = |kind| {
        let path = draft(folder, kind);
        GzipFile::create(&path).during("create", &path).map(create_xml_writer)
    };
    let mut primary = PrimaryXml::new_writer(create("primary")?);
    let mut filelists = FilelistsXml::new_writer(create("filelists")?);
    let mut other = OtherXml::new_writer(create("other")?);
    let failed = |source| refused(folder, source);
    primary.write_header(entries.len()).map_err(failed)?;
    filelists.write_header(entries.len()).map_err(failed)?;
    other.write_header(entries.len()).map_err(failed)?;
    for entry in entries {
        let package = describe(entry)?;
        primary.write_package(&package).map_err(failed)?;
        filelists.write_package(&package).map_err(failed)?;
        other.write_package(&package).map_err(failed)?;
    }
    primary.finish().map_err(failed)?;
    filelists.finish().map_err(failed)?;
    other.finish().map_err(failed)?;
    Ok([
        Part::close("primary", folder, primary.into_inner())?,
        Part::close("filelists", folder, filelists.into_inner())?,
        Part::close("other", folder, other.into_inner())?,
    ])
}

/// The time of the file is the time of its build: the times of hard links tell nothing, and change from host to host.
fn describe(entry: &RpmEntry<'_>) -> Result<Package, RepoError> {
    let metadata = rpm::load(&entry.stored)?;
    let source = PackageSource {
        checksum: Some(Checksum::Sha256(entry.file.sha256.to_hex())),
        size_package: Some(entry.file.size),
        time_file: metadata.get_build_time().unwrap_or_default(),
        location_href: entry.file.path.to_string(),
        location_base: None,
    };
    Package::from_package_metadata(&metadata, source, PackageOptions::default())
        .map_err(|source| refused(&entry.stored, source))
}

fn refused(path: &Path, source: MetadataError) -> RepoError {
    if let MetadataError::IoError(source) = source {
        return RepoError::of("write", path, source);
    }
    RepoError::Index { path: path.to_owned(), source }
}
