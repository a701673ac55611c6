//! Notices are signed with a shared secret: HMAC-SHA256 over the time, a nonce and the body.
//!
//! `X-NSRW-Timestamp` holds the seconds since 1970, `X-NSRW-Nonce` a random text that no other request carries,
//! `X-NSRW-Signature` the text `sha256=` and the hexadecimal HMAC of `<timestamp>.<nonce>.<body>`. A notice whose time is
//! too far from ours is refused, and so is one whose nonce was seen within that time: none can be replayed.

use std::fmt;
use std::path::Path;

use axum::http::HeaderMap;
use chrono::{DateTime, TimeDelta, Utc};
use egi_store::Nonce;
use hmac::{Hmac, KeyInit, Mac};

const TIMESTAMP: &str = "x-nsrw-timestamp";
const NONCE: &str = "x-nsrw-nonce";
const SIGNATURE: &str = "x-nsrw-signature";

/// How many characters a nonce has. Fewer than 16 could repeat by chance.
const NONCE_CHARS: std::ops::RangeInclusive<usize> = 16..=64;

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
        let text = crate::secret::read(path).map_err(|e| {
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

    fn mac(&self, timestamp: &str, nonce: &str, body: &[u8]) -> Option<Hmac<sha2::Sha256>> {
        // HMAC takes keys of any length; the error of its constructor can not occur.
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&self.0).ok()?;
        for part in [timestamp, nonce] {
            mac.update(part.as_bytes());
            mac.update(b".");
        }
        mac.update(body);
        Some(mac)
    }

    /// Checks a request signed within `skew` seconds of `now`, and gives its nonce, which must not have been seen. It has
    /// to be remembered until the request would be refused for its age. The error says what is wrong, not what would be
    /// right.
    pub(super) fn check(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: DateTime<Utc>,
        skew: u64,
    ) -> Result<Nonce, String> {
        let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
        let timestamp = text(TIMESTAMP).ok_or("X-NSRW-Timestamp is missing")?;
        let seconds: i64 = timestamp.parse().map_err(|_| "X-NSRW-Timestamp is no number of seconds")?;
        let nonce = text(NONCE).ok_or("X-NSRW-Nonce is missing")?;
        let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        if !NONCE_CHARS.contains(&nonce.len()) || !nonce.bytes().all(plain) {
            return Err("X-NSRW-Nonce is not 16 to 64 letters and digits".to_owned());
        }
        let signature = text(SIGNATURE).and_then(|s| s.strip_prefix("sha256=")).ok_or("X-NSRW-Signature is missing")?;
        let given = hex::decode(signature).map_err(|_| "X-NSRW-Signature is not hexadecimal")?;
        let mac = self.mac(timestamp, nonce, body).ok_or("the secret can not be used")?;
        // Compares in the same time wherever they differ: how long it took tells nothing of the right one.
        mac.verify_slice(&given).map_err(|_| "X-NSRW-Signature does not fit")?;
        // Who knows the secret is told how far the clocks are apart; nobody else is.
        let apart = now.timestamp().abs_diff(seconds);
        if apart > skew {
            let side = if seconds < now.timestamp() { "behind" } else { "ahead of" };
            return Err(format!(
                "X-NSRW-Timestamp is {apart} seconds {side} this machine's time, and {skew} are allowed; set both clocks"
            ));
        }
        let until = DateTime::from_timestamp(seconds, 0).and_then(|at| at.checked_add_signed(lasting(skew)));
        Ok(Nonce { text: nonce.to_owned(), until: until.unwrap_or(DateTime::<Utc>::MAX_UTC) })
    }
}

/// One second more than the clocks may differ, for the fraction that timestamps do not have.
fn lasting(skew: u64) -> TimeDelta {
    i64::try_from(skew).ok().and_then(|skew| TimeDelta::try_seconds(skew.saturating_add(1))).unwrap_or(TimeDelta::MAX)
}

/// The three headers for a body: what a ticket system has to send.
#[must_use]
pub fn sign(secret: &Secret, body: &[u8], nonce: &str, now: DateTime<Utc>) -> [(&'static str, String); 3] {
    let timestamp = now.timestamp().to_string();
    let mac = secret.mac(&timestamp, nonce, body).map(|m| hex::encode(m.finalize().into_bytes())).unwrap_or_default();
    [(TIMESTAMP, timestamp), (NONCE, nonce.to_owned()), (SIGNATURE, format!("sha256={mac}"))]
}
