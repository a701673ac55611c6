//! The log of what people did by hand: who, what and why. Each record carries the digest of the one before.

use std::fs::{self, File};
use std::io::{self, Write as _};

use chrono::{DateTime, Utc};
use egi_model::digest::Sha256;
use serde::{Deserialize, Serialize};

use super::files::{During as _, sync};
use super::layout::Layout;
use super::{RepoError, RepoLock};

/// Who does something by hand, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    name: String,
    user: Option<String>,
    why: Option<String>,
}

impl By {
    /// Somebody, with the reason they give.
    #[must_use]
    pub fn because(name: &str, why: Option<&str>) -> Self {
        let why = why.map(str::trim).filter(|why| !why.is_empty());
        Self { name: name.to_owned(), user: None, why: why.map(str::to_owned) }
    }

    /// The same, done by a user of the operating system, which is worth telling if it has another name.
    #[must_use]
    pub fn run_by(self, user: &str) -> Self {
        Self { user: Some(user).filter(|user| *user != self.name).map(str::to_owned), ..self }
    }
}

/// Something that was done by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Its place in the log, from 1.
    pub seq: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// The user of the operating system who did it in that name, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What, as a sentence.
    pub what: String,
    /// Why, where a reason was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The digest of the record before; zeros for the first.
    pub previous: Sha256,
    /// The digest of all that.
    pub digest: Sha256,
}

impl AuditRecord {
    fn new(seq: u64, at: DateTime<Utc>, by: By, what: &str, previous: Sha256) -> Self {
        let By { name: by, user, why } = by;
        let mut text = format!("{seq}\n{}\n{by}\n{what}\n{previous}", at.to_rfc3339());
        if let Some(why) = &why {
            text.push('\n');
            text.push_str(why);
        }
        // Behind a sign that no reason has, so that none can be taken for a user.
        if let Some(user) = &user {
            text.push('\0');
            text.push_str(user);
        }
        Self { seq, at, by, user, what: what.to_owned(), why, previous, digest: Sha256::of(text.as_bytes()) }
    }

    /// Whether it is what was written, behind the record before.
    fn follows(&self, before: Option<&Self>) -> bool {
        let (seq, previous) = before.map_or((1, Sha256::from_bytes([0; 32])), |b| (b.seq + 1, b.digest));
        let by = By { name: self.by.clone(), user: self.user.clone(), why: self.why.clone() };
        *self == Self::new(seq, self.at, by, &self.what, previous)
    }
}

/// The log. A last line that was cut off by a crash is none.
pub(super) fn load(layout: &Layout) -> Result<Vec<AuditRecord>, RepoError> {
    let path = layout.log();
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.during("read", &path)?,
    };
    let whole = text.rfind('\n').map_or("", |end| text.get(..end).unwrap_or_default());
    let parse = |line| serde_json::from_str(line).map_err(|source| RepoError::Record { path: path.clone(), source });
    whole.lines().map(parse).collect()
}

/// The places of records that are not what was written there.
pub(super) fn faults(records: &[AuditRecord]) -> Vec<u64> {
    let before = std::iter::once(None).chain(records.iter().map(Some));
    let broken = records.iter().zip(before).zip(1..).filter(|((record, before), _)| !record.follows(*before));
    broken.map(|(_, place)| place).collect()
}

/// Writes down what `by` does, and makes sure that it lasts.
pub(super) fn append(
    layout: &Layout,
    _lock: &RepoLock,
    at: DateTime<Utc>,
    by: By,
    what: &str,
) -> Result<(), RepoError> {
    let records = load(layout)?;
    let last = records.last();
    let previous = last.map_or(Sha256::from_bytes([0; 32]), |record| record.digest);
    let record = AuditRecord::new(last.map_or(1, |record| record.seq + 1), at, by, what, previous);
    let path = layout.log();
    let mut line = serde_json::to_vec(&record).map_err(|source| RepoError::Record { path: path.clone(), source })?;
    line.push(b'\n');
    let write = || {
        let mut file = File::options().create(true).append(true).open(&path)?;
        // Behind the last whole line.
        let text = fs::read(&path)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64)?;
        file.write_all(&line)?;
        file.sync_all()
    };
    write().during("write", &path)?;
    sync(&layout.root)
}
