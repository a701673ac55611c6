//! The gate before staged rollout and production: what was found of a release, how grave it is, and what was waived.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::role::Role;
use crate::ticket::TicketId;

/// What a gate says, the gravest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing stands against it.
    Pass,
    /// What is missing is on its way in another release.
    Wait,
    /// It can not be told.
    Unknown,
    /// Something is wrong with it.
    Fail,
}

impl Verdict {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Wait => "wait",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// A package that could not be installed: a new one, or one that can be installed today.
    Broken,
    /// A package older than the one sites have.
    Downgrade,
    /// A package of the same name and version as one sites have, with other content.
    OtherContent,
    /// A package with a dependency that this system can not judge.
    Unclear,
    /// An index outside that could not be read, where that matters.
    Outside,
}

impl FindingKind {
    /// The word in codes and in a finding's id.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Downgrade => "downgrade",
            Self::OtherContent => "other-content",
            Self::Unclear => "unclear",
            Self::Outside => "outside",
        }
    }
}

/// One thing that a gate found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is about.
    pub kind: FindingKind,
    /// The package, as its format names it from all others, or the outside repository.
    pub subject: String,
    /// What it makes of the verdict unless it is waived. Never [`Verdict::Pass`].
    pub verdict: Verdict,
    /// What is wrong, in a sentence.
    pub what: String,
    /// From the package to the cause, sentence by sentence.
    pub chain: Vec<String>,
    /// The tickets whose releases bring what is missing.
    pub waits_for: BTreeSet<TicketId>,
    /// Whether it may go away by itself: a server that did not answer.
    pub passing: bool,
    /// By which it does not count.
    pub waiver: Option<Waiver>,
}

impl Finding {
    /// What a waiver names it by: `broken/storm-1.11.2-1.x86_64`. Another version of the package is another finding.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.kind.as_str(), self.subject)
    }

    /// Who can clear it. Release managers may waive each.
    #[must_use]
    pub fn cleared_by(&self) -> Vec<Role> {
        let mender = match (self.kind, self.verdict) {
            (FindingKind::Outside, _) => Role::Admin,
            (_, Verdict::Wait) => Role::RolloutManager,
            (FindingKind::Broken, Verdict::Unknown) => Role::Admin,
            (FindingKind::Unclear, _) => Role::Verifier,
            (FindingKind::Broken | FindingKind::Downgrade | FindingKind::OtherContent, _) => Role::Provider,
        };
        vec![mender, Role::ReleaseManager]
    }
}

/// A decision of somebody that a finding shall not count, for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// The release's ticket.
    pub ticket: TicketId,
    /// The finding's [id](Finding::id).
    pub finding: String,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// When it was given.
    pub granted: DateTime<Utc>,
    /// The last day it holds, in UTC.
    pub until: NaiveDate,
}

impl Waiver {
    /// Whether it holds on a day.
    #[must_use]
    pub fn holds(&self, day: NaiveDate) -> bool {
        day <= self.until
    }
}

/// What a gate found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateReport {
    /// How many packages were judged.
    pub packages: usize,
    /// How many of them could not be installed before either. They do not count.
    pub broken_before: usize,
    /// The outside repositories that were read.
    pub outside: Vec<String>,
    /// What was found, the gravest first.
    pub findings: Vec<Finding>,
}

impl GateReport {
    /// What counts.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.waiver.is_none())
    }

    /// The gravest of what counts.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.open().map(|finding| finding.verdict).max().unwrap_or(Verdict::Pass)
    }

    /// The verdict and what it is about, in a line: `fail, 3 packages judged beside os; 1 could not be installed before
    /// either`.
    #[must_use]
    pub fn summary(&self) -> String {
        let packages = if self.packages == 1 { "1 package".to_owned() } else { format!("{} packages", self.packages) };
        let beside =
            if self.outside.is_empty() { String::new() } else { format!(" beside {}", self.outside.join(", ")) };
        let before = match self.broken_before {
            0 => String::new(),
            number => format!("; {number} could not be installed before either"),
        };
        format!("{}, {packages} judged{beside}{before}", self.verdict())
    }

    /// Applies the waivers of the release that hold on a day; of several for one finding, the one that holds longest.
    #[must_use]
    pub fn waived(mut self, waivers: &[Waiver], day: NaiveDate) -> Self {
        for finding in &mut self.findings {
            let id = finding.id();
            let holding = waivers.iter().filter(|waiver| waiver.finding == id && waiver.holds(day));
            finding.waiver = holding.max_by_key(|waiver| waiver.until).cloned();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(subject: &str, verdict: Verdict) -> Finding {
        Finding {
            kind: FindingKind::Broken,
            subject: subject.to_owned(),
            verdict,
            what: String::new(),
            chain: Vec::new(),
            waits_for: BTreeSet::new(),
            passing: false,
            waiver: None,
        }
    }

    fn waiver(finding: &str, until: &str) -> Waiver {
        Waiver {
            ticket: TicketId::new(1).unwrap(),
            finding: finding.to_owned(),
            reason: "it is known".to_owned(),
            owner: "kostas".to_owned(),
            granted: DateTime::UNIX_EPOCH,
            until: until.parse().unwrap(),
        }
    }

    #[test]
    fn a_waiver_counts_for_what_it_names_to_the_end_of_its_last_day() {
        let findings = vec![finding("a-1-1.noarch", Verdict::Fail), finding("b-1-1.noarch", Verdict::Unknown)];
        let report = GateReport { packages: 2, broken_before: 0, outside: Vec::new(), findings };
        assert_eq!(report.verdict(), Verdict::Fail);
        let waivers = [waiver("broken/a-1-1.noarch", "2026-11-20"), waiver("broken/a-1-1.noarch", "2026-11-10")];
        let on = |day: &str| report.clone().waived(&waivers, day.parse().unwrap());
        assert_eq!(on("2026-11-20").verdict(), Verdict::Unknown);
        assert_eq!(on("2026-11-20").open().count(), 1);
        assert_eq!(on("2026-11-21").verdict(), Verdict::Fail);
        let b = [waiver("broken/b-1-1.noarch", "2026-11-20"), waivers[0].clone()];
        assert_eq!(report.clone().waived(&b, "2026-11-01".parse().unwrap()).verdict(), Verdict::Pass);
        let other = [waiver("broken/a-1-2.noarch", "2026-11-20")];
        assert_eq!(report.waived(&other, "2026-11-01".parse().unwrap()).verdict(), Verdict::Fail, "another version");
    }
}
