//! The findings of a verification, as sentences for the provider.

use std::fmt;

use egi_model::digest::Algorithm;
use egi_model::name::{NameError, RelPath};

/// Which copy of a file a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The one fetched from the provider.
    Tree,
    /// The one attached to the ticket.
    Ticket,
}

impl Place {
    const fn words(self) -> &'static str {
        match self {
            Self::Tree => "",
            Self::Ticket => ", as attached to the ticket,",
        }
    }
}

/// One way in which a delivery and its checksums file disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// `release.xml` is not in the list, so nothing vouches for it.
    ReleaseUnlisted,
    /// Listed, and did not come.
    Missing {
        /// The file.
        path: RelPath,
    },
    /// Came, and is not listed.
    Extra {
        /// The file.
        path: RelPath,
        /// Its bytes.
        size: u64,
    },
    /// The size is not the listed one.
    Size {
        /// The file.
        path: RelPath,
        /// Which copy of it.
        place: Place,
        /// Bytes listed.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// A digest is not the listed one.
    Digest {
        /// The file.
        path: RelPath,
        /// Which copy of it.
        place: Place,
        /// Which digest.
        algorithm: Algorithm,
        /// The digest listed.
        expected: String,
        /// The digest found.
        found: String,
    },
    /// Listed with broken digests alone, and the site does not allow that.
    WeakOnly {
        /// The file.
        path: RelPath,
        /// What it is listed with.
        algorithms: Vec<Algorithm>,
    },
    /// Listed without any digest.
    NoDigest {
        /// The file.
        path: RelPath,
    },
    /// Listed more than once.
    ListedTwice {
        /// The file.
        path: RelPath,
    },
    /// A symbolic link. Publishing one would publish whatever it points to.
    Link {
        /// Its name.
        name: String,
        /// What it points to.
        target: String,
    },
    /// A device, socket or FIFO.
    Special {
        /// Its name.
        name: String,
    },
    /// A name that may not become part of a path.
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: NameError,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReleaseUnlisted => write!(f, "release.xml is not listed: list it with its size and sha256"),
            Self::Missing { path } => write!(f, "{path} is missing: it is listed and was not delivered"),
            Self::Extra { path, size } => {
                write!(f, "{path} is extra ({size} bytes): it was delivered and is not listed")
            }
            Self::Size { path, place, expected, found } => {
                write!(f, "{path}{} is altered: it has {found} bytes, {expected} are listed", place.words())
            }
            Self::Digest { path, place, algorithm, expected, found } => {
                write!(f, "{path}{} is altered: its {algorithm} is {found}, {expected} is listed", place.words())
            }
            Self::WeakOnly { path, algorithms } => {
                let names = algorithms.iter().map(|a| a.as_str()).collect::<Vec<_>>().join(" and ");
                write!(f, "{path} is listed with {names} alone, which can be forged: list its sha256")
            }
            Self::NoDigest { path } => write!(f, "{path} is listed without a digest: list its sha256"),
            Self::ListedTwice { path } => write!(f, "{path} is listed more than once: keep one entry"),
            Self::Link { name, target } => {
                write!(f, "{name:?} is a link to {target:?}: deliver the file itself")
            }
            Self::Special { name } => write!(f, "{name:?} is a device, socket or FIFO: deliver plain files only"),
            Self::Name { name, why } => write!(f, "{name:?} can not be published: {why}. Rename it"),
        }
    }
}

/// One line each, to follow a heading.
pub(crate) fn render_bullets(items: &[impl fmt::Display]) -> String {
    let mut text = String::new();
    for item in items {
        text.push_str("\n- ");
        text.push_str(&item.to_string());
    }
    text
}
