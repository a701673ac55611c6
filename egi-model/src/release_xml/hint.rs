//! The repositories and repository files a provider suggests. They steer nothing, but their paths are checked all the
//! same: somebody will use them.

use super::reading::{Leaf, Reading};
use super::summary::SEGMENT_ADVICE;
use super::value::{parse_bool, parse_link};
use crate::name::{RelPath, Segment};
use crate::release::{PackageFormat, RepofileHint, RepositoryHint};
use crate::xml::{Element, quoted};

/// Repositories, named by the element (third generation) or in a list of them (second).
pub(super) fn read_repositories(reading: &mut Reading<'_>, release: &Element) -> Vec<RepositoryHint> {
    let mut hints = Vec::new();
    for child in &release.children {
        if let Some(kind) = kind_of(child, "repository") {
            reading.unknown_attributes(child, &["id", "path", "external"]);
            hints.extend(read_repository(reading, child, kind));
        } else if child.is("Repositories") {
            for inner in named(reading, child, "Repository") {
                let kind = declared_kind(reading, inner);
                hints.extend(kind.and_then(|kind| read_repository(reading, inner, kind)));
            }
        }
    }
    hints
}

/// Repository files, in the same two ways.
pub(super) fn read_repofiles(reading: &mut Reading<'_>, release: &Element) -> Vec<RepofileHint> {
    let mut hints = Vec::new();
    for child in &release.children {
        if let Some(kind) = kind_of(child, "repofile") {
            reading.unknown_attributes(child, &["filename", "relativePath"]);
            hints.extend(read_repofile(reading, child, Some(kind)));
        } else if child.is("Repofiles") {
            for inner in named(reading, child, "Repofile") {
                hints.extend(read_repofile(reading, inner, None));
            }
        }
    }
    hints
}

/// `yumRepository` and `debRepofile` say what they are in their names.
fn kind_of(element: &Element, what: &str) -> Option<PackageFormat> {
    match element.name.to_ascii_lowercase().strip_suffix(what) {
        Some("yum") => Some(PackageFormat::Rpm),
        Some("deb") => Some(PackageFormat::Deb),
        _ => None,
    }
}

/// The children of that name; others are left out with a warning.
fn named<'e>(reading: &mut Reading<'_>, parent: &'e Element, name: &str) -> Vec<&'e Element> {
    let (found, others): (Vec<_>, Vec<_>) = parent.children.iter().partition(|child| child.is(name));
    for other in others {
        reading.unknown(other, &parent.name);
    }
    found
}

fn declared_kind(reading: &mut Reading<'_>, repository: &Element) -> Option<PackageFormat> {
    let leaf = reading.property(repository, &["Type"])?;
    match leaf.text.to_ascii_lowercase().as_str() {
        "yum" | "rpm" => Some(PackageFormat::Rpm),
        "deb" | "apt" => Some(PackageFormat::Deb),
        _ => {
            let message = format!("{} is {}; YUM or DEB was expected", leaf.name, quoted(leaf.text));
            reading.fault(leaf.at, message, "Write YUM for rpm packages, DEB for Debian packages");
            None
        }
    }
}

fn read_repository(reading: &mut Reading<'_>, element: &Element, kind: PackageFormat) -> Option<RepositoryHint> {
    let external = reading.property(element, &["external"]);
    let external = external.and_then(|leaf| parse_bool(reading, &leaf)).unwrap_or(false);
    let path = reading.property(element, &["path", "RelativePath"]);
    if let Some(leaf) = &path {
        if external && leaf.text.contains("://") {
            parse_link(reading, leaf);
        } else {
            check_path(reading, leaf);
        }
    }
    let Some(id) = reading.property(element, &["id", "Identifier"]) else {
        reading.fault(element.at, format!("<{}> has no identifier", element.name), "Add one, such as id=\"storm\"");
        return None;
    };
    let path = path.map_or_else(String::new, |leaf| leaf.text.to_owned());
    Some(RepositoryHint { kind, id: id.text.to_owned(), path, external })
}

/// `kind` where the element's name tells; else the file's ending does.
fn read_repofile(reading: &mut Reading<'_>, element: &Element, kind: Option<PackageFormat>) -> Option<RepofileHint> {
    let folder = reading.property(element, &["relativePath"]);
    if let Some(leaf) = &folder {
        check_path(reading, leaf);
    }
    let entries = read_entries(reading, element);
    let Some(leaf) = reading.property(element, &["filename"]) else {
        let message = format!("<{}> has no file name", element.name);
        reading.fault(element.at, message, "Add one, such as filename=\"INFN.storm.sl6.x86_64.repo\"");
        return None;
    };
    let filename: Segment = reading.parsed(&leaf, SEGMENT_ADVICE)?;
    let by_ending = match filename.as_str().rsplit_once('.') {
        Some((_, "list" | "sources")) => PackageFormat::Deb,
        _ => PackageFormat::Rpm,
    };
    Some(RepofileHint {
        kind: kind.unwrap_or(by_ending),
        filename: filename.into(),
        relative_path: folder.map_or_else(String::new, |leaf| leaf.text.to_owned()),
        entries,
    })
}

/// The repositories a file names: below it (third generation) or in a list below it (second).
fn read_entries(reading: &mut Reading<'_>, repofile: &Element) -> Vec<Vec<(String, String)>> {
    let mut entries = Vec::new();
    for child in &repofile.children {
        if kind_of(child, "repository").is_some() {
            entries.push(settings(reading, child));
        } else if child.is("Repositories") {
            let inner = named(reading, child, "Repository");
            entries.extend(inner.into_iter().map(|entry| settings(reading, entry)));
        } else if !child.is("filename") && !child.is("relativePath") {
            reading.unknown(child, &repofile.name);
        }
    }
    entries
}

fn settings(reading: &mut Reading<'_>, entry: &Element) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for setting in &entry.children {
        let text = reading.leaf(setting).map_or("", |leaf| leaf.text);
        pairs.push((setting.name.clone(), text.to_owned()));
    }
    pairs
}

/// A path below the release; `.` and nothing at all are the release itself.
fn check_path(reading: &mut Reading<'_>, leaf: &Leaf<'_>) {
    let text = leaf.text.strip_prefix("./").unwrap_or(leaf.text);
    let text = text.strip_suffix('/').unwrap_or(text);
    if !matches!(text, "" | ".") {
        let _checked: Option<RelPath> =
            reading.parsed(&Leaf { text, ..*leaf }, "Give a path below the release, such as repofiles");
    }
}
