//! What can go wrong when facts are read and numbers written. Odd facts are no error: they are reported beside the numbers.

use polars::prelude::PolarsError;

use crate::exchange::FileFault;

/// Why there is no report. None of these goes away by trying again with the same facts.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// A sheet could not be written.
    #[error("failed to write the sheet {sheet}")]
    Write {
        /// The sheet.
        sheet: &'static str,
        /// What the engine says.
        #[source]
        source: PolarsError,
    },
    /// There is no sheet of this name.
    #[error("there is no sheet \"{sheet}\"; use one of {}", crate::sheets().join(", "))]
    UnknownSheet {
        /// The name as it came.
        sheet: String,
    },
    /// A file of facts can not be used.
    #[error("{} of {file} can not be used: {}", if faults.len() == 1 { "a row" } else { "rows" }, list(faults))]
    Facts {
        /// The file.
        file: String,
        /// What is wrong, and where.
        faults: Vec<FileFault>,
    },
    /// A file could not be read or written.
    #[error("failed to {action} {file}")]
    File {
        /// What was to be done.
        action: &'static str,
        /// The file.
        file: String,
        /// What the engine says.
        #[source]
        source: PolarsError,
    },
}

fn list(faults: &[FileFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
