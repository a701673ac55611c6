//! The nonces of signed requests: each is good once.

use chrono::{DateTime, Utc};

use crate::bulk;
use crate::row::{self, micros};
use crate::sql::{Pool, Tx};

/// A text that no other request may carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce {
    /// The text.
    pub text: String,
    /// Through when it is remembered. A request that carries it later must be refused for its age.
    pub until: DateTime<Utc>,
}

/// Remembers nonces that are not known yet. The statement is kept prepared where its number of rows comes again.
pub(crate) async fn insert(tx: &mut Tx, nonces: &[&Nonce], keep: bool) -> row::Result<()> {
    let insert = sqlx::query(bulk::insert("nonces (nonce, until)", 2, nonces.len())).persistent(keep);
    let insert = nonces.iter().fold(insert, |query, nonce| query.bind(&nonce.text).bind(micros(nonce.until)));
    insert.execute(tx).await.map(|_| ())
}

/// Forgets those whose time is over at `now`.
pub(crate) async fn forget(pool: &Pool, now: DateTime<Utc>) -> row::Result<()> {
    sqlx::query("DELETE FROM nonces WHERE until < ?").bind(micros(now)).execute(pool).await.map(|_| ())
}
