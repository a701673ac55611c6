//! The consolidated report of one staged rollout: what each early-adopter team found, with the warnings that the specification
//! wants listed. As Markdown and as PDF, of the same content.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use egi_model::participation::{Participation, ParticipationRecord, TeamOutcome};
use egi_model::ticket::TicketId;
use serde::Serialize;

use super::error::PaperError;
use super::export::{Sheet, print};
use super::template::Template;

/// The content of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Consolidated {
    /// Whose report it is.
    pub site: String,
    /// The release's ticket.
    pub ticket: TicketId,
    /// Product and version.
    pub release: String,
    /// In a sentence, how it went.
    pub summary: String,
    /// What else there is to know, in the order it is shown.
    pub facts: Vec<Fact>,
    /// What the teams want others to know.
    pub warnings: Vec<Remark>,
    /// Why teams rejected the release, and what was answered.
    pub rejects: Vec<Remark>,
    /// Every team that was invited.
    pub teams: Vec<TeamRow>,
    /// Until when the records were read, such as `2026-12-01 00:00 UTC`.
    pub read_until: String,
}

/// A fact with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is.
    pub name: &'static str,
    /// What it says.
    pub value: String,
}

/// What a team said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// The team.
    pub team: String,
    /// What.
    pub text: String,
}

/// A team's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TeamRow {
    /// The team.
    pub team: String,
    /// Its NGI.
    pub ngi: String,
    /// Whether it takes part.
    pub participation: &'static str,
    /// How it went.
    pub outcome: Option<&'static str>,
    /// Link to its report.
    pub report: Option<String>,
}

impl Consolidated {
    /// The report of a release's staged rollout, from the teams' parts in it.
    #[must_use]
    pub fn of(
        site: &str,
        ticket: TicketId,
        release: &str,
        facts: Vec<Fact>,
        parts: &[ParticipationRecord],
        read: DateTime<Utc>,
    ) -> Self {
        let unsaid = || "no words were given; see the team's report".to_owned();
        let warned = parts.iter().filter(|part| part.outcome == Some(TeamOutcome::AcceptWithWarnings));
        let noted = parts.iter().filter(|part| part.outcome == Some(TeamOutcome::Accept) && part.note.is_some());
        let remark = |part: &ParticipationRecord, text: String| Remark { team: part.team.to_string(), text };
        let warnings = warned.chain(noted).map(|part| remark(part, part.note.clone().unwrap_or_else(unsaid)));
        let rejects = parts.iter().filter(|part| part.outcome == Some(TeamOutcome::Reject)).map(|part| {
            let why = part.note.clone().unwrap_or_else(unsaid);
            let answer =
                part.answer.as_ref().map_or_else(|| "not answered".to_owned(), |text| format!("answered: {text}"));
            remark(part, format!("{why} ({answer})"))
        });
        Self {
            site: site.to_owned(),
            ticket,
            release: release.to_owned(),
            summary: summary(parts),
            facts,
            warnings: warnings.collect(),
            rejects: rejects.collect(),
            teams: parts.iter().map(row).collect(),
            read_until: read.format(super::assemble::INSTANT).to_string(),
        }
    }

    /// The report as Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = format!("# Staged rollout of {}\n\n{}\n\n", plain(&self.release), self.summary);
        // Writing to a String can not fail.
        for fact in &self.facts {
            let _ = writeln!(text, "- {}: {}", fact.name, plain(&fact.value));
        }
        for (title, remarks) in [("Warnings", &self.warnings), ("Rejects", &self.rejects)] {
            if !remarks.is_empty() {
                let _ = writeln!(text, "\n## {title}\n");
            }
            for remark in remarks {
                let _ = writeln!(text, "- **{}**: {}", plain(&remark.team), plain(&remark.text));
            }
        }
        text.push_str(
            "\n## Teams\n\n| Team | NGI | Takes part | Outcome | Report |\n| --- | --- | --- | --- | --- |\n",
        );
        for row in &self.teams {
            let link = row.report.as_ref().map_or_else(|| "–".to_owned(), |link| format!("<{}>", plain(link)));
            let (team, ngi, outcome) = (plain(&row.team), plain(&row.ngi), row.outcome.unwrap_or("–"));
            let _ = writeln!(text, "| {team} | {ngi} | {} | {outcome} | {link} |", row.participation);
        }
        let _ = writeln!(text, "\nTicket {}. Records read until {}.", self.ticket, self.read_until);
        text
    }

    /// The report as PDF, by the layout that comes with the program. The same content gives the same bytes.
    pub fn render_pdf(&self) -> Result<Vec<u8>, PaperError> {
        let template = Template::new("consolidated.typ", include_str!("../../templates/consolidated.typ"));
        let json = serde_json::to_string(self).map_err(|source| PaperError::Content { source })?;
        let ident = format!("nsrw staged rollout {} {}", self.site, self.ticket);
        print(&template, &Sheet { json, files: Vec::new(), ident, read_until: &self.read_until })
    }
}

/// Text of people within Markdown: in one line, and without what has a meaning there.
fn plain(text: &str) -> String {
    let escaped = text.chars().flat_map(|c| match c {
        '\n' | '\r' | '\t' => vec![' '],
        '|' | '*' | '_' | '`' | '<' | '>' | '[' | ']' | '#' | '\\' => vec!['\\', c],
        c => vec![c],
    });
    escaped.collect()
}

fn row(part: &ParticipationRecord) -> TeamRow {
    TeamRow {
        team: part.team.to_string(),
        ngi: part.ngi.clone(),
        participation: part.participation.as_str(),
        outcome: part.outcome.map(TeamOutcome::as_str),
        report: part.report.clone(),
    }
}

fn summary(parts: &[ParticipationRecord]) -> String {
    let count = |is_it: &dyn Fn(&ParticipationRecord) -> bool| parts.iter().filter(|part| is_it(part)).count();
    let outcome = |wanted: TeamOutcome| count(&|part| part.outcome == Some(wanted));
    format!(
        "{} early-adopter teams were invited, {} took part, {} declined and {} have not answered. {} accepted the release, {} with \
         warnings; {} rejected it, {} gave up, and {} have not reported.",
        parts.len(),
        count(&|part| part.participation == Participation::Accepted),
        count(&|part| part.participation == Participation::Declined),
        count(&|part| matches!(part.participation, Participation::Invited | Participation::NoAnswer)),
        outcome(TeamOutcome::Accept) + outcome(TeamOutcome::AcceptWithWarnings),
        outcome(TeamOutcome::AcceptWithWarnings),
        outcome(TeamOutcome::Reject),
        outcome(TeamOutcome::Aborted),
        count(&ParticipationRecord::is_outstanding),
    )
}
