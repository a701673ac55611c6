//! Documents as they came, kept and named by the digest of their bytes.

use egi_model::digest::Sha256;
use sqlx::Row as _;

use crate::Store;
use crate::error::{Operation, StoreError};

impl Store {
    /// Keeps a document; keeping it twice keeps it once.
    pub async fn save_document(&self, bytes: &[u8]) -> Result<Sha256, StoreError> {
        let operation = Operation::new("save a document");
        let sha256 = Sha256::of(bytes);
        let insert = sqlx::query("INSERT INTO documents (sha256, content) VALUES (?, ?)")
            .bind(sha256.to_hex())
            .bind(bytes.to_vec());
        match insert.execute(&self.write).await {
            Ok(_) => Ok(sha256),
            Err(error) if is_repeat(&error) => Ok(sha256),
            Err(error) => Err(operation.failed()(error)),
        }
    }

    /// The document with this digest, if it is kept. Its bytes are checked against the digest.
    pub async fn load_document(&self, sha256: Sha256) -> Result<Option<Vec<u8>>, StoreError> {
        let operation = Operation::new("load a document");
        let query = sqlx::query("SELECT sha256, content FROM documents WHERE sha256 = ?").bind(sha256.to_hex());
        let row = query.fetch_optional(&self.read).await.map_err(operation.failed())?;
        let content: Option<Vec<u8>> = row.map(|row| row.try_get("content")).transpose().map_err(operation.failed())?;
        match content.as_deref().map(Sha256::of) {
            Some(found) if found != sha256 => Err(StoreError::DocumentAltered { expected: sha256, found }),
            Some(_) | None => Ok(content),
        }
    }
}

/// Whether an insert found that its row is there already.
pub(crate) fn is_repeat(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}
