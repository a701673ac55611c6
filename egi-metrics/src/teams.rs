//! What one ticket's participations add to the numbers of teams and NGIs.

use std::collections::BTreeSet;

use crate::columns::{FactColumns, Micros, NEVER, Name};
use crate::facts::{Participation, TeamOutcome};
use crate::log::Journey;
use crate::order::{TicketRows, participation_time};
use crate::quality::{ProblemKind, Reader};
use crate::record::RecordId;
use crate::rules::{Counter, is_known_before};
use crate::tally::Home;
use crate::trace::{Cell, Row};

/// One team's part in the release, as its columns have it.
#[derive(Debug, Clone, Copy)]
struct Part {
    row: usize,
    record: RecordId,
    team: Name,
    site: Name,
    ngi: Name,
    participation: Participation,
    outcome: Option<TeamOutcome>,
    invited: Micros,
    answered: Micros,
    finished: Micros,
}

impl Part {
    fn read(facts: &FactColumns, row: u32) -> Option<Self> {
        let (log, row) = (&facts.participations, row as usize);
        Some(Self {
            row,
            record: *log.record.get(row)?,
            team: *log.team.get(row)?,
            site: *log.site.get(row)?,
            ngi: *log.ngi.get(row)?,
            participation: *log.participation.get(row)?,
            outcome: *log.outcome.get(row)?,
            invited: *log.invited.get(row)?,
            answered: *log.answered.get(row)?,
            finished: *log.finished.get(row)?,
        })
    }

    /// Teams together; of one team what has the earliest outcome first.
    fn order(&self) -> (Name, bool, bool, Micros, u64) {
        let unknown = self.finished == NEVER;
        (self.team, self.outcome.is_none(), unknown, self.finished, self.record.order())
    }
}

/// Counts the ticket's participations. `ended` is when the release left staged rollout for an end; the answer is the
/// participations of the teams that had taken part and reported by the end of that month.
pub(crate) fn count(
    counter: &mut Counter<'_>,
    journey: &mut Journey<'_>,
    rows: TicketRows<'_>,
    ended: Option<Micros>,
) -> Vec<RecordId> {
    if rows.participations.is_empty() && rows.published.is_empty() {
        return Vec::new();
    }
    let facts = counter.facts;
    let mut parts: Vec<Part> = rows.participations.iter().filter_map(|row| Part::read(facts, *row)).collect();
    parts.sort_unstable_by_key(Part::order);
    let mut reader = Reader { facts, problems: &mut journey.problems };
    if rows.transitions.is_empty() && rows.submissions.is_empty() {
        report_stray(&mut reader, rows);
    }
    let mut distinct: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        if distinct.last().is_some_and(|before| before.team == part.team && part.team != Name::NONE) {
            let detail = format!("team {} takes part more than once", facts.names.show(part.team));
            tell(&mut reader, ProblemKind::DuplicateParticipation, rows.ticket, &part, detail);
        } else {
            distinct.push(part);
        }
    }
    // What a release is releases by is its first record, whatever its team is called.
    distinct.sort_unstable_by_key(|part| part.record.order());
    let month = ended.and_then(|ended| counter.window.place(ended));
    let mut reported = Vec::new();
    let mut releases = BTreeSet::new();
    for part in distinct {
        check(&mut reader, rows.ticket, &part, ended);
        count_part(counter, rows.ticket, &part, &mut releases);
        let known = month.is_some_and(|month| is_known_before(part.finished, counter.window.end(month)));
        if known && part.outcome.is_some() && part.participation == Participation::Accepted {
            reported.push(part.record);
        }
    }
    reported
}

/// `releases` are the NGIs that the release was counted for, by month.
fn count_part(counter: &mut Counter<'_>, ticket: u64, part: &Part, releases: &mut BTreeSet<(usize, Row)>) {
    for_team(counter, Cell::TeamInvited, part.invited, ticket, part);
    if part.participation == Participation::Declined {
        for_team(counter, Cell::TeamDeclined, part.answered, ticket, part);
    }
    // By its times and not by what is known today: a month's numbers do not depend on what happened after it.
    let asked_in = counter.window.place(part.invited);
    if asked_in.is_some_and(|month| !is_known_before(part.answered, counter.window.end(month))) {
        for_team(counter, Cell::TeamSilent, part.invited, ticket, part);
    }
    let Some(outcome) = part.outcome else { return };
    for_team(counter, Cell::TeamReleases, part.finished, ticket, part);
    let cell = match outcome {
        TeamOutcome::Accept => Cell::TeamAccepts,
        TeamOutcome::AcceptWithWarnings => Cell::TeamWarnings,
        TeamOutcome::Reject => Cell::TeamRejects,
        TeamOutcome::Aborted => Cell::TeamAborts,
    };
    for_team(counter, cell, part.finished, ticket, part);
    let ngi = Row::Named(part.ngi);
    counter.at(Cell::NgiParticipations, part.finished, ngi, ticket, Some(part.record));
    let Some(month) = counter.window.place(part.finished) else { return };
    for row in [ngi, Row::All] {
        if releases.insert((month, row)) {
            counter.at(Cell::NgiReleases, part.finished, row, ticket, Some(part.record));
        }
    }
}

/// Counts a participation for its team, and notes where the team is at home in that month.
fn for_team(counter: &mut Counter<'_>, cell: Cell, at: Micros, ticket: u64, part: &Part) {
    let Some(month) = counter.window.place(at) else { return };
    counter.at(cell, at, Row::Named(part.team), ticket, Some(part.record));
    counter.tally.note_home(month, part.team, Home { record: part.record.order(), site: part.site, ngi: part.ngi });
}

fn check(reader: &mut Reader<'_, '_>, ticket: u64, part: &Part, ended: Option<Micros>) {
    let facts = reader.facts;
    let as_of = reader.facts.as_of.timestamp_micros();
    if participation_time(&reader.facts.participations, part.row) > as_of {
        let detail = "a time of the participation lies after the facts were read".to_owned();
        tell(reader, ProblemKind::FutureTime, ticket, part, detail);
    }
    if [part.team, part.site, part.ngi].contains(&Name::NONE) {
        let team = reader.facts.names.show(part.team);
        let detail =
            if team.is_empty() { "no team is named".to_owned() } else { format!("team {team} has no site or no NGI") };
        tell(reader, ProblemKind::UnknownTeam, ticket, part, detail);
    }
    if part.outcome.is_none() {
        return;
    }
    let team = facts.names.show(part.team);
    if part.finished == NEVER {
        let detail = format!("nothing tells when team {team} reported its outcome");
        tell(reader, ProblemKind::OutcomeWithoutTime, ticket, part, detail);
        return;
    }
    if part.participation != Participation::Accepted || part.answered > part.finished {
        let detail = format!("team {team} reported an outcome and had not accepted to take part");
        tell(reader, ProblemKind::OutcomeBeforeAnswer, ticket, part, detail);
    }
    if ended.is_some_and(|ended| part.finished > ended) {
        let detail = format!("team {team} reported after the release had left staged rollout");
        tell(reader, ProblemKind::OutcomeAfterRollout, ticket, part, detail);
    }
}

fn tell(reader: &mut Reader<'_, '_>, kind: ProblemKind, ticket: u64, part: &Part, detail: String) {
    let at = participation_time(&reader.facts.participations, part.row);
    reader.alone(kind, Some(ticket), Some(part.record), at, detail);
}

/// Participations and reports of a ticket that the log knows nothing of.
fn report_stray(reader: &mut Reader<'_, '_>, rows: TicketRows<'_>) {
    let (log, published) = (&reader.facts.participations, &reader.facts.published);
    let parts = rows.participations.iter().map(|row| *row as usize);
    let parts = parts.map(|row| (log.record.get(row), participation_time(log, row)));
    let reports = rows.published.iter().map(|row| *row as usize);
    let reports = reports.filter_map(|row| Some((published.record.get(row), *published.at.get(row)?)));
    for (record, at) in parts.chain(reports) {
        let detail = format!("the log knows nothing of ticket {}", rows.ticket);
        reader.alone(ProblemKind::UnknownTicket, Some(rows.ticket), record.copied(), at, detail);
    }
}
