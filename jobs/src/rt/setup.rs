//! Comparing a running RT with [`Desired`], and making it so: by the extension's own program, which runs where RT does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Desired;

/// Where the program lies when the extension was copied to where Debian's RT looks for it.
pub const PROGRAM: &str = "/usr/local/share/request-tracker5/plugins/RT-Extension-NSRW/sbin/nsrw-rt-setup";

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Say what differs.
    Compare,
    /// Mend it.
    Apply,
    /// Mend it, and make a token for our account.
    ApplyWithToken,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// What differs, such as `field ReleaseType`.
    pub object: String,
    /// In what.
    pub aspect: String,
    /// What is there.
    pub found: Value,
    /// What should be.
    pub wanted: Value,
    /// Whether it was mended; a text says why it could not be.
    pub mended: Value,
}

/// What the program answered.
#[derive(Debug, Default)]
pub struct Answer {
    /// Everything that differed.
    pub drifts: Vec<Drift>,
    /// Our account's new token.
    pub token: Option<String>,
}

impl Drift {
    /// Whether it is no more.
    #[must_use]
    pub fn is_mended(&self) -> bool {
        self.mended == Value::Bool(true)
    }

    /// A line for people.
    #[must_use]
    pub fn render(&self) -> String {
        let Self { object, aspect, .. } = self;
        let what = match (&self.found, &self.wanted) {
            (Value::Bool(false), Value::Bool(true)) if aspect == "exists" => "is missing".to_owned(),
            (Value::Bool(found), Value::Bool(_)) => format!("is {}{aspect}", if *found { "" } else { "not " }),
            (Value::Null, wanted) => format!("lacks {aspect} {}", shown(wanted)),
            (found, Value::Null) => format!("has {aspect} {} too much", shown(found)),
            (found, wanted) => format!("has {aspect} {}; it should be {}", shown(found), shown(wanted)),
        };
        let end = match &self.mended {
            Value::Bool(true) => " (mended)".to_owned(),
            Value::String(why) => format!(" (could not be mended: {})", why.trim()),
            Value::Null | Value::Bool(false) | Value::Number(_) | Value::Array(_) | Value::Object(_) => String::new(),
        };
        format!("{object} {what}{end}")
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{}\"", text.escape_debug()),
        Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// A line of the program's answer.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Token { token: String },
    Drift(Drift),
}

/// Runs the program by `command`, a line for the shell, such as `ssh rt.example.org nsrw-rt-setup`.
pub fn run(command: &str, desired: &Desired, mode: Mode) -> anyhow::Result<Answer> {
    let options = match mode {
        Mode::Compare => "",
        Mode::Apply => " --apply",
        Mode::ApplyWithToken => " --apply --token",
    };
    let mut child = Command::new("sh")
        .args(["-c", &format!("{command}{options}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("failed to start `{command}`"))?;
    let told = tell(&mut child, desired);
    let answer = read(&mut child);
    let status = child.wait().with_context(|| format!("failed to wait for `{command}`"))?;
    // What it said itself, on standard error, tells more than that it did not listen.
    ensure!(status.success(), "`{command}` ended with {status}; name how it is run where RT is with --command");
    told.with_context(|| format!("failed to tell `{command}` what is wanted"))?;
    answer.with_context(|| format!("failed to read the answer of `{command}`"))
}

fn tell(child: &mut Child, desired: &Desired) -> anyhow::Result<()> {
    let Some(mut input) = child.stdin.take() else { bail!("it has no standard input") };
    serde_json::to_writer(&mut input, desired)?;
    input.flush()?;
    Ok(())
}

fn read(child: &mut Child) -> anyhow::Result<Answer> {
    let Some(output) = child.stdout.take() else { bail!("it has no standard output") };
    let mut answer = Answer::default();
    for line in BufReader::new(output).lines() {
        let line = line?;
        match serde_json::from_str(&line) {
            Ok(Line::Drift(drift)) => answer.drifts.push(drift),
            Ok(Line::Token { token }) => answer.token = Some(token),
            // Not shown whole: it may hold the token.
            Err(error) => bail!("a line is not what was expected ({error})"),
        }
    }
    Ok(answer)
}
