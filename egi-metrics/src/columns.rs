//! Facts as columns: what every number is computed from. A log of millions of records is a few flat arrays.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use egi_model::history::Outcome;
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use polars::prelude::{NewChunkedArray as _, PlSmallStr, StringChunked};

use crate::carry::Handover;
use crate::facts::{Facts, Participation, TeamOutcome};
use crate::record::{RecordId, Sources};

/// An instant in microseconds since 1970. Finer fractions of a second are cut off.
pub(crate) type Micros = i64;

/// What stands where a fact has no time: it lies in no month, and before every other.
pub(crate) const NEVER: Micros = Micros::MIN;

/// Facts as columns, for numbers to be made from: of [`Facts`], or read from files.
///
/// The order of the rows does not matter: the records' own numbers do.
#[derive(Debug, Clone)]
pub struct FactColumns {
    pub(crate) sources: Sources,
    pub(crate) as_of: DateTime<Utc>,
    pub(crate) names: Names,
    pub(crate) transitions: Transitions,
    pub(crate) submissions: Submissions,
    pub(crate) participations: Participations,
    pub(crate) published: Published,
    pub(crate) handover: Option<Handover>,
}

/// The settled requests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transitions {
    pub(crate) record: Vec<RecordId>,
    pub(crate) ticket: Vec<u64>,
    pub(crate) at: Vec<Micros>,
    pub(crate) from: Vec<RolloutState>,
    pub(crate) asked: Vec<RolloutState>,
    pub(crate) to: Vec<RolloutState>,
    pub(crate) outcome: Vec<Outcome>,
    pub(crate) emergency: Vec<bool>,
    pub(crate) provider: Vec<Name>,
    pub(crate) by: Texts,
    pub(crate) release: Texts,
    pub(crate) reasons: Texts,
}

/// The tickets' creations.
#[derive(Debug, Clone, Default)]
pub(crate) struct Submissions {
    pub(crate) record: Vec<Option<RecordId>>,
    pub(crate) ticket: Vec<u64>,
    pub(crate) at: Vec<Micros>,
    pub(crate) by: Texts,
}

/// The teams' parts. Their reports' links are left out: no number is made from them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Participations {
    pub(crate) record: Vec<RecordId>,
    pub(crate) ticket: Vec<u64>,
    pub(crate) team: Vec<Name>,
    pub(crate) site: Vec<Name>,
    pub(crate) ngi: Vec<Name>,
    pub(crate) participation: Vec<Participation>,
    pub(crate) outcome: Vec<Option<TeamOutcome>>,
    pub(crate) invited: Vec<Micros>,
    pub(crate) answered: Vec<Micros>,
    pub(crate) finished: Vec<Micros>,
}

/// The published reports.
#[derive(Debug, Clone, Default)]
pub(crate) struct Published {
    pub(crate) record: Vec<RecordId>,
    pub(crate) ticket: Vec<u64>,
    pub(crate) at: Vec<Micros>,
}

/// A column of text that is only looked at where it is shown; one without any text takes no room.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts(StringChunked);

impl Texts {
    /// Takes a column over. One piece is faster to look into than many.
    pub(crate) fn of(column: &StringChunked) -> Self {
        if column.null_count() == column.len() { Self::default() } else { Self(column.rechunk().into_owned()) }
    }

    fn collect<'t>(values: impl Iterator<Item = Option<&'t str>>) -> Self {
        Self(StringChunked::from_iter_options(PlSmallStr::EMPTY, values))
    }

    /// The text of a row; `None` where it has none.
    pub(crate) fn get(&self, row: u32) -> Option<&str> {
        let row = Some(row as usize).filter(|row| *row < self.0.len())?;
        self.0.get(row).filter(|text| !text.is_empty())
    }
}

/// A name by its number in [`Names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(pub(crate) u32);

impl Name {
    /// No name was given.
    pub(crate) const NONE: Self = Self(0);
}

/// Each name of a provider, team, site or NGI once.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    known: Vec<String>,
    numbers: HashMap<String, Name>,
}

impl Default for Names {
    fn default() -> Self {
        Self { known: vec![String::new()], numbers: HashMap::from([(String::new(), Name::NONE)]) }
    }
}

impl Names {
    /// The number of a name. Blanks around it are not part of it; nothing but blanks is none.
    pub(crate) fn intern(&mut self, given: &str) -> Name {
        let text = given.trim();
        if let Some(known) = self.numbers.get(text) {
            return *known;
        }
        let number = Name(u32::try_from(self.known.len()).unwrap_or(u32::MAX));
        self.known.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }

    /// The number of a name that is known.
    pub(crate) fn find(&self, name: &str) -> Option<Name> {
        self.numbers.get(name).copied()
    }

    /// The name; empty for [`Name::NONE`].
    pub(crate) fn show(&self, name: Name) -> &str {
        self.known.get(name.0 as usize).map_or("", String::as_str)
    }
}

impl FactColumns {
    /// The columns of `facts`.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        let mut names = Names::default();
        Self {
            sources: facts.sources.clone(),
            as_of: facts.as_of,
            transitions: transitions(facts, &mut names),
            submissions: submissions(facts),
            participations: participations(facts, &mut names),
            published: Published {
                record: facts.published.iter().map(|fact| fact.record).collect(),
                ticket: facts.published.iter().map(|fact| fact.ticket.get()).collect(),
                at: facts.published.iter().map(|fact| fact.at.timestamp_micros()).collect(),
            },
            names,
            handover: None,
        }
    }

    /// When the facts were read.
    #[must_use]
    pub fn as_of(&self) -> DateTime<Utc> {
        self.as_of
    }

    /// A record as it is written.
    #[must_use]
    pub fn show(&self, record: RecordId) -> String {
        self.sources.show(record).to_string()
    }

    /// How many facts there are: transitions, submissions, participations and published reports.
    #[must_use]
    pub fn counts(&self) -> [usize; 4] {
        [
            self.transitions.record.len(),
            self.submissions.ticket.len(),
            self.participations.record.len(),
            self.published.record.len(),
        ]
    }
}

fn transitions(facts: &Facts, names: &mut Names) -> Transitions {
    let rows = &facts.transitions;
    Transitions {
        record: rows.iter().map(|fact| fact.record).collect(),
        ticket: rows.iter().map(|fact| fact.ticket.get()).collect(),
        at: rows.iter().map(|fact| fact.at.timestamp_micros()).collect(),
        from: rows.iter().map(|fact| fact.from).collect(),
        asked: rows.iter().map(|fact| fact.asked).collect(),
        to: rows.iter().map(|fact| fact.to).collect(),
        outcome: rows.iter().map(|fact| fact.outcome).collect(),
        emergency: rows.iter().map(|fact| fact.emergency == Emergency::Yes).collect(),
        provider: rows.iter().map(|fact| names.intern(fact.provider.as_deref().unwrap_or_default())).collect(),
        by: Texts::collect(rows.iter().map(|fact| fact.by.as_deref())),
        release: Texts::collect(rows.iter().map(|fact| fact.release.as_deref())),
        reasons: Texts::collect(rows.iter().map(|fact| fact.reasons.as_deref())),
    }
}

fn submissions(facts: &Facts) -> Submissions {
    let rows = &facts.submitted;
    Submissions {
        record: rows.iter().map(|fact| fact.record).collect(),
        ticket: rows.iter().map(|fact| fact.ticket.get()).collect(),
        at: rows.iter().map(|fact| fact.at.timestamp_micros()).collect(),
        by: Texts::collect(rows.iter().map(|fact| fact.by.as_deref())),
    }
}

fn participations(facts: &Facts, names: &mut Names) -> Participations {
    let rows = &facts.participations;
    let time = |at: Option<DateTime<Utc>>| at.map_or(NEVER, |at| at.timestamp_micros());
    Participations {
        record: rows.iter().map(|fact| fact.record).collect(),
        ticket: rows.iter().map(|fact| fact.ticket.get()).collect(),
        team: rows.iter().map(|fact| names.intern(&fact.team)).collect(),
        site: rows.iter().map(|fact| names.intern(fact.site.as_deref().unwrap_or_default())).collect(),
        ngi: rows.iter().map(|fact| names.intern(fact.ngi.as_deref().unwrap_or_default())).collect(),
        participation: rows.iter().map(|fact| fact.participation).collect(),
        outcome: rows.iter().map(|fact| fact.outcome).collect(),
        invited: rows.iter().map(|fact| time(fact.invited)).collect(),
        answered: rows.iter().map(|fact| time(fact.answered)).collect(),
        finished: rows.iter().map(|fact| time(fact.finished)).collect(),
    }
}
