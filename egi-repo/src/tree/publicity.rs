//! What a site tells the public of its repositories, and how it vouches for them.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::RepoError;
use super::files::{ensure_folders, replace};
use super::layout::Layout;
use crate::index::repofile::{KEYS, PACKAGE_KEYS};
use crate::openpgp::{KeySource, Keyring, SignError, Signer};

/// How indexes are signed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signing {
    /// The keys that sign, all of them together; none if indexes are not signed.
    pub keys: Vec<KeySource>,
    /// The files with the public keys that clients shall trust: those that sign, and those that will.
    pub public: Vec<PathBuf>,
}

impl Signing {
    /// The same with paths below `folder` made absolute.
    #[must_use]
    pub fn below(&self, folder: &Path) -> Self {
        let keys = self.keys.iter().map(|key| match key {
            KeySource::File { secret, passphrase } => KeySource::File {
                secret: folder.join(secret),
                passphrase: passphrase.as_ref().map(|file| folder.join(file)),
            },
            KeySource::Gpg { key, home } => {
                KeySource::Gpg { key: key.clone(), home: home.as_ref().map(|home| folder.join(home)) }
            }
            KeySource::Command { command } => KeySource::Command { command: command.clone() },
        });
        Self { keys: keys.collect(), public: self.public.iter().map(|file| folder.join(file)).collect() }
    }

    /// Opens the keys; `None` if indexes are not signed.
    pub(super) fn open(&self) -> Result<Option<Signer>, SignError> {
        if self.keys.is_empty() {
            return Ok(None);
        }
        Signer::open(&self.keys, &self.public).map(Some)
    }
}

/// Puts the public keys where clients find them, if they are not there already.
pub(super) fn publish_keys(
    layout: &Layout,
    signer: Option<&Signer>,
    package_keys: &[PathBuf],
) -> Result<(), RepoError> {
    let mut files = Vec::new();
    if let Some(signer) = signer {
        files.push((format!("{KEYS}.asc"), signer.armored_keys().to_vec()));
        files.push((format!("{KEYS}.gpg"), signer.binary_keys().to_vec()));
    }
    if !package_keys.is_empty() {
        let keys = Keyring::load(package_keys).map_err(SignError::from)?;
        files.push((format!("{PACKAGE_KEYS}.asc"), keys.armored()?));
    }
    for (path, bytes) in files {
        put(layout, &layout.public().join(path), &bytes)?;
    }
    Ok(())
}

fn put(layout: &Layout, path: &Path, bytes: &[u8]) -> Result<(), RepoError> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    if let Ok(below) = folder.strip_prefix(&layout.root) {
        ensure_folders(&layout.root, below)?;
    }
    replace(&layout.tmp(), path, bytes)
}
