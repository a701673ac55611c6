//! Keys that other programs hold.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use pgp::packet::Signature;

use super::signer::{Backend, SignError, parse_clear, parse_detached};

/// How long a program may take: a person may have to touch a token.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often it is asked whether it is done.
const PAUSE: Duration = Duration::from_millis(10);

/// A key that `gpg` has: in its keyring, its agent or a token.
#[derive(Debug)]
pub(super) struct Gpg {
    pub(super) key: String,
    pub(super) home: Option<PathBuf>,
}

impl Gpg {
    fn sign(&self, how: &str, data: &[u8]) -> Result<Vec<u8>, SignError> {
        let mut gpg = std::process::Command::new("gpg");
        gpg.args(["--batch", "--no-tty", "--armor", "--local-user"]).arg(format!("{}!", self.key)).arg(how);
        if let Some(home) = &self.home {
            gpg.env("GNUPGHOME", home);
        }
        run(&self.describe(), gpg, data)
    }
}

impl Backend for Gpg {
    fn describe(&self) -> String {
        format!("gpg with the key {}", self.key)
    }

    fn sign_bytes(&self, bytes: &[u8], _now: DateTime<Utc>) -> Result<Vec<Signature>, SignError> {
        parse_detached(&self.describe(), &self.sign("--detach-sign", bytes)?)
    }

    fn sign_text(&self, text: &str, _now: DateTime<Utc>) -> Result<Vec<Signature>, SignError> {
        parse_clear(&self.describe(), &self.sign("--clear-sign", text.as_bytes())?, text)
    }
}

/// A program of the site's own.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) command: Vec<String>,
}

impl Command {
    fn sign(&self, how: &str, data: &[u8]) -> Result<Vec<u8>, SignError> {
        let Some((program, arguments)) = self.command.split_first() else {
            let said = "signing.keys has an empty command".to_owned();
            return Err(SignError::Refused { program: "a command".to_owned(), said });
        };
        let mut command = std::process::Command::new(program);
        command.args(arguments).arg(how);
        run(&self.describe(), command, data)
    }
}

impl Backend for Command {
    fn describe(&self) -> String {
        self.command.first().cloned().unwrap_or_default()
    }

    fn sign_bytes(&self, bytes: &[u8], _now: DateTime<Utc>) -> Result<Vec<Signature>, SignError> {
        parse_detached(&self.describe(), &self.sign("detached", bytes)?)
    }

    fn sign_text(&self, text: &str, _now: DateTime<Utc>) -> Result<Vec<Signature>, SignError> {
        parse_clear(&self.describe(), &self.sign("clear", text.as_bytes())?, text)
    }
}

/// What a program writes when it is given `data`.
fn run(name: &str, mut command: std::process::Command, data: &[u8]) -> Result<Vec<u8>, SignError> {
    let failed = |source| SignError::Program { program: name.to_owned(), source };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    let (written, said) = thread::scope(|scope| {
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        // Who stops reading is done, or will say why not.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(data)));
        let written = scope.spawn(move || read(stdout));
        let said = scope.spawn(move || read(stderr));
        let ended = wait(&mut child);
        (ended.and_then(|()| joined(written)), joined(said))
    });
    let written = written.map_err(failed)?;
    if child.wait().map_err(failed)?.success() {
        return Ok(written);
    }
    let said = String::from_utf8_lossy(&said.map_err(failed)?).trim().to_owned();
    Err(SignError::Refused { program: name.to_owned(), said })
}

fn read(stream: Option<impl io::Read>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        stream.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn joined(reader: thread::ScopedJoinHandle<'_, io::Result<Vec<u8>>>) -> io::Result<Vec<u8>> {
    reader.join().unwrap_or_else(|_| Err(io::Error::other("its output could not be read")))
}

/// Waits until the program is done, and ends it when that takes too long.
fn wait(child: &mut Child) -> io::Result<()> {
    let begun = Instant::now();
    while child.try_wait()?.is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill()?;
            return Err(io::Error::new(io::ErrorKind::TimedOut, "it took more than a minute"));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}
