//! The tables as the scripts describe them, for what works on all of them alike.

use super::{SCRIPTS, statements};

/// A table, as the scripts describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// The columns of its primary key.
    pub(crate) key: Vec<String>,
    /// Whether the database gives out the numbers of its rows.
    pub(crate) counts: bool,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Text,
    Bytes,
}

impl Table {
    /// The names of its columns, for a statement.
    pub(crate) fn names(&self) -> String {
        self.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Whether it has rows from the beginning: what is copied then writes over them.
    pub(crate) fn starts_with_rows(&self) -> bool {
        ["target_areas", "history_head", "rollout_head"].contains(&self.name.as_str())
    }

    fn read(statement: &str) -> Option<Self> {
        let mut lines = statement.strip_prefix("CREATE TABLE ")?.lines();
        let name = lines.next()?.trim_end_matches(" (").to_owned();
        let mut table = Self { name, columns: Vec::new(), key: Vec::new(), counts: false };
        for line in lines {
            table.read_line(line.trim().trim_end_matches(','));
        }
        Some(table)
    }

    fn read_line(&mut self, line: &str) {
        if let Some(columns) = line.strip_prefix("PRIMARY KEY (") {
            self.key = columns.trim_end_matches(')').split(", ").map(str::to_owned).collect();
        }
        let Some(column) = Column::read(line) else { return };
        if line.contains(" PRIMARY KEY") {
            self.key.push(column.name.clone());
        }
        self.counts |= line.contains(" AUTOINCREMENT");
        self.columns.push(column);
    }
}

impl Column {
    fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (name, kind) = (words.next()?, words.next()?);
        let kind = match kind {
            "INTEGER" => Kind::Number,
            "TEXT" | "KEY_TEXT" => Kind::Text,
            "BLOB" => Kind::Bytes,
            _ => return None,
        };
        Some(Self { name: name.to_owned(), kind })
    }
}

/// All tables in the order in which they were made: what one refers to comes before it.
pub(crate) fn tables() -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    for statement in SCRIPTS.iter().flat_map(|(_, _, text)| statements(text)) {
        tables.extend(Table::read(&statement));
        let added = statement.strip_prefix("ALTER TABLE ").and_then(|rest| rest.split_once(" ADD COLUMN "));
        let Some((name, column)) = added else { continue };
        let altered = tables.iter_mut().find(|table| table.name == name);
        if let (Some(table), Some(column)) = (altered, Column::read(column.trim_end().trim_end_matches(';'))) {
            table.columns.push(column);
        }
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_from_the_scripts() {
        let tables = tables();
        let facts = tables.iter().find(|table| table.name == "facts").unwrap();
        assert_eq!(facts.names(), "source, kind, number, ticket, document, fact_import");
        assert_eq!((facts.key.join(", ").as_str(), facts.counts), ("source, kind, number", false));
        let inbox = tables.iter().find(|table| table.name == "inbox").unwrap();
        assert_eq!((inbox.key.join(", ").as_str(), inbox.counts, inbox.columns.len()), ("id", true, 14));
        assert!(tables.iter().all(|table| !table.key.is_empty() && !table.columns.is_empty()));
    }
}
