//! Facts as documents: how a database keeps those that were imported.

use egi_model::ticket::TicketId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{FileFault, Kind};
use crate::error::MetricsError;
use crate::facts::{Facts, ParticipationFact, PublishedFact, Submission, TransitionFact};
use crate::record::{RecordId, Sources};

/// A fact as a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFact {
    /// Where it came from; empty for the site's own log.
    pub source: String,
    /// What kind of fact it is.
    pub kind: Kind,
    /// Its number among those of its source and kind; for a ticket's creation, the ticket's.
    pub number: u64,
    /// The ticket it is about.
    pub ticket: TicketId,
    /// What it says.
    pub document: String,
}

/// Every fact as a document. A creation that names no record is of the source `unnamed`.
#[must_use]
pub fn keep(facts: &Facts, unnamed: &str) -> Vec<KeptFact> {
    let source = |record: RecordId| {
        let named = record.source().checked_sub(1).and_then(|at| facts.sources.names().get(at));
        named.map_or("", String::as_str).to_owned()
    };
    let mut kept = Vec::with_capacity(facts.len());
    kept.extend(
        facts
            .transitions
            .iter()
            .map(|fact| kept_fact(source(fact.record), Kind::Transitions, fact.record.number(), fact.ticket, fact)),
    );
    kept.extend(facts.submitted.iter().map(|fact| {
        let source = fact.record.map_or_else(|| unnamed.to_owned(), source);
        kept_fact(source, Kind::Submissions, fact.ticket.get(), fact.ticket, fact)
    }));
    kept.extend(
        facts
            .participations
            .iter()
            .map(|fact| kept_fact(source(fact.record), Kind::Participations, fact.record.number(), fact.ticket, fact)),
    );
    kept.extend(
        facts
            .published
            .iter()
            .map(|fact| kept_fact(source(fact.record), Kind::Reports, fact.record.number(), fact.ticket, fact)),
    );
    kept
}

fn kept_fact(source: String, kind: Kind, number: u64, ticket: TicketId, fact: &impl Serialize) -> KeptFact {
    // A fact holds nothing JSON can not write.
    KeptFact { source, kind, number, ticket, document: serde_json::to_string(fact).unwrap_or_default() }
}

/// Adds kept facts to others.
pub fn restore(kept: &[KeptFact], facts: &mut Facts) -> Result<(), MetricsError> {
    let others = kept.iter().map(|fact| fact.source.clone()).filter(|source| !source.is_empty());
    let sources = Sources::new(facts.sources.names().iter().cloned().chain(others).collect());
    facts.renumber(&sources);
    for one in kept {
        let place = |record: RecordId| match sources.find(&one.source) {
            Some(source) => RecordId::of(source, record.number()),
            None => record,
        };
        match one.kind {
            Kind::Transitions => {
                facts.transitions.push(read(one, |fact: &mut TransitionFact| &mut fact.record, place)?);
            }
            Kind::Participations => {
                facts.participations.push(read(one, |fact: &mut ParticipationFact| &mut fact.record, place)?);
            }
            Kind::Reports => facts.published.push(read(one, |fact: &mut PublishedFact| &mut fact.record, place)?),
            Kind::Submissions => {
                let mut fact: Submission = parse(one)?;
                fact.record = fact.record.map(place);
                facts.submitted.push(fact);
            }
        }
    }
    Ok(())
}

fn read<T: DeserializeOwned>(
    kept: &KeptFact,
    record: impl Fn(&mut T) -> &mut RecordId,
    place: impl Fn(RecordId) -> RecordId,
) -> Result<T, MetricsError> {
    let mut fact: T = parse(kept)?;
    let number = record(&mut fact);
    *number = place(*number);
    Ok(fact)
}

fn parse<T: DeserializeOwned>(kept: &KeptFact) -> Result<T, MetricsError> {
    serde_json::from_str(&kept.document).map_err(|error| MetricsError::Facts {
        file: format!("number {} of {} from {}", kept.number, kept.kind, kept.source),
        faults: vec![FileFault::of_file(error.to_string())],
    })
}
