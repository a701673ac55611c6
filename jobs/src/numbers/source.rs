//! Which facts a report is made from: all, or those of releases that were still on their way when it begins.

use std::collections::BTreeSet;

use egi_metrics::{Carried, DEFINITIONS_VERSION, FactColumns};
use egi_model::month::Month;
use egi_model::ticket::TicketId;
use egi_store::Store;

use super::closing::{Closed, Closing};
use super::load::{Loaded, load, load_of};

/// What a report is made from.
#[derive(Debug)]
pub struct Source {
    /// The facts.
    pub loaded: Loaded,
    /// The month that handed on, and what; without it, these are all facts.
    handed: Option<(Month, Carried)>,
}

impl Source {
    /// The facts as columns.
    #[must_use]
    pub fn columns(&self) -> FactColumns {
        let columns = FactColumns::of(&self.loaded.facts);
        match &self.handed {
            Some((month, carried)) => columns.continuing(*month, carried.clone()),
            None => columns,
        }
    }

    /// Whether only the facts of releases on their way were read.
    #[must_use]
    pub const fn is_part(&self) -> bool {
        self.handed.is_some()
    }

    /// Whether the facts are enough for the numbers of a month.
    pub(super) fn reaches(&self, month: Month) -> bool {
        self.handed.as_ref().is_none_or(|(handed, _)| month > *handed)
    }
}

impl Closing {
    /// The facts for a report of the months from `first` on. Where a closed month knows what the month before handed on, and
    /// nothing of what it was made from has changed, those of releases that had come to their end by then are not read.
    pub async fn source(&self, store: &Store, first: Month) -> anyhow::Result<Source> {
        for (closing, closed, carried) in self.handing_on(first.previous()) {
            let Some(newer) = self.newer(store, closed, closing).await? else { continue };
            let tickets = carried.tickets.iter().copied().chain(newer);
            let tickets: Vec<_> = tickets.collect::<BTreeSet<_>>().into_iter().collect();
            let loaded = load_of(store, &tickets, self.now).await?;
            return Ok(Source { loaded, handed: Some((first.previous(), carried.clone())) });
        }
        Ok(Source { loaded: load(store, None, self.now).await?, handed: None })
    }

    /// The closed months that know what `month` hands on, the last first: fewer records are newer than it.
    fn handing_on(&self, month: Month) -> impl Iterator<Item = (Month, &Closed, &Carried)> {
        self.months.iter().rev().filter_map(move |(kept, closed)| {
            let looked_back = closed.looked_back.as_ref().filter(|back| back.month == month);
            let own = (kept.month == month).then_some(&closed.carried);
            Some((kept.month, closed, own.or(looked_back.map(|back| &back.carried))?))
        })
    }

    /// The releases that the logs tell of after a month was closed; `None` if anything of before its end has changed.
    async fn newer(&self, store: &Store, closed: &Closed, month: Month) -> anyhow::Result<Option<Vec<TicketId>>> {
        let basis = &closed.basis;
        if closed.definitions != DEFINITIONS_VERSION || basis.imports != self.basis.imports {
            return Ok(None);
        }
        if basis.records > 0 && store.load_history_digest(basis.records).await? != Some(basis.head) {
            return Ok(None);
        }
        let settled = store.load_history_after(basis.records).await?;
        let settled = settled.into_iter().map(|record| (record.entry.ticket, record.entry.at));
        let said = basis.newer_in_rollout(store).await?;
        let said = said.into_iter().map(|record| (record.entry.ticket, record.entry.at));
        let newer: Vec<_> = settled.chain(said).collect();
        let later = newer.iter().all(|(_, at)| *at >= month.end());
        Ok(later.then(|| newer.into_iter().map(|(ticket, _)| ticket).collect()))
    }
}
