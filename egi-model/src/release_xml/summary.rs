//! The release level: everything but components, packages and hints.

use crate::name::Segment;
use crate::release::{Emergency, Provider, Release, ReleaseType};
use crate::sync::{SyncError, SyncSource};
use crate::version::Version;
use crate::xml::{Element, quoted};

use super::Generation;
use super::reading::{Leaf, Reading, advice_to_add};
use super::schema::{self, FIELDS, GROUPS};
use super::value::{loose_link, parse_bool, parse_date, parse_link, words};
use super::{component, hint};

/// How a name that paths show must look.
pub(super) const SEGMENT_ADVICE: &str = "Use letters, digits and . _ + - only, beginning with a letter or digit";

/// Reads a release; `None` when what its paths are made of is not there, which is a fault.
pub(super) fn read_release(reading: &mut Reading<'_>, element: &Element) -> Option<Release> {
    for child in &element.children {
        let known = FIELDS.iter().any(|field| field.names(reading.generation).any(|name| child.is(name)));
        if !known && !GROUPS.iter().any(|name| child.is(name)) {
            reading.unknown(child, &element.name);
        }
    }
    let name = reading.value(element, &schema::PRODUCT);
    let product = name.map_or_else(String::new, |leaf| leaf.text.to_owned());
    let short_name = short_name(reading, element, name.as_ref());
    let version = version(reading, element);
    let contents = component::read_contents(reading, element, &product);
    Some(Release {
        product,
        provider: provider(reading, element),
        date: reading.value(element, &schema::DATE).and_then(|leaf| parse_date(reading, &leaf)),
        release_type: switch(
            reading,
            element,
            &schema::INCREMENTAL,
            [ReleaseType::Incremental, ReleaseType::NonIncremental],
        ),
        emergency: switch(reading, element, &schema::EMERGENCY, [Emergency::Yes, Emergency::No]),
        contact: reading.text(element, &schema::CONTACT),
        technical_contact: Some(reading.text(element, &schema::TECHNICAL_CONTACT)).filter(|text| !text.is_empty()),
        description: reading.text(element, &schema::DESCRIPTION),
        keywords: words(&reading.text(element, &schema::KEYWORDS)).map(str::to_owned).collect(),
        documentation: documentation(reading, element),
        release_notes: reading.text(element, &schema::RELEASE_NOTES),
        change_log: reading.text(element, &schema::CHANGE_LOG),
        sync: sync(reading, element),
        targets: contents.targets,
        capabilities: contents.capabilities,
        components: contents.components,
        repositories: hint::read_repositories(reading, element),
        repofiles: hint::read_repofiles(reading, element),
        // Last, so that what is missing here keeps no other fault from being found.
        short_name: short_name?,
        version: version?,
    })
}

fn switch<T>(reading: &mut Reading<'_>, element: &Element, field: &schema::Field, [on, off]: [T; 2]) -> Option<T> {
    let leaf = reading.value(element, field)?;
    parse_bool(reading, &leaf).map(|yes| if yes { on } else { off })
}

fn provider(reading: &mut Reading<'_>, element: &Element) -> Provider {
    let name = reading.text(element, &schema::PROVIDER);
    let short = reading.value(element, &schema::PROVIDER_SHORT);
    let short = short.and_then(|leaf| underscored(reading, &leaf));
    Provider { name, short }
}

/// The name given for paths, or else the product's with `_` for each blank. The third generation must give it.
fn short_name(reading: &mut Reading<'_>, element: &Element, product: Option<&Leaf<'_>>) -> Option<Segment> {
    match reading.value(element, &schema::SHORT_NAME) {
        Some(leaf) => reading.parsed(&leaf, SEGMENT_ADVICE),
        None if reading.generation == Generation::G3 => None,
        None => product.and_then(|leaf| underscored(reading, leaf)),
    }
}

/// A name with `_` for each blank, as the field's own tools made short names.
fn underscored(reading: &mut Reading<'_>, leaf: &Leaf<'_>) -> Option<Segment> {
    let text = leaf.text.split_whitespace().collect::<Vec<_>>().join("_");
    reading.parsed(&Leaf { text: &text, ..*leaf }, &format!("{SEGMENT_ADVICE}; or add <DistributionShortName>"))
}

/// One text, or three parts of which the later two count as 0 when missing.
fn version(reading: &mut Reading<'_>, element: &Element) -> Option<Version> {
    const ADVICE: &str = "Leave out everything but the numbers";
    if reading.generation == Generation::G1 {
        let leaf = reading.value(element, &schema::VERSION)?;
        return reading.parsed(&leaf, ADVICE);
    }
    let major = number(reading, element, &schema::MAJOR, None);
    let minor = number(reading, element, &schema::MINOR, Some("0"));
    let (revision, at) = match reading.value(element, &schema::REVISION) {
        Some(leaf) => (reading.parsed::<Version>(&leaf, ADVICE).map(String::from), leaf.at),
        None => (Some("0".to_owned()), element.at),
    };
    let whole = format!("{}.{}.{}", major?, minor?, revision?);
    reading.parsed(&Leaf { name: "the whole version", text: &whole, at }, ADVICE)
}

/// The digits of one part, or what stands for a part left out; `None` when there is neither, which is a fault.
fn number<'e>(
    reading: &mut Reading<'_>,
    element: &'e Element,
    field: &schema::Field,
    missing: Option<&'static str>,
) -> Option<&'e str> {
    let Some(leaf) = reading.value(element, field) else { return missing };
    if leaf.text.bytes().all(|b| b.is_ascii_digit()) && leaf.text.parse::<Version>().is_ok() {
        return Some(leaf.text);
    }
    let message = format!("{} is {}; one number was expected", leaf.name, quoted(leaf.text));
    reading.fault(leaf.at, message, format!("Write digits alone, such as {}", field.example(reading.generation)));
    None
}

/// Links as elements of their own, or as words of one text.
fn documentation(reading: &mut Reading<'_>, element: &Element) -> Vec<String> {
    let mut links = Vec::new();
    let groups = element.children.iter().filter(|c| c.is("DocumentationLinks") || c.is("DocumentationLink"));
    let mut found = false;
    for group in groups {
        found = true;
        if group.children.is_empty() && reading.generation == Generation::G1 {
            let leaf = reading.leaf(group);
            links.extend(
                leaf.iter()
                    .flat_map(|leaf| words(leaf.text).map(|word| loose_link(reading, leaf, word)).collect::<Vec<_>>()),
            );
        } else if group.children.is_empty() {
            links.extend(reading.leaf(group).and_then(|leaf| parse_link(reading, &leaf)));
        }
        for child in &group.children {
            if child.is("DocumentationLink") {
                links.extend(reading.leaf(child).and_then(|leaf| parse_link(reading, &leaf)));
            } else {
                reading.unknown(child, &group.name);
            }
        }
    }
    note_missing_links(reading, element, found, links.is_empty());
    links
}

fn note_missing_links(reading: &mut Reading<'_>, element: &Element, found: bool, none: bool) {
    let (name, required) = match reading.generation {
        Generation::G1 => ("DocumentationLinks", false),
        Generation::G2 => ("DocumentationLink", true),
        Generation::G3 => ("release:documentationLink", true),
    };
    let advice = advice_to_add(name, "https://example.org/docs");
    if !found && required {
        reading.fault(element.at, format!("<{name}> is missing in <{}>", element.name), advice);
    } else if none {
        reading.warn(element.at, format!("<{}> has no link to documentation", element.name), advice);
    }
}

/// Where the files are. Since 2019 documents name a kind of repository as protocol, or `n/a` as URL, and list links.
fn sync(reading: &mut Reading<'_>, element: &Element) -> Option<SyncSource> {
    let protocol = reading.value(element, &schema::SYNC_PROTOCOL);
    let url = reading.value(element, &schema::SYNC_URL);
    let is = |leaf: &Option<Leaf<'_>>, words: &[&str]| {
        leaf.is_some_and(|leaf| words.iter().any(|word| leaf.text.eq_ignore_ascii_case(word)))
    };
    if is(&protocol, &["yum", "deb"]) || is(&url, &["n/a"]) {
        return None;
    }
    let (protocol, url) = match (protocol, url) {
        (Some(protocol), Some(url)) => (protocol, url),
        (None, None) => return None,
        (Some(alone), None) => return half_source(reading, &alone, &schema::SYNC_URL),
        (None, Some(alone)) => return half_source(reading, &alone, &schema::SYNC_PROTOCOL),
    };
    match SyncSource::parse(protocol.text, url.text) {
        Ok(source) => Some(source),
        Err(error @ SyncError::UnknownProtocol { .. }) => {
            reading.fault(
                protocol.at,
                format!("{}: {error}", protocol.name),
                "Write rsync, or another one that fits the URL",
            );
            None
        }
        Err(error @ (SyncError::SchemeMismatch { .. } | SyncError::Malformed { .. })) => {
            reading.fault(url.at, format!("{}: {error}", url.name), "Mend the URL, or the protocol if that is wrong");
            None
        }
    }
}

fn half_source(reading: &mut Reading<'_>, given: &Leaf<'_>, other: &schema::Field) -> Option<SyncSource> {
    let name = other.name(reading.generation);
    let message = format!("{} is given, but <{name}> is not", given.name);
    reading.fault(given.at, message, advice_to_add(name, other.example(reading.generation)));
    None
}
