//! The databases a site or an RT can have its data in, on a server of a test's own.

mod mariadb;
mod postgres;

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

pub(crate) use self::mariadb::Mariadb;
pub(crate) use self::postgres::{Cluster, POSTGRES, postgres_program};
use super::{Kind as _, START_LIMIT, Server};
use crate::process::{Guarded, run, wait_until};

/// The variable by which the tests of the store are told of a server.
pub const VARIABLE: &str = "NSRW_TEST_DATABASE";

/// A kind of database server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    /// `PostgreSQL`.
    Postgres,
    /// `MariaDB`.
    Mariadb,
}

impl DatabaseKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Postgres, Self::Mariadb];

    /// Its name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Mariadb => "MariaDB",
        }
    }
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct DatabaseServer {
    kind: DatabaseKind,
    server: Server,
    made: AtomicU32,
}

impl DatabaseServer {
    /// Starts one with nothing in it, on a free port.
    pub fn start(kind: DatabaseKind) -> Result<Self> {
        let server = match kind {
            DatabaseKind::Postgres => Server::start(&Cluster::new()?)?,
            DatabaseKind::Mariadb => Server::start(&Mariadb)?,
        };
        Ok(Self { kind, server, made: AtomicU32::new(0) })
    }

    /// Starts a `PostgreSQL` that syncs every commit to disk, in a folder of its own in `place`, which everybody must be able
    /// to enter.
    pub(crate) fn start_durable_postgres(place: PathBuf) -> Result<Self> {
        let server = Server::start(&Cluster::durable(place)?)?;
        Ok(Self { kind: DatabaseKind::Postgres, server, made: AtomicU32::new(0) })
    }

    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> DatabaseKind {
        self.kind
    }

    /// Its address, as its administrator, without a database.
    #[must_use]
    pub fn url(&self) -> String {
        match self.kind {
            DatabaseKind::Postgres => format!("postgres://{POSTGRES}@127.0.0.1:{}", self.server.port),
            DatabaseKind::Mariadb => format!("mysql://root@127.0.0.1:{}", self.server.port),
        }
    }

    /// Makes a new, empty database and answers with its address.
    pub fn make_database(&self) -> Result<String> {
        let name = format!("site_{}", self.made.fetch_add(1, Ordering::Relaxed));
        self.ask(&format!("CREATE DATABASE {name}"))?;
        Ok(format!("{}/{name}", self.url()))
    }

    /// Runs a statement as the administrator and answers with what came of it, a row a line, tabs between columns.
    pub fn ask(&self, statement: &str) -> Result<String> {
        let port = self.server.port.to_string();
        match self.kind {
            DatabaseKind::Postgres => run(Command::new(Cluster::new()?.client())
                .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--field-separator=\t"])
                .args(["--set=ON_ERROR_STOP=1", "--host=127.0.0.1", "--username", POSTGRES, "--port", &port])
                .args(["--dbname=postgres", "--command", statement])),
            DatabaseKind::Mariadb => run(Command::new("mariadb")
                .args(["--no-defaults", "--skip-column-names", "--batch", "--host=127.0.0.1", "--user=root"])
                .args(["--port", &port, "--execute", statement])),
        }
    }

    /// Ends every connection but the one that says so.
    pub fn cut_connections(&self) -> Result<()> {
        match self.kind {
            DatabaseKind::Postgres => {
                let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                           WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
                self.ask(all).map(drop)
            }
            DatabaseKind::Mariadb => {
                let all = "SELECT id FROM information_schema.processlist \
                           WHERE id <> CONNECTION_ID() AND user <> 'system user'";
                for id in self.ask(all)?.lines() {
                    // It may have ended by itself.
                    let _ = self.ask(&format!("KILL CONNECTION {id}"));
                }
                Ok(())
            }
        }
    }

    /// Stops the server on the spot, as a crash of its machine would, and waits until it is gone.
    pub fn crash(&mut self) -> Result<()> {
        let signal = match self.kind {
            // Its processes end together; killing the first would leave the others behind.
            DatabaseKind::Postgres => Signal::QUIT,
            DatabaseKind::Mariadb => Signal::KILL,
        };
        let id = i32::try_from(self.server.process.id()).ok().and_then(Pid::from_raw);
        kill_process(id.context("the server has no process id")?, signal).context("failed to signal the server")?;
        wait_until(START_LIMIT, || Ok((!self.server.process.is_alive()).then_some(())))
    }

    /// Stops every process of the server where it is (SIGSTOP): it accepts connections and questions, and answers none.
    pub fn freeze(&self) -> Result<()> {
        self.signal_all(Signal::STOP)
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) -> Result<()> {
        self.signal_all(Signal::CONT)
    }

    /// Signals the first process and then those it made: `PostgreSQL` has one for each connection.
    fn signal_all(&self, signal: Signal) -> Result<()> {
        let first = self.server.process.id();
        signal_one(&first.to_string(), signal)?;
        let made = format!("/proc/{first}/task/{first}/children");
        let made = std::fs::read_to_string(&made).with_context(|| format!("failed to read {made}"))?;
        made.split_whitespace().try_for_each(|id| signal_one(id, signal))
    }

    /// Starts it again on the same data and port, and waits until it answers.
    pub fn start_again(&mut self) -> Result<()> {
        let (home, port) = (self.server.home.path(), self.server.port);
        let log = home.join("log");
        let cluster = Cluster::new()?;
        let mut command = match self.kind {
            DatabaseKind::Postgres => cluster.serve(home, port),
            DatabaseKind::Mariadb => Mariadb::serve(home, port),
        };
        self.server.process = Guarded::start(self.kind.name(), &mut command, &log)?;
        wait_until(START_LIMIT, || {
            let answers = match self.kind {
                DatabaseKind::Postgres => cluster.answers(&self.server),
                DatabaseKind::Mariadb => Mariadb.answers(&self.server),
            };
            Ok(answers.then_some(()))
        })
    }
}

/// One that ended meanwhile needs no signal.
fn signal_one(id: &str, signal: Signal) -> Result<()> {
    let id = id.parse().ok().and_then(Pid::from_raw).with_context(|| format!("\"{id}\" is no process id"))?;
    match kill_process(id, signal) {
        Err(error) if error != Errno::SRCH => Err(error).context("failed to signal the server"),
        _ => Ok(()),
    }
}

impl Drop for DatabaseServer {
    /// A frozen one can not be asked to end; and `PostgreSQL` would then wait for its clients to go.
    fn drop(&mut self) {
        let _ = self.thaw();
        let id = i32::try_from(self.server.process.id()).ok().and_then(Pid::from_raw);
        if let (DatabaseKind::Postgres, Some(id)) = (self.kind, id) {
            let _ = kill_process(id, Signal::INT);
        }
    }
}
