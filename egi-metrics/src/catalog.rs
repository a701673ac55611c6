//! What each number means, as data: the metrics, the rules behind all of them, the files and their columns.
//!
//! A change of a rule here is a change of every number it touches: raise [`DEFINITIONS_VERSION`] with it.

use crate::frame::name;

/// Raised with every change of a rule, and printed beside the numbers.
pub const DEFINITIONS_VERSION: u32 = 1;

/// One metric, or another counted table.
#[derive(Debug, PartialEq, Eq)]
pub struct MetricSpec {
    /// The name in the specification; lower case for tables that it does not name.
    pub id: &'static str,
    /// In a few words.
    pub title: &'static str,
    /// The counting rule.
    pub definition: &'static str,
    /// What is counted or measured.
    pub unit: &'static str,
    /// The file it is in.
    pub file: &'static str,
    /// The file's columns, in order. The first two name the row.
    pub columns: &'static [ColumnSpec],
}

/// One column of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Its name in the header line.
    pub name: &'static str,
    /// What its values mean.
    pub meaning: &'static str,
}

/// A file of a month's report.
#[derive(Debug, PartialEq, Eq)]
pub struct FileSpec {
    /// The file's name.
    pub name: &'static str,
    /// What is in it.
    pub purpose: &'static str,
    /// Its columns, in order.
    pub columns: &'static [ColumnSpec],
}

/// A rule that binds every metric.
#[derive(Debug, PartialEq, Eq)]
pub struct GroundRule {
    /// In a few words.
    pub title: &'static str,
    /// The rule, with how it is read here.
    pub text: &'static str,
}

impl MetricSpec {
    /// The columns behind the two that name the row.
    #[must_use]
    pub fn counts(&self) -> &'static [ColumnSpec] {
        self.columns.get(2..).unwrap_or_default()
    }
}

pub(crate) const M_REPO_1: &str = "M.REPO-1";
pub(crate) const M_REPO_2: &str = "M.REPO-2";
pub(crate) const M_REPO_3: &str = "M.REPO-3";
pub(crate) const OUTCOMES: &str = "outcomes";
pub(crate) const FLOW: &str = "flow";
pub(crate) const TIME_IN_STATE: &str = "time-in-state";

/// The rules that bind every metric, in the order they are numbered.
pub const GROUND_RULES: [GroundRule; 9] = [
    GroundRule {
        title: "Only the log counts",
        text: "Numbers come from the append-only history and the tickets' creation, never from a ticket's current fields. Only performed transitions count (M.REPO-2 also counts a release put in Deferred); failed and refused requests have columns of their own in outcomes.csv. What came first is decided by the record numbers, the month by the record's time.",
    },
    GroundRule {
        title: "A month",
        text: "Half-open: from the first day 00:00 to the next month's first day 00:00, UTC.",
    },
    GroundRule {
        title: "A release",
        text: "One ticket: one product version for one target. Its technology provider is the one named in the record that counts.",
    },
    GroundRule {
        title: "Window independence",
        text: "A month's numbers do not depend on which range was asked for, nor on what happened after the month.",
    },
    GroundRule {
        title: "Conservation",
        text: "For every state, work in progress at the end of a month is that at its start + entries - exits. Work in progress is counted on its own, not computed from the others; flow.csv shows the difference.",
    },
    GroundRule {
        title: "Re-entry",
        text: "A release counts once in each counted column, the first time. A performed transition out of Failed counts as the transition that had been attempted: as one from the state the release stood in before it failed, if the same request failed or was refused since it stood there. Otherwise it counts as one from Failed. A release that swings between InVerification and WaitingForResponse, or is retried, so counts once; time in state sums all its stays, and the number of stays is shown.",
    },
    GroundRule {
        title: "Small numbers",
        text: "With fewer than 5 releases no percentile is printed: the values are listed. Percentiles, the median (50 %) among them, are by nearest rank: the value at place n x p / 100, rounded up, in ascending order; it is always a value that occurred.",
    },
    GroundRule {
        title: "Lineage",
        text: "lineage.csv names the ticket and the log record behind every counted cell, and a cell is the number of its rows there. A row (all) is the sum of the rows above it. Durations are traced by the records that ended the stays.",
    },
    GroundRule {
        title: "Bad data",
        text: "Reported in data-quality.csv with ticket and record, never repaired in silence, never fatal.",
    },
];

const MONTH: ColumnSpec = ColumnSpec { name: name::MONTH, meaning: "the month, such as 2026-11" };
const PROVIDER: ColumnSpec = ColumnSpec {
    name: name::PROVIDER,
    meaning: "the technology provider; (unknown) where the log names none, (all) for the sum of the rows above",
};
const STATE: ColumnSpec = ColumnSpec { name: name::STATE, meaning: "the rollout state" };
const TICKET: ColumnSpec = ColumnSpec { name: name::TICKET, meaning: "the release's ticket number" };
const RECORD: ColumnSpec =
    ColumnSpec { name: name::RECORD, meaning: "the log record's number; empty for a creation it has no record of" };

/// The metrics and counted tables, in the order they are printed.
pub const METRICS: [MetricSpec; 6] = [
    MetricSpec {
        id: M_REPO_1,
        title: "Releases delivered",
        definition: "Releases whose first performed transition to Unverified, from Submitted or as a retry from Failed, falls in the month; by technology provider. Shown apart: releases created; created but not delivered; ended without a delivery. Over all providers, not_delivered at the end of a month is that of the month before + created - delivered - ended_undelivered.",
        unit: "releases",
        file: "m-repo-1.csv",
        columns: &[
            MONTH,
            PROVIDER,
            ColumnSpec { name: name::DELIVERED, meaning: "releases delivered in the month" },
            ColumnSpec {
                name: name::CREATED,
                meaning: "tickets created in the month; their provider is not known then",
            },
            ColumnSpec {
                name: name::NOT_DELIVERED,
                meaning: "tickets created by the end of the month and by then neither delivered nor ended; counted as (unknown)",
            },
            ColumnSpec {
                name: name::ENDED_UNDELIVERED,
                meaning: "releases that first reached Rejected, Ignored, NotPublished or Production in the month and had not been delivered",
            },
        ],
    },
    MetricSpec {
        id: M_REPO_2,
        title: "Releases that passed quality verification",
        definition: "Releases whose first granted request for StageRollout from InVerification or WaitingForResponse falls in the month; by technology provider. Performed or put in Deferred, the verification is done either way. A retry from Failed counts if such a request had failed or been refused. Shown apart, by their own first time: emergency skips, which are requests granted for StageRollout from Unverified and transitions performed to Production from Unverified, InVerification or WaitingForResponse.",
        unit: "releases",
        file: "m-repo-2.csv",
        columns: &[
            MONTH,
            PROVIDER,
            ColumnSpec { name: name::VERIFIED, meaning: "releases that passed quality verification in the month" },
            ColumnSpec {
                name: name::EMERGENCY_SKIPS,
                meaning: "releases that passed by quality verification in the month; in no other column",
            },
        ],
    },
    MetricSpec {
        id: M_REPO_3,
        title: "Releases that passed staged rollout",
        definition: "Releases whose first performed transition from StageRollout to Production falls in the month; by technology provider. A retry from Failed counts if that transition had failed or been refused. Shown apart, by their own first time: emergency skips, which are transitions performed to Production from any other state.",
        unit: "releases",
        file: "m-repo-3.csv",
        columns: &[
            MONTH,
            PROVIDER,
            ColumnSpec { name: name::ACCEPTED, meaning: "releases that passed staged rollout in the month" },
            ColumnSpec {
                name: name::EMERGENCY_SKIPS,
                meaning: "releases that reached Production in the month without leaving a staged rollout for it; in no other column",
            },
        ],
    },
    MetricSpec {
        id: OUTCOMES,
        title: "Other ends, and requests that came to nothing",
        definition: "Releases whose first performed transition to Rejected, Ignored or NotPublished falls in the month; and, request by request, those that failed and those that were refused in the month; by technology provider.",
        unit: "releases; requests for the last two columns",
        file: "outcomes.csv",
        columns: &[
            MONTH,
            PROVIDER,
            ColumnSpec { name: name::REJECTED, meaning: "releases rejected in the month" },
            ColumnSpec { name: name::IGNORED, meaning: "releases ignored in the month" },
            ColumnSpec { name: name::NOT_PUBLISHED, meaning: "releases not published in the month" },
            ColumnSpec {
                name: name::FAILED_REQUESTS,
                meaning: "requests that failed in the month; every one counts, so these are not releases",
            },
            ColumnSpec {
                name: name::REFUSED_REQUESTS,
                meaning: "requests refused in the month; every one counts, so these are not releases",
            },
        ],
    },
    MetricSpec {
        id: FLOW,
        title: "Flow and work in progress",
        definition: "For every state: releases in it when the month begins, stays begun, stays ended, releases in it when the month ends. A record that leaves a release where it was (a retry that fails again, a release deferred again) ends and begins no stay.",
        unit: "releases; stays for entries and exits",
        file: "flow.csv",
        columns: &[
            MONTH,
            STATE,
            ColumnSpec { name: name::WIP_START, meaning: "releases in the state when the month begins" },
            ColumnSpec { name: name::ENTRIES, meaning: "stays begun in the month" },
            ColumnSpec { name: name::EXITS, meaning: "stays ended in the month" },
            ColumnSpec { name: name::WIP_END, meaning: "releases in the state when the month ends" },
            ColumnSpec {
                name: name::UNEXPLAINED,
                meaning: "wip_end - (wip_start + entries - exits): 0, unless the log has impossible times",
            },
        ],
    },
    MetricSpec {
        id: TIME_IN_STATE,
        title: "Time in state",
        definition: "For every state that can be left: the releases that left it in the month, each with the sum of all its stays in it that ended by the end of the month; and the releases still in it then. The age of what is still open is measured at the end of the month, or when the facts were read if that is earlier.",
        unit: "seconds, rounded down for each stay",
        file: "time-in-state.csv",
        columns: &[
            MONTH,
            STATE,
            ColumnSpec { name: name::RELEASES, meaning: "releases that left the state in the month: n" },
            ColumnSpec { name: name::STAYS, meaning: "their stays in the state so far, all of which are summed" },
            ColumnSpec {
                name: name::LEFT_OUT,
                meaning: "stays ended in the month and left out, because the log has their end before their begin",
            },
            ColumnSpec { name: name::MEDIAN_SECONDS, meaning: "median of the releases' sums; empty with n < 5" },
            ColumnSpec { name: name::P85_SECONDS, meaning: "85th percentile; empty with n < 5" },
            ColumnSpec { name: name::P95_SECONDS, meaning: "95th percentile; empty with n < 5" },
            ColumnSpec {
                name: name::VALUES_SECONDS,
                meaning: "with n < 5 the releases' sums themselves, ascending, with blanks between",
            },
            ColumnSpec { name: name::OPEN, meaning: "releases in the state when the month ends" },
            ColumnSpec { name: name::OLDEST_OPEN_TICKET, meaning: "the one of them that is there longest" },
            ColumnSpec { name: name::OLDEST_OPEN_ENTERED, meaning: "since when" },
            ColumnSpec { name: name::OLDEST_OPEN_SECONDS, meaning: "its age" },
        ],
    },
];

/// The files of a month's report beside those of [`METRICS`].
pub const FILES: [FileSpec; 4] = [
    FileSpec {
        name: "stays.csv",
        purpose: "One line per stay that lasted in the month or a part of it, as known at its end. A release that came to its end appears in the month of that end only. The same columns show a single release on demand.",
        columns: &[
            TICKET,
            ColumnSpec { name: name::RELEASE, meaning: "product and version; empty while unknown" },
            ColumnSpec { name: name::PROVIDER, meaning: "the technology provider; empty while unknown" },
            STATE,
            ColumnSpec { name: name::STAY, meaning: "its place among the release's stays, from 1" },
            ColumnSpec { name: name::ENTERED, meaning: "when it began" },
            ColumnSpec { name: name::LEFT, meaning: "when it ended; empty while it lasts" },
            ColumnSpec {
                name: name::SECONDS,
                meaning: "its length, or its age while it lasts; empty where the end lies before the begin, and for a release that has come to its end",
            },
            ColumnSpec { name: name::ENTERED_BY, meaning: "who asked for what began it, or created the ticket" },
            ColumnSpec { name: name::LEFT_BY, meaning: "who asked for what ended it" },
            ColumnSpec {
                name: name::ENTERED_RECORD,
                meaning: "the log record that began it; empty for a creation it has no record of",
            },
            ColumnSpec { name: name::LEFT_RECORD, meaning: "the log record that ended it" },
        ],
    },
    FileSpec {
        name: "lineage.csv",
        purpose: "The ticket and log record behind every counted cell: one line each.",
        columns: &[
            ColumnSpec { name: name::METRIC, meaning: "the metric" },
            MONTH,
            ColumnSpec { name: name::ROW, meaning: "the cell's row: a provider or a state" },
            ColumnSpec { name: name::COLUMN, meaning: "the cell's column" },
            TICKET,
            RECORD,
        ],
    },
    FileSpec {
        name: "data-quality.csv",
        purpose: "What is odd in the facts, one line each.",
        columns: &[
            ColumnSpec {
                name: name::MONTH,
                meaning: "the month that the ticket's log had reached, whose report lists it; empty for what every report lists",
            },
            ColumnSpec { name: name::PROBLEM, meaning: "what is odd: one of the words explained below" },
            ColumnSpec { name: name::TICKET, meaning: "the ticket; empty for a gap in the log" },
            RECORD,
            ColumnSpec { name: name::TIME, meaning: "the time in the record" },
            ColumnSpec { name: name::DETAIL, meaning: "in a sentence" },
        ],
    },
    FileSpec {
        name: "definitions.csv",
        purpose: "The definitions that the numbers were made by.",
        columns: &[
            ColumnSpec { name: name::VERSION, meaning: "the definitions' version" },
            ColumnSpec { name: name::METRIC, meaning: "the metric; \"all\" for a rule that binds every one" },
            ColumnSpec { name: name::TITLE, meaning: "in a few words" },
            ColumnSpec { name: name::UNIT, meaning: "what is counted or measured; empty for a rule" },
            ColumnSpec { name: name::DEFINITION, meaning: "the rule" },
        ],
    },
];
