//! The databases RT runs on, started for one old RT each.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::servers::Server;
use crate::servers::database::{Cluster, Mariadb, POSTGRES};

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
    server: Option<Server>,
}

impl Database {
    /// Starts the server, if there is one; a database file lies in `folder`.
    pub(super) fn start(kind: Kind, folder: &Path) -> Result<Self> {
        let server = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(Server::start(&Cluster::new()?)?),
            Kind::Mariadb => Some(Server::start(&Mariadb)?),
        };
        Ok(Self { kind, file: folder.join("rt.sqlite"), server })
    }

    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    /// The file, where it is one.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// The server's port; 0 where there is none.
    pub(super) fn port(&self) -> u16 {
        self.server.as_ref().map_or(0, |server| server.port)
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
    pub(super) fn client(&self, statements: &Path) -> Command {
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
        command
    }
}
