//! What is written to tickets about early adopters.

use egi_model::early_adopter::Team;
use egi_model::participation::{Participation, ParticipationRecord};
use egi_model::ticket::TicketId;

use super::join;
use crate::participation::WordFault;

/// Teams were invited, or there are none.
#[must_use]
pub fn invited(title: &str, teams: &[&Team]) -> String {
    if teams.is_empty() {
        return format!(
            "No active early-adopter team volunteers for {title} on this platform: nobody was invited. A team can be added \
             with `nsrw ea load`; without any, it takes StageRollout-Override to accept the release."
        );
    }
    let names: Vec<String> = teams.iter().map(|team| format!("{} ({}, {})", team.name, team.site, team.ngi)).collect();
    format!("Early-adopter teams were invited to try {title}: {}.", names.join("; "))
}

/// What a team's own ticket is called.
#[must_use]
pub fn child_subject(title: &str, team: &Team) -> String {
    format!("Staged rollout of {title}: {}", team.name)
}

/// What a team's own ticket begins with.
#[must_use]
pub fn child_text(title: &str, release: TicketId, team: &Team, url: &str) -> String {
    format!(
        "Dear early adopters of {}, {title} is in staged rollout (ticket {release}), and you volunteer for it.\n\n\
         It can be installed from {url}\n\n\
         Please set Participation to Accepted or Declined. When you have tried it, set Outcome to Accept, \
         AcceptWithWarnings, Reject or Aborted, ReportURL to the link of your report, and ReportNote to what others should \
         know.",
        team.name
    )
}

/// A team's part changed.
#[must_use]
pub fn part(part: &ParticipationRecord) -> String {
    let who = format!("{} ({})", part.team, part.ngi);
    let Some(outcome) = part.outcome else {
        return match part.participation {
            Participation::Accepted => format!("{who} takes part in the staged rollout."),
            Participation::Declined => format!("{who} does not take part in the staged rollout."),
            Participation::Invited => format!("{who} was invited to the staged rollout."),
            Participation::NoAnswer => format!("{who} did not answer."),
        };
    };
    let link = part.report.as_ref().map(|link| format!(": {link}")).unwrap_or_default();
    let note = part.note.as_ref().map(|note| format!("\n{note}")).unwrap_or_default();
    let answer = part.answer.as_ref().map(|text| format!("\nAnswered: {text}")).unwrap_or_default();
    format!("{who} reported {outcome}{link}{note}{answer}")
}

/// A team's ticket can not be found any more.
#[must_use]
pub fn child_gone(part: &ParticipationRecord, why: &str) -> String {
    format!(
        "The ticket of {} in the staged rollout can not be used: {why}. What the team said is on record and stays; set the \
         ticket right, or report for the team with `nsrw ea`.",
        part.team
    )
}

/// Why a word does not count, and what would do.
#[must_use]
pub fn explain(fault: &WordFault) -> String {
    match fault {
        WordFault::NotInvited { invited } if invited.is_empty() => {
            "nobody was invited to the staged rollout of this release".to_owned()
        }
        WordFault::NotInvited { invited } => {
            format!("the team was not invited to this release's staged rollout; invited were {}", join(invited))
        }
        WordFault::NotInRollout { state } => {
            format!(
                "the release is not in staged rollout any more, or not yet: it stands in {state}; nothing was noted"
            )
        }
        WordFault::NotForTeam => {
            "the account does not speak for the team; add it to the team's members, or have a rollout-manager report"
                .to_owned()
        }
        WordFault::NotManager => "a reject is answered by somebody with the role rollout-manager".to_owned(),
        WordFault::OutcomeBeforeAcceptance => {
            "the team has not accepted to take part; accept first, then report the outcome".to_owned()
        }
        WordFault::SecondOutcome { had, given } => {
            format!("the team has reported {had} already; {given} was not noted. An outcome is reported once")
        }
        WordFault::ReportedAlready => "the team has reported an outcome already, so it can not decline".to_owned(),
        WordFault::LinkUnusable { given } => {
            format!("\"{given}\" is no link to a report; a link such as https://host/path is expected")
        }
        WordFault::NoReject => "the team has not rejected the release: there is nothing to answer".to_owned(),
        WordFault::Unreadable { why } => why.clone(),
    }
}

/// A word that does not count.
#[must_use]
pub fn not_noted(team: &str, by: &str, fault: &WordFault) -> String {
    format!("What {by} said of the team {team} was not noted: {}", explain(fault))
}
