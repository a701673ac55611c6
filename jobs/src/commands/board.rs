//! `nsrw board`: the pipeline at a glance: a column per state, a card per release.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use egi_tickets::Query;
use egi_workflow::{Reason, ReleaseFacts, ReleaseRecord, evidence};
use serde::Serialize;

use crate::exit::Exit;
use crate::output;
use crate::site::Site;
use crate::worker;

/// The width of a column, in characters.
const WIDTH: usize = 30;
/// What stands between two columns.
const GAP: &str = "  ";

/// A release on the board.
#[derive(Debug, Serialize)]
struct Card {
    ticket: TicketId,
    release: String,
    state: RolloutState,
    since: DateTime<Utc>,
    /// Whole days in this state.
    days: i64,
    owner: Option<String>,
    /// What keeps it where it is.
    blocked_by: Vec<String>,
}

pub(super) async fn run(site: &Site, json: bool) -> anyhow::Result<Exit> {
    let cards = deal(site).await?;
    if json {
        output::json(&cards)?;
        return Ok(Exit::Done);
    }
    let on_way = RolloutState::ALL.into_iter().filter(|state| !state.is_terminal());
    let columns = on_way.map(|state| (state, cards.iter().filter(|card| card.state == state).collect::<Vec<_>>()));
    let columns: Vec<_> = columns.filter(|(_, cards)| !cards.is_empty()).collect();
    if columns.is_empty() {
        output::line("no release is on its way");
    }
    print(&columns);
    Ok(Exit::Done)
}

async fn deal(site: &Site) -> anyhow::Result<Vec<Card>> {
    let found = site.tickets.search(&Query::default()).await?;
    let owners: BTreeMap<TicketId, Option<String>> = found.items.into_iter().map(|t| (t.id, t.owner)).collect();
    let pending = site.store.pending(site.now()).await?;
    let mut cards = Vec::new();
    for record in site.store.load_releases().await?.into_iter().filter(|record| !record.state.is_terminal()) {
        let mut blocked_by = blocks(site, &record).await?;
        if !owners.contains_key(&record.ticket) {
            blocked_by.push("its ticket can not be read".to_owned());
        }
        let mine = pending.iter().filter(|message| message.message.ticket() == record.ticket);
        blocked_by.extend(mine.filter_map(|message| message.note.as_ref()).map(|note| crate::one_line(note)));
        let release = record.facts.as_ref().map_or_else(String::new, ReleaseFacts::title);
        cards.push(Card {
            ticket: record.ticket,
            release,
            state: record.state,
            since: record.since,
            days: (site.now() - record.since).num_days(),
            owner: owners.get(&record.ticket).cloned().flatten(),
            blocked_by,
        });
    }
    cards.sort_by_key(|card| (card.since, card.ticket));
    Ok(cards)
}

/// What keeps a release where it is, in few words.
async fn blocks(site: &Site, record: &ReleaseRecord) -> anyhow::Result<Vec<String>> {
    let facts = record.facts.as_ref();
    Ok(match record.state {
        RolloutState::Deferred => {
            let slot = facts.map(|facts| facts.slot.as_str()).unwrap_or_default();
            let holder = site.store.slot_holder(slot, record.ticket).await?;
            holder.map(|holder| format!("ticket {holder} has the slot")).into_iter().collect()
        }
        RolloutState::StageRollout => {
            let (rollout, policy) = (worker::rollout(site, record).await?, site.policy().await?);
            evidence::lacking(policy.evidence, &rollout).iter().map(brief).collect()
        }
        RolloutState::WaitingForResponse => vec!["the provider's answer".to_owned()],
        RolloutState::Failed => {
            let history = site.store.load_history(Some(record.ticket)).await?;
            let reasons = history.last().map(|last| last.entry.reasons.clone()).unwrap_or_default();
            reasons.iter().map(|reason| crate::one_line(reason)).collect()
        }
        RolloutState::Submitted
        | RolloutState::Unverified
        | RolloutState::InVerification
        | RolloutState::Production
        | RolloutState::Rejected
        | RolloutState::Ignored
        | RolloutState::NotPublished => Vec::new(),
    })
}

fn brief(reason: &Reason) -> String {
    if let Reason::ReportOutstanding { team } = reason {
        format!("{team} has not reported")
    } else if let Reason::RejectUnanswered { team } = reason {
        format!("{team} rejects")
    } else if let Reason::TooFewAccepts { accepts, needed } = reason {
        format!("{accepts} of {needed} accepts")
    } else {
        reason.code().to_owned()
    }
}

fn print(columns: &[(RolloutState, Vec<&Card>)]) {
    let lines: Vec<Vec<String>> = columns.iter().map(|(state, cards)| column(*state, cards)).collect();
    let height = lines.iter().map(Vec::len).max().unwrap_or_default();
    for row in 0..height {
        let cells = lines.iter().map(|column| format!("{:<WIDTH$}", column.get(row).map_or("", String::as_str)));
        output::line(cells.collect::<Vec<_>>().join(GAP).trim_end());
    }
}

fn column(state: RolloutState, cards: &[&Card]) -> Vec<String> {
    let mut lines = vec![format!("{state} ({})", cards.len()), "-".repeat(WIDTH)];
    for card in cards {
        lines.push(cut(&format!("#{} {}", card.ticket, card.release)));
        lines.push(cut(&format!("  {} days, {}", card.days, card.owner.as_deref().unwrap_or("nobody"))));
        lines.extend(card.blocked_by.iter().map(|block| cut(&format!("  ! {block}"))));
        lines.push(String::new());
    }
    lines
}

/// People name releases as they like: no control characters on a terminal, and no more than the column has room for.
fn cut(text: &str) -> String {
    let shown: Vec<char> = text.chars().filter(|c| !c.is_control()).collect();
    if shown.len() <= WIDTH {
        return shown.into_iter().collect();
    }
    shown.into_iter().take(WIDTH - 1).chain(['…']).collect()
}
