//! What is odd in the facts. Everything odd is reported with its ticket and record; nothing is repaired or dropped in
//! silence, and nothing odd stops a report.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use egi_model::month::Month;
use egi_model::ticket::TicketId;

use crate::columns::{FactColumns, Micros, NEVER};
use crate::record::RecordId;

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
    /// A stay begins before the one before it ended.
    OverlappingStays,
    /// A ticket's first record is older than the ticket: the clocks of the ticket system and of the log differ.
    ClockSkew,
    /// A participation names no team, or a team without site or NGI.
    UnknownTeam,
    /// One team's name stands with different sites or NGIs.
    TeamInTwoPlaces,
    /// A team takes part in one release more than once, or one record occurs twice.
    DuplicateParticipation,
    /// A team reported an outcome before it accepted to take part, or without.
    OutcomeBeforeAnswer,
    /// A team reported an outcome at no known time.
    OutcomeWithoutTime,
    /// A team reported an outcome after the release left staged rollout.
    OutcomeAfterRollout,
    /// A participation or a report belongs to a ticket the log knows nothing of.
    UnknownTicket,
    /// A time lies after the facts were read.
    FutureTime,
}

impl ProblemKind {
    /// All kinds.
    pub const ALL: [Self; 19] = [
        Self::GapInLog,
        Self::DuplicateRecord,
        Self::DuplicateSubmission,
        Self::NeverSubmitted,
        Self::LeftBeforeEntered,
        Self::NotInState,
        Self::LeftTerminalState,
        Self::OutcomeDisagrees,
        Self::SkippedWithoutEmergency,
        Self::OverlappingStays,
        Self::ClockSkew,
        Self::UnknownTeam,
        Self::TeamInTwoPlaces,
        Self::DuplicateParticipation,
        Self::OutcomeBeforeAnswer,
        Self::OutcomeWithoutTime,
        Self::OutcomeAfterRollout,
        Self::UnknownTicket,
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
            Self::OverlappingStays => "overlapping-stays",
            Self::ClockSkew => "clock-skew",
            Self::UnknownTeam => "unknown-team",
            Self::TeamInTwoPlaces => "team-in-two-places",
            Self::DuplicateParticipation => "duplicate-participation",
            Self::OutcomeBeforeAnswer => "outcome-before-acceptance",
            Self::OutcomeWithoutTime => "outcome-without-time",
            Self::OutcomeAfterRollout => "outcome-after-rollout",
            Self::UnknownTicket => "unknown-ticket",
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
            Self::OverlappingStays => {
                "Each stay has the duration its own times give; work in progress may count the release twice."
            }
            Self::ClockSkew => "The stay in Submitted has no duration and is left out of the time in state.",
            Self::UnknownTeam => "It counts under (unknown).",
            Self::TeamInTwoPlaces => {
                "It is one row among the teams, and its releases count for the NGI that each participation names."
            }
            Self::DuplicateParticipation => "The first outcome counts, the others count nowhere.",
            Self::OutcomeBeforeAnswer => {
                "Without acceptance it is not among the teams of the release; among the team's and the NGI's releases it counts like any other."
            }
            Self::OutcomeWithoutTime => "It counts nowhere.",
            Self::OutcomeAfterRollout => {
                "It counts among the team's and the NGI's releases, and among the teams of the release if the month of its end still knew it."
            }
            Self::UnknownTicket => "The participation counts for team and NGI; the report counts nowhere.",
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
    /// The record it was seen at; `None` for a creation that the log has no record of.
    pub record: Option<RecordId>,
    /// What is odd.
    pub kind: ProblemKind,
    /// The time written in the record; `None` where it has none.
    pub at: Option<DateTime<Utc>>,
    /// In a sentence.
    pub detail: String,
}

/// Notes what is odd in facts.
pub(crate) struct Reader<'f, 'p> {
    pub(crate) facts: &'f FactColumns,
    pub(crate) problems: &'p mut Vec<Problem>,
}

impl Reader<'_, '_> {
    /// Notes a problem of a fact that stands alone: the month of its own time lists it.
    pub(crate) fn alone(
        &mut self,
        kind: ProblemKind,
        ticket: Option<u64>,
        record: Option<RecordId>,
        at: Micros,
        detail: String,
    ) {
        let at = (at != NEVER).then(|| instant(at));
        let month = at.filter(|at| *at <= self.facts.as_of).map(Month::of);
        self.problems.push(Problem { month, ticket: ticket.and_then(TicketId::new), record, kind, at, detail });
    }
}

/// The instant, as people write it.
pub(crate) fn instant(at: Micros) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at).unwrap_or_default()
}

/// The holes in the site's own log, which is numbered from 1, and in what was imported.
pub(crate) fn find_gaps(facts: &FactColumns) -> Vec<Problem> {
    if is_whole(facts) {
        return Vec::new();
    }
    let created = facts.submissions.record.iter().copied().zip(&facts.submissions.at);
    let created = created.filter_map(|(record, at)| Some((record?, *at)));
    // Of what was looked at before only a part is here, and so is of what was imported.
    let looked_at = facts.handover.as_ref().map(|handover| handover.carried.records);
    let is_new = |(record, _): &(RecordId, Micros)| {
        looked_at.is_none_or(|looked_at| record.source() == 0 && record.number() > looked_at)
    };
    let looked_at = looked_at.unwrap_or(0);
    let settled = facts.transitions.record.iter().copied().zip(facts.transitions.at.iter().copied());
    let mut problems = Vec::new();
    let mut reader = Reader { facts, problems: &mut problems };
    let mut before: Option<RecordId> = None;
    for (record, at) in in_order(created.chain(settled).filter(is_new).collect()) {
        let former = before.filter(|former| former.source() == record.source()).map_or(looked_at, RecordId::number);
        let missing = (former + 1)..record.number();
        if !missing.is_empty() {
            let detail = match missing.end - missing.start {
                1 => format!("record {} is missing", missing.start),
                _ => format!("records {} to {} are missing", missing.start, missing.end - 1),
            };
            reader.alone(ProblemKind::GapInLog, None, Some(record), at, detail);
        }
        before = Some(record);
    }
    problems
}

/// Whether the log is numbered from 1 to its end, which is told without sorting.
fn is_whole(facts: &FactColumns) -> bool {
    let log = &facts.transitions.record;
    let alone = facts.sources.names().is_empty() && facts.submissions.record.iter().all(Option::is_none);
    let last = log.last().map_or(0, |last| last.number());
    alone && log.is_sorted_by(|a, b| a < b) && u64::try_from(log.len()) == Ok(last)
}

/// Logs mostly are in their order already.
fn in_order(mut records: Vec<(RecordId, Micros)>) -> Vec<(RecordId, Micros)> {
    if !records.is_sorted_by_key(|(record, _)| record.order()) {
        records.sort_unstable_by_key(|(record, at)| (record.order(), *at));
    }
    records
}

/// A team's name, site and NGI.
type Home<'f> = (&'f str, &'f str, &'f str);

/// Every home of every team, team by team and the first home first, with the row that names it first. What an earlier month
/// handed over is known already and has no row.
pub(crate) fn homes(facts: &FactColumns) -> Vec<(Home<'_>, Option<usize>)> {
    let log = &facts.participations;
    let named = log.team.iter().copied().zip(log.site.iter().copied()).zip(log.ngi.iter().copied());
    let number = |row: usize| log.record.get(row).map(|record| record.order());
    let mut first: HashMap<_, usize> = HashMap::new();
    for (row, home) in named.enumerate() {
        let known = first.entry(home).or_insert(row);
        if number(row) < number(*known) {
            *known = row;
        }
    }
    let handed = facts.handover.iter().flat_map(|handover| &handover.carried.homes);
    let handed: Vec<Home<'_>> = handed.map(|[team, site, ngi]| (team.as_str(), site.as_str(), ngi.as_str())).collect();
    let is_handed: HashSet<Home<'_>> = handed.iter().copied().collect();
    let shown = |((team, site), ngi)| (facts.names.show(team), facts.names.show(site), facts.names.show(ngi));
    let new = first.into_iter().map(|(home, row)| (shown(home), row));
    let mut new: Vec<_> = new.filter(|(home, _)| !home.0.is_empty() && !is_handed.contains(home)).collect();
    new.sort_by_key(|(home, row)| (number(*row), *home));
    let handed = handed.into_iter().map(|home| (home, None));
    let mut homes: Vec<_> = handed.chain(new.into_iter().map(|(home, row)| (home, Some(row)))).collect();
    homes.sort_by_key(|(home, _)| home.0);
    homes
}

/// Notes every team whose name stands with different sites or NGIs, once for each home beside the first.
pub(crate) fn find_divided_teams(facts: &FactColumns) -> Vec<Problem> {
    let log = &facts.participations;
    let mut problems = Vec::new();
    let mut reader = Reader { facts, problems: &mut problems };
    let mut before: Option<Home<'_>> = None;
    for (home @ (team, site, ngi), row) in homes(facts) {
        let Some((_, first_site, first_ngi)) = before.filter(|before| before.0 == team) else {
            before = Some(home);
            continue;
        };
        let Some(row) = row else { continue };
        let detail = format!("team {team} stands with {site}, {ngi} and with {first_site}, {first_ngi}");
        let (ticket, record) = (log.ticket.get(row).copied(), log.record.get(row).copied());
        let at = crate::order::participation_time(log, row);
        reader.alone(ProblemKind::TeamInTwoPlaces, ticket, record, at, detail);
    }
    problems
}
