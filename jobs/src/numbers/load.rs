//! Facts from the database: the site's own log, and what was imported.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use egi_metrics::exchange::{self, KeptFact, Kind};
use egi_metrics::{Facts, ParticipationFact, PublishedFact, RecordId};
use egi_model::history::HistoryRecord;
use egi_model::participation::RolloutEvent;
use egi_model::ticket::TicketId;
use egi_store::{ImportedFact, Part, Store};

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
        None => gather(store, &store.load_history(None).await?, store.load_facts().await?, None, as_of).await,
    }
}

/// All facts of some tickets.
pub(super) async fn load_of(store: &Store, tickets: &[TicketId], as_of: DateTime<Utc>) -> anyhow::Result<Loaded> {
    let imported = store.load_facts_of(tickets).await?;
    gather(store, &store.load_history_of(tickets).await?, imported, Some(tickets), as_of).await
}

async fn gather(
    store: &Store,
    records: &[HistoryRecord],
    imported: Vec<ImportedFact>,
    only: Option<&[TicketId]>,
    as_of: DateTime<Utc>,
) -> anyhow::Result<Loaded> {
    let mut facts = Facts::of_history(records, as_of);
    let disregarded = facts.transitions.iter().filter(|fact| fact.outcome == egi_model::history::Outcome::Disregarded);
    let disregarded = disregarded.count();
    take_part(store, only, &mut facts).await?;
    let kept = imported.into_iter().map(kept_fact).collect::<anyhow::Result<Vec<KeptFact>>>()?;
    exchange::restore(&kept, &mut facts)?;
    Ok(Loaded { records: records.len(), disregarded, imported: kept.len(), facts })
}

/// What early adopters did, as this site has it on record.
async fn take_part(store: &Store, only: Option<&[TicketId]>, facts: &mut Facts) -> anyhow::Result<()> {
    let wanted = |ticket: &TicketId| only.is_none_or(|only| only.contains(ticket));
    let parts = store.load_parts(None).await?.into_iter().filter(|part| wanted(&part.record.release));
    facts.participations.extend(parts.map(participation));
    for record in store.load_rollout_log(None).await?.into_iter().filter(|record| wanted(&record.entry.ticket)) {
        if let RolloutEvent::Published { link } = record.entry.what {
            let (ticket, at) = (record.entry.ticket, record.entry.at);
            let record = RecordId::own(record.seq);
            facts.published.push(PublishedFact { record, ticket, at, link: Some(link) });
        }
    }
    Ok(())
}

fn participation(part: Part) -> ParticipationFact {
    let record = part.record;
    ParticipationFact {
        record: RecordId::own(part.number),
        ticket: record.release,
        team: record.team.to_string(),
        site: Some(record.site),
        ngi: Some(record.ngi),
        participation: record.participation,
        outcome: record.outcome,
        invited: Some(record.invited),
        answered: record.answered,
        started: record.started,
        finished: record.finished,
        report: record.report,
    }
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
