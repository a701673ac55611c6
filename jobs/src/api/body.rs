//! The body of a request: received within bounds, and its fields.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request};
use axum::http::{HeaderMap, StatusCode, header};
use egi_model::notice::{Encoding, Pairs};

/// The largest body read. A notice has some 200 bytes.
pub(super) const MAX_BODY: usize = 64 * 1024;
/// How long a client may take to send it.
const PATIENCE: Duration = Duration::from_secs(10);

/// With which status a body is refused, and why.
type Refusal = (StatusCode, &'static str);

const TOO_LARGE: Refusal = (StatusCode::PAYLOAD_TOO_LARGE, "it has more than 65536 bytes");

/// Reads the body, unless it is too large or too slow. One that is announced to be too large is not waited for.
pub(super) async fn receive(request: Request) -> Result<Bytes, Refusal> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok());
    if announced.and_then(|length| length.parse().ok()).is_some_and(|length: usize| length > MAX_BODY) {
        return Err(TOO_LARGE);
    }
    match tokio::time::timeout(PATIENCE, Bytes::from_request(request, &())).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(refused)) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(TOO_LARGE),
        Ok(Err(_)) => Err((StatusCode::BAD_REQUEST, "it did not arrive whole; send it again")),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "it did not arrive in time; send it again")),
    }
}

/// Reads the fields, or says with which status and why not.
pub(super) fn read_pairs(headers: &HeaderMap, body: &[u8]) -> Result<Pairs, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let told = "send application/x-www-form-urlencoded or application/json";
    let encoding = Encoding::of_content_type(kind).ok_or((StatusCode::UNSUPPORTED_MEDIA_TYPE, told))?;
    encoding.read_pairs(body).map_err(|why| (StatusCode::BAD_REQUEST, why))
}
