//! Numbers from the history: what was delivered, verified and accepted in a month, and how long releases stood where.
//!
//! Facts in ([`Facts`]), typed results and CSV files out ([`report`], [`stays`]). The crate knows no database, no file
//! system and no clock: who calls it reads the log and writes the files. What each number means is data
//! ([`METRICS`], [`FILES`], [`GROUND_RULES`]), printed beside the numbers and rendered by [`definitions_markdown`].
//!
//! # From facts to files
//!
//! 1. `log` follows every ticket through the log, in the log's order: which transition a record stands for (a
//!    retry out of `Failed` stands for what failed before), where the release stayed and for how long, and what is odd.
//! 2. `count` selects, with lazy frames, the records behind each cell of each table: the *lineage*. A number is the
//!    count of its lineage rows, so the two cannot disagree.
//! 3. `report` arranges the counts in tables, month by month, and writes them as CSV.
//!
//! # Files
//!
//! RFC 4180: a header line, commas, CRLF, quotes where needed; UTF-8. An empty field means "there is none". Times are
//! UTC, durations whole seconds rounded down, months `2026-11`. Same facts, same bytes. [`FILES`] lists the files and
//! [`FileSpec::columns`] their columns in order.
//!
//! Left out: the metrics of the staged rollout (M.SA1.3), frozen months. The report as PDF is made in [`paper`].

mod catalog;
mod count;
mod definitions;
mod error;
mod facts;
mod frame;
mod log;
pub mod paper;
mod quality;
mod report;
#[cfg(test)]
mod sample;
mod stay;
mod table;
mod waiting;

pub use catalog::{ColumnSpec, DEFINITIONS_VERSION, FILES, FileSpec, GROUND_RULES, GroundRule, METRICS, MetricSpec};
pub use definitions::definitions_markdown;
pub use error::MetricsError;
pub use facts::{Facts, Submission, TransitionFact};
pub use quality::{Problem, ProblemKind};
pub use report::{MonthReport, report, reports};
pub use stay::{Stay, stays, stays_csv};
pub use table::{ALL_PROVIDERS, FlowRow, ProviderRow, ProviderTable, UNKNOWN_PROVIDER};
pub use waiting::{OpenStay, Spread, TimeInState};
