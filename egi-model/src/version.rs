//! Release versions: "a distinct numerical version scheme" (specification, question 6).

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::name::as_text;

/// A numeric release version, ordered number by number; missing parts count as 0.
///
/// The provider's spelling is kept, because paths on disk show it (`15/03/17`) while catalogues show the numbers
/// (`15.3.17`). Two spellings of the same numbers are equal.
///
/// ```
/// use egi_model::version::Version;
/// let version: Version = "1.37-1".parse().unwrap();
/// assert_eq!((version.major(), version.minor(), version.revision()), (1, 37, "1".to_owned()));
/// assert!(version < "1.37-2".parse().unwrap());
/// assert_eq!("15.03.17".parse::<Version>().unwrap(), "15.3.17".parse().unwrap());
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    raw: String,
    parts: Vec<u64>,
}

/// Why a text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{given}\" is no numeric version; write numbers with dots between them, such as 1.37.1 (the release number of a package may follow a dash)"
)]
pub struct VersionError {
    /// The text as it came.
    pub given: String,
}

/// More parts than any real version has; keeps paths short.
const MAX_PARTS: usize = 8;
/// The longest text accepted, in bytes: zeros before a number would make it longer than a folder's name may be.
const MAX_BYTES: usize = 128;

impl Version {
    /// The provider's spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.raw
    }

    /// The first number.
    #[must_use]
    pub fn major(&self) -> u64 {
        self.number(0)
    }

    /// The second number, 0 when missing.
    #[must_use]
    pub fn minor(&self) -> u64 {
        self.number(1)
    }

    /// The third part, which may keep further dots; "0" when missing.
    #[must_use]
    pub fn revision(&self) -> String {
        match self.parts.get(2..) {
            Some(rest) if !rest.is_empty() => rest.iter().map(u64::to_string).collect::<Vec<_>>().join("."),
            _ => "0".to_owned(),
        }
    }

    /// Major, minor and revision as spelled, for paths: `15.03.17` gives `15`, `03`, `17`. Always three, so that no
    /// version's path lies within another's: what follows the second part keeps its dots.
    #[must_use]
    pub fn path_parts(&self) -> [String; 3] {
        let mut parts = self.raw.split(['.', '-']);
        let mut next = || parts.next().unwrap_or("0").to_owned();
        let (major, minor) = (next(), next());
        let rest = parts.collect::<Vec<_>>().join(".");
        [major, minor, if rest.is_empty() { "0".to_owned() } else { rest }]
    }

    fn number(&self, index: usize) -> u64 {
        self.parts.get(index).copied().unwrap_or(0)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let refused = || VersionError { given: text.to_owned() };
        let raw = text.trim();
        let parts = raw.split(['.', '-']).map(parse_number).collect::<Option<Vec<u64>>>().ok_or_else(refused)?;
        if parts.len() > MAX_PARTS || raw.len() > MAX_BYTES {
            return Err(refused());
        }
        Ok(Self { raw: raw.to_owned(), parts })
    }
}

/// Digits alone: `u64::from_str` would also take a leading `+`.
fn parse_number(part: &str) -> Option<u64> {
    part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok()).flatten()
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        (0..self.parts.len().max(other.parts.len()))
            .map(|i| self.number(i).cmp(&other.number(i)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let significant = self.parts.iter().rposition(|n| *n != 0).map_or(0, |last| last + 1);
        self.parts.iter().take(significant).for_each(|n| n.hash(state));
    }
}

as_text!(Version, VersionError);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn order_is_the_order_of_the_numbers(a in prop::collection::vec(0u64..40, 3), b in prop::collection::vec(0u64..40, 3)) {
            let text = |v: &[u64]| v.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
            let (x, y): (Version, Version) = (text(&a).parse().unwrap(), text(&b).parse().unwrap());
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        }
    }

    #[test]
    fn what_is_not_numeric_is_refused() {
        for text in
            ["", "1.", ".1", "1.0.0-rc1", "1.x", "+1.2", "1/2/3", "99999999999999999999999", "1.2.3.4.5.6.7.8.9"]
        {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    #[test]
    fn zeros_do_not_make_it_longer_than_a_name_may_be() {
        assert!(format!("1.2.{}7", "0".repeat(300)).parse::<Version>().is_err());
        assert!("1.2.007".parse::<Version>().is_ok());
    }

    #[test]
    fn the_spelling_is_kept_for_paths() {
        let version: Version = "15.03".parse().unwrap();
        assert_eq!(version.path_parts(), ["15", "03", "0"]);
        assert_eq!("1.7.3-1".parse::<Version>().unwrap().path_parts(), ["1", "7", "3.1"]);
        assert_eq!(version.to_string(), "15.03");
    }
}
