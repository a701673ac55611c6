//! The verified content of a release: its files by name, size and digest.

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::name::RelPath;

/// One file of a release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContentFile {
    /// Path relative to the release's root.
    pub path: RelPath,
    /// Bytes.
    pub size: u64,
    /// Digest of its bytes.
    pub sha256: Sha256,
}

/// Names a release's content: the digest of its file list. Equal content has equal ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentId(pub Sha256);

impl std::fmt::Display for ContentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl ContentId {
    /// The id of a list of files, whatever their order.
    #[must_use]
    pub fn of(files: &[ContentFile]) -> Self {
        let mut lines: Vec<String> = files.iter().map(|f| format!("{} {} {}\n", f.sha256, f.size, f.path)).collect();
        lines.sort();
        Self(Sha256::of(lines.concat().as_bytes()))
    }
}
