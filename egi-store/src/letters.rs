//! The outbox: letters that are to be sent, each once.
//!
//! A letter is written under a topic that it is known by, so that writing it again changes nothing. As with [mailings](
//! crate::Mailing), nobody can ask a relay whether it took one: who began and died is replaced after a while, and the letter
//! goes out again under the same message id, which is made of its topic.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::any::AnyRow;

use crate::Store;
use crate::documents::is_repeat;
use crate::error::{Operation, StoreError};
use crate::row::{self, micros};

/// A letter to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLetter {
    /// What it is known by.
    pub topic: String,
    /// For whom: a group, or `team NAME`.
    pub readers: String,
    /// The subject.
    pub subject: String,
    /// What it says.
    pub body: String,
    /// Whether it waits for the daily digest of its readers.
    pub digest: bool,
}

/// A letter in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutboxLetter {
    /// Its number.
    pub id: i64,
    /// What it is known by.
    pub topic: String,
    /// For whom.
    pub readers: String,
    /// The subject.
    pub subject: String,
    /// What it says.
    pub body: String,
    /// When it was written.
    pub written: DateTime<Utc>,
    /// Whether it waits for a digest.
    pub digest: bool,
}

impl Store {
    /// Puts a letter into the outbox, once per topic. `true` when it is new.
    pub async fn write_letter(&self, letter: &NewLetter, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let operation = Operation::new("write a letter");
        let insert = sqlx::query(
            "INSERT INTO letters (topic, readers, subject, body, written, digest) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&letter.topic)
        .bind(&letter.readers)
        .bind(&letter.subject)
        .bind(&letter.body)
        .bind(micros(at))
        .bind(i64::from(letter.digest));
        match insert.execute(&self.write).await {
            Ok(_) => Ok(true),
            Err(error) if is_repeat(&error) => Ok(false),
            Err(error) => Err(operation.failed()(error)),
        }
    }

    /// The letters that were not sent, oldest first.
    pub async fn load_waiting_letters(&self) -> Result<Vec<OutboxLetter>, StoreError> {
        let operation = Operation::new("load the letters that wait");
        let query = sqlx::query(
            "SELECT id, topic, readers, subject, body, written, digest FROM letters WHERE sent IS NULL ORDER BY id",
        );
        let rows = query.fetch_all(&self.read).await.map_err(operation.failed())?;
        rows.iter().map(outbox_letter).collect::<row::Result<_>>().map_err(operation.failed())
    }

    /// Asks to send a letter. `false` when it was sent, or somebody began to less than `patience` ago.
    pub async fn begin_letter(&self, id: i64, now: DateTime<Utc>, patience: Duration) -> Result<bool, StoreError> {
        let operation = Operation::new("begin to send a letter");
        let dead = now - chrono::Duration::from_std(patience).unwrap_or(chrono::TimeDelta::MAX);
        let update =
            sqlx::query("UPDATE letters SET begun = ? WHERE id = ? AND sent IS NULL AND (begun IS NULL OR begun < ?)")
                .bind(micros(now))
                .bind(id)
                .bind(micros(dead));
        let result = update.execute(&self.write).await.map_err(operation.failed())?;
        Ok(result.rows_affected() > 0)
    }

    /// A letter has left, and with it the letters it is the digest of.
    pub async fn finish_letter(&self, id: i64, within: &[i64], now: DateTime<Utc>) -> Result<(), StoreError> {
        let operation = Operation::new("record that a letter was sent");
        let mut tx = self.begin_write(operation).await?;
        let write = async {
            sqlx::query("UPDATE letters SET sent = ? WHERE id = ?").bind(micros(now)).bind(id).execute(&mut tx).await?;
            for one in within {
                let update = sqlx::query("UPDATE letters SET sent = ?, sent_in = ? WHERE id = ?");
                update.bind(micros(now)).bind(id).bind(*one).execute(&mut tx).await?;
            }
            tx.commit().await
        };
        write.await.map_err(operation.failed())
    }

    /// A letter was not taken: the next one who asks may try at once.
    pub async fn give_up_letter(&self, id: i64) -> Result<(), StoreError> {
        let operation = Operation::new("record that a letter was not sent");
        let update = sqlx::query("UPDATE letters SET begun = NULL WHERE id = ? AND sent IS NULL").bind(id);
        update.execute(&self.write).await.map(drop).map_err(operation.failed())
    }
}

fn outbox_letter(row: &AnyRow) -> row::Result<OutboxLetter> {
    Ok(OutboxLetter {
        id: row::number(row, "id")?,
        topic: row::text(row, "topic")?,
        readers: row::text(row, "readers")?,
        subject: row::text(row, "subject")?,
        body: row::text(row, "body")?,
        written: row::time(row, "written")?,
        digest: row::number(row, "digest")? != 0,
    })
}
