//! What becomes of a team's part when somebody says something about it. Pure.

use egi_model::field::Field;
use egi_model::participation::{ChildTicket, Participation, ParticipationRecord, TeamOutcome, TeamWord, Word};
use egi_model::role::{Actor, Role};
use egi_model::rollout::RolloutState;

use crate::record::ReleaseRecord;

/// What a word leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// The team's part is this from now on.
    Now(Box<ParticipationRecord>),
    /// It was so already.
    Unchanged,
}

/// Why a word does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WordFault {
    /// The team was not asked.
    NotInvited {
        /// Those that were.
        invited: Vec<String>,
    },
    /// The release is not in staged rollout.
    NotInRollout {
        /// Where it stands.
        state: RolloutState,
    },
    /// Whoever said it may not speak for the team.
    NotForTeam,
    /// Only the manager of the staged rollout answers a reject.
    NotManager,
    /// The team has not said that it takes part.
    OutcomeBeforeAcceptance,
    /// The team has reported something else.
    SecondOutcome {
        /// What.
        had: TeamOutcome,
        /// What it would be now.
        given: TeamOutcome,
    },
    /// The team has reported, so it takes part.
    ReportedAlready,
    /// The link is none.
    LinkUnusable {
        /// As it was given.
        given: String,
    },
    /// There is no reject to answer.
    NoReject,
    /// A field of the team's ticket has a value nobody knows.
    Unreadable {
        /// What is wrong and what would do.
        why: String,
    },
}

/// Judges a word. `part` is the team's part, and `invited` are the teams that were asked.
pub fn judge(
    word: &TeamWord,
    part: Option<&ParticipationRecord>,
    invited: &[String],
    release: &ReleaseRecord,
    by: &Actor,
) -> Result<Judged, WordFault> {
    let Some(part) = part else {
        return Err(WordFault::NotInvited { invited: invited.to_vec() });
    };
    if release.stood != RolloutState::StageRollout {
        return Err(WordFault::NotInRollout { state: release.state });
    }
    let manager = by.holds_any(&[Role::RolloutManager]);
    let member = word.vouched || part.members.contains(&by.name);
    match &word.word {
        Word::Answer { .. } if !manager && !word.vouched => return Err(WordFault::NotManager),
        Word::Answer { .. } => {}
        Word::Accept | Word::Decline | Word::Report { .. } if !manager && !member => return Err(WordFault::NotForTeam),
        Word::Accept | Word::Decline | Word::Report { .. } => {}
    }
    let mut now = part.clone();
    say(&mut now, word)?;
    Ok(if now == *part { Judged::Unchanged } else { Judged::Now(Box::new(now)) })
}

fn say(part: &mut ParticipationRecord, word: &TeamWord) -> Result<(), WordFault> {
    let at = Some(word.at);
    match &word.word {
        Word::Accept if part.participation == Participation::Accepted => {}
        Word::Accept => {
            part.participation = Participation::Accepted;
            (part.answered, part.started) = (at, at);
        }
        Word::Decline if part.participation == Participation::Declined => {}
        Word::Decline if part.outcome.is_some() => return Err(WordFault::ReportedAlready),
        Word::Decline => {
            part.participation = Participation::Declined;
            (part.answered, part.started) = (at, None);
        }
        Word::Report { outcome, report, note } => {
            return report_outcome(part, word, *outcome, report.as_deref(), note.as_deref());
        }
        Word::Answer { .. } if part.outcome != Some(TeamOutcome::Reject) => return Err(WordFault::NoReject),
        Word::Answer { text } => part.answer = filled(text),
    }
    Ok(())
}

/// The link and the words of a report can be mended; how it went can not.
fn report_outcome(
    part: &mut ParticipationRecord,
    word: &TeamWord,
    outcome: TeamOutcome,
    report: Option<&str>,
    note: Option<&str>,
) -> Result<(), WordFault> {
    if part.participation != Participation::Accepted {
        return Err(WordFault::OutcomeBeforeAcceptance);
    }
    if let Some(had) = part.outcome.filter(|had| *had != outcome) {
        return Err(WordFault::SecondOutcome { had, given: outcome });
    }
    let link = report.and_then(filled);
    if let Some(given) = link.as_ref().filter(|given| Field::StageRolloutReport.spec().check(given).is_err()) {
        return Err(WordFault::LinkUnusable { given: given.clone() });
    }
    if part.outcome.is_none() {
        part.finished = Some(word.at);
    }
    part.outcome = Some(outcome);
    part.report = link.or(part.report.take());
    part.note = note.and_then(filled).or(part.note.take());
    Ok(())
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The words that a team's ticket says and that are not on record, in their order.
pub fn read_child(child: &ChildTicket, part: &ParticipationRecord) -> Result<Vec<Word>, WordFault> {
    let unreadable = |why: String| WordFault::Unreadable { why };
    let mut words = Vec::new();
    let said: Participation = child.participation.parse().map_err(|e| unreadable(format!("Participation: {e}")))?;
    match said {
        Participation::Accepted if part.participation != said => words.push(Word::Accept),
        Participation::Declined if part.participation != said => words.push(Word::Decline),
        Participation::Accepted | Participation::Declined | Participation::Invited | Participation::NoAnswer => {}
    }
    if let Some(outcome) = filled(&child.outcome) {
        let outcome = outcome.parse().map_err(|e| unreadable(format!("Outcome: {e}")))?;
        let (report, note) = (filled(&child.report), filled(&child.note));
        let news = part.outcome != Some(outcome)
            || (report.is_some() && report != part.report)
            || (note.is_some() && note != part.note);
        if news {
            words.push(Word::Report { outcome, report, note });
        }
    }
    if let Some(text) = filled(&child.answer).filter(|text| part.answer.as_ref() != Some(text)) {
        words.push(Word::Answer { text });
    }
    Ok(words)
}
