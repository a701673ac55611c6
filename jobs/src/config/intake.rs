//! What is asked of the packages that providers deliver.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use egi_model::release::Provider;
use egi_repo::package::SignaturePolicy;
use serde::{Deserialize, Serialize};

/// What is asked of packages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Intake {
    /// Whether packages must be signed.
    pub signatures: SignaturePolicy,
    /// The files with each provider's public keys, by the provider's short name (or its name, where it has no short
    /// one) in any case.
    pub keyrings: BTreeMap<String, Vec<PathBuf>>,
}

impl Intake {
    /// The same with paths below `folder` made absolute.
    #[must_use]
    pub fn below(&self, folder: &Path) -> Self {
        let absolute = |files: &Vec<PathBuf>| files.iter().map(|file| folder.join(file)).collect();
        let keyrings = self.keyrings.iter().map(|(provider, files)| (provider.clone(), absolute(files))).collect();
        Self { keyrings, ..self.clone() }
    }

    /// The files with the public keys of `provider`; none if the site knows no keys of theirs.
    #[must_use]
    pub fn key_files(&self, provider: &Provider) -> Vec<PathBuf> {
        let found = self.keyrings.iter().find(|(known, _)| super::provider::is_called(provider, known));
        found.map(|(_, files)| files.clone()).unwrap_or_default()
    }

    /// The files with the keys that all packages are signed with; none unless every package must be.
    #[must_use]
    pub fn package_keys(&self) -> Vec<PathBuf> {
        match self.signatures {
            SignaturePolicy::Required => self.keyrings.values().flatten().cloned().collect(),
            SignaturePolicy::IfPresent | SignaturePolicy::Off => Vec::new(),
        }
    }
}
