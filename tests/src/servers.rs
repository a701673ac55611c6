//! The servers a provider may offer its delivery on, and sites may install from, with those that know who may; and a relay
//! that takes mail.
//!
//! Those of providers serve one folder, read only. Each is on 127.0.0.1 and a free port, with its configuration and log in a
//! temporary folder of its own. One that was returned is ready: it answers, and it is ours that answers. Dropping it stops
//! it.

mod apache;
pub mod database;
mod ftp;
mod http;
mod ldap;
mod nginx;
mod openid;
mod rsync;
pub mod rt;
mod smtp;
mod wire;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

pub use self::apache::{ApacheServer, MACHINE, People};
pub use self::ftp::FtpServer;
pub use self::http::HttpServer;
pub use self::ldap::Directory;
pub use self::nginx::NginxServer;
pub use self::openid::OpenidProvider;
pub use self::rsync::RsyncDaemon;
pub use self::smtp::{MailRelay, Protection};
pub use self::wire::{Condition, Wire};
use crate::process::{Guarded, wait_until};

/// How long a server may take to answer; they take milliseconds unless the machine is busy.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long one question to a server may take before it is asked again.
const ANSWER_LIMIT: Duration = Duration::from_millis(500);
/// How many ports are tried before giving up.
const ATTEMPTS: usize = 8;

/// What the three servers have in common. The fields' order matters: the process ends before its folder goes.
#[derive(Debug)]
pub(crate) struct Server {
    process: Guarded,
    /// Its folder.
    pub(crate) home: TempDir,
    /// Where it listens.
    pub(crate) port: u16,
}

/// What tells one server from another.
pub(crate) trait Kind {
    /// Its name in messages.
    const NAME: &'static str;
    /// Writes its configuration into `home` and gives the command that serves on `port` in the foreground.
    fn command(&self, home: &Path, port: u16) -> Result<Command>;
    /// The folder in which its own is made; that of temporary files when `None`.
    fn place(&self) -> Option<&Path> {
        None
    }
    /// Whether the server started by [`Kind::command`], and no other, answers.
    fn answers(&self, server: &Server) -> bool;
}

impl Server {
    /// Starts a server, with another port for each attempt: between choosing a port and using it, another may take it.
    pub(crate) fn start<K: Kind>(kind: &K) -> Result<Self> {
        for _ in 0..ATTEMPTS {
            let port = free_port().context("failed to find a free port")?;
            if let Some(server) = Self::attempt(kind, port).with_context(|| format!("failed to start {}", K::NAME))? {
                return Ok(server);
            }
        }
        bail!("failed to start {}: {ATTEMPTS} free ports were taken before it could use them", K::NAME);
    }

    /// One attempt; `None` when the port was taken meanwhile.
    fn attempt<K: Kind>(kind: &K, port: u16) -> Result<Option<Self>> {
        let home = match kind.place() {
            Some(place) => TempDir::with_prefix_in("nsrw-server-", place),
            None => TempDir::with_prefix("nsrw-server-"),
        };
        let home = home.context("failed to create a folder for its configuration")?;
        let mut command = kind.command(home.path(), port)?;
        let process = Guarded::start(K::NAME, &mut command, &home.path().join("log"))?;
        let mut server = Self { process, home, port };
        let ready = wait_until(START_LIMIT, || match (server.process.is_alive(), kind.answers(&server)) {
            (true, answers) => Ok(answers.then_some(true)),
            (false, _) if server.process.log().contains("ddress already in use") => Ok(Some(false)),
            (false, _) => bail!("it ended at once"),
        });
        match ready {
            Ok(ready) => Ok(ready.then_some(server)),
            Err(error) => Err(error.context(server.process.log_tail())),
        }
    }

    /// A text no other server knows: the name of this one's folder.
    fn nonce(home: &Path) -> String {
        home.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Says `question` to whoever listens on `port` and returns all that is answered until the connection is closed.
fn talk(port: u16, question: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), ANSWER_LIMIT)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    stream.write_all(question.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Writes a server's configuration file.
fn write_config(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))
}

/// The path as a configuration file can carry it between quotes.
fn quotable(dir: &Path) -> Result<String> {
    let dir = dir.canonicalize().with_context(|| format!("failed to find the folder {}", dir.display()))?;
    match dir.to_str() {
        Some(text) if !text.contains(['"', '\\', '\n', '%', '$']) => Ok(text.to_owned()),
        _ => bail!("the folder {} has characters a server's configuration can not carry", dir.display()),
    }
}

/// The methods every server has.
macro_rules! served {
    ($server:ty) => {
        impl $server {
            /// Where clients find the folder; no trailing `/`.
            #[must_use]
            pub fn url(&self) -> &str {
                &self.url
            }

            /// The server's process id.
            #[must_use]
            pub fn process_id(&self) -> u32 {
                self.server.process.id()
            }

            /// The port it listens on.
            #[must_use]
            pub fn port(&self) -> u16 {
                self.server.port
            }

            /// What the server has logged.
            #[must_use]
            pub fn log(&self) -> String {
                self.server.process.log()
            }
        }
    };
}
use served;

#[cfg(test)]
mod tests {
    use super::*;

    /// A port that somebody else listens on and answers on, as far as connecting goes.
    fn on_a_taken_port<K: Kind>(kind: &K) -> Result<Option<Server>> {
        let other = TcpListener::bind("127.0.0.1:0")?;
        Server::attempt(kind, other.local_addr()?.port())
    }

    #[test]
    fn a_taken_port_is_noticed_by_each_server() {
        let dir = TempDir::new().unwrap();
        let dir = quotable(dir.path()).unwrap();
        assert!(on_a_taken_port(&rsync::Daemon { dir: dir.clone() }).unwrap().is_none());
        assert!(on_a_taken_port(&http::Apache { dir: dir.clone() }).unwrap().is_none());
        assert!(on_a_taken_port(&ftp::Pyftpdlib { dir }).unwrap().is_none());
    }

    struct Broken;

    impl Kind for Broken {
        const NAME: &'static str = "the broken server";

        fn command(&self, _home: &Path, _port: u16) -> Result<Command> {
            let mut command = Command::new("sh");
            command.args(["-c", "echo the disk is on fire; exit 1"]);
            Ok(command)
        }

        fn answers(&self, _server: &Server) -> bool {
            false
        }
    }

    #[test]
    fn a_server_that_ends_at_once_shows_its_log() {
        let error = format!("{:#}", Server::start(&Broken).unwrap_err());
        assert!(error.contains("the broken server") && error.contains("the disk is on fire"), "{error}");
    }
}
