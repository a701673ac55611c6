//! What has to be known to drive an RT.

use std::collections::BTreeMap;
use std::time::Duration;

use egi_model::role::Role;

use super::http::Token;

/// Where RT is, and as whom it is used.
#[derive(Debug, Clone)]
pub struct RtOptions {
    /// Its address, with the path it lives under, without `/REST`.
    pub url: String,
    /// The name of the queue of releases.
    pub queue: String,
    /// The name of the repository's own account.
    pub account: String,
    /// That account's token.
    pub token: Token,
    /// After how long a request is given up.
    pub timeout: Duration,
    /// The roles the site gives to accounts; they stand before what RT's groups say of the same account.
    pub people: BTreeMap<String, Vec<Role>>,
}
