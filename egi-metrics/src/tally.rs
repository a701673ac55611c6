//! What the rules have counted, and what they measured on the way.

use std::ops::Range;

use egi_model::rollout::RolloutState;
use polars::prelude::PlHashMap;

use crate::columns::{Micros, Name};
use crate::record::RecordId;
use crate::trace::Trace;

const STATES: usize = RolloutState::ALL.len();

/// Everything counted and measured in the months of a window; months are places in it.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) trace: Trace,
    /// What is in each state that nothing leaves, at each bound: how many more than at the bound before.
    settled: Vec<[i64; STATES]>,
    /// What of it was there already when an earlier month handed over.
    handed: [u64; STATES],
    months: Vec<MonthTally>,
    pub(crate) rollouts: Vec<RolloutEnd>,
    pub(crate) passages: Vec<Passage>,
    pub(crate) publications: Vec<Publication>,
    pub(crate) skips: Vec<Event>,
    pub(crate) rejections: Vec<Event>,
    pub(crate) overrides: Vec<Event>,
}

#[derive(Debug, Clone, Default)]
struct MonthTally {
    /// The open stay that began first, of each state.
    oldest: [Option<(Micros, u64)>; STATES],
    /// Seconds in each state, of each release that left it.
    seconds: [Vec<u64>; STATES],
    /// Where each team is at home.
    homes: PlHashMap<Name, Home>,
}

/// A team's site and NGI, as a participation names them. The one of the first record counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Home {
    /// The record's place.
    pub(crate) record: u64,
    pub(crate) site: Name,
    pub(crate) ngi: Name,
}

/// A release left staged rollout for an end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RolloutEnd {
    pub(crate) month: usize,
    pub(crate) ticket: u64,
    pub(crate) row: u32,
    pub(crate) record: RecordId,
    pub(crate) at: Micros,
    pub(crate) outcome: RolloutState,
    /// Teams that took part and reported.
    pub(crate) teams: u32,
}

/// A release passed staged rollout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passage {
    pub(crate) month: usize,
    pub(crate) ticket: u64,
    pub(crate) row: u32,
    pub(crate) record: RecordId,
    /// `None` where the log does not tell.
    pub(crate) entered: Option<Micros>,
    pub(crate) accepted: Micros,
    pub(crate) seconds: Option<u64>,
    /// Seconds in `Deferred` in between.
    pub(crate) deferred: u64,
    /// Seconds in `Failed` in between.
    pub(crate) failed: u64,
}

/// A release's report: published, or still missing at the end of a month.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Publication {
    pub(crate) month: usize,
    pub(crate) ticket: u64,
    pub(crate) row: u32,
    pub(crate) record: RecordId,
    pub(crate) accepted: Micros,
    pub(crate) published: Option<Micros>,
    pub(crate) seconds: Option<u64>,
}

/// A request that is listed by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub(crate) month: usize,
    pub(crate) ticket: u64,
    pub(crate) row: u32,
    pub(crate) record: RecordId,
    pub(crate) at: Micros,
    /// The state the request counts from.
    pub(crate) stood: RolloutState,
    pub(crate) asked: RolloutState,
}

impl MonthTally {
    fn note_home(&mut self, team: Name, home: Home) {
        let known = self.homes.entry(team).or_insert(home);
        *known = home.min(*known);
    }
}

impl Tally {
    pub(crate) fn new(months: usize) -> Self {
        Self {
            trace: Trace::default(),
            settled: vec![[0; STATES]; months + 2],
            handed: [0; STATES],
            months: vec![MonthTally::default(); months],
            rollouts: Vec::new(),
            passages: Vec::new(),
            publications: Vec::new(),
            skips: Vec::new(),
            rejections: Vec::new(),
            overrides: Vec::new(),
        }
    }

    /// Takes over what was counted of later tickets.
    pub(crate) fn append(&mut self, mut later: Self) {
        self.trace.append(later.trace);
        for (known, more) in self.settled.iter_mut().zip(&later.settled) {
            known.iter_mut().zip(more).for_each(|(known, more)| *known += more);
        }
        self.handed.iter_mut().zip(&later.handed).for_each(|(known, more)| *known += more);
        for (known, more) in self.months.iter_mut().zip(&mut later.months) {
            for (oldest, other) in known.oldest.iter_mut().zip(more.oldest) {
                *oldest = [*oldest, other].into_iter().flatten().min();
            }
            for (team, home) in more.homes.drain() {
                known.note_home(team, home);
            }
            known.seconds.iter_mut().zip(&mut more.seconds).for_each(|(known, more)| known.append(more));
        }
        self.rollouts.append(&mut later.rollouts);
        self.passages.append(&mut later.passages);
        self.publications.append(&mut later.publications);
        self.skips.append(&mut later.skips);
        self.rejections.append(&mut later.rejections);
        self.overrides.append(&mut later.overrides);
    }

    /// A release is in a state that nothing leaves, at each of these bounds.
    pub(crate) fn settle(&mut self, state: RolloutState, bounds: &Range<usize>) {
        if bounds.is_empty() {
            return;
        }
        for (bound, change) in [(bounds.start, 1), (bounds.end, -1)] {
            if let Some(count) = self.settled.get_mut(bound).and_then(|states| states.get_mut(state as usize)) {
                *count += change;
            }
        }
    }

    /// How many are in a state that nothing leaves, at a bound.
    pub(crate) fn settled(&self, state: RolloutState, bound: usize) -> u64 {
        let changes = self.settled.iter().take(bound + 1).filter_map(|states| states.get(state as usize));
        u64::try_from(changes.sum::<i64>()).unwrap_or_default()
    }

    /// A release was in a state that nothing leaves when an earlier month handed over.
    pub(crate) fn hand(&mut self, state: RolloutState) {
        if let Some(count) = self.handed.get_mut(state as usize) {
            *count += 1;
        }
    }

    /// How many were in a state that nothing leaves when an earlier month handed over, of those whose facts are here.
    pub(crate) fn handed(&self, state: RolloutState) -> u64 {
        self.handed.get(state as usize).copied().unwrap_or_default()
    }

    pub(crate) fn note_oldest(&mut self, month: usize, state: RolloutState, entered: Micros, ticket: u64) {
        let Some(tally) = self.months.get_mut(month) else { return };
        if let Some(oldest) = tally.oldest.get_mut(state as usize) {
            *oldest = [*oldest, Some((entered, ticket))].into_iter().flatten().min();
        }
    }

    /// The stay that lasts in a state at a month's end and began first: its begin, and the ticket.
    pub(crate) fn oldest(&self, month: usize, state: RolloutState) -> Option<(Micros, u64)> {
        self.months.get(month)?.oldest.get(state as usize).copied().flatten()
    }

    pub(crate) fn note_home(&mut self, month: usize, team: Name, home: Home) {
        if let Some(tally) = self.months.get_mut(month) {
            tally.note_home(team, home);
        }
    }

    /// Where a team is at home in a month.
    pub(crate) fn home(&self, month: usize, team: Name) -> Option<Home> {
        self.months.get(month)?.homes.get(&team).copied()
    }

    pub(crate) fn note_duration(&mut self, month: usize, state: RolloutState, seconds: u64) {
        let slot = self.months.get_mut(month).and_then(|tally| tally.seconds.get_mut(state as usize));
        if let Some(known) = slot {
            known.push(seconds);
        }
    }

    /// The seconds in a state of each release that left it in a month, taken out.
    pub(crate) fn take_durations(&mut self, month: usize, state: RolloutState) -> Vec<u64> {
        let slot = self.months.get_mut(month).and_then(|tally| tally.seconds.get_mut(state as usize));
        slot.map(std::mem::take).unwrap_or_default()
    }

    /// Puts what is told release by release in order: by month, ticket and record.
    pub(crate) fn sort(&mut self) {
        self.trace.sort();
        self.rollouts.sort_unstable_by_key(|end| (end.month, end.ticket));
        self.passages.sort_unstable_by_key(|passage| (passage.month, passage.ticket));
        self.publications.sort_unstable_by_key(|known| (known.month, known.ticket));
        self.skips.sort_unstable_by_key(|event| (event.month, event.ticket, event.record.order()));
        self.rejections.sort_unstable_by_key(|event| (event.month, event.ticket));
        self.overrides.sort_unstable_by_key(|event| (event.month, event.ticket));
    }

    pub(crate) fn rollouts_of(&self, month: usize) -> &[RolloutEnd] {
        of_month(&self.rollouts, month, |end| end.month)
    }

    pub(crate) fn passages_of(&self, month: usize) -> &[Passage] {
        of_month(&self.passages, month, |passage| passage.month)
    }

    pub(crate) fn publications_of(&self, month: usize) -> &[Publication] {
        of_month(&self.publications, month, |known| known.month)
    }
}

/// The part of `sorted` that belongs to one month.
fn of_month<T>(sorted: &[T], month: usize, month_of: impl Fn(&T) -> usize) -> &[T] {
    let begin = sorted.partition_point(|one| month_of(one) < month);
    let end = sorted.partition_point(|one| month_of(one) <= month);
    sorted.get(begin..end).unwrap_or_default()
}
