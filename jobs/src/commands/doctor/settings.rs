//! Settings and secrets: what can be told before the site is opened.

use std::path::PathBuf;

use egi_model::role::Role;
use egi_repo::openpgp::{KEY_TOO_OPEN, KeySource};

use super::check::Check;
use super::finding::{Finding, Fix};
use crate::config::{Config, TicketSystemKind};
use crate::secret;

pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let mut findings: Vec<Finding> = secrets(config).into_iter().filter_map(look_at).collect();
    if !config.people.iter().any(|person| person.roles.contains(&Role::Admin)) {
        let what = "no [[people]] has the role \"admin\"";
        findings.push(Finding::new(Check::NobodyIsAdmin, "nsrw.toml", what));
    }
    findings
}

fn look_at(Secret { file, too_open }: Secret) -> Option<Finding> {
    let place = file.display().to_string();
    if let Err(error) = std::fs::File::open(&file) {
        return Some(Finding::new(Check::SecretMissing, place, format!("it can not be read: {error}")));
    }
    let mode = secret::mode(&file).ok().filter(|mode| mode & too_open != 0)?;
    let repair = format!("chmod 0600 {place}, and replace it if anybody may have read it");
    let finding = Finding::new(Check::SecretOpen, place, format!("it has mode {mode:04o}, so others can use it"));
    Some(finding.repair(repair).fixed_by(Fix::MakePrivate(file, too_open)))
}

/// A file with a secret, and the rights on it that would be too many.
struct Secret {
    file: PathBuf,
    too_open: u32,
}

/// The files with secrets that this site uses.
fn secrets(config: &Config) -> Vec<Secret> {
    let mut files = Vec::new();
    if config.api.authenticate {
        files.push(config.api.secret_file.clone());
    }
    if config.tickets.system == TicketSystemKind::Rt {
        files.push(config.rt.token_file.clone());
    }
    if !config.store.url.is_empty() {
        files.push(config.store.password_file.clone());
    }
    if !config.mail.host.is_empty() && !config.mail.user.is_empty() {
        files.push(config.mail.password_file.clone());
    }
    files.push(config.api.tls_key.clone());
    let named = files.into_iter().filter(|file| !file.as_os_str().is_empty()).map(|file| config.path(&file));
    let ordinary = named.chain(team_keys(config)).map(|file| Secret { file, too_open: secret::TOO_OPEN });
    // Whoever has these can publish in the site's name, so they are not used if the group can read them.
    let signing =
        signing_keys(config).into_iter().map(|file| Secret { file: config.path(&file), too_open: KEY_TOO_OPEN });
    ordinary.chain(signing).collect()
}

fn signing_keys(config: &Config) -> Vec<PathBuf> {
    let files = config.signing.keys.iter().filter_map(|key| match key {
        KeySource::File { secret, passphrase } => Some(passphrase.iter().chain([secret]).cloned()),
        KeySource::Gpg { .. } | KeySource::Command { .. } => None,
    });
    files.flatten().collect()
}

/// The keys that early-adopter teams sign with; there need be none.
fn team_keys(config: &Config) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(config.path(&config.early_adopters.keys)) else { return Vec::new() };
    let mut keys: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    keys.retain(|path| path.extension().is_some_and(|kind| kind == "key"));
    keys.sort();
    keys
}
