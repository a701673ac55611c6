//! `POST /api/rollout`: a changed `RolloutProgress`, form-encoded or JSON.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use egi_model::notice::{FaultyNotice, FieldFault, Notice};
use egi_model::ticket::TicketId;
use serde::Serialize;
use tracing::{error, info, warn};

use super::{Api, Secret, body};
use crate::worker;

/// The answer: what was stored, or what was wrong.
#[derive(Debug, Serialize, Default)]
pub(super) struct Answer {
    accepted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<egi_store::InboxId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldFault>,
}

pub(super) type Reply = (StatusCode, Json<Answer>);

/// Takes a notice. It is stored durably before 202 is answered.
pub(super) async fn post(State(api): State<Api>, request: Request) -> Reply {
    let headers = request.headers().clone();
    let body = match body::receive(request).await {
        Ok(body) => body,
        Err((status, why)) => return refuse(status, "body", why),
    };
    if let Some(secret) = &api.secret
        && let Err(refusal) = authenticate(&api, secret, &headers, &body).await
    {
        return refusal;
    }
    let pairs = match body::read_pairs(&headers, &body) {
        Ok(pairs) => pairs,
        Err((status, why)) => return refuse(status, "body", why),
    };
    match Notice::parse(&pairs) {
        Ok(notice) => accept(&api, notice).await,
        Err(faulty) => reject(&api, faulty).await,
    }
}

/// Lets a request pass whose signature fits and whose nonce is new.
async fn authenticate(api: &Api, secret: &Secret, headers: &HeaderMap, body: &[u8]) -> Result<(), Reply> {
    let (now, skew) = (api.site.now(), api.site.config.api.clock_skew_seconds);
    let signed = secret.check(headers, body, now, skew).map_err(|why| {
        warn!("a notice was refused: {why}");
        refuse(StatusCode::UNAUTHORIZED, "authentication", &why)
    })?;
    match api.site.store.use_nonce(&signed.nonce, signed.until, now).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            let why = "X-NSRW-Nonce was used before: a replay, or a request sent twice; sign it anew to send it again";
            warn!("a notice was refused: {why}");
            Err(refuse(StatusCode::CONFLICT, "authentication", why))
        }
        Err(error) => {
            error!("a notice could not be stored: {}", crate::error_chain(&error));
            Err(refuse(StatusCode::SERVICE_UNAVAILABLE, "server", "the notice could not be stored; send it again"))
        }
    }
}

async fn accept(api: &Api, notice: Notice) -> Reply {
    let told = format!("{} -> {}", notice.previous, notice.current);
    let ticket = notice.ticket;
    match worker::deliver(&api.site, notice).await {
        Ok(posted) => {
            info!(ticket.id = ticket.get(), inbox.id = %posted.id, "a notice was stored: {told}");
            api.bell.notify_one();
            let answer = Answer { accepted: true, id: Some(posted.id), repeat: Some(!posted.new), ..Answer::default() };
            (StatusCode::ACCEPTED, Json(answer))
        }
        Err(error) => not_stored(ticket, &error),
    }
}

async fn reject(api: &Api, faulty: FaultyNotice) -> Reply {
    let answer = Answer { errors: faulty.faults.clone(), ..Answer::default() };
    if let Some(ticket) = faulty.ticket {
        match worker::deliver_faulty(&api.site, faulty).await {
            Ok(_) => api.bell.notify_one(),
            Err(error) => return not_stored(ticket, &error),
        }
    }
    (StatusCode::UNPROCESSABLE_ENTITY, Json(answer))
}

fn not_stored(ticket: TicketId, error: &egi_store::StoreError) -> Reply {
    error!(ticket.id = ticket.get(), "a notice could not be stored: {}", crate::error_chain(error));
    refuse(StatusCode::SERVICE_UNAVAILABLE, "server", "the notice could not be stored; send it again")
}

pub(super) fn refuse(status: StatusCode, field: &str, message: &str) -> Reply {
    let errors = vec![FieldFault { field: field.to_owned(), message: message.to_owned() }];
    (status, Json(Answer { errors, ..Answer::default() }))
}
