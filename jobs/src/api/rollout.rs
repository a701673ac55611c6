//! `POST /api/rollout`: a changed `RolloutProgress`, form-encoded or JSON.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, Utc};
use egi_model::notice::{FaultyNotice, FieldFault, Notice};
use egi_model::ticket::TicketId;
use egi_store::{InboxId, NewMessage, Nonce, Posted, StoreError, Taken};
use serde::Serialize;
use tracing::field::display;
use tracing::{error, info, warn};

use super::{Api, Secret, body};
use crate::worker;

/// The answer: what was stored, or what was wrong.
#[derive(Debug, Serialize, Default)]
pub(super) struct Answer {
    accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<InboxId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldFault>,
}

impl Answer {
    /// What is wrong.
    pub(super) fn of_faults(errors: Vec<FieldFault>) -> Self {
        Self { errors, ..Self::default() }
    }

    /// What was stored.
    pub(super) fn of_posted(posted: Option<Posted>) -> Self {
        let (id, repeat) = (posted.map(|posted| posted.id), posted.map(|posted| !posted.new));
        Self { accepted: true, id, repeat, ..Self::default() }
    }
}

pub(super) type Reply = (StatusCode, Json<Answer>);

/// What a request says.
enum Said {
    /// A notice.
    Notice(Notice),
    /// A notice with faults.
    Faulty(FaultyNotice),
    /// Nothing that can be read, with what is answered to it.
    Nothing(Reply),
}

impl Said {
    fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        match body::read_pairs(headers, body) {
            Ok(pairs) => Notice::parse(&pairs).map_or_else(Self::Faulty, Self::Notice),
            Err((status, why)) => Self::Nothing(refuse(status, "body", why)),
        }
    }

    /// What is to be stored of it.
    fn message(&self, now: DateTime<Utc>) -> Option<NewMessage> {
        match self {
            Self::Notice(notice) => Some(worker::of_notice(notice.clone(), now)),
            Self::Faulty(faulty) => worker::of_faulty(faulty.clone(), now),
            Self::Nothing(_) => None,
        }
    }
}

/// Takes a notice. It is stored durably, in one commit with its nonce, before 202 is answered.
pub(super) async fn post(State(api): State<Api>, request: Request) -> Reply {
    let headers = request.headers().clone();
    let body = match body::receive(request).await {
        Ok(body) => body,
        Err((status, why)) => return refuse(status, "body", why),
    };
    let now = api.site.now();
    let nonce = match api.secret.as_ref().map(|secret| authenticate(&api, secret, &headers, &body, now)).transpose() {
        Ok(nonce) => nonce,
        Err(refusal) => return refusal,
    };
    let said = Said::read(&headers, &body);
    let message = said.message(now);
    match api.site.store.take(nonce.as_ref(), message.as_ref(), now).await {
        Ok(Taken::Stored(posted)) => answer(&api, said, posted),
        Ok(Taken::Replay) => refuse_replay(),
        Err(error) => not_stored(message.map(|new| new.message.ticket()), &error),
    }
}

/// The answer to a nonce that was seen before.
pub(super) fn refuse_replay() -> Reply {
    let why = "X-NSRW-Nonce was used before: a replay, or a request sent twice; sign it anew to send it again";
    warn!("a request was refused: {why}");
    refuse(StatusCode::CONFLICT, "authentication", why)
}

/// Lets a request pass whose signature fits, with its nonce.
fn authenticate(
    api: &Api,
    secret: &Secret,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<Nonce, Reply> {
    secret.check(headers, body, now, api.site.config.api.clock_skew_seconds).map_err(|why| {
        warn!("a notice was refused: {why}");
        refuse(StatusCode::UNAUTHORIZED, "authentication", &why)
    })
}

/// The answer to what was stored, as far as there was anything to store.
fn answer(api: &Api, said: Said, posted: Option<Posted>) -> Reply {
    if posted.is_some() {
        api.bell.notify_one();
    }
    match said {
        Said::Notice(Notice { ticket, previous, current, .. }) => {
            let id = posted.map(|posted| display(posted.id));
            info!(ticket.id = ticket.get(), inbox.id = id, "a notice was stored: {previous} -> {current}");
            (StatusCode::ACCEPTED, Json(Answer::of_posted(posted)))
        }
        Said::Faulty(faulty) => (StatusCode::UNPROCESSABLE_ENTITY, Json(Answer::of_faults(faulty.faults))),
        Said::Nothing(refusal) => refusal,
    }
}

fn not_stored(ticket: Option<TicketId>, error: &StoreError) -> Reply {
    error!(ticket.id = ticket.map(TicketId::get), "a notice could not be stored: {}", crate::error_chain(error));
    refuse(StatusCode::SERVICE_UNAVAILABLE, "server", "the notice could not be stored; send it again")
}

pub(super) fn refuse(status: StatusCode, field: &str, message: &str) -> Reply {
    let errors = vec![FieldFault { field: field.to_owned(), message: message.to_owned() }];
    (status, Json(Answer::of_faults(errors)))
}
