//! One package, in attributes (third generation) or in elements (the others).

use std::collections::BTreeSet;

use super::Generation;
use super::reading::{Leaf, Reading, advice_to_add};
use super::summary::SEGMENT_ADVICE;
use super::value::{parse_link, parts, words};
use crate::name::{RelPath, Segment};
use crate::release::{Package, Target};
use crate::xml::Element;

/// More platforms or architectures than one package was ever built for; the product of two lists must stay small.
const MAX_LISTED: usize = 32;

/// What a package says that is read.
const READ: [&str; 21] = [
    "pkgname",
    "name",
    "version",
    "release",
    "arch",
    "architecture",
    "pkgtype",
    "type",
    "filename",
    "file",
    "url",
    "license",
    "category",
    "servicesAffected",
    "dependencies",
    "description",
    "releaseNotes",
    "releaseNotesURL",
    "changeLog",
    "changeLogURL",
    "supportedPlatforms",
];
/// What a package of 2010 may say that the model has no room for.
const PASSED_OVER: [&str; 9] = [
    "creator",
    "contact",
    "SLDType",
    "keywords",
    "documentationLinks",
    "date",
    "method",
    "documentationURL",
    "repositoryURL",
];

/// Reads a package and adds the targets it names.
pub(super) fn read_package(reading: &mut Reading<'_>, element: &Element, targets: &mut BTreeSet<Target>) -> Package {
    for child in &element.children {
        if !READ.iter().chain(&PASSED_OVER).any(|name| child.is(name)) {
            reading.unknown(child, &element.name);
        }
    }
    reading.unknown_attributes(element, &READ);
    read_targets(reading, element, targets);
    let name = required(reading, element, &["pkgname", "Name"], "storm-backend-server");
    check_name(reading, name.as_ref());
    let version = required(reading, element, &["Version"], "1.11.4");
    check_segment(reading, version.as_ref());
    let mut segment = |names: &[&str]| {
        let leaf = reading.property(element, names);
        check_segment(reading, leaf.as_ref());
        leaf.map(|leaf| leaf.text.to_owned())
    };
    let (release, arch) = (segment(&["release"]), segment(&["arch"]));
    let arch = arch.or_else(|| prose(reading, element, &["architecture"]));
    let file = reading.property(element, &["filename", "file"]);
    let file = file.and_then(|leaf| reading.parsed::<RelPath>(&leaf, "Give the file's name as it lies in the release"));
    let url = reading.property(element, &["url"]).filter(|leaf| !leaf.text.eq_ignore_ascii_case("n/a"));
    Package {
        name: name.map_or_else(String::new, |leaf| leaf.text.to_owned()),
        version: version.map_or_else(String::new, |leaf| leaf.text.to_owned()),
        release,
        arch,
        kind: prose(reading, element, &["pkgtype", "type"]),
        file: file.map(String::from),
        url: url.and_then(|leaf| parse_link(reading, &leaf)),
        license: prose(reading, element, &["license"]),
        category: prose(reading, element, &["category"]),
        services_affected: list(reading, element, "servicesAffected"),
        dependencies: list(reading, element, "dependencies"),
        description: prose(reading, element, &["description"]),
        release_notes: prose(reading, element, &["releaseNotes", "releaseNotesURL"]),
        change_log: prose(reading, element, &["changeLog", "changeLogURL"]),
    }
}

/// The first two generations have targets nowhere but in their packages.
fn read_targets(reading: &mut Reading<'_>, package: &Element, targets: &mut BTreeSet<Target>) {
    if reading.generation == Generation::G3 {
        return;
    }
    let platforms = listed_segments(reading, package, &["supportedPlatforms"]);
    let archs = listed_segments(reading, package, &["arch", "architecture"]);
    for platform in &platforms {
        targets.extend(archs.iter().map(|arch| target(platform, arch)));
    }
}

/// Paths and the agreed targets are in lower case; documents wrote `SL5` as well as `sl5`.
pub(super) fn target(platform: &Segment, arch: &Segment) -> Target {
    Target { platform: platform.to_lowercase(), arch: arch.to_lowercase() }
}

fn listed_segments(reading: &mut Reading<'_>, package: &Element, names: &[&str]) -> Vec<Segment> {
    let Some(leaf) = reading.property(package, names) else { return Vec::new() };
    let listed: Vec<&str> = words(leaf.text).take(MAX_LISTED + 1).collect();
    if listed.len() > MAX_LISTED {
        reading.fault(
            leaf.at,
            format!("{} lists more than {MAX_LISTED} names", leaf.name),
            "List those it is built for",
        );
        return Vec::new();
    }
    listed.iter().filter_map(|word| reading.parsed(&Leaf { text: word, ..leaf }, SEGMENT_ADVICE)).collect()
}

fn required<'e>(reading: &mut Reading<'_>, package: &'e Element, names: &[&str], example: &str) -> Option<Leaf<'e>> {
    let leaf = reading.property(package, names);
    if leaf.is_none() {
        let name = names.first().copied().unwrap_or_default();
        let message = format!("<{}> has no {}", package.name, names.join(" or "));
        let advice = match reading.generation {
            Generation::G1 | Generation::G2 => advice_to_add(names.last().copied().unwrap_or(name), example),
            Generation::G3 => format!("Add it, such as {name}=\"{example}\""),
        };
        reading.fault(package.at, message, advice);
    }
    leaf
}

/// Names, versions and the like end up in file names and indexes.
fn check_segment(reading: &mut Reading<'_>, leaf: Option<&Leaf<'_>>) {
    if let Some(leaf) = leaf {
        let _checked: Option<Segment> = reading.parsed(leaf, SEGMENT_ADVICE);
    }
}

/// The packages of 2010 were named for people: blanks are as good as `_` there.
fn check_name(reading: &mut Reading<'_>, leaf: Option<&Leaf<'_>>) {
    if reading.generation == Generation::G3 {
        return check_segment(reading, leaf);
    }
    let text = leaf.map(|leaf| leaf.text.replace(' ', "_")).unwrap_or_default();
    check_segment(reading, leaf.map(|leaf| Leaf { text: &text, ..*leaf }).as_ref());
}

fn prose(reading: &mut Reading<'_>, package: &Element, names: &[&str]) -> Option<String> {
    let leaf = reading.property(package, names)?;
    reading.check_prose(&leaf);
    Some(leaf.text.to_owned())
}

fn list(reading: &mut Reading<'_>, package: &Element, name: &str) -> Vec<String> {
    let leaf = reading.property(package, &[name]);
    leaf.map(|leaf| parts(leaf.text).map(str::to_owned).collect()).unwrap_or_default()
}
