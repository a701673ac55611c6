//! A private Request Tracker: the real one, from Debian's packages, with our extension and configuration in it.
//!
//! What all have in common is made once and kept (the module `template`); each is a copy of that, up in seconds. It lives in a
//! temporary folder, with a database of its own (a file, or one on a [`Postgres`] server that is a test's own as well),
//! and writes every mail into a file. Its people are [`ACCOUNTS`]; what they do is a [`Person`]'s.

mod environment;
mod mail;
mod person;
mod postgres;
mod template;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use egi_model::role::Role;
use tempfile::TempDir;

use self::environment::{Environment, SERVER};
use super::{ATTEMPTS, free_port};
use crate::process::{Guarded, wait_until};

pub use self::mail::Mail;
pub use self::person::{NewTicket, Person, Reply};
pub use self::postgres::Postgres;

/// The people of every RT here, each with a role of the workflow or none, and nsrw's own account. The password of each is
/// `pw-` and the name, except for the account, which has none.
pub const ACCOUNTS: [(&str, &[Role]); 6] = [
    ("tp1", &[Role::Provider]),
    ("carlos", &[Role::Verifier]),
    ("mario", &[Role::RolloutManager]),
    ("kostas", &[Role::Admin, Role::ReleaseManager]),
    ("nobody1", &[]),
    (ACCOUNT, &[Role::Repository]),
];

/// nsrw's own account.
pub const ACCOUNT: &str = "nsrw";

/// How long an RT may take to start; on a busy machine it takes some seconds.
const START_LIMIT: Duration = Duration::from_mins(1);
/// How many requests it works on at a time. With one, a notice whose receiver asks back would wait for itself.
const WORKERS: usize = 2;
/// The secret that notices are signed with, in each of these RTs.
const SECRET: &str = "the secret of a test's own RT, long enough to count";

/// A running Request Tracker. Dropping it stops it.
#[derive(Debug)]
pub struct Rt {
    process: Option<Guarded>,
    environment: Environment,
    port: u16,
    tokens: BTreeMap<String, String>,
    home: TempDir,
}

impl Rt {
    /// Starts an RT with a database file of its own, and no ticket. Notices go nowhere: nobody listens.
    pub fn start() -> Result<Self> {
        Self::start_telling("http://127.0.0.1:9/api/rollout")
    }

    /// Starts an RT that posts its notices to this address.
    pub fn start_telling(notice_url: &str) -> Result<Self> {
        let template = template::on_file()?;
        Self::start_with(notice_url, |home| {
            template.copy_to(home)?;
            Ok(Environment::on_file(home))
        })
    }

    /// Starts an RT on a database of its own of this server.
    pub fn start_on(server: &Postgres, notice_url: &str) -> Result<Self> {
        let template = server.template();
        Self::start_with(notice_url, |home| {
            template.copy_to(home)?;
            let database = server.copy_template(&name_of(home))?;
            Ok(Environment::on_postgres(home, server.port(), &database))
        })
    }

    fn start_with(notice_url: &str, prepare: impl Fn(&Path) -> Result<Environment>) -> Result<Self> {
        for _ in 0..ATTEMPTS {
            let home = TempDir::with_prefix("nsrw-rt-").context("failed to create a folder for an RT")?;
            let port = free_port().context("failed to find a free port")?;
            let mut environment = prepare(home.path())?;
            environment.serve(port, &web_path(home.path()), notice_url);
            fs::write(home.path().join("notice.key"), format!("{SECRET}\n")).context("failed to write the secret")?;
            let tokens = template::read_tokens(home.path())?;
            let mut rt = Self { process: None, environment, port, tokens, home };
            if rt.launch()? {
                return Ok(rt);
            }
        }
        bail!("failed to start an RT: {ATTEMPTS} free ports were taken before it could use them");
    }

    /// Starts the server process; false when its port was taken meanwhile.
    fn launch(&mut self) -> Result<bool> {
        let mut command = self.environment.command(SERVER);
        command.args(["--server", "Starman", "--host", "127.0.0.1"]);
        command.args(["--workers", &WORKERS.to_string(), "--port", &self.port.to_string()]);
        command.args(["--webpath", &web_path(self.home.path())]);
        let mut process = Guarded::start("the RT", &mut command, &self.log_file())?;
        let ready = wait_until(START_LIMIT, || {
            // Nobody else answers under a path that has our folder's name.
            match (process.is_alive(), self.person(ACCOUNT).get("rt").is_ok_and(|reply| reply.status == 200)) {
                (true, ready) => Ok(ready.then_some(true)),
                (false, _) if process.log().contains("ddress already in use") => Ok(Some(false)),
                (false, _) => bail!("it ended at once"),
            }
        });
        let started = ready.map_err(|error| error.context(process.log_tail()))?;
        self.process = started.then_some(process);
        Ok(started)
    }

    /// Its address, with the path it lives under, without a trailing `/`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, web_path(self.home.path()))
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The file of its database, where it has one of its own.
    #[must_use]
    pub fn database_file(&self) -> PathBuf {
        self.home.path().join("rt.sqlite")
    }

    /// The token of one of [`ACCOUNTS`].
    #[must_use]
    pub fn token(&self, account: &str) -> &str {
        self.tokens.get(account).map_or("", String::as_str)
    }

    /// One of [`ACCOUNTS`], to act in this RT.
    #[must_use]
    pub fn person(&self, account: &str) -> Person {
        Person::new(&self.url(), account, self.token(account))
    }

    /// One of [`ACCOUNTS`] with another token.
    #[must_use]
    pub fn person_with_token(&self, account: &str, token: &str) -> Person {
        Person::new(&self.url(), account, token)
    }

    /// Where its configuration lies; it is read when RT starts.
    #[must_use]
    pub fn config_folder(&self) -> PathBuf {
        self.home.path().join("conf.d")
    }

    /// The file with the secret that notices are signed with.
    #[must_use]
    pub fn secret_file(&self) -> PathBuf {
        self.home.path().join("notice.key")
    }

    /// The mails it sent so far, oldest first.
    pub fn mails(&self) -> Result<Vec<Mail>> {
        mail::read_all(&self.home.path().join("mail"))
    }

    /// All it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// The command line with which `nsrw rt diff` and `nsrw rt apply` reach this RT.
    #[must_use]
    pub fn setup_command(&self) -> String {
        self.environment.setup_command_line()
    }

    /// Runs a piece of Perl with this RT loaded, as the system user may; what it printed.
    pub fn perl(&self, code: &str) -> Result<String> {
        self.environment.perl(code)
    }

    /// Stops it: connections are refused from now on.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts it again, on the same address and with everything it had.
    pub fn restart(&mut self) -> Result<()> {
        self.stop();
        if self.launch()? { Ok(()) } else { bail!("the port of the RT was taken while it was stopped") }
    }

    /// Starts it again, posting its notices to this address.
    pub fn restart_telling(&mut self, notice_url: &str) -> Result<()> {
        self.stop();
        self.environment.serve(self.port, &web_path(self.home.path()), notice_url);
        self.restart()
    }

    fn log_file(&self) -> PathBuf {
        self.home.path().join("server.log")
    }
}

/// The path it lives under: no other RT on this machine has it.
fn web_path(home: &Path) -> String {
    format!("/{}", name_of(home))
}

fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
