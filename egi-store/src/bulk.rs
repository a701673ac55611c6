//! Statements about many rows at once: a row at a time would cost a hundred thousand rows minutes.

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

/// How many rows one statement writes or looks up. With the ten columns of the widest table that stays far below the
/// smallest limit of values in a statement, 32766 of `SQLite`.
pub(crate) const ROWS: usize = 500;

/// Inserts `rows` rows of `columns` values each into `target`, a table with its columns.
pub(crate) fn insert(target: &str, columns: usize, rows: usize) -> SqlStr {
    let row = format!("({})", vec!["?"; columns].join(", "));
    AssertSqlSafe(format!("INSERT INTO {target} VALUES {}", vec![row; rows].join(", "))).into_sql_str()
}

/// A statement that ends in `IN`, with its list of `values` values.
pub(crate) fn with_list(statement: &str, values: usize) -> SqlStr {
    AssertSqlSafe(format!("{statement} ({})", vec!["?"; values].join(", "))).into_sql_str()
}
