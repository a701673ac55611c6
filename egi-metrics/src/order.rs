//! Puts facts into their order: ticket by ticket, and within a ticket as the records' numbers have it.

use crate::columns::{FactColumns, Names, Participations, Published, Submissions, Transitions};
use crate::quality::{Problem, ProblemKind, Reader};
use crate::record::RecordId;

/// The rows of every ticket, for each kind of fact.
#[derive(Debug)]
pub(crate) struct Ordered {
    transitions: Grouped,
    submissions: Grouped,
    participations: Grouped,
    published: Grouped,
    /// What is odd about records as such: numbers that occur twice.
    pub(crate) problems: Vec<Problem>,
}

/// Row numbers, ticket by ticket.
#[derive(Debug, Default)]
struct Grouped {
    /// Each ticket once, ascending.
    tickets: Vec<u64>,
    /// Where the rows of each ticket begin, and where the last end.
    starts: Vec<u32>,
    rows: Vec<u32>,
}

/// All tickets from one to another, to be taken one after the other.
#[derive(Debug)]
pub(crate) struct Tickets<'o>([Run<'o>; 4]);

#[derive(Debug, Clone, Copy)]
struct Run<'o> {
    tickets: &'o [u64],
    starts: &'o [u32],
    rows: &'o [u32],
}

/// The rows of one ticket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TicketRows<'o> {
    pub(crate) ticket: u64,
    pub(crate) transitions: &'o [u32],
    pub(crate) submissions: &'o [u32],
    pub(crate) participations: &'o [u32],
    pub(crate) published: &'o [u32],
}

impl Ordered {
    pub(crate) fn of(facts: &FactColumns) -> Self {
        let mut problems = Vec::new();
        let mut reader = Reader { facts, problems: &mut problems };
        let transitions = distinct_transitions(&facts.transitions, &mut reader);
        let submissions = ordered_submissions(&facts.submissions);
        let participations = distinct_participations(&facts.participations, &mut reader);
        let published = ordered_published(&facts.published);
        Self {
            transitions: Grouped::of(&facts.transitions.ticket, transitions),
            submissions: Grouped::of(&facts.submissions.ticket, submissions),
            participations: Grouped::of(&facts.participations.ticket, participations),
            published: Grouped::of(&facts.published.ticket, published),
            problems,
        }
    }

    pub(crate) fn tickets(&self) -> Tickets<'_> {
        Tickets([self.transitions.run(), self.submissions.run(), self.participations.run(), self.published.run()])
    }
}

impl Tickets<'_> {
    /// Splits into parts of about equal size, in order. There may be fewer than asked for.
    pub(crate) fn split(self, parts: usize) -> Vec<Self> {
        let [longest, ..] = self.0;
        let mut rest = self;
        let mut split = Vec::with_capacity(parts);
        for part in 1..parts {
            let Some(bound) = longest.tickets.get(longest.tickets.len() * part / parts) else { break };
            let halves = rest.0.map(|run| run.split_before(*bound));
            split.push(Self(halves.map(|(before, _)| before)));
            rest = Self(halves.map(|(_, after)| after));
        }
        split.push(rest);
        split
    }
}

impl<'o> Iterator for Tickets<'o> {
    type Item = TicketRows<'o>;

    fn next(&mut self) -> Option<TicketRows<'o>> {
        let ticket = self.0.iter().filter_map(|run| run.tickets.first()).min().copied()?;
        let [transitions, submissions, participations, published] = self.0.each_mut().map(|run| run.take(ticket));
        Some(TicketRows { ticket, transitions, submissions, participations, published })
    }
}

impl<'o> Run<'o> {
    /// The rows of `ticket`, if it is the next one.
    fn take(&mut self, ticket: u64) -> &'o [u32] {
        let (Some((first, tickets)), [begin, starts @ ..]) = (self.tickets.split_first(), self.starts) else {
            return &[];
        };
        let Some(end) = starts.first().filter(|_| *first == ticket) else { return &[] };
        (self.tickets, self.starts) = (tickets, starts);
        self.rows.get(*begin as usize..*end as usize).unwrap_or_default()
    }

    fn split_before(self, ticket: u64) -> (Self, Self) {
        let at = self.tickets.partition_point(|known| *known < ticket);
        let (before, after) = self.tickets.split_at(at);
        let start = |from: usize, to: usize| self.starts.get(from..to).unwrap_or_default();
        let first = Self { tickets: before, starts: start(0, at + 1), rows: self.rows };
        (first, Self { tickets: after, starts: start(at, self.starts.len()), rows: self.rows })
    }
}

impl Grouped {
    /// Groups `rows` by ticket; within a ticket their order stays.
    fn of(ticket_of: &[u64], mut rows: Vec<u32>) -> Self {
        let ticket = |row: &u32| ticket_of.get(*row as usize).copied().unwrap_or_default();
        if !rows.is_sorted_by_key(ticket) {
            rows = sorted_by_ticket(&rows, ticket);
        }
        let mut grouped = Self { tickets: Vec::new(), starts: Vec::new(), rows };
        for (place, row) in (0_u32..).zip(&grouped.rows) {
            if grouped.tickets.last() != Some(&ticket(row)) {
                grouped.tickets.push(ticket(row));
                grouped.starts.push(place);
            }
        }
        grouped.starts.push(u32::try_from(grouped.rows.len()).unwrap_or(u32::MAX));
        grouped
    }

    fn run(&self) -> Run<'_> {
        Run { tickets: &self.tickets, starts: &self.starts, rows: &self.rows }
    }
}

/// A stable sort. Ticket numbers mostly lie close together: then they are counted, which takes two looks at each row.
fn sorted_by_ticket(rows: &[u32], ticket: impl Fn(&u32) -> u64) -> Vec<u32> {
    let (least, most) = rows.iter().fold((u64::MAX, 0), |(least, most), row| {
        let ticket = ticket(row);
        (ticket.min(least), ticket.max(most))
    });
    let Some(span) = usize::try_from(most - least).ok().filter(|span| span / 8 <= rows.len()) else {
        let mut sorted = rows.to_vec();
        sorted.sort_by_key(ticket);
        return sorted;
    };
    let slot = |row: &u32| usize::try_from(ticket(row) - least).unwrap_or(span);
    let mut places = vec![0_u32; span + 2];
    for row in rows {
        if let Some(count) = places.get_mut(slot(row) + 1) {
            *count += 1;
        }
    }
    let mut before = 0;
    for place in &mut places {
        before += *place;
        *place = before;
    }
    let mut sorted = vec![0; rows.len()];
    for row in rows {
        let Some(place) = places.get_mut(slot(row)) else { continue };
        if let Some(cell) = sorted.get_mut(*place as usize) {
            *cell = *row;
        }
        *place += 1;
    }
    sorted
}

fn all_rows<T>(column: &[T]) -> Vec<u32> {
    (0..u32::try_from(column.len()).unwrap_or(u32::MAX)).collect()
}

/// Whether every record's number occurs once, in ascending order: then the rows are in their order already.
fn in_order(records: &[RecordId]) -> bool {
    records.is_sorted_by(|a, b| a.order() < b.order())
}

/// The log's records, each number once. Of several with one number, the choice does not depend on the order they came
/// in.
fn distinct_transitions(log: &Transitions, reader: &mut Reader<'_, '_>) -> Vec<u32> {
    let mut rows = all_rows(&log.record);
    if in_order(&log.record) {
        return rows;
    }
    let names = &reader.facts.names;
    let key = |row: &u32| transition_key(log, names, *row);
    rows.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    let mut kept: Vec<u32> = Vec::with_capacity(rows.len());
    for row in rows {
        let at = row as usize;
        let former = kept.last().copied().filter(|former| log.record.get(*former as usize) == log.record.get(at));
        match (former, log.record.get(at), log.ticket.get(at), log.at.get(at)) {
            (Some(former), Some(record), Some(ticket), Some(when)) => {
                let same = key(&former) == key(&row);
                let number = reader.facts.sources.show(*record);
                let detail = if same {
                    format!("record {number} occurs more than once")
                } else {
                    format!("record {number} occurs more than once, with different content")
                };
                reader.alone(ProblemKind::DuplicateRecord, Some(*ticket), Some(*record), *when, detail);
            }
            _ => kept.push(row),
        }
    }
    kept
}

fn transition_key<'t>(log: &'t Transitions, names: &'t Names, row: u32) -> impl Ord + 't {
    let at = row as usize;
    let states = [&log.from, &log.asked, &log.to].map(|column| column.get(at));
    let (outcome, emergency) = (log.outcome.get(at).map(|outcome| outcome.as_str()), log.emergency.get(at));
    let provider = log.provider.get(at).map(|provider| names.show(*provider));
    let texts = (log.by.get(row), provider, log.release.get(row), log.reasons.get(row));
    let place = (log.record.get(at).map(|record| record.order()), log.at.get(at), log.ticket.get(at));
    (place, states, outcome, emergency, texts)
}

/// The participations in their order, each number once.
fn distinct_participations(log: &Participations, reader: &mut Reader<'_, '_>) -> Vec<u32> {
    let mut rows = all_rows(&log.record);
    if in_order(&log.record) {
        return rows;
    }
    let known = &reader.facts.names;
    let key = |row: &u32| {
        let at = *row as usize;
        let times = [&log.invited, &log.answered, &log.finished].map(|column| column.get(at));
        let names = [&log.team, &log.site, &log.ngi].map(|column| column.get(at).map(|name| known.show(*name)));
        let order = log.record.get(at).map(|record| record.order());
        (order, log.ticket.get(at), names, log.participation.get(at), log.outcome.get(at), times)
    };
    rows.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    rows.dedup_by(|row, former| {
        let at = *row as usize;
        let twice = log.record.get(*former as usize) == log.record.get(at);
        if let (true, Some(record), Some(ticket)) = (twice, log.record.get(at), log.ticket.get(at)) {
            let detail = format!("participation {} occurs more than once", reader.facts.sources.show(*record));
            let when = participation_time(log, at);
            reader.alone(ProblemKind::DuplicateParticipation, Some(*ticket), Some(*record), when, detail);
        }
        twice
    });
    rows
}

/// The latest time a participation tells of.
pub(crate) fn participation_time(log: &Participations, at: usize) -> i64 {
    let times = [&log.invited, &log.answered, &log.finished].map(|column| column.get(at).copied());
    times.into_iter().flatten().max().unwrap_or(crate::columns::NEVER)
}

fn ordered_submissions(created: &Submissions) -> Vec<u32> {
    let mut rows = all_rows(&created.ticket);
    rows.sort_by(|a, b| {
        let key = |row: u32| {
            let at = row as usize;
            (created.ticket.get(at), created.at.get(at), created.record.get(at).copied().flatten(), created.by.get(row))
        };
        key(*a).cmp(&key(*b))
    });
    rows
}

fn ordered_published(published: &Published) -> Vec<u32> {
    let mut rows = all_rows(&published.ticket);
    rows.sort_by_key(|row| {
        let at = *row as usize;
        (published.ticket.get(at).copied(), published.at.get(at).copied(), published.record.get(at).map(|r| r.order()))
    });
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_grouped_and_keep_their_order_whether_tickets_are_close_or_far() {
        for far in [1, 1_000_000_007] {
            let tickets: Vec<u64> = [5, 3, 5, 4, 3, 5].into_iter().map(|ticket| ticket * far).collect();
            let grouped = Grouped::of(&tickets, vec![0, 1, 2, 3, 4, 5]);
            assert_eq!(grouped.tickets, [3 * far, 4 * far, 5 * far]);
            assert_eq!((grouped.starts, grouped.rows), (vec![0, 2, 3, 6], vec![1, 4, 3, 0, 2, 5]));
        }
    }
}
