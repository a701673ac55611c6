//! Numbers from the history: what was delivered, verified and accepted in a month, who tried it, and how long it took.
//!
//! Facts in, typed results and files out. The crate knows no database and no clock: who calls it brings the facts and
//! says what time it is. What each number means is data ([`METRICS`], [`FILES`], [`GROUND_RULES`]), printed beside the
//! numbers and rendered by [`definitions_markdown`].
//!
//! ```
//! use egi_metrics::{FactColumns, Facts, Format, report};
//!
//! let facts = FactColumns::of(&Facts::none(chrono::DateTime::UNIX_EPOCH));
//! let month = "1970-01".parse()?;
//! let report = report(&facts, month, month);
//! assert_eq!(report.months[0].table("M.REPO-1").and_then(|table| table.total("delivered")), Some(0));
//! let mut csv = Vec::new();
//! report.write("m-repo-1", Format::Csv, &mut csv)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # From facts to files
//!
//! 1. [`Facts`] are rows, for hands and for the log of a site; [`FactColumns`] are the same as flat columns, made from
//!    rows or read from files ([`exchange`]). Everything is computed from columns.
//! 2. `order` puts the rows ticket by ticket; `log` follows each ticket through the log: which transition a record
//!    stands for (a retry out of `Failed` stands for what failed before), where the release stayed and for how long, and
//!    what is odd.
//! 3. `rules` and `teams` say what a ticket adds to every number. What they count is kept as `trace`, the *lineage*: a
//!    number is how many records stand behind it, so the two cannot disagree. A ticket's numbers depend on no other
//!    ticket, so tickets are counted on all processors at once.
//! 4. [`Report`] arranges what was counted, month by month, as typed results; `sheets` makes polars frames and files of
//!    them: CSV as RFC 4180 has it, JSON or Parquet. Same facts, same bytes. [`sheets`](sheets()) names the files and
//!    [`FILES`] and [`METRICS`] their columns.
//!
//! Left out: the storage of closed months, which are kept as [`Figure`]s by who closes them. The report as PDF is made in
//! [`paper`].

mod carry;
mod catalog;
mod columns;
mod definitions;
mod error;
pub mod exchange;
mod facts;
mod format;
mod frame;
mod log;
mod order;
pub mod paper;
mod quality;
mod record;
mod report;
mod restate;
mod rollout;
mod rules;
#[cfg(test)]
mod sample;
mod sheets;
mod spread;
mod stay;
mod table;
mod tally;
mod teams;
mod trace;
mod waiting;
mod window;

pub use carry::Carried;
pub use catalog::{ColumnSpec, DEFINITIONS_VERSION, FILES, FileSpec, GROUND_RULES, GroundRule, METRICS, MetricSpec};
pub use columns::FactColumns;
pub use definitions::definitions_markdown;
pub use error::MetricsError;
pub use facts::{Facts, Participation, ParticipationFact, PublishedFact, Submission, TeamOutcome, TransitionFact};
pub use format::Format;
pub use quality::{Problem, ProblemKind};
pub use record::{RecordId, Sources};
pub use report::{MonthReport, Report, problems, report};
pub use restate::{Figure, Restatement, restatements};
pub use rollout::{Event, Passage, Publication, ReleaseName, ReportDelay, RolloutEnd, RolloutTime, TeamsPerRelease};
pub use sheets::{sheets, write_stays};
pub use spread::{Distribution, Spread};
pub use stay::{Stay, stays};
pub use table::{ALL, CountRow, CountTable, FlowRow, UNKNOWN};
pub use waiting::{OpenStay, TimeInState};
