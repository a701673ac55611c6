//! A site in service: its settings, database, repository tree and tickets, opened once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use egi_model::rollout::RolloutState;
use egi_repo::progress::Progress;
use egi_repo::scratch::ScratchRoot;
use egi_repo::tree::{RepoError, RepoTree, TreeOptions};
use egi_store::{Store, SyncCursor};
use egi_tickets::desk::{Desk, DeskSystem};
use egi_tickets::rt::{Rest1System, RtOptions, RtSystem, Token};
use egi_tickets::{Circuit, TicketSystem, jittered};
use egi_workflow::Policy;

use crate::config::{Config, RtApi, TicketSystemKind};

/// Tells the time; tests bring their own.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Everything the commands and the worker work with.
#[derive(Clone)]
pub struct Site {
    /// The settings in force.
    pub config: Arc<Config>,
    /// The database.
    pub store: Store,
    /// The repository tree.
    pub tree: Arc<RepoTree>,
    /// The scratch folders of plans.
    pub scratch: Arc<ScratchRoot>,
    /// The ticket system, as the repository's own account sees it.
    pub tickets: Arc<dyn TicketSystem>,
    /// The embedded desk itself, for people's changes; none where people work in Request Tracker.
    pub desk: Option<Desk>,
    /// The time.
    pub clock: Clock,
    /// Who shows progress.
    pub progress: Arc<dyn Progress>,
}

impl Site {
    /// Opens everything the settings name, and tells the database what is agreed.
    pub async fn open(config: Config, clock: Clock, progress: Arc<dyn Progress>) -> anyhow::Result<Self> {
        let store = open_store(&config).await?;
        store.agree_majors(&config.major, clock()).await.context("failed to record the major releases")?;
        for state in RolloutState::ALL {
            let area = config.areas.get(&state).copied();
            store.save_target_area(state, area).await.context("failed to record the areas of the states")?;
        }
        let tree = open_tree(&config)?;
        let scratch = ScratchRoot::new(tree.scratch_dir());
        let (tickets, desk) = open_tickets(&config, &clock)?;
        store.agree_ticket_system(tickets.kind()).await?;
        if desk.is_some() && store.load_sync_cursor().await?.is_none() {
            // A desk's past is the site's own, from the first change on.
            store.save_sync_cursor(SyncCursor { change: 0, ticket: 0 }).await?;
        }
        Ok(Self {
            desk,
            tickets,
            config: Arc::new(config),
            store,
            tree: Arc::new(tree),
            scratch: Arc::new(scratch),
            clock,
            progress,
        })
    }

    /// The desk, where there is one; else an error that says where the tickets are.
    pub fn desk(&self) -> anyhow::Result<&Desk> {
        let elsewhere = || {
            let url = &self.config.rt.url;
            anyhow::anyhow!("the tickets are in Request Tracker; open and change them at {url}")
        };
        self.desk.as_ref().ok_or_else(elsewhere)
    }

    /// The present time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// Works on the tree on a thread of its own: files take their time.
    pub async fn on_tree<T: Send + 'static>(
        &self,
        work: impl FnOnce(&RepoTree) -> Result<T, RepoError> + Send + 'static,
    ) -> anyhow::Result<T> {
        let tree = Arc::clone(&self.tree);
        Ok(tokio::task::spawn_blocking(move || work(&tree)).await??)
    }

    /// The policy in force, with the areas kept in the database.
    pub async fn policy(&self) -> Result<Policy, egi_store::StoreError> {
        let target_areas = self.store.load_target_areas().await?;
        Ok(Policy { target_areas, ..self.config.policy.clone() })
    }

    /// How long to wait before something that is owed, and tried without end, is tried again: never at once.
    #[must_use]
    pub fn owed_wait(&self, tries: u32) -> chrono::Duration {
        self.retry_wait(tries).max(chrono::Duration::seconds(1))
    }

    /// How long to wait before trouble that may pass is tried again the `tries`-th time: between half and the whole of a time
    /// that doubles up to an hour.
    #[must_use]
    pub fn retry_wait(&self, tries: u32) -> chrono::Duration {
        let first = Duration::from_secs(self.config.worker.retry_seconds);
        let wait = first.saturating_mul(2_u32.saturating_pow(tries.min(16))).min(Duration::from_hours(1));
        chrono::Duration::from_std(jittered(wait)).unwrap_or(chrono::TimeDelta::MAX)
    }
}

/// The repository tree, as the settings want it.
pub(crate) fn open_tree(config: &Config) -> anyhow::Result<RepoTree> {
    let root = config.path(&config.repository.root);
    let grace = chrono::Duration::days(config.repository.grace_days.into());
    let valid = config.repository.apt_valid_days;
    let valid = (valid > 0).then(|| chrono::Duration::days(valid.into()));
    let options = TreeOptions {
        grace,
        public_url: Some(config.policy.public_url.clone()),
        apt_valid: valid,
        yum_packing: config.repository.yum_packing,
        signing: config.signing.below(&config.folder),
        package_keys: config.intake.below(&config.folder).package_keys(),
        ..TreeOptions::default()
    };
    RepoTree::open_with(&root, options)
        .with_context(|| format!("failed to open the repository tree {}", root.display()))
}

/// The ticket system the settings name, and the desk if it is one.
fn open_tickets(config: &Config, clock: &Clock) -> anyhow::Result<(Arc<dyn TicketSystem>, Option<Desk>)> {
    match config.tickets.system {
        TicketSystemKind::Desk => {
            let folder = config.path(&config.tickets.desk);
            let desk =
                Desk::open(&folder).with_context(|| format!("failed to open the ticket desk {}", folder.display()))?;
            let system = DeskSystem::new(desk.clone(), config.repository_account(), clock.clone());
            Ok((Arc::new(system), Some(desk)))
        }
        TicketSystemKind::Rt => {
            let options = rt_options(config)?;
            let system: Arc<dyn TicketSystem> = match config.rt.api {
                RtApi::Rest2 => Arc::new(RtSystem::new(options)?),
                RtApi::Rest1 => Arc::new(Rest1System::new(options)?),
            };
            Ok((Arc::new(Circuit::new(system)), None))
        }
    }
}

/// The RT the settings name, and the repository's account there.
pub(crate) fn rt_options(config: &Config) -> anyhow::Result<RtOptions> {
    let rt = &config.rt;
    let file = config.path(&rt.token_file);
    let token = crate::secret::read(&file).with_context(|| {
        format!(
            "failed to read the token {}; `nsrw rt apply --token-file` makes one, or set rt.token_file",
            file.display()
        )
    })?;
    let people: BTreeMap<_, _> = config.people.iter().map(|p| (p.name.clone(), p.roles.clone())).collect();
    Ok(RtOptions {
        url: rt.url.clone(),
        queue: rt.queue.clone(),
        account: config.tickets.account.clone(),
        token: Token::new(&token),
        timeout: Duration::from_secs(rt.timeout_seconds.max(1)),
        people,
    })
}

/// The system's own clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(Utc::now)
}

/// The database the settings name.
pub(crate) async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let file = config.path(&config.store.password_file);
    let address = config.store.address(&config.folder);
    let address = address.with_context(|| format!("failed to read the database's password from {}", file.display()))?;
    Ok(Store::open_with(&address, config.store.patience()).await?)
}
