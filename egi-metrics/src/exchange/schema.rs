//! The columns of each kind of file.

use std::fmt;

use crate::catalog::ColumnSpec;

/// A kind of facts, and the file it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Settled requests: the log's records.
    Transitions,
    /// Tickets' creations.
    Submissions,
    /// Early-adopter teams' parts in staged rollouts.
    Participations,
    /// Staged-rollout reports that were published.
    Reports,
}

/// A column of a file of facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactColumn {
    /// Its name, and what its values mean.
    pub spec: ColumnSpec,
    /// Whether the file must have it, and each row a value in it.
    pub needed: bool,
}

const fn needed(name: &'static str, meaning: &'static str) -> FactColumn {
    FactColumn { spec: ColumnSpec { name, meaning }, needed: true }
}

const fn optional(name: &'static str, meaning: &'static str) -> FactColumn {
    FactColumn { spec: ColumnSpec { name, meaning }, needed: false }
}

const SOURCE: FactColumn =
    optional("source", "where the fact comes from; empty for the site's own log, or as the import says");
const TICKET: FactColumn = needed("ticket", "the release's ticket number, from 1");

const TRANSITIONS: [FactColumn; 13] = [
    SOURCE,
    needed("record", "the record's number in its source, from 1: it decides what came first"),
    TICKET,
    needed("at", "when it was settled"),
    needed("from", "the state the release stood in before"),
    optional("asked", "the state asked for; empty for that of \"to\""),
    needed("to", "the state the release stands in afterwards"),
    optional("outcome", "performed, deferred, refused, failed or disregarded; empty for performed"),
    optional("by", "who asked"),
    optional("emergency", "Yes or No; empty for No"),
    optional("provider", "the technology provider"),
    optional("release", "product and version"),
    optional("reasons", "why, one line each"),
];

const SUBMISSIONS: [FactColumn; 5] = [
    SOURCE,
    optional("record", "the number of the log record that says so; empty where only the ticket system knows"),
    TICKET,
    needed("at", "when the ticket was created"),
    optional("by", "who created it"),
];

const PARTICIPATIONS: [FactColumn; 13] = [
    SOURCE,
    needed("record", "the participation's number in its source, from 1"),
    TICKET,
    needed("team", "the early-adopter team"),
    optional("site", "the team's site"),
    optional("ngi", "the team's NGI"),
    needed("participation", "Invited, Accepted, Declined or NoAnswer"),
    optional("outcome", "Accept, AcceptWithWarnings, Reject or Aborted; empty while there is none"),
    optional("invited", "when the team was asked"),
    optional("answered", "when it answered"),
    optional("started", "when it began to try the release"),
    optional("finished", "when it reported its outcome"),
    optional("report", "where its report is"),
];

const REPORTS: [FactColumn; 5] = [
    SOURCE,
    needed("record", "the report's number in its source, from 1"),
    TICKET,
    needed("at", "when the staged-rollout report was published"),
    optional("link", "where it is"),
];

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Transitions, Self::Submissions, Self::Participations, Self::Reports];

    /// The name of its file, without the ending.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transitions => "transitions",
            Self::Submissions => "submissions",
            Self::Participations => "participations",
            Self::Reports => "reports",
        }
    }

    /// The kind a file's name says, without folder and ending.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The columns, in the order they are written. They are found by name, in any order.
    #[must_use]
    pub const fn columns(self) -> &'static [FactColumn] {
        match self {
            Self::Transitions => &TRANSITIONS,
            Self::Submissions => &SUBMISSIONS,
            Self::Participations => &PARTICIPATIONS,
            Self::Reports => &REPORTS,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

const INTRODUCTION: &str = "\
# Facts files

What `nsrw facts export` writes and `nsrw facts import`, `nsrw facts check` and `nsrw report --facts` read. This page is \
rendered from the schema in `egi-metrics`.

A folder holds up to four files, each as CSV or Parquet: `transitions.csv` or `transitions.parquet`, and so on. CSV is as RFC \
4180 has it: a header line, commas, quotes where needed; UTF-8. Columns are found by their names, in any order; one that is not \
known here is a fault. An empty field is no value.

Times are written as `2026-11-01T08:00:00Z`, with a fraction of a second where there is one, or with another offset; \
`2026-11-01 08:00:00` is read as UTC. In Parquet they are timestamps; one without a zone is UTC. Numbers are whole numbers. \
States are spelled as in `RolloutProgress`; older spellings are read.

Records are numbered in each source for itself. What came first is decided by these numbers and not by the times. Sources that \
are imported come before the site's own log.
";

/// The page `docs/facts.md`.
#[must_use]
pub fn facts_markdown() -> String {
    let mut page = INTRODUCTION.to_owned();
    for kind in Kind::ALL {
        let head = format!("\n## {kind}\n\n| column | needed | meaning |\n| --- | --- | --- |\n");
        page.push_str(&head);
        for column in kind.columns() {
            let needed = if column.needed { "yes" } else { "" };
            let row = format!("| {} | {needed} | {} |\n", column.spec.name, column.spec.meaning);
            page.push_str(&row);
        }
    }
    page
}
