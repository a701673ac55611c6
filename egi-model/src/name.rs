//! Names that become parts of a path, checked once where they come in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest name a common file system takes, in bytes.
const MAX_NAME: usize = 255;
/// The longest relative path accepted, in bytes. Well below Linux's `PATH_MAX` of 4096, so that a prefix fits.
const MAX_PATH: usize = 1024;

/// Why a text may not become part of a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// Longer than the limit, in bytes.
    #[error("it has {given} bytes, {limit} are allowed")]
    TooLong {
        /// Length found.
        given: usize,
        /// Length allowed.
        limit: usize,
    },
    /// `.`, `..` or a hidden name.
    #[error("\"{0}\" starts with a dot")]
    LeadingDot(String),
    /// It could be read as an option by a command.
    #[error("\"{0}\" starts with a dash")]
    LeadingDash(String),
    /// A character outside the whitelist.
    #[error("\"{name}\" has the character {character:?}; only letters, digits and . _ + - ~ : ^ % are allowed")]
    Character {
        /// The name it was found in.
        name: String,
        /// The character.
        character: char,
    },
    /// The path starts at the root.
    #[error("\"{0}\" is an absolute path; paths are relative to the release's root")]
    Absolute(String),
}

/// One path segment: a file or folder name that can not leave its folder.
///
/// ```
/// use egi_model::name::Segment;
/// assert!("ca-policy-egi-core-1.37-1.noarch.rpm".parse::<Segment>().is_ok());
/// assert!("..".parse::<Segment>().is_err());
/// assert!("a/b".parse::<Segment>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Segment(String);

impl Segment {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same name in lower case, as the area paths use it.
    #[must_use]
    pub fn to_lowercase(&self) -> Self {
        Self(self.0.to_ascii_lowercase())
    }
}

impl FromStr for Segment {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check_name(text)?;
        Ok(Self(text.to_owned()))
    }
}

/// `~`, `^`, `:` and `%` occur in real rpm and deb file names (pre-releases, snapshots, escaped epochs).
fn check_name(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > MAX_NAME {
        return Err(NameError::TooLong { given: text.len(), limit: MAX_NAME });
    }
    if text.starts_with('.') {
        return Err(NameError::LeadingDot(text.to_owned()));
    }
    if text.starts_with('-') {
        return Err(NameError::LeadingDash(text.to_owned()));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._+-~:^%".contains(c);
    match text.chars().find(|c| !allowed(*c)) {
        Some(character) => Err(NameError::Character { name: text.to_owned(), character }),
        None => Ok(()),
    }
}

/// A path below some root that can not leave it: every segment is a [`Segment`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelPath(String);

impl RelPath {
    /// The path with `/` between its segments.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The segments, first to last. Never empty.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The last segment.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// This path with `tail` below it.
    #[must_use]
    pub fn join(&self, tail: &Self) -> Self {
        Self(format!("{}/{}", self.0, tail.0))
    }

    /// Whether `self` is `other` or lies below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl From<Segment> for RelPath {
    fn from(segment: Segment) -> Self {
        Self(segment.0)
    }
}

impl FromStr for RelPath {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.starts_with('/') {
            return Err(NameError::Absolute(text.to_owned()));
        }
        if text.len() > MAX_PATH {
            return Err(NameError::TooLong { given: text.len(), limit: MAX_PATH });
        }
        text.split('/').try_for_each(check_name)?;
        Ok(Self(text.to_owned()))
    }
}

/// Gives a checked text type the traits it needs to be printed and stored as that text.
macro_rules! as_text {
    ($name:ty, $error:ty) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}
pub(crate) use as_text;

as_text!(Segment, NameError);
as_text!(RelPath, NameError);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_accepted_path_leaves_its_root(text in "[./a-z~\\\\-]{0,24}") {
            if let Ok(path) = text.parse::<RelPath>() {
                let depth_ok = path.segments().all(|s| !s.is_empty() && s != "." && s != "..");
                prop_assert!(depth_ok && !path.as_str().starts_with('/'));
            }
        }
    }

    #[test]
    fn each_way_out_is_refused_with_its_reason() {
        for (text, part) in [
            ("../etc/passwd", "starts with a dot"),
            ("a/../../b", "starts with a dot"),
            ("/etc/passwd", "absolute"),
            ("a//b", "empty"),
            ("a\\b", "character"),
            ("a\0b", "character"),
            ("-rf", "dash"),
            ("a\nb", "character"),
        ] {
            let error = text.parse::<RelPath>().unwrap_err().to_string();
            assert!(error.contains(part), "{text:?}: {error}");
        }
    }
}
