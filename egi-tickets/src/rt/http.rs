//! Talking to RT over HTTP, for both of its REST interfaces. What is asked and what the answers mean is not known here.
//!
//! Every address is built from the configured one: RT's answers carry addresses of their own, which may name another
//! host, and none is followed. Redirects are not followed either.
//!
//! RT checks a token against bcrypt hashes, which takes it about half a second, with each request. So a connection asks for
//! a session with its token first, and sends the session's cookie and the token with every request: a session that is
//! over costs time, nothing else. RT hands out sessions on the pages of its REST 1.0 interface alone.

use std::fmt;
use std::io::Read as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, DATE, ETAG, IF_MATCH, SET_COOKIE};
use ureq::http::{Request, StatusCode};
use ureq::{Agent, Body};
use url::Url;

use super::pause::Pause;
use crate::error::TicketError;

/// The most bytes of an answer that is read as a document. A page of a hundred tickets has less than one million.
const MAX_ANSWER: u64 = 32 << 20;
/// How long a session is used: a token that was revoked ends with it.
const SESSION: Duration = Duration::from_mins(30);
/// How long none is asked for after it was in vain.
const WITHOUT_SESSION: Duration = Duration::from_mins(1);
/// How often a question is asked before its answer is given up.
const TRIES: u32 = 3;
/// How much of an answer that was not understood is shown.
const SHOWN: usize = 200;

/// The service account's token. Never printed.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Surrounding blanks, as files have them, do not count.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Refuses what can be no token, whatever it says. A password may be anything.
    pub(super) fn check(&self) -> Result<(), TicketError> {
        let is_one = !self.0.is_empty() && self.0.chars().all(|c| c.is_ascii_graphic());
        if is_one { Ok(()) } else { Err(no_token()) }
    }

    /// The number of the account it belongs to: RT writes `<version>-<account>-<secret>`.
    pub(super) fn account(&self) -> Option<u64> {
        self.0.split('-').nth(1)?.parse().ok()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A way to one RT, as one account. Its methods block.
pub(super) struct Connection {
    base: Url,
    token: Token,
    /// Keeps connections open from one question to the next.
    reader: Agent,
    /// Takes a new connection for each change: one that RT is just closing would leave in doubt what became of it.
    writer: Agent,
    session: Mutex<Option<Session>>,
    /// What is sent to get a session where there are no tokens.
    login: Option<Vec<u8>>,
}

/// A session, or the memory of having asked for one in vain.
struct Session {
    cookie: Option<String>,
    since: Instant,
}

impl Session {
    fn holds(&self) -> bool {
        self.since.elapsed() < if self.cookie.is_some() { SESSION } else { WITHOUT_SESSION }
    }
}

type Response = ureq::http::Response<Body>;

/// What RT answered, whatever it was.
#[derive(Debug)]
pub(super) struct Answer {
    url: String,
    pub(super) status: StatusCode,
    /// The version of what was read.
    pub(super) etag: Option<String>,
    body: Vec<u8>,
}

/// What is sent: its kind and its bytes.
type Content = Option<(&'static str, Vec<u8>)>;

const JSON: &str = "application/json; charset=utf-8";
const FORM: &str = "application/x-www-form-urlencoded";

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

fn no_token() -> TicketError {
    let reason = "the file rt.token_file names holds no token; `nsrw rt apply --token-file` makes one";
    TicketError::Setup { reasons: vec![reason.to_owned()] }
}

impl Connection {
    /// A way to the RT at `base`: its address with the path it lives under, without `/REST`. Nothing is asked yet.
    pub(super) fn new(base: &str, token: Token, timeout: Duration) -> Result<Self, TicketError> {
        if token.0.is_empty() {
            return Err(no_token());
        }
        let unusable =
            |why: String| TicketError::Setup { reasons: vec![format!("rt.url can not be \"{base}\": {why}")] };
        let base = Url::parse(base).map_err(|error| unusable(error.to_string()))?;
        // A password in the address would be shown with it.
        let plain = base.query().is_none() && base.fragment().is_none() && base.username().is_empty();
        if !matches!(base.scheme(), "http" | "https") || !plain {
            return Err(unusable("give an address such as https://rt.example.org/rt".to_owned()));
        }
        let (reader, writer) = (agent(timeout, 4), agent(timeout, 0));
        Ok(Self { base, token, reader, writer, session: Mutex::new(None), login: None })
    }

    /// The same way for an RT before 5, which knows no tokens: what was taken for a token is the account's password then,
    /// unless it looks like one that an extension gave out.
    pub(super) fn by_password_of(self, account: &str) -> Self {
        let login = form(&[("user", account), ("pass", &self.token.0)]);
        let login = self.token.account().is_none().then_some(login);
        Self { login, ..self }
    }

    /// The address, for messages.
    pub(super) fn url(&self) -> &str {
        self.base.as_str()
    }

    pub(super) fn token(&self) -> &Token {
        &self.token
    }

    /// Asks for a document. Nothing changes by it, so it is asked again when RT does not get to it.
    pub(super) fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, TicketError> {
        let url = self.address(path, query);
        patiently(|| self.send(&self.reader, "GET", &url, None, None).and_then(|response| read(&url, response)))
    }

    /// What time it is there, as its web server says with every answer; `None` if it does not.
    pub(super) fn time(&self) -> Result<Option<DateTime<Utc>>, TicketError> {
        let url = self.address("REST/1.0/", &[]);
        let response = patiently(|| self.send(&self.reader, "GET", &url, None, None))?;
        let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        Ok(date.map(|date| date.with_timezone(&Utc)))
    }

    /// Asks a question that RT takes as a document. Nothing changes by it.
    pub(super) fn ask(&self, path: &str, question: &impl Serialize) -> Result<Answer, TicketError> {
        let url = self.address(path, &[]);
        let body = render(&url, question)?;
        let send = || self.send(&self.reader, "POST", &url, None, Some((JSON, body.clone())));
        patiently(|| send().and_then(|response| read(&url, response)))
    }

    /// Asks for the bytes of a file, of which at most `limit` are read.
    pub(super) fn get_bytes(&self, path: &str, limit: u64) -> Result<Bytes, TicketError> {
        let url = self.address(path, &[]);
        patiently(|| {
            let response = self.send(&self.reader, "GET", &url, None, None)?;
            if response.status() == StatusCode::OK && !is_page(&response) {
                return read_bytes(&url, response, limit);
            }
            read(&url, response).map(Bytes::Refused)
        })
    }

    /// Asks for a text of REST 1.0. Nothing changes by it.
    pub(super) fn get_text(&self, path: &str, query: &[(&str, &str)]) -> Result<Vec<u8>, TicketError> {
        let url = self.address(path, query);
        patiently(|| self.send(&self.reader, "GET", &url, None, None).and_then(|response| read_text(&url, response)))
    }

    /// Sends a form to REST 1.0. Sent once, as [`Self::put`] is.
    pub(super) fn post_form(&self, path: &str, content: &str) -> Result<Vec<u8>, TicketError> {
        let url = self.address(path, &[]);
        let form = form(&[("content", content)]);
        self.send(&self.writer, "POST", &url, None, Some((FORM, form))).and_then(|response| read_text(&url, response))
    }

    /// Changes a document if it still has the version `etag`. Sent once: what became of a change whose answer was lost
    /// is for the caller to look at.
    pub(super) fn put(&self, path: &str, etag: &str, change: &impl Serialize) -> Result<Answer, TicketError> {
        let url = self.address(path, &[]);
        let content = Some((JSON, render(&url, change)?));
        self.send(&self.writer, "PUT", &url, Some(etag), content).and_then(|response| read(&url, response))
    }

    /// Adds something. Sent once, as [`Self::put`] is.
    pub(super) fn post(&self, path: &str, added: &impl Serialize) -> Result<Answer, TicketError> {
        let url = self.address(path, &[]);
        let content = Some((JSON, render(&url, added)?));
        self.send(&self.writer, "POST", &url, None, content).and_then(|response| read(&url, response))
    }

    fn address(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        let joined = format!("{}/{}", self.base.path().trim_end_matches('/'), path.trim_start_matches('/'));
        url.set_path(&joined);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    fn send(
        &self,
        agent: &Agent,
        method: &str,
        url: &Url,
        etag: Option<&str>,
        content: Content,
    ) -> Result<Response, TicketError> {
        let mut request = Request::builder().method(method).uri(url.as_str());
        if self.login.is_none() {
            request = request.header(AUTHORIZATION, self.authorization());
        }
        if let Some(cookie) = self.cookie() {
            request = request.header(COOKIE, cookie);
        }
        if let Some(etag) = etag {
            request = request.header(IF_MATCH, etag);
        }
        let unsendable = |error: ureq::http::Error| unreachable(url, error.into());
        let sent = match content {
            None => agent.run(request.body(()).map_err(unsendable)?),
            Some((kind, body)) => agent.run(request.header(CONTENT_TYPE, kind).body(body).map_err(unsendable)?),
        };
        sent.map_err(|source| unreachable(url, source.into()))
    }

    fn authorization(&self) -> String {
        format!("token {}", self.token.0)
    }

    /// The cookie of the present session. Without one every request works, only slower.
    fn cookie(&self) -> Option<String> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        match session.as_ref() {
            Some(known) if known.holds() => known.cookie.clone(),
            _ => {
                let cookie = self.log_in();
                *session = Some(Session { cookie: cookie.clone(), since: Instant::now() });
                cookie
            }
        }
    }

    fn log_in(&self) -> Option<String> {
        let url = self.address("REST/1.0/", &[]);
        let mut response = match &self.login {
            Some(form) => self.reader.post(url.as_str()).header(CONTENT_TYPE, FORM).send(form.as_slice()).ok()?,
            None => self.reader.get(url.as_str()).header(AUTHORIZATION, self.authorization()).call().ok()?,
        };
        // RT gives everybody a session; whether it is the account's, the first line of the text tells.
        let text = response.body_mut().read_to_string().ok()?;
        let accepted = text.starts_with("RT/") && text.lines().next().is_some_and(|line| line.contains(" 200 "));
        let cookies = response.headers().get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs: Vec<&str> = cookies.filter_map(|cookie| cookie.split(';').next()).collect();
        (accepted && !pairs.is_empty()).then(|| pairs.join("; "))
    }
}

/// The bytes of a file, or why there are none.
#[derive(Debug)]
pub(super) enum Bytes {
    Read(Vec<u8>),
    /// It has more than was to be read: this many, as far as is known.
    TooMany(u64),
    Refused(Answer),
}

impl Answer {
    /// The document in it. Anything else is an answer of something else than RT.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, TicketError> {
        serde_json::from_slice(&self.body).map_err(|error| TicketError::NotUnderstood {
            url: self.url.clone(),
            answer: format!("{error}: {}", shown(&self.body)),
        })
    }

    /// What RT says in words: the message of a refusal, or the list of what came of a change.
    pub(super) fn messages(&self) -> Vec<String> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Said {
            Message { message: String },
            List(Vec<serde_json::Value>),
        }
        match serde_json::from_slice(&self.body) {
            Ok(Said::Message { message }) => vec![message],
            Ok(Said::List(lines)) => lines.iter().filter_map(|line| line.as_str().map(str::to_owned)).collect(),
            Err(_) => Vec::new(),
        }
    }

    /// An answer nobody expected, as an error.
    pub(super) fn unexpected(&self) -> TicketError {
        let said = self.messages().join("; ");
        let said = if said.is_empty() { shown(&self.body) } else { said };
        TicketError::NotUnderstood { url: self.url.clone(), answer: format!("{}: {said}", self.status) }
    }
}

/// Asks again, after a growing pause, as long as that can help.
fn patiently<T>(ask: impl Fn() -> Result<T, TicketError>) -> Result<T, TicketError> {
    let mut pause = Pause::new();
    loop {
        match ask() {
            Err(error) if error.is_transient() && pause.count() + 1 < TRIES => pause.wait(),
            answered => return answered,
        }
    }
}

fn agent(timeout: Duration, kept: usize) -> Agent {
    let config = Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .accept_encoding("identity")
        .user_agent(concat!("nsrw/", env!("CARGO_PKG_VERSION")))
        .max_idle_connections(kept)
        .timeout_global(Some(timeout));
    Agent::new_with_config(config.build())
}

/// Reads an answer of RT. What a proxy, a login page or a broken RT answers is an error.
fn read(url: &Url, mut response: Response) -> Result<Answer, TicketError> {
    let status = response.status();
    if status == StatusCode::UNAUTHORIZED {
        return Err(TicketError::Unauthorized { url: bare(url) });
    }
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (etag, kind) = (header(ETAG), header(CONTENT_TYPE).unwrap_or_default());
    let whole = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
    let body = whole.map_err(|source| unreachable(url, source.into()))?;
    let overloaded = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    if overloaded || status.is_redirection() || !kind.starts_with("application/json") {
        let answer = if status.is_redirection() { "a redirect, as to a login page".to_owned() } else { shown(&body) };
        return Err(TicketError::NotUnderstood { url: bare(url), answer: format!("{status}: {answer}") });
    }
    Ok(Answer { url: bare(url), status, etag, body })
}

/// Reads a text of REST 1.0, which says in its first line what became of the request: HTTP says 200 to all.
fn read_text(url: &Url, mut response: Response) -> Result<Vec<u8>, TicketError> {
    let (status, page) = (response.status(), is_page(&response));
    let whole = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
    let body = whole.map_err(|source| unreachable(url, source.into()))?;
    let first = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let told = String::from_utf8_lossy(first);
    match told.split(' ').nth(1) {
        Some("401") => Err(TicketError::Unauthorized { url: bare(url) }),
        // So it tells of a ticket without attachments.
        None if body.is_empty() && status == StatusCode::OK => Ok(body),
        Some(_) if status == StatusCode::OK && !page && told.starts_with("RT/") => Ok(body),
        Some(_) | None => {
            Err(TicketError::NotUnderstood { url: bare(url), answer: format!("{status}: {}", shown(&body)) })
        }
    }
}

fn form(pairs: &[(&str, &str)]) -> Vec<u8> {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes()
}

/// Whether it is a page for people, such as a login page: no file that is read here is one.
fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}

fn read_bytes(url: &Url, mut response: Response, limit: u64) -> Result<Bytes, TicketError> {
    let announced = response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if let Some(size) = announced.filter(|size| *size > limit) {
        return Ok(Bytes::TooMany(size));
    }
    let mut bytes = Vec::new();
    let mut reader = response.body_mut().as_reader().take(limit.saturating_add(1));
    reader.read_to_end(&mut bytes).map_err(|source| unreachable(url, source.into()))?;
    let size = bytes.len() as u64;
    Ok(if size > limit { Bytes::TooMany(size) } else { Bytes::Read(bytes) })
}

fn render(url: &Url, document: &impl Serialize) -> Result<Vec<u8>, TicketError> {
    serde_json::to_vec(document).map_err(|error| unreachable(url, error.into()))
}

fn unreachable(url: &Url, source: Box<dyn std::error::Error + Send + Sync>) -> TicketError {
    TicketError::Unreachable { url: bare(url), source }
}

/// The address without its question: questions are long and say little.
fn bare(url: &Url) -> String {
    let mut bare = url.clone();
    bare.set_query(None);
    bare.into()
}

/// The beginning of an answer, in one line.
fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line: Vec<&str> = text.split_whitespace().collect();
    let line = line.join(" ");
    line.chars().take(SHOWN).collect()
}
