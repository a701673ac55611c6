//! Why the settings can not be used.

use std::path::PathBuf;

/// Why the settings can not be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can not be read.
    #[error("failed to read the configuration {path}; make a site with `nsrw init`, or name its file with --config")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no TOML, or a value does not fit.
    #[error("the configuration {path} can not be used: {message}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line, column and what was expected.
        message: String,
    },
    /// Keys nobody knows.
    #[error("{origin} has unknown settings: {}", .unknown.join("; "))]
    UnknownKeys {
        /// Where they stand.
        origin: String,
        /// Each with the nearest known one.
        unknown: Vec<String>,
    },
    /// Settings that contradict each other.
    #[error("the configuration {path} can not be used: {message}")]
    Contradiction {
        /// The file.
        path: PathBuf,
        /// What.
        message: String,
    },
}
