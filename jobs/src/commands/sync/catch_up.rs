//! What `nsrw serve` asks the ticket system on a schedule: changes whose notice never came, and new tickets.
//!
//! A notice is a wake-up; what happened is read from the ticket system. Only what is new is read: a cursor in the
//! database says up to where everything was seen.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use egi_model::participation::ChildTicket;
use egi_model::rollout::RolloutState;
use egi_model::ticket::{Ticket, TicketChange, TicketStatus};
use egi_store::{StoreError, SyncCursor};
use egi_tickets::{Found, Query};
use tracing::{error, info, warn};

use crate::compare::{missed, register};
use crate::site::Site;
use crate::worker;

/// How long a ticket system may take to write a change it has numbered. Numbers are given out before a change is
/// committed, so one with a smaller number may appear after one with a larger; what is younger than this, by the ticket
/// system's own clock, is asked for again.
const MARGIN: TimeDelta = TimeDelta::minutes(15);

/// Puts into the inbox what never arrived, and on record what is new. Trouble is logged; the next round tries again.
pub async fn catch_up(site: &Site) {
    if let Err(trouble) = try_catch_up(site).await {
        error!("the ticket system could not be asked for missed changes and new tickets: {trouble:#}");
    }
}

async fn try_catch_up(site: &Site) -> anyhow::Result<()> {
    let cursor = match site.store.load_sync_cursor().await? {
        Some(cursor) => cursor,
        None => begin(site).await?,
    };
    let changes = site.tickets.fetch_progress_changes(cursor.change).await?;
    for notice in missed(site, &changes.items).await? {
        warn!(
            ticket.id = notice.ticket.get(),
            "{} -> {} had no notice; it is in the inbox now", notice.previous, notice.current
        );
        worker::deliver(site, notice).await?;
    }
    // Whatever was asked for moved on gets a notice and is put on record with it.
    let fresh = Query {
        above: cursor.ticket,
        progress: Some(vec![RolloutState::Submitted]),
        status: Some(vec![TicketStatus::New, TicketStatus::Open]),
    };
    let tickets = site.tickets.search(&fresh).await?;
    for ticket in &tickets.items {
        register(site, ticket).await?;
    }
    site.store.save_sync_cursor(next(cursor, &changes, &tickets)).await?;
    look_at_teams(site).await
}

/// Puts into the inbox which releases' early adopters wrote something into their own tickets, or whose ticket is gone.
pub(super) async fn look_at_teams(site: &Site) -> anyhow::Result<()> {
    let parts = site.store.load_parts(None).await?;
    let mut open = BTreeMap::new();
    if !parts.is_empty() {
        let found = site.tickets.fetch_open_children().await?;
        open.extend(found.items.into_iter().map(|child| (child.id, child)));
    }
    for part in parts.into_iter().map(|part| part.record) {
        let Some(id) = part.child else { continue };
        let in_rollout = || async {
            let release = site.store.load_release(part.release).await?;
            Ok::<bool, StoreError>(release.is_some_and(|release| release.stood == RolloutState::StageRollout))
        };
        let sign = match open.remove(&id) {
            Some(child) if child == ChildTicket::of(id, &part, true) => continue,
            Some(child) => format!("{child:?} {part:?}"),
            None if !in_rollout().await? => continue,
            // Closed by somebody, or gone.
            None => match site.tickets.fetch_child(id).await {
                Ok(child) if child == ChildTicket::of(id, &part, child.open) => continue,
                Ok(child) => format!("{child:?} {part:?}"),
                Err(error) if error.is_transient() => return Err(error.into()),
                Err(error) => format!("{id} {error}"),
            },
        };
        worker::look_at_teams(site, part.release, &sign).await?;
    }
    Ok(())
}

/// Where a site begins that meets a ticket system with a past: its old changes are not acted on. They are for a person to
/// decide about.
async fn begin(site: &Site) -> anyhow::Result<SyncCursor> {
    let recent = site.now() - MARGIN;
    let changes = site.tickets.fetch_progress_changes(0).await?.items;
    let past: Vec<TicketChange> = changes.into_iter().filter(|change| change.at < recent).collect();
    let unknown = missed(site, &past).await?.len();
    if unknown > 0 {
        warn!(
            "{unknown} changes were made before this site first asked; they are left alone: `nsrw rt import-history` brings \
             them into the log, `nsrw sync` lists them"
        );
    } else {
        info!("this site asks the ticket system for the first time");
    }
    Ok(SyncCursor { change: past.iter().map(|change| change.id).max().unwrap_or(0), ticket: 0 })
}

/// Up to where nothing can turn up any more. While something is unreadable, the cursor stays.
fn next(cursor: SyncCursor, changes: &Found<TicketChange>, tickets: &Found<Ticket>) -> SyncCursor {
    for trouble in changes.unreadable.iter().chain(&tickets.unreadable) {
        warn!("a ticket can not be used: {}", crate::error_chain(trouble));
    }
    let settled = |items: Vec<(u64, DateTime<Utc>)>, readable: bool| {
        let newest = items.iter().map(|(_, at)| *at).max().filter(|_| readable)?;
        items.iter().filter(|(_, at)| newest - *at >= MARGIN).map(|(id, _)| *id).max()
    };
    let change = settled(changes.items.iter().map(|c| (c.id, c.at)).collect(), changes.unreadable.is_empty());
    let ticket =
        settled(tickets.items.iter().map(|t| (t.id.get(), t.created)).collect(), tickets.unreadable.is_empty());
    SyncCursor { change: change.unwrap_or(cursor.change), ticket: ticket.unwrap_or(cursor.ticket) }
}

#[cfg(test)]
mod tests {
    use egi_model::field::Field;
    use egi_model::role::Actor;
    use egi_model::ticket::{ChangeKind, TicketId};
    use egi_tickets::TicketError;

    use super::*;

    fn change(id: u64, minute: i64) -> TicketChange {
        TicketChange {
            id,
            ticket: TicketId::new(1).unwrap(),
            at: DateTime::UNIX_EPOCH + TimeDelta::minutes(minute),
            by: Actor { name: "carlos".to_owned(), roles: Vec::new() },
            what: ChangeKind::Field { field: Field::RolloutProgress, old: None, new: Some("Unverified".to_owned()) },
        }
    }

    fn after(items: Vec<TicketChange>, unreadable: Vec<TicketError>) -> u64 {
        let cursor = SyncCursor { change: 3, ticket: 0 };
        next(cursor, &Found { items, unreadable }, &Found::default()).change
    }

    #[test]
    fn the_cursor_stays_behind_what_may_still_be_on_its_way() {
        assert_eq!(after(vec![], vec![]), 3);
        assert_eq!(after(vec![change(7, 0)], vec![]), 3, "8 may have been numbered before and come after");
        assert_eq!(after(vec![change(7, 0), change(9, 5), change(12, 20)], vec![]), 9);
        assert_eq!(after(vec![change(7, 0), change(9, 1), change(12, 600)], vec![]), 9);
    }

    #[test]
    fn the_cursor_waits_for_what_can_not_be_read() {
        let unreadable = TicketError::Malformed { ticket: TicketId::new(4).unwrap(), reasons: Vec::new() };
        assert_eq!(after(vec![change(7, 0), change(12, 600)], vec![unreadable]), 3);
    }
}
