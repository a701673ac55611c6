//! What a repository shows when several releases lie in it.

use std::collections::BTreeMap;
use std::path::Path;

use egi_model::content::ContentFile;
use egi_model::name::RelPath;
use egi_model::release::PackageFormat;
use egi_model::ticket::TicketId;

use super::error::{Claimant, Clash, Conflict};
use super::plan::Packages;
use crate::index::repofile;
use crate::package;
use crate::page;

/// Names at the top of a repository that are ours: a provider's own indexes are kept but not shown, because they
/// would describe something else than what is there.
const RESERVED: [&str; 5] = ["repodata", "dists", repofile::FOLDER, repofile::MIRRORLIST, page::INDEX];

/// A file that a repository shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) file: ContentFile,
    /// The oldest ticket that brings it.
    pub(super) ticket: TicketId,
    /// The other tickets that bring the same.
    pub(super) also: Vec<TicketId>,
}

impl Shown {
    pub(super) fn tickets(&self) -> impl Iterator<Item = TicketId> {
        std::iter::once(self.ticket).chain(self.also.iter().copied())
    }
}

/// The files to show, by path.
pub(super) type View = BTreeMap<RelPath, Shown>;

/// Merges the contents of `releases`, sorted by ticket, into one view.
///
/// Where two releases have another package under one path, that is a conflict; of other files (a README, say) the
/// one of the higher ticket number is shown.
pub(super) fn merge(releases: &[(TicketId, Vec<ContentFile>)]) -> Result<View, Box<Conflict>> {
    let mut view = View::new();
    for (ticket, files) in releases {
        for file in files.iter().filter(|f| !is_reserved(&f.path)) {
            add(&mut view, *ticket, file)?;
        }
    }
    check_folders(&view)?;
    Ok(view)
}

fn is_reserved(path: &RelPath) -> bool {
    path.segments().next().is_some_and(|first| RESERVED.contains(&first))
}

fn add(view: &mut View, ticket: TicketId, file: &ContentFile) -> Result<(), Box<Conflict>> {
    let shown = Shown { file: file.clone(), ticket, also: Vec::new() };
    match view.get_mut(&file.path) {
        Some(there) if there.file == *file => there.also.push(ticket),
        Some(there) if package::format_of(&file.path).is_some() => return Err(conflict(Clash::Path, there, &shown)),
        Some(there) => *there = shown,
        None => drop(view.insert(file.path.clone(), shown)),
    }
    Ok(())
}

/// No file's path is a folder of another's.
fn check_folders(view: &View) -> Result<(), Box<Conflict>> {
    for shown in view.values() {
        let folders = Path::new(shown.file.path.as_str()).ancestors().skip(1).filter_map(Path::to_str);
        let file = folders.filter_map(|folder| folder.parse::<RelPath>().ok()).find_map(|folder| view.get(&folder));
        if let Some(file) = file {
            return Err(conflict(Clash::Folder, file, shown));
        }
    }
    Ok(())
}

/// No two packages of `view` have one file name or are one package, unless they are the same bytes.
pub(super) fn check_packages(view: &View, packages: &Packages) -> Result<(), Box<Conflict>> {
    let mut names: BTreeMap<&str, &Shown> = BTreeMap::new();
    let mut identities: BTreeMap<(PackageFormat, &str), &Shown> = BTreeMap::new();
    for (path, id) in packages {
        let (Some(shown), Some(format)) = (view.get(path), package::format_of(path)) else { continue };
        let first = *names.entry(path.file_name()).or_insert(shown);
        if first.file.sha256 != shown.file.sha256 {
            return Err(conflict(Clash::FileName, first, shown));
        }
        let first = *identities.entry((format, &id.identity)).or_insert(shown);
        if first.file.sha256 != shown.file.sha256 {
            return Err(conflict(Clash::Identity(id.identity.clone()), first, shown));
        }
    }
    Ok(())
}

/// Names the older ticket first, whatever the order of the paths.
fn conflict(what: Clash, one: &Shown, other: &Shown) -> Box<Conflict> {
    let (first, second) = if one.ticket <= other.ticket { (one, other) } else { (other, one) };
    let claimant = |s: &Shown| Claimant { ticket: s.ticket, path: s.file.path.clone(), sha256: s.file.sha256 };
    Box::new(Conflict { what, first: claimant(first), second: claimant(second) })
}
