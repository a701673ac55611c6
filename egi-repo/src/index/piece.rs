//! What the indexes say of one package, wherever it lies in a repository.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use egi_model::content::ContentFile;
use egi_model::digest::{Algorithm, Sha256};
use egi_model::release::PackageFormat;
use rpmrepo_metadata::utils::create_xml_writer;
use rpmrepo_metadata::{
    Checksum, FilelistsXml, MetadataError, OtherXml, Package, PackageOptions, PackageSource, PrimaryXml,
};

use crate::package::{FileFacts, PackageHeader, PackageId, deb, rpm};
use crate::tree::RepoError;
use crate::tree::files::During as _;
use crate::verify::hash::digest_reader;

/// A text with the package's path left out: the path belongs between each two parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gapped(pub(super) Vec<String>);

impl Gapped {
    /// Takes `stand_in` out of a text.
    fn cut(text: &str, stand_in: &str) -> Self {
        Self(text.split(stand_in).map(str::to_owned).collect())
    }

    /// The text of a package at `path`. No character that a path may have needs escaping in XML or in a stanza.
    pub(crate) fn with(&self, path: &str) -> String {
        self.0.join(path)
    }
}

/// What the indexes say of one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) id: PackageId,
    /// One text for each index: primary, filelists and other of an rpm; the stanza of a deb.
    pub(crate) texts: Vec<Gapped>,
}

impl Piece {
    /// Reads the package at `stored`, whose verified file is `file`.
    pub(crate) fn render(stored: &Path, file: &ContentFile, format: PackageFormat) -> Result<Self, RepoError> {
        match format {
            PackageFormat::Rpm => render_rpm(stored, file),
            PackageFormat::Deb => render_deb(stored, file),
        }
    }
}

/// What the package at `stored` is, whose verified file is `file`.
pub(super) fn identify(stored: &Path, file: &ContentFile, format: PackageFormat) -> Result<PackageId, RepoError> {
    let facts = FileFacts::from(file);
    let header = match format {
        PackageFormat::Rpm => rpm::describe_at(stored, &rpm::load(stored)?, facts)?,
        PackageFormat::Deb => deb::read_known(stored, facts)?,
    };
    Ok(PackageId::of(&header))
}

/// A path that no package contains by chance, because it has the package's own digest in it.
fn stand_in(sha256: Sha256) -> String {
    format!("{sha256}/path")
}

fn render_rpm(stored: &Path, file: &ContentFile) -> Result<Piece, RepoError> {
    let metadata = rpm::load(stored)?;
    let id = PackageId::of(&rpm::describe_at(stored, &metadata, FileFacts::from(file))?);
    let path = stand_in(file.sha256);
    let source = PackageSource {
        checksum: Some(Checksum::Sha256(file.sha256.to_hex())),
        size_package: Some(file.size),
        // The times of hard links tell nothing, and change from host to host.
        time_file: metadata.get_build_time().unwrap_or_default(),
        location_href: path.clone(),
        location_base: None,
    };
    let refused = |source| refused(stored, source);
    let package = Package::from_package_metadata(&metadata, source, PackageOptions::default()).map_err(refused)?;
    let texts = [primary(&package), filelists(&package), other(&package)];
    let texts = texts.into_iter().map(|text| text.map(|text| Gapped::cut(&text, &path)));
    Ok(Piece { id, texts: texts.collect::<Result<_, _>>().map_err(refused)? })
}

/// Writes a document of one package, and takes away what is the document's: that is the same for all.
macro_rules! element {
    ($document:ident, $package:expr) => {{
        static HEAD: OnceLock<usize> = OnceLock::new();
        let head = match HEAD.get() {
            Some(head) => *head,
            None => {
                let mut head = $document::new_writer(create_xml_writer(Vec::new()));
                head.write_header(1)?;
                let head = head.into_inner().len();
                *HEAD.get_or_init(|| head)
            }
        };
        let mut whole = $document::new_writer(create_xml_writer(Vec::new()));
        whole.write_header(1)?;
        whole.write_package($package)?;
        let whole = whole.into_inner();
        let mut whole = String::from_utf8(whole).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
        Ok(whole.split_off(head.min(whole.len())))
    }};
}

fn primary(package: &Package) -> Result<String, MetadataError> {
    element!(PrimaryXml, package)
}

fn filelists(package: &Package) -> Result<String, MetadataError> {
    element!(FilelistsXml, package)
}

fn other(package: &Package) -> Result<String, MetadataError> {
    element!(OtherXml, package)
}

/// SHA-256 for every apt since 2008, MD5 for what is older or reads the lists by other means.
fn render_deb(stored: &Path, file: &ContentFile) -> Result<Piece, RepoError> {
    let control = deb::load(stored)?;
    let header: PackageHeader = deb::read_known(stored, FileFacts::from(file))?;
    let bytes = File::open(stored).during("read", stored)?;
    let digested = digest_reader(bytes, std::iter::once(Algorithm::Md5), &mut |_| ()).during("read", stored)?;
    let path = stand_in(file.sha256);
    let stanza = control.render_stanza(&[
        ("Filename", path.clone()),
        ("Size", file.size.to_string()),
        ("MD5sum", digested.digest(Algorithm::Md5)),
        ("SHA256", file.sha256.to_hex()),
    ]);
    Ok(Piece { id: PackageId::of(&header), texts: vec![Gapped::cut(&(stanza + "\n"), &path)] })
}

fn refused(path: &Path, source: MetadataError) -> RepoError {
    if let MetadataError::IoError(source) = source {
        return RepoError::of("write", path, source);
    }
    RepoError::Index { path: path.to_owned(), source }
}
