//! Which record a fact is: where it came from, and its number there.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A record: its source and its number there.
///
/// The site's own log is source 0. Sources that were imported tell of the time before it, so their records come first,
/// in the order of the sources' names.
///
/// Kept by its number alone, as the source's number holds only beside its [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
pub struct RecordId(u64);

impl From<u64> for RecordId {
    fn from(number: u64) -> Self {
        Self::own(number)
    }
}

impl From<RecordId> for u64 {
    fn from(record: RecordId) -> Self {
        record.number()
    }
}

/// Bits of the number; the source is above them.
const NUMBER_BITS: u32 = 48;

impl RecordId {
    /// The greatest number of a record in its source.
    pub const MAX_NUMBER: u64 = (1 << NUMBER_BITS) - 1;

    /// A record of the site's own log.
    #[must_use]
    pub const fn own(number: u64) -> Self {
        Self::of(0, number)
    }

    /// A record of a source, which is counted from 1 in [`Sources`]. A number is used up to [`RecordId::MAX_NUMBER`].
    #[must_use]
    pub const fn of(source: u16, number: u64) -> Self {
        Self(((source as u64) << NUMBER_BITS) | (number & Self::MAX_NUMBER))
    }

    /// Its number in its source.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0 & Self::MAX_NUMBER
    }

    /// Its source; 0 for the site's own log.
    #[must_use]
    pub const fn source(self) -> usize {
        (self.0 >> NUMBER_BITS) as usize
    }

    /// What decides which record came first: imported sources before the own log.
    pub(crate) const fn order(self) -> u64 {
        self.0.wrapping_sub(1 << NUMBER_BITS)
    }
}

/// The names of the sources beside the site's own log, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources(Vec<String>);

impl Sources {
    /// Takes names in any order; one that occurs twice is one source.
    #[must_use]
    pub fn new(mut names: Vec<String>) -> Self {
        names.sort_unstable();
        names.dedup();
        Self(names)
    }

    /// The number of a source by its name, from 1; `None` for a name that is not there.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<u16> {
        let place = self.0.binary_search_by(|known| known.as_str().cmp(name)).ok()?;
        u16::try_from(place + 1).ok()
    }

    /// The names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// A record as it is written: its number, and before it the source if it is not the site's own log.
    #[must_use]
    pub fn show(&self, record: RecordId) -> Shown<'_> {
        let source = record.source().checked_sub(1).and_then(|at| self.0.get(at)).map(String::as_str);
        Shown { source, number: record.number() }
    }
}

/// A record as it is written, such as `17` or `egi-2011:17`.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'s> {
    source: Option<&'s str>,
    number: u64,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(source) = self.source {
            write!(f, "{source}:")?;
        }
        write!(f, "{}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imported_records_come_before_the_own_log_and_say_where_they_are_from() {
        let sources = Sources::new(vec!["rt-2012".to_owned(), "egi-2011".to_owned(), "rt-2012".to_owned()]);
        let later = RecordId::of(sources.find("rt-2012").unwrap(), 1);
        let early = RecordId::of(sources.find("egi-2011").unwrap(), 900);
        let own = RecordId::own(1);
        assert!(early.order() < later.order() && later.order() < own.order());
        assert_eq!(sources.show(early).to_string(), "egi-2011:900");
        assert_eq!(sources.show(own).to_string(), "1");
        assert_eq!(sources.find("elsewhere"), None);
    }
}
