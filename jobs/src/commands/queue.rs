//! `nsrw queue`: what waits, and why.

mod print;
mod ready;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use egi_model::participation::Word;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use egi_store::{Message, OutboxLetter, PendingMessage, PlanRecord};
use egi_workflow::plan::{StepLog, next};
use egi_workflow::{ReleaseFacts, ReleaseRecord};
use serde::Serialize;

use self::ready::Readiness;
use crate::compare::{self, Kind};
use crate::exit::Exit;
use crate::output;
use crate::site::Site;
use crate::worker;

/// Everything that waits.
#[derive(Debug, Serialize)]
struct Queue {
    at: DateTime<Utc>,
    /// What `nsrw serve` says of itself.
    serve: Readiness,
    messages: Vec<Waiting>,
    plans: Vec<UnderWay>,
    deferred: Vec<Deferred>,
    letters: Vec<Letter>,
    answers: Answers,
}

/// A message of the inbox.
#[derive(Debug, Serialize)]
struct Waiting {
    id: String,
    ticket: TicketId,
    kind: &'static str,
    /// What it is about.
    what: String,
    since: DateTime<Utc>,
    /// How often it was put back, and why the last time.
    tries: u32,
    trouble: Option<String>,
    /// When it may be worked on again.
    next_try: DateTime<Utc>,
    /// Who works on it, and until when it is theirs without a sign of life.
    held_by: Option<String>,
    held_until: Option<DateTime<Utc>>,
}

/// A plan that is being carried out.
#[derive(Debug, Serialize)]
struct UnderWay {
    id: String,
    ticket: TicketId,
    from: RolloutState,
    asked: RolloutState,
    since: DateTime<Utc>,
    done: usize,
    steps: usize,
    /// The step that comes next.
    step: Option<String>,
    held_by: Option<String>,
}

/// A release that waits for its slot.
#[derive(Debug, Serialize)]
struct Deferred {
    ticket: TicketId,
    release: String,
    since: DateTime<Utc>,
    /// Whose release has the slot; nobody's when it was just freed.
    waits_for: Option<TicketId>,
}

/// A letter that did not leave yet.
#[derive(Debug, Serialize)]
struct Letter {
    written: DateTime<Utc>,
    to: String,
    subject: String,
    /// Whether it waits for the day's digest.
    digest: bool,
}

/// What tickets were never told, as far as they could be asked.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Answers {
    Owed(Vec<Owed>),
    Unknown { because: String },
}

#[derive(Debug, Serialize)]
struct Owed {
    ticket: Option<TicketId>,
    what: String,
}

pub(super) async fn run(site: &Site, json: bool) -> anyhow::Result<Exit> {
    let queue = gather(site).await?;
    if json {
        output::json(&queue)?;
    } else {
        print::print(&queue, site.config.mail.host.is_empty());
    }
    Ok(Exit::Done)
}

async fn gather(site: &Site) -> anyhow::Result<Queue> {
    let now = site.now();
    let serve = ready::ask(&site.config.api).await;
    let pending = site.store.pending(now).await?;
    let open = site.store.load_open_plans().await?;
    let holders: BTreeMap<String, String> =
        pending.iter().filter_map(|m| Some((m.plan?.to_string(), m.worker.clone()?))).collect();
    let releases = site.store.load_releases().await?;
    let mut deferred = Vec::new();
    for record in releases.iter().filter(|record| record.state == RolloutState::Deferred) {
        deferred.push(deferral(site, record).await?);
    }
    Ok(Queue {
        at: now,
        answers: owed(site, &serve).await,
        serve,
        messages: pending.into_iter().map(Waiting::of).collect(),
        plans: open.iter().map(|plan| UnderWay::of(plan, &holders)).collect(),
        deferred,
        letters: site.store.load_waiting_letters().await?.into_iter().map(Letter::of).collect(),
    })
}

async fn deferral(site: &Site, record: &ReleaseRecord) -> anyhow::Result<Deferred> {
    let slot = record.facts.as_ref().map(|facts| facts.slot.as_str()).unwrap_or_default();
    Ok(Deferred {
        ticket: record.ticket,
        release: record.facts.as_ref().map_or_else(String::new, ReleaseFacts::title),
        since: record.since,
        waits_for: site.store.slot_holder(slot, record.ticket).await?,
    })
}

/// Asks the ticket system, unless it is known to be left in peace.
async fn owed(site: &Site, serve: &Readiness) -> Answers {
    if let Some(because) = serve.ticket_system() {
        return Answers::Unknown { because: because.to_owned() };
    }
    match compare::with_tickets(site).await {
        Ok(differences) => {
            let untold = differences.into_iter().filter(|difference| difference.kind == Kind::Untold);
            Answers::Owed(untold.map(|one| Owed { ticket: one.ticket, what: one.what }).collect())
        }
        Err(error) => Answers::Unknown { because: crate::one_line(&format!("{error:#}")) },
    }
}

impl Waiting {
    fn of(pending: PendingMessage) -> Self {
        let (kind, what) = describe(&pending.message);
        Self {
            id: pending.id.to_string(),
            ticket: pending.message.ticket(),
            kind,
            what,
            since: pending.received,
            tries: pending.tries,
            trouble: pending.note.map(|note| crate::one_line(&note)),
            next_try: pending.not_before,
            held_by: pending.worker,
            held_until: pending.until,
        }
    }
}

fn describe(message: &Message) -> (&'static str, String) {
    match message {
        Message::Notice(notice) => ("notice", format!("{} -> {}", notice.previous, notice.current)),
        Message::Faulty { faults, .. } => ("faulty", format!("a notice with {} faults, to be told", faults.len())),
        Message::Check { .. } => ("check", "to be looked at again".to_owned()),
        Message::Wake { .. } => ("wake", "the slot it waited for is free".to_owned()),
        Message::Teams { .. } => ("teams", "the tickets of its early adopters are to be read".to_owned()),
        Message::TeamWord(said) => {
            let word = match &said.word {
                Word::Accept => "takes part",
                Word::Decline => "does not take part",
                Word::Report { .. } => "reports",
                Word::Answer { .. } => "is answered",
            };
            ("team-word", format!("{} {word}", said.team))
        }
    }
}

impl UnderWay {
    fn of(record: &PlanRecord, holders: &BTreeMap<String, String>) -> Self {
        let log: Vec<StepLog> = record.steps.iter().map(|step| step.log.clone()).collect();
        let (id, plan) = (record.id.to_string(), &record.plan);
        Self {
            ticket: plan.ticket,
            from: plan.from,
            asked: plan.asked,
            since: record.opened,
            done: log.len(),
            steps: plan.steps.len(),
            step: next(plan, &log).map(|(_, effect)| worker::describe(effect)),
            held_by: holders.get(&id).cloned(),
            id,
        }
    }
}

impl Letter {
    fn of(letter: OutboxLetter) -> Self {
        let OutboxLetter { readers, subject, written, digest, .. } = letter;
        Self { written, to: readers, subject, digest }
    }
}
