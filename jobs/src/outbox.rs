//! The outbox: letters are written from what is on record, each once, and then sent.
//!
//! What a letter tells is derived from the history, so that no crash can lose it: a topic that was written is not written
//! again. A letter is sent by whoever finds it, and again under the same Message-ID if that one died in between.

use std::time::Duration;

use chrono::TimeDelta;
use egi_model::digest::Sha256;
use egi_model::history::{HistoryEntry, Outcome};
use egi_model::role::Group;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use egi_store::{NewLetter, OutboxLetter, StoreError};
use egi_workflow::message::letter;
use lettre::message::Mailbox;
use tracing::warn;

use crate::config::When;
use crate::mail::{Letter, MailError, Relay, domain_of};
use crate::site::Site;

/// What is older is no news: a site that begins to write letters does not write of its past.
const NEWS: TimeDelta = TimeDelta::days(2);
/// So many records are looked at: more than any site writes in that time.
const RECORDS: u64 = 5000;
/// After how long one who began to send and has not finished is taken for dead, beyond the relay's own time.
const PATIENCE: Duration = Duration::from_mins(15);
/// What the topics of digests begin with.
const DIGEST: &str = "digest ";

/// What a round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sent {
    /// Letters written.
    pub written: u64,
    /// Letters sent, digests among them.
    pub sent: u64,
    /// Letters that wait for a digest.
    pub waiting: u64,
}

/// Writes what there is to tell, and sends what is to be sent now.
pub async fn deliver(site: &Site) -> anyhow::Result<Sent> {
    let mut sent = Sent { written: write_history(site).await?, ..Sent::default() };
    sent.written += write_digests(site).await?;
    if site.config.mail.host.is_empty() {
        return Ok(sent);
    }
    for letter in site.store.load_waiting_letters().await? {
        if letter.digest {
            sent.waiting += 1;
        } else if send(site, &letter).await? {
            sent.sent += 1;
        }
    }
    Ok(sent)
}

/// Writes to a group, if the site writes to it.
pub(crate) async fn write(site: &Site, topic: &str, group: Group, text: letter::Text) -> Result<bool, StoreError> {
    let Some(readers) = site.config.notifications.groups.get(&group) else { return Ok(false) };
    let letter = NewLetter {
        topic: format!("{topic} {group}"),
        readers: group.to_string(),
        subject: text.subject,
        body: text.body,
        digest: readers.when == When::Daily,
    };
    site.store.write_letter(&letter, site.now()).await
}

/// Writes to an early-adopter team.
pub(crate) async fn write_to_team(
    site: &Site,
    topic: &str,
    contact: &str,
    text: letter::Text,
) -> Result<bool, StoreError> {
    if !site.config.notifications.teams {
        return Ok(false);
    }
    let (topic, readers) = (topic.to_owned(), format!("team {contact}"));
    let letter = NewLetter { topic, readers, subject: text.subject, body: text.body, digest: false };
    site.store.write_letter(&letter, site.now()).await
}

/// The matrix of states and groups, sent once each.
async fn write_history(site: &Site) -> Result<u64, StoreError> {
    if site.config.notifications.groups.is_empty() {
        return Ok(0);
    }
    let policy = site.policy().await?;
    let oldest = site.now() - NEWS;
    let mut written = 0;
    let (records, _) = site.store.load_history_head().await?;
    for record in site.store.load_history_after(records.saturating_sub(RECORDS)).await?.iter().rev() {
        if record.entry.at < oldest {
            break;
        }
        let Some(state) = told_of(&record.entry) else { continue };
        for group in Group::told(&policy.notify.groups(state)) {
            // The provider's address is that of the release, so the ticket goes with it.
            let topic = format!("history {} ticket {}", record.seq, record.entry.ticket);
            written += u64::from(write(site, &topic, group, letter::moved(&record.entry)).await?);
        }
    }
    Ok(written)
}

/// Whose row of the matrix an entry is told by.
const fn told_of(entry: &HistoryEntry) -> Option<RolloutState> {
    match entry.outcome {
        Outcome::Performed | Outcome::Deferred => Some(entry.to),
        Outcome::Refused | Outcome::Failed => Some(RolloutState::Failed),
        Outcome::Disregarded => None,
    }
}

/// Puts what waits for a group into one letter, once a day.
async fn write_digests(site: &Site) -> anyhow::Result<u64> {
    let (now, calendar) = (site.now(), site.config.clocks.calendar()?);
    if calendar.hour_of(now) < site.config.notifications.digest_hour {
        return Ok(0);
    }
    let day = calendar.day_of(now).to_string();
    let mut written = 0;
    for group in site.config.notifications.groups.keys() {
        let waiting = waiting_for(site, *group).await?;
        if waiting.is_empty() {
            continue;
        }
        let letters: Vec<_> = waiting.iter().map(|one| (one.subject.clone(), one.body.clone())).collect();
        let text = letter::digest(group.as_str(), &day, &letters);
        let topic = format!("{DIGEST}{day} {group}");
        let readers = group.to_string();
        let digest = NewLetter { topic, readers, subject: text.subject, body: text.body, digest: false };
        written += u64::from(site.store.write_letter(&digest, now).await?);
    }
    Ok(written)
}

async fn waiting_for(site: &Site, group: Group) -> Result<Vec<OutboxLetter>, StoreError> {
    let waiting = site.store.load_waiting_letters().await?;
    Ok(waiting.into_iter().filter(|letter| letter.digest && letter.readers == group.as_str()).collect())
}

/// Sends a letter, unless somebody is at it. `false` when nothing left.
async fn send(site: &Site, letter: &OutboxLetter) -> anyhow::Result<bool> {
    let to = addresses(site, letter).await?;
    if to.is_empty() {
        warn!("nobody's address is known for the letter \"{}\" to {}", letter.subject, letter.readers);
        site.store.finish_letter(letter.id, &[], site.now()).await?;
        return Ok(false);
    }
    let patience = PATIENCE + Duration::from_secs(site.config.mail.timeout_seconds);
    if !site.store.begin_letter(letter.id, site.now(), patience).await? {
        return Ok(false);
    }
    let within = within(site, letter).await?;
    let handed = Letter {
        message_id: message_id(site, &letter.topic),
        to,
        subject: letter.subject.clone(),
        text: letter.body.clone(),
        date: letter.written,
        attachment: None,
    };
    match hand_over(site, handed).await {
        Ok(()) => {
            site.store.finish_letter(letter.id, &within, site.now()).await?;
            Ok(true)
        }
        Err(error) => {
            site.store.give_up_letter(letter.id).await?;
            Err(error)
        }
    }
}

/// The letters that a digest has in it: those that waited when it was written.
async fn within(site: &Site, letter: &OutboxLetter) -> Result<Vec<i64>, StoreError> {
    if !letter.topic.starts_with(DIGEST) {
        return Ok(Vec::new());
    }
    let waiting = site.store.load_waiting_letters().await?.into_iter();
    let inside = |one: &OutboxLetter| one.digest && one.readers == letter.readers && one.id < letter.id;
    Ok(waiting.filter(inside).map(|one| one.id).collect())
}

async fn addresses(site: &Site, letter: &OutboxLetter) -> Result<Vec<String>, StoreError> {
    if let Some(contact) = letter.readers.strip_prefix("team ") {
        return Ok(usable(vec![contact.to_owned()]));
    }
    let groups = &site.config.notifications.groups;
    let readers = groups.iter().find(|(group, _)| group.as_str() == letter.readers).map(|(_, readers)| readers);
    let to = readers.map(|readers| readers.to.clone()).unwrap_or_default();
    if to.is_empty() && letter.readers == Group::Requestors.as_str() {
        return Ok(usable(contact_of(site, &letter.topic).await?.into_iter().collect()));
    }
    Ok(usable(to))
}

fn usable(to: Vec<String>) -> Vec<String> {
    to.into_iter().filter(|address| address.parse::<Mailbox>().is_ok()).collect()
}

/// The contact that a release's metadata names, by the ticket in a letter's topic.
async fn contact_of(site: &Site, topic: &str) -> Result<Option<String>, StoreError> {
    let mut words = topic.split(' ').skip_while(|word| *word != "ticket").skip(1);
    let Some(ticket) = words.next().and_then(|word| word.parse::<TicketId>().ok()) else { return Ok(None) };
    let record = site.store.load_release(ticket).await?;
    Ok(record.and_then(|record| record.facts).map(|facts| facts.release.contact))
}

async fn hand_over(site: &Site, letter: Letter) -> anyhow::Result<()> {
    let relay = Relay::open(&site.config)?;
    let sent: Result<(), MailError> = tokio::task::spawn_blocking(move || relay.send(&letter)).await?;
    Ok(sent?)
}

fn message_id(site: &Site, topic: &str) -> String {
    let config = &site.config;
    let digest = Sha256::of(format!("{}\n{}\n{topic}", config.site.name, config.site.public_url).as_bytes()).to_hex();
    format!("<nsrw-{}@{}>", digest.get(..24).unwrap_or_default(), domain_of(&config.mail.from))
}
