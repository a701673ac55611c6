//! Facts from the database: the site's own log, and what was imported.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use egi_metrics::Facts;
use egi_metrics::exchange::{self, KeptFact, Kind};
use egi_model::history::HistoryRecord;
use egi_model::ticket::TicketId;
use egi_store::{ImportedFact, Store};

/// Facts, and how many there were of each origin.
#[derive(Debug)]
pub struct Loaded {
    /// The facts.
    pub facts: Facts,
    /// Records of the site's own log that were read.
    pub records: usize,
    /// Records of notices that told of no change: they are no facts about any release.
    pub disregarded: usize,
    /// Imported facts that were read.
    pub imported: usize,
}

/// All facts of a site, or those of one ticket.
pub async fn load(store: &Store, ticket: Option<TicketId>, as_of: DateTime<Utc>) -> anyhow::Result<Loaded> {
    match ticket {
        Some(ticket) => load_of(store, &[ticket], as_of).await,
        None => gather(&store.load_history(None).await?, store.load_facts().await?, as_of),
    }
}

/// All facts of some tickets.
pub(super) async fn load_of(store: &Store, tickets: &[TicketId], as_of: DateTime<Utc>) -> anyhow::Result<Loaded> {
    gather(&store.load_history_of(tickets).await?, store.load_facts_of(tickets).await?, as_of)
}

fn gather(records: &[HistoryRecord], imported: Vec<ImportedFact>, as_of: DateTime<Utc>) -> anyhow::Result<Loaded> {
    let mut facts = Facts::of_history(records, as_of);
    let disregarded = facts.transitions.iter().filter(|fact| fact.outcome == egi_model::history::Outcome::Disregarded);
    let disregarded = disregarded.count();
    let kept = imported.into_iter().map(kept_fact).collect::<anyhow::Result<Vec<KeptFact>>>()?;
    exchange::restore(&kept, &mut facts)?;
    Ok(Loaded { records: records.len(), disregarded, imported: kept.len(), facts })
}

fn kept_fact(fact: ImportedFact) -> anyhow::Result<KeptFact> {
    let kind = Kind::of_name(&fact.kind).with_context(|| format!("\"{}\" is no kind of fact", fact.kind))?;
    Ok(KeptFact { source: fact.source, kind, number: fact.number, ticket: fact.ticket, document: fact.document })
}

/// Facts as the database keeps them.
#[must_use]
pub fn kept_facts(facts: &Facts, source: &str) -> Vec<ImportedFact> {
    let kept = exchange::keep(facts, source).into_iter();
    kept.map(|fact| ImportedFact {
        source: fact.source,
        kind: fact.kind.to_string(),
        number: fact.number,
        ticket: fact.ticket,
        document: fact.document,
    })
    .collect()
}
