//! Values in columns and back. Rows are mapped by hand with these, and never leave the crate.
//!
//! Every query selects the column that tells its rows apart first, so that an unreadable row can be named.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use egi_model::digest::Sha256;
use egi_model::ticket::TicketId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::any::AnyRow;

/// What reading and writing columns ends in.
pub(crate) type Result<T> = std::result::Result<T, sqlx::Error>;

/// The longest text, in bytes, that every database's index can hold beside another one.
const MAX_KEY: usize = 255;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A time as stored: microseconds since 1970 in UTC.
pub(crate) const fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// A ticket's number as stored. Both have 64 bits, so that each has its counterpart.
pub(crate) const fn ticket_no(ticket: TicketId) -> i64 {
    ticket.get().cast_signed()
}

/// A document as stored.
pub(crate) fn render_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| sqlx::Error::Encode(e.into()))
}

/// Text as a column has it that an index is made of: itself, or its digest where an index could not hold it.
pub(crate) fn key(text: &str) -> String {
    if text.len() <= MAX_KEY { text.to_owned() } else { format!("sha256:{}", Sha256::of(text.as_bytes())) }
}

/// A note for people. `PostgreSQL` has no place for a NUL in a text.
pub(crate) fn note(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// A whole number.
pub(crate) fn number(row: &AnyRow, column: &str) -> Result<i64> {
    row.try_get(column)
}

/// A whole number, or nothing.
pub(crate) fn optional_number(row: &AnyRow, column: &str) -> Result<Option<i64>> {
    row.try_get(column)
}

/// A whole number that fits a smaller or unsigned type.
pub(crate) fn count<T: TryFrom<i64>>(row: &AnyRow, column: &str) -> Result<T>
where
    T::Error: Into<Cause>,
{
    decoded(row, column, T::try_from(number(row, column)?))
}

/// Text.
pub(crate) fn text(row: &AnyRow, column: &str) -> Result<String> {
    row.try_get(column)
}

/// Text, or nothing.
pub(crate) fn optional_text(row: &AnyRow, column: &str) -> Result<Option<String>> {
    row.try_get(column)
}

/// A ticket.
pub(crate) fn ticket(row: &AnyRow, column: &str) -> Result<TicketId> {
    let ticket = TicketId::new(number(row, column)?.cast_unsigned());
    decoded(row, column, ticket.ok_or("0 is no ticket"))
}

/// A time.
pub(crate) fn time(row: &AnyRow, column: &str) -> Result<DateTime<Utc>> {
    let at = DateTime::from_timestamp_micros(number(row, column)?);
    decoded(row, column, at.ok_or("the time is out of range"))
}

/// A time, or nothing.
pub(crate) fn optional_time(row: &AnyRow, column: &str) -> Result<Option<DateTime<Utc>>> {
    optional_number(row, column)?.map(|_| time(row, column)).transpose()
}

/// A document.
pub(crate) fn json<T: DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T> {
    decoded(row, column, serde_json::from_str(&text(row, column)?))
}

/// Text that stands for something else.
pub(crate) fn parsed<T>(row: &AnyRow, column: &str) -> Result<T>
where
    T: FromStr,
    T::Err: Into<Cause>,
{
    decoded(row, column, text(row, column)?.parse())
}

/// Says of what can not be read in which row it stands.
pub(crate) fn decoded<T, E: Into<Cause>>(row: &AnyRow, column: &str, value: std::result::Result<T, E>) -> Result<T> {
    value.map_err(|error| sqlx::Error::ColumnDecode {
        index: format!("{column} of the row {}", name_of(row)),
        source: error.into(),
    })
}

fn name_of(row: &AnyRow) -> String {
    let number = row.try_get::<i64, _>(0).map(|n| n.to_string());
    number.or_else(|_| row.try_get(0)).unwrap_or_else(|_| "without a key".to_owned())
}
