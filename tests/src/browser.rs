//! A real browser without a screen: Chromium, driven through its own driver by the W3C `WebDriver` protocol.
//!
//! Each starts with an empty profile of its own and ends with it, and with every process it started.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;

use crate::process::{Guarded, wait_until};

/// How long the driver, and a page, may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);
/// The protocol's own name for a reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// No screen, no sandbox of its own (which root can not have), and nothing fetched that no page asks for.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1100,1320",
];

/// A browser window. Dropping it ends the browser.
#[derive(Debug)]
pub struct Browser {
    session: String,
    agent: Agent,
    driver: Guarded,
    _home: TempDir,
}

impl Browser {
    /// Opens an empty window.
    pub fn open() -> Result<Self> {
        let home = TempDir::with_prefix("nsrw-browser-").context("failed to make a folder for a browser")?;
        let profile = format!("--user-data-dir={}", home.path().join("profile").display());
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}")).env("HOME", home.path()).process_group(0);
        let driver = Guarded::start("chromedriver", &mut command, &home.path().join("driver.log"))?;
        let config = Agent::config_builder().proxy(None).http_status_as_error(false).timeout_global(Some(PATIENCE));
        let agent = Agent::new_with_config(config.build());
        let base = format!("http://127.0.0.1:{port}");
        wait_until(PATIENCE, || Ok(agent.get(format!("{base}/status")).call().is_ok().then_some(())))
            .map_err(|error| error.context(driver.log_tail()))?;
        let mut browser = Self { session: base, agent, driver, _home: home };
        let flags: Vec<_> = FLAGS.iter().copied().chain([profile.as_str()]).collect();
        let wanted = json!({ "browserName": "chrome", "goog:chromeOptions": { "args": flags } });
        let made = browser.post("session", &json!({ "capabilities": { "alwaysMatch": wanted } }))?;
        let id = made.get("sessionId").and_then(Value::as_str).context("the browser has no session")?;
        browser.session = format!("{}/session/{id}", browser.session);
        Ok(browser)
    }

    fn post(&self, what: &str, body: &Value) -> Result<Value> {
        let request = self.agent.post(format!("{}/{what}", self.session)).header("Content-Type", "application/json");
        let mut answer =
            request.send(body.to_string()).with_context(|| format!("failed to ask the browser to {what}"))?;
        read(what, &answer.body_mut().read_to_string()?)
    }

    fn get(&self, what: &str) -> Result<Value> {
        let mut answer = self.agent.get(format!("{}/{what}", self.session)).call()?;
        read(what, &answer.body_mut().with_config().limit(64 << 20).read_to_string()?)
    }

    /// Goes to a page and waits until it is there.
    pub fn go_to(&self, url: &str) -> Result<()> {
        self.post("url", &json!({ "url": url })).map(drop)
    }

    /// Forgets who was logged in.
    pub fn forget(&self) -> Result<()> {
        self.agent.delete(format!("{}/cookie", self.session)).call().map(drop).context("failed to drop the cookies")
    }

    /// The address of the page that is shown.
    pub fn address(&self) -> Result<String> {
        Ok(self.get("url")?.as_str().unwrap_or_default().to_owned())
    }

    /// The first element a CSS selector names.
    fn find(&self, selector: &str) -> Result<String> {
        let found = self.post("element", &json!({ "using": "css selector", "value": selector }));
        let found = found.or_else(|error| bail!("{error}\non {}:\n{}", self.address()?, self.text()?))?;
        Ok(found.get(ELEMENT).and_then(Value::as_str).context("the driver names no element")?.to_owned())
    }

    /// Types into a field; into a field for files, the path of one.
    pub fn write(&self, selector: &str, text: &str) -> Result<()> {
        let element = self.find(selector)?;
        self.post(&format!("element/{element}/value"), &json!({ "text": text })).map(drop)
    }

    /// Chooses a value of a list, as a click on it does.
    pub fn choose(&self, selector: &str, value: &str) -> Result<()> {
        let script = "const list = document.querySelector(arguments[0]); list.value = arguments[1]; \
                      list.dispatchEvent(new Event('change', { bubbles: true })); return list.value;";
        let chosen = self.post("execute/sync", &json!({ "script": script, "args": [selector, value] }))?;
        ensure!(chosen == value, "{selector} has no value {value}, but {chosen}");
        Ok(())
    }

    /// Clicks on something and waits until the page that follows is there.
    pub fn follow(&self, selector: &str) -> Result<()> {
        let element = self.find(selector)?;
        self.leave_by(&format!("element/{element}/click"), &json!({}))
    }

    /// Goes to a page as a link on this one would, and waits until it is there.
    pub fn follow_link(&self, url: &str) -> Result<()> {
        self.leave_by("execute/sync", &json!({ "script": "window.location.assign(arguments[0])", "args": [url] }))
    }

    fn leave_by(&self, what: &str, body: &Value) -> Result<()> {
        let leaving = self.find("html")?;
        self.post(what, body)?;
        // The old page's elements are gone when the next one is there.
        wait_until(PATIENCE, || Ok(self.get(&format!("element/{leaving}/name")).is_err().then_some(())))?;
        let script = json!({ "script": "return document.readyState", "args": [] });
        wait_until(PATIENCE, || Ok((self.post("execute/sync", &script)? == "complete").then_some(())))
    }

    /// What a reader sees of the page.
    pub fn text(&self) -> Result<String> {
        let script = json!({ "script": "return document.body.innerText", "args": [] });
        Ok(self.post("execute/sync", &script)?.as_str().unwrap_or_default().to_owned())
    }

    /// A picture of the window, as PNG.
    pub fn take_picture(&self, file: &Path) -> Result<()> {
        let picture = self.get("screenshot")?;
        let bytes = BASE64_STANDARD.decode(picture.as_str().unwrap_or_default()).context("the picture is none")?;
        fs::write(file, bytes).with_context(|| format!("failed to write {}", file.display()))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser with the session; without a session, there may be a browser all the same. Neither is
        // worth keeping when it can not be told.
        let _ = self.agent.delete(&self.session).call();
        if let Some(group) = i32::try_from(self.driver.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

fn read(what: &str, text: &str) -> Result<Value> {
    let answer: Value = serde_json::from_str(text).with_context(|| format!("the driver answered {text}"))?;
    let value = answer.get("value").cloned().unwrap_or_default();
    if let Some(error) = value.get("error").and_then(Value::as_str) {
        let message = value.get("message").and_then(Value::as_str).unwrap_or_default();
        bail!("the browser could not {what}: {error}: {}", message.lines().next().unwrap_or_default());
    }
    Ok(value)
}
