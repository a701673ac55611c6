//! A running `nsrw serve`: asked over HTTP as a ticket system asks it, ended by signals as an operator ends it.

use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use chrono::Utc;
use nsrw::api::{Secret, sign};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use ureq::Agent;
use ureq::http::Request;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::process::wait_until;
use crate::site::Site;

/// How long an answer may take. A database that is locked is waited for some seconds, one request behind the other.
const ANSWER: Duration = Duration::from_mins(1);
/// How long the server may take to finish the step under way and end.
const END: Duration = Duration::from_secs(30);

/// What the content of a form is called.
pub const FORM: &str = "application/x-www-form-urlencoded";
/// What JSON is called.
pub const JSON: &str = "application/json";

/// A server of a site. Dropping it kills it: what it was at is for the next start.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    /// Kept open: a server whose answers nobody reads any more would see an error.
    _answers: BufReader<ChildStdout>,
    base: String,
    log: PathBuf,
    log_start: usize,
    secret: Secret,
    agent: Agent,
    site: Site,
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub text: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The number the notice was stored under.
    #[must_use]
    pub fn id(&self) -> Option<u64> {
        self.json().get("id").and_then(Value::as_u64)
    }

    /// Whether the server says that it had the notice already.
    #[must_use]
    pub fn is_repeat(&self) -> bool {
        self.json().get("repeat").and_then(Value::as_bool) == Some(true)
    }

    /// Each wrong field with what is wrong about it, `field: message`.
    #[must_use]
    pub fn errors(&self) -> Vec<String> {
        let json = self.json();
        let errors = json.get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
        let text = |error: &Value, name| error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        errors.iter().map(|error| format!("{}: {}", text(error, "field"), text(error, "message"))).collect()
    }
}

impl Serving {
    /// Starts the server of a site and waits until it listens. Its configuration should have it listen on port 0.
    pub fn start(site: &Site) -> Result<Self> {
        Self::start_with(site, None, None)
    }

    /// The same, and it logs at this level.
    pub fn start_logging(site: &Site, level: &str) -> Result<Self> {
        Self::start_with(site, None, Some(level))
    }

    /// The same, where it speaks TLS, for clients that trust the certificate in this file.
    pub fn start_trusting(site: &Site, authority: &Path) -> Result<Self> {
        Self::start_with(site, Some(authority), None)
    }

    fn start_with(site: &Site, authority: Option<&Path>, level: Option<&str>) -> Result<Self> {
        let log = site.folder().join("serve.log");
        let said = OpenOptions::new().create(true).append(true).open(&log);
        let said = said.with_context(|| format!("failed to open the log {}", log.display()))?;
        let log_start = read_text(&log).len();
        let mut command = site.command(&["serve"]);
        command.envs(level.map(|level| ("NSRW_LOG", level)));
        let mut child = command.stdout(Stdio::piped()).stderr(said).spawn().context("failed to start nsrw serve")?;
        let mut answers = BufReader::new(child.stdout.take().context("nsrw serve has no output")?);
        let mut line = String::new();
        answers.read_line(&mut line).context("failed to read what nsrw serve says")?;
        let Some(base) = line.trim().strip_prefix("listening on ").and_then(|url| url.strip_suffix("/api/rollout"))
        else {
            let _ = child.wait();
            anyhow::bail!("nsrw serve does not listen; it says \"{}\" and logs:\n{}", line.trim(), read_text(&log));
        };
        let secret = Secret::read(&site.folder().join("secrets/notice.key"))?;
        let (base, agent, site) = (base.to_owned(), make_agent(authority)?, site.clone());
        Ok(Self { child, _answers: answers, base, log, log_start, secret, agent, site })
    }

    /// The address, `host:port`.
    #[must_use]
    pub fn address(&self) -> &str {
        self.base.split_once("://").map_or(&self.base, |(_, address)| address)
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The site's shared secret.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// All it has logged since it was started.
    #[must_use]
    pub fn log(&self) -> String {
        read_text(&self.log).get(self.log_start..).unwrap_or_default().to_owned()
    }

    /// Waits until it has logged `text`.
    pub fn wait_for_log(&self, text: &str) -> Result<()> {
        wait_until(END, || Ok(self.log().contains(text).then_some(())))
            .with_context(|| format!("\"{text}\" was never logged:\n{}", self.log()))
    }

    /// Posts a notice as a signed form.
    pub fn post(&self, notice: &[(&str, &str)]) -> Result<Answer> {
        self.post_signed(FORM, &render_form(notice))
    }

    /// Posts a body with a good signature.
    pub fn post_signed(&self, kind: &str, body: &str) -> Result<Answer> {
        self.post_with(kind, body, &sign(&self.secret, body.as_bytes(), &make_nonce(), Utc::now()))
    }

    /// Posts a body with these headers.
    pub fn post_with(&self, kind: &str, body: &str, headers: &[(&str, String)]) -> Result<Answer> {
        self.post_to("/api/rollout", kind, body, headers)
    }

    /// Posts a body with these headers to another path of the API.
    pub fn post_to(&self, path: &str, kind: &str, body: &str, headers: &[(&str, String)]) -> Result<Answer> {
        let mut request = Request::post(format!("{}{path}", self.base));
        if !kind.is_empty() {
            request = request.header("Content-Type", kind);
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        read_answer(self.agent.run(request.body(body).context("the request can not be made")?))
    }

    /// Asks for a page, such as `/health`.
    pub fn get(&self, path: &str) -> Result<Answer> {
        read_answer(self.agent.get(format!("{}{path}", self.base)).call())
    }

    /// From now on trusts the certificate in this file alone, as one who connects anew.
    pub fn trust(&mut self, authority: &Path) -> Result<()> {
        self.agent = make_agent(Some(authority))?;
        Ok(())
    }

    /// Asks the server to end (SIGTERM).
    pub fn ask_to_stop(&self) -> Result<()> {
        self.signal(Signal::TERM)
    }

    /// Stops the server where it is, as a machine that swaps or a paused virtual machine does (SIGSTOP).
    pub fn freeze(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    /// Sends the server a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.id()).ok().and_then(Pid::from_raw).context("the server has no process id")?;
        kill_process(pid, signal).context("failed to signal the server")
    }

    /// Asks the server to end (SIGTERM) and waits for it. Answers with its exit code.
    pub fn stop(mut self) -> Result<i32> {
        self.ask_to_stop()?;
        self.wait()
    }

    /// Waits until the server, asked to end before, is gone. Answers with its exit code.
    pub fn wait(&mut self) -> Result<i32> {
        let ended = wait_until(END, || Ok(self.child.try_wait()?));
        let status = ended.with_context(|| format!("the server does not end; it logged:\n{}", self.log()))?;
        self.site.ensure_untold(&self.log())?;
        Ok(status.code().unwrap_or(-1))
    }

    /// Kills the server on the spot (SIGKILL).
    pub fn kill(mut self) -> Result<()> {
        self.child.kill().context("failed to kill the server")?;
        self.child.wait().map(drop).context("failed to wait for the server")
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended before; then there is nobody to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that comes to no proxy, and trusts the certificate in a file instead of the public web's authorities.
fn make_agent(authority: Option<&Path>) -> Result<Agent> {
    let config = Agent::config_builder().proxy(None).http_status_as_error(false).timeout_global(Some(ANSWER));
    let Some(file) = authority else { return Ok(Agent::new_with_config(config.build())) };
    let pem = fs::read(file).with_context(|| format!("failed to read {}", file.display()))?;
    let certificate = Certificate::from_pem(&pem).context("the authority is no certificate")?;
    let trusted = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[certificate])).build();
    Ok(Agent::new_with_config(config.tls_config(trusted).build()))
}

/// A text nobody has used yet.
#[must_use]
pub fn make_nonce() -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let now = Utc::now().timestamp_nanos_opt().unwrap_or_default();
    format!("{:08x}-{now:016x}-{number:x}", std::process::id())
}

/// A form's body.
#[must_use]
pub fn render_form(pairs: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        let escaped = text.bytes().map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' => char::from(byte).to_string(),
            b' ' => "+".to_owned(),
            _ => format!("%{byte:02X}"),
        });
        escaped.collect::<String>()
    };
    pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect::<Vec<_>>().join("&")
}

fn read_answer(answered: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer> {
    let mut response = answered.context("the server did not answer")?;
    let text = response.body_mut().read_to_string().context("failed to read the answer")?;
    Ok(Answer { status: response.status().as_u16(), text })
}

fn read_text(path: &std::path::Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
