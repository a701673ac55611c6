//! A secret key in a file.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use pgp::composed::{Deserializable as _, SignedSecretKey};
use pgp::packet::{Signature, SignatureConfig, SignatureType, Subpacket, SubpacketData};
use pgp::types::{Password, SigningKey, Timestamp};

use super::signer::{Backend, SignError};

/// A secret key, held in memory.
pub(super) struct SecretKey {
    path: PathBuf,
    key: SignedSecretKey,
    passphrase: Password,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretKey").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SecretKey {
    pub(super) fn load(path: &Path, passphrase: Option<&Path>) -> Result<Self, SignError> {
        let unusable = |why: String| SignError::SecretKey { path: path.to_owned(), why };
        ensure_private(path).map_err(unusable)?;
        let bytes = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
        let (key, _) = SignedSecretKey::from_reader_single(bytes.as_slice()).map_err(|e| unusable(e.to_string()))?;
        let passphrase = match passphrase {
            None => Password::empty(),
            Some(file) => {
                ensure_private(file).map_err(|why| unusable(format!("its passphrase in {}: {why}", file.display())))?;
                let text = std::fs::read_to_string(file)
                    .map_err(|error| unusable(format!("its passphrase in {}: {error}", file.display())))?;
                text.trim_end_matches(['\r', '\n']).into()
            }
        };
        Ok(Self { path: path.to_owned(), key, passphrase })
    }

    /// The subkey that is for signing signs, where there is one.
    fn sign(&self, kind: SignatureType, data: &[u8], now: DateTime<Utc>) -> Result<Vec<Signature>, SignError> {
        let subkey = self.key.secret_subkeys.iter().find(|key| key.signatures.iter().any(|s| s.key_flags().sign()));
        let signed = match subkey {
            Some(subkey) => sign(&subkey.key, &self.passphrase, kind, data, now),
            None => sign(&self.key.primary_key, &self.passphrase, kind, data, now),
        };
        let signature =
            signed.map_err(|error| SignError::SecretKey { path: self.path.clone(), why: error.to_string() })?;
        Ok(vec![signature])
    }
}

impl Backend for SecretKey {
    fn describe(&self) -> String {
        format!("the key in {}", self.path.display())
    }

    fn sign_bytes(&self, bytes: &[u8], now: DateTime<Utc>) -> Result<Vec<Signature>, SignError> {
        self.sign(SignatureType::Binary, bytes, now)
    }

    fn sign_text(&self, text: &str, now: DateTime<Utc>) -> Result<Vec<Signature>, SignError> {
        self.sign(SignatureType::Text, text.replace('\n', "\r\n").as_bytes(), now)
    }
}

/// The rights that make a key unusable: those of all but the owner.
pub const KEY_TOO_OPEN: u32 = 0o007 | 0o070;

/// Refuses a file that anybody but its owner may read or write: whoever has the key can publish in our name.
fn ensure_private(path: &Path) -> Result<(), String> {
    let mode = std::fs::metadata(path).map_err(|error| error.to_string())?.permissions().mode() & 0o777;
    if mode & KEY_TOO_OPEN == 0 {
        return Ok(());
    }
    Err(format!(
        "its mode is {mode:04o}, so others than its owner can use it; chmod 0600, and replace a key that somebody may have read"
    ))
}

/// Signs as of `now`, so that the same publication has the same bytes.
fn sign(
    key: &impl SigningKey,
    passphrase: &Password,
    kind: SignatureType,
    data: &[u8],
    now: DateTime<Utc>,
) -> pgp::errors::Result<Signature> {
    let mut config = SignatureConfig::from_key(rand::thread_rng(), key, kind)?;
    let seconds = u32::try_from(now.timestamp()).unwrap_or(u32::MAX);
    config.hashed_subpackets = vec![
        Subpacket::regular(SubpacketData::SignatureCreationTime(Timestamp::from_secs(seconds)))?,
        Subpacket::regular(SubpacketData::IssuerFingerprint(key.fingerprint()))?,
    ];
    // gpg before 2.1 and rpm know a key by its id alone.
    config.unhashed_subpackets = vec![Subpacket::regular(SubpacketData::IssuerKeyId(key.legacy_key_id()))?];
    config.sign(key, passphrase, data)
}
