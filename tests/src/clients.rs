//! The clients sites use: the real `dnf` and `apt-get`, each with a throw-away root to install into.
//!
//! A root is a temporary folder with a package database, a configuration and a cache of its own. The machine's own
//! configuration, databases, caches and hooks are neither read nor written.

mod apt;
mod dnf;

use std::path::Path;

use anyhow::{Context as _, Result};

pub use self::apt::AptRoot;
pub use self::dnf::DnfRoot;

pub(crate) fn write_file(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))
}

fn create_dirs(dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("failed to create {}", dir.display()))
}
