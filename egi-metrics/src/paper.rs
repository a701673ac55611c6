//! The report on paper: a month's content, typeset as PDF.
//!
//! # From numbers to pages
//!
//! 1. `assemble` makes of the months' reports what the pages show: [`ReportData`]. Every decision about content is there.
//! 2. `chart` draws the figures from it, as vectors, with a sentence each for those who can not see them.
//! 3. A [`Template`] sets both on pages. It can read the content, the figures and the attachments, and nothing else:
//!    `world` has no file system, no network and no clock.
//! 4. `export` writes PDF 1.7 that is PDF/A-3a and PDF/UA-1 at the same time: tagged, fonts embedded, the month's CSV files
//!    attached. Same facts, same bytes.

mod assemble;
mod chart;
mod consolidated;
mod data;
mod error;
mod export;
mod template;
mod world;

pub use assemble::{Setting, assemble};
pub use consolidated::{Consolidated, Fact, Remark, TeamRow};
pub use data::{
    Ageing, AgeingRow, Band, DefinitionText, EmergencyRow, Figure, Flow, FlowLine, LimitRow, Matrix, MatrixRow,
    MonthCounts, MonthName, ProviderCounts, QualityRow, ReasonRow, RejectRow, Rejects, ReportData, ReportDelays,
    RestatementRow, RolloutPoint, Rollouts, RuleText, SpreadValues, StateTimes, SummaryRow, Times, UnreportedRow,
};
pub use error::{PaperError, TemplateFault};
pub use export::render_pdf;
pub use template::Template;

#[cfg(test)]
mod tests;
