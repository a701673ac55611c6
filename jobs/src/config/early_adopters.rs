//! Early adopters.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Early adopters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EarlyAdopters {
    /// The products that teams can volunteer for; empty takes every name.
    pub products: Vec<String>,
    /// The folder with each team's key, `<team>.key`, that it signs its answers over HTTP with.
    pub keys: PathBuf,
}

impl Default for EarlyAdopters {
    fn default() -> Self {
        Self { products: Vec::new(), keys: "secrets/early-adopters".into() }
    }
}
