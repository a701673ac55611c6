//! The scripts that build the tables, written once in the words of `SQLite`, and what the words are elsewhere.
//!
//! # How a script is written
//!
//! - Columns are `INTEGER`, `TEXT` or `BLOB`: whole numbers, text and bytes. Booleans are 0 or 1, times are microseconds
//!   since 1970 in UTC, documents are JSON text.
//! - Text that a key or an index is made of is `KEY_TEXT`, which holds up to 255 characters; text that may be longer is
//!   looked up by [`row::key`](crate::row::key). Text is compared byte by byte everywhere.
//! - A number that the database gives out is `INTEGER PRIMARY KEY AUTOINCREMENT`.
//! - A table ends in `) STRICT;`.
//! - A trigger refuses, and nothing else: `CREATE TRIGGER name BEFORE UPDATE ON table`, `BEGIN`,
//!   `SELECT RAISE(ABORT, 'why');`, `END;`, each on a line of its own. `BEFORE DELETE` likewise.
//! - A statement ends with `;` at the end of a line.
//! - A table is named on the first line of its statement, and has a line for each column, `PRIMARY KEY (…)` after them.
//!   A later script may add one: `ALTER TABLE name ADD COLUMN column TEXT;`. What is written so is copied along by
//!   `nsrw store copy`.
//! - A new script gets the next number and a line in [`SCRIPTS`]. A script that was ever released is never changed.
//!
//! Statements that run later are written as all of the databases understand them: `?` for values, no upsert but
//! [`bulk::upsert`](crate::bulk::upsert) (look, then insert, within a transaction that writes), `INSERT … RETURNING` where a number is given out, `CASE` and
//! `COALESCE` instead of functions that one database has.
//!
//! `MariaDB` commits after every `CREATE`, so a script may have been stopped half-way: there each statement leaves
//! alone what is there already, and the script is run again.

mod table;

use sqlx::migrate::{Migration, MigrationType};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

pub(crate) use self::table::{Column, Kind, Table, tables};
use crate::dialect::Dialect;

/// Number, name and text of each script, oldest first.
const SCRIPTS: [(i64, &str, &str); 7] = [
    (1, "foundation", include_str!("migrations/0001_foundation.sql")),
    (2, "ticket_system", include_str!("migrations/0002_ticket_system.sql")),
    (3, "imports", include_str!("migrations/0003_imports.sql")),
    (4, "numbers", include_str!("migrations/0004_numbers.sql")),
    (5, "mailings", include_str!("migrations/0005_mailings.sql")),
    (6, "early_adopters", include_str!("migrations/0006_early_adopters.sql")),
    (7, "waivers", include_str!("migrations/0007_waivers.sql")),
];

/// The scripts as this database understands them.
pub(crate) fn migrations(dialect: Dialect) -> Vec<Migration> {
    let migration = |&(number, name, text): &(i64, &'static str, &str)| {
        let sql = AssertSqlSafe(render(dialect, text)).into_sql_str();
        Migration::new(number, name.into(), MigrationType::Simple, sql, false)
    };
    SCRIPTS.iter().map(migration).collect()
}

fn render(dialect: Dialect, script: &str) -> String {
    match dialect {
        Dialect::Sqlite => script.replace("KEY_TEXT", "TEXT"),
        Dialect::Postgres | Dialect::Mariadb => {
            statements(script).iter().map(|statement| render_statement(dialect, statement)).collect()
        }
    }
}

/// The statements of a script without its comments.
fn statements(script: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for line in script.lines().filter(|line| !line.trim_start().starts_with("--") && !line.trim().is_empty()) {
        let Some(statement) = all.last_mut() else { break };
        statement.push_str(line);
        statement.push('\n');
        let is_trigger = statement.starts_with("CREATE TRIGGER");
        if line == "END;" || (line.ends_with(';') && !is_trigger) {
            all.push(String::new());
        }
    }
    all.retain(|statement| !statement.is_empty());
    all
}

fn render_statement(dialect: Dialect, statement: &str) -> String {
    if let Some(trigger) = Trigger::read(statement) {
        return trigger.render(dialect);
    }
    let mut rendered = String::new();
    // Every second part stands between quotes.
    for (place, part) in statement.split('\'').enumerate() {
        if place > 0 {
            rendered.push('\'');
        }
        if place % 2 == 0 { rendered.push_str(&render_words(dialect, part)) } else { rendered.push_str(part) }
    }
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => rendered,
        Dialect::Mariadb => repeatable(&rendered),
    }
}

fn render_words(dialect: Dialect, text: &str) -> String {
    let ends = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
    let pieces = text.split_inclusive(ends).map(|piece| {
        let word = piece.trim_end_matches(ends);
        format!("{}{}", render_word(dialect, word), piece.strip_prefix(word).unwrap_or_default())
    });
    pieces.collect()
}

fn render_word(dialect: Dialect, word: &str) -> &str {
    match (word, dialect) {
        ("INTEGER", _) => "BIGINT",
        ("TEXT" | "KEY_TEXT", Dialect::Postgres) => "TEXT COLLATE \"C\"",
        ("BLOB", Dialect::Postgres) => "BYTEA",
        ("AUTOINCREMENT", Dialect::Postgres) => "GENERATED BY DEFAULT AS IDENTITY",
        ("STRICT", Dialect::Postgres) => "",
        ("TEXT", Dialect::Mariadb) => "LONGTEXT",
        ("KEY_TEXT", Dialect::Mariadb) => "VARCHAR(255)",
        ("BLOB", Dialect::Mariadb) => "LONGBLOB",
        ("AUTOINCREMENT", Dialect::Mariadb) => "AUTO_INCREMENT",
        // The collation tells every two texts apart: by case, by accents and by blanks at the end.
        ("STRICT", Dialect::Mariadb) => "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
        (word, _) => word,
    }
}

/// The statement as one that may be run again.
fn repeatable(statement: &str) -> String {
    let beginnings = [
        ("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS "),
        ("CREATE INDEX ", "CREATE INDEX IF NOT EXISTS "),
        ("CREATE UNIQUE INDEX ", "CREATE UNIQUE INDEX IF NOT EXISTS "),
        ("INSERT INTO ", "INSERT IGNORE INTO "),
    ];
    let found = beginnings.iter().find_map(|(from, to)| statement.strip_prefix(from).map(|rest| format!("{to}{rest}")));
    found.unwrap_or_else(|| statement.to_owned()).replace(" ADD COLUMN ", " ADD COLUMN IF NOT EXISTS ")
}

/// A trigger that refuses a change.
struct Trigger<'a> {
    name: &'a str,
    /// `UPDATE` or `DELETE`.
    event: &'a str,
    table: &'a str,
    /// Why it refuses.
    why: &'a str,
}

impl<'a> Trigger<'a> {
    fn read(statement: &'a str) -> Option<Self> {
        let mut words = statement.strip_prefix("CREATE TRIGGER ")?.split_whitespace();
        let (name, event) = (words.next()?, words.nth(1)?);
        Some(Self { name, event, table: words.nth(1)?, why: statement.split('\'').nth(1)? })
    }

    fn render(&self, dialect: Dialect) -> String {
        let Self { name, event, table, why } = self;
        match dialect {
            Dialect::Sqlite => format!(
                "CREATE TRIGGER {name} BEFORE {event} ON {table}\nBEGIN\n    SELECT RAISE(ABORT, '{why}');\nEND;\n"
            ),
            Dialect::Postgres => format!(
                "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{why}'; END $$;\n\
                 CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();\n"
            ),
            Dialect::Mariadb => format!(
                "CREATE TRIGGER IF NOT EXISTS {name} BEFORE {event} ON {table} FOR EACH ROW\n\
                 SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{why}';\n"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_keeps_to_what_is_understood_everywhere() {
        for (number, name, text) in SCRIPTS {
            for statement in statements(text) {
                let first: Vec<&str> = statement.split_whitespace().take(2).collect();
                match first.as_slice() {
                    ["CREATE", "TABLE"] => assert!(statement.ends_with(") STRICT;\n"), "{number} {name}: {statement}"),
                    ["CREATE", "TRIGGER"] => {
                        let trigger = Trigger::read(&statement).unwrap();
                        assert_eq!(trigger.render(Dialect::Sqlite), statement, "{number} {name}");
                    }
                    ["CREATE", "INDEX" | "UNIQUE"] | ["INSERT", "INTO"] | ["ALTER", "TABLE"] => {}
                    other => panic!("{number} {name} has {other:?}; see the documentation of this module"),
                }
            }
        }
    }

    #[test]
    fn words_become_those_of_each_database() {
        let table = "CREATE TABLE t (\n    -- a comment; with a semicolon\n    id INTEGER PRIMARY KEY AUTOINCREMENT,\n    \
                     k KEY_TEXT NOT NULL DEFAULT 'TEXT',\n    d TEXT,\n    b BLOB\n) STRICT;\n";
        assert_eq!(
            render(Dialect::Postgres, table),
            "CREATE TABLE t (\n    id BIGINT PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,\n    \
             k TEXT COLLATE \"C\" NOT NULL DEFAULT 'TEXT',\n    d TEXT COLLATE \"C\",\n    b BYTEA\n) ;\n"
        );
        assert_eq!(
            render(Dialect::Mariadb, table),
            "CREATE TABLE IF NOT EXISTS t (\n    id BIGINT PRIMARY KEY AUTO_INCREMENT,\n    \
             k VARCHAR(255) NOT NULL DEFAULT 'TEXT',\n    d LONGTEXT,\n    b LONGBLOB\n) \
             ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;\n"
        );
        assert_eq!(render(Dialect::Sqlite, table), table.replace("KEY_TEXT", "TEXT"));
    }
}
