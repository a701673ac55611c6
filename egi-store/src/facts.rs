//! Facts that were imported, with where they came from.

use crate::sql::Tx;
use chrono::{DateTime, Utc};
use egi_model::ticket::TicketId;
use sqlx::any::AnyRow;

use crate::Store;
use crate::bulk;
use crate::error::{Operation, StoreError};
use crate::row::{self, micros, ticket_no};

/// A fact as it is kept: whoever imports it knows what its document says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedFact {
    /// Where it came from.
    pub source: String,
    /// What kind of fact it is.
    pub kind: String,
    /// Its number among the facts of its source and kind.
    pub number: u64,
    /// The ticket it is about.
    pub ticket: TicketId,
    /// What it says.
    pub document: String,
}

/// One import, as it is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactImport {
    /// Its number.
    pub id: u64,
    /// Where the facts came from.
    pub source: String,
    /// What was read, such as a folder.
    pub origin: String,
    /// How many facts were new.
    pub facts: u64,
    /// When.
    pub imported: DateTime<Utc>,
}

/// What came of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactsImported {
    /// Facts that were not known.
    pub new: u64,
    /// Facts that were known already, to the letter.
    pub known: u64,
}

impl Store {
    /// Keeps facts. One that is known already changes nothing; one that is known with another content refuses the whole
    /// import. An import without any new fact leaves no trace.
    pub async fn import_facts(
        &self,
        source: &str,
        origin: &str,
        facts: &[ImportedFact],
        now: DateTime<Utc>,
    ) -> Result<FactsImported, StoreError> {
        let operation = Operation::new("import facts");
        let mut tx = self.begin_write(operation).await?;
        let mut new = Vec::new();
        for fact in facts {
            match find(&mut tx, fact).await.map_err(operation.failed())? {
                None => new.push(fact),
                Some(document) if document == fact.document => {}
                Some(_) => {
                    let (source, kind) = (fact.source.clone(), fact.kind.clone());
                    return Err(StoreError::FactDiffers { source_name: source, kind, number: fact.number });
                }
            }
        }
        let count = u64::try_from(new.len()).unwrap_or(u64::MAX);
        let known = u64::try_from(facts.len()).unwrap_or(u64::MAX).saturating_sub(count);
        if count > 0 {
            let insert = sqlx::query(
                "INSERT INTO fact_imports (source, origin, facts, imported) VALUES (?, ?, ?, ?) RETURNING id",
            );
            let insert = insert.bind(source).bind(origin).bind(count.cast_signed()).bind(micros(now));
            let id = insert.fetch_one(&mut tx).await.and_then(|row| row::number(&row, "id"));
            let id = id.map_err(operation.failed())?;
            for fact in new {
                keep(&mut tx, fact, id).await.map_err(operation.failed())?;
            }
        }
        tx.commit().await.map_err(operation.failed())?;
        Ok(FactsImported { new: count, known })
    }

    /// All imported facts, by source, kind and number.
    pub async fn load_facts(&self) -> Result<Vec<ImportedFact>, StoreError> {
        let operation = Operation::new("load the imported facts");
        let query =
            sqlx::query("SELECT source, kind, number, ticket, document FROM facts ORDER BY source, kind, number");
        let rows = query.fetch_all(&self.read).await.map_err(operation.failed())?;
        rows.iter().map(imported_fact).collect::<row::Result<_>>().map_err(operation.failed())
    }

    /// The imported facts about some tickets, in no order.
    pub async fn load_facts_of(&self, tickets: &[TicketId]) -> Result<Vec<ImportedFact>, StoreError> {
        let operation = Operation::new("load the imported facts of some tickets");
        let mut facts = Vec::new();
        for chunk in tickets.chunks(bulk::ROWS) {
            let sql = "SELECT source, kind, number, ticket, document FROM facts WHERE ticket IN";
            let query = sqlx::query(bulk::with_list(sql, chunk.len()));
            let query = chunk.iter().fold(query, |query, ticket| query.bind(ticket_no(*ticket)));
            let rows = query.fetch_all(&self.read).await.map_err(operation.failed())?;
            let read: row::Result<Vec<ImportedFact>> = rows.iter().map(imported_fact).collect();
            facts.extend(read.map_err(operation.failed())?);
        }
        Ok(facts)
    }

    /// The imports, oldest first.
    pub async fn load_fact_imports(&self) -> Result<Vec<FactImport>, StoreError> {
        let operation = Operation::new("load what was imported");
        let query = sqlx::query("SELECT id, source, origin, facts, imported FROM fact_imports ORDER BY id");
        let rows = query.fetch_all(&self.read).await.map_err(operation.failed())?;
        rows.iter().map(fact_import).collect::<row::Result<_>>().map_err(operation.failed())
    }
}

fn imported_fact(row: &AnyRow) -> row::Result<ImportedFact> {
    Ok(ImportedFact {
        source: row::text(row, "source")?,
        kind: row::text(row, "kind")?,
        number: row::count(row, "number")?,
        ticket: row::ticket(row, "ticket")?,
        document: row::text(row, "document")?,
    })
}

fn fact_import(row: &AnyRow) -> row::Result<FactImport> {
    Ok(FactImport {
        id: row::count(row, "id")?,
        source: row::text(row, "source")?,
        origin: row::text(row, "origin")?,
        facts: row::count(row, "facts")?,
        imported: row::time(row, "imported")?,
    })
}

async fn find(connection: &mut Tx, fact: &ImportedFact) -> row::Result<Option<String>> {
    let query = sqlx::query("SELECT document FROM facts WHERE source = ? AND kind = ? AND number = ?");
    let query = query.bind(&fact.source).bind(&fact.kind).bind(fact.number.cast_signed());
    query.fetch_optional(connection).await?.map(|row| row::text(&row, "document")).transpose()
}

async fn keep(connection: &mut Tx, fact: &ImportedFact, import: i64) -> row::Result<()> {
    let insert = sqlx::query(
        "INSERT INTO facts (source, kind, number, ticket, document, fact_import) VALUES (?, ?, ?, ?, ?, ?)",
    );
    let insert = insert.bind(&fact.source).bind(&fact.kind).bind(fact.number.cast_signed());
    let insert = insert.bind(ticket_no(fact.ticket)).bind(&fact.document).bind(import);
    insert.execute(connection).await.map(|_| ())
}
