//! The fields of a notice as they were sent: a form or a JSON object. What they mean is not known here.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// Names and values as they were sent; a name sent twice is there twice.
pub type Pairs = Vec<(String, String)>;

/// How the fields are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-www-form-urlencoded`
    Form,
    /// `application/json`
    Json,
}

impl Encoding {
    /// The encoding that a `Content-Type` names, whatever parameters it has.
    #[must_use]
    pub fn of_content_type(text: &str) -> Option<Self> {
        match text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => Some(Self::Form),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }

    /// Reads the fields; the error says what was expected.
    pub fn read_pairs(self, body: &[u8]) -> Result<Pairs, &'static str> {
        match self {
            Self::Form => serde_urlencoded::from_bytes(body).map_err(|_| "it is no form; send name=value&…"),
            Self::Json => read_json(body).ok_or("it is no JSON object of texts and numbers"),
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
