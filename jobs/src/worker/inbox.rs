//! What comes in: notices from the API, from the desk and from reconciliation, all through here.

use chrono::{DateTime, Utc};
use egi_model::digest::Sha256;
use egi_model::notice::{FaultyNotice, Notice};
use egi_model::participation::TeamWord;
use egi_model::ticket::TicketId;
use egi_store::{Message, NewMessage, Posted, StoreError, WakeCall, change_key};

use crate::site::Site;

/// Stores a notice.
pub(crate) async fn deliver(site: &Site, notice: Notice) -> Result<Posted, StoreError> {
    let now = site.now();
    let NewMessage { message, dedupe, order } = of_notice(notice, now);
    site.store.post(&message, &dedupe, order, now).await
}

/// The message of a notice that comes at `now`. The same change of the ticket is stored once, however often it is told; a
/// notice without the change's number is stored each time, and stands back for the change it tells of when it is worked on.
pub(crate) fn of_notice(notice: Notice, now: DateTime<Utc>) -> NewMessage {
    let dedupe = notice.change.map_or_else(|| unnumbered(&notice, now), change_key);
    let order = notice.change;
    NewMessage { message: Message::Notice(notice), dedupe, order }
}

/// The message of a notice that could not be read but names its ticket, so that the ticket hears of it.
///
/// `None` when it names no ticket: there is nobody to tell.
pub(crate) fn of_faulty(faulty: FaultyNotice, now: DateTime<Utc>) -> Option<NewMessage> {
    let text = serde_json::to_string(&faulty).unwrap_or_default();
    // A sender that repeats itself is heard once an hour.
    let dedupe = format!("faulty-{}-{}", Sha256::of(text.as_bytes()), now.format("%Y-%m-%dT%H"));
    Message::of_faulty(faulty).map(|message| NewMessage { message, dedupe, order: None })
}

/// Stores that a deferred release may enter staged rollout.
pub(super) async fn wake(site: &Site, call: &WakeCall) -> Result<Posted, StoreError> {
    let message = Message::Wake { ticket: call.ticket };
    site.store.post(&message, &call.dedupe, None, site.now()).await
}

/// Stores that a ticket is to be looked at as it stands.
pub(crate) async fn check(site: &Site, ticket: TicketId) -> Result<Posted, StoreError> {
    let now = site.now();
    let key = format!("check-{ticket}-{}", now.timestamp_micros());
    site.store.post(&Message::Check { ticket }, &key, None, now).await
}

/// Stores what somebody said of an early-adopter team's part.
pub(crate) async fn deliver_word(site: &Site, word: TeamWord) -> Result<Posted, StoreError> {
    let NewMessage { message, dedupe, order } = of_word(word);
    site.store.post(&message, &dedupe, order, site.now()).await
}

/// The message of what somebody said of an early-adopter team's part. Said again, it is stored again and changes nothing.
pub(crate) fn of_word(word: TeamWord) -> NewMessage {
    let dedupe = format!("team-{}-{}-{}", word.release, word.team, word.at.timestamp_micros());
    NewMessage { message: Message::TeamWord(word), dedupe, order: None }
}

/// Stores that the tickets of a release's early adopters are to be looked at, because of what `sign` tells: once for each.
pub(crate) async fn look_at_teams(site: &Site, ticket: TicketId, sign: &str) -> Result<Posted, StoreError> {
    let key = format!("teams-{ticket}-{}", Sha256::of(sign.as_bytes()));
    site.store.post(&Message::Teams { ticket }, &key, None, site.now()).await
}

fn unnumbered(notice: &Notice, now: DateTime<Utc>) -> String {
    format!("notice-{}-{}-{}-{}", notice.ticket, notice.previous, notice.current, now.timestamp_micros())
}
