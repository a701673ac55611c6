//! Statements about many rows at once: a row at a time would cost a hundred thousand rows minutes.

use crate::dialect::Dialect;
use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

/// How many rows one statement writes or looks up. With the ten columns of the widest table that stays far below the
/// smallest limit of values in a statement, 32766 of `SQLite`.
pub(crate) const ROWS: usize = 500;

/// Inserts `rows` rows of `columns` values each into `target`, a table with its columns.
pub(crate) fn insert(target: &str, columns: usize, rows: usize) -> SqlStr {
    let row = format!("({})", vec!["?"; columns].join(", "));
    AssertSqlSafe(format!("INSERT INTO {target} VALUES {}", vec![row; rows].join(", "))).into_sql_str()
}

/// Writes `rows` rows into `table`, each over the one that has its `key` already. Of a row that changes only the indexes of
/// what changed are touched. The one statement that databases word in their own ways.
pub(crate) fn upsert(dialect: Dialect, table: &str, key: &str, others: &[&str], rows: usize) -> SqlStr {
    let target = format!("{table} ({key}, {})", others.join(", "));
    let taken = |column: &&str| match dialect {
        Dialect::Sqlite | Dialect::Postgres => format!("{column} = excluded.{column}"),
        Dialect::Mariadb => format!("{column} = VALUES({column})"),
    };
    let taken = others.iter().map(taken).collect::<Vec<_>>().join(", ");
    let insert = insert(&target, others.len() + 1, rows);
    let over = match dialect {
        Dialect::Sqlite | Dialect::Postgres => format!("ON CONFLICT ({key}) DO UPDATE SET"),
        Dialect::Mariadb => "ON DUPLICATE KEY UPDATE".to_owned(),
    };
    AssertSqlSafe(format!("{} {over} {taken}", insert.as_str())).into_sql_str()
}

/// The rows of two statements that select the same columns.
pub(crate) fn both(one: &SqlStr, other: &SqlStr) -> SqlStr {
    AssertSqlSafe(format!("{} UNION ALL {}", one.as_str(), other.as_str())).into_sql_str()
}

/// A statement that ends in `IN`, with its list of `values` values.
pub(crate) fn with_list(statement: &str, values: usize) -> SqlStr {
    AssertSqlSafe(format!("{statement} ({})", vec!["?"; values].join(", "))).into_sql_str()
}
