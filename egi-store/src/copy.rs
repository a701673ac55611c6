//! A database copied into another one, of whatever kind, with nothing lost and nothing added.
//!
//! Every row of every table is read as of one moment and written to the other side in one transaction. Before that
//! commits, the other side is read back, and this side once more: each table must have the same digest all three times.

use egi_model::digest::Sha256;
use futures_util::TryStreamExt as _;
use serde::Serialize;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, AssertSqlSafe, Row as _, SqlSafeStr as _, SqlStr};

use crate::dialect::Dialect;
use crate::error::{Operation, StoreError};
use crate::schema::{self, Kind, Table};
use crate::sql::Tx;
use crate::{Store, bulk, row};

/// How many bytes of text and documents one statement writes at most, unless a single row has more. Servers refuse
/// statements beyond some size, `MariaDB` by default beyond 16 MiB.
const BYTES: usize = 4 << 20;

/// A table that was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CopiedTable {
    /// Its name.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// The digest of all its rows, the same on both sides.
    pub digest: Sha256,
}

impl Store {
    /// Copies everything into `target`, which must hold nothing yet; gives the tables with their rows.
    ///
    /// Nobody may write to this database meanwhile. When somebody did, nothing is copied:
    /// [`StoreError::ChangedMeanwhile`].
    pub async fn copy_to(&self, target: &Self) -> Result<Vec<CopiedTable>, StoreError> {
        let tables = schema::tables();
        let (read, write) = (Operation::new("read the database to copy"), Operation::new("write the copy"));
        let mut from = self.begin_read(read).await?;
        let mut to = target.begin_write(write).await?;
        for table in &tables {
            if !table.starts_with_rows() && count(&mut to, table).await.map_err(write.failed())? > 0 {
                return Err(StoreError::NotEmpty { table: table.name.clone() });
            }
        }
        if crate::history::load_head(&mut to).await.map_err(write.failed())?.0 > 0 {
            return Err(StoreError::NotEmpty { table: "history".to_owned() });
        }
        let mut copied = Vec::with_capacity(tables.len());
        for table in &tables {
            copied.push(copy_table(&mut from, &mut to, table).await?);
        }
        drop(from);
        let mut again = self.begin_read(read).await?;
        for (table, copied) in tables.iter().zip(&copied) {
            if read_table(&mut to, table).await.map_err(write.failed())? != *copied {
                return Err(StoreError::CopyDiffers { table: table.name.clone() });
            }
            if read_table(&mut again, table).await.map_err(read.failed())? != *copied {
                return Err(StoreError::ChangedMeanwhile { table: table.name.clone() });
            }
        }
        go_on_counting(&mut to, &tables).await.map_err(write.failed())?;
        to.commit().await.map_err(write.failed())?;
        Ok(copied)
    }
}

type Statement<'q> = sqlx::query::Query<'q, Any, AnyArguments>;

/// A value of a column.
#[derive(Clone)]
enum Value {
    Number(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

impl Value {
    fn read(row: &AnyRow, place: usize, kind: Kind) -> row::Result<Self> {
        Ok(match kind {
            Kind::Number => Self::Number(row.try_get(place)?),
            Kind::Text => Self::Text(row.try_get(place)?),
            Kind::Bytes => Self::Bytes(row.try_get(place)?),
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Number(_) => 8,
            Self::Text(text) => text.as_ref().map_or(0, String::len),
            Self::Bytes(bytes) => bytes.as_ref().map_or(0, Vec::len),
        }
    }

    /// Adds to `bytes` what tells this value from every other one.
    fn tell(&self, bytes: &mut Vec<u8>) {
        let (kind, content) = match self {
            Self::Number(None) | Self::Text(None) | Self::Bytes(None) => (0, Vec::new()),
            Self::Number(Some(number)) => (1, number.to_be_bytes().to_vec()),
            Self::Text(Some(text)) => (2, text.as_bytes().to_vec()),
            Self::Bytes(Some(content)) => (3, content.clone()),
        };
        bytes.push(kind);
        bytes.extend((content.len() as u64).to_be_bytes());
        bytes.extend(content);
    }
}

/// The rows that were read so far.
struct Tally {
    rows: u64,
    digest: Sha256,
}

impl Tally {
    fn new() -> Self {
        Self { rows: 0, digest: Sha256::of(&[]) }
    }

    fn add(&mut self, row: &[Value]) {
        let mut bytes = self.digest.as_bytes().to_vec();
        for value in row {
            value.tell(&mut bytes);
        }
        self.rows += 1;
        self.digest = Sha256::of(&bytes);
    }

    fn of(self, table: &Table) -> CopiedTable {
        CopiedTable { table: table.name.clone(), rows: self.rows, digest: self.digest }
    }
}

async fn copy_table(from: &mut Tx, to: &mut Tx, table: &Table) -> Result<CopiedTable, StoreError> {
    let (read, write) = (Operation::new("read the database to copy"), Operation::new("write the copy"));
    let mut tally = Tally::new();
    let mut rows = sqlx::query(selected(table)).fetch(from);
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await.map_err(read.failed())? {
        let row = values(&row, table).map_err(read.failed())?;
        tally.add(&row);
        if table.starts_with_rows() {
            overwrite(to, table, row).await.map_err(write.failed())?;
            continue;
        }
        bytes += row.iter().map(Value::len).sum::<usize>();
        batch.push(row);
        if batch.len() >= bulk::ROWS || bytes >= BYTES {
            insert(to, table, std::mem::take(&mut batch)).await.map_err(write.failed())?;
            bytes = 0;
        }
    }
    insert(to, table, batch).await.map_err(write.failed())?;
    Ok(tally.of(table))
}

async fn read_table(tx: &mut Tx, table: &Table) -> row::Result<CopiedTable> {
    let mut tally = Tally::new();
    let mut rows = sqlx::query(selected(table)).fetch(tx);
    while let Some(row) = rows.try_next().await? {
        tally.add(&values(&row, table)?);
    }
    Ok(tally.of(table))
}

fn values(row: &AnyRow, table: &Table) -> row::Result<Vec<Value>> {
    table.columns.iter().enumerate().map(|(place, column)| Value::read(row, place, column.kind)).collect()
}

async fn insert(tx: &mut Tx, table: &Table, rows: Vec<Vec<Value>>) -> row::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let target = format!("{} ({})", table.name, table.names());
    let mut insert = sqlx::query(bulk::insert(&target, table.columns.len(), rows.len()));
    for value in rows.into_iter().flatten() {
        insert = bind(insert, value);
    }
    insert.execute(tx).await.map(|_| ())
}

fn bind(statement: Statement<'_>, value: Value) -> Statement<'_> {
    match value {
        Value::Number(number) => statement.bind(number),
        Value::Text(text) => statement.bind(text),
        Value::Bytes(bytes) => statement.bind(bytes),
    }
}

/// Writes a row over the one with the same key.
async fn overwrite(tx: &mut Tx, table: &Table, row: Vec<Value>) -> row::Result<()> {
    let set: Vec<String> = table.columns.iter().map(|column| format!("{} = ?", column.name)).collect();
    let (key, rest) = (table.key.join(" = ? AND "), set.join(", "));
    let mut update = sqlx::query(safe(format!("UPDATE {} SET {rest} WHERE {key} = ?", table.name)));
    let keys: Vec<Value> = {
        let is_key = |column: &schema::Column| table.key.contains(&column.name);
        let pairs = table.columns.iter().zip(&row);
        pairs.filter(|(column, _)| is_key(column)).map(|(_, value)| value.clone()).collect()
    };
    for value in row.into_iter().chain(keys) {
        update = bind(update, value);
    }
    update.execute(tx).await.map(|_| ())
}

/// Numbers that the database gives out go on behind those that were copied. Two of the databases see to it themselves.
async fn go_on_counting(tx: &mut Tx, tables: &[Table]) -> row::Result<()> {
    if tx.dialect() != Dialect::Postgres {
        return Ok(());
    }
    for table in tables.iter().filter(|table| table.counts) {
        let (name, key) = (&table.name, table.key.join(""));
        let next = format!("COALESCE((SELECT MAX({key}) FROM {name}), 0) + 1");
        let set = format!("SELECT setval(pg_get_serial_sequence('{name}', '{key}'), {next}, false) AS next");
        sqlx::query(safe(set)).fetch_one(&mut *tx).await?;
    }
    Ok(())
}

async fn count(tx: &mut Tx, table: &Table) -> row::Result<i64> {
    let query = sqlx::query(safe(format!("SELECT COUNT(*) AS found FROM {}", table.name)));
    row::number(&query.fetch_one(tx).await?, "found")
}

/// All rows in the order of their key, which is the same order everywhere.
fn selected(table: &Table) -> SqlStr {
    safe(format!("SELECT {} FROM {} ORDER BY {}", table.names(), table.name, table.key.join(", ")))
}

/// Names of tables and columns come from our own scripts.
fn safe(statement: String) -> SqlStr {
    AssertSqlSafe(statement).into_sql_str()
}
