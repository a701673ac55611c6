//! The one way through: claim a notice, gather, decide, plan, store, execute, close.
//!
//! `nsrw serve`, `nsrw promote` and the demo all call [`drain`]. After a crash the same loop finds the stored plan and
//! goes on where it stopped.

mod answer;
mod delivery;
mod execute;
mod gather;
mod identity;
mod inbox;
mod intake;
mod perform;

use std::sync::atomic::{AtomicBool, Ordering};

use egi_store::{Claim, StoreError};
use egi_workflow::{decide, plan};
use tracing::{error, info, warn};

use self::gather::Gathered;
pub(crate) use self::gather::{GatherError, gather_preview, notice_of};
pub(crate) use self::inbox::{deliver, deliver_faulty};
pub(crate) use self::perform::{describe, tree_mode};
use crate::site::Site;

/// What a run of [`drain`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Drained {
    /// Notices settled: planned, executed and closed.
    pub settled: u64,
    /// Notices that needed nothing.
    pub unchanged: u64,
    /// Notices put back for later.
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
    free_dead_claims(site).await?;
    sweep_scratch(site).await?;
    let worker = identity::own();
    while !stop.load(Ordering::Relaxed) {
        wake_deferred(site).await?;
        let Some(claim) = site.store.claim(&worker, site.now(), site.config.lease()).await? else { break };
        match handle(site, &claim, stop).await {
            Ok(Handled::Settled) => drained.settled += 1,
            Ok(Handled::Unchanged) => drained.unchanged += 1,
            Ok(Handled::PutBack) => drained.put_back += 1,
            Ok(Handled::Left) => {}
            Err(StoreError::LeaseLost { .. }) => {
                warn!(inbox.id = %claim.id, "another worker took over; leaving this notice to it");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(drained)
}

/// Frees what killed workers of this machine had claimed, so that nobody waits for their leases to run out.
async fn free_dead_claims(site: &Site) -> Result<(), StoreError> {
    for message in site.store.pending(site.now()).await? {
        if let Some(worker) = message.worker.filter(|worker| identity::is_dead(worker)) {
            info!(inbox.id = %message.id, "the worker {worker} is gone; its claim is free");
            site.store.end_lease(message.id, &worker).await?;
        }
    }
    Ok(())
}

/// Removes scratch folders no plan needs: leftovers of killed runs.
async fn sweep_scratch(site: &Site) -> Result<(), StoreError> {
    let pending = site.store.pending(site.now()).await?;
    let names = pending.iter().filter_map(|m| delivery::scratch_name(m.message.ticket()).ok());
    let keep = names.map(|name| name.to_string()).collect();
    match site.scratch.sweep(&keep) {
        Ok(removed) if !removed.is_empty() => {
            info!(scratch.removed = ?removed, "leftover scratch folders were removed");
        }
        Ok(_) => {}
        Err(error) => warn!(error = %error, "leftover scratch folders could not be removed"),
    }
    Ok(())
}

/// Wakes the oldest deferred release of every free slot. Derived from what is stored, so that no crash can lose it.
async fn wake_deferred(site: &Site) -> Result<(), StoreError> {
    for waiting in site.store.wakeable().await? {
        inbox::wake(site, &waiting).await?;
    }
    Ok(())
}

async fn handle(site: &Site, claim: &Claim, stop: &AtomicBool) -> Result<Handled, StoreError> {
    if let Some((id, plan, log)) = site.store.load_open_plan(claim).await? {
        info!(plan.id = %id, ticket.id = plan.ticket.get(), "going on with a stored plan");
        return execute::execute(site, claim, id, plan, log, stop).await;
    }
    let snapshot = match gather::gather(site, claim).await {
        Ok(Gathered::Snapshot(snapshot)) => snapshot,
        Ok(Gathered::EarlierFirst) => {
            site.store.put_back(claim, site.now(), "an earlier change of this ticket comes first").await?;
            return Ok(Handled::Left);
        }
        Err(error) => return trouble(site, claim, error).await,
    };
    let decision = match gather::unreadable(claim) {
        Some(reason) => egi_workflow::Decision::Refuse(vec![reason]),
        None => decide(&snapshot),
    };
    let ticket = snapshot.ticket.id.get();
    let Some(plan) = plan(&snapshot, &decision) else {
        info!(ticket.id = ticket, "{} -> {}: nothing to do ({decision:?})", snapshot.record.state, snapshot.asked);
        if let Err(source) = answer::acknowledge(site, &snapshot).await {
            return trouble(site, claim, GatherError::Ticket { ticket: snapshot.ticket.id, source }).await;
        }
        site.store.dismiss(claim, &format!("{decision:?}"), site.now()).await?;
        return Ok(Handled::Unchanged);
    };
    info!(ticket.id = ticket, "{} -> {}: to be {} in {} steps", plan.from, plan.asked, plan.outcome, plan.steps.len());
    let id = match site.store.open_plan(claim, &plan, site.now()).await {
        Ok(id) => id,
        // Another worker filled the slot since it was looked at: look again.
        Err(taken @ StoreError::SlotTaken { .. }) => {
            site.store.put_back(claim, site.now(), &taken.to_string()).await?;
            return Ok(Handled::Left);
        }
        Err(error) => return Err(error),
    };
    execute::execute(site, claim, id, plan, Vec::new(), stop).await
}

/// What could not be gathered: later again, or never.
async fn trouble(site: &Site, claim: &Claim, trouble: GatherError) -> Result<Handled, StoreError> {
    let note = crate::error_chain(&trouble);
    if let GatherError::Store(error) = trouble {
        return Err(error);
    }
    if trouble.is_transient() {
        warn!(inbox.id = %claim.id, "{note}; trying again later");
        site.store.put_back(claim, site.now() + site.retry_wait(claim.tries), &note).await?;
        return Ok(Handled::PutBack);
    }
    error!(inbox.id = %claim.id, "{note}; the notice is set aside");
    site.store.dismiss(claim, &note, site.now()).await?;
    Ok(Handled::Unchanged)
}
