//! For tests: logs written as lines of text.

use chrono::{DateTime, NaiveDateTime, Utc};
use egi_model::history::Outcome;
use egi_model::month::Month;
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use crate::columns::FactColumns;
use crate::facts::{Facts, Participation, ParticipationFact, PublishedFact, Submission, TeamOutcome, TransitionFact};
use crate::format::Format;
use crate::record::RecordId;
use crate::report::{MonthReport, report};

/// An instant written as `2026-10-01 08:00`.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap().and_utc()
}

pub(crate) fn month(text: &str) -> Month {
    text.parse().unwrap()
}

pub(crate) fn ticket(number: u64) -> TicketId {
    TicketId::new(number).unwrap()
}

/// Facts from lines. `2026-10-01 08:00 7 created` is a creation; `2026-10-01 09:00 7 #3 Submitted > Unverified` is record
/// 3 of the log, performed. Words behind it: `deferred`, `failed`, `refused`, `emergency`, `by=NAME`, `from=PROVIDER`.
/// `2026-10-01 09:00 7 published` is a report, `2026-10-01 09:00 7 team=A ngi=N site=S` a participation that was asked
/// for then; words behind it: `answered=2026-10-02`, `finished=2026-10-03`, `as=Accept`, `is=Declined`.
pub(crate) fn facts(as_of: &str, lines: &str) -> Facts {
    let mut facts = Facts::none(at(as_of));
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (when, number) = (at(&words[..2].join(" ")), ticket(words[2].parse().unwrap()));
        match words[3] {
            "created" => facts.submitted.push(Submission { ticket: number, at: when, record: None, by: None }),
            "published" => {
                let record = RecordId::own(facts.published.len() as u64 + 1);
                facts.published.push(PublishedFact { record, ticket: number, at: when, link: None });
            }
            word if word.starts_with("team=") => {
                let record = RecordId::own(facts.participations.len() as u64 + 1);
                facts.participations.push(part(record, number, when, &words[3..]));
            }
            seq => facts.transitions.push(record(seq[1..].parse().unwrap(), number, when, &words[4..])),
        }
    }
    facts
}

fn part(record: RecordId, ticket: TicketId, invited: DateTime<Utc>, words: &[&str]) -> ParticipationFact {
    let value = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)).map(str::to_owned);
    let day = |key: &str| value(key).map(|day| at(&format!("{day} 00:00")));
    let (answered, finished) = (day("answered="), day("finished="));
    let outcome = value("as=").map(|word| *TeamOutcome::ALL.iter().find(|one| one.as_str() == word).unwrap());
    let said = value("is=").map(|word| *Participation::ALL.iter().find(|one| one.as_str() == word).unwrap());
    let guess = if answered.is_some() { Participation::Accepted } else { Participation::Invited };
    ParticipationFact {
        record,
        ticket,
        team: value("team=").unwrap(),
        site: value("site="),
        ngi: value("ngi="),
        participation: said.unwrap_or(guess),
        outcome,
        invited: Some(invited),
        answered,
        started: answered,
        finished,
        report: None,
    }
}

fn record(seq: u64, ticket: TicketId, at: DateTime<Utc>, words: &[&str]) -> TransitionFact {
    let said = |word: &str| words.contains(&word);
    let value = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)).map(str::to_owned);
    let asked: RolloutState = words[2].parse().unwrap();
    let (outcome, to) = match () {
        () if said("deferred") => (Outcome::Deferred, RolloutState::Deferred),
        () if said("failed") => (Outcome::Failed, RolloutState::Failed),
        () if said("refused") => (Outcome::Refused, RolloutState::Failed),
        () => (Outcome::Performed, asked),
    };
    TransitionFact {
        record: RecordId::own(seq),
        ticket,
        at,
        from: words[0].parse().unwrap(),
        asked,
        to,
        outcome,
        by: value("by="),
        emergency: if said("emergency") { Emergency::Yes } else { Emergency::No },
        provider: value("from="),
        release: value("release="),
        reasons: value("why="),
    }
}

/// A file of a report on some months, with plain line ends.
pub(crate) fn sheet(facts: &Facts, first: &str, last: &str, name: &str) -> String {
    let columns = FactColumns::of(facts);
    let mut bytes = Vec::new();
    report(&columns, month(first), month(last)).write(name, Format::Csv, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

/// The typed results of one month.
pub(crate) fn month_report(facts: &Facts, of: &str) -> MonthReport {
    month_reports(facts, of, of).pop().unwrap()
}

/// The typed results of some months.
pub(crate) fn month_reports(facts: &Facts, first: &str, last: &str) -> Vec<MonthReport> {
    let columns = FactColumns::of(facts);
    report(&columns, month(first), month(last)).months
}
