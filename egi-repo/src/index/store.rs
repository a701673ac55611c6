//! Metadata that was rendered before, kept so that a change costs what it changes.
//!
//! ```text
//! metadata/pieces/<2 hex>/<digest of the package>   what the indexes say of it
//! metadata/blocks/<2 hex>/<digest of the run>       a run of packages as the indexes have it, packed
//! metadata/updates/<2 hex>/<digest of its facts>    what `updateinfo.xml` says of a release, packed
//! ```
//!
//! Everything here follows from the pool, and checks itself: a file begins with the version of its format and the
//! digest of the rest. What is missing, damaged or of another version is rendered anew. So nothing here is synced to
//! disk, and a file that can not be written is done without.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use egi_model::content::ContentFile;
use egi_model::digest::Sha256;
use egi_model::release::PackageFormat;
use rpmrepo_metadata::MetadataError;
use sha2::Digest as _;

use super::block::Block;
use super::packed::{Packing, Part};
use super::piece::{self, Piece};
use crate::package::PackageId;
use crate::parallel;
use crate::tree::RepoError;
use crate::tree::files::During as _;

/// The version of the formats, to be raised with every change to what a piece or block says.
const VERSION: &str = "nsrw-metadata 1";
/// A run ends with a package whose digest begins with this byte, as one in 256 does.
const RUN_END: u8 = 0;
/// The most packages in a run.
const MAX_RUN: usize = 1024;

/// A package in an index.
#[derive(Debug, Clone)]
pub(crate) struct Listed<'a> {
    /// Its file; the path is where clients find it.
    pub(crate) file: &'a ContentFile,
    /// Where to read it.
    pub(crate) stored: PathBuf,
    pub(crate) format: PackageFormat,
}

/// The metadata kept below one folder.
#[derive(Debug)]
pub(crate) struct MetadataStore {
    folder: PathBuf,
    rendered: AtomicU64,
    read: AtomicU64,
}

impl MetadataStore {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, rendered: AtomicU64::new(0), read: AtomicU64::new(0) }
    }

    /// How many packages were parsed and rendered, and how many pieces read, since it was opened.
    #[cfg(test)]
    pub(crate) fn effort(&self) -> (u64, u64) {
        (self.rendered.load(Ordering::Relaxed), self.read.load(Ordering::Relaxed))
    }

    /// What the indexes say of a package; kept from then on.
    pub(crate) fn piece(&self, package: &Listed<'_>) -> Result<Piece, RepoError> {
        if let Some(piece) = self.read_piece(package) {
            return Ok(piece);
        }
        let piece = self.render_piece(package)?;
        if let Ok(bytes) = serde_json::to_vec(&piece) {
            keep(&self.place("pieces", package.file.sha256), &bytes);
        }
        Ok(piece)
    }

    /// What a package is. Writes nothing, and renders nothing that it could not keep.
    pub(crate) fn look_up(&self, package: &Listed<'_>) -> Result<PackageId, RepoError> {
        match self.read_piece(package) {
            Some(piece) => Ok(piece.id),
            None => piece::identify(&package.stored, package.file, package.format),
        }
    }

    fn read_piece(&self, package: &Listed<'_>) -> Option<Piece> {
        let bytes = read_checked(&self.place("pieces", package.file.sha256))?;
        let piece = serde_json::from_slice(&bytes).ok()?;
        self.read.fetch_add(1, Ordering::Relaxed);
        Some(piece)
    }

    fn render_piece(&self, package: &Listed<'_>) -> Result<Piece, RepoError> {
        self.rendered.fetch_add(1, Ordering::Relaxed);
        Piece::render(&package.stored, package.file, package.format)
    }

    /// The packages, which are in the order of the index, as runs.
    ///
    /// Where a run ends depends on the packages near by and not on their number, so that a package more or less changes
    /// one run and leaves the others as they are.
    pub(crate) fn blocks(&self, packages: &[Listed<'_>], packing: Packing) -> Result<Vec<Block>, RepoError> {
        let mut runs = Vec::new();
        let mut rest = packages;
        while !rest.is_empty() {
            let ends = |package: &Listed<'_>| package.file.sha256.as_bytes().first() == Some(&RUN_END);
            let end = rest.iter().take(MAX_RUN).position(ends).map_or(rest.len().min(MAX_RUN), |at| at + 1);
            let (run, more) = rest.split_at(end);
            runs.push(run);
            rest = more;
        }
        parallel::map(&runs, |run| self.block(run, packing)).into_iter().collect()
    }

    fn block(&self, run: &[Listed<'_>], packing: Packing) -> Result<Block, RepoError> {
        let place = self.place("blocks", name_of(run, packing));
        if let Some(block) = read_checked(&place).and_then(|bytes| Block::parse(&bytes)) {
            return Ok(block);
        }
        let pieces = run.iter().map(|package| Ok((package.file.path.as_str(), self.piece(package)?)));
        let block = Block::pack(&pieces.collect::<Result<Vec<_>, RepoError>>()?, packing).during("pack", &place)?;
        keep(&place, &block.render());
        Ok(block)
    }

    /// A text of an index, packed, that depends on nothing but what `name` is the digest of; kept from then on.
    pub(super) fn packed(
        &self,
        name: Sha256,
        packing: Packing,
        render: impl FnOnce() -> Result<String, MetadataError>,
    ) -> Result<Part, RepoError> {
        let place = self.place("updates", name);
        if let Some(part) = read_checked(&place).and_then(|bytes| Block::parse(&bytes)?.packed.pop()) {
            return Ok(part);
        }
        let text = render().map_err(|source| RepoError::Index { path: place.clone(), source })?;
        let part = Part::pack(text.as_bytes(), packing).during("pack", &place)?;
        keep(&place, &Block { packed: vec![part.clone()], plain: Vec::new() }.render());
        Ok(part)
    }

    fn place(&self, kind: &str, digest: Sha256) -> PathBuf {
        let hex = digest.to_hex();
        self.folder.join(kind).join(hex.get(..2).unwrap_or_default()).join(&hex)
    }
}

/// The digest of what a run consists of: how it is packed, packages, and where they lie.
fn name_of(run: &[Listed<'_>], packing: Packing) -> Sha256 {
    let mut hasher = sha2::Sha256::new();
    hasher.update(format!("{packing}\n"));
    for package in run {
        hasher.update(package.file.sha256.as_bytes());
        hasher.update(package.file.path.as_str().as_bytes());
        hasher.update(b"\n");
    }
    Sha256::from_bytes(hasher.finalize().into())
}

/// What was kept there, if it is still what it was.
fn read_checked(place: &Path) -> Option<Vec<u8>> {
    let mut bytes = fs::read(place).ok()?;
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let rest = bytes.split_off(end + 1);
    let head = format!("{VERSION} {}\n", Sha256::of(&rest));
    (bytes == head.as_bytes()).then_some(rest)
}

/// Keeps `bytes` there if it can. What is there already was found wanting.
fn keep(place: &Path, bytes: &[u8]) {
    let write = || {
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        let head = format!("{VERSION} {}\n", Sha256::of(bytes));
        match fs::remove_file(place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::write(place, [head.as_bytes(), bytes].concat())
    };
    if let Err(error) = write() {
        tracing::debug!(file.path = %place.display(), "rendered metadata is not kept: {error}");
    }
}
