//! `POST /api/rollout`: a changed `RolloutProgress`, form-encoded or JSON.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use egi_model::notice::{FaultyNotice, FieldFault, Notice};
use egi_model::ticket::TicketId;
use serde::Serialize;
use tracing::{error, info, warn};

use super::Api;
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

type Reply = (StatusCode, Json<Answer>);

/// Takes a notice. It is stored durably before 202 is answered.
pub(super) async fn post(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Reply {
    if let Some(secret) = &api.secret {
        let skew = api.site.config.api.clock_skew_seconds;
        if let Err(why) = secret.check(&headers, &body, api.site.now(), skew) {
            warn!("a notice was refused: {why}");
            return refuse(StatusCode::UNAUTHORIZED, "authentication", why);
        }
    }
    let pairs = match read_pairs(&headers, &body) {
        Ok(pairs) => pairs,
        Err((status, why)) => return refuse(status, "body", why),
    };
    match Notice::parse(&pairs) {
        Ok(notice) => accept(&api, notice).await,
        Err(faulty) => reject(&api, faulty).await,
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

fn refuse(status: StatusCode, field: &str, message: &str) -> Reply {
    let errors = vec![FieldFault { field: field.to_owned(), message: message.to_owned() }];
    (status, Json(Answer { errors, ..Answer::default() }))
}

fn read_pairs(headers: &HeaderMap, body: &[u8]) -> Result<Vec<(String, String)>, (StatusCode, &'static str)> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/x-www-form-urlencoded" => serde_urlencoded::from_bytes(body)
            .map_err(|_| (StatusCode::BAD_REQUEST, "it is no form; send name=value&…")),
        "application/json" => {
            read_json(body).ok_or((StatusCode::BAD_REQUEST, "it is no JSON object of texts and numbers"))
        }
        _ => Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/x-www-form-urlencoded or application/json")),
    }
}

fn read_json(body: &[u8]) -> Option<Vec<(String, String)>> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body).ok()?;
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::Bool(flag) => Some(flag.to_string()),
        serde_json::Value::Null => Some(String::new()),
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => None,
    };
    object.into_iter().map(|(name, value)| text(value).map(|text| (name, text))).collect()
}
