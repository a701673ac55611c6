//! Closed months: frozen once, with the digest of the facts they were made from, and what they hand on to later ones.

use std::fmt::Write as _;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use egi_metrics::{Carried, DEFINITIONS_VERSION, Figure, MonthReport, Report, Restatement};
use egi_model::digest::Sha256;
use egi_model::month::Month;
use egi_store::{ClosedMonth, RolloutRecord, Store};
use serde::{Deserialize, Serialize};

use super::restated::Restated;

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
    /// What the first of the months that its report looked back on hands on: the next report looks back to the month after
    /// that, and shall not read the whole history for it.
    #[serde(default)]
    pub looked_back: Option<LookedBack>,
}

/// What a month that may never have been closed hands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookedBack {
    /// The month.
    pub month: Month,
    /// What it hands on, as known when the later month was closed.
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

    /// What the log of staged rollouts got since.
    pub(super) async fn newer_in_rollout(&self, store: &Store) -> anyhow::Result<Vec<RolloutRecord>> {
        let log = store.load_rollout_log(None).await?;
        Ok(log.into_iter().filter(|record| record.seq > self.rollout).collect())
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
    pub(super) months: Vec<(ClosedMonth, Closed)>,
    pub(super) basis: Basis,
    pub(super) now: DateTime<Utc>,
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

    /// Freezes a month with the figures of its report, and the changed figures of others. `year` is the report that looks
    /// back, where one was made.
    pub async fn close(
        &self,
        store: &Store,
        report: &Report<'_>,
        year: Option<&Report<'_>>,
        month: Month,
        restated: Vec<Restated>,
    ) -> anyhow::Result<Sha256> {
        let figures = report.month(month).map(MonthReport::figures).unwrap_or_default();
        let carried = self.now_known(report.carry(month).context("the month is none of the report's")?);
        let looked_back = year.and_then(|year| {
            let month = year.months.first()?.month;
            Some(LookedBack { month, carried: self.now_known(year.carry(month)?) })
        });
        let told = restated.iter().flat_map(|one| one.restatements.clone()).collect();
        let basis = self.basis.clone();
        let document =
            Closed { definitions: DEFINITIONS_VERSION, basis, figures, restated: told, carried, looked_back };
        let mut versions = vec![self.version(month, 1, &document)?];
        for one in restated {
            let mut document = one.document;
            document.carried = self.now_known(document.carried);
            versions.push(self.version(one.month, one.version, &document)?);
        }
        store.close_months(&versions).await?;
        Ok(self.basis.digest())
    }

    fn now_known(&self, carried: Carried) -> Carried {
        Carried { records: self.basis.records, ..carried }
    }

    fn version(&self, month: Month, version: u64, document: &Closed) -> anyhow::Result<ClosedMonth> {
        Ok(ClosedMonth { month, version, closed: self.now, document: serde_json::to_string(document)? })
    }
}
