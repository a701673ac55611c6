//! A private `PostgreSQL` server, the real one from Debian's package, for RTs that shall not have their data in a file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::environment::Environment;
use super::template::{self, Template};
use crate::process::{is_root, run};
use crate::servers::{Kind, Server};

/// The account the server runs as when the tests run as root, whom it refuses. Debian's package makes it.
pub(crate) const USER: &str = "postgres";
/// The database that others are copied from.
const TEMPLATE: &str = "rt_template";

/// A `PostgreSQL` server with nothing in it but what a test puts there. Dropping it stops it.
#[derive(Debug)]
pub struct Postgres {
    server: Server,
    programs: PathBuf,
    template: TempDir,
}

impl Postgres {
    /// Starts a server, and makes the database that each RT's is a copy of.
    pub fn start() -> Result<Self> {
        let cluster = Cluster::new()?;
        let server = Server::start(&cluster)?;
        let template = TempDir::with_prefix("nsrw-rt-template-").context("failed to make a folder for the template")?;
        let postgres = Self { server, programs: cluster.programs, template };
        let environment = Environment::on_postgres(postgres.template.path(), postgres.port(), TEMPLATE);
        template::make_on(postgres.template.path(), &environment, &["--action", "init", "--dba", USER])?;
        Ok(postgres)
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port
    }

    pub(super) fn template(&self) -> Template {
        Template::at(self.template.path())
    }

    /// Copies the template's database, under a name like this one.
    pub(super) fn copy_template(&self, like: &str) -> Result<String> {
        let name = like.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let statement = format!("create database {name} template {TEMPLATE} owner rt_user");
        run(Command::new(self.programs.join("psql"))
            .args(["--host=127.0.0.1", &format!("--port={}", self.port()), "--username", USER])
            .args(["--dbname=postgres", "--quiet", "--set=ON_ERROR_STOP=1", "--command", &statement]))?;
        Ok(name)
    }
}

/// Debian keeps the server's programs in a folder for each version.
fn find_programs() -> Result<PathBuf> {
    let all =
        fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed; scripts/install-packages test")?;
    let mut found: Vec<PathBuf> = all.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    found.sort();
    found.pop().context("/usr/lib/postgresql has no version of PostgreSQL")
}

/// The server as such, with nothing of an RT in it.
pub(crate) struct Cluster {
    programs: PathBuf,
}

impl Cluster {
    /// The newest version that is installed.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { programs: find_programs()? })
    }

    /// A program of the server, as somebody whom it lets run it.
    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        if !is_root() {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid", USER, "--regid", USER, "--clear-groups", "--"]).arg(program);
        command
    }
}

impl Kind for Cluster {
    const NAME: &'static str = "the PostgreSQL server";

    /// Nothing is synced to the disk: what a test leaves there is of no use after it.
    fn command(&self, home: &Path, port: u16) -> Result<Command> {
        let data = home.join("data");
        if is_root() {
            run(Command::new("chown").arg(USER).arg(home))?;
        }
        run(self
            .program("initdb")
            .current_dir("/")
            .args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"])
            .args(["--username", USER, "--pgdata"])
            .arg(&data))?;
        let mut command = self.program("postgres");
        command.current_dir("/").arg("-D").arg(&data);
        for setting in ["listen_addresses=127.0.0.1", "fsync=off", "max_connections=40", &format!("port={port}")] {
            command.args(["-c", setting]);
        }
        command.args(["-c", &format!("unix_socket_directories={}", home.display())]);
        Ok(command)
    }

    /// Its socket is in our folder: no other server has it there.
    fn answers(&self, server: &Server) -> bool {
        let ready = Command::new(self.programs.join("pg_isready"))
            .args(["--quiet", &format!("--port={}", server.port), "--host"])
            .arg(server.home.path())
            .status();
        ready.is_ok_and(|status| status.success())
    }
}
