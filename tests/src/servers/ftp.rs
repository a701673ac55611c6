//! An FTP server: Debian's `python3-pyftpdlib`, anonymous and read only.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{Kind, Server, quotable, served, talk};

/// Debian's own Python, for which Debian's package is; `PATH` may show another one first.
const PYTHON: &str = "/usr/bin/python3";

/// An FTP server that offers one folder to anonymous users.
#[derive(Debug)]
pub struct FtpServer {
    server: Server,
    url: String,
}

served!(FtpServer);

impl FtpServer {
    /// Serves `dir` until dropped.
    pub fn serve(dir: &Path) -> Result<Self> {
        let server = Server::start(&Pyftpdlib { dir: quotable(dir)? })?;
        let url = format!("ftp://127.0.0.1:{}", server.port);
        Ok(Self { server, url })
    }
}

pub(super) struct Pyftpdlib {
    pub(super) dir: String,
}

impl Kind for Pyftpdlib {
    const NAME: &'static str = "the FTP server";

    /// `-I` keeps the caller's Python settings out.
    fn command(&self, _home: &Path, port: u16) -> Result<Command> {
        let mut command = Command::new(PYTHON);
        command.args(["-I", "-m", "pyftpdlib", "--interface=127.0.0.1"]);
        command.arg(format!("--port={port}")).arg(format!("--directory={}", self.dir));
        Ok(command)
    }

    /// It logs that it listens, which tells it from another that took the port, and greets.
    fn answers(&self, server: &Server) -> bool {
        let listens = format!("starting FTP server on 127.0.0.1:{}", server.port);
        server.process.log().contains(&listens)
            && talk(server.port, "QUIT\r\n").is_ok_and(|said| said.starts_with("220"))
    }
}
