//! Metadata that was rendered before, kept so that a change costs what it changes.
//!
//! ```text
//! metadata/pieces/<2 hex>/<digest of the content>   what the indexes say of each package of a release
//! metadata/blocks/<2 hex>/<digest of the run>       a run of packages as the indexes have it, packed
//! metadata/updates/<2 hex>/<digest of its facts>    what `updateinfo.xml` says of a release, packed
//! ```
//!
//! Everything here follows from the pool, and checks itself: a file begins with the version of its format and a
//! digest. What is missing, damaged or of another version is rendered anew. So nothing here is synced to
//! disk, and a file that can not be written is done without.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use egi_model::content::{ContentFile, ContentId};
use egi_model::digest::Sha256;
use egi_model::release::PackageFormat;
use rpmrepo_metadata::MetadataError;
use sha2::Digest as _;

use super::block::Block;
use super::pack::{self, Pack};
use super::packed::{Packing, Part};
use super::piece::{self, Piece};
use crate::package::PackageId;
use crate::parallel;
use crate::tree::RepoError;
use crate::tree::files::{During as _, create_folders};

/// The version of the formats, to be raised with every change to what a piece or block says.
const VERSION: &str = "nsrw-metadata 2";
/// A run ends with a package whose digest begins with this byte, as one in 256 does.
const RUN_END: u8 = 0;
/// The most packages in a run.
const MAX_RUN: usize = 1024;

/// A package in an index.
#[derive(Debug, Clone)]
pub(crate) struct Listed<'a> {
    /// Its file; the path is where clients find it.
    pub(crate) file: &'a ContentFile,
    /// The release that brings it; of several, any.
    pub(crate) content: ContentId,
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

    /// Sees to it that what the indexes say of these packages is kept, as far as it can be. One release's packages are
    /// rendered at a time.
    pub(crate) fn ensure(&self, packages: &[Listed<'_>]) -> Result<(), RepoError> {
        let by_content: Vec<_> = by_content(packages).into_iter().collect();
        let missing = parallel::map(&by_content, |(content, packages)| self.missing(*content, packages));
        for ((content, _), missing) in by_content.iter().zip(missing).filter(|(_, missing)| !missing.is_empty()) {
            let rendered = parallel::map(&missing, |package| Ok((package.file.sha256, self.render(package)?)));
            let rendered = rendered.into_iter().collect::<Result<Vec<_>, RepoError>>()?;
            let mut pieces = self.open(*content).map(|pack| pack.read_all()).unwrap_or_default();
            pieces.extend(rendered);
            self.write(&self.place("pieces", content.0), &pack::render(VERSION, &pieces));
        }
        Ok(())
    }

    /// The packages of a release of which nothing is kept that could be read.
    fn missing<'p, 'f>(&self, content: ContentId, packages: &[&'p Listed<'f>]) -> Vec<&'p Listed<'f>> {
        let pack = self.open(content);
        let is_missing = |package: &&&Listed<'_>| !pack.as_ref().is_some_and(|pack| pack.has(package.file.sha256));
        packages.iter().filter(is_missing).copied().collect()
    }

    /// What the indexes say of each package, in their order. What is not kept is rendered, and not kept either:
    /// see [`Self::ensure`].
    pub(crate) fn pieces(&self, packages: &[Listed<'_>]) -> Result<Vec<Piece>, RepoError> {
        let kept = self.read_kept(packages, Pack::read);
        self.read.fetch_add(kept.len() as u64, Ordering::Relaxed);
        let piece = |package: &Listed<'_>| {
            let kept = kept.get(&package.file.sha256);
            kept.map_or_else(|| self.render(package), |piece| Ok(piece.clone()))
        };
        packages.iter().map(piece).collect()
    }

    /// What each package is, in their order. Keeps nothing, and so renders nothing.
    pub(crate) fn look_up(&self, packages: &[Listed<'_>]) -> Result<Vec<PackageId>, RepoError> {
        let kept = self.read_kept(packages, |pack, package| pack.id(package).cloned());
        let identify = |package: &Listed<'_>| {
            let kept = kept.get(&package.file.sha256);
            kept.map_or_else(|| piece::identify(&package.stored, package.file, package.format), |id| Ok(id.clone()))
        };
        parallel::map(packages, identify).into_iter().collect()
    }

    /// What is kept of packages, by their digests. One pack is open at a time: there may be thousands.
    fn read_kept<T>(&self, packages: &[Listed<'_>], read: impl Fn(&Pack, Sha256) -> Option<T>) -> HashMap<Sha256, T> {
        let mut kept = HashMap::new();
        for (content, packages) in by_content(packages) {
            let Some(pack) = self.open(content) else { continue };
            let digests = packages.iter().map(|package| package.file.sha256);
            kept.extend(digests.filter_map(|digest| Some((digest, read(&pack, digest)?))));
        }
        kept
    }

    fn open(&self, content: ContentId) -> Option<Pack> {
        Pack::open(&self.place("pieces", content.0), VERSION)
    }

    fn render(&self, package: &Listed<'_>) -> Result<Piece, RepoError> {
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
        let runs: Vec<_> = runs.into_iter().map(|run| (self.place("blocks", name_of(run, packing)), run)).collect();
        let kept = parallel::map(&runs, |(place, _)| Block::parse(&read_checked(place)?));
        let new: Vec<_> = runs.iter().zip(&kept).filter(|(_, kept)| kept.is_none()).map(|(run, _)| run).collect();
        self.ensure(&new.iter().flat_map(|(_, run)| run.iter().cloned()).collect::<Vec<_>>())?;
        let packed = parallel::map(&new, |(place, run)| self.pack_run(place, run, packing));
        let mut packed = packed.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter();
        Ok(kept.into_iter().filter_map(|kept| kept.or_else(|| packed.next())).collect())
    }

    fn pack_run(&self, place: &Path, run: &[Listed<'_>], packing: Packing) -> Result<Block, RepoError> {
        let pieces = self.pieces(run)?;
        let paths = run.iter().map(|package| package.file.path.as_str());
        let block = Block::pack(&paths.zip(&pieces).collect::<Vec<_>>(), packing).during("pack", place)?;
        self.keep(place, &block.render());
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
        self.keep(&place, &Block { packed: vec![part.clone()], plain: Vec::new() }.render());
        Ok(part)
    }

    fn place(&self, kind: &str, digest: Sha256) -> PathBuf {
        let hex = digest.to_hex();
        self.folder.join(kind).join(hex.get(..2).unwrap_or_default()).join(&hex)
    }

    /// Keeps `bytes` there, behind their digest.
    fn keep(&self, place: &Path, bytes: &[u8]) {
        let head = format!("{VERSION} {}\n", Sha256::of(bytes));
        self.write(place, &[head.as_bytes(), bytes].concat());
    }

    /// Writes `bytes` there if it can. What is there already was found wanting.
    fn write(&self, place: &Path, bytes: &[u8]) {
        let write = || {
            if let Some(Ok(below)) = place.parent().map(|folder| folder.strip_prefix(&self.folder)) {
                create_folders(&self.folder, below)?;
            }
            match fs::remove_file(place) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            fs::write(place, bytes)
        };
        if let Err(error) = write() {
            tracing::debug!(file.path = %place.display(), "rendered metadata is not kept: {error}");
        }
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

/// Packages by the release that brings them.
fn by_content<'p, 'f>(packages: &'p [Listed<'f>]) -> BTreeMap<ContentId, Vec<&'p Listed<'f>>> {
    let mut by_content = BTreeMap::<_, Vec<_>>::new();
    for package in packages {
        by_content.entry(package.content).or_default().push(package);
    }
    by_content
}
