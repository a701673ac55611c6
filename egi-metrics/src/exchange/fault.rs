//! What is wrong with a file of facts.

use std::fmt;

/// What is wrong with a file of facts, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// The line in a CSV file, the row in a Parquet file, from 1; `None` for a fault of the whole file.
    pub line: Option<u64>,
    /// The column; `None` for a fault of the whole line.
    pub column: Option<String>,
    /// What is wrong, and what to do.
    pub message: String,
}

impl FileFault {
    /// A fault of the whole file.
    pub(super) fn of_file(message: String) -> Self {
        Self { line: None, column: None, message }
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(column) = &self.column {
            write!(f, "{column}: ")?;
        }
        f.write_str(&self.message)
    }
}
