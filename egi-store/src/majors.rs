//! Major releases and software with what was agreed about them, and what was agreed before.

use crate::sql::Tx;
use chrono::{DateTime, Utc};
use egi_model::major::{MajorId, MajorRelease};
use serde::Serialize;
use sqlx::any::AnyRow;

use crate::Store;
use crate::error::{Operation, StoreError};
use crate::row::{self, micros};

/// What was agreed about a major release or software, and while it was in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// The agreed attributes.
    pub major: MajorRelease,
    /// From when.
    pub since: DateTime<Utc>,
    /// Until when; `None` while it is in force.
    pub until: Option<DateTime<Utc>>,
}

impl Store {
    /// Puts `majors` into force. One that is the same as before is left alone; of a changed one the former version is
    /// kept, in force until `now`. One that is not named stays.
    pub async fn agree_majors(&self, majors: &[MajorRelease], now: DateTime<Utc>) -> Result<(), StoreError> {
        let operation = Operation::new("save what is agreed about the major releases");
        let mut tx = self.begin_write(operation).await?;
        for major in majors {
            agree(&mut tx, major, now).await.map_err(operation.failed())?;
        }
        tx.commit().await.map_err(operation.failed())
    }

    /// All that are in force, by identifier.
    pub async fn load_majors(&self) -> Result<Vec<MajorRelease>, StoreError> {
        let operation = Operation::new("load the major releases");
        let query = sqlx::query("SELECT id, document FROM majors WHERE until IS NULL ORDER BY id");
        let rows = query.fetch_all(&self.read).await.map_err(operation.failed())?;
        rows.iter().map(|row| row::json(row, "document")).collect::<row::Result<_>>().map_err(operation.failed())
    }

    /// Everything that was ever agreed about one major release or software, oldest first.
    pub async fn load_agreements(&self, id: &MajorId) -> Result<Vec<Agreement>, StoreError> {
        let operation = Operation::new("load the former agreements about a major release");
        let query = sqlx::query("SELECT id, document, since, until FROM majors WHERE id = ? ORDER BY version");
        let rows = query.bind(id.as_str()).fetch_all(&self.read).await.map_err(operation.failed())?;
        rows.iter().map(agreement).collect::<row::Result<_>>().map_err(operation.failed())
    }
}

fn agreement(row: &AnyRow) -> row::Result<Agreement> {
    Ok(Agreement {
        major: row::json(row, "document")?,
        since: row::time(row, "since")?,
        until: row::optional_time(row, "until")?,
    })
}

async fn agree(connection: &mut Tx, major: &MajorRelease, now: DateTime<Utc>) -> row::Result<()> {
    let id = major.id.as_str();
    let query = sqlx::query("SELECT id, version, document FROM majors WHERE id = ? ORDER BY version DESC LIMIT 1");
    let newest = query.bind(id).fetch_optional(&mut *connection).await?;
    let version = newest.as_ref().map_or(Ok(0), |row| row::number(row, "version"))?;
    if let Some(row) = newest
        && row::json::<MajorRelease>(&row, "document")? == *major
    {
        return Ok(());
    }
    let end = sqlx::query("UPDATE majors SET until = ? WHERE id = ? AND until IS NULL").bind(micros(now)).bind(id);
    end.execute(&mut *connection).await?;
    let insert = sqlx::query("INSERT INTO majors (id, version, since, document) VALUES (?, ?, ?, ?)")
        .bind(id)
        .bind(version + 1)
        .bind(micros(now))
        .bind(row::render_json(major)?);
    insert.execute(connection).await.map(|_| ())
}
