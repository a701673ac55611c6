//! Letters that are sent once, such as a month's report.
//!
//! No mail system can be asked whether it has taken a letter. So the intention is stored before the letter leaves and the
//! success after it. A crash in between leaves a mailing that was begun and not finished: the next one sends the letter
//! again, with the same message id, so that whoever gets it twice can tell.

use std::time::Duration;

use crate::sql::Tx;
use chrono::{DateTime, Utc};
use sqlx::any::AnyRow;

use crate::Store;
use crate::error::{Operation, StoreError};
use crate::row::{self, micros};

/// A letter that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailing {
    /// The message id it was sent with.
    pub message_id: String,
    /// To whom.
    pub recipients: Vec<String>,
    /// When.
    pub sent: DateTime<Utc>,
}

/// Whether a letter may be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailingClaim {
    /// It may.
    Granted {
        /// Whether it may have been sent before: somebody began to, and nobody knows what came of it.
        perhaps_again: bool,
    },
    /// Somebody is at it.
    UnderWay {
        /// Since when.
        since: DateTime<Utc>,
    },
    /// It was sent.
    Sent(Mailing),
}

impl Store {
    /// Asks to send the letter about `topic`. Who began longer than `patience` ago and has not finished is taken for dead.
    pub async fn begin_mailing(
        &self,
        topic: &str,
        message_id: &str,
        recipients: &[String],
        now: DateTime<Utc>,
        patience: Duration,
    ) -> Result<MailingClaim, StoreError> {
        let operation = Operation::new("begin a mailing");
        let mut tx = self.begin_write(operation).await?;
        let claim = claim(&mut tx, topic, now, patience).await.map_err(operation.failed())?;
        if matches!(claim, MailingClaim::Granted { .. }) {
            let insert = sqlx::query("INSERT INTO mailings (topic, message_id, recipients, begun) VALUES (?, ?, ?, ?)")
                .bind(topic)
                .bind(message_id)
                .bind(recipients.join("\n"))
                .bind(micros(now));
            insert.execute(&mut tx).await.map_err(operation.failed())?;
        }
        tx.commit().await.map_err(operation.failed())?;
        Ok(claim)
    }

    /// The letter about `topic`, if it was sent.
    pub async fn load_mailing(&self, topic: &str) -> Result<Option<Mailing>, StoreError> {
        let operation = Operation::new("load a mailing");
        let query = sqlx::query("SELECT topic, message_id, recipients, sent FROM mailings WHERE topic = ?").bind(topic);
        let known = query.fetch_optional(&self.read).await.map_err(operation.failed())?;
        known.as_ref().map_or(Ok(None), sent_mailing).map_err(operation.failed())
    }

    /// The letter has left.
    pub async fn finish_mailing(&self, topic: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let operation = Operation::new("record that a letter was sent");
        let update = sqlx::query("UPDATE mailings SET sent = ? WHERE topic = ?").bind(micros(now)).bind(topic);
        update.execute(&self.write).await.map(drop).map_err(operation.failed())
    }

    /// The letter was refused: the next one who asks may try at once.
    pub async fn give_up_mailing(&self, topic: &str) -> Result<(), StoreError> {
        let operation = Operation::new("record that a letter was not sent");
        let delete = sqlx::query("DELETE FROM mailings WHERE topic = ? AND sent IS NULL").bind(topic);
        delete.execute(&self.write).await.map(drop).map_err(operation.failed())
    }
}

/// Decides who may send, and clears away what a dead process began.
async fn claim(connection: &mut Tx, topic: &str, now: DateTime<Utc>, patience: Duration) -> row::Result<MailingClaim> {
    let query = sqlx::query("SELECT topic, message_id, recipients, begun, sent FROM mailings WHERE topic = ?");
    let Some(known) = query.bind(topic).fetch_optional(&mut *connection).await? else {
        return Ok(MailingClaim::Granted { perhaps_again: false });
    };
    if let Some(mailing) = sent_mailing(&known)? {
        return Ok(MailingClaim::Sent(mailing));
    }
    let since = row::time(&known, "begun")?;
    if now - since < chrono::Duration::from_std(patience).unwrap_or(chrono::TimeDelta::MAX) {
        return Ok(MailingClaim::UnderWay { since });
    }
    let delete = sqlx::query("DELETE FROM mailings WHERE topic = ?").bind(topic);
    delete.execute(connection).await?;
    Ok(MailingClaim::Granted { perhaps_again: true })
}

fn sent_mailing(row: &AnyRow) -> row::Result<Option<Mailing>> {
    let Some(sent) = row::optional_time(row, "sent")? else {
        return Ok(None);
    };
    let recipients = row::text(row, "recipients")?.lines().map(str::to_owned).collect();
    Ok(Some(Mailing { message_id: row::text(row, "message_id")?, recipients, sent }))
}
