//! Every sentence ever written to a ticket.

use egi_model::name::RelPath;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use crate::reason::Reason;
use crate::record::ReleaseFacts;

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

/// An outcome without publication.
#[must_use]
pub fn cleaned_up(to: RolloutState, title: &str) -> String {
    let why = match to {
        RolloutState::Rejected => "was rejected",
        RolloutState::Ignored => "was ignored: its target is not among the supported ones",
        RolloutState::NotPublished => "passed and is deliberately not published",
        RolloutState::Submitted
        | RolloutState::Unverified
        | RolloutState::InVerification
        | RolloutState::WaitingForResponse
        | RolloutState::StageRollout
        | RolloutState::Deferred
        | RolloutState::Production
        | RolloutState::Failed => "left the workflow",
    };
    format!("{title} {why}. Nothing of it is in the repository any more; the ticket is resolved.")
}

/// The release starts anew.
#[must_use]
pub fn restarted() -> String {
    "What was delivered before is discarded. On the next change to Unverified, release.xml, checksums.xml and the \
     provider's files are read anew."
        .to_owned()
}

/// The release went back to where it stood before a failure.
#[must_use]
pub fn restored(to: RolloutState) -> String {
    format!("The release stands in {to} again, as before the failure.")
}

/// A request was refused.
///
/// `stands` is where the release stood, if it now waits in `Failed` for somebody to put it back.
#[must_use]
pub fn refused(from: RolloutState, to: RolloutState, stands: Option<RolloutState>, reasons: &[Reason]) -> String {
    let ignored = reasons.iter().all(Reason::leaves_ticket_alone);
    let mut text = if ignored {
        "A notice about this ticket was ignored; nothing was changed.".to_owned()
    } else {
        format!("{} was refused; the repositories were not touched.", asked(from, to))
    };
    for reason in reasons {
        let roles: Vec<&str> = reason.cleared_by().into_iter().map(egi_model::role::Role::as_str).collect();
        let line = format!("\n- {} [{}; can be cleared by: {}]", explain(reason), reason.code(), roles.join(", "));
        text.push_str(&line);
    }
    let back = stands.map(|stood| format!("\n\nSet RolloutProgress to {stood} to leave things as they were."));
    text + back.as_deref().unwrap_or_default()
}

/// A request was tried and failed.
#[must_use]
pub fn failed(stood: RolloutState, to: RolloutState, step: &str, cause: &str) -> String {
    let elsewhere = Some(stood).filter(|stood| *stood != RolloutState::Submitted);
    let back = elsewhere.map(|stood| format!(", to {stood} to leave things as they were")).unwrap_or_default();
    format!(
        "{} failed to {step}.\n{cause}\n\nWhen the cause is mended, set RolloutProgress to {to} to try again{back}, or to \
         Submitted to deliver anew.",
        asked(stood, to)
    )
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
            format!("{actor} may not ask for this; the role {} is needed", join(needed))
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
        Reason::FieldMissing(field) => format!("{field} is empty: {}", field.spec().description),
        Reason::FieldWrong { why, .. } => why.clone(),
        Reason::DocumentMissing(field) => format!("{field} has no file; attach it"),
        Reason::DocumentTooLarge { field, limit } => {
            format!("the file of {field} is larger than {limit} bytes, the most that is read")
        }
        Reason::DocumentFaulty { field, problems } => {
            format!("the file of {field} can not be used:\n{}", indent(&problems.to_string()))
        }
        Reason::MajorUnknown { given, known } => {
            format!("AssociatedMajorRelease \"{given}\" is not agreed; known are {}", join(known))
        }
        Reason::TargetUnsupported { target, supported } => format!(
            "the release is for {target}, which is not supported there (supported: {}); set RolloutProgress to Ignored",
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
            format!("ticket {other} delivers the same product and version; close one of the two")
        }
        Reason::NothingDelivered => "nothing was delivered yet; set Submitted, then Unverified".to_owned(),
        Reason::Disagrees { notice: (from, to), ticket } => {
            format!(
                "a notice said {from} -> {to}, but this ticket stands in {ticket} and its history has no such change; the notice was ignored"
            )
        }
        Reason::NoticeFaulty(faults) => {
            let lines: Vec<String> = faults.iter().map(|f| format!("{}: {}", f.field, f.message)).collect();
            format!("a notice about this ticket could not be read:\n{}", indent(&lines.join("\n")))
        }
        Reason::ProgressUnreadable(given) => {
            format!("RolloutProgress has the value \"{given}\", which is no rollout state")
        }
    }
}

/// A list of files that a person should see whole, but not endlessly.
#[must_use]
pub fn list_paths(paths: &[RelPath], most: usize) -> String {
    let mut lines: Vec<String> = paths.iter().take(most).map(|p| format!("  {p}")).collect();
    if paths.len() > most {
        lines.push(format!("  … and {} more", paths.len() - most));
    }
    lines.join("\n")
}

fn join<T: std::fmt::Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
