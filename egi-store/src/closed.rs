//! Months whose figures are frozen, with every later version of them.

use chrono::{DateTime, Utc};
use egi_model::month::Month;
use sqlx::any::AnyRow;

use crate::Store;
use crate::error::{Operation, StoreError};
use crate::row::{self, micros};

/// The newest version of a closed month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedMonth {
    /// The month.
    pub month: Month,
    /// 1 when it was closed; more for each time its figures were restated.
    pub version: u64,
    /// When this version was made.
    pub closed: DateTime<Utc>,
    /// Its figures, and what they were made of: whoever closes it knows what it says.
    pub document: String,
}

impl Store {
    /// Keeps versions of months, all of them or none. A version that is there already is refused with
    /// [`StoreError::MonthClosed`]: another process was faster.
    pub async fn close_months(&self, months: &[ClosedMonth]) -> Result<(), StoreError> {
        let operation = Operation::new("close a month");
        let mut tx = self.begin_write(operation).await?;
        for month in months {
            let known = sqlx::query("SELECT version FROM closed_months WHERE month = ? AND version = ?")
                .bind(month.month.to_string())
                .bind(month.version.cast_signed());
            if known.fetch_optional(&mut tx).await.map_err(operation.failed())?.is_some() {
                return Err(StoreError::MonthClosed { month: month.month });
            }
            let insert =
                sqlx::query("INSERT INTO closed_months (month, version, closed, document) VALUES (?, ?, ?, ?)")
                    .bind(month.month.to_string())
                    .bind(month.version.cast_signed())
                    .bind(micros(month.closed))
                    .bind(&month.document);
            insert.execute(&mut tx).await.map_err(operation.failed())?;
        }
        tx.commit().await.map_err(operation.failed())
    }

    /// The newest version of every closed month, by month.
    pub async fn load_closed_months(&self) -> Result<Vec<ClosedMonth>, StoreError> {
        let operation = Operation::new("load the closed months");
        let query = sqlx::query(
            "SELECT month, version, closed, document FROM closed_months AS newest
             WHERE version = (SELECT MAX(version) FROM closed_months WHERE month = newest.month) ORDER BY month",
        );
        let rows = query.fetch_all(&self.read).await.map_err(operation.failed())?;
        rows.iter().map(closed_month).collect::<row::Result<_>>().map_err(operation.failed())
    }
}

fn closed_month(row: &AnyRow) -> row::Result<ClosedMonth> {
    Ok(ClosedMonth {
        month: row::parsed(row, "month")?,
        version: row::count(row, "version")?,
        closed: row::time(row, "closed")?,
        document: row::text(row, "document")?,
    })
}
