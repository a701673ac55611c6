//! Public keys that somebody trusts, and what their signatures are worth.
//!
//! The `pgp` crate does the mathematics. What a key may do, whether it has expired and whether it was revoked is
//! decided here, from the self-signatures that verify; signatures by others on a key are neither needed nor believed.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use pgp::armor::BlockType;
use pgp::composed::{Deserializable as _, DetachedSignature, SignedPublicKey, SignedPublicSubKey};
use pgp::packet::{Signature, SignatureType};
use pgp::ser::Serialize as _;
use pgp::types::{KeyDetails, Tag, Timestamp, VerifyingKey};

use super::SignError;
use super::together::Together;

const ARMOR: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

/// Why a file of keys can not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// It can not be read.
    #[error("failed to read the key file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no public key in it.
    #[error("the key file {} can not be used: {why}. Export public keys there, as with gpg --export", path.display())]
    NoKeys {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
}

/// Why something does not count as signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// There is no signature.
    #[error("it is not signed")]
    Missing,
    /// It is no signature.
    #[error("its signature can not be understood: {0}")]
    Unreadable(String),
    /// A part of what should be signed is not.
    #[error("its signature covers the header alone, and the header has no sha256 of the payload")]
    HeaderAlone,
    /// Nobody who is trusted has the key.
    #[error("it is signed by the key {key}, which is not in the keyring")]
    UnknownKey {
        /// Key id or fingerprint.
        key: String,
    },
    /// What was signed is something else, or the signature was altered.
    #[error("its signature by the key {key} does not fit: {why}")]
    Wrong {
        /// The key's fingerprint.
        key: String,
        /// What did not fit.
        why: String,
    },
    /// The key's time is over.
    #[error("it is signed by the key {key}, which expired on {}", on.format("%Y-%m-%d"))]
    KeyExpired {
        /// The key's fingerprint.
        key: String,
        /// When.
        on: DateTime<Utc>,
    },
    /// The signature's own time is over.
    #[error("its signature by the key {key} expired on {}", on.format("%Y-%m-%d"))]
    Expired {
        /// The key's fingerprint.
        key: String,
        /// When.
        on: DateTime<Utc>,
    },
    /// The owner has taken the key back.
    #[error("it is signed by the key {key}, which was revoked")]
    Revoked {
        /// The key's fingerprint.
        key: String,
    },
    /// The owner has another use for the key.
    #[error("it is signed by the key {key}, which is not for signing")]
    NotForSigning {
        /// The key's fingerprint.
        key: String,
    },
}

/// Public keys.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    keys: Vec<SignedPublicKey>,
}

impl Keyring {
    /// Reads the keys of all `files`, armoured or not, one or several in each.
    pub fn load<P: AsRef<Path>>(files: &[P]) -> Result<Self, KeyringError> {
        let mut keyring = Self::default();
        for path in files {
            let path = path.as_ref();
            let bytes = std::fs::read(path).map_err(|source| KeyringError::Read { path: path.to_owned(), source })?;
            keyring.add(&bytes).map_err(|why| KeyringError::NoKeys { path: path.to_owned(), why })?;
        }
        Ok(keyring)
    }

    /// All keys together, armoured.
    pub(crate) fn armored(&self) -> Result<Vec<u8>, SignError> {
        let mut bytes = Vec::new();
        pgp::armor::write(&Together(&self.keys), BlockType::PublicKey, &mut bytes, None, true)
            .map_err(|error| unwritten(&error))?;
        Ok(bytes)
    }

    /// All keys together, as older apt wants them.
    pub(crate) fn binary(&self) -> Result<Vec<u8>, SignError> {
        Together(&self.keys).to_bytes().map_err(|error| unwritten(&error))
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), String> {
        let before = self.keys.len();
        let failed = |error: pgp::errors::Error| error.to_string();
        match std::str::from_utf8(bytes) {
            Ok(text) if text.contains(ARMOR) => {
                // Several exports in one file are several blocks.
                for block in text.split(ARMOR).skip(1) {
                    let block = format!("{ARMOR}{block}");
                    let (keys, _) = SignedPublicKey::from_string_many(&block).map_err(failed)?;
                    self.keys.extend(keys.collect::<Result<Vec<_>, _>>().map_err(failed)?);
                }
            }
            _ => {
                let keys = SignedPublicKey::from_bytes_many(bytes).map_err(failed)?;
                self.keys.extend(keys.collect::<Result<Vec<_>, _>>().map_err(failed)?);
            }
        }
        if self.keys.len() == before { Err("it has no public key".to_owned()) } else { Ok(()) }
    }

    /// Whether `signature`, armoured or not, is a good one over `data` by a key in here. Tells the key's fingerprint.
    ///
    /// A key that has expired by `now` is not good any more, whenever it signed: the date of a signature is its
    /// maker's own word.
    pub fn verify(&self, signature: &[u8], data: impl Read, now: DateTime<Utc>) -> Result<String, SignatureFault> {
        self.verify_parsed(&parse_signature(signature)?, data, now)
    }

    /// When the key with this fingerprint expires, if it does: a subkey not after its primary key.
    pub(super) fn expiry_of(&self, print: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let term = |own: Option<&Signature>, key: &dyn KeyDetails| {
            end_of(key.created_at(), own.and_then(Signature::key_expiration_time))
        };
        self.keys.iter().find_map(|key| {
            let primary = || term(check_in_force(key, now).ok().flatten(), &key.primary_key);
            if fingerprint(&key.primary_key) == print {
                return primary();
            }
            let subkey = key.public_subkeys.iter().find(|subkey| fingerprint(*subkey) == print)?;
            let binding = newest(subkey.signatures.iter().filter(|s| s.typ() == Some(SignatureType::SubkeyBinding)));
            [primary(), term(binding, subkey)].into_iter().flatten().min()
        })
    }

    /// The same for a signature that is parsed.
    pub(super) fn verify_parsed(
        &self,
        signature: &Signature,
        data: impl Read,
        now: DateTime<Utc>,
    ) -> Result<String, SignatureFault> {
        for key in &self.keys {
            if is_issuer(signature, &key.primary_key) {
                check_primary(key, now)?;
                return check(signature, &key.primary_key, data, now);
            }
            if let Some(subkey) = key.public_subkeys.iter().find(|subkey| is_issuer(signature, *subkey)) {
                check_subkey(key, subkey, now)?;
                return check(signature, subkey, data, now);
            }
        }
        let by_print = signature.issuer_fingerprint().first().map(|print| format!("{print:x}"));
        let by_id = signature.issuer_key_id().first().map(ToString::to_string);
        let key = by_print.or(by_id).unwrap_or_else(|| "of an unnamed owner".to_owned());
        Err(SignatureFault::UnknownKey { key })
    }
}

fn unwritten(error: &pgp::errors::Error) -> SignError {
    SignError::Unreadable { key: "a public key".to_owned(), why: error.to_string() }
}

fn parse_signature(bytes: &[u8]) -> Result<Signature, SignatureFault> {
    let unreadable = |error: pgp::errors::Error| SignatureFault::Unreadable(error.to_string());
    let parsed = if bytes.starts_with(b"-----BEGIN") {
        DetachedSignature::from_armor_single(bytes).map(|(signature, _)| signature)
    } else {
        DetachedSignature::from_bytes(bytes)
    };
    Ok(parsed.map_err(unreadable)?.signature)
}

fn is_issuer(signature: &Signature, key: &impl KeyDetails) -> bool {
    let prints = signature.issuer_fingerprint();
    if prints.is_empty() {
        let id = key.legacy_key_id();
        return signature.issuer_key_id().into_iter().any(|named| *named == id);
    }
    let print = key.fingerprint();
    prints.into_iter().any(|named| *named == print)
}

fn fingerprint(key: &impl KeyDetails) -> String {
    format!("{:x}", key.fingerprint())
}

/// The primary key may sign and is in force.
fn check_primary(key: &SignedPublicKey, now: DateTime<Utc>) -> Result<(), SignatureFault> {
    let own = check_in_force(key, now)?;
    may_sign(own, &key.primary_key)
}

/// The subkey belongs to its primary key, may sign, and both are in force.
fn check_subkey(key: &SignedPublicKey, subkey: &SignedPublicSubKey, now: DateTime<Utc>) -> Result<(), SignatureFault> {
    check_in_force(key, now)?;
    let print = fingerprint(subkey);
    let of = |kind: SignatureType| subkey.signatures.iter().filter(move |s| s.typ() == Some(kind));
    let verifies = |s: &&Signature| s.verify_subkey_binding(&key.primary_key, &subkey.key).is_ok();
    if of(SignatureType::SubkeyRevocation).any(|s| verifies(&s)) {
        return Err(SignatureFault::Revoked { key: print });
    }
    let Some(binding) = newest(of(SignatureType::SubkeyBinding).filter(verifies)) else {
        return Err(SignatureFault::Wrong { key: print, why: "the key is bound to no owner".to_owned() });
    };
    check_expiry(binding, subkey, now)?;
    may_sign(Some(binding), subkey)?;
    // Without it, anybody could claim somebody else's signing key as a subkey of theirs.
    let vouched = |back: &Signature| back.verify_primary_key_binding(&subkey.key, &key.primary_key).is_ok();
    if binding.embedded_signature().is_some_and(vouched) {
        return Ok(());
    }
    Err(SignatureFault::NotForSigning { key: print })
}

/// The primary key was not revoked and has not expired. Tells the newest of what it says about itself.
fn check_in_force(key: &SignedPublicKey, now: DateTime<Utc>) -> Result<Option<&Signature>, SignatureFault> {
    let (primary, details) = (&key.primary_key, &key.details);
    if details.revocation_signatures.iter().any(|s| s.verify_key(primary).is_ok()) {
        return Err(SignatureFault::Revoked { key: fingerprint(primary) });
    }
    let direct = details.direct_signatures.iter().filter(|s| s.verify_key(primary).is_ok());
    let named = details.users.iter().flat_map(|user| {
        let own =
            |s: &&Signature| s.is_certification() && s.verify_certification(primary, Tag::UserId, &user.id).is_ok();
        user.signatures.iter().filter(own)
    });
    let own = newest(direct.chain(named));
    let Some(own) = own else {
        return Err(SignatureFault::Wrong {
            key: fingerprint(primary),
            why: "the key says nothing valid about itself".to_owned(),
        });
    };
    check_expiry(own, primary, now)?;
    Ok(Some(own))
}

fn newest<'a>(signatures: impl Iterator<Item = &'a Signature>) -> Option<&'a Signature> {
    signatures.max_by_key(|s| s.created().map_or(0, Timestamp::as_secs))
}

fn check_expiry(binding: &Signature, key: &impl KeyDetails, now: DateTime<Utc>) -> Result<(), SignatureFault> {
    match end_of(key.created_at(), binding.key_expiration_time()) {
        Some(on) if on <= now => Err(SignatureFault::KeyExpired { key: fingerprint(key), on }),
        _ => Ok(()),
    }
}

/// A term of zero is none.
fn end_of(begin: Timestamp, term: Option<pgp::types::Duration>) -> Option<DateTime<Utc>> {
    let term = term.map(pgp::types::Duration::as_secs).filter(|seconds| *seconds > 0)?;
    DateTime::from_timestamp(i64::from(begin.as_secs()) + i64::from(term), 0)
}

/// A key that says nothing of its uses is for all of them (RFC 9580, 5.2.3.29).
fn may_sign(binding: Option<&Signature>, key: &impl KeyDetails) -> Result<(), SignatureFault> {
    let flags = binding.map(Signature::key_flags);
    match flags {
        Some(flags) if !flags.sign() && flags != pgp::packet::KeyFlags::default() => {
            Err(SignatureFault::NotForSigning { key: fingerprint(key) })
        }
        _ => Ok(()),
    }
}

fn check(
    signature: &Signature,
    key: &impl VerifyingKey,
    data: impl Read,
    now: DateTime<Utc>,
) -> Result<String, SignatureFault> {
    let print = fingerprint(key);
    if let Err(error) = signature.verify(key, data) {
        return Err(SignatureFault::Wrong { key: print, why: error.to_string() });
    }
    let made = signature.created().unwrap_or_else(|| key.created_at());
    match end_of(made, signature.signature_expiration_time()) {
        Some(on) if on <= now => Err(SignatureFault::Expired { key: print, on }),
        _ => Ok(print),
    }
}
