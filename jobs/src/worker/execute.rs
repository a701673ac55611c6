//! The loop that carries a plan out: next step, perform, log; at the end, close.

use std::sync::atomic::{AtomicBool, Ordering};

use egi_store::{Claim, PlanId, StoreError};
use egi_workflow::{Effect, Plan, StepLog, next, plan_failure};
use tracing::{error, info, warn};

use super::perform::{PerformError, Step, describe, perform};
use super::{Handled, set};
use crate::site::Site;

/// Carries out what is left of a plan.
pub(super) async fn execute(
    site: &Site,
    claim: &Claim,
    id: PlanId,
    plan: Plan,
    log: Vec<StepLog>,
    stop: &AtomicBool,
) -> Result<Handled, StoreError> {
    let (mut id, mut plan, mut log) = (id, plan, log);
    while let Some((step, effect)) = next(&plan, &log) {
        if stop.load(Ordering::Relaxed) {
            return Ok(Handled::Left);
        }
        let (ticket, settles, facts) = (plan.ticket, plan.settles.state, plan.settles.facts.as_ref());
        let provider = facts.map(|facts| &facts.release.provider);
        let about = facts.map(|facts| super::about(&site.config, ticket, facts, plan.emergency));
        let run = Step { site, plan: id, no: step, ticket, provider, about, settles, claim, log: &log };
        match with_heartbeat(site, claim, perform(&run, effect)).await {
            Ok(done) => {
                info!(plan.id = %id, step.no = step, ticket.id = plan.ticket.get(), "{}", done.note);
                site.store.log_step(claim, id, &done, site.now()).await?;
                log.push(done);
            }
            Err(PerformError::Store(error)) => return Err(error),
            // Whatever it looks like, the release is not to blame. Nothing is taken up before the tree is back.
            Err(trouble) if site.tree.ensure_there().is_err() => {
                let note = crate::error_chain(&trouble);
                warn!(plan.id = %id, step.no = step, ticket.id = plan.ticket.get(), "the repository tree went away: {}", crate::one_line(&note));
                site.store.put_back(claim, site.now(), &note).await?;
                return Ok(Handled::PutBack);
            }
            Err(trouble) if later(site, claim, effect, &trouble, moved(&plan, &log)) => {
                let note = crate::error_chain(&trouble);
                warn!(plan.id = %id, step.no = step, ticket.id = plan.ticket.get(), "{}; trying again later", crate::one_line(&note));
                site.store.put_back(claim, site.now() + wait(site, claim, effect), &note).await?;
                return Ok(Handled::PutBack);
            }
            Err(trouble) => {
                (id, plan) = fail(site, claim, id, &plan, effect, &trouble).await?;
                log.clear();
            }
        }
    }
    let waiting = set::others(site, plan.ticket).await?;
    let now = site.now();
    site.store.close_plan(claim, id, &plan.settled(&log, now), &plan.entry(now), &waiting, now).await?;
    Ok(Handled::Settled)
}

/// Whether trouble is worth another try. An answer to a ticket is owed until it is given: without the ticket system
/// nobody could be told of a failure either. Once a repository was published the rest of the move is owed too: giving
/// up would leave the release in two places.
fn later(site: &Site, claim: &Claim, effect: &Effect, trouble: &PerformError, moved: bool) -> bool {
    let owed = answers(effect) || (moved && matches!(effect, Effect::Withdraw { .. }));
    owed || (trouble.is_transient() && claim.tries + 1 < site.config.worker.tries)
}

/// Whether the plan has published the release somewhere.
fn moved(plan: &Plan, log: &[StepLog]) -> bool {
    let placed =
        |done: &StepLog| matches!(plan.steps.get(done.step), Some(Effect::Place { .. } | Effect::PlaceSet { .. }));
    log.iter().any(placed)
}

fn wait(site: &Site, claim: &Claim, effect: &Effect) -> chrono::Duration {
    match effect {
        Effect::Fetch { .. } | Effect::Accept { .. } | Effect::Place { .. } | Effect::PlaceSet { .. } => {
            site.retry_wait(claim.tries)
        }
        Effect::Withdraw { .. }
        | Effect::DropScratch
        | Effect::Invite { .. }
        | Effect::EndInvitations
        | Effect::NoteReport { .. }
        | Effect::SetProgress { .. }
        | Effect::SetField { .. }
        | Effect::Comment { .. }
        | Effect::SetWatchers { .. }
        | Effect::SetStatus { .. } => site.owed_wait(claim.tries),
    }
}

fn answers(effect: &Effect) -> bool {
    match effect {
        Effect::SetProgress { .. }
        | Effect::SetField { .. }
        | Effect::Comment { .. }
        | Effect::SetWatchers { .. }
        | Effect::SetStatus { .. }
        | Effect::Invite { .. }
        | Effect::EndInvitations
        | Effect::NoteReport { .. }
        | Effect::DropScratch => true,
        Effect::Fetch { .. }
        | Effect::Accept { .. }
        | Effect::Place { .. }
        | Effect::PlaceSet { .. }
        | Effect::Withdraw { .. } => false,
    }
}

/// Replaces a plan whose step failed for good by the plan that says so on the ticket.
async fn fail(
    site: &Site,
    claim: &Claim,
    id: PlanId,
    plan: &Plan,
    effect: &Effect,
    trouble: &PerformError,
) -> Result<(PlanId, Plan), StoreError> {
    let cause = crate::error_chain(trouble);
    let what = describe(effect);
    error!(plan.id = %id, ticket.id = plan.ticket.get(), "failed to {what}: {}", crate::one_line(&cause));
    let before = site.store.load_release(plan.ticket).await?;
    let before = before.unwrap_or_else(|| egi_workflow::ReleaseRecord::submitted(plan.ticket, site.now()));
    let failure = plan_failure(plan, &before, &site.policy().await?, &what, &cause);
    let id = site.store.fail_plan(claim, id, &failure, site.now()).await?;
    Ok((id, failure))
}

/// Keeps the claim alive while a long step runs, and gives the step up when somebody else has taken the claim over.
pub(super) async fn with_heartbeat<T, E: From<StoreError>>(
    site: &Site,
    claim: &Claim,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let mut beat = tokio::time::interval((site.config.lease() / 3).max(std::time::Duration::from_millis(100)));
    beat.tick().await;
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = beat.tick() => {
                match site.store.renew(claim, site.now(), site.config.lease()).await {
                    Ok(()) => {}
                    Err(lost @ StoreError::LeaseLost { .. }) => return Err(lost.into()),
                    Err(error) => warn!(inbox.id = %claim.id, "the claim could not be renewed: {error}"),
                }
            }
        }
    }
}
