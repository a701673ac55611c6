//! Signs indexes, with several keys at once while one takes over from another.

use std::fmt;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use pgp::armor::BlockType;
use pgp::composed::{ArmorOptions, CleartextSignedMessage, Deserializable as _, DetachedSignature};
use pgp::packet::Signature;

use super::external::{Command, Gpg};
use super::secret::SecretKey;
use super::together::Together;
use super::{Keyring, KeyringError, SignatureFault};

/// Why something could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// A secret key can not be used.
    #[error("the secret key {} can not be used: {why}. Export it with gpg --armor --export-secret-keys", path.display())]
    SecretKey {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The public keys can not be used.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A program that signs can not be started or talked to.
    #[error("failed to sign with {program}")]
    Program {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// A program that signs did not.
    #[error("{program} did not sign: {said}")]
    Refused {
        /// The program.
        program: String,
        /// What it said.
        said: String,
    },
    /// What came out is no signature.
    #[error("{key} made a signature that can not be understood: {why}")]
    Unreadable {
        /// What signs.
        key: String,
        /// What is wrong.
        why: String,
    },
    /// A signature does not verify with the keys that are published, so that clients would refuse it.
    #[error("{key} made a signature that clients would refuse; see whether signing.public has its public key")]
    Useless {
        /// What signs.
        key: String,
        /// Why.
        source: SignatureFault,
    },
}

impl SignError {
    /// Whether trying again can help: an agent wakes up, a token is plugged in.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Program { .. } | Self::Refused { .. })
    }
}

/// One key, wherever it is. `describe` names it to people.
pub(super) trait Backend: fmt::Debug + Send + Sync {
    fn describe(&self) -> String;
    /// A signature over bytes.
    fn sign_bytes(&self, bytes: &[u8], now: DateTime<Utc>) -> Result<Vec<Signature>, SignError>;
    /// A signature over text, as the cleartext framework has it (RFC 9580, 7).
    fn sign_text(&self, text: &str, now: DateTime<Utc>) -> Result<Vec<Signature>, SignError>;
}

/// Where a key is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "backend", rename_all = "kebab-case", deny_unknown_fields)]
pub enum KeySource {
    /// In a file.
    File {
        /// The secret key, armoured.
        secret: PathBuf,
        /// The file with its passphrase, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        passphrase: Option<PathBuf>,
    },
    /// With `gpg`: in its keyring, its agent or a token.
    Gpg {
        /// The key's fingerprint.
        key: String,
        /// The folder of its keyring; that of the user if there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        home: Option<PathBuf>,
    },
    /// With a program of the site's own. It is started with one more argument, `detached` or `clear`, reads what is to
    /// be signed and writes an armoured signature or a signed message.
    Command {
        /// Program and arguments.
        command: Vec<String>,
    },
}

/// Keys that sign together.
#[derive(Debug)]
pub struct Signer {
    keys: Vec<Box<dyn Backend>>,
    public: Keyring,
    armored: Vec<u8>,
    binary: Vec<u8>,
}

impl Signer {
    /// Opens the keys of `sources`. `public` are the files with the public keys that clients shall trust: those that
    /// sign, and those that will.
    pub fn open(sources: &[KeySource], public: &[PathBuf]) -> Result<Self, SignError> {
        let keyring = Keyring::load(public)?;
        let (armored, binary) = (keyring.armored()?, keyring.binary()?);
        let keys = sources.iter().map(open_key).collect::<Result<_, _>>()?;
        Ok(Self { keys, public: keyring, armored, binary })
    }

    /// The public keys, armoured.
    pub(crate) fn armored_keys(&self) -> &[u8] {
        &self.armored
    }

    /// The public keys as older apt wants them.
    pub(crate) fn binary_keys(&self) -> &[u8] {
        &self.binary
    }

    /// A detached signature of every key, armoured together.
    pub(crate) fn detached(&self, bytes: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>, SignError> {
        let signatures = self.all(bytes, now, |key| key.sign_bytes(bytes, now))?;
        armor(signatures).map_err(|why| self.unreadable(why))
    }

    /// Signs something with every key, and tells when the first of them expires.
    pub(crate) fn probe(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, SignError> {
        let data = b"whether this key signs";
        let mut first = None;
        for signature in self.all(data, now, |key| key.sign_bytes(data, now))? {
            let print = self.public.verify_parsed(&signature, data.as_slice(), now);
            let ends = print.ok().and_then(|print| self.public.expiry_of(&print, now));
            first = [first, ends].into_iter().flatten().min();
        }
        Ok(first)
    }

    /// The text with a signature of every key, in the cleartext framework. A line end at the end of the text is the
    /// framework's.
    pub(crate) fn clear(&self, text: &str, now: DateTime<Utc>) -> Result<Vec<u8>, SignError> {
        let text = text.trim_end_matches('\n');
        let signatures = self.all(text.as_bytes(), now, |key| key.sign_text(text, now))?;
        let message = CleartextSignedMessage::new_many(text, |_| Ok(signatures));
        message
            .and_then(|message| message.to_armored_bytes(ArmorOptions::default()))
            .map_err(|error| self.unreadable(error.to_string()))
    }

    /// The signatures of every key, each of which clients will take for good.
    fn all(
        &self,
        data: &[u8],
        now: DateTime<Utc>,
        sign: impl Fn(&dyn Backend) -> Result<Vec<Signature>, SignError>,
    ) -> Result<Vec<Signature>, SignError> {
        let mut signatures = Vec::new();
        for key in &self.keys {
            for signature in sign(key.as_ref())? {
                let useless = |source| SignError::Useless { key: key.describe(), source };
                self.public.verify_parsed(&signature, data, now).map_err(useless)?;
                signatures.push(signature);
            }
        }
        Ok(signatures)
    }

    fn unreadable(&self, why: String) -> SignError {
        let key = self.keys.first().map_or_else(String::new, |key| key.describe());
        SignError::Unreadable { key, why }
    }
}

fn open_key(source: &KeySource) -> Result<Box<dyn Backend>, SignError> {
    Ok(match source {
        KeySource::File { secret, passphrase } => Box::new(SecretKey::load(secret, passphrase.as_deref())?),
        KeySource::Gpg { key, home } => Box::new(Gpg { key: key.clone(), home: home.clone() }),
        KeySource::Command { command } => Box::new(Command { command: command.clone() }),
    })
}

/// Several signatures in one armour.
fn armor(signatures: Vec<Signature>) -> Result<Vec<u8>, String> {
    let signatures: Vec<_> = signatures.into_iter().map(DetachedSignature::new).collect();
    let mut bytes = Vec::new();
    pgp::armor::write(&Together(&signatures), BlockType::Signature, &mut bytes, None, true)
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// The signatures in an armoured block.
pub(super) fn parse_detached(key: &str, bytes: &[u8]) -> Result<Vec<Signature>, SignError> {
    let unreadable = |error: pgp::errors::Error| SignError::Unreadable { key: key.to_owned(), why: error.to_string() };
    let (found, _) = DetachedSignature::from_armor_many(bytes).map_err(unreadable)?;
    let found = found.map(|signature| signature.map(|s| s.signature)).collect::<Result<Vec<_>, _>>();
    found.map_err(unreadable)
}

/// The signatures of a signed message, which must be over `text`.
pub(super) fn parse_clear(key: &str, bytes: &[u8], text: &str) -> Result<Vec<Signature>, SignError> {
    let unreadable = |why: String| SignError::Unreadable { key: key.to_owned(), why };
    let message = std::str::from_utf8(bytes).map_err(|error| unreadable(error.to_string()))?;
    let (message, _) = CleartextSignedMessage::from_string(message).map_err(|error| unreadable(error.to_string()))?;
    if message.signed_text().replace("\r\n", "\n") != text {
        return Err(unreadable("it is over another text".to_owned()));
    }
    Ok(message.signatures().to_vec())
}
