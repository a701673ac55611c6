//! The body of a request and its fields, as a form or as JSON. What they mean is not known here.

use std::fmt;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

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

/// Names and values as they were sent; a name sent twice is there twice.
type Pairs = Vec<(String, String)>;

/// Reads the fields, or says with which status and why not.
pub(super) fn read_pairs(headers: &HeaderMap, body: &[u8]) -> Result<Pairs, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/x-www-form-urlencoded" => serde_urlencoded::from_bytes(body)
            .map_err(|_| (StatusCode::BAD_REQUEST, "it is no form; send name=value&…")),
        "application/json" => {
            read_json(body).ok_or((StatusCode::BAD_REQUEST, "it is no JSON object of texts and numbers"))
        }
        _ => {
            let told = "send application/x-www-form-urlencoded or application/json";
            Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, told))
        }
    }
}

fn read_json(body: &[u8]) -> Option<Pairs> {
    let Entries(entries) = serde_json::from_slice(body).ok()?;
    let text = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null => Some(String::new()),
        Value::Array(_) | Value::Object(_) => None,
    };
    entries.into_iter().map(|(name, value)| text(value).map(|text| (name, text))).collect()
}

/// A JSON object as it is written. A map would silently keep the last of two fields with one name.
struct Entries(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}
