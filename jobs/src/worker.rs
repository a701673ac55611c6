//! The one way through: claim a notice, gather, decide, plan, store, execute, close.
//!
//! `nsrw serve`, `nsrw promote` and the demo all call [`drain`]. After a crash the same loop finds the stored plan and
//! goes on where it stopped.

mod about;
mod answer;
mod delivery;
mod execute;
mod gather;
mod identity;
mod inbox;
mod intake;
mod perform;
mod set;
mod teams;
mod upkeep;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use egi_model::history::Outcome;
use egi_model::name::Segment;
use egi_store::{Claim, Message, StoreError};
use egi_tickets::TicketError;
use egi_workflow::{Decision, Plan, Reason, decide, plan};
use tracing::{error, info, warn};

pub(crate) use self::about::about;
use self::gather::Gathered;
pub(crate) use self::gather::{GatherError, gather_preview, notice_of, rollout};
pub(crate) use self::identity::is_dead;
pub(crate) use self::inbox::{check, deliver, deliver_word, look_at_teams, of_faulty, of_notice, of_word};
pub(crate) use self::perform::{describe, placement, tree_mode};
pub(crate) use self::set::name;
pub(crate) use self::teams::judge_word;
pub(crate) use self::upkeep::publish_anew;
pub use self::upkeep::refresh;
use crate::gate::GateError;
use crate::site::Site;

/// What a run of [`drain`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Drained {
    /// Notices settled: planned, executed and closed.
    pub settled: u64,
    /// Notices that needed nothing.
    pub unchanged: u64,
    /// Notices put back for later, and not taken up again in this run.
    pub put_back: u64,
}

/// How handling one claim ended.
enum Handled {
    Settled,
    Unchanged,
    PutBack,
    /// Another worker has it now, or this one was asked to stop.
    Left,
}

/// Works until nothing can be claimed any more, or until `stop` is set.
pub async fn drain(site: &Site, stop: &AtomicBool) -> Result<Drained, StoreError> {
    let mut drained = Drained::default();
    let mut waiting = BTreeSet::new();
    let worker = identity::own();
    free_dead_claims(site, &worker).await?;
    sweep_scratch(site).await?;
    let mut moved = true;
    while !stop.load(Ordering::Relaxed) {
        if let Err(gone) = site.tree.ensure_there() {
            error!("nothing can be worked on: {}", crate::error_chain(&gone));
            drained.put_back = site.store.count_pending().await?;
            return Ok(drained);
        }
        if moved {
            wake_deferred(site).await?;
        }
        site.store.let_in().await;
        let Some(claim) = site.store.claim(&worker, site.now(), site.config.lease()).await? else { break };
        waiting.remove(&claim.id);
        let handled = handle(site, &claim, stop).await;
        // Where nothing was done no slot became free.
        moved = !matches!(handled, Ok(Handled::Unchanged));
        match handled {
            Ok(Handled::Settled) => drained.settled += 1,
            Ok(Handled::Unchanged) => drained.unchanged += 1,
            Ok(Handled::PutBack) => drop(waiting.insert(claim.id)),
            Ok(Handled::Left) => {}
            Err(StoreError::LeaseLost { .. }) => {
                warn!(inbox.id = %claim.id, "another worker took over; leaving this notice to it");
            }
            Err(error) => return Err(error),
        }
    }
    drained.put_back = waiting.len() as u64;
    Ok(drained)
}

/// Removes old generations of repositories once nobody can want them any more.
pub(crate) async fn prune(site: &Site) {
    let (tree, now) = (std::sync::Arc::clone(&site.tree), site.now());
    let pruned = tokio::task::spawn_blocking(move || tree.lock().and_then(|lock| tree.prune(&lock, now))).await;
    match pruned {
        Ok(Ok(())) => {}
        Ok(Err(error)) => warn!("old generations could not be removed: {}", crate::error_chain(&error)),
        Err(error) => warn!("old generations could not be removed: {error}"),
    }
}

/// Frees what killed workers of this machine had claimed, and what this one left in trouble with the database, so that
/// nobody waits for their leases to run out.
async fn free_dead_claims(site: &Site, own: &str) -> Result<(), StoreError> {
    for (message, worker) in site.store.load_held(site.now()).await? {
        if worker == own || identity::is_dead(&worker) {
            info!(inbox.id = %message, "the worker {worker} left a claim; it is free");
            site.store.end_lease(message, &worker).await?;
        }
    }
    Ok(())
}

/// Removes scratch folders no plan needs: leftovers of killed runs.
///
/// The folders are listed before the inbox is looked at: one that another worker makes meanwhile, for a notice that came
/// meanwhile, is not on the list.
async fn sweep_scratch(site: &Site) -> Result<(), StoreError> {
    let trouble = |error| warn!(error = %error, "leftover scratch folders could not be removed");
    let listed = site.scratch.list().map_err(trouble).unwrap_or_default();
    for name in unneeded_scratch(site, listed).await? {
        match site.scratch.ensure_removed(&name) {
            Ok(()) => info!("the leftover scratch folder {name} was removed"),
            Err(error) => trouble(error),
        }
    }
    Ok(())
}

/// Those of the scratch folders `listed` that no message has a use for.
pub(crate) async fn unneeded_scratch(site: &Site, listed: Vec<String>) -> Result<Vec<Segment>, StoreError> {
    let mut unneeded = Vec::new();
    for name in listed.iter().filter_map(|name| name.parse::<Segment>().ok()) {
        let needed = match delivery::ticket_of_scratch(&name) {
            Some(ticket) => !site.store.pending_of(ticket, site.now()).await?.is_empty(),
            None => false,
        };
        if !needed {
            unneeded.push(name);
        }
    }
    Ok(unneeded)
}

/// Wakes the oldest deferred release of every free slot. Derived from what is stored, so that no crash can lose it.
async fn wake_deferred(site: &Site) -> Result<(), StoreError> {
    for waiting in site.store.wakeable().await? {
        inbox::wake(site, &waiting).await?;
    }
    Ok(())
}

async fn handle(site: &Site, claim: &Claim, stop: &AtomicBool) -> Result<Handled, StoreError> {
    if claim.plan.is_some()
        && let Some((id, plan, log)) = site.store.load_open_plan(claim).await?
    {
        info!(plan.id = %id, ticket.id = plan.ticket.get(), "going on with a stored plan");
        return execute::execute(site, claim, id, plan, log, stop).await;
    }
    if let Some(heard) = hear_teams(site, claim).await {
        return match heard {
            Ok(note) => {
                set::hasten(site, claim.ticket()).await?;
                site.store.dismiss(claim, &note, site.now()).await?;
                Ok(Handled::Settled)
            }
            Err(error) => trouble(site, claim, error).await,
        };
    }
    // The gate may have much to read, and servers to wait for.
    let snapshot = match execute::with_heartbeat(site, claim, Box::pin(gather::gather(site, claim))).await {
        Ok(Gathered::Snapshot(snapshot)) => snapshot,
        Ok(Gathered::EarlierFirst) => {
            site.store.put_back(claim, site.now(), "an earlier change of this ticket comes first").await?;
            return Ok(Handled::Left);
        }
        Ok(Gathered::Nothing(why)) => {
            info!(inbox.id = %claim.id, ticket.id = claim.ticket().get(), "nothing to do with a notice: {why}");
            site.store.dismiss(claim, why, site.now()).await?;
            return Ok(Handled::Unchanged);
        }
        Err(error) => return trouble(site, claim, error).await,
    };
    if let Err(gone) = site.tree.ensure_there() {
        // Part of what was read of the tree may have been read of nothing.
        site.store.put_back(claim, site.now(), &crate::error_chain(&gone)).await?;
        return Ok(Handled::PutBack);
    }
    let decision = match gather::unreadable(claim) {
        Some(reason) => Decision::Refuse(vec![reason]),
        None => decide(&snapshot),
    };
    if let Decision::Await { members } = &decision {
        return set::wait(site, claim, &snapshot, members).await;
    }
    if let Some(why) = ask_again(site, claim, &decision) {
        warn!(inbox.id = %claim.id, "{why}; trying again later");
        site.store.put_back(claim, site.now() + site.retry_wait(claim.tries), &why).await?;
        return Ok(Handled::PutBack);
    }
    let ticket = snapshot.ticket.id.get();
    let Some(plan) = plan(&snapshot, &decision) else {
        info!(ticket.id = ticket, "{} -> {}: nothing to do ({decision:?})", snapshot.record.state, snapshot.asked);
        if let Err(source) = answer::acknowledge(site, &snapshot).await {
            return trouble(site, claim, GatherError::Ticket { ticket: snapshot.ticket.id, source }).await;
        }
        site.store.dismiss(claim, &format!("{decision:?}"), site.now()).await?;
        return Ok(Handled::Unchanged);
    };
    announce(&plan);
    let id = match site.store.open_plan(claim, &plan, site.now()).await {
        Ok(id) => id,
        // Another worker filled the slot, or takes the same release in, since it was looked at: look again.
        Err(taken @ (StoreError::SlotTaken { .. } | StoreError::ReleaseTaken { .. })) => {
            site.store.put_back(claim, site.now(), &taken.to_string()).await?;
            return Ok(Handled::Left);
        }
        Err(error) => return Err(error),
    };
    execute::execute(site, claim, id, plan, Vec::new(), stop).await
}

/// What early adopters said; `None` for a message about something else.
async fn hear_teams(site: &Site, claim: &Claim) -> Option<Result<String, GatherError>> {
    match &claim.message {
        Message::TeamWord(word) => Some(Box::pin(teams::take_word(site, word)).await),
        Message::Teams { ticket } => Some(Box::pin(teams::read_tickets(site, *ticket)).await),
        Message::Notice(_) | Message::Faulty { .. } | Message::Wake { .. } | Message::Check { .. } => None,
    }
}

/// Why a refusal is worth asking again before anybody is told: it may pass by itself, and was not asked often yet.
fn ask_again(site: &Site, claim: &Claim, decision: &Decision) -> Option<String> {
    let Decision::Refuse(reasons) = decision else { return None };
    let hope = !reasons.is_empty() && reasons.iter().all(Reason::may_pass);
    let told = || reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    (hope && claim.tries + 1 < site.config.worker.tries).then(|| crate::one_line(&told()))
}

/// Says in the log what is going to be done; a refusal with its reasons, for whoever watches the log alone.
fn announce(plan: &Plan) {
    let (ticket, from, asked) = (plan.ticket.get(), plan.from, plan.asked);
    if plan.outcome == Outcome::Refused {
        let reasons = crate::one_line(&plan.reasons.join("\n"));
        warn!(ticket.id = ticket, "{from} -> {asked} is refused: {reasons}");
    } else {
        info!(ticket.id = ticket, "{from} -> {asked}: to be {} in {} steps", plan.outcome, plan.steps.len());
    }
}

/// What could not be gathered: later again. Only a ticket that is not there is nothing to wait for.
async fn trouble(site: &Site, claim: &Claim, trouble: GatherError) -> Result<Handled, StoreError> {
    let note = crate::error_chain(&trouble);
    match trouble {
        GatherError::Store(error) | GatherError::Gate(GateError::Store(error)) => return Err(error),
        GatherError::Ticket { source: TicketError::Missing { .. } | TicketError::Gone { .. }, .. } => {
            error!(inbox.id = %claim.id, "{note}; the notice is set aside");
            site.store.dismiss(claim, &note, site.now()).await?;
            return Ok(Handled::Unchanged);
        }
        GatherError::Ticket { source, .. } if source.is_transient() => {
            warn!(inbox.id = %claim.id, "{note}; trying again later");
        }
        GatherError::Gate(GateError::Repo(source)) if source.is_transient() => {
            warn!(inbox.id = %claim.id, "{note}; trying again later");
        }
        GatherError::Gate(_) | GatherError::Ticket { .. } => {
            error!(inbox.id = %claim.id, "{note}; mend it, it is tried again");
        }
    }
    site.store.put_back(claim, site.now() + site.owed_wait(claim.tries), &note).await?;
    Ok(Handled::PutBack)
}
