//! One row of a file of facts, from text to a fact.

use chrono::{DateTime, NaiveDateTime, Utc};
use egi_model::history::Outcome;
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use super::{FileFault, Kind};
use crate::facts::{Facts, Participation, ParticipationFact, PublishedFact, Submission, TeamOutcome, TransitionFact};
use crate::record::{RecordId, Sources};

/// The value can not be used, and its fault is noted.
struct Noted;

/// The texts of a row: one for each of the kind's columns, `None` where it has no value.
pub(super) struct RowText<'r> {
    pub(super) kind: Kind,
    /// The line, for faults.
    pub(super) line: u64,
    pub(super) values: &'r [Option<&'r str>],
    pub(super) sources: &'r Sources,
    /// The source of rows that name none.
    pub(super) default_source: Option<&'r str>,
    pub(super) faults: &'r mut Vec<FileFault>,
}

impl RowText<'_> {
    /// Adds the row to `facts`, or tells every fault it has.
    pub(super) fn read_into(mut self, facts: &mut Facts) {
        match self.kind {
            Kind::Transitions => facts.transitions.extend(self.transition()),
            Kind::Submissions => facts.submitted.extend(self.submission()),
            Kind::Participations => facts.participations.extend(self.participation()),
            Kind::Reports => facts.published.extend(self.published()),
        }
    }

    // Every column is looked at before the first that fails decides: all faults are told at once.
    fn transition(&mut self) -> Option<TransitionFact> {
        let (record, ticket, at) = (self.record(), self.ticket(), self.time("at"));
        let (from, to) = (self.state("from"), self.state("to"));
        let asked = if self.get("asked").is_some() { self.state("asked") } else { to };
        let outcome = self.one_of("outcome", &OUTCOMES, Outcome::as_str);
        let emergency = self.emergency();
        Some(TransitionFact {
            record: record?,
            ticket: ticket?,
            at: at.ok()??,
            from: from?,
            asked: asked?,
            to: to?,
            outcome: outcome.ok()?.unwrap_or(Outcome::Performed),
            by: self.text("by"),
            emergency: emergency?,
            provider: self.text("provider"),
            release: self.text("release"),
            reasons: self.text("reasons"),
        })
    }

    fn submission(&mut self) -> Option<Submission> {
        let record = if self.get("record").is_some() { Some(self.record()) } else { None };
        let (ticket, at) = (self.ticket(), self.time("at"));
        let record = match record {
            Some(record) => Some(record?),
            None => None,
        };
        Some(Submission { ticket: ticket?, at: at.ok()??, record, by: self.text("by") })
    }

    fn participation(&mut self) -> Option<ParticipationFact> {
        let (record, ticket) = (self.record(), self.ticket());
        let team = self.needed("team").map(str::to_owned);
        let participation = self.one_of("participation", &Participation::ALL, Participation::as_str);
        let outcome = self.one_of("outcome", &TeamOutcome::ALL, TeamOutcome::as_str);
        let times = ["invited", "answered", "started", "finished"].map(|column| self.time(column));
        let [invited, answered, started, finished] = times;
        self.needed("participation")?;
        Some(ParticipationFact {
            record: record?,
            ticket: ticket?,
            team: team?,
            site: self.text("site"),
            ngi: self.text("ngi"),
            participation: participation.ok()??,
            outcome: outcome.ok()?,
            invited: invited.ok()?,
            answered: answered.ok()?,
            started: started.ok()?,
            finished: finished.ok()?,
            report: self.text("report"),
        })
    }

    fn published(&mut self) -> Option<PublishedFact> {
        let (record, ticket, at) = (self.record(), self.ticket(), self.time("at"));
        Some(PublishedFact { record: record?, ticket: ticket?, at: at.ok()??, link: self.text("link") })
    }

    fn get(&self, column: &str) -> Option<&str> {
        let place = self.kind.columns().iter().position(|known| known.spec.name == column)?;
        self.values.get(place).copied().flatten().filter(|text| !text.is_empty())
    }

    fn text(&self, column: &str) -> Option<String> {
        self.get(column).map(str::to_owned)
    }

    fn fault<T>(&mut self, column: &str, message: String) -> Option<T> {
        self.faults.push(FileFault { line: Some(self.line), column: Some(column.to_owned()), message });
        None
    }

    fn needed(&mut self, column: &str) -> Option<&str> {
        if self.get(column).is_none() {
            return self.fault(column, "is empty; every row needs one".to_owned());
        }
        self.get(column)
    }

    fn number(&mut self, column: &str, most: u64) -> Option<u64> {
        let text = self.needed(column)?.to_owned();
        match text.parse() {
            Ok(number) if (1..=most).contains(&number) => Some(number),
            _ => self.fault(column, format!("\"{text}\" is no whole number from 1 to {most}")),
        }
    }

    fn ticket(&mut self) -> Option<TicketId> {
        let number = self.number("ticket", i64::MAX.cast_unsigned())?;
        TicketId::new(number)
    }

    fn record(&mut self) -> Option<RecordId> {
        let number = self.number("record", RecordId::MAX_NUMBER)?;
        let source = self.get("source").or(self.default_source);
        match source.map(|name| self.sources.find(name)) {
            None => Some(RecordId::own(number)),
            Some(Some(source)) => Some(RecordId::of(source, number)),
            Some(None) => self.fault("source", "is one source too many".to_owned()),
        }
    }

    /// `None` where there is no time and none is needed.
    fn time(&mut self, column: &str) -> Result<Option<DateTime<Utc>>, Noted> {
        let is_needed = self.kind.columns().iter().any(|known| known.spec.name == column && known.needed);
        let Some(text) = self.get(column).map(str::to_owned) else {
            return if is_needed { self.needed(column).map(|_| None).ok_or(Noted) } else { Ok(None) };
        };
        match parse_time(&text) {
            Some(at) => Ok(Some(at)),
            None => self.fault(column, format!("\"{text}\" is no time; write it as 2026-11-01T08:00:00Z")).ok_or(Noted),
        }
    }

    fn state(&mut self, column: &str) -> Option<RolloutState> {
        let parsed = self.needed(column)?.parse::<RolloutState>();
        parsed.map_or_else(|error| self.fault(column, error.to_string()), Some)
    }

    /// `None` where there is no value.
    fn one_of<T: Copy>(&mut self, column: &str, known: &[T], word: fn(T) -> &'static str) -> Result<Option<T>, Noted> {
        let Some(text) = self.get(column).map(str::to_owned) else { return Ok(None) };
        match known.iter().find(|one| word(**one).eq_ignore_ascii_case(&text)) {
            Some(one) => Ok(Some(*one)),
            None => {
                let words: Vec<&str> = known.iter().copied().map(word).collect();
                self.fault(column, format!("\"{text}\" is none of {}", words.join(", "))).ok_or(Noted)
            }
        }
    }

    fn emergency(&mut self) -> Option<Emergency> {
        match self.get("emergency").map(str::to_ascii_lowercase).as_deref() {
            None | Some("no" | "false" | "0") => Some(Emergency::No),
            Some("yes" | "true" | "1") => Some(Emergency::Yes),
            Some(other) => {
                let message = format!("\"{other}\" is neither Yes nor No");
                self.fault("emergency", message)
            }
        }
    }
}

const OUTCOMES: [Outcome; 5] =
    [Outcome::Performed, Outcome::Deferred, Outcome::Refused, Outcome::Failed, Outcome::Disregarded];

/// A time as RFC 3339 has it, or without a zone in UTC.
pub(super) fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
        .into_iter()
        .find_map(|pattern| NaiveDateTime::parse_from_str(text, pattern).ok())
        .map(|at| at.and_utc())
}
