//! A mail relay that keeps what it gets: Debian's `python3-aiosmtpd`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::{Kind, Server};
use crate::certificate::make_certificate;

/// Debian's own Python, for which Debian's package is; `PATH` may show another one first.
const PYTHON: &str = "/usr/bin/python3";

/// How the connection to a relay is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Not at all.
    None,
    /// Begun in the clear, then encrypted.
    Starttls,
    /// Encrypted from the first byte.
    Tls,
}

/// A mail relay. What it takes lies in a Maildir.
#[derive(Debug)]
pub struct MailRelay {
    server: Server,
    keeps: TempDir,
}

impl MailRelay {
    /// Starts a relay until dropped; with an account, it takes mail from that one alone.
    pub fn start(protection: Protection, account: Option<(&str, &str)>) -> Result<Self> {
        let keeps = TempDir::with_prefix("nsrw-mail-").context("failed to create a folder for mail")?;
        if protection != Protection::None {
            make_certificate(keeps.path(), "relay")?;
        }
        let (user, password) = account.unwrap_or_default();
        let kind = Aiosmtpd {
            keeps: keeps.path().to_owned(),
            protection,
            user: user.to_owned(),
            password: password.to_owned(),
        };
        Ok(Self { server: Server::start(&kind)?, keeps })
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// The certificate of the authority that vouches for it.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.keeps.path().join("relay.pem")
    }

    /// The letters it has taken, as they came.
    pub fn letters(&self) -> Result<Vec<String>> {
        let folder = self.keeps.path().join("mail/new");
        let mut letters = Vec::new();
        for entry in fs::read_dir(&folder).with_context(|| format!("failed to list {}", folder.display()))? {
            letters.push(fs::read_to_string(entry?.path())?);
        }
        Ok(letters)
    }
}

struct Aiosmtpd {
    keeps: PathBuf,
    protection: Protection,
    user: String,
    password: String,
}

impl Kind for Aiosmtpd {
    const NAME: &'static str = "the mail relay";

    /// `-I` keeps the caller's Python settings out.
    fn command(&self, home: &Path, port: u16) -> Result<Command> {
        let script = home.join("relay.py");
        crate::clients::write_file(&script, include_str!("smtp.py"))?;
        let protection = match self.protection {
            Protection::None => "none",
            Protection::Starttls => "starttls",
            Protection::Tls => "tls",
        };
        let mut command = Command::new(PYTHON);
        command.arg("-I").arg(script).arg(port.to_string()).arg(self.keeps.join("mail")).arg(protection);
        command.args(["relay.pem", "relay.key"].map(|name| self.keeps.join(name)));
        command.args([&self.user, &self.password]);
        Ok(command)
    }

    /// It says that it listens, once it does: another that took the port would have stopped it.
    fn answers(&self, server: &Server) -> bool {
        server.process.log().contains(&format!("relay listens on 127.0.0.1:{}", server.port))
    }
}
