//! What was found, what mends it, and what came of mending it.

use std::path::PathBuf;

use egi_model::area::RepoKey;
use egi_model::name::Segment;
use egi_store::InboxId;
use serde::{Serialize, Serializer};

use super::check::{Check, Severity};
use crate::compare::Difference;

/// Something that is not as it should be.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) check: Check,
    /// Where: a ticket, a file, a repository, a setting.
    pub(super) place: String,
    /// What it is, as a sentence.
    pub(super) what: String,
    /// What a person can do, a command where there is one.
    pub(super) repair: String,
    /// What `--fix` does.
    pub(super) fix: Option<Fix>,
    /// What came of `--fix`.
    pub(super) outcome: Option<Outcome>,
}

/// What is safe to do without a person.
#[derive(Debug)]
pub(super) enum Fix {
    /// Take these rights from a file.
    MakePrivate(PathBuf, u32),
    /// Free a message from a process that is no more.
    EndLease(InboxId, String),
    /// Mend a difference, as `nsrw sync --apply` does.
    Mend(Box<Difference>),
    /// Take the tree's lock: whoever does finishes what a killed run left.
    TakeLock,
    /// Empty `tmp/`.
    RemoveBuilt,
    /// Remove a scratch folder.
    RemoveScratch(Segment),
    /// Publish a repository anew.
    PublishAnew(RepoKey),
}

/// What came of a fix.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    Mended { how: &'static str },
    Failed { why: String },
}

impl Finding {
    /// With the advice that the check has.
    pub(super) fn new(check: Check, place: impl Into<String>, what: impl Into<String>) -> Self {
        let repair = check.describe().repair.to_owned();
        Self { check, place: place.into(), what: what.into(), repair, fix: None, outcome: None }
    }

    /// With better advice.
    pub(super) fn repair(self, repair: impl Into<String>) -> Self {
        Self { repair: repair.into(), ..self }
    }

    pub(super) fn fixed_by(self, fix: Fix) -> Self {
        Self { fix: Some(fix), ..self }
    }

    pub(super) const fn severity(&self) -> Severity {
        self.check.describe().severity
    }

    pub(super) const fn code(&self) -> &'static str {
        self.check.describe().code
    }

    pub(super) const fn is_fixable(&self) -> bool {
        self.fix.is_some()
    }

    pub(super) const fn is_mended(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Mended { .. }))
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'f> {
            code: &'static str,
            severity: Severity,
            #[serde(rename = "where")]
            place: &'f str,
            what: &'f str,
            repair: &'f str,
            fixable: bool,
            #[serde(skip_serializing_if = "Option::is_none")]
            outcome: Option<&'f Outcome>,
        }
        Shown {
            code: self.code(),
            severity: self.severity(),
            place: &self.place,
            what: &self.what,
            repair: &self.repair,
            fixable: self.is_fixable(),
            outcome: self.outcome.as_ref(),
        }
        .serialize(serializer)
    }
}

/// What was found at `place`; that it could not be looked at is a finding as well.
pub(super) fn found(place: &str, looked: anyhow::Result<Vec<Finding>>) -> Vec<Finding> {
    looked.unwrap_or_else(|error| vec![Finding::new(Check::NotExamined, place, format!("{error:#}"))])
}
