//! What is asked of RT's tables, and what the rows mean.

use chrono::{DateTime, Utc};
use egi_model::field::Field;
use egi_model::ticket::{TicketId, TicketStatus};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _, SqlSafeStr as _, SqlStr};

use super::dialect::Dialect;
use crate::rt::past::{Emergencies, Fate, GONE, NextChange, PastEvent, PastKind, filled};

/// The queue and the fields that are read. Of a field all that ever had its name: one that was disabled and made anew took
/// the older values with it.
pub(super) struct Scope {
    queue: i64,
    progress: Vec<i64>,
    emergencies: Emergencies,
}

/// Why a queue can not be read: each with what would do.
type Reasons = Vec<String>;

impl Scope {
    /// Finds the queue by its name, and its fields.
    pub(super) async fn load(
        connection: &mut AnyConnection,
        dialect: Dialect,
        queue: &str,
    ) -> Result<Result<Self, Reasons>, sqlx::Error> {
        let Some(number) = find_queue(connection, dialect, queue).await? else {
            let names = names(connection, "SELECT Name FROM Queues WHERE Disabled = 0 ORDER BY Name").await?;
            return Ok(Err(vec![format!("Request Tracker has no queue \"{queue}\"; it has {names}: set rt.queue")]));
        };
        let progress = find_field(connection, number, Field::RolloutProgress).await?;
        if progress.is_empty() {
            let field = Field::RolloutProgress;
            return Ok(Err(vec![format!(
                "the queue \"{queue}\" of Request Tracker has no field {field}; nothing to import"
            )]));
        }
        let emergency = find_field(connection, number, Field::EmergencyRelease).await?;
        let emergencies = find_emergencies(connection, &emergency).await?;
        Ok(Ok(Self { queue: number, progress, emergencies }))
    }

    /// Counts what [`Self::changes`] tells.
    pub(super) fn count(&self, dialect: Dialect) -> SqlStr {
        safe(format!(
            "SELECT COUNT(*) FROM Transactions t JOIN Tickets k ON k.id = t.ObjectId {}",
            self.filter(dialect)
        ))
    }

    /// The creations and changes of all tickets that are in the queue now, in the order of their numbers.
    pub(super) fn changes(&self, dialect: Dialect) -> SqlStr {
        let value = |side: &str, row: &str| {
            format!(
                "COALESCE({row}.Content, t.{side}Value, \
                 CASE WHEN t.{side}Reference > 0 AND {row}.id IS NULL THEN '{GONE}' END)"
            )
        };
        let joined = |side: &str, row: &str| {
            format!(
                "LEFT JOIN ObjectCustomFieldValues {row} \
                 ON {row}.id = t.{side}Reference AND t.ReferenceType = 'RT::ObjectCustomFieldValue'"
            )
        };
        safe(format!(
            "SELECT t.id AS id, t.ObjectId AS ticket, t.Type AS kind, {at} AS at, u.Name AS actor,
                    {old} AS old_value, {new} AS new_value, {created} AS created,
                    k.Subject AS subject, k.Status AS status, k.EffectiveId AS effective,
                    LEAD({at}) OVER along AS next_at, LEAD({new}) OVER along AS next_value
             FROM Transactions t
             JOIN Tickets k ON k.id = t.ObjectId
             LEFT JOIN Users u ON u.id = t.Creator
             {olds} {news} {filter}
             WINDOW along AS (PARTITION BY t.ObjectId ORDER BY t.id)
             ORDER BY t.id",
            at = dialect.seconds("t.Created"),
            created = dialect.seconds("k.Created"),
            old = value("Old", "o"),
            new = value("New", "n"),
            olds = joined("Old", "o"),
            news = joined("New", "n"),
            filter = self.filter(dialect),
        ))
    }

    fn filter(&self, dialect: Dialect) -> String {
        let fields: Vec<String> = self.progress.iter().map(|field| format!("'{field}'")).collect();
        format!(
            "WHERE t.id > {after} AND t.ObjectType = 'RT::Ticket' AND k.Queue = {queue} AND k.Type = 'ticket'
             AND (t.Type = 'Create' OR (t.Type = 'CustomField' AND t.Field IN ({fields})))",
            after = dialect.placeholder(),
            queue = self.queue,
            fields = fields.join(", "),
        )
    }

    /// What a row of [`Self::changes`] tells.
    pub(super) fn event(&self, row: &AnyRow) -> Result<PastEvent, sqlx::Error> {
        let ticket = ticket(row, "ticket")?;
        let effective = ticket_or(row, "effective", ticket)?;
        let deleted = text(row, "status")?.is_some_and(|status| status == TicketStatus::Deleted.as_str());
        let what = match text(row, "kind")?.as_deref() {
            Some("Create") => PastKind::Created,
            Some(_) | None => {
                let next = optional_time(row, "next_at")?;
                let after = text(row, "next_value")?;
                let next = next.map(|at| NextChange { at, new: after });
                PastKind::Progress { old: text(row, "old_value")?, new: text(row, "new_value")?, next }
            }
        };
        Ok(PastEvent {
            transaction: row.try_get::<i64, _>("id")?.cast_unsigned(),
            ticket,
            at: time(row, "at")?,
            by: text(row, "actor")?,
            what,
            created: time(row, "created")?,
            subject: text(row, "subject")?.unwrap_or_default(),
            fate: match effective {
                into if into != ticket => Fate::Merged { into },
                _ if deleted => Fate::Deleted,
                _ => Fate::There,
            },
            emergency: self.emergencies.contains(&ticket.get()),
        })
    }
}

async fn find_queue(connection: &mut AnyConnection, dialect: Dialect, queue: &str) -> Result<Option<i64>, sqlx::Error> {
    let sql = format!("SELECT id FROM Queues WHERE LOWER(Name) = LOWER({})", dialect.placeholder());
    let row = sqlx::query(safe(sql)).bind(queue).fetch_optional(connection).await?;
    row.map(|row| row.try_get(0)).transpose()
}

/// Those of this name that belong to the queue's tickets, or to the tickets of all queues.
async fn find_field(connection: &mut AnyConnection, queue: i64, field: Field) -> Result<Vec<i64>, sqlx::Error> {
    let sql = format!(
        "SELECT DISTINCT f.id FROM CustomFields f JOIN ObjectCustomFields o ON o.CustomField = f.id
         WHERE LOWER(f.Name) = LOWER('{field}') AND f.LookupType = 'RT::Queue-RT::Ticket' AND o.ObjectId IN (0, {queue})
         ORDER BY f.id"
    );
    let rows = sqlx::query(safe(sql)).fetch_all(connection).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

async fn find_emergencies(connection: &mut AnyConnection, fields: &[i64]) -> Result<Emergencies, sqlx::Error> {
    if fields.is_empty() {
        return Ok(Emergencies::new());
    }
    let fields: Vec<String> = fields.iter().map(i64::to_string).collect();
    let sql = format!(
        "SELECT ObjectId FROM ObjectCustomFieldValues
         WHERE ObjectType = 'RT::Ticket' AND Disabled = 0 AND CustomField IN ({}) AND LOWER(Content) = 'yes'",
        fields.join(", ")
    );
    let rows = sqlx::query(safe(sql)).fetch_all(connection).await?;
    rows.iter().map(|row| row.try_get::<i64, _>(0).map(i64::cast_unsigned)).collect()
}

async fn names(connection: &mut AnyConnection, sql: &'static str) -> Result<String, sqlx::Error> {
    let rows = sqlx::query(sql).fetch_all(connection).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()?.join(", "))
}

/// Nothing but numbers of the database and words of ours is ever put into a statement.
fn safe(sql: String) -> SqlStr {
    AssertSqlSafe(sql).into_sql_str()
}

fn text(row: &AnyRow, column: &str) -> Result<Option<String>, sqlx::Error> {
    row.try_get(column).map(filled)
}

fn ticket(row: &AnyRow, column: &str) -> Result<TicketId, sqlx::Error> {
    let number: i64 = row.try_get(column)?;
    TicketId::new(number.cast_unsigned()).ok_or_else(|| undecodable(column, "0 is no ticket"))
}

fn ticket_or(row: &AnyRow, column: &str, other: TicketId) -> Result<TicketId, sqlx::Error> {
    let number: Option<i64> = row.try_get(column)?;
    Ok(number.and_then(|number| TicketId::new(number.cast_unsigned())).unwrap_or(other))
}

fn time(row: &AnyRow, column: &str) -> Result<DateTime<Utc>, sqlx::Error> {
    optional_time(row, column)?.ok_or_else(|| undecodable(column, "there is no time"))
}

fn optional_time(row: &AnyRow, column: &str) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    let seconds: Option<i64> = row.try_get(column)?;
    let time = |seconds| DateTime::from_timestamp(seconds, 0);
    seconds.map(|s| time(s).ok_or_else(|| undecodable(column, "the time is out of range"))).transpose()
}

fn undecodable(column: &str, why: &'static str) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: why.into() }
}
