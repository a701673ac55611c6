//! `MariaDB`, the real one from Debian's package.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::process::{ADMIN_PATH, is_root, run};
use crate::servers::{Kind, Server};

/// A server with nothing in it.
#[derive(Debug)]
pub(crate) struct Mariadb;

impl Mariadb {
    /// The command that serves what lies in `home`.
    pub(super) fn serve(home: &Path, port: u16) -> Command {
        let mut serve = Command::new("mariadbd");
        serve.env("PATH", ADMIN_PATH).args(["--no-defaults", &data_of(home)]).args(account());
        serve.arg(format!("--socket={}", home.join("socket").display())).arg(format!("--port={port}"));
        // RT wants large packets. What is committed outlives the process; what is lost with the power is lost.
        serve.args(["--bind-address=127.0.0.1", "--max-allowed-packet=64M", "--innodb-flush-log-at-trx-commit=2"]);
        serve
    }
}

fn data_of(home: &Path) -> String {
    format!("--datadir={}", home.join("data").display())
}

fn account() -> &'static [&'static str] {
    if is_root() { &["--user=root"] } else { &[] }
}

impl Kind for Mariadb {
    const NAME: &'static str = "the MariaDB server";

    fn command(&self, home: &Path, port: u16) -> Result<Command> {
        let mut make = Command::new("mariadb-install-db");
        make.args(["--no-defaults", &data_of(home), "--auth-root-authentication-method=normal", "--skip-test-db"]);
        run(make.args(account()))?;
        Ok(Self::serve(home, port))
    }

    /// Its socket is in our folder: no other server has it there.
    fn answers(&self, server: &Server) -> bool {
        let mut ask = Command::new("mariadb-admin");
        ask.args(["--no-defaults", "--user=root", "ping", "--socket"]).arg(server.home.path().join("socket"));
        run(&mut ask).is_ok()
    }
}
