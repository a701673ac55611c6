//! One effect at a time. Each looks first, then acts, so that repeating it changes nothing.

use std::sync::Arc;

use egi_model::area::RepoKey;
use egi_model::content::ContentId;
use egi_model::digest::Sha256;
use egi_model::name::NameError;
use egi_model::release::Provider;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use egi_repo::fetch::FetchError;
use egi_repo::openpgp::KeyringError;
use egi_repo::scratch::ScratchError;
use egi_repo::tree::{About, Change, Placement, RepoError, RepoLock, RepoTree};
use egi_repo::verify::VerifyError;
use egi_store::{Claim, PlanId, StoreError};
use egi_tickets::TicketError;
use egi_workflow::{ContentRef, Effect, Joining, Mode, StepLog};

use super::{answer, delivery, teams};
use crate::site::Site;

/// What a step may need beside its effect.
pub(super) struct Step<'a> {
    pub(super) site: &'a Site,
    pub(super) plan: PlanId,
    pub(super) no: usize,
    pub(super) ticket: TicketId,
    /// Whose release it is, where that is known.
    pub(super) provider: Option<&'a Provider>,
    /// What is told of the release, if something is known of it.
    pub(super) about: Option<About>,
    /// Where the release and its ticket stand when the plan is done.
    pub(super) settles: RolloutState,
    pub(super) claim: &'a Claim,
    pub(super) log: &'a [StepLog],
}

/// Why a step could not be done.
#[derive(Debug, thiserror::Error)]
pub(super) enum PerformError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Verify(#[from] VerifyError),
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error("the packages do not fit the release:\n{0}")]
    Packages(String),
    #[error(transparent)]
    Repo(#[from] RepoError),
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    #[error(transparent)]
    Ticket(#[from] TicketError),
    #[error("a stored document is missing or damaged: {0}; check the database with `nsrw history verify`")]
    Document(Sha256),
    #[error("a name of the system's own is not one")]
    Name(#[from] NameError),
    #[error("no step of the plan kept the content that is to be placed")]
    NoContent,
    #[error("the step was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl PerformError {
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Fetch(error) => error.is_transient(),
            Self::Verify(error) => error.is_transient(),
            Self::Repo(error) => error.is_transient(),
            Self::Scratch(error) => error.is_transient(),
            Self::Ticket(error) => error.is_transient(),
            // The site's own settings: the release has to wait for the site to mend them.
            Self::Keyring(_) | Self::Interrupted(_) => true,
            Self::Packages(_) | Self::Document(_) | Self::Name(_) | Self::NoContent => false,
        }
    }
}

/// Completes "failed to …".
pub(crate) fn describe(effect: &Effect) -> String {
    match effect {
        Effect::Fetch { source, .. } => format!("fetch {source}"),
        Effect::Accept { .. } => "accept the delivery".to_owned(),
        Effect::Place { repo, .. } => format!("publish {repo}"),
        Effect::PlaceSet { places } => {
            let repos = places.iter().map(|place| place.repo.to_string()).collect::<Vec<_>>().join(", ");
            format!("publish together {repos}")
        }
        Effect::Withdraw { repo } => format!("withdraw from {repo}"),
        Effect::DropScratch => "remove the scratch folder".to_owned(),
        Effect::SetProgress { to, .. } => format!("set RolloutProgress to {to}"),
        Effect::SetField { field, .. } => format!("set {field}"),
        Effect::Comment { .. } => "comment".to_owned(),
        Effect::SetWatchers { .. } => "set who hears of the ticket".to_owned(),
        Effect::Invite { team, .. } => format!("invite the early adopters of {}", team.name),
        Effect::EndInvitations => "end the invitations of early adopters".to_owned(),
        Effect::NoteReport { .. } => "note that the staged-rollout report was published".to_owned(),
        Effect::SetStatus { status } => format!("set the status to {status}"),
    }
}

pub(super) async fn perform(run: &Step<'_>, effect: &Effect) -> Result<StepLog, PerformError> {
    let (site, ticket, step) = (run.site, run.ticket, run.no);
    run.ensure_claimed().await?;
    let note = match effect {
        Effect::Fetch { source, checksums } => delivery::fetch(run, source, *checksums).await?,
        Effect::Accept { checksums, release_xml, target } => {
            let (id, files) = delivery::accept(run, *checksums, *release_xml, target).await?;
            let note = format!("accepted {files} files as content {id}");
            return Ok(StepLog { step, note, content: Some(id) });
        }
        Effect::Place { repo, content, product, target, mode } => {
            let content = which_content(run.log, *content)?;
            let (product, target, mode) = (product.clone(), target.clone(), tree_mode(*mode));
            let placement = Placement { ticket, product, content, target, mode };
            let (key, now, about) = (repo.clone(), site.now(), run.about.clone());
            let place = move |tree: &RepoTree, lock: &RepoLock| {
                if let Some(about) = about {
                    tree.keep_about(lock, ticket, &about)?;
                }
                tree.ensure_placed(lock, &key, &placement, now)
            };
            let change = on_tree(run, place).await?;
            format!("{repo}: {}", tell(&change))
        }
        Effect::PlaceSet { places } => {
            let (set, now) = (places.iter().map(placement).collect::<Vec<_>>(), site.now());
            let changes = on_tree(run, move |tree, lock| tree.ensure_all_placed(lock, &set, now)).await?;
            changes.iter().map(|(repo, change)| format!("{repo}: {}", tell(change))).collect::<Vec<_>>().join("; ")
        }
        Effect::Withdraw { repo } => {
            let (key, now) = (repo.clone(), site.now());
            let change = on_tree(run, move |tree, lock| tree.ensure_withdrawn(lock, &key, ticket, now)).await?;
            format!("{repo}: {}", tell(&change))
        }
        Effect::DropScratch => delivery::drop_scratch(run)?,
        Effect::Invite { team, delivery } => teams::invite(run, team, *delivery).await?,
        Effect::EndInvitations => Box::pin(teams::end(run)).await?,
        Effect::NoteReport { link } => teams::note_report(run, link).await?,
        Effect::SetProgress { .. }
        | Effect::SetField { .. }
        | Effect::Comment { .. }
        | Effect::SetWatchers { .. }
        | Effect::SetStatus { .. } => answer::answer(run, effect).await?,
    };
    Ok(StepLog { step, note, content: None })
}

/// A member of a set as the tree knows it.
pub(crate) fn placement(place: &Joining) -> (RepoKey, Placement) {
    let Joining { ticket, repo, content, product, target, mode } = place.clone();
    (repo, Placement { ticket, product, content, target, mode: tree_mode(mode) })
}

fn tell(change: &Change) -> String {
    match change {
        Change::Unchanged => "already so".to_owned(),
        Change::Published { generation, added, removed, .. } => {
            format!("generation {generation} is live, {} files more, {} fewer", added.len(), removed.len())
        }
        Change::Emptied { removed } => format!("nothing is left there, {} files fewer", removed.len()),
    }
}

pub(crate) const fn tree_mode(mode: Mode) -> egi_repo::tree::Mode {
    match mode {
        Mode::Replace => egi_repo::tree::Mode::Replace,
        Mode::Add => egi_repo::tree::Mode::Add,
    }
}

fn which_content(log: &[StepLog], content: ContentRef) -> Result<ContentId, PerformError> {
    match content {
        ContentRef::Kept(id) => Ok(id),
        ContentRef::Fresh => log.iter().find_map(|step| step.content).ok_or(PerformError::NoContent),
    }
}

/// Runs file work on a thread of its own.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PerformError> + Send + 'static,
) -> Result<T, PerformError> {
    tokio::task::spawn_blocking(work).await?
}

/// Takes the tree's lock, makes sure that the claim is still this worker's, and only then works: who was asleep while
/// waiting for the lock must not undo what was done meanwhile.
pub(super) async fn on_tree<T: Send + 'static>(
    run: &Step<'_>,
    work: impl FnOnce(&RepoTree, &RepoLock) -> Result<T, RepoError> + Send + 'static,
) -> Result<T, PerformError> {
    let tree = Arc::clone(&run.site.tree);
    let lock = blocking(move || tree.lock().map_err(PerformError::from)).await?;
    run.ensure_claimed().await?;
    let tree = Arc::clone(&run.site.tree);
    blocking(move || {
        let done = work(&tree, &lock)?;
        lock.ensure_in_place()?;
        Ok(done)
    })
    .await
}

impl Step<'_> {
    /// An error if another worker has taken the claim over.
    pub(super) async fn ensure_claimed(&self) -> Result<(), StoreError> {
        self.site.store.renew(self.claim, self.site.now(), self.site.config.lease()).await
    }
}
