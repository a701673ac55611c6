//! One effect at a time. Each looks first, then acts, so that repeating it changes nothing.

use std::sync::Arc;
use std::time::Duration;

use egi_model::checksums::Checksums;
use egi_model::content::ContentId;
use egi_model::digest::Sha256;
use egi_model::name::Segment;
use egi_model::release::Target;
use egi_model::release_xml;
use egi_model::ticket::TicketId;
use egi_repo::fetch::{FetchError, FetchLimits, FetchPolicy};
use egi_repo::scratch::{Scratch, ScratchError};
use egi_repo::tree::RepoError;
use egi_repo::tree::{Change, Placement, RepoTree};
use egi_repo::verify::{Attached, VerifyError, VerifyPolicy};
use egi_store::{PlanId, StoreError};
use egi_tickets::TicketError;
use egi_tickets::Written;
use egi_workflow::{ContentRef, Effect, Mode, StepLog};

use crate::site::Site;

/// What a step may need beside its effect.
pub(super) struct Context<'a> {
    pub(super) site: &'a Site,
    pub(super) plan: PlanId,
    pub(super) step: usize,
    pub(super) ticket: TicketId,
    pub(super) log: &'a [StepLog],
}

/// Why a step could not be done.
#[derive(Debug, thiserror::Error)]
pub(super) enum PerformError {
    #[error("the database did not answer")]
    Store(#[from] StoreError),
    #[error("the provider's files could not be fetched")]
    Fetch(#[from] FetchError),
    #[error("the delivery is not what was announced")]
    Verify(#[from] VerifyError),
    #[error("the packages do not fit the release:\n{0}")]
    Packages(String),
    #[error("the repository could not be changed")]
    Repo(#[from] RepoError),
    #[error("the scratch folder could not be used")]
    Scratch(#[from] ScratchError),
    #[error("the ticket could not be changed")]
    Ticket(#[from] TicketError),
    #[error("a stored document is missing or damaged: {0}; check the database with `nsrw history verify`")]
    Document(Sha256),
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
            Self::Interrupted(_) => true,
            Self::Packages(_) | Self::Document(_) => false,
        }
    }
}

/// Completes "failed to …".
pub(crate) fn describe(effect: &Effect) -> String {
    match effect {
        Effect::Fetch { source, .. } => format!("fetch {source}"),
        Effect::Accept { .. } => "accept the delivery".to_owned(),
        Effect::Place { repo, .. } => format!("publish {repo}"),
        Effect::Withdraw { repo } => format!("withdraw from {repo}"),
        Effect::DropScratch => "remove the scratch folder".to_owned(),
        Effect::SetProgress { to, .. } => format!("set RolloutProgress to {to}"),
        Effect::SetField { field, .. } => format!("set {field}"),
        Effect::Comment { .. } => "comment".to_owned(),
        Effect::SetWatchers { .. } => "set who hears of the ticket".to_owned(),
        Effect::SetStatus { status } => format!("set the status to {status}"),
    }
}

/// The scratch folder of a release: one plan per release runs at a time.
pub(super) fn scratch_name(ticket: TicketId) -> String {
    format!("ticket-{ticket}")
}

pub(super) async fn perform(context: &Context<'_>, effect: &Effect) -> Result<StepLog, PerformError> {
    let (site, ticket, tickets) = (context.site, context.ticket, &context.site.tickets);
    let mut content = None;
    let note = match effect {
        Effect::Fetch { source, checksums } => {
            let listed = load_checksums(site, *checksums).await?;
            let (source, scratch, policy) = (source.clone(), open_scratch(context)?, fetch_policy(site));
            let progress = site.progress.clone();
            let fetched = blocking(move || {
                egi_repo::fetch::fetch(&source, &listed, &scratch, &policy, progress.as_ref())
                    .map_err(PerformError::from)
            })
            .await?;
            format!("fetched {} files, {} bytes", fetched.files, fetched.bytes)
        }
        Effect::Accept { checksums, release_xml, target } => {
            let (id, files) = accept(context, *checksums, *release_xml, target).await?;
            content = Some(id);
            format!("accepted {files} files as content {id}")
        }
        Effect::Place { repo, content, product, target, mode } => {
            let placement = Placement {
                ticket,
                product: product.clone(),
                content: which_content(context.log, *content)?,
                target: target.clone(),
                mode: tree_mode(*mode),
            };
            let (repo, now) = (repo.clone(), site.now());
            let title = repo.to_string();
            let change = on_tree(site, move |tree| tree.ensure_placed(&tree.lock()?, &repo, &placement, now)).await?;
            format!("{title}: {}", tell(&change))
        }
        Effect::Withdraw { repo } => {
            let (repo, now) = (repo.clone(), site.now());
            let title = repo.to_string();
            let change = on_tree(site, move |tree| tree.ensure_withdrawn(&tree.lock()?, &repo, ticket, now)).await?;
            format!("{title}: {}", tell(&change))
        }
        Effect::DropScratch => {
            site.scratch.ensure_removed(&scratch_segment(ticket)?)?;
            "the scratch folder is gone".to_owned()
        }
        Effect::SetProgress { expected, to } => match tickets.ensure_progress(ticket, *expected, *to).await {
            // Somebody changed the ticket meanwhile: their change has a notice of its own and is not overwritten.
            Err(TicketError::Overtaken { found, .. }) => format!("the ticket has moved on to {found}; left alone"),
            written => format!("RolloutProgress is {to}{}", told(written?)),
        },
        Effect::SetField { field, value } => {
            format!("{field} is \"{value}\"{}", told(tickets.ensure_field(ticket, *field, value).await?))
        }
        Effect::Comment { text } => {
            let marker = format!("nsrw plan {} step {}", context.plan, context.step);
            format!("commented{}", told(tickets.ensure_comment(ticket, &marker, text).await?))
        }
        Effect::SetWatchers { groups } => {
            let names: Vec<&str> = groups.iter().map(|g| g.as_str()).collect();
            format!("hearing of it: [{}]{}", names.join(", "), told(tickets.ensure_watchers(ticket, groups).await?))
        }
        Effect::SetStatus { status } => {
            format!("the status is {status}{}", told(tickets.ensure_status(ticket, *status).await?))
        }
    };
    Ok(StepLog { step: context.step, note, content })
}

const fn told(written: Written) -> &'static str {
    match written {
        Written::Changed => "",
        Written::Already => " already",
    }
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
        ContentRef::Fresh => {
            log.iter().find_map(|step| step.content).ok_or(PerformError::Document(Sha256::from_bytes([0; 32])))
        }
    }
}

/// Runs file work on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PerformError> + Send + 'static,
) -> Result<T, PerformError> {
    tokio::task::spawn_blocking(work).await?
}

async fn on_tree(
    site: &Site,
    work: impl FnOnce(&RepoTree) -> Result<Change, RepoError> + Send + 'static,
) -> Result<Change, PerformError> {
    let tree = Arc::clone(&site.tree);
    blocking(move || work(&tree).map_err(PerformError::from)).await
}

fn scratch_segment(ticket: TicketId) -> Result<Segment, PerformError> {
    scratch_name(ticket).parse().map_err(|_| PerformError::Document(Sha256::from_bytes([0; 32])))
}

fn open_scratch(context: &Context<'_>) -> Result<Scratch, PerformError> {
    Ok(context.site.scratch.open(&scratch_segment(context.ticket)?)?)
}

async fn load(site: &Site, sha256: Sha256) -> Result<Vec<u8>, PerformError> {
    site.store.load_document(sha256).await?.ok_or(PerformError::Document(sha256))
}

async fn load_checksums(site: &Site, sha256: Sha256) -> Result<Checksums, PerformError> {
    Checksums::parse(&load(site, sha256).await?).map_err(|_| PerformError::Document(sha256))
}

fn fetch_policy(site: &Site) -> FetchPolicy {
    let fetch = &site.config.fetch;
    FetchPolicy {
        limits: FetchLimits {
            max_bytes: fetch.max_bytes,
            max_files: fetch.max_files,
            max_file_bytes: fetch.max_file_bytes,
            idle: Duration::from_secs(fetch.idle_seconds),
            total: Duration::from_secs(fetch.total_seconds),
        },
        allowed_hosts: fetch.allowed_hosts.clone(),
        allow_private_addresses: fetch.allow_private_addresses,
        local_roots: fetch.local_folders.iter().map(|folder| site.config.path(folder)).collect(),
        rsync_program: fetch.rsync.clone(),
    }
}

/// Verifies what was fetched and keeps it. Both read the same bytes, so they are one step.
async fn accept(
    context: &Context<'_>,
    checksums: Sha256,
    release_xml: Sha256,
    target: &Target,
) -> Result<(ContentId, usize), PerformError> {
    let site = context.site;
    let listed = load_checksums(site, checksums).await?;
    let xml = load(site, release_xml).await?;
    let scratch = open_scratch(context)?;
    let policy = VerifyPolicy { allow_weak_digests: site.config.repository.allow_weak_digests };
    let (tree, progress, target) = (Arc::clone(&site.tree), site.progress.clone(), target.clone());
    blocking(move || {
        let path = "release.xml".parse().map_err(|_| PerformError::Document(release_xml))?;
        let attached = [Attached { path, bytes: &xml }];
        let verified = egi_repo::verify::verify(&scratch, &listed, &attached, policy, progress.as_ref())?;
        let parsed = release_xml::parse(&xml).map_err(|_| PerformError::Document(release_xml))?;
        let (headers, unreadable) = egi_repo::package::read_all(verified.root(), verified.files());
        let mut faults: Vec<String> = unreadable.iter().map(|fault| crate::error_chain(fault)).collect();
        faults.extend(egi_repo::package::check(&headers, &target));
        faults.extend(egi_repo::package::find_undelivered(&parsed.release, &headers));
        if !faults.is_empty() {
            return Err(PerformError::Packages(faults.join("\n")));
        }
        let id = tree.ensure_content(&tree.lock()?, &verified)?;
        Ok((id, verified.files().len()))
    })
    .await
}
