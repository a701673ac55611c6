//! The files of a report beside those of the metrics.

use super::{ColumnSpec, FileSpec, MONTH, RECORD, STATE, TICKET};
use crate::frame::name;

/// The columns of a request that is listed by itself.
const EVENT: [ColumnSpec; 10] = [
    MONTH,
    TICKET,
    ColumnSpec { name: name::RELEASE, meaning: "product and version; empty while unknown" },
    ColumnSpec { name: name::PROVIDER, meaning: "the technology provider; empty while unknown" },
    ColumnSpec { name: name::RECORD, meaning: "the log record that counts" },
    ColumnSpec { name: name::TIME, meaning: "when it was settled" },
    ColumnSpec { name: name::FROM, meaning: "the state it counts from" },
    ColumnSpec { name: name::ASKED, meaning: "the state asked for" },
    ColumnSpec { name: name::BY, meaning: "who asked; empty where the log does not say" },
    ColumnSpec { name: name::REASONS, meaning: "why, one line each; empty where the log does not say" },
];

/// The files of a month's report beside those of [`METRICS`](super::METRICS).
pub const FILES: [FileSpec; 11] = [
    FileSpec {
        name: "m-sa1-3-1-releases",
        purpose: "The releases behind M.SA1.3-1, one line each.",
        columns: &[
            MONTH,
            TICKET,
            ColumnSpec { name: name::RELEASE, meaning: "product and version; empty while unknown" },
            ColumnSpec { name: name::PROVIDER, meaning: "the technology provider; empty while unknown" },
            ColumnSpec { name: name::RECORD, meaning: "the log record that counts" },
            ColumnSpec { name: name::ENDED, meaning: "when its staged rollout ended" },
            ColumnSpec { name: name::STATE, meaning: "the state it ended in" },
            ColumnSpec { name: name::TEAMS, meaning: "teams that took part and reported by the month's end" },
        ],
    },
    FileSpec {
        name: "m-sa1-3-4-releases",
        purpose: "The releases behind M.SA1.3-4, one line each.",
        columns: &[
            MONTH,
            TICKET,
            ColumnSpec { name: name::RELEASE, meaning: "product and version; empty while unknown" },
            ColumnSpec { name: name::PROVIDER, meaning: "the technology provider; empty while unknown" },
            ColumnSpec { name: name::RECORD, meaning: "the log record that counts" },
            ColumnSpec {
                name: name::ENTERED,
                meaning: "when it first entered staged rollout; empty where the log does not tell",
            },
            ColumnSpec { name: name::ACCEPTED, meaning: "when it was accepted" },
            ColumnSpec { name: name::SECONDS, meaning: "from one to the other; empty for a release left out" },
            ColumnSpec { name: name::DEFERRED_SECONDS, meaning: "seconds it was Deferred in between" },
            ColumnSpec { name: name::FAILED_SECONDS, meaning: "seconds it was Failed in between" },
        ],
    },
    FileSpec {
        name: "m-sa1-3-5-releases",
        purpose: "The releases behind M.SA1.3-5, one line each: those with a report, and those without by the month's end.",
        columns: &[
            MONTH,
            TICKET,
            ColumnSpec { name: name::RELEASE, meaning: "product and version; empty while unknown" },
            ColumnSpec { name: name::PROVIDER, meaning: "the technology provider; empty while unknown" },
            ColumnSpec { name: name::RECORD, meaning: "the log record that counts" },
            ColumnSpec { name: name::ACCEPTED, meaning: "when it was accepted" },
            ColumnSpec {
                name: name::PUBLISHED,
                meaning: "when its first report was published; empty while there is none",
            },
            ColumnSpec {
                name: name::SECONDS,
                meaning: "from one to the other; 0 if the report came first; empty without a report",
            },
            ColumnSpec {
                name: name::AGE_SECONDS,
                meaning: "without a report: from acceptance to the month's end, or to when the facts were read",
            },
        ],
    },
    FileSpec {
        name: "skips",
        purpose: "The emergency skips of M.REPO-2 and M.REPO-3, one line for each request, with who asked and why.",
        columns: &EVENT,
    },
    FileSpec {
        name: "rejections",
        purpose: "The rejected releases of outcomes, one line each, with who asked and why.",
        columns: &EVENT,
    },
    FileSpec {
        name: "overrides",
        purpose: "The releases accepted in the month without the evidence of early adopters that was asked for, one line each, with who asked and why.",
        columns: &EVENT,
    },
    FileSpec {
        name: "stays",
        purpose: "One line per stay that lasted in the months of the report or a part of them, as known at their end. A release that came to its end appears where the end is in these months. The same columns show a single release on demand.",
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
        name: "lineage",
        purpose: "The ticket and log record behind every counted cell: one line each.",
        columns: &[
            ColumnSpec { name: name::METRIC, meaning: "the metric" },
            MONTH,
            ColumnSpec {
                name: name::ROW,
                meaning: "the cell's row: a provider, team, NGI or state; (all) for a metric without rows",
            },
            ColumnSpec { name: name::COLUMN, meaning: "the cell's column" },
            TICKET,
            RECORD,
        ],
    },
    FileSpec {
        name: "restatements",
        purpose: "Figures of closed months that are others now, one line each.",
        columns: &[
            ColumnSpec { name: name::MONTH, meaning: "the closed month" },
            ColumnSpec { name: name::METRIC, meaning: "the metric" },
            ColumnSpec { name: name::ROW, meaning: "the figure's row; (all) for a metric without rows" },
            ColumnSpec { name: name::COLUMN, meaning: "the figure's column" },
            ColumnSpec { name: name::OLD, meaning: "what was reported; empty for 0 or nothing" },
            ColumnSpec { name: name::NEW, meaning: "what it is now; empty for 0 or nothing" },
            ColumnSpec { name: name::REASON, meaning: "why it changed" },
        ],
    },
    FileSpec {
        name: "data-quality",
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
        name: "definitions",
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
