//! What lies in a scratch folder: regular files by path, and everything that should not be there.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use egi_model::name::RelPath;

use super::Finding;
use crate::scratch::{FileKind, Scratch};

/// The content of a scratch folder, not yet read.
#[derive(Debug, Default)]
pub(super) struct Landed {
    /// Regular files and their sizes.
    pub(super) files: BTreeMap<RelPath, u64>,
    /// Links, special files, and names that may not become part of a path.
    pub(super) findings: Vec<Finding>,
    /// Paths that are taken by what is among the findings: a listed file there is not missing as well.
    pub(super) occupied: BTreeSet<String>,
}

impl Landed {
    /// Walks the folder without following a link.
    pub(super) fn read(scratch: &Scratch) -> Result<Self, (PathBuf, io::Error)> {
        let root = scratch.files_dir();
        let mut landed = Self::default();
        for entry in walkdir::WalkDir::new(root).min_depth(1).follow_links(false).sort_by_file_name() {
            let unreadable = |error: walkdir::Error| {
                let path = error.path().unwrap_or(root).to_owned();
                (path, error.into())
            };
            let entry = entry.map_err(unreadable)?;
            let kind = FileKind::of(entry.file_type());
            if kind == FileKind::Folder {
                continue;
            }
            let size = entry.metadata().map_err(unreadable)?.len();
            landed.add(root, entry.path(), kind, size);
        }
        Ok(landed)
    }

    fn add(&mut self, root: &Path, path: &Path, kind: FileKind, size: u64) {
        let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
        match (kind, name.parse::<RelPath>()) {
            (FileKind::File, Ok(path)) => {
                self.files.insert(path, size);
            }
            (FileKind::File, Err(why)) => self.findings.push(Finding::Name { name, why }),
            (FileKind::Link, _) => {
                let target = std::fs::read_link(path).unwrap_or_default().to_string_lossy().into_owned();
                self.occupied.insert(name.clone());
                self.findings.push(Finding::Link { name, target });
            }
            (FileKind::Folder | FileKind::Special, _) => {
                self.occupied.insert(name.clone());
                self.findings.push(Finding::Special { name });
            }
        }
    }
}
