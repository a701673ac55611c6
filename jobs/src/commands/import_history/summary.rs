//! What an import read, imported and left, and why.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use egi_store::Imported;
use serde::Serialize;

use super::sort::Skipped;

/// How many unreadable changes are told one by one.
const SHOWN: usize = 20;

/// The outcome of one run.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    /// Transactions that RT told of.
    pub(super) read: u64,
    imported: Imported,
    /// Changes that are forbidden today and were imported as they happened.
    forbidden: Vec<Forbidden>,
    left: Left,
}

/// Changes of one kind that are forbidden today.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Forbidden {
    from: RolloutState,
    to: RolloutState,
    changes: u64,
}

/// What was not imported because of what it is.
#[derive(Debug, Default, Serialize)]
struct Left {
    deleted: BTreeSet<TicketId>,
    merged: BTreeSet<TicketId>,
    hidden: BTreeSet<TicketId>,
    /// Changes of a state's spelling alone.
    respelled: u64,
    /// Changes with a value that is no state.
    unreadable: u64,
    /// The first of them.
    examples: Vec<Unreadable>,
}

/// A change that could not be read.
#[derive(Debug, Serialize)]
struct Unreadable {
    ticket: TicketId,
    transaction: u64,
    why: String,
}

impl Summary {
    /// Counts something that was not imported.
    pub(super) fn skip(&mut self, ticket: TicketId, transaction: u64, why: Skipped) {
        let left = &mut self.left;
        match why {
            Skipped::Deleted => drop(left.deleted.insert(ticket)),
            Skipped::Merged => drop(left.merged.insert(ticket)),
            Skipped::Hidden => drop(left.hidden.insert(ticket)),
            Skipped::Respelled => left.respelled += 1,
            Skipped::Unreadable(unknown) => {
                left.unreadable += 1;
                if left.examples.len() < SHOWN {
                    left.examples.push(Unreadable { ticket, transaction, why: unknown.to_string() });
                }
            }
        }
    }

    /// Adds what became of a portion.
    pub(super) fn take(&mut self, imported: Imported) {
        self.imported.add(imported);
        let forbidden = self.imported.forbidden.iter();
        self.forbidden =
            forbidden.map(|((from, to), changes)| Forbidden { from: *from, to: *to, changes: *changes }).collect();
    }

    /// Whether something that belongs to the past could not be imported.
    pub(super) const fn has_faults(&self) -> bool {
        self.left.unreadable > 0 || self.imported.late > 0
    }

    /// The summary for people.
    pub(super) fn render(&self) -> String {
        let Self { read, imported, forbidden, left } = self;
        let mut out = format!(
            "{read} creations and changes read: {} releases put on record, {} changes appended to the log, {} known before\n",
            imported.releases, imported.changes, imported.known
        );
        if imported.attempts > 0 {
            let _ = writeln!(
                out,
                "{} more were not carried out: the repository's Failed or Deferred that followed stands for both",
                imported.attempts
            );
        }
        // Writing to a `String` can not fail, so the results of `writeln!` are dropped.
        let mut tell = |tickets: &BTreeSet<TicketId>, why: &str| {
            if !tickets.is_empty() {
                let _ = writeln!(out, "left alone, {why}: {}", listed(tickets));
            }
        };
        tell(&imported.own, "because nsrw works on them itself");
        tell(&left.deleted, "deleted in RT");
        tell(&left.merged, "merged into another ticket");
        tell(&left.hidden, "not shown by RT (deleted, merged, moved away, or no right to them)");
        if left.respelled > 0 {
            let _ = writeln!(out, "left out: {} changes of a state's spelling alone", left.respelled);
        }
        for Forbidden { from, to, changes } in forbidden {
            let _ = writeln!(out, "imported although forbidden today: {from} -> {to} ({changes} of them)");
        }
        if imported.late > 0 {
            let late = imported.late;
            let _ = writeln!(
                out,
                "not imported: {late} changes that lie before one of their ticket which the log has already"
            );
        }
        for Unreadable { ticket, transaction, why } in &left.examples {
            let _ = writeln!(out, "not imported: transaction {transaction} of ticket {ticket}: {why}");
        }
        let untold = left.unreadable.saturating_sub(left.examples.len() as u64);
        if untold > 0 {
            let _ = writeln!(out, "not imported: {untold} more with a value that is no state");
        }
        out
    }
}

/// The tickets, the first of many.
fn listed(tickets: &BTreeSet<TicketId>) -> String {
    let first: Vec<String> = tickets.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = if tickets.len() > SHOWN { ", ..." } else { "" };
    let noun = if tickets.len() == 1 { "ticket" } else { "tickets" };
    format!("{} {noun} ({}{more})", tickets.len(), first.join(", "))
}
