//! Texts to values: dates, switches, links and lists.

use chrono::NaiveDate;

use super::Generation;
use super::reading::{Leaf, Reading};
use crate::xml::quoted;

/// The notations of a date that were ever in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notation {
    /// `d/m/yyyy`
    Slashes,
    /// `YYYYMMDD`
    Compact,
    /// `yyyy-mm-dd`
    Dashes,
}

impl Notation {
    const fn of(generation: Generation) -> Self {
        match generation {
            Generation::G1 => Self::Slashes,
            Generation::G2 | Generation::G3 => Self::Compact,
        }
    }

    const fn pattern(self) -> &'static str {
        match self {
            Self::Slashes => "d/m/yyyy",
            Self::Compact => "YYYYMMDD",
            Self::Dashes => "yyyy-mm-dd",
        }
    }

    /// An impossible day is written as if every month had it.
    fn spell(self, year: i32, month: u32, day: u32) -> String {
        match self {
            Self::Slashes => format!("{day}/{month}/{year}"),
            Self::Compact => format!("{year:04}{month:02}{day:02}"),
            Self::Dashes => format!("{year:04}-{month:02}-{day:02}"),
        }
    }
}

/// A date; one that the calendar does not have is a fault.
pub(super) fn parse_date(reading: &mut Reading<'_>, leaf: &Leaf<'_>) -> Option<NaiveDate> {
    let own = Notation::of(reading.generation);
    let Some((notation, year, month, day)) = numbers(leaf.text) else {
        let message = format!("{} is {}; a date as {} was expected", leaf.name, quoted(leaf.text), own.pattern());
        reading.fault(leaf.at, message, format!("Write it such as {}", own.spell(2019, 5, 23)));
        return None;
    };
    let date = NaiveDate::from_ymd_opt(year, month, day);
    if date.is_none() {
        let message =
            format!("{} is {}, a date that does not exist: {}", leaf.name, quoted(leaf.text), why(year, month, day));
        let advice = match NaiveDate::from_ymd_opt(year, day, month) {
            Some(_) => format!("If month and day are swapped, write {}", own.spell(year, day, month)),
            None => format!("Write it as {}, such as {}", own.pattern(), own.spell(2019, 5, 23)),
        };
        reading.fault(leaf.at, message, advice);
    } else if notation != own {
        let message = format!("{} is written as {}; {} was expected", leaf.name, notation.pattern(), own.pattern());
        reading.warn(leaf.at, message, format!("Write {}", own.spell(year, month, day)));
    }
    date
}

fn why(year: i32, month: u32, day: u32) -> String {
    if (1..=12).contains(&month) {
        format!("{year:04}-{month:02} has no day {day}")
    } else {
        format!("there is no month {month}")
    }
}

/// Year, month and day, whether or not the calendar has them.
fn numbers(text: &str) -> Option<(Notation, i32, u32, u32)> {
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let slashes: Vec<&str> = text.split('/').collect();
    let dashes: Vec<&str> = text.split('-').collect();
    let (notation, year, month, day) = match (slashes.as_slice(), dashes.as_slice()) {
        ([day, month, year], _) => (Notation::Slashes, *year, *month, *day),
        (_, [year, month, day]) => (Notation::Dashes, *year, *month, *day),
        _ => (Notation::Compact, text.get(..4)?, text.get(4..6)?, text.get(6..)?),
    };
    let plausible = year.len() == 4 && [month, day].iter().all(|part| part.len() <= 2);
    let complete = notation != Notation::Compact || day.len() == 2;
    if !(plausible && complete && [year, month, day].into_iter().all(all_digits)) {
        return None;
    }
    Some((notation, year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
}

/// A switch.
pub(super) fn parse_bool(reading: &mut Reading<'_>, leaf: &Leaf<'_>) -> Option<bool> {
    match leaf.text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => {
            let message = format!("{} is {}; true or false was expected", leaf.name, quoted(leaf.text));
            reading.fault(leaf.at, message, "Write true or false");
            None
        }
    }
}

/// What is wrong with a link, if anything.
fn link_fault(link: &str) -> Option<(&'static str, &'static str)> {
    let scheme = ["https://", "http://", "ftp://"].into_iter().find(|scheme| starts_with_ignoring_case(link, scheme));
    if link.contains(r"\/") {
        Some(("has escaped slashes, as JSON writes them", r"Write / instead of \/"))
    } else if scheme.is_none_or(|scheme| link.len() == scheme.len()) {
        Some((
            "is no link: https://, http:// or ftp:// with a host was expected",
            "Write the whole address, or remove it",
        ))
    } else if !link.chars().all(|c| c.is_ascii_graphic()) {
        Some(("has blanks or non-ASCII characters", "Percent-encode them; one link to an element"))
    } else {
        None
    }
}

fn starts_with_ignoring_case(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// A link that must be one.
pub(super) fn parse_link(reading: &mut Reading<'_>, leaf: &Leaf<'_>) -> Option<String> {
    match link_fault(leaf.text) {
        None => Some(leaf.text.to_owned()),
        Some((why, advice)) => {
            reading.fault(leaf.at, format!("{} {} {why}", leaf.name, quoted(leaf.text)), advice);
            None
        }
    }
}

/// A word that should be a link, in the one text of blank-separated links that the first generation has: prose gets
/// mixed in there.
pub(super) fn loose_link(reading: &mut Reading<'_>, leaf: &Leaf<'_>, word: &str) -> String {
    if let Some((why, advice)) = link_fault(word) {
        reading.warn(leaf.at, format!("{}: {} {why}", leaf.name, quoted(word)), advice);
    }
    word.to_owned()
}

/// The words between commas and blanks.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ',' || c == ';' || c.is_whitespace()).filter(|word| !word.is_empty())
}

/// The parts between commas; blanks within a part are its own.
pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty())
}
