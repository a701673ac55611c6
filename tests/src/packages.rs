//! Packages to release: real ones where reality matters, tiny ones where speed does.
//!
//! - [`fetch_debs`]: real Debian packages, downloaded once and kept below the build's `target` folder;
//! - [`fetch_many_debs`] and [`build_rpms_of`]: hundreds of real packages, of both kinds;
//! - [`build_ca_rpms`]: the CA trust anchors of the specification's own example, built with the real `rpmbuild`;
//! - [`TinyPackage`]: one file in an rpm or deb, made in milliseconds and without the network.
//! - [`TypicalPackage`]: one with as many files, dependencies and changes as ordinary ones, to measure with;
//!
//! Packages made here are the same, byte for byte, whenever they are made again from the same input.

mod ca;
mod debs;
mod many;
mod tiny;
mod typical;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

pub use self::ca::build_ca_rpms;
pub use self::debs::{DEB_ARCH, DEMO_BASE, DEMO_DEBS, DEMO_LEAF, cache_dir, fetch_debs};
pub use self::many::{build_rpms_of, fetch_many_debs};
pub use self::tiny::TinyPackage;
pub use self::typical::TypicalPackage;

/// The time packages made here claim to be built at: 2010-11-15, when the specification was written.
const BUILD_TIME: u32 = 1_289_779_200;

fn create_dirs(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("failed to create {}", dir.display()))
}

fn write_file(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("failed to write {}", path.display()))
}

fn copy_file(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("failed to copy {} to {}", from.display(), to.display())).map(drop)
}

/// The paths in a folder, sorted.
fn list_dir(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect());
    let mut paths: Vec<PathBuf> = entries.with_context(|| format!("failed to list {}", dir.display()))?;
    paths.sort();
    Ok(paths)
}

/// The last part of a path, as text.
fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
