//! Somebody who works in an RT: over REST 2, over REST 1, or by the forms of its web pages.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use egi_model::field::{Field, FieldKind};
use serde_json::{Value, json};
use ureq::http::{Method, Request};
use ureq::{Agent, SendBody};

use crate::serve::{FORM, JSON, render_form};

/// How long an answer may take.
const ANSWER: Duration = Duration::from_mins(1);

/// What an RT answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub text: String,
}

impl Reply {
    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

/// One account of an RT.
#[derive(Debug, Clone)]
pub struct Person {
    url: String,
    name: String,
    token: String,
    agent: Agent,
}

/// A ticket to open.
#[derive(Debug, Clone)]
pub struct NewTicket {
    /// The title.
    pub subject: String,
    /// Fields that hold text.
    pub fields: BTreeMap<Field, String>,
    /// Fields that hold a file: its name and content.
    pub files: BTreeMap<Field, (String, Vec<u8>)>,
}

impl NewTicket {
    /// A ticket with everything it needs, for these two documents.
    #[must_use]
    pub fn for_release(subject: &str, release_xml: &[u8], checksums_xml: &[u8]) -> Self {
        let name = |field: Field| match field.spec().kind {
            FieldKind::File(name) => name.to_owned(),
            FieldKind::Text | FieldKind::Url | FieldKind::Choice(_) | FieldKind::State => String::new(),
        };
        let file = |field, bytes: &[u8]| (field, (name(field), bytes.to_owned()));
        let fields =
            [(Field::SyncUrl, "rsync://provider.example.test/delivery"), (Field::AssociatedMajorRelease, "umd-4")];
        Self {
            subject: subject.to_owned(),
            fields: fields.map(|(field, value)| (field, value.to_owned())).into(),
            files: [file(Field::ReleaseMetadata, release_xml), file(Field::Checksums, checksums_xml)].into(),
        }
    }

    /// A ticket with everything RT asks for, whose documents nobody reads.
    #[must_use]
    pub fn sound(subject: &str) -> Self {
        Self::for_release(subject, b"<release/>", b"<checksums/>")
    }

    /// With another value in a field.
    #[must_use]
    pub fn with(mut self, field: Field, value: &str) -> Self {
        self.fields.insert(field, value.to_owned());
        self
    }
}

impl Person {
    pub(super) fn new(url: &str, name: &str, token: &str) -> Self {
        let config = Agent::config_builder().proxy(None).http_status_as_error(false).timeout_global(Some(ANSWER));
        let agent = Agent::new_with_config(config.max_redirects(0).max_redirects_will_error(false).build());
        Self { url: url.to_owned(), name: name.to_owned(), token: token.to_owned(), agent }
    }

    /// The account's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn ask(&self, method: Method, path: &str, kind: &str, body: &[u8]) -> Result<Reply> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}/{path}", self.url))
            .header("Authorization", format!("token {}", self.token))
            .header("Content-Type", kind)
            .body(SendBody::from_owned_reader(std::io::Cursor::new(body.to_owned())))
            .context("the request can not be made")?;
        let mut response = self.agent.run(request).with_context(|| format!("failed to ask the RT for {path}"))?;
        let status = response.status().as_u16();
        let bytes = response.body_mut().with_config().limit(32 << 20).read_to_vec().context("the answer broke off")?;
        Ok(Reply { status, text: String::from_utf8_lossy(&bytes).into_owned() })
    }

    /// Asks REST 2 for something.
    pub fn get(&self, path: &str) -> Result<Reply> {
        self.ask(Method::GET, &format!("REST/2.0/{path}"), JSON, b"")
    }

    /// Posts JSON to REST 2.
    pub fn post(&self, path: &str, body: &Value) -> Result<Reply> {
        self.ask(Method::POST, &format!("REST/2.0/{path}"), JSON, body.to_string().as_bytes())
    }

    /// Puts JSON to REST 2.
    pub fn put(&self, path: &str, body: &Value) -> Result<Reply> {
        self.ask(Method::PUT, &format!("REST/2.0/{path}"), JSON, body.to_string().as_bytes())
    }

    /// Posts a form to REST 1.
    pub fn post_rest1(&self, path: &str, form: &[(&str, &str)]) -> Result<String> {
        let reply = self.ask(Method::POST, &format!("REST/1.0/{path}"), FORM, render_form(form).as_bytes())?;
        ensure!(reply.status == 200, "REST 1 answered with {}: {}", reply.status, reply.text);
        Ok(reply.text)
    }

    /// Opens a ticket over REST 2; its answer, whatever it is.
    pub fn try_to_open(&self, ticket: &NewTicket) -> Result<Reply> {
        let mut fields = serde_json::Map::new();
        for (field, value) in &ticket.fields {
            fields.insert(field.rt_name().to_owned(), json!(value));
        }
        for (field, (name, content)) in &ticket.files {
            let file = json!({ "FileName": name, "FileType": "application/xml", "FileContent": BASE64_STANDARD.encode(content) });
            fields.insert(field.rt_name().to_owned(), file);
        }
        self.post("ticket", &json!({ "Queue": "sw-rel", "Subject": ticket.subject, "CustomFields": fields }))
    }

    /// Opens a ticket over REST 2 and gives its number.
    pub fn open(&self, ticket: &NewTicket) -> Result<u64> {
        let reply = self.try_to_open(ticket)?;
        let id = reply.json().get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
        id.with_context(|| format!("the ticket was not opened: {} {}", reply.status, reply.text))
    }

    /// Sets a field over REST 2; what RT says about it.
    pub fn set(&self, ticket: u64, field: Field, value: &str) -> Result<Vec<String>> {
        let reply = self.put(&format!("ticket/{ticket}"), &json!({ "CustomFields": { field.rt_name(): value } }))?;
        ensure!(reply.status == 200, "RT answered with {}: {}", reply.status, reply.text);
        serde_json::from_str(&reply.text).with_context(|| format!("RT answered {}", reply.text))
    }

    /// Sets a field over REST 1; what RT says about it.
    pub fn set_by_rest1(&self, ticket: u64, field: Field, value: &str) -> Result<String> {
        self.post_rest1(&format!("ticket/{ticket}/edit"), &[("content", &format!("CF.{{{field}}}: {value}"))])
    }

    /// The value of a field, as this person sees it; empty when it has none.
    pub fn field(&self, ticket: u64, field: Field) -> Result<String> {
        let reply = self.get(&format!("ticket/{ticket}"))?;
        ensure!(reply.status == 200, "RT answered with {}: {}", reply.status, reply.text);
        let json = reply.json();
        let fields = json.get("CustomFields").and_then(Value::as_array).cloned().unwrap_or_default();
        let named = fields.iter().find(|f| f.get("name").and_then(Value::as_str) == Some(field.rt_name()));
        let value = named.and_then(|f| f.pointer("/values/0")).and_then(Value::as_str);
        Ok(value.unwrap_or_default().to_owned())
    }

    /// Logs in on the web pages, as a browser does.
    pub fn log_in(&self) -> Result<WebSession> {
        let body = render_form(&[("user", &self.name), ("pass", &format!("pw-{}", self.name))]);
        let request = Request::post(format!("{}/NoAuth/Login.html", self.url))
            .header("Content-Type", FORM)
            .header("Referer", format!("{}/", self.url))
            .body(body)
            .context("the request can not be made")?;
        let response = self.agent.run(request).context("failed to log in")?;
        let cookies = response.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let session = cookies.filter_map(|value| value.split(';').next()).rfind(|cookie| cookie.starts_with("RT_SID_"));
        let cookie = session.with_context(|| format!("RT gave {} no session", self.name))?.to_owned();
        Ok(WebSession { url: self.url.clone(), cookie, agent: self.agent.clone() })
    }
}

/// Somebody at RT's web pages.
#[derive(Debug, Clone)]
pub struct WebSession {
    url: String,
    cookie: String,
    agent: Agent,
}

impl WebSession {
    /// Sends a form; the page that follows. RT answers with the way to the page that shows what came of it.
    pub fn submit(&self, page: &str, form: &[(&str, &str)]) -> Result<String> {
        let request = Request::post(format!("{}/{page}", self.url))
            .header("Content-Type", FORM)
            // Without it RT asks whether the form is a forgery.
            .header("Referer", format!("{}/", self.url))
            .header("Cookie", &self.cookie)
            .body(render_form(form))
            .context("the request can not be made")?;
        let mut response = self.agent.run(request).with_context(|| format!("failed to send a form to {page}"))?;
        if let Some(next) = response.headers().get("location").and_then(|value| value.to_str().ok()) {
            let next = self.agent.get(next).header("Cookie", &self.cookie);
            response = next.call().context("failed to go where RT shows the way to")?;
        }
        response.body_mut().read_to_string().context("the page broke off")
    }
}
