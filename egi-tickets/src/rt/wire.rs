//! The documents of REST 2.0, as far as they are read.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};

/// A list. How many pages there are is not always told; it is read on until nothing comes.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
}

/// Something RT names: by its number, users by their account.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Reference {
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(deserialize_with = "text_or_number")]
    pub(super) id: String,
}

/// A ticket, alone or in a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TicketBody {
    #[serde(rename = "id", deserialize_with = "number")]
    pub(super) id: u64,
    pub(super) queue: Reference,
    #[serde(default)]
    pub(super) subject: String,
    pub(super) status: String,
    pub(super) owner: Option<Reference>,
    #[serde(default)]
    pub(super) requestor: Vec<Reference>,
    #[serde(default)]
    pub(super) cc: Vec<Reference>,
    pub(super) created: DateTime<Utc>,
    pub(super) custom_fields: Vec<FieldBody>,
}

/// A ticket of the past, as far as its history needs it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PastTicketBody {
    #[serde(rename = "id", deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(default)]
    pub(super) subject: String,
    pub(super) created: DateTime<Utc>,
}

/// Something of which a list is read by the numbers of its items.
pub(super) trait Numbered {
    fn number(&self) -> u64;
}

impl Numbered for TicketBody {
    fn number(&self) -> u64 {
        self.id
    }
}

impl Numbered for PastTicketBody {
    fn number(&self) -> u64 {
        self.id
    }
}

/// A reference whose id is no number counts as none: such a list ends there.
impl Numbered for Reference {
    fn number(&self) -> u64 {
        self.id.parse().unwrap_or_default()
    }
}

impl Numbered for TransactionBody {
    fn number(&self) -> u64 {
        self.id
    }
}

/// A custom field of a ticket.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct FieldBody {
    pub(super) name: String,
    pub(super) values: Vec<FieldValue>,
}

/// A value of a custom field.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum FieldValue {
    /// A text.
    Text(String),
    /// A file: its name, and an address of which only the number at its end is used.
    File {
        #[serde(default)]
        filename: Option<String>,
        #[serde(rename = "_url")]
        url: String,
    },
    /// None, which RT keeps of a value that was emptied.
    Empty,
}

/// A change, alone in the history of a ticket or among those of a queue.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TransactionBody {
    #[serde(rename = "id", deserialize_with = "number")]
    pub(super) id: u64,
    #[serde(deserialize_with = "number")]
    pub(super) object_id: u64,
    #[serde(rename = "Type")]
    pub(super) kind: String,
    /// Of a custom field: its number.
    #[serde(default, deserialize_with = "maybe_text")]
    pub(super) field: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(super) old_value: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(super) new_value: Option<String>,
    pub(super) creator: Reference,
    pub(super) created: DateTime<Utc>,
}

/// A text or file that came with a change.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AttachmentBody {
    #[serde(deserialize_with = "number")]
    pub(super) transaction_id: u64,
    #[serde(default, deserialize_with = "maybe_text")]
    content_length: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    content_type: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    filename: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(super) subject: Option<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(super) content: Option<String>,
}

impl AttachmentBody {
    /// Its size in bytes.
    pub(super) fn size(&self) -> u64 {
        self.content_length.as_ref().and_then(|length| length.parse().ok()).unwrap_or_default()
    }

    /// Whether it is what was written, and not a file beside it.
    pub(super) fn is_text(&self) -> bool {
        self.content_type.as_ref().is_some_and(|kind| kind.starts_with("text/plain")) && self.filename.is_none()
    }
}

/// A queue with the fields of its tickets.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QueueBody {
    #[serde(rename = "id", deserialize_with = "text_or_number")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) ticket_custom_fields: Vec<NamedReference>,
}

/// A custom field by number and name.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct NamedReference {
    #[serde(deserialize_with = "text_or_number")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
}

/// A group with its direct members.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GroupBody {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default, deserialize_with = "loose_text")]
    pub(super) description: String,
    #[serde(default)]
    pub(super) members: Vec<Reference>,
}

/// A user, as far as others may see it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UserBody {
    #[serde(default)]
    pub(super) name: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Loose {
    Number(u64),
    Text(String),
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Loose::deserialize(deserializer)? {
        Loose::Number(number) => number.to_string(),
        Loose::Text(text) => text,
    })
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match Loose::deserialize(deserializer)? {
        Loose::Number(number) => Ok(number),
        Loose::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

fn loose_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    maybe_text(deserializer).map(Option::unwrap_or_default)
}

/// A text; RT writes an empty one, nothing or a number where there is none to speak of.
fn maybe_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<Loose>::deserialize(deserializer)?.map(|loose| match loose {
        Loose::Number(number) => number.to_string(),
        Loose::Text(text) => text,
    });
    Ok(text.filter(|text| !text.is_empty()))
}
