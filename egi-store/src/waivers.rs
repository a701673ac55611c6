//! Findings of the gate that somebody decided not to let count. What was given stays on record when its time is over.

use egi_model::gate::Waiver;
use egi_model::ticket::TicketId;
use sqlx::any::AnyRow;

use crate::Store;
use crate::error::{Operation, StoreError};
use crate::row::{self, micros, ticket_no};

impl Store {
    /// Records waivers, all or none.
    pub async fn grant_waivers(&self, waivers: &[Waiver]) -> Result<(), StoreError> {
        let operation = Operation::new("record waivers");
        let mut tx = self.begin_write(operation).await?;
        for waiver in waivers {
            let insert = sqlx::query(
                "INSERT INTO waivers (ticket, finding, reason, owner, granted, until) VALUES (?, ?, ?, ?, ?, ?)",
            )
            .bind(ticket_no(waiver.ticket))
            .bind(&waiver.finding)
            .bind(&waiver.reason)
            .bind(&waiver.owner)
            .bind(micros(waiver.granted))
            .bind(waiver.until.to_string());
            insert.execute(&mut tx).await.map_err(operation.failed())?;
        }
        tx.commit().await.map_err(operation.failed())
    }

    /// The waivers given to a release, or to all, in the order in which they were given; those that are over too.
    pub async fn load_waivers(&self, ticket: Option<TicketId>) -> Result<Vec<Waiver>, StoreError> {
        let operation = Operation::new("load waivers");
        let all = "SELECT id, ticket, finding, reason, owner, granted, until FROM waivers ORDER BY id";
        let of_one =
            "SELECT id, ticket, finding, reason, owner, granted, until FROM waivers WHERE ticket = ? ORDER BY id";
        let query = match ticket {
            Some(ticket) => sqlx::query(of_one).bind(ticket_no(ticket)),
            None => sqlx::query(all),
        };
        let rows = query.fetch_all(&self.read).await.map_err(operation.failed())?;
        rows.iter().map(waiver).collect::<row::Result<_>>().map_err(operation.failed())
    }
}

fn waiver(row: &AnyRow) -> row::Result<Waiver> {
    Ok(Waiver {
        ticket: row::ticket(row, "ticket")?,
        finding: row::text(row, "finding")?,
        reason: row::text(row, "reason")?,
        owner: row::text(row, "owner")?,
        granted: row::time(row, "granted")?,
        until: row::parsed(row, "until")?,
    })
}
