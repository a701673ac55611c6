//! What the gate's report means for a request.

use egi_model::area::Area;
use egi_model::gate::{Finding, GateReport, Verdict};
use serde::{Deserialize, Serialize};

use crate::decide::{Decision, decide};
use crate::reason::Reason;
use crate::snapshot::Snapshot;

/// The most findings that are told on a ticket.
pub(crate) const MAX_TOLD: usize = 20;

/// What comes of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateMode {
    /// It is told.
    Report,
    /// Whatever does not pass is refused.
    Enforce,
}

/// The gate's answer about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateAnswer {
    /// What comes of it.
    pub mode: GateMode,
    /// What was found, with the waivers that hold.
    pub report: GateReport,
}

/// The area whose gate stands before what is asked for; `None` if nothing would enter staged rollout or production, or if
/// the request is settled without.
#[must_use]
pub fn gate_before(snapshot: &Snapshot) -> Option<Area> {
    let area = snapshot.policy.area_of(snapshot.asked)?;
    let lies_there = snapshot.policy.area_of(snapshot.record.stood) == Some(area);
    let gated = matches!(area, Area::StageRollout | Area::Production) && !lies_there;
    let free = Snapshot { gate: None, ..snapshot.clone() };
    (gated && matches!(decide(&free), Decision::Proceed { .. })).then_some(area)
}

/// Why the gate holds a request up; empty if it does not.
pub(crate) fn check_gate(snapshot: &Snapshot) -> Vec<Reason> {
    let Some(GateAnswer { mode: GateMode::Enforce, report }) = &snapshot.gate else { return Vec::new() };
    if report.verdict() == Verdict::Pass {
        return Vec::new();
    }
    let told = report.open().take(MAX_TOLD).map(|finding| Reason::Gate(Box::new(finding.clone())));
    let left = report.open().count().saturating_sub(MAX_TOLD);
    told.chain((left > 0).then_some(Reason::GateMore(left))).collect()
}

/// The waivers that were used, for the history.
pub(crate) fn used_waivers(snapshot: &Snapshot) -> Vec<String> {
    let findings = snapshot.gate.iter().flat_map(|answer| &answer.report.findings);
    findings.filter_map(|finding| Some(format!("waived: {}", tell_waiver(finding)?))).collect()
}

/// A waiver with what it is for.
pub(crate) fn tell_waiver(finding: &Finding) -> Option<String> {
    let waiver = finding.waiver.as_ref()?;
    Some(format!("{} by {} until {}: {}", finding.id(), waiver.owner, waiver.until, waiver.reason))
}
