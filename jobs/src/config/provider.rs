//! Rules for single providers, where they differ from what is set for all in `[fetch]`.

use egi_model::release::Provider;
use egi_repo::fetch::FetchPolicy;
use serde::{Deserialize, Serialize};

use super::{Config, Fetch};

/// What one provider may make this system do. What is not given is as in `[fetch]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderRules {
    /// The provider's short name in release.xml (or its name, where it has no short one) in any case.
    pub name: String,
    /// The schemes it may deliver by.
    pub allowed_schemes: Option<Vec<Scheme>>,
    /// The hosts it may deliver from.
    pub allowed_hosts: Option<Vec<String>>,
    /// Whether these may have loopback, private and link-local addresses.
    pub allow_private_addresses: Option<bool>,
    /// The most bytes of one release.
    pub max_bytes: Option<u64>,
    /// The most bytes of one file.
    pub max_file_bytes: Option<u64>,
    /// The most files of one release.
    pub max_files: Option<u64>,
    /// After how many seconds without a byte a transfer is given up.
    pub idle_seconds: Option<u64>,
    /// After how many seconds a transfer is given up altogether.
    pub total_seconds: Option<u64>,
}

/// The schemes there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// `rsync://`
    Rsync,
    /// `https://`
    Https,
    /// `http://`
    Http,
    /// `ftp://`
    Ftp,
    /// `file://`, from the folders of `fetch.local_folders`.
    File,
}

impl Scheme {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Rsync => "rsync",
            Self::Https => "https",
            Self::Http => "http",
            Self::Ftp => "ftp",
            Self::File => "file",
        }
    }
}

impl ProviderRules {
    /// `[fetch]` with what these rules say otherwise.
    fn over(&self, all: &Fetch) -> Fetch {
        Fetch {
            max_bytes: self.max_bytes.unwrap_or(all.max_bytes),
            max_file_bytes: self.max_file_bytes.unwrap_or(all.max_file_bytes),
            max_files: self.max_files.unwrap_or(all.max_files),
            idle_seconds: self.idle_seconds.unwrap_or(all.idle_seconds),
            total_seconds: self.total_seconds.unwrap_or(all.total_seconds),
            allowed_schemes: self.allowed_schemes.as_ref().unwrap_or(&all.allowed_schemes).clone(),
            allowed_hosts: self.allowed_hosts.as_ref().unwrap_or(&all.allowed_hosts).clone(),
            allow_private_addresses: self.allow_private_addresses.unwrap_or(all.allow_private_addresses),
            local_folders: all.local_folders.clone(),
            rsync: all.rsync.clone(),
        }
    }
}

impl Config {
    /// What a fetch for this provider may do; one that has no rules of its own, and one that is not known, may do what is
    /// set for all.
    #[must_use]
    pub fn fetch_policy(&self, provider: Option<&Provider>) -> FetchPolicy {
        let rules = provider.and_then(|provider| self.provider.iter().find(|rules| is_called(provider, &rules.name)));
        let fetch = rules.map_or_else(|| self.fetch.clone(), |rules| rules.over(&self.fetch));
        FetchPolicy {
            limits: fetch.limits(),
            allowed_schemes: fetch.allowed_schemes.iter().map(|scheme| scheme.as_str().to_owned()).collect(),
            allowed_hosts: fetch.allowed_hosts,
            allow_private_addresses: fetch.allow_private_addresses,
            local_roots: fetch.local_folders.iter().map(|folder| self.path(folder)).collect(),
            rsync_program: fetch.rsync,
        }
    }
}

/// Whether a setting means this provider: by its short name, or its name where it has no short one.
pub(super) fn is_called(provider: &Provider, name: &str) -> bool {
    provider.short.as_ref().map_or(provider.name.as_str(), |short| short.as_str()).eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    const SETTINGS: &str = r#"
        [fetch]
        allowed_hosts = ["*.example.org"]
        max_files = 7
        [[provider]]
        name = "infn"
        allowed_schemes = ["https"]
        allowed_hosts = ["repo.infn.example.org"]
        max_bytes = 1000
    "#;

    fn config(text: &str) -> Result<Config, super::super::ConfigError> {
        Config::parse(text, Path::new("nsrw.toml"), Path::new("/site"), &BTreeMap::new())
    }

    fn provider(name: &str, short: Option<&str>) -> Provider {
        Provider { name: name.to_owned(), short: short.map(|short| short.parse().unwrap()) }
    }

    #[test]
    fn a_provider_has_its_own_rules_and_else_those_of_all() {
        let config = config(SETTINGS).unwrap();
        for known in [provider("Istituto", Some("INFN")), provider("INFN", None)] {
            let policy = config.fetch_policy(Some(&known));
            assert_eq!((policy.allowed_schemes, policy.allowed_hosts.len()), (vec!["https".to_owned()], 1));
            assert_eq!((policy.limits.max_bytes, policy.limits.max_files), (1000, 7));
        }
        let others = [None, Some(provider("INFN", Some("other")))];
        for other in others.iter().map(Option::as_ref) {
            let policy = config.fetch_policy(other);
            assert_eq!((policy.allowed_schemes.len(), policy.limits.max_bytes), (5, 20 << 30));
            assert_eq!(policy.allowed_hosts, ["*.example.org"]);
        }
    }

    #[test]
    fn rules_that_can_not_be_meant_are_refused() {
        let twice = format!("{SETTINGS}\n[[provider]]\nname = \"INFN\"");
        assert!(config(&twice).unwrap_err().to_string().contains("two [[provider]] are called \"INFN\""));
        let error = config(&SETTINGS.replace("\"https\"", "\"gopher\"")).unwrap_err().to_string();
        assert!(error.contains("gopher") && error.contains("rsync"), "{error}");
        assert!(config(&SETTINGS.replace("max_bytes", "max_byte")).is_err());
    }
}
