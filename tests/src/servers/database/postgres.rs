//! `PostgreSQL`, the real one from Debian's package.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process::{is_root, run};
use crate::servers::{Kind, Server};

/// The account the server runs as when the tests run as root, whom it refuses. Debian's package makes it. Also the name
/// of the database's own administrator.
pub(crate) const POSTGRES: &str = "postgres";

/// Debian keeps the server's programs in a folder for each version.
fn find_programs() -> Result<PathBuf> {
    let all =
        fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed; scripts/install-packages test")?;
    let mut found: Vec<PathBuf> = all.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    found.sort();
    found.pop().context("/usr/lib/postgresql has no version of PostgreSQL")
}

/// A server with nothing in it.
#[derive(Debug)]
pub(crate) struct Cluster {
    programs: PathBuf,
    /// Where its data lies when it is to be synced to disk.
    durable: Option<PathBuf>,
}

/// A program of the newest version that is installed.
pub(crate) fn postgres_program(name: &str) -> Result<PathBuf> {
    Ok(find_programs()?.join(name))
}

impl Cluster {
    /// The newest version that is installed.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { programs: find_programs()?, durable: None })
    }

    /// The same, and it syncs every commit to disk, in a folder of its own in `place`.
    pub(super) fn durable(place: PathBuf) -> Result<Self> {
        Ok(Self { durable: Some(place), ..Self::new()? })
    }

    /// The program that people talk to the server with.
    pub(crate) fn client(&self) -> PathBuf {
        self.programs.join("psql")
    }

    /// The command that serves what lies in `home`.
    pub(super) fn serve(&self, home: &Path, port: u16) -> Command {
        let mut command = self.program("postgres");
        command.current_dir("/").arg("-D").arg(home.join("data"));
        // What a test leaves on the disk is of no use after it.
        let sync = if self.durable.is_some() { "fsync=on" } else { "fsync=off" };
        for setting in ["listen_addresses=127.0.0.1", sync, "max_connections=100", &format!("port={port}")] {
            command.args(["-c", setting]);
        }
        command.args(["-c", &format!("unix_socket_directories={}", home.display())]);
        command
    }

    /// A program of the server, as somebody whom it lets run it.
    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        if !is_root() {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid", POSTGRES, "--regid", POSTGRES, "--clear-groups", "--"]).arg(program);
        command
    }
}

impl Kind for Cluster {
    const NAME: &'static str = "the PostgreSQL server";

    fn command(&self, home: &Path, port: u16) -> Result<Command> {
        if is_root() {
            run(Command::new("chown").arg(POSTGRES).arg(home))?;
        }
        run(self
            .program("initdb")
            .current_dir("/")
            .args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"])
            .args(["--username", POSTGRES, "--pgdata"])
            .arg(home.join("data")))?;
        Ok(self.serve(home, port))
    }

    fn place(&self) -> Option<&Path> {
        self.durable.as_deref()
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
