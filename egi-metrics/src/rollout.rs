//! What is told release by release: staged rollouts that ended, their teams, how long they took, and their reports;
//! skipped phases and rejections.

use chrono::{DateTime, Utc};
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use crate::columns::FactColumns;
use crate::log::whole_seconds;
use crate::quality::instant;
use crate::record::RecordId;
use crate::spread::Distribution;
use crate::tally::{self, Tally};
use crate::trace::{Cell, Row};

/// M.SA1.3-1 in a month: teams of the releases whose staged rollout ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamsPerRelease {
    /// The number of teams of each release: n is the number of releases, the sum that of participations.
    pub teams: Distribution,
    /// Releases without any team.
    pub without_team: u64,
}

/// M.SA1.3-4 in a month: from staged rollout to accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutTime {
    /// Seconds of each release.
    pub seconds: Distribution,
    /// Releases left out, because the log does not tell when they entered staged rollout, or tells it wrongly.
    pub left_out: u64,
    /// Seconds that these releases together were `Deferred` in between.
    pub deferred_seconds: u64,
    /// Seconds that these releases together were `Failed` in between.
    pub failed_seconds: u64,
}

/// M.SA1.3-5 in a month: from accepted to the report being published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportDelay {
    /// Seconds of each release whose report and acceptance are both known by the month.
    pub seconds: Distribution,
    /// Those of them whose report was published before acceptance: they count as 0 seconds.
    pub before_acceptance: u64,
    /// Accepted releases without a report at the month's end.
    pub without_report: u64,
}

/// A release whose staged rollout ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutEnd {
    /// Which release.
    pub release: ReleaseName,
    /// When it ended.
    pub ended: DateTime<Utc>,
    /// As what.
    pub outcome: RolloutState,
    /// Early-adopter teams that took part and reported by the month's end.
    pub teams: u32,
}

/// A release that passed staged rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Which release.
    pub release: ReleaseName,
    /// When it first entered staged rollout; `None` where the log does not tell.
    pub entered: Option<DateTime<Utc>>,
    /// When it was accepted.
    pub accepted: DateTime<Utc>,
    /// Whole seconds from one to the other; `None` where the log does not tell or has them the wrong way round.
    pub seconds: Option<u64>,
    /// Of these, seconds in `Deferred`.
    pub deferred_seconds: u64,
    /// Of these, seconds in `Failed`.
    pub failed_seconds: u64,
}

/// An accepted release's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Which release.
    pub release: ReleaseName,
    /// When it was accepted.
    pub accepted: DateTime<Utc>,
    /// When the report was published; `None` if it was not by the month's end.
    pub published: Option<DateTime<Utc>>,
    /// Whole seconds from acceptance to the report, 0 if the report came first; `None` without a report.
    pub seconds: Option<u64>,
    /// Without a report: whole seconds from acceptance to the month's end, or to when the facts were read.
    pub age_seconds: Option<u64>,
}

/// A request that is listed by itself: a phase skipped, or a rejection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Which release.
    pub release: ReleaseName,
    /// When.
    pub at: DateTime<Utc>,
    /// The state the request counts from.
    pub from: RolloutState,
    /// What was asked for.
    pub asked: RolloutState,
    /// Who asked, where the log says.
    pub by: Option<String>,
    /// Why, one line each, where the log says.
    pub reasons: Option<String>,
}

/// What a release is called, by the record that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseName {
    /// The ticket.
    pub ticket: TicketId,
    /// The record.
    pub record: RecordId,
    /// Product and version.
    pub release: Option<String>,
    /// The technology provider.
    pub provider: Option<String>,
}

impl ReleaseName {
    fn of(facts: &FactColumns, ticket: u64, row: u32, record: RecordId) -> Option<Self> {
        let provider = facts.transitions.provider.get(row as usize).map(|name| facts.names.show(*name));
        Some(Self {
            ticket: TicketId::new(ticket)?,
            record,
            release: facts.transitions.release.get(row).map(str::to_owned),
            provider: provider.filter(|text| !text.is_empty()).map(str::to_owned),
        })
    }
}

impl RolloutEnd {
    pub(crate) fn of(facts: &FactColumns, end: &tally::RolloutEnd) -> Option<Self> {
        Some(Self {
            release: ReleaseName::of(facts, end.ticket, end.row, end.record)?,
            ended: instant(end.at),
            outcome: end.outcome,
            teams: end.teams,
        })
    }
}

impl Passage {
    pub(crate) fn of(facts: &FactColumns, passage: &tally::Passage) -> Option<Self> {
        Some(Self {
            release: ReleaseName::of(facts, passage.ticket, passage.row, passage.record)?,
            entered: passage.entered.map(instant),
            accepted: instant(passage.accepted),
            seconds: passage.seconds,
            deferred_seconds: passage.deferred,
            failed_seconds: passage.failed,
        })
    }
}

impl Publication {
    /// `measured` is when ages are measured.
    pub(crate) fn of(facts: &FactColumns, known: &tally::Publication, measured: i64) -> Option<Self> {
        let age = known.published.is_none().then(|| whole_seconds(known.accepted, measured));
        Some(Self {
            release: ReleaseName::of(facts, known.ticket, known.row, known.record)?,
            accepted: instant(known.accepted),
            published: known.published.map(instant),
            seconds: known.seconds,
            age_seconds: age.flatten(),
        })
    }
}

impl Event {
    pub(crate) fn of(facts: &FactColumns, event: &tally::Event) -> Option<Self> {
        Some(Self {
            release: ReleaseName::of(facts, event.ticket, event.row, event.record)?,
            at: instant(event.at),
            from: event.stood,
            asked: event.asked,
            by: facts.transitions.by.get(event.row).map(str::to_owned),
            reasons: facts.transitions.reasons.get(event.row).map(str::to_owned),
        })
    }
}

impl TeamsPerRelease {
    pub(crate) fn arrange(ends: &[tally::RolloutEnd]) -> Self {
        Self {
            teams: Distribution::of(ends.iter().map(|end| end.teams.into()).collect()),
            without_team: count(ends.iter().filter(|end| end.teams == 0)),
        }
    }
}

impl RolloutTime {
    pub(crate) fn arrange(passages: &[tally::Passage]) -> Self {
        let timed = || passages.iter().filter(|passage| passage.seconds.is_some());
        Self {
            seconds: Distribution::of(passages.iter().filter_map(|passage| passage.seconds).collect()),
            left_out: count(passages.iter().filter(|passage| passage.seconds.is_none())),
            deferred_seconds: timed().map(|passage| passage.deferred).sum(),
            failed_seconds: timed().map(|passage| passage.failed).sum(),
        }
    }
}

impl ReportDelay {
    pub(crate) fn arrange(publications: &[tally::Publication], tally: &Tally, month: usize) -> Self {
        Self {
            seconds: Distribution::of(publications.iter().filter_map(|known| known.seconds).collect()),
            before_acceptance: tally.trace.number(Cell::PublishedBefore, month, Row::All),
            without_report: tally.trace.number(Cell::Unpublished, month, Row::All),
        }
    }
}

fn count(rows: impl Iterator) -> u64 {
    u64::try_from(rows.count()).unwrap_or(u64::MAX)
}
