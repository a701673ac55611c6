//! The nonces of signed requests: each is good once.

use chrono::{DateTime, Utc};

use crate::Store;
use crate::documents::is_repeat;
use crate::error::{Operation, StoreError};
use crate::row::micros;

impl Store {
    /// Uses a nonce up at `now`; `false` when it was used before. It is remembered through `until`, after which a request
    /// that carries it must be refused for its age. Nonces whose time is over are forgotten.
    pub async fn use_nonce(&self, nonce: &str, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let operation = Operation::new("remember a nonce");
        let expired = sqlx::query("DELETE FROM nonces WHERE until < ?").bind(micros(now));
        expired.execute(&self.write).await.map_err(operation.failed())?;
        let insert = sqlx::query("INSERT INTO nonces (nonce, until) VALUES (?, ?)").bind(nonce).bind(micros(until));
        match insert.execute(&self.write).await {
            Ok(_) => Ok(true),
            Err(error) if is_repeat(&error) => Ok(false),
            Err(error) => Err(operation.failed()(error)),
        }
    }
}
