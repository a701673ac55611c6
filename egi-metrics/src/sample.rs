//! For tests: logs written as lines of text.

use chrono::{DateTime, NaiveDateTime, Utc};
use egi_model::history::Outcome;
use egi_model::month::Month;
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use crate::facts::{Facts, Submission, TransitionFact};
use crate::report::MonthReport;

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
pub(crate) fn facts(as_of: &str, lines: &str) -> Facts {
    let mut facts = Facts { transitions: Vec::new(), submitted: Vec::new(), as_of: at(as_of) };
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (when, number) = (at(&words[..2].join(" ")), ticket(words[2].parse().unwrap()));
        match words[3] {
            "created" => facts.submitted.push(Submission { ticket: number, at: when, record: None, by: None }),
            seq => facts.transitions.push(record(seq[1..].parse().unwrap(), number, when, &words[4..])),
        }
    }
    facts
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
        seq,
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
    }
}

/// A file of a report, with plain line ends.
pub(crate) fn file(report: &MonthReport, name: &str) -> String {
    let (_, bytes) = report.files().into_iter().find(|(file, _)| file == name).unwrap();
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}
