//! What can go wrong between the content and the PDF.

use std::fmt;

/// Why there is no PDF. None of these goes away by trying again with the same facts and template.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// A figure could not be drawn.
    #[error("failed to draw the chart {chart}: {message}")]
    Draw {
        /// The chart's name.
        chart: &'static str,
        /// What the drawing library says.
        message: String,
    },
    /// The content could not be written as JSON.
    #[error("failed to write the report's content for its template")]
    Content {
        /// What the JSON writer says.
        #[source]
        source: serde_json::Error,
    },
    /// A name no file can have.
    #[error("failed to put \"{name}\" before the template: {message}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        message: String,
    },
    /// The template has faults, or what it makes is no accessible PDF for archives.
    #[error("failed to typeset the report:{}", list(.faults))]
    Typeset {
        /// Each.
        faults: Vec<TemplateFault>,
    },
    /// The PDF standards contradict each other, which is a fault of the program.
    #[error("failed to set up the PDF standards: {message}")]
    Standards {
        /// What the PDF writer says.
        message: String,
    },
}

/// A fault of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFault {
    /// The template's name.
    pub file: String,
    /// Line and column, each from 1; `None` where the fault has no place in it.
    pub at: Option<(usize, usize)>,
    /// What is wrong, with hints.
    pub message: String,
}

impl fmt::Display for TemplateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

fn list(faults: &[TemplateFault]) -> String {
    faults.iter().fold(String::new(), |list, fault| format!("{list}\n  {fault}"))
}
