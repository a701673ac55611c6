//! Closed months: frozen once, with the digest of the facts they were made from. When the facts change, what changed is
//! told with old and new value, and why.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use egi_metrics::{Carried, DEFINITIONS_VERSION, FactColumns, Figure, Report, Restatement, report, restatements};
use egi_model::digest::Sha256;
use egi_model::history::HistoryRecord;
use egi_model::month::Month;
use egi_store::{ClosedMonth, RolloutRecord, Store};
use serde::{Deserialize, Serialize};

use super::load::{Loaded, gather, load};

/// What a closed month keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// The definitions its figures follow.
    pub definitions: u32,
    /// What they were made of.
    pub basis: Basis,
    /// The figures.
    pub figures: Vec<Figure>,
    /// What was restated of earlier months when it was closed.
    pub restated: Vec<Restatement>,
    /// What it hands on to the next month.
    pub carried: Carried,
}

/// The facts that were there: the log up to a record, and what had been imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// How many records the log had.
    pub records: u64,
    /// The digest of the last, which covers all before it.
    pub head: Sha256,
    /// The digest of the list of imports.
    pub imports: Sha256,
    /// How many records the log of staged rollouts had; 0 for months that were closed before there was one.
    #[serde(default)]
    pub rollout: u64,
}

impl Basis {
    async fn now(store: &Store) -> anyhow::Result<Self> {
        let (records, head) = store.load_history_head().await?;
        let imports = store.load_fact_imports().await?;
        let lines = imports.iter().map(|import| {
            format!("{} {} {} {}\n", import.id, import.source, import.facts, import.imported.timestamp_micros())
        });
        let list: String = lines.collect();
        let (rollout, _) = store.load_rollout_head().await?;
        Ok(Self { records, head, imports: Sha256::of(list.as_bytes()), rollout })
    }

    /// One digest of all facts that were there.
    #[must_use]
    pub fn digest(&self) -> Sha256 {
        let mut text = format!("{} {} {}", self.records, self.head, self.imports);
        // Writing to a String can not fail. Months that were closed before there was such a log keep the digest they were printed with.
        if self.rollout > 0 {
            let _ = write!(text, " {}", self.rollout);
        }
        Sha256::of(text.as_bytes())
    }
}

/// The closed months of a site, and how its facts stand to them.
#[derive(Debug)]
pub struct Closing {
    months: Vec<(ClosedMonth, Closed)>,
    basis: Basis,
    now: DateTime<Utc>,
}

/// What a report is made from.
#[derive(Debug)]
pub struct Source {
    /// The facts.
    pub loaded: Loaded,
    /// What an earlier month handed on; without it, these are all facts.
    carried: Option<Carried>,
}

impl Source {
    /// The facts as columns.
    #[must_use]
    pub fn columns(&self) -> FactColumns {
        let columns = FactColumns::of(&self.loaded.facts);
        match &self.carried {
            Some(carried) => columns.continuing(carried.clone()),
            None => columns,
        }
    }

    /// Whether only the facts of releases on their way were read.
    #[must_use]
    pub const fn is_part(&self) -> bool {
        self.carried.is_some()
    }
}

impl Closing {
    /// Looks at what is closed.
    pub async fn look(store: &Store, now: DateTime<Utc>) -> anyhow::Result<Self> {
        let mut months = Vec::new();
        for month in store.load_closed_months().await? {
            let closed = serde_json::from_str(&month.document)
                .with_context(|| format!("failed to read what is kept of the closed month {}", month.month))?;
            months.push((month, closed));
        }
        Ok(Self { months, basis: Basis::now(store).await?, now })
    }

    /// A closed month, and when it was closed or last restated.
    #[must_use]
    pub fn find(&self, month: Month) -> Option<(&Closed, DateTime<Utc>)> {
        let found = self.months.iter().find(|(closed, _)| closed.month == month)?;
        Some((&found.1, found.0.closed))
    }

    /// The facts for a report of the months from `first` on. Where the month before is closed and nothing of what it was
    /// made from has changed, those of releases that had come to their end by then are not read.
    pub async fn source(&self, store: &Store, first: Month) -> anyhow::Result<Source> {
        if let Some((closed, _)) = self.find(first.previous())
            && let Some(newer) = self.newer(store, closed, first.previous()).await?
        {
            let mut tickets: BTreeSet<_> = closed.carried.tickets.iter().copied().collect();
            tickets.extend(newer.iter().map(|record| record.entry.ticket));
            let said = newer_in_rollout(store, &closed.basis).await?;
            tickets.extend(said.iter().map(|record| record.entry.ticket));
            let mut records = Vec::new();
            for ticket in &tickets {
                records.extend(store.load_history(Some(*ticket)).await?);
            }
            records.sort_unstable_by_key(|record| record.seq);
            let loaded = gather(store, &records, Some(&tickets), self.now).await?;
            return Ok(Source { loaded, carried: Some(closed.carried.clone()) });
        }
        Ok(Source { loaded: load(store, None, self.now).await?, carried: None })
    }

    /// The records after those a closed month was made from; `None` if anything of before its end has changed.
    async fn newer(&self, store: &Store, closed: &Closed, month: Month) -> anyhow::Result<Option<Vec<HistoryRecord>>> {
        let basis = &closed.basis;
        if closed.definitions != DEFINITIONS_VERSION || basis.imports != self.basis.imports {
            return Ok(None);
        }
        if basis.records > 0 && store.load_history_digest(basis.records).await? != Some(basis.head) {
            return Ok(None);
        }
        let newer = store.load_history_after(basis.records).await?;
        let said = newer_in_rollout(store, basis).await?;
        let later = said.iter().all(|record| record.entry.at >= month.end());
        Ok((later && newer.iter().all(|record| record.entry.at >= month.end())).then_some(newer))
    }

    /// What changed in the closed months up to the report's last; nothing if the facts are only a part, as then nothing
    /// has changed. Besides, the month's own restatements of when it was closed.
    pub async fn restated(
        &self,
        store: &Store,
        source: &Source,
        columns: &FactColumns,
        last: Month,
    ) -> anyhow::Result<Vec<Restated>> {
        if source.is_part() {
            return Ok(Vec::new());
        }
        let mut changed = Vec::new();
        for (kept, closed) in self.months.iter().filter(|(kept, _)| kept.month <= last) {
            let Some(reason) = self.reason(store, closed, kept.month).await? else { continue };
            let fresh = report(columns, kept.month, kept.month);
            let Some(figures) = fresh.month(kept.month).map(egi_metrics::MonthReport::figures) else { continue };
            let restatements = restatements(kept.month, &closed.figures, &figures, &reason);
            if restatements.is_empty() {
                continue;
            }
            let carried = fresh.carry(kept.month).unwrap_or_else(|| closed.carried.clone());
            let document = Closed {
                definitions: DEFINITIONS_VERSION,
                basis: self.basis.clone(),
                figures,
                carried,
                ..closed.clone()
            };
            changed.push(Restated { month: kept.month, version: kept.version + 1, restatements, document });
        }
        Ok(changed)
    }

    /// Why a closed month's figures may be others now; `None` if they can not.
    async fn reason(&self, store: &Store, closed: &Closed, month: Month) -> anyhow::Result<Option<String>> {
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
        let newer = store.load_history_after(basis.records).await?;
        let late: Vec<String> =
            newer.iter().filter(|record| record.entry.at < month.end()).map(|record| record.seq.to_string()).collect();
        if !late.is_empty() {
            reasons.push(format!("written to the log after the month was closed: {}", late.join(", ")));
        }
        let said = newer_in_rollout(store, basis).await?;
        if said.iter().any(|record| record.entry.at < month.end()) {
            reasons.push("early adopters' answers of the month came after it was closed".to_owned());
        }
        if basis.imports != self.basis.imports {
            reasons.push("facts were imported after the month was closed".to_owned());
        }
        Ok((!reasons.is_empty()).then(|| reasons.join("; ")))
    }

    /// Freezes a month with the figures of its report, and the changed figures of others.
    pub async fn close(
        &self,
        store: &Store,
        report: &Report<'_>,
        month: Month,
        restated: Vec<Restated>,
    ) -> anyhow::Result<Sha256> {
        let figures = report.month(month).map(egi_metrics::MonthReport::figures).unwrap_or_default();
        let mut carried = report.carry(month).context("the month is none of the report's")?;
        carried.records = self.basis.records;
        let told = restated.iter().flat_map(|one| one.restatements.clone()).collect();
        let document =
            Closed { definitions: DEFINITIONS_VERSION, basis: self.basis.clone(), figures, restated: told, carried };
        let mut versions = vec![self.version(month, 1, &document)?];
        for one in restated {
            let mut document = one.document;
            document.carried.records = self.basis.records;
            versions.push(self.version(one.month, one.version, &document)?);
        }
        store.close_months(&versions).await?;
        Ok(self.basis.digest())
    }

    fn version(&self, month: Month, version: u64, document: &Closed) -> anyhow::Result<ClosedMonth> {
        Ok(ClosedMonth { month, version, closed: self.now, document: serde_json::to_string(document)? })
    }
}

/// What the log of staged rollouts got after a month was closed.
async fn newer_in_rollout(store: &Store, basis: &Basis) -> anyhow::Result<Vec<RolloutRecord>> {
    let log = store.load_rollout_log(None).await?;
    Ok(log.into_iter().filter(|record| record.seq > basis.rollout).collect())
}

/// A closed month whose figures are others now.
#[derive(Debug)]
pub struct Restated {
    month: Month,
    version: u64,
    /// What changed.
    pub restatements: Vec<Restatement>,
    document: Closed,
}
