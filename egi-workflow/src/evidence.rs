//! Whether early adopters have shown enough of a release for it to go to production.
//!
//! Source: the specification: accepted "only when all reports are evaluated, not on the first positive one". That volunteers
//! were rare is why a release manager can do without, with a word that stays on record.

use chrono::{DateTime, TimeDelta, Utc};
use egi_model::history::HistoryRecord;
use egi_model::participation::TeamOutcome;
use egi_model::rollout::RolloutState;
use serde::{Deserialize, Serialize};

use crate::reason::Reason;
use crate::snapshot::Rollout;

/// When evidence is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Required {
    /// Once the site knows any early-adopter team.
    #[default]
    WithTeams,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What a site asks for before a release leaves staged rollout for production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvidencePolicy {
    /// When evidence is asked for.
    pub required: Required,
    /// How many teams must have found that the release works.
    pub min_accepts: u32,
    /// How many days the release must have been in staged rollout without a break.
    pub min_days: u32,
}

impl Default for EvidencePolicy {
    fn default() -> Self {
        Self { required: Required::default(), min_accepts: 1, min_days: 0 }
    }
}

/// Everything that is missing.
#[must_use]
pub fn lacking(policy: EvidencePolicy, rollout: &Rollout) -> Vec<Reason> {
    let asked = match policy.required {
        Required::WithTeams => rollout.teams_known || !rollout.parts.is_empty(),
        Required::Always => true,
        Required::Never => false,
    };
    if !asked {
        return Vec::new();
    }
    let parts = &rollout.parts;
    let outstanding = parts.iter().filter(|part| part.is_outstanding());
    let mut reasons: Vec<Reason> =
        outstanding.map(|part| Reason::ReportOutstanding { team: part.team.to_string() }).collect();
    let rejects = parts.iter().filter(|part| part.is_unanswered_reject());
    reasons.extend(rejects.map(|part| Reason::RejectUnanswered { team: part.team.to_string() }));
    let accepts = parts.iter().filter(|part| part.outcome.is_some_and(TeamOutcome::is_accept)).count();
    let accepts = u32::try_from(accepts).unwrap_or(u32::MAX);
    if accepts < policy.min_accepts {
        reasons.push(Reason::TooFewAccepts { accepts, needed: policy.min_accepts });
    }
    if rollout.longest_stay < TimeDelta::days(policy.min_days.into()) {
        reasons.push(Reason::StayTooShort { hours: rollout.longest_stay.num_hours(), days: policy.min_days });
    }
    reasons
}

/// The longest time that a release was in `state` without a break, by its history up to `now`.
#[must_use]
pub fn longest_stay(history: &[HistoryRecord], state: RolloutState, now: DateTime<Utc>) -> TimeDelta {
    let (mut longest, mut since) = (TimeDelta::zero(), None);
    for entry in history.iter().map(|record| &record.entry) {
        match since {
            None if entry.to == state => since = Some(entry.at),
            Some(begun) if entry.to != state => {
                longest = longest.max(entry.at - begun);
                since = None;
            }
            None | Some(_) => {}
        }
    }
    since.map_or(longest, |begun| longest.max(now - begun))
}
