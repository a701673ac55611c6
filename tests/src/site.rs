//! A site of `nsrw`, driven by its command line as people drive it.

use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::crash::VARIABLE as CRASH;
use crate::process::run;
use crate::provider::Delivery;

/// The variable that names the program under test. It is not for `nsrw`, which refuses settings it does not know.
pub(crate) const PROGRAM: &str = "NSRW_PROGRAM";

/// The variable that says how many tickets a crowd of workers has.
pub const CROWD: &str = "NSRW_CROWD";

/// The variable that says how many schedules of notices are tried.
pub const SCHEDULES: &str = "NSRW_SCHEDULES";

/// What is for the tests alone: `nsrw` refuses settings it does not know.
const FOR_TESTS: [&str; 4] = [CRASH, PROGRAM, CROWD, SCHEDULES];

/// The people of every site here: who may do what.
pub const PEOPLE: [(&str, &str); 4] = [
    ("tp1", "provider"),
    ("carlos", "verifier"),
    ("mario", "rollout-manager"),
    ("kostas", "admin\", \"release-manager"),
];

/// What is agreed at every site here: the trust anchors of the specification's example, and a distribution.
const MAJORS: &str = r#"
[[major]]
id = "ca-1.0"
kind = "software"
title = "EGI trust anchors"
location = "CAs"
targets = [{ platform = "any", arch = "noarch" }]

[[major]]
id = "umd-4"
title = "Unified Middleware Distribution 4"
location = "umd/4/{platform}/{arch}"
targets = [
    { platform = "sl6", arch = "x86_64" },
    { platform = "debian-bookworm", arch = "amd64" },
]
"#;

/// Shorter lines of a secret's file could stand elsewhere by chance.
const SECRET_CHARS: usize = 8;

/// A site in a folder.
#[derive(Debug, Clone)]
pub struct Site {
    program: PathBuf,
    folder: PathBuf,
    /// The command that runs `nsrw` elsewhere: in another mount namespace, say.
    within: Vec<OsString>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code.
    pub code: i32,
    /// What it answered.
    pub answer: String,
    /// What it logged.
    pub log: String,
}

impl Site {
    /// Makes a site with [`PEOPLE`] and two major releases. `settings` are variables such as `NSRW_WORKER_TRIES`, written
    /// into the configuration by hand would be the same.
    pub fn init(folder: &Path, public_url: &str) -> Result<Self> {
        let site = Self { program: find_program()?, folder: folder.to_owned(), within: Vec::new() };
        let mut init = Command::new(&site.program);
        init.args(["init", "--public-url", public_url]).arg(folder);
        for name in FOR_TESTS {
            init.env_remove(name);
        }
        let ended = finish(&init.output().context("failed to start nsrw init")?);
        ensure!(ended.code == 0, "nsrw init failed: {}", ended.log);
        site.append(MAJORS)?;
        for (name, roles) in PEOPLE {
            site.append(&format!("\n[[people]]\nname = \"{name}\"\nroles = [\"{roles}\"]\n"))?;
        }
        // The provider's servers are on this machine, and a retry must not make a test wait.
        site.configure("allow_private_addresses = false", "allow_private_addresses = true")?;
        site.configure("retry_seconds = 30", "retry_seconds = 0")?;
        // All of a test comes from one address, and more in a minute than from any ticket system.
        site.configure("requests_per_minute = 600", "requests_per_minute = 0")?;
        site.configure("idle_seconds = 60", "idle_seconds = 5")?;
        Ok(site)
    }

    fn append(&self, text: &str) -> Result<()> {
        let mut file = OpenOptions::new().append(true).open(self.config()).context("failed to open nsrw.toml")?;
        file.write_all(text.as_bytes()).context("failed to write nsrw.toml")
    }

    /// Replaces a text of the configuration, which must be there.
    pub fn configure(&self, from: &str, to: &str) -> Result<()> {
        let text = std::fs::read_to_string(self.config()).context("failed to read nsrw.toml")?;
        ensure!(text.contains(from), "nsrw.toml has no \"{from}\":\n{text}");
        crate::clients::write_file(&self.config(), &text.replace(from, to))
    }

    /// Sets `section.key` of the configuration to a value written as TOML.
    pub fn change_setting(&self, name: &str, value: &str) -> Result<()> {
        let text = std::fs::read_to_string(self.config()).context("failed to read nsrw.toml")?;
        let mut table: toml::Table = text.parse().context("nsrw.toml is no TOML")?;
        let value: toml::Table = format!("value = {value}").parse().context("the value is no TOML")?;
        let (section, key) = name.split_once('.').with_context(|| format!("\"{name}\" is not section.key"))?;
        let section = table.get_mut(section).and_then(toml::Value::as_table_mut);
        let section = section.with_context(|| format!("nsrw.toml has no section for {name}"))?;
        section.extend(value.into_iter().map(|(_, value)| (key.to_owned(), value)));
        crate::clients::write_file(&self.config(), &table.to_string())
    }

    /// Has the site keep its data in the database at `url` from now on, instead of its file.
    pub fn use_database(&self, url: &str) -> Result<()> {
        self.change_setting("store.url", &toml::Value::from(url).to_string())
    }

    /// The address of the site's database.
    pub fn database(&self) -> Result<String> {
        let text = std::fs::read_to_string(self.config()).context("failed to read nsrw.toml")?;
        let table: toml::Table = text.parse().context("nsrw.toml is no TOML")?;
        let url = table.get("store").and_then(|store| store.get("url")).and_then(toml::Value::as_str);
        let file = || format!("sqlite://{}", self.folder.join("nsrw.db").display());
        Ok(url.filter(|url| !url.is_empty()).map_or_else(file, str::to_owned))
    }

    /// Lets providers deliver from folders below this one.
    pub fn allow_folder(&self, folder: &Path) -> Result<()> {
        let folders = toml::Value::from(vec![folder.to_string_lossy().into_owned()]);
        self.change_setting("fetch.local_folders", &folders.to_string())
    }

    /// A copy of the site as it stands, in a folder that is not there yet; links stay links.
    pub fn copy_to(&self, folder: &Path) -> Result<Self> {
        run(Command::new("cp").arg("--archive").args([&self.folder, folder]))?;
        Ok(self.at(folder))
    }

    /// The site as it lies in another folder.
    #[must_use]
    pub fn at(&self, folder: &Path) -> Self {
        Self { folder: folder.to_owned(), ..self.clone() }
    }

    /// The site as who is not within that command sees it.
    #[must_use]
    pub fn outside(&self) -> Self {
        Self { within: Vec::new(), ..self.clone() }
    }

    /// From now on runs `nsrw` by way of this command.
    pub fn run_within(&mut self, command: Vec<OsString>) {
        self.within = command;
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.folder.join("nsrw.toml")
    }

    /// The site's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The public folder of the repository tree.
    #[must_use]
    pub fn public(&self) -> PathBuf {
        self.folder.join("repository/sw")
    }

    /// A command of this site, not started yet.
    #[must_use]
    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut words = self.within.iter().map(OsString::as_os_str).chain([self.program.as_os_str()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).arg("--config").arg(self.config()).args(arguments).stdin(Stdio::null());
        command.env_remove("NSRW_CONFIG").env_remove("NSRW_LOG").env_remove("NSRW_ACCOUNT");
        for name in FOR_TESTS {
            command.env_remove(name);
        }
        command
    }

    /// Runs a command to its end, however it ends.
    pub fn nsrw<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Ended> {
        let ended = finish(&self.command(arguments).output().context("failed to start nsrw")?);
        self.ensure_untold(&ended.answer)?;
        self.ensure_untold(&ended.log)?;
        Ok(ended)
    }

    /// An error if a secret of the site stands in what it printed or logged. Asked of everything that any test has it say.
    pub fn ensure_untold(&self, said: &str) -> Result<()> {
        let folder = self.folder.join("secrets");
        let Ok(files) = std::fs::read_dir(&folder) else { return Ok(()) };
        for file in files {
            let path = file.with_context(|| format!("failed to list {}", folder.display()))?.path();
            let bytes = if path.is_file() { std::fs::read(&path)? } else { Vec::new() };
            let text = String::from_utf8_lossy(&bytes);
            // A key of several lines is told by each of them; its frame is no secret.
            let lines = text.lines().filter(|line| line.len() >= SECRET_CHARS && !line.starts_with("-----"));
            for line in lines {
                ensure!(!said.contains(line.trim()), "nsrw told the secret of {}:\n{said}", path.display());
            }
        }
        Ok(())
    }

    /// Runs a command that must succeed and returns its answer.
    pub fn done<S: AsRef<OsStr> + std::fmt::Debug>(&self, arguments: &[S]) -> Result<String> {
        let ended = self.nsrw(arguments)?;
        if ended.code != 0 {
            bail!("nsrw {arguments:?} ended with {}:\n{}{}", ended.code, ended.answer, ended.log);
        }
        Ok(ended.answer)
    }

    /// Opens a ticket for a delivery, as its provider does, and returns its number.
    pub fn open_ticket(&self, delivery: &Delivery, url: &str, fields: &[&str]) -> Result<u64> {
        let release = delivery.dir.join("release.xml");
        let protocol = url.split("://").next().unwrap_or_default();
        let (protocol, url) = (format!("Sync-Protocol={protocol}"), format!("Sync-URL={url}"));
        let release = release.to_string_lossy();
        let mut arguments = vec!["ticket", "new", "--as", "tp1", "--json", "--release", &release, &protocol, &url];
        arguments.extend(fields);
        let ticket: Value = serde_json::from_str(&self.done(&arguments)?).context("the ticket is no JSON")?;
        ticket.get("id").and_then(Value::as_u64).context("the ticket has no id")
    }

    /// Changes a ticket as somebody, and works on what follows.
    pub fn set(&self, ticket: u64, account: &str, changes: &[&str]) -> Result<()> {
        let number = ticket.to_string();
        let mut arguments = vec!["ticket", "set", "--as", account, &number];
        arguments.extend(changes);
        self.done(&arguments)?;
        self.done(&["promote"]).map(drop)
    }

    /// The ticket as it stands.
    pub fn ticket(&self, ticket: u64) -> Result<Value> {
        let text = self.done(&["ticket", "show", "--json", &ticket.to_string()])?;
        serde_json::from_str(&text).context("the ticket is no JSON")
    }

    /// A field of the ticket; empty when it has no value.
    pub fn field(&self, ticket: u64, field: &str) -> Result<String> {
        let record = self.ticket(ticket)?;
        let value = record.pointer(&format!("/ticket/fields/{field}")).and_then(Value::as_str);
        Ok(value.unwrap_or_default().to_owned())
    }

    /// The ticket's comments, oldest first.
    pub fn comments(&self, ticket: u64) -> Result<Vec<String>> {
        let record = self.ticket(ticket)?;
        let history = record.get("history").and_then(Value::as_array).cloned().unwrap_or_default();
        let text = |entry: &Value| entry.pointer("/what/text").and_then(Value::as_str).map(str::to_owned);
        Ok(history.iter().filter_map(text).collect())
    }
}

fn finish(output: &Output) -> Ended {
    Ended {
        code: output.status.code().unwrap_or(-1),
        answer: String::from_utf8_lossy(&output.stdout).into_owned(),
        log: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The `nsrw` that `NSRW_PROGRAM` names, so that an installed one can be tested too, or the one built beside this
/// program: tests lie one folder deeper than binaries.
fn find_program() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(PROGRAM) {
        return Ok(named.into());
    }
    let own = std::env::current_exe().context("failed to learn this program's path")?;
    let mut folders = own.ancestors().skip(1).take(2);
    let found = folders.find_map(|folder| Some(folder.join("nsrw")).filter(|path| path.is_file()));
    found.context("there is no nsrw beside this program; build it with `cargo build --workspace --bins`")
}
