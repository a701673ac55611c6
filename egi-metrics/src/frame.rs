//! Frames: the names of their columns, and how results become columns.

use chrono::{DateTime, Utc};
use polars::prelude::{Column, DataFrame, IntoColumn as _, NamedFrom as _, PolarsResult, Series, TimeUnit, TimeZone};

/// The names of columns, in frames and in files.
pub(crate) mod name {
    // What a row is about.
    pub(crate) const MONTH: &str = "month";
    pub(crate) const PROVIDER: &str = "provider";
    pub(crate) const STATE: &str = "state";
    pub(crate) const TICKET: &str = "ticket";
    pub(crate) const RELEASE: &str = "release";
    pub(crate) const RECORD: &str = "record";

    // Records.
    pub(crate) const ASKED: &str = "asked";

    // Stays.
    pub(crate) const STAY: &str = "stay";
    pub(crate) const ENTERED: &str = "entered";
    pub(crate) const LEFT: &str = "left";
    pub(crate) const SECONDS: &str = "seconds";
    pub(crate) const ENTERED_BY: &str = "entered_by";
    pub(crate) const LEFT_BY: &str = "left_by";
    pub(crate) const ENTERED_RECORD: &str = "entered_record";
    pub(crate) const LEFT_RECORD: &str = "left_record";

    // Lineage.
    pub(crate) const METRIC: &str = "metric";
    pub(crate) const ROW: &str = "row";
    pub(crate) const COLUMN: &str = "column";

    // Counts of releases and requests.
    pub(crate) const DELIVERED: &str = "delivered";
    pub(crate) const CREATED: &str = "created";
    pub(crate) const NOT_DELIVERED: &str = "not_delivered";
    pub(crate) const ENDED_UNDELIVERED: &str = "ended_undelivered";
    pub(crate) const VERIFIED: &str = "verified";
    pub(crate) const ACCEPTED: &str = "accepted";
    pub(crate) const EMERGENCY_SKIPS: &str = "emergency_skips";
    pub(crate) const REJECTED: &str = "rejected";
    pub(crate) const IGNORED: &str = "ignored";
    pub(crate) const NOT_PUBLISHED: &str = "not_published";
    pub(crate) const FAILED_REQUESTS: &str = "failed_requests";
    pub(crate) const REFUSED_REQUESTS: &str = "refused_requests";

    // Flow.
    pub(crate) const WIP_START: &str = "wip_start";
    pub(crate) const ENTRIES: &str = "entries";
    pub(crate) const EXITS: &str = "exits";
    pub(crate) const WIP_END: &str = "wip_end";
    pub(crate) const UNEXPLAINED: &str = "unexplained";

    // Time in state.
    pub(crate) const RELEASES: &str = "releases";
    pub(crate) const STAYS: &str = "stays";
    pub(crate) const LEFT_OUT: &str = "left_out";
    pub(crate) const MEDIAN_SECONDS: &str = "median_seconds";
    pub(crate) const P85_SECONDS: &str = "p85_seconds";
    pub(crate) const P95_SECONDS: &str = "p95_seconds";
    pub(crate) const VALUES_SECONDS: &str = "values_seconds";
    pub(crate) const OPEN: &str = "open";
    pub(crate) const OLDEST_OPEN_TICKET: &str = "oldest_open_ticket";
    pub(crate) const OLDEST_OPEN_ENTERED: &str = "oldest_open_entered";
    pub(crate) const OLDEST_OPEN_SECONDS: &str = "oldest_open_seconds";

    // Data quality and definitions.
    pub(crate) const PROBLEM: &str = "problem";
    pub(crate) const TIME: &str = "time";
    pub(crate) const DETAIL: &str = "detail";
    pub(crate) const VERSION: &str = "version";
    pub(crate) const TITLE: &str = "title";
    pub(crate) const UNIT: &str = "unit";
    pub(crate) const DEFINITION: &str = "definition";

    // Staged rollout.
    pub(crate) const TEAM: &str = "team";
    pub(crate) const SITE: &str = "site";
    pub(crate) const NGI: &str = "ngi";
    pub(crate) const TEAMS: &str = "teams";
    pub(crate) const WITHOUT_TEAM: &str = "without_team";
    pub(crate) const MEAN_TEAMS: &str = "mean_teams";
    pub(crate) const MEDIAN_TEAMS: &str = "median_teams";
    pub(crate) const VALUES_TEAMS: &str = "values_teams";
    pub(crate) const SUCCESSES: &str = "successes";
    pub(crate) const REJECTS: &str = "rejects";
    pub(crate) const REJECTED_DEFERRED: &str = "rejected_deferred";
    pub(crate) const MEAN_SECONDS: &str = "mean_seconds";
    pub(crate) const MIN_SECONDS: &str = "min_seconds";
    pub(crate) const MAX_SECONDS: &str = "max_seconds";
    pub(crate) const DEFERRED_SECONDS: &str = "deferred_seconds";
    pub(crate) const FAILED_SECONDS: &str = "failed_seconds";
    pub(crate) const PUBLISHED: &str = "published";
    pub(crate) const BEFORE_ACCEPTANCE: &str = "before_acceptance";
    pub(crate) const WITHOUT_REPORT: &str = "without_report";
    pub(crate) const AGE_SECONDS: &str = "age_seconds";
    pub(crate) const ACCEPTS: &str = "accepts";
    pub(crate) const WARNINGS: &str = "accepts_with_warnings";
    pub(crate) const ABORTS: &str = "aborts";
    pub(crate) const INVITED: &str = "invited";
    pub(crate) const DECLINED: &str = "declined";
    pub(crate) const NO_ANSWER: &str = "no_answer";
    pub(crate) const PARTICIPATIONS: &str = "participations";
    pub(crate) const ENDED: &str = "ended";

    // Events and restatements.
    pub(crate) const FROM: &str = "from";
    pub(crate) const BY: &str = "by";
    pub(crate) const REASONS: &str = "reasons";
    pub(crate) const OLD: &str = "old";
    pub(crate) const NEW: &str = "new";
    pub(crate) const REASON: &str = "reason";
}

/// A column of whole numbers.
pub(crate) fn number<T>(name: &str, rows: &[T], value: impl Fn(&T) -> Option<u64>) -> Column {
    Column::new(name.into(), rows.iter().map(value).collect::<Vec<_>>())
}

/// A column of text.
pub(crate) fn text<'t, T>(name: &str, rows: &'t [T], value: impl Fn(&'t T) -> Option<&'t str>) -> Column {
    Column::new(name.into(), rows.iter().map(value).collect::<Vec<_>>())
}

/// A column of text that is made for it.
pub(crate) fn made<T>(name: &str, rows: &[T], value: impl Fn(&T) -> Option<String>) -> Column {
    Column::new(name.into(), rows.iter().map(value).collect::<Vec<_>>())
}

/// A column of instants, in microseconds.
pub(crate) fn time<T>(name: &str, rows: &[T], value: impl Fn(&T) -> Option<DateTime<Utc>>) -> PolarsResult<Column> {
    micros(name, rows, |row| value(row).map(|at| at.timestamp_micros()))
}

/// A column of instants that are microseconds since 1970 already.
pub(crate) fn micros<T>(name: &str, rows: &[T], value: impl Fn(&T) -> Option<i64>) -> PolarsResult<Column> {
    let numbers = Series::new(name.into(), rows.iter().map(value).collect::<Vec<_>>());
    let numbers = numbers.i64()?.clone();
    Ok(numbers.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column())
}

/// A frame of columns of one length.
pub(crate) fn frame(columns: Vec<Column>) -> PolarsResult<DataFrame> {
    DataFrame::new_infer_height(columns)
}
