//! Notices are signed with a shared secret: HMAC-SHA256 over the time and the body.
//!
//! `X-NSRW-Timestamp` holds the seconds since 1970, `X-NSRW-Signature` the text `sha256=` and the hexadecimal HMAC of
//! `<timestamp>.<body>`. A notice whose time is too far from ours is refused, so that an old one can not be replayed
//! for long; repeats within that time change nothing.

use std::fmt;
use std::path::Path;

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};

const TIMESTAMP: &str = "x-nsrw-timestamp";
const SIGNATURE: &str = "x-nsrw-signature";

/// The shared secret. Never printed.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Shorter secrets can be guessed.
const MIN_SECRET: usize = 16;

impl Secret {
    /// Reads the secret's file; surrounding blanks do not count.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            anyhow::anyhow!(
                "failed to read the secret {}: {e}; `nsrw init` makes one, or set api.secret_file",
                path.display()
            )
        })?;
        let secret = text.trim().as_bytes().to_vec();
        anyhow::ensure!(
            secret.len() >= MIN_SECRET,
            "the secret in {} is shorter than {MIN_SECRET} characters; put a long random text there",
            path.display()
        );
        Ok(Self(secret))
    }

    fn mac(&self, timestamp: &str, body: &[u8]) -> Option<Hmac<sha2::Sha256>> {
        // HMAC takes keys of any length; the error of its constructor can not occur.
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        Some(mac)
    }

    /// Checks a request; the error says what is wrong, not what would be right.
    pub(super) fn check(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: DateTime<Utc>,
        skew: u64,
    ) -> Result<(), &'static str> {
        let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
        let timestamp = text(TIMESTAMP).ok_or("X-NSRW-Timestamp is missing")?;
        let seconds: i64 = timestamp.parse().map_err(|_| "X-NSRW-Timestamp is no number of seconds")?;
        if now.timestamp().abs_diff(seconds) > skew {
            return Err("X-NSRW-Timestamp is too far from this machine's time");
        }
        let signature = text(SIGNATURE).and_then(|s| s.strip_prefix("sha256=")).ok_or("X-NSRW-Signature is missing")?;
        let given = hex::decode(signature).map_err(|_| "X-NSRW-Signature is not hexadecimal")?;
        let mac = self.mac(timestamp, body).ok_or("the secret can not be used")?;
        mac.verify_slice(&given).map_err(|_| "X-NSRW-Signature does not fit")
    }
}

/// The two headers for a body: what a ticket system has to send.
#[must_use]
pub fn sign(secret: &Secret, body: &[u8], now: DateTime<Utc>) -> [(&'static str, String); 2] {
    let timestamp = now.timestamp().to_string();
    let mac = secret.mac(&timestamp, body).map(|m| hex::encode(m.finalize().into_bytes())).unwrap_or_default();
    [(TIMESTAMP, timestamp), (SIGNATURE, format!("sha256={mac}"))]
}
