//! What a month needs of those before it, so that a long history is not read again for every month that is added.
//!
//! A release that has come to its end adds to no later month, except to how many are there. So a closed month hands on
//! those numbers, and the tickets that are still on their way.

use std::collections::BTreeSet;

use egi_model::month::Month;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use serde::{Deserialize, Serialize};

use crate::columns::{FactColumns, Micros};
use crate::quality::homes;
use crate::record::RecordId;
use crate::report::Report;

/// What a closed month hands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// The site's own log was read up to this record.
    pub records: u64,
    /// How many releases were in each state that nothing leaves, at the month's end.
    pub settled: Vec<(RolloutState, u64)>,
    /// The tickets whose facts matter to later months.
    pub tickets: Vec<TicketId>,
    /// Where early-adopter teams were at home so far: name, site and NGI, each team's first home first.
    #[serde(default)]
    pub homes: Vec<[String; 3]>,
}

/// What was handed on, and by which month.
#[derive(Debug, Clone)]
pub(crate) struct Handover {
    pub(crate) carried: Carried,
    /// When the month ended.
    pub(crate) at: Micros,
}

impl FactColumns {
    /// Says that these are not all facts, but those of the tickets that `carried` hands on at the end of `month` and of every
    /// ticket with a newer record. Reports are then of later months.
    #[must_use]
    pub fn continuing(mut self, month: Month, carried: Carried) -> Self {
        self.handover = Some(Handover { carried, at: month.end().timestamp_micros() });
        self
    }
}

impl Carried {
    /// How many were in a state at the end of the month that handed on.
    pub(crate) fn settled(&self, state: RolloutState) -> u64 {
        self.settled.iter().find(|(known, _)| *known == state).map_or(0, |(_, count)| *count)
    }
}

impl Report<'_> {
    /// What `month`, one of the report's, hands on to the next; `None` for another month.
    #[must_use]
    pub fn carry(&self, month: Month) -> Option<Carried> {
        let numbers = self.month(month)?;
        let end = month.end().timestamp_micros();
        let facts = self.facts;
        let parts = &facts.participations;
        let times = [
            (&facts.transitions.ticket, &facts.transitions.at),
            (&facts.submissions.ticket, &facts.submissions.at),
            (&parts.ticket, &parts.invited),
            (&parts.ticket, &parts.answered),
            (&parts.ticket, &parts.finished),
            (&facts.published.ticket, &facts.published.at),
        ];
        let later =
            times.into_iter().flat_map(|(tickets, times)| tickets.iter().zip(times)).filter(|(_, at)| **at >= end);
        let mut tickets: BTreeSet<TicketId> = later.filter_map(|(ticket, _)| TicketId::new(*ticket)).collect();
        tickets.extend(self.open_stays(month).into_iter().map(|stay| stay.ticket));
        let without_report = self.publications(month).into_iter().filter(|known| known.published.is_none());
        tickets.extend(without_report.map(|known| known.release.ticket));
        let settled = numbers.flow.iter().filter(|row| row.state.is_terminal());
        let created = facts.submissions.record.iter().filter_map(|record| *record);
        let own = facts.transitions.record.iter().copied().chain(created).filter(|record| record.source() == 0);
        Some(Carried {
            records: own.map(RecordId::number).max().unwrap_or(0),
            settled: settled.map(|row| (row.state, row.wip_end)).collect(),
            tickets: tickets.into_iter().collect(),
            homes: homes(facts)
                .into_iter()
                .map(|((team, site, ngi), _)| [team, site, ngi].map(str::to_owned))
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;
    use crate::sample::{facts, month};

    fn odd(facts: &FactColumns) -> Vec<String> {
        let december = month("2026-12");
        crate::report(facts, december, december).problems.into_iter().map(|problem| problem.detail).collect()
    }

    #[test]
    fn a_team_that_moves_is_found_though_nothing_of_its_first_home_is_read() {
        let all = facts(
            "2027-01-01 00:00",
            "2026-11-01 00:00 1 created
             2026-11-02 00:00 1 #1 Submitted > StageRollout emergency
             2026-11-03 00:00 1 team=A ngi=IT site=CNAF answered=2026-11-04 finished=2026-11-05 as=Accept
             2026-11-06 00:00 1 #2 StageRollout > Production
             2026-11-07 00:00 1 published
             2026-12-01 00:00 2 created
             2026-12-02 00:00 2 #3 Submitted > StageRollout emergency
             2026-12-03 00:00 2 team=A ngi=GR site=AUTH answered=2026-12-04",
        );
        let november = month("2026-11");
        let of = |wanted: fn(u64) -> bool| {
            let mut part: Facts = all.clone();
            part.transitions.retain(|fact| wanted(fact.ticket.get()));
            part.submitted.retain(|fact| wanted(fact.ticket.get()));
            part.participations.retain(|fact| wanted(fact.ticket.get()));
            part.published.retain(|fact| wanted(fact.ticket.get()));
            FactColumns::of(&part)
        };
        let carried = crate::report(&of(|ticket| ticket == 1), november, november).carry(november).unwrap();
        assert!(carried.tickets.is_empty(), "{carried:?}");
        let part = of(|ticket| ticket == 2).continuing(november, carried);
        assert_eq!(odd(&part), odd(&FactColumns::of(&all)));
        assert_eq!(odd(&part), ["team A stands with AUTH, GR and with CNAF, IT"]);
    }
}
