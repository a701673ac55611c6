//! Whether packages must be signed, and by whom.

use std::io::Read;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::openpgp::{Keyring, SignatureFault};

/// Whether packages must be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignaturePolicy {
    /// Every package.
    Required,
    /// A package without a signature is accepted; a signature that is there must be good.
    #[default]
    IfPresent,
    /// Signatures are not looked at.
    Off,
}

/// Judges signatures: by a policy, the keys of a provider, and the time.
#[derive(Debug, Clone)]
pub struct Judge<'a> {
    /// Whether there must be one.
    pub policy: SignaturePolicy,
    /// The keys whose signatures are good.
    pub keyring: &'a Keyring,
    /// The time at which they must be in force.
    pub now: DateTime<Utc>,
}

impl Judge<'_> {
    pub(super) fn verify(&self, signature: &[u8], data: impl Read) -> Result<(), SignatureFault> {
        self.keyring.verify(signature, data, self.now).map(drop)
    }

    /// The judgement of a package without a signature.
    pub(super) fn without(&self) -> Result<(), SignatureFault> {
        match self.policy {
            SignaturePolicy::Required => Err(SignatureFault::Missing),
            SignaturePolicy::IfPresent | SignaturePolicy::Off => Ok(()),
        }
    }
}
