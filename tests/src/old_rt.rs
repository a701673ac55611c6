//! A Request Tracker that was in use for years before `nsrw` came: its database alone, as RT's own setup makes it, on each
//! kind of database RT runs on. Filled with many tickets by SQL, or with a few odd ones by RT's own library.
//!
//! No RT runs: what reads a database needs none. Servers listen on 127.0.0.1 alone and end with their owner.

mod database;
mod rows;

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use self::database::Database;
pub use self::database::Kind;
use crate::process::run;
use crate::site::Site;

/// The setup program of RT 5 as Debian installs it.
const SETUP: &str = "rt-setup-database-5";
/// RT's settings for all of these; what differs comes in variables.
const SETTINGS: &str = include_str!("old_rt/RT_SiteConfig.pm");
/// The queue of the releases, its fields and people.
const QUEUE: &str = include_str!("old_rt/queue.pl");
/// Odd tickets: merged, deleted, moved, emptied, respelled.
const ODDITIES: &str = include_str!("old_rt/oddities.pl");
/// Where RT's own libraries lie.
const LIBRARIES: &str = "/usr/share/request-tracker5/lib";

/// The statements that [`OldRt::fill`] runs, for the database file of an RT that has a queue `sw-rel` already and these
/// people: one who opens tickets, two who change them.
#[must_use]
pub fn fill_file(count: u32, people: [&str; 3]) -> String {
    rows::fill(Kind::Sqlite, count, people)
}

/// A site in `folder` that works with an RT, asks it nothing, and has never heard of a release.
pub fn site_without_past(folder: &Path) -> Result<Site> {
    let site = Site::init(folder, "http://repository.example.org/sw")?;
    site.change_setting("tickets.system", "\"rt\"")?;
    fs::write(site.folder().join("secrets/rt.token"), "1-1-never-used").context("failed to write a token")?;
    Ok(site)
}

/// RT's database, with the queue `sw-rel` in it. The fields' order matters: the server ends before its folder goes.
#[derive(Debug)]
pub struct OldRt {
    database: Database,
    folder: TempDir,
}

impl OldRt {
    /// RT's own schema and core data on a fresh database of this kind, and the queue.
    pub fn new(kind: Kind) -> Result<Self> {
        let folder = TempDir::with_prefix("nsrw-old-rt-").context("failed to create a folder for an old RT")?;
        let database = Database::start(kind, folder.path())?;
        let old = Self { database, folder };
        old.write("etc/RT_SiteConfig.pm", SETTINGS)?;
        old.write("queue.pl", QUEUE)?;
        old.write("oddities.pl", ODDITIES)?;
        old.write("password", "rt-root-password\n")?;
        old.write("sendmail", "#!/bin/sh\nexec cat >/dev/null\n")?;
        fs::set_permissions(old.path("sendmail"), fs::Permissions::from_mode(0o755))?;
        for folder in ["etc/conf.d", "mason_data", "session_data"] {
            fs::create_dir_all(old.path(folder))?;
        }
        old.set_up(&["--action", "init", "--root-password-file", &old.text("password")])?;
        old.set_up(&["--action", "insert", "--skip-create", "--datafile", &old.text("queue.pl")])?;
        Ok(old)
    }

    /// The address of the database, for `nsrw rt import-history --database`.
    #[must_use]
    pub fn url(&self) -> String {
        self.database.url()
    }

    /// What the database's own client needs to reach it: its file, or the port of its server.
    #[must_use]
    pub fn place(&self) -> [(&'static str, OsString); 2] {
        [("FILE", self.database.file().into()), ("PORT", self.database.port().to_string().into())]
    }

    /// Fills the queue with `count` tickets of four changes each, as years of work leave them.
    pub fn fill(&self, count: u32) -> Result<()> {
        self.sql(&rows::fill(self.database.kind(), count, ["tp1", "jürgen", "naïve 😀"]))
    }

    /// Makes odd tickets by RT's own library, and returns their numbers in the order of `ODDITIES`.
    pub fn add_oddities(&self) -> Result<Vec<u64>> {
        let mut perl = self.command("perl");
        let told = run(perl.arg("-I").arg(LIBRARIES).arg(self.path("oddities.pl")))?;
        let numbers = told.lines().map(|line| line.parse().with_context(|| format!("\"{line}\" is no ticket")));
        numbers.collect()
    }

    /// Runs SQL in the database.
    pub fn sql(&self, text: &str) -> Result<()> {
        let file = self.path("statements.sql");
        fs::write(&file, text).context("failed to write SQL")?;
        run(&mut self.database.client(&file)).map(drop)
    }

    fn set_up(&self, arguments: &[&str]) -> Result<()> {
        let told = run(self.command(SETUP).args(arguments).args(self.database.administrator()))?;
        // The exit code is 0 even when objects were refused.
        ensure!(!told.contains("[error]"), "{SETUP} {arguments:?} had errors:\n{told}");
        Ok(())
    }

    /// A command of RT's own, told where its settings are.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("RT_SITE_CONFIG", self.path("etc/RT_SiteConfig.pm"));
        // Without it, the settings of the machine's own RT would come on top.
        command.env("RT_SITE_CONFIG_DIR", self.path("etc/conf.d"));
        command.env("PATH", crate::process::ADMIN_PATH).env("OLD_RT_FOLDER", self.folder.path());
        command.envs(self.database.variables());
        command
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
        fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))
    }
}
