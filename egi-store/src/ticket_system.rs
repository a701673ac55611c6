//! Which ticket system the site works with, and up to where it was asked what happened.

use crate::sql::Tx;

use crate::Store;
use crate::error::{Operation, StoreError};
use crate::row;

/// Up to where a ticket system was asked; everything later is still to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncCursor {
    /// The number of a change: no change up to it can still turn up.
    pub change: u64,
    /// The number of a ticket: every ticket up to it was looked at.
    pub ticket: u64,
}

impl Store {
    /// Agrees that the tickets of this database are those of the system called `name`.
    ///
    /// Two systems number their tickets and changes alike, so a database that knows releases of one is refused to the
    /// other: [`StoreError::OtherTicketSystem`].
    pub async fn agree_ticket_system(&self, name: &str) -> Result<(), StoreError> {
        let operation = Operation::new("agree on the ticket system");
        let mut tx = self.begin_write(operation).await?;
        let agreed = load_name(&mut tx).await.map_err(operation.failed())?;
        if agreed.as_deref() == Some(name) {
            return Ok(());
        }
        if let Some(agreed) = agreed {
            if is_used(&mut tx).await.map_err(operation.failed())? {
                return Err(StoreError::OtherTicketSystem { agreed, given: name.to_owned() });
            }
            let forget = sqlx::query("DELETE FROM ticket_system");
            forget.execute(&mut tx).await.map_err(operation.failed())?;
        }
        let insert = sqlx::query("INSERT INTO ticket_system (id, name) VALUES (1, ?)").bind(name);
        insert.execute(&mut tx).await.map_err(operation.failed())?;
        tx.commit().await.map_err(operation.failed())
    }

    /// Up to where the ticket system was asked; `None` when it never was.
    pub async fn load_sync_cursor(&self) -> Result<Option<SyncCursor>, StoreError> {
        let operation = Operation::new("load up to where the ticket system was asked");
        let query = sqlx::query("SELECT id, change_no, ticket FROM ticket_system WHERE change_no IS NOT NULL");
        let Some(row) = query.fetch_optional(&self.read).await.map_err(operation.failed())? else { return Ok(None) };
        let read = || Ok(SyncCursor { change: row::count(&row, "change_no")?, ticket: row::count(&row, "ticket")? });
        read().map(Some).map_err(operation.failed())
    }

    /// Remembers up to where the ticket system was asked; a cursor never goes back.
    pub async fn save_sync_cursor(&self, cursor: SyncCursor) -> Result<(), StoreError> {
        let operation = Operation::new("remember up to where the ticket system was asked");
        let (change, ticket) = (cursor.change.cast_signed(), cursor.ticket.cast_signed());
        let update = sqlx::query(
            "UPDATE ticket_system SET change_no = CASE WHEN change_no > ? THEN change_no ELSE ? END,
                                      ticket = CASE WHEN ticket > ? THEN ticket ELSE ? END",
        )
        .bind(change)
        .bind(change)
        .bind(ticket)
        .bind(ticket);
        update.execute(&self.write).await.map(|_| ()).map_err(operation.failed())
    }
}

async fn load_name(connection: &mut Tx) -> row::Result<Option<String>> {
    let row = sqlx::query("SELECT id, name FROM ticket_system").fetch_optional(connection).await?;
    row.map(|row| row::text(&row, "name")).transpose()
}

/// Whether anything is known of a ticket.
async fn is_used(connection: &mut Tx) -> row::Result<bool> {
    let release = sqlx::query("SELECT ticket FROM releases LIMIT 1").fetch_optional(&mut *connection).await?;
    let message = sqlx::query("SELECT id FROM inbox LIMIT 1").fetch_optional(connection).await?;
    Ok(release.is_some() || message.is_some())
}
