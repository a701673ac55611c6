//! The databases RT runs on, started for one old RT each.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::process::{Guarded, is_root, run, wait_until};

/// How long a server may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);
/// The account a database server runs as where this process is root: `PostgreSQL` refuses to be.
const POSTGRES: &str = "postgres";

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One file.
    Sqlite,
    /// A server of its own.
    Postgres,
    /// A server of its own.
    Mariadb,
}

/// A database that RT can be set up on.
#[derive(Debug)]
pub(super) struct Database {
    kind: Kind,
    file: PathBuf,
    server: Option<(Guarded, u16)>,
}

impl Database {
    /// Starts the server, if there is one, with its files below `folder`.
    pub(super) fn start(kind: Kind, folder: &Path) -> Result<Self> {
        let server = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(start_postgres(&folder.join("postgres"))?),
            Kind::Mariadb => Some(start_mariadb(&folder.join("mariadb"))?),
        };
        Ok(Self { kind, file: folder.join("rt.sqlite"), server })
    }

    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    fn port(&self) -> u16 {
        self.server.as_ref().map_or(0, |(_, port)| *port)
    }

    pub(super) fn url(&self) -> String {
        match self.kind {
            Kind::Sqlite => format!("sqlite://{}", self.file.display()),
            Kind::Postgres => format!("postgres://{POSTGRES}@127.0.0.1:{}/rt5", self.port()),
            Kind::Mariadb => format!("mysql://root@127.0.0.1:{}/rt5", self.port()),
        }
    }

    /// What RT's settings ask for.
    pub(super) fn variables(&self) -> [(&'static str, String); 3] {
        let (kind, administrator) = match self.kind {
            Kind::Sqlite => ("SQLite", ""),
            Kind::Postgres => ("Pg", POSTGRES),
            Kind::Mariadb => ("mysql", "root"),
        };
        [
            ("OLD_RT_DATABASE", kind.to_owned()),
            ("OLD_RT_PORT", self.port().to_string()),
            ("OLD_RT_ADMINISTRATOR", administrator.to_owned()),
        ]
    }

    /// How RT's setup program becomes the database's administrator.
    pub(super) const fn administrator(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Sqlite => &["--skip-create"],
            Kind::Postgres => &["--dba", POSTGRES, "--dba-password", "none"],
            Kind::Mariadb => &["--dba", "root", "--dba-password", ""],
        }
    }

    /// The database's own client, about to run a file of SQL.
    pub(super) fn client(&self, statements: &Path) -> Result<Command> {
        let (port, source) = (self.port().to_string(), statements.display());
        let mut command = Command::new(match self.kind {
            Kind::Sqlite => "sqlite3",
            Kind::Postgres => "psql",
            Kind::Mariadb => "mariadb",
        });
        match self.kind {
            Kind::Sqlite => command.arg("-bail").arg(&self.file).arg(format!(".read {source}")),
            Kind::Postgres => command
                .args([
                    "--quiet",
                    "--no-psqlrc",
                    "-v",
                    "ON_ERROR_STOP=1",
                    "-h",
                    "127.0.0.1",
                    "-U",
                    POSTGRES,
                    "-p",
                    &port,
                ])
                .args(["-d", "rt5", "-f"])
                .arg(statements),
            Kind::Mariadb => command
                .args([
                    "--no-defaults",
                    "--default-character-set=utf8mb4",
                    "-h",
                    "127.0.0.1",
                    "-u",
                    "root",
                    "-P",
                    &port,
                ])
                .args(["rt5", "-e"])
                .arg(format!("source {source}")),
        };
        Ok(command)
    }
}

fn start_postgres(folder: &Path) -> Result<(Guarded, u16)> {
    fs::create_dir(folder).context("failed to create a folder for PostgreSQL")?;
    let programs = find_postgres()?;
    let data = folder.join("data");
    if is_root() {
        // Its account must be able to reach its folder.
        let above = folder.parent().unwrap_or(folder);
        run(Command::new("chmod").arg("a+x").arg(above))?;
        run(Command::new("chown").arg(POSTGRES).arg(folder))?;
    }
    let mut make = as_account(&programs.join("initdb"));
    run(make.arg("-D").arg(&data).args([
        "-A",
        "trust",
        "-U",
        POSTGRES,
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    ]))?;
    let port = free_port()?;
    let mut serve = as_account(&programs.join("postgres"));
    serve.arg("-D").arg(&data).args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]);
    serve.args(["-c", "fsync=off", "-p", &port.to_string()]);
    let ready = || {
        let mut ask = Command::new(programs.join("pg_isready"));
        ask.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
        ask
    };
    start("PostgreSQL", &mut serve, &folder.with_extension("log"), ready).map(|server| (server, port))
}

fn start_mariadb(folder: &Path) -> Result<(Guarded, u16)> {
    fs::create_dir(folder).context("failed to create a folder for MariaDB")?;
    let data = folder.join("data");
    let account: &[&str] = if is_root() { &["--user=root"] } else { &[] };
    let mut make = Command::new("mariadb-install-db");
    make.arg("--no-defaults").arg(format!("--datadir={}", data.display())).args(account);
    run(make.args(["--auth-root-authentication-method=normal", "--skip-test-db"]))?;
    let port = free_port()?;
    let mut serve = Command::new("/usr/sbin/mariadbd");
    serve.arg("--no-defaults").arg(format!("--datadir={}", data.display())).args(account);
    serve.arg(format!("--socket={}", folder.join("socket").display())).arg(format!("--port={port}"));
    // RT wants large packets; what is lost with the power is lost.
    serve.args(["--bind-address=127.0.0.1", "--max-allowed-packet=64M", "--innodb-flush-log-at-trx-commit=0"]);
    let ready = || {
        let mut ask = Command::new("mariadb-admin");
        ask.args(["--no-defaults", "-h", "127.0.0.1", "-u", "root", "-P", &port.to_string(), "ping"]);
        ask
    };
    start("MariaDB", &mut serve, &folder.with_extension("log"), ready).map(|server| (server, port))
}

/// Starts a server and waits until it answers; on a port that was free a moment ago.
fn start(name: &str, serve: &mut Command, log: &Path, ready: impl Fn() -> Command) -> Result<Guarded> {
    let mut server = Guarded::start(name, serve, log)?;
    let answers = wait_until(START_LIMIT, || {
        if !server.is_alive() {
            bail!("it ended at once");
        }
        Ok(run(&mut ready()).is_ok().then_some(()))
    });
    match answers {
        Ok(()) => Ok(server),
        Err(error) => Err(error.context(server.log_tail())),
    }
}

/// A command as the account that may run a database server.
fn as_account(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", POSTGRES, "--regid", POSTGRES, "--clear-groups", "--"]).arg(program);
    command
}

/// The folder of the newest `PostgreSQL`'s programs: Debian keeps them out of `PATH`.
fn find_postgres() -> Result<PathBuf> {
    let versions =
        fs::read_dir("/usr/lib/postgresql").context("there is no PostgreSQL; scripts/install-packages test")?;
    let folders = versions.filter_map(|entry| entry.ok().map(|entry| entry.path().join("bin")));
    folders
        .filter(|bin| bin.join("initdb").is_file())
        .max()
        .context("PostgreSQL has no initdb; scripts/install-packages test")
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("failed to find a free port")?;
    Ok(listener.local_addr().context("failed to find a free port")?.port())
}
