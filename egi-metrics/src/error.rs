//! What can go wrong when numbers are made. Bad facts are no error: they are reported beside the numbers.

use polars::prelude::PolarsError;

/// Why there is no report. None of these goes away by trying again with the same facts.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The frame engine refused to select or count the records behind the cells.
    #[error("failed to count the records behind the tables")]
    Count {
        /// What the engine says.
        #[source]
        source: PolarsError,
    },
    /// The frame engine refused to gather the stays that ended in a month.
    #[error("failed to gather the time in state")]
    TimeInState {
        /// What the engine says.
        #[source]
        source: PolarsError,
    },
    /// A table could not be written.
    #[error("failed to write {file} as CSV")]
    Write {
        /// The file's name.
        file: &'static str,
        /// What the engine says.
        #[source]
        source: PolarsError,
    },
}
