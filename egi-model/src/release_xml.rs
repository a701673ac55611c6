//! `release.xml`: the metadata a provider sends with a release.
//!
//! The schema had three generations, and documents of all of them are about. Each is read into the one model of
//! [`crate::release`]; what is written is always the third. Element and attribute names are compared without case and
//! without namespace prefix.
//!
//! Two kinds of remark come out of a document. A *fault* makes it useless for the workflow, and all faults are reported
//! together. A *warning* tells of something that is left out, odd, or decided by the ticket instead.
//!
//! Dates are read in each notation that ever was in use (`d/m/yyyy`, `YYYYMMDD`, `yyyy-mm-dd`); one that is not the
//! generation's own is a warning. Platforms and architectures become lower case, as the agreed targets have them.
//!
//! Whether a target is supported or a major release known is not decided here: that takes knowledge from elsewhere.

mod component;
mod hint;
mod package;
mod reading;
mod render;
mod schema;
mod summary;
#[cfg(test)]
mod tests;
mod value;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::render::render;

use self::reading::Reading;
use self::schema::RELEASE;
use crate::problem::{Problem, Problems};
use crate::release::Release;
use crate::xml::{self, Element, Limits, local};

/// The longest document that is read, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Some thirty elements for each of the largest release's packages.
const MAX_ELEMENTS: usize = 50_000;

/// The generations of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Generation {
    /// September 2010: one `Version`, packages optional.
    G1,
    /// November 2010: `DistributionName` and a version in three parts.
    G2,
    /// 2011 to 2019: namespaces, one file for each product, platform and architecture.
    G3,
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::G1 => "G1",
            Self::G2 => "G2",
            Self::G3 => "G3",
        })
    }
}

impl Generation {
    /// Told by what only one generation has.
    fn of(release: &Element) -> Self {
        let has = |names: &[&str]| release.children.iter().any(|child| names.iter().any(|name| child.is(name)));
        if has(&["productName", "productShortName", "UMDmeta"]) {
            Self::G3
        } else if has(&["MajorVersion", "MinorVersion", "RevisionVersion"]) {
            Self::G2
        } else {
            Self::G1
        }
    }
}

/// A document that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParsedRelease {
    /// What it says.
    pub release: Release,
    /// How it says it.
    pub generation: Generation,
    /// What its author should know, in the order of the document.
    pub warnings: Vec<Problem>,
}

/// Reads a document of any generation.
///
/// ```
/// use egi_model::release_xml::{Generation, parse};
/// let parsed = parse(
///     b"<Release>
///         <Name>ca-policy-egi-core</Name> <SoftwareProvider>EUGridPMA</SoftwareProvider>
///         <Contact>info@example.org</Contact> <Description>Trust anchors</Description>
///         <DocumentationLinks>https://example.org/ca</DocumentationLinks>
///         <Date>27/9/2010</Date> <Version>1.37-1</Version>
///         <SynchProtocol>rsync</SynchProtocol> <SynchURL>rsync://rsync.example.org/ca/1.37-1</SynchURL>
///       </Release>",
/// )
/// .unwrap();
/// assert_eq!(parsed.generation, Generation::G1);
/// assert_eq!(parsed.release.version.as_str(), "1.37-1");
/// assert!(parsed.warnings.is_empty());
/// ```
pub fn parse(bytes: &[u8]) -> Result<ParsedRelease, Problems> {
    let document = xml::read(bytes, Limits { bytes: MAX_BYTES, elements: MAX_ELEMENTS })?;
    let root = &document.root;
    let release = if root.is(RELEASE) { Some(root) } else { root.children.iter().find(|child| child.is(RELEASE)) };
    let generation = release.map_or(Generation::G1, Generation::of);
    let mut reading = Reading::new(&document.lines, generation);
    check_root(&mut reading, root);
    let model = release.and_then(|release| summary::read_release(&mut reading, release));
    let (release, warnings) = reading.finish(model)?;
    Ok(ParsedRelease { release, generation, warnings })
}

/// One release to a document, alone or inside a `repository`.
fn check_root(reading: &mut Reading<'_>, root: &Element) {
    reading.stray_text(root);
    if root.is(RELEASE) {
        return;
    }
    if !root.is("repository") {
        let message = format!("the root element is <{}>; <{RELEASE}> was expected", root.name);
        reading.fault(root.at, message, "Check that this is a release.xml; \"nsrw release new\" writes one");
        return;
    }
    let (releases, others): (Vec<_>, Vec<_>) = root.children.iter().partition(|child| child.is(RELEASE));
    for other in others {
        reading.unknown(other, local(&root.name));
    }
    match releases.split_first() {
        None => reading.fault(root.at, format!("<{}> holds no <{RELEASE}>", root.name), format!("Add one <{RELEASE}>")),
        Some((first, more)) => {
            let line = reading.line(first.at);
            for second in more {
                let message = format!("a second <{RELEASE}>; the first is on line {line}");
                reading.fault(second.at, message, "Send each release with a ticket and a release.xml of its own");
            }
        }
    }
}
