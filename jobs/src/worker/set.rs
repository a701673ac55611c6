//! What the releases of one set have to do with each other: see [`egi_workflow::set`].

use egi_model::ticket::TicketId;
use egi_store::{Claim, StoreError};
use egi_workflow::policy::Sets;
use egi_workflow::set::{awaited, go_together, is_member};
use egi_workflow::{Decision, Member, MemberStanding, ReleaseRecord, Snapshot, decide, message};
use tracing::info;

use super::gather::{GatherError, fetch_ticket, gather_standing};
use super::{Handled, trouble};
use crate::site::Site;

/// How often a set is looked at before the ticket hears that it waits: people who set several tickets do so one after
/// the other.
const PATIENCE: u32 = 2;

/// The other releases of the set, if it goes together.
pub(super) async fn gather(site: &Site, snapshot: &Snapshot) -> Result<Vec<Member>, GatherError> {
    let emergency = egi_workflow::decide::emergency_of(snapshot);
    let Some(facts) = &snapshot.record.facts else { return Ok(Vec::new()) };
    if !go_together(&snapshot.policy, snapshot.asked, emergency) {
        return Ok(Vec::new());
    }
    let mut members = Vec::new();
    for record in site.store.load_releases().await? {
        if record.ticket != snapshot.ticket.id && is_member(facts, &record) {
            let standing = find_standing(site, snapshot, &record).await?;
            members.push(Member { record, standing });
        }
    }
    Ok(members)
}

/// A member is asked for when its ticket says so, whether or not its notice has come.
async fn find_standing(
    site: &Site,
    snapshot: &Snapshot,
    record: &ReleaseRecord,
) -> Result<MemberStanding, GatherError> {
    if record.state == snapshot.asked {
        return Ok(MemberStanding::There);
    }
    let ticket = fetch_ticket(site, record.ticket).await?;
    if ticket.progress().ok() != Some(snapshot.asked) {
        return Ok(MemberStanding::NotAsked);
    }
    let member = gather_standing(site, ticket, record.clone()).await?;
    Ok(match decide(&member) {
        Decision::Proceed { .. } => MemberStanding::Ready,
        Decision::Refuse(reasons) => MemberStanding::Hindered(reasons.iter().map(ToString::to_string).collect()),
        Decision::Defer { .. } | Decision::Await { .. } | Decision::Unchanged(_) => MemberStanding::NotAsked,
    })
}

/// Puts a release back until its set is complete. From the second look on its ticket says so.
pub(super) async fn wait(
    site: &Site,
    claim: &Claim,
    snapshot: &Snapshot,
    members: &[TicketId],
) -> Result<Handled, StoreError> {
    let note = format!("it waits for the rest of its set: {}", name(members));
    info!(inbox.id = %claim.id, ticket.id = snapshot.ticket.id.get(), "{note}");
    if let Some(facts) = snapshot.record.facts.as_ref().filter(|_| claim.tries >= PATIENCE) {
        let text = message::awaits(facts, snapshot.asked, &awaited(snapshot));
        let marker = format!("nsrw message {} waits for its set", claim.id);
        if let Err(source) = site.tickets.ensure_comment(snapshot.ticket.id, &marker, &text).await {
            return trouble(site, claim, GatherError::Ticket { ticket: snapshot.ticket.id, source }).await;
        }
    }
    site.store.put_back(claim, site.now() + site.owed_wait(claim.tries), &note).await?;
    Ok(Handled::PutBack)
}

/// The other releases of the set, which may wait for this one.
pub(super) async fn others(site: &Site, ticket: TicketId) -> Result<Vec<TicketId>, StoreError> {
    if site.policy().await?.sets == Sets::Apart {
        return Ok(Vec::new());
    }
    let releases = site.store.load_releases().await?;
    let facts = releases.iter().find(|record| record.ticket == ticket).and_then(|record| record.facts.as_ref());
    let Some(facts) = facts else { return Ok(Vec::new()) };
    let others = releases.iter().filter(|record| record.ticket != ticket && is_member(facts, record));
    Ok(others.map(|record| record.ticket).collect())
}

/// Lets the other releases of the set be looked at again, as something is known of this one that was not before.
pub(super) async fn hasten(site: &Site, ticket: TicketId) -> Result<(), StoreError> {
    for other in others(site, ticket).await? {
        site.store.hasten(other, site.now()).await?;
    }
    Ok(())
}

/// Tickets by number.
pub(crate) fn name(tickets: &[TicketId]) -> String {
    let numbers: Vec<String> = tickets.iter().map(ToString::to_string).collect();
    format!("ticket {}", numbers.join(", "))
}
