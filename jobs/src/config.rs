//! The settings of a site: one TOML file, overridden by `NSRW_*` variables.
//!
//! Relative paths are below the folder of the file. Unknown keys are refused with the nearest known one. Secrets are
//! named by file, never written here.

mod api;
mod clocks;
mod early_adopters;
mod error;
mod fetch;
mod gate;
mod intake;
mod keys;
mod mail;
mod notifications;
mod provider;
mod store;
mod ticket_system;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use egi_model::field::Field;
use egi_model::major::MajorRelease;
use egi_model::role::{Actor, Role};
use egi_repo::tree::{Packing, Signing};
use egi_workflow::Policy;
use egi_workflow::policy::{TargetAreas, default_target_areas};
use serde::{Deserialize, Serialize};

pub use api::Api;
pub use clocks::Clocks;
pub use early_adopters::EarlyAdopters;
pub use error::ConfigError;
pub use fetch::Fetch;
pub use gate::{Gate, GateSetting, OutsideSetting};
pub use intake::Intake;
pub use mail::{Mail, MailTls};
pub use notifications::{Notifications, Readers, When};
pub use provider::{ProviderRules, Scheme};
pub use store::Store;
pub use ticket_system::{RequestTracker, RtApi, TicketSystemKind, Tickets};

/// The name of the file in a site's folder.
pub const FILE_NAME: &str = "nsrw.toml";

/// Everything a site can set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Who this is.
    pub site: Site,
    /// The database.
    pub store: Store,
    /// The repository tree.
    pub repository: Repository,
    /// The ticket system.
    pub tickets: Tickets,
    /// Request Tracker, where it is the ticket system.
    pub rt: RequestTracker,
    /// The HTTP API.
    pub api: Api,
    /// The worker.
    pub worker: Worker,
    /// Fetching from providers.
    pub fetch: Fetch,
    /// Fetching from single providers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub provider: Vec<ProviderRules>,
    /// The monthly report.
    pub report: Report,
    /// Mail.
    pub mail: Mail,
    /// What is asked of packages.
    pub intake: Intake,
    /// Early adopters.
    pub early_adopters: EarlyAdopters,
    /// Service limits.
    pub clocks: Clocks,
    /// Who is written to, and when.
    pub notifications: Notifications,
    /// How indexes are signed.
    pub signing: Signing,
    /// The gate before staged rollout and production.
    pub gate: Gate,
    /// What is decided about releases.
    pub policy: Policy,
    /// The area a release lies in while it stands in a state.
    pub areas: TargetAreas,
    /// Who may do what.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Person>,
    /// The major releases and software agreed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub major: Vec<MajorRelease>,
    /// The folder of the file; not a setting.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// Who this is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Site {
    /// A name for logs and reports.
    pub name: String,
    /// Where the public finds the folder `sw` of the repository tree.
    pub public_url: String,
}

/// The repository tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Repository {
    /// The folder of the tree.
    pub root: PathBuf,
    /// How many days files and indexes that left a repository stay reachable for clients with an older view.
    pub grace_days: u32,
    /// Whether files listed with md5 or sha1 alone are accepted.
    pub allow_weak_digests: bool,
    /// How the indexes of yum repositories are packed.
    pub yum_packing: Packing,
    /// For how many days apt trusts an index after its publication; 0: for ever.
    pub apt_valid_days: u32,
}

/// The worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Worker {
    /// How often `serve` looks for new notices, in seconds.
    pub poll_seconds: u64,
    /// How often `serve` asks the ticket system for changes whose notice never came, in seconds.
    pub sync_seconds: u64,
    /// After how many seconds without a sign of life another worker may take over.
    pub lease_seconds: u64,
    /// How often trouble that may pass is tried again before the release is set to Failed.
    pub tries: u32,
    /// How many seconds to wait before the first of these tries; the wait doubles with each.
    pub retry_seconds: u64,
}

/// The monthly report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Report {
    /// The file that lays the report out; empty for the layout that comes with the program.
    pub template: PathBuf,
}

/// Somebody with an account in the ticket system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Account name.
    pub name: String,
    /// What they may do.
    pub roles: Vec<Role>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            site: Site::default(),
            store: Store::default(),
            repository: Repository::default(),
            tickets: Tickets::default(),
            rt: RequestTracker::default(),
            api: Api::default(),
            worker: Worker::default(),
            fetch: Fetch::default(),
            provider: Vec::new(),
            report: Report::default(),
            mail: Mail::default(),
            intake: Intake::default(),
            early_adopters: EarlyAdopters::default(),
            clocks: Clocks::default(),
            notifications: Notifications::default(),
            signing: Signing::default(),
            gate: Gate::default(),
            policy: Policy::default(),
            areas: default_target_areas(),
            people: Vec::new(),
            major: Vec::new(),
            folder: PathBuf::new(),
        }
    }
}

impl Default for Site {
    fn default() -> Self {
        Self { name: "nsrw".to_owned(), public_url: "http://localhost/sw".to_owned() }
    }
}

impl Default for Repository {
    fn default() -> Self {
        Self {
            root: "repository".into(),
            grace_days: 7,
            allow_weak_digests: false,
            yum_packing: Packing::Gzip,
            apt_valid_days: 0,
        }
    }
}

impl Default for Worker {
    fn default() -> Self {
        Self { poll_seconds: 5, sync_seconds: 300, lease_seconds: 120, tries: 5, retry_seconds: 30 }
    }
}

impl Config {
    /// Reads the file and the overriding variables.
    pub fn load(path: &Path, variables: &BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let absolute =
            std::path::absolute(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let folder = absolute.parent().map(Path::to_owned).unwrap_or_default();
        Self::parse(&text, path, &folder, variables)
    }

    /// Reads settings from text; `path` is for messages.
    pub fn parse(
        text: &str,
        path: &Path,
        folder: &Path,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, ConfigError> {
        let malformed = |error: toml::de::Error| ConfigError::Malformed {
            path: path.to_owned(),
            message: error.to_string().trim_end().to_owned(),
        };
        let table: toml::Table = text.parse().map_err(malformed)?;
        keys::check(&table, &path.display().to_string())?;
        // Read from the text, not from the table, so that errors name line and column.
        let mut config: Self = toml::from_str(text).map_err(malformed)?;
        if variables.keys().any(|name| keys::is_setting(name)) {
            config = keys::overlay(&config, variables)?;
        }
        folder.clone_into(&mut config.folder);
        config.policy.public_url = config.site.public_url.trim_end_matches('/').to_owned();
        config.check(path)?;
        Ok(config)
    }

    fn check(&self, path: &Path) -> Result<(), ConfigError> {
        let wrong = |message: String| Err(ConfigError::Contradiction { path: path.to_owned(), message });
        if let Err(error) = Field::RepositoryUrl.spec().check(&self.site.public_url) {
            return wrong(format!("site.public_url becomes the RepositoryURL of tickets: {error}"));
        }
        self.store.check().or_else(wrong)?;
        if let Err(message) = self.api.check() {
            return wrong(message);
        }
        let senders = (!self.mail.host.is_empty()).then_some(&self.mail.from);
        for address in senders.into_iter().chain(&self.mail.report_to) {
            if let Err(error) = address.parse::<lettre::message::Mailbox>() {
                return wrong(format!("[mail] has \"{address}\", which is no mail address: {error}"));
            }
        }
        if let Err(error) = self.clocks.calendar() {
            return wrong(format!("[clocks]: {error}"));
        }
        for address in self.notifications.groups.values().flat_map(|readers| &readers.to) {
            if let Err(error) = address.parse::<lettre::message::Mailbox>() {
                return wrong(format!("[notifications] has \"{address}\", which is no mail address: {error}"));
            }
        }
        for (i, a) in self.major.iter().enumerate() {
            if let Some(b) = self.major.iter().skip(i + 1).find(|b| b.id == a.id) {
                return wrong(format!("two [[major]] have the id \"{}\"", b.id));
            }
            if a.targets.is_empty() {
                return wrong(format!("[[major]] \"{}\" supports no target; name at least one", a.id));
            }
            let placed = a.location.as_str().contains("{platform}") && a.location.as_str().contains("{arch}");
            if a.targets.len() > 1 && !placed {
                let id = &a.id;
                return wrong(format!(
                    "[[major]] \"{id}\" has several targets: its location needs {{platform}} and {{arch}}"
                ));
            }
        }
        for (i, a) in self.provider.iter().enumerate() {
            if let Some(b) = self.provider.iter().skip(i + 1).find(|b| b.name.eq_ignore_ascii_case(&a.name)) {
                return wrong(format!("two [[provider]] are called \"{}\"", b.name));
            }
        }
        if self.signing.public.is_empty() && !self.signing.keys.is_empty() {
            return wrong("signing.keys sign, and signing.public names no file with their public keys".to_owned());
        }
        if let Some(fault) = self.gate.fault() {
            return wrong(fault);
        }
        if self.people.iter().any(|p| p.roles.contains(&Role::Repository)) {
            return wrong(
                "the role \"repository\" belongs to tickets.account alone; take it from [[people]]".to_owned(),
            );
        }
        Ok(())
    }

    /// A path of the configuration, made absolute.
    #[must_use]
    pub fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    /// The settings in force as TOML; nothing in it is secret.
    pub fn render(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// Somebody by account name, with the roles the site gave them.
    #[must_use]
    pub fn actor(&self, name: &str) -> Actor {
        let known = self.people.iter().find(|p| p.name == name);
        Actor { name: name.to_owned(), roles: known.map(|p| p.roles.clone()).unwrap_or_default() }
    }

    /// The repository's own account.
    #[must_use]
    pub fn repository_account(&self) -> Actor {
        Actor { name: self.tickets.account.clone(), roles: vec![Role::Repository] }
    }

    /// How long a claim lasts without a sign of life.
    #[must_use]
    pub const fn lease(&self) -> Duration {
        Duration::from_secs(self.worker.lease_seconds)
    }
}

#[cfg(test)]
mod tests;
