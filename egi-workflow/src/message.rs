//! Every sentence ever written to a ticket.

pub mod clock;
pub mod letter;
pub mod rollout;

use egi_model::field::{Field, FieldKind};
use egi_model::gate::GateReport;
use egi_model::role::Role;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use crate::gate::{MAX_TOLD, tell_waiver};
use crate::reason::Reason;
use crate::record::ReleaseFacts;
use crate::set::{Member, MemberStanding};

/// The subject every explanation starts from: what was asked for.
fn asked(from: RolloutState, to: RolloutState) -> String {
    format!("{from} -> {to}")
}

/// The delivery was taken in.
#[must_use]
pub fn taken_in(facts: &ReleaseFacts, url: &str, files: usize, bytes: u64) -> String {
    format!(
        "{} was fetched and verified: {files} files, {bytes} bytes, every one as checksums.xml lists it.\n\
         It can be installed for verification from {url}",
        facts.title()
    )
}

/// The release moved to an area.
#[must_use]
pub fn placed(facts: &ReleaseFacts, to: RolloutState, url: &str) -> String {
    match to {
        RolloutState::StageRollout => {
            format!("{} is in staged rollout. Early adopters can install it from {url}", facts.title())
        }
        RolloutState::Production => {
            format!("{} is in production ({}): {url}", facts.title(), facts.release_type)
        }
        RolloutState::Submitted
        | RolloutState::Unverified
        | RolloutState::InVerification
        | RolloutState::WaitingForResponse
        | RolloutState::Deferred
        | RolloutState::Rejected
        | RolloutState::Ignored
        | RolloutState::NotPublished
        | RolloutState::Failed => format!("{} can be installed from {url}", facts.title()),
    }
}

/// What the gate found of a release that went through it; `None` if there was nothing to look at.
#[must_use]
pub fn gate(report: &GateReport) -> Option<String> {
    if report.packages == 0 && report.findings.is_empty() {
        return None;
    }
    let mut text = format!("Gate: {}.", report.summary());
    for finding in report.findings.iter().take(MAX_TOLD) {
        let told = match tell_waiver(finding) {
            Some(waiver) => format!("\n- {}: does not count, waived as {waiver}", finding.what),
            None => bullet(&Reason::Gate(Box::new(finding.clone()))),
        };
        text.push_str(&told);
    }
    let left = report.findings.len().saturating_sub(MAX_TOLD);
    if left > 0 {
        text.push_str(&bullet(&Reason::GateMore(left)));
    }
    Some(text)
}

/// The slot is taken.
#[must_use]
pub fn deferred(facts: &ReleaseFacts, holder: TicketId) -> String {
    format!(
        "{} passed verification and waits: ticket {holder} holds the staged-rollout slot \"{}\". It will enter staged \
         rollout by itself when the slot is free, oldest first. Until then it stays in the unverified area.",
        facts.title(),
        facts.slot
    )
}

/// The rest of the set is waited for.
#[must_use]
pub fn awaits(facts: &ReleaseFacts, to: RolloutState, awaited: &[&Member]) -> String {
    let tell = |member: &&Member| {
        let (ticket, state) = (member.record.ticket, member.record.state);
        match &member.standing {
            MemberStanding::Hindered(why) => {
                format!("\n- ticket {ticket}, which stands in {state}: {}", why.join("; "))
            }
            MemberStanding::There | MemberStanding::Ready | MemberStanding::NotAsked => {
                format!("\n- ticket {ticket}, which stands in {state} and is not asked for {to}")
            }
        }
    };
    let list: String = awaited.iter().map(tell).collect();
    format!(
        "{} waits for the rest of its set: it goes to {to} together with the same product and version for other targets, or \
         not at all. Awaited:{list}\n\nSet RolloutProgress of these to {to} as well, or give them up (Rejected, NotPublished); \
         then all go at once. Until then it stays where it is.",
        facts.title()
    )
}

/// An outcome without publication.
#[must_use]
pub fn cleaned_up(to: RolloutState, title: &str) -> String {
    let why = match to {
        RolloutState::Rejected => "was rejected",
        RolloutState::Ignored => "is ignored: it is not for a supported target",
        RolloutState::NotPublished => "is deliberately not published",
        RolloutState::Submitted
        | RolloutState::Unverified
        | RolloutState::InVerification
        | RolloutState::WaitingForResponse
        | RolloutState::StageRollout
        | RolloutState::Deferred
        | RolloutState::Production
        | RolloutState::Failed => "left the workflow",
    };
    format!("{title} {why}. Nothing of it is in the repositories; the ticket is resolved.")
}

/// The release starts anew.
#[must_use]
pub fn restarted() -> String {
    "The release starts anew. What was delivered before, if anything, is discarded: on the next change to Unverified, \
     release.xml, checksums.xml and the provider's files are read again."
        .to_owned()
}

/// The release went back to where it stood before a failure.
#[must_use]
pub fn restored(to: RolloutState) -> String {
    format!("The release stands in {to} again, as before the failure.")
}

/// What becomes of the ticket after a refusal.
#[derive(Debug, Clone, Copy)]
pub enum After<'a> {
    /// It stays as it is.
    Unchanged,
    /// Its state is final and is set again.
    PutBack(RolloutState),
    /// It waits in `Failed` for somebody.
    Failed(WayOn<'a>),
}

/// What can be set once a release is `Failed`.
#[derive(Debug, Clone, Copy)]
pub struct WayOn<'a> {
    /// Where the release stood.
    pub stood: RolloutState,
    /// What can be tried again.
    pub again: Option<RolloutState>,
    /// Whether delivering anew is worth a word, wherever the release stood.
    pub anew: bool,
    /// Whether something has to be mended first.
    pub mend: bool,
    /// Who may.
    pub retry: &'a [Role],
}

/// A request was refused.
#[must_use]
pub fn refused(from: RolloutState, to: RolloutState, reasons: &[Reason], after: After<'_>) -> String {
    let ignored = reasons.iter().all(Reason::leaves_ticket_alone);
    let mut text = if ignored {
        "A notice about this ticket was ignored; nothing was changed.".to_owned()
    } else {
        format!("{} was refused; the repositories were not touched.", asked(from, to))
    };
    for reason in reasons {
        text.push_str(&bullet(reason));
    }
    if reasons.iter().any(|reason| matches!(reason, Reason::Gate(_))) {
        text.push_str("\n\nA release manager can let a finding of the gate not count, with a reason and until a day: nsrw repo waive");
    }
    match after {
        After::Unchanged => text,
        After::PutBack(state) => format!("{text}\n\nThe ticket is set back to {state}."),
        After::Failed(way) => text + &way_on(&way),
    }
}

/// One reason with its code and who can clear it; what takes several lines follows below.
fn bullet(reason: &Reason) -> String {
    let text = explain(reason);
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let below = if rest.is_empty() { String::new() } else { format!(":\n{rest}") };
    let roles = reason.cleared_by();
    let clear = if roles.is_empty() { String::new() } else { format!("; can be cleared by: {}", join(&roles)) };
    format!("\n- {} [{}{clear}]{below}", first.trim_end_matches(':'), reason.code())
}

/// A request was tried and failed.
#[must_use]
pub fn failed(to: RolloutState, step: &str, cause: &str, way: &WayOn<'_>) -> String {
    format!("{} failed: could not {step}.\n{cause}{}", asked(way.stood, to), way_on(way))
}

fn way_on(way: &WayOn<'_>) -> String {
    let stood = Some(way.stood).filter(|state| *state != RolloutState::Submitted);
    let anew = stood.is_none() || way.anew;
    let mut choices: Vec<String> = way.again.map(|state| format!("{state} to try again")).into_iter().collect();
    choices.extend(stood.map(|state| format!("{state} to leave things as they were")));
    choices.extend(anew.then(|| format!("{} to start anew", RolloutState::Submitted)));
    let who = if way.mend && way.again.is_some() { "When that is mended, somebody" } else { "Somebody" };
    let last = choices.pop().unwrap_or_default();
    let choices = if choices.is_empty() { last } else { format!("{} or to {last}", choices.join(", to ")) };
    format!("\n\n{who} with the role {} can set RolloutProgress to {choices}.", any_of(way.retry))
}

/// The sentence for one reason: what is wrong and what would do.
#[must_use]
pub fn explain(reason: &Reason) -> String {
    match reason {
        Reason::NotAllowed { from, to, allowed } if allowed.is_empty() => {
            format!("{from} is final: nothing follows it, so not {to} either")
        }
        Reason::NotAllowed { from, to, allowed } => {
            format!("{to} can not follow {from}; {from} can be followed by {}", join(allowed))
        }
        Reason::RoleMissing { actor, needed } => {
            format!("{actor} may not ask for this; it takes the role {}", any_of(needed))
        }
        Reason::RepositoryOnly { state } => format!("{state} is set by the repository alone"),
        Reason::NoEmergency => {
            "this skips areas, which only an emergency release may: EmergencyRelease is not Yes".to_owned()
        }
        Reason::FastRollout => {
            "this site sends emergencies through a fast staged rollout: set StageRollout first".to_owned()
        }
        Reason::NotAttempted { stood, attempted } => {
            let again = attempted.map_or_else(String::new, |a| format!("{a} (to try again), "));
            format!("a failed release goes on with {again}{stood} (where it stood), Submitted, Rejected or Ignored")
        }
        Reason::TicketClosed(status) => format!("the ticket's status is {status}; open it first"),
        Reason::FieldMissing(field) => format!("{field} is empty ({})", field.spec().description),
        Reason::FieldWrong { why, .. } => why.clone(),
        Reason::DocumentMissing(field) => format!("{} is not attached", document(*field)),
        Reason::DocumentTooLarge { field, limit } => {
            format!("{} is larger than {limit} bytes, the most that is read", document(*field))
        }
        Reason::FieldChanged { field, was, now } => format!(
            "{field} was \"{was}\" when the delivery was taken in and is \"{now}\" now; set it back, or deliver anew"
        ),
        Reason::DocumentUnreadable { field, why } => {
            format!("{} can not be read from the ticket: {why}", document(*field))
        }
        Reason::DocumentFaulty { field, problems } => {
            format!("{} can not be used:\n{}", document(*field), indent(&problems.to_string()))
        }
        Reason::MajorUnknown { given, known } => {
            format!("AssociatedMajorRelease \"{given}\" is not agreed; known are {}", join(known))
        }
        Reason::TargetUnsupported { target, supported } => format!(
            "the release is for {target}, which its major release does not support (supported: {}); set RolloutProgress \
             to Ignored",
            join(supported)
        ),
        Reason::TargetUnclear { named } if named.is_empty() => {
            "release.xml names no target and the major release has several; add the platform and architecture"
                .to_owned()
        }
        Reason::TargetUnclear { named } => {
            format!("release.xml names {}; one ticket is for one target: submit one release.xml for each", join(named))
        }
        Reason::PathUnusable(why) => format!("the release's path in the repository can not be made: {why}"),
        Reason::SameRelease(other) => {
            format!(
                "ticket {other} delivers the same product and version; reject one of the two, or deliver this one under a \
                 new version"
            )
        }
        Reason::NothingDelivered => {
            "this repository has no files of the release: nothing was delivered to it yet; have it delivered by setting Submitted, then Unverified".to_owned()
        }
        Reason::Disagrees { notice: (from, to), ticket } => {
            format!(
                "a notice said {from} -> {to}, but this ticket stands in {ticket} and its history has no such change; the notice was ignored"
            )
        }
        Reason::ReportOutstanding { team } => {
            format!("the early adopters of {team} take part and have not reported; all reports are evaluated first")
        }
        Reason::RejectUnanswered { team } => {
            format!("the early adopters of {team} reject the release and were not answered; see `nsrw ea answer`")
        }
        Reason::TooFewAccepts { accepts, needed } => format!(
            "{accepts} early-adopter teams have found that the release works, and {needed} are asked for; a \
             release-manager can do without by saying why in StageRollout-Override"
        ),
        Reason::StayTooShort { hours, days } => format!(
            "the release was in staged rollout for {hours} hours without a break, and {days} days are asked for; a \
             release-manager can do without by saying why in StageRollout-Override"
        ),
        Reason::NoticeFaulty(faults) => {
            let lines: Vec<String> = faults.iter().map(|f| format!("{}: {}", f.field, f.message)).collect();
            format!("a notice about this ticket could not be read:\n{}", indent(&lines.join("\n")))
        }
        Reason::ProgressUnreadable(given) => {
            format!("RolloutProgress has the value \"{given}\", which is no rollout state")
        }
        Reason::Gate(finding) if finding.chain.is_empty() => finding.what.clone(),
        Reason::Gate(finding) => format!("{}:\n{}", finding.what, indent(&finding.chain.join("\n"))),
        Reason::GateMore(left) => format!("the gate found {left} more; `nsrw repo check` shows them"),
    }
}

/// The file of a field, with the field's name for those who look for it on the ticket.
fn document(field: Field) -> String {
    match field.spec().kind {
        FieldKind::File(name) => format!("{name} ({field})"),
        FieldKind::Text | FieldKind::Url | FieldKind::Choice(_) | FieldKind::State => field.to_string(),
    }
}

fn any_of(roles: &[Role]) -> String {
    roles.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

fn join<T: std::fmt::Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
