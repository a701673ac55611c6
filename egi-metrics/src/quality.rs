//! What is odd in the facts. Everything odd is reported with its ticket and record; nothing is repaired or dropped in
//! silence, and nothing odd stops a report.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use egi_model::month::Month;
use egi_model::ticket::TicketId;

use crate::facts::Facts;

/// What is odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// Records are missing from the log.
    GapInLog,
    /// A record's number occurs more than once.
    DuplicateRecord,
    /// A ticket was created more than once.
    DuplicateSubmission,
    /// A ticket has transitions and was never created.
    NeverSubmitted,
    /// A release left a state before it entered it.
    LeftBeforeEntered,
    /// A transition starts from a state the release was not in.
    NotInState,
    /// A release left a state that nothing leaves.
    LeftTerminalState,
    /// Where the release stands afterwards does not follow from how the request ended.
    OutcomeDisagrees,
    /// An area was skipped by a release that is no emergency.
    SkippedWithoutEmergency,
    /// A time lies after the facts were read.
    FutureTime,
}

impl ProblemKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::GapInLog,
        Self::DuplicateRecord,
        Self::DuplicateSubmission,
        Self::NeverSubmitted,
        Self::LeftBeforeEntered,
        Self::NotInState,
        Self::LeftTerminalState,
        Self::OutcomeDisagrees,
        Self::SkippedWithoutEmergency,
        Self::FutureTime,
    ];

    /// The word in `data-quality.csv`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GapInLog => "gap-in-log",
            Self::DuplicateRecord => "duplicate-record",
            Self::DuplicateSubmission => "duplicate-submission",
            Self::NeverSubmitted => "never-submitted",
            Self::LeftBeforeEntered => "left-before-entered",
            Self::NotInState => "not-in-state",
            Self::LeftTerminalState => "left-terminal-state",
            Self::OutcomeDisagrees => "outcome-disagrees",
            Self::SkippedWithoutEmergency => "skipped-without-emergency",
            Self::FutureTime => "future-time",
        }
    }

    /// What the numbers make of it.
    #[must_use]
    pub const fn effect(self) -> &'static str {
        match self {
            Self::GapInLog => "What the missing records say is in no number.",
            Self::DuplicateRecord => "One of the records counts, the others count nowhere.",
            Self::DuplicateSubmission => "The earliest creation counts, the others count nowhere.",
            Self::NeverSubmitted => {
                "The stay before the first transition is unknown: it is in no table, the release is not counted as created."
            }
            Self::LeftBeforeEntered => {
                "The stay has no duration and is left out of the time in state; the flow of the state may not add up."
            }
            Self::NotInState => "The stay ended is the one the log before this record says.",
            Self::LeftTerminalState => "The transition counts like any other.",
            Self::OutcomeDisagrees => {
                "Counts follow what was asked and how it ended, stays follow where the release stood afterwards."
            }
            Self::SkippedWithoutEmergency => "It counts as an emergency skip.",
            Self::FutureTime => {
                "It counts in the month of its time. It is listed in every report, because no month's report may ever reach it."
            }
        }
    }
}

/// One odd thing in the facts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The month whose report lists it: that of the latest time, not in the future, which the ticket's log had reached.
    /// A clock that jumps back thus hides nothing in a report of long ago. `None` is listed in every report.
    pub month: Option<Month>,
    /// The ticket; `None` for a gap in the log.
    pub ticket: Option<TicketId>,
    /// The log record it was seen at; `None` for a creation that the log has no record of.
    pub record: Option<u64>,
    /// What is odd.
    pub kind: ProblemKind,
    /// The time written in the record or creation.
    pub at: DateTime<Utc>,
    /// In a sentence.
    pub detail: String,
}

/// The month whose report lists a problem of a fact that stands alone.
pub(crate) fn month_of(at: DateTime<Utc>, as_of: DateTime<Utc>) -> Option<Month> {
    (at <= as_of).then(|| Month::of(at))
}

/// The holes in a log numbered from 1.
pub(crate) fn find_gaps(facts: &Facts) -> Vec<Problem> {
    let created = facts.submitted.iter().filter_map(|submission| Some((submission.record?, submission.at)));
    let settled = facts.transitions.iter().map(|fact| (fact.seq, fact.at));
    let log: BTreeMap<u64, DateTime<Utc>> = created.chain(settled).collect();
    let before = std::iter::once(0).chain(log.keys().copied());
    before
        .zip(&log)
        .filter(|(before, (seq, _))| **seq > before + 1)
        .map(|(before, (seq, at))| Problem {
            month: month_of(*at, facts.as_of),
            ticket: None,
            record: Some(*seq),
            kind: ProblemKind::GapInLog,
            at: *at,
            detail: match seq - before {
                2 => format!("record {} is missing", before + 1),
                _ => format!("records {} to {} are missing", before + 1, seq - 1),
            },
        })
        .collect()
}
