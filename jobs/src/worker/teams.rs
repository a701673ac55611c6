//! Early adopters: teams invited, what they say, and who is told.
//!
//! What a team says is put on record first and told afterwards, and only then its message is done; so a message that is worked
//! on twice ends as one that was worked on once. A team's ticket is written to only as long as it says what was read of it:
//! what somebody writes there meanwhile is read before it could be replaced.

use std::collections::BTreeSet;

use egi_model::area::Area;
use egi_model::content::ContentId;
use egi_model::digest::Sha256;
use egi_model::early_adopter::Team;
use egi_model::field::Field;
use egi_model::participation::{ChildTicket, Participation, ParticipationRecord, TeamWord};
use egi_model::ticket::{ChangeKind, TicketId};
use egi_store::StoreError;
use egi_tickets::{Invitation, TicketError, Written};
use egi_workflow::message::letter::Text;
use egi_workflow::message::rollout as message;
use egi_workflow::participation::{Judged, WordFault, judge, read_child};
use egi_workflow::{ReleaseFacts, ReleaseRecord};
use tracing::{error, info, warn};

use super::GatherError;
use super::perform::{PerformError, Step};
use crate::outbox;
use crate::site::Site;

/// How often a team's ticket is read again, at most, that somebody writes into while its invitation ends.
const LOOKS: usize = 5;

/// What kept a team from being heard or told.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ticket(#[from] TicketError),
}

impl Trouble {
    /// As trouble with the release's ticket.
    const fn with(ticket: TicketId) -> impl Fn(Self) -> GatherError {
        move |trouble| match trouble {
            Self::Store(error) => GatherError::Store(error),
            Self::Ticket(source) => GatherError::Ticket { ticket, source },
        }
    }
}

impl From<Trouble> for PerformError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Store(error) => Self::Store(error),
            Trouble::Ticket(error) => Self::Ticket(error),
        }
    }
}

/// Invites a team: a ticket of its own where the ticket system has such, and a part on record.
pub(super) async fn invite(run: &Step<'_>, team: &Team, delivery: ContentId) -> Result<String, PerformError> {
    let (site, release) = (run.site, run.ticket);
    let known = part_of(site, release, |part| part.team == team.name && part.delivery == Some(delivery)).await?;
    if known.is_some() {
        return Ok(format!("{} is invited already", team.name));
    }
    let mut part = ParticipationRecord::invited(release, team, delivery, site.now());
    let (title, url) = describe_release(site, release).await?;
    let subject = message::child_subject(&title, team);
    let text = message::child_text(&title, release, team, &url);
    let invitation = Invitation { part: part.clone(), subject, text };
    part.child = open_ticket(site, &invitation).await?;
    let letter = Text { subject: invitation.subject.clone(), body: invitation.text.clone() };
    outbox::write_to_team(
        site,
        &format!("invitation ticket {release} {} {delivery}", team.name),
        &team.contact,
        letter,
    )
    .await?;
    site.store.save_part(&part, None, part.invited).await?;
    let child = part.child.map_or_else(String::new, |child| format!(", ticket {child}"));
    Ok(format!("{} is invited{child}", team.name))
}

/// A ticket for the team. Where the ticket system refuses it for good, the team is invited all the same and answers in another
/// way.
async fn open_ticket(site: &Site, invitation: &Invitation) -> Result<Option<TicketId>, TicketError> {
    match site.tickets.ensure_child(invitation).await {
        Ok(child) => Ok(child),
        Err(error) if error.is_transient() => Err(error),
        Err(error) => {
            let (team, release) = (&invitation.part.team, invitation.part.release.get());
            error!(ticket.id = release, "no ticket was opened for {team}: {}", crate::error_chain(&error));
            Ok(None)
        }
    }
}

async fn describe_release(site: &Site, ticket: TicketId) -> Result<(String, String), StoreError> {
    let record = site.store.load_release(ticket).await?;
    let facts = record.and_then(|record| record.facts);
    let policy = site.policy().await?;
    let repo = facts.as_ref().and_then(|facts| facts.repo(Area::StageRollout).ok());
    Ok((
        facts.as_ref().map(ReleaseFacts::title).unwrap_or_default(),
        repo.map(|repo| policy.url_of(&repo)).unwrap_or_default(),
    ))
}

/// Ends the invitations of a release that leaves staged rollout.
pub(super) async fn end(run: &Step<'_>) -> Result<String, PerformError> {
    let mut silent = 0;
    for part in run.site.store.load_parts(Some(run.ticket)).await? {
        if end_one(run.site, part.record).await?.participation == Participation::NoAnswer {
            silent += 1;
        }
    }
    Ok(format!("the invitations are over; {silent} teams never answered"))
}

/// Ends one invitation. What the team wrote into its ticket before that counts.
async fn end_one(site: &Site, part: ParticipationRecord) -> Result<ParticipationRecord, Trouble> {
    let mut record = part;
    for _ in 0..LOOKS {
        let child = look(site, &record).await?;
        if let Some(child) = &child {
            hear(site, &record, child).await?;
            record = part_of(site, record.release, |one| one.team == record.team).await?.unwrap_or(record);
        }
        if record.participation == Participation::Invited {
            record.participation = Participation::NoAnswer;
        }
        site.store.save_part(&record, None, site.now()).await?;
        let Some(child) = child else { break };
        if say(site, &child, false, &record).await? {
            break;
        }
    }
    Ok(record)
}

/// Puts on record that the consolidated report was published, at the time its link was put into the ticket.
pub(super) async fn note_report(run: &Step<'_>, link: &str) -> Result<String, PerformError> {
    let (site, ticket) = (run.site, run.ticket);
    let history = match site.tickets.fetch_history(ticket).await {
        Ok(history) => history,
        Err(error) if error.is_transient() => return Err(error.into()),
        // Without the ticket's history, the report counts from now.
        Err(error) => {
            warn!(ticket.id = ticket.get(), "{}", crate::error_chain(&error));
            Vec::new()
        }
    };
    let linked = |what: &ChangeKind| matches!(what, ChangeKind::Field { field: Field::StageRolloutReport, new: Some(new), .. } if new.trim() == link);
    let change = history.iter().rfind(|change| linked(&change.what));
    let (at, by) = change.map_or_else(|| (site.now(), None), |change| (change.at, Some(change.by.name.as_str())));
    site.store.save_published(ticket, link, by, at).await?;
    Ok(format!("the report {link} is on record as published"))
}

/// Reads a team's ticket. `None` when there is none, or none that can be read: what is on record counts.
async fn look(site: &Site, part: &ParticipationRecord) -> Result<Option<ChildTicket>, TicketError> {
    let Some(id) = part.child else { return Ok(None) };
    match site.tickets.fetch_child(id).await {
        Ok(child) => Ok(Some(child)),
        Err(error) if error.is_transient() => Err(error),
        Err(error) => {
            warn!(ticket.id = part.release.get(), "the ticket of {}: {}", part.team, crate::error_chain(&error));
            Ok(None)
        }
    }
}

/// Makes a team's ticket say what is on record, and be `open` or closed, as long as it says what it said when it was `read`.
/// `false` when it does not: then it is left alone, to be read again. One that the ticket system does not let be changed is
/// told of in the log: what is on record counts.
async fn say(site: &Site, read: &ChildTicket, open: bool, part: &ParticipationRecord) -> Result<bool, TicketError> {
    let wanted = ChildTicket::of(read.id, part, open);
    match site.tickets.ensure_child_says(read, &wanted, part).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_transient() => Err(error),
        Err(error) => {
            warn!(ticket.id = part.release.get(), "the ticket of {}: {}", part.team, crate::error_chain(&error));
            Ok(!matches!(error, TicketError::Rewritten { .. }))
        }
    }
}

/// What somebody said of a team's part: judged, put on record, told.
pub(super) async fn take_word(site: &Site, word: &TeamWord) -> Result<String, GatherError> {
    take(site, word).await.map_err(Trouble::with(word.release))
}

async fn take(site: &Site, word: &TeamWord) -> Result<String, Trouble> {
    let mut child = None;
    if let Some(part) = part_of(site, word.release, |part| part.team.is_same(&word.team)).await? {
        child = look(site, &part).await?;
        if let Some(child) = &child {
            // What the team wrote into its ticket came before.
            hear(site, &part, child).await?;
        }
    }
    match try_word(site, word).await? {
        Ok(part) => {
            if let Some(child) = child {
                say(site, &child, true, &part).await?;
            }
            tell(site, &part).await?;
            Ok(message::part(&part))
        }
        Err(fault) => {
            let text = message::not_noted(word.team.as_str(), &word.by, &fault);
            warn!(ticket.id = word.release.get(), "{text}");
            comment(site, word.release, word.team.as_str(), &text).await?;
            Ok(text)
        }
    }
}

/// The team's part once the word is on record; the fault where it does not count.
async fn try_word(site: &Site, word: &TeamWord) -> Result<Result<ParticipationRecord, WordFault>, StoreError> {
    let (part, judged) = judge_word(site, word).await?;
    Ok(match (judged, part) {
        (Ok(Judged::Now(part)), _) => {
            site.store.save_part(&part, Some(&word.by), word.at).await?;
            info!(ticket.id = word.release.get(), "{}", crate::one_line(&message::part(&part)));
            Ok(*part)
        }
        (Ok(Judged::Unchanged), Some(part)) => Ok(part),
        (Ok(Judged::Unchanged), None) => Err(WordFault::NotInvited { invited: Vec::new() }),
        (Err(fault), _) => Err(fault),
    })
}

/// What a word would lead to now, with the team's part as it stands.
pub(crate) async fn judge_word(
    site: &Site,
    word: &TeamWord,
) -> Result<(Option<ParticipationRecord>, Result<Judged, WordFault>), StoreError> {
    let parts: Vec<_> = site.store.load_parts(Some(word.release)).await?.into_iter().map(|part| part.record).collect();
    let invited: Vec<String> = parts.iter().map(|part| part.team.to_string()).collect();
    let part = parts.into_iter().find(|part| part.team.is_same(&word.team));
    let release = site.store.load_release(word.release).await?;
    let release = release.unwrap_or_else(|| ReleaseRecord::submitted(word.release, word.at));
    let judged = judge(word, part.as_ref(), &invited, &release, &site.config.actor(&word.by));
    Ok((part, judged))
}

/// Tells the release's ticket of a team's part: a comment, and who hears of it from now on.
async fn tell(site: &Site, part: &ParticipationRecord) -> Result<(), TicketError> {
    comment(site, part.release, part.team.as_str(), &message::part(part)).await?;
    let parts = site
        .store
        .load_parts(Some(part.release))
        .await
        .map_err(|source| TicketError::Unavailable { system: "database", source: source.into() })?;
    let taking = parts.iter().filter(|one| one.record.participation == Participation::Accepted);
    let contacts: BTreeSet<String> = taking.map(|one| one.record.contact.clone()).collect();
    settle(part.release, site.tickets.ensure_early_adopters(part.release, &contacts).await)
}

/// Comments once on a release's ticket: the same text about a team is known by its digest.
async fn comment(site: &Site, release: TicketId, team: &str, text: &str) -> Result<(), TicketError> {
    settle(release, site.tickets.ensure_comment(release, &marker(team, text), text).await)
}

fn marker(team: &str, text: &str) -> String {
    let digest = Sha256::of(text.as_bytes()).to_hex();
    format!("nsrw team {team} {}", digest.get(..16).unwrap_or_default())
}

/// What the ticket system refuses for good is told in the log: what is on record counts.
fn settle(ticket: TicketId, written: Result<Written, TicketError>) -> Result<(), TicketError> {
    match written {
        Ok(_) => Ok(()),
        Err(error) if error.is_transient() => Err(error),
        Err(error) => {
            warn!(ticket.id = ticket.get(), "{}", crate::error_chain(&error));
            Ok(())
        }
    }
}

/// Reads what teams wrote into their own tickets, and sets right there what does not count.
pub(super) async fn read_tickets(site: &Site, release: TicketId) -> Result<String, GatherError> {
    let mut told = Vec::new();
    for part in site.store.load_parts(Some(release)).await? {
        told.extend(read_ticket(site, &part.record).await.map_err(Trouble::with(release))?);
    }
    Ok(told.join("\n"))
}

async fn read_ticket(site: &Site, part: &ParticipationRecord) -> Result<Vec<String>, Trouble> {
    let Some(id) = part.child else { return Ok(Vec::new()) };
    let child = match site.tickets.fetch_child(id).await {
        Ok(child) => child,
        Err(gone @ (TicketError::Missing { .. } | TicketError::Gone { .. } | TicketError::Malformed { .. })) => {
            let text = message::child_gone(part, &crate::error_chain(&gone));
            comment(site, part.release, part.team.as_str(), &text).await?;
            return Ok(vec![text]);
        }
        Err(error) => return Err(error.into()),
    };
    let told = hear(site, part, &child).await?;
    let now = part_of(site, part.release, |one| one.team == part.team).await?.unwrap_or_else(|| part.clone());
    say(site, &child, child.open, &now).await?;
    Ok(told)
}

/// Puts on record what the team's ticket says and is not; tells of it, and in that ticket of what does not count.
async fn hear(site: &Site, part: &ParticipationRecord, child: &ChildTicket) -> Result<Vec<String>, Trouble> {
    let release = part.release;
    let (mut told, mut faults) = (Vec::new(), Vec::new());
    match read_child(child, part) {
        Err(fault) => faults.push(fault),
        Ok(words) => {
            for word in words {
                let by = format!("ticket {}", child.id);
                let word = TeamWord { release, team: part.team.clone(), word, by, vouched: true, at: site.now() };
                match try_word(site, &word).await? {
                    Ok(part) => {
                        tell(site, &part).await?;
                        told.push(message::part(&part));
                    }
                    Err(fault) => faults.push(fault),
                }
            }
        }
    }
    for fault in faults {
        let text = message::not_noted(part.team.as_str(), &format!("ticket {}", child.id), &fault);
        let marker = marker(part.team.as_str(), &format!("{text}{child:?}"));
        settle(release, site.tickets.ensure_child_comment(child.id, &marker, &text).await)?;
        told.push(text);
    }
    Ok(told)
}

async fn part_of(
    site: &Site,
    release: TicketId,
    is_it: impl Fn(&ParticipationRecord) -> bool,
) -> Result<Option<ParticipationRecord>, StoreError> {
    Ok(site.store.load_parts(Some(release)).await?.into_iter().map(|part| part.record).find(is_it))
}
