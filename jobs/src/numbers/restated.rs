//! What has changed in closed months: old and new value, and why.

use chrono::{DateTime, Utc};
use egi_metrics::{DEFINITIONS_VERSION, FactColumns, MonthReport, Restatement, report, restatements};
use egi_model::month::Month;
use egi_store::Store;

use super::closing::{Closed, Closing};
use super::source::Source;

/// A closed month whose figures are others now.
#[derive(Debug)]
pub struct Restated {
    pub(super) month: Month,
    pub(super) version: u64,
    /// What changed.
    pub restatements: Vec<Restatement>,
    pub(super) document: Closed,
}

/// The number and time of a record of the site's own log.
type Written = (u64, DateTime<Utc>);

impl Closing {
    /// What changed in the closed months up to the report's last. Those before the facts begin have not changed: else all
    /// facts would have been read.
    pub async fn restated(
        &self,
        store: &Store,
        source: &Source,
        columns: &FactColumns,
        last: Month,
    ) -> anyhow::Result<Vec<Restated>> {
        let written = written(source);
        let mut doubtful = Vec::new();
        for (kept, closed) in &self.months {
            if kept.month > last || !source.reaches(kept.month) {
                continue;
            }
            if let Some(reason) = self.reason(store, closed, kept.month, &written).await? {
                doubtful.push((kept, closed, reason));
            }
        }
        let mut changed = Vec::new();
        let [Some((from, ..)), Some((to, ..))] = [doubtful.first(), doubtful.last()] else { return Ok(changed) };
        let fresh = report(columns, from.month, to.month);
        for (kept, closed, reason) in &doubtful {
            let Some(figures) = fresh.month(kept.month).map(MonthReport::figures) else { continue };
            let restatements = restatements(kept.month, &closed.figures, &figures, reason);
            if restatements.is_empty() {
                continue;
            }
            let document = Closed {
                definitions: DEFINITIONS_VERSION,
                basis: self.basis.clone(),
                figures,
                restated: closed.restated.clone(),
                carried: fresh.carry(kept.month).unwrap_or_else(|| closed.carried.clone()),
                // What changed may lie there.
                looked_back: None,
            };
            changed.push(Restated { month: kept.month, version: kept.version + 1, restatements, document });
        }
        Ok(changed)
    }

    /// Why a closed month's figures may be others now; `None` if they can not.
    async fn reason(
        &self,
        store: &Store,
        closed: &Closed,
        month: Month,
        written: &[Written],
    ) -> anyhow::Result<Option<String>> {
        let basis = &closed.basis;
        if closed.definitions != DEFINITIONS_VERSION {
            let reason =
                format!("the definitions were raised from version {} to {DEFINITIONS_VERSION}", closed.definitions);
            return Ok(Some(reason));
        }
        if basis.records > 0 && store.load_history_digest(basis.records).await? != Some(basis.head) {
            return Ok(Some(format!("the log was altered at or before record {}", basis.records)));
        }
        let mut reasons = Vec::new();
        let late = written.iter().filter(|(record, at)| *record > basis.records && *at < month.end());
        let late: Vec<String> = late.map(|(record, _)| record.to_string()).collect();
        if !late.is_empty() {
            reasons.push(format!("written to the log after the month was closed: {}", late.join(", ")));
        }
        let said = basis.newer_in_rollout(store).await?;
        if said.iter().any(|record| record.entry.at < month.end()) {
            reasons.push("early adopters' answers of the month came after it was closed".to_owned());
        }
        if basis.imports != self.basis.imports {
            reasons.push("facts were imported after the month was closed".to_owned());
        }
        Ok((!reasons.is_empty()).then(|| reasons.join("; ")))
    }
}

/// The records of the site's own log that were read, in their order.
fn written(source: &Source) -> Vec<Written> {
    let facts = &source.loaded.facts;
    let created = facts.submitted.iter().filter_map(|fact| Some((fact.record?, fact.at)));
    let settled = facts.transitions.iter().map(|fact| (fact.record, fact.at));
    let own = created.chain(settled).filter(|(record, _)| record.source() == 0);
    let mut written: Vec<Written> = own.map(|(record, at)| (record.number(), at)).collect();
    written.sort_unstable();
    written
}
