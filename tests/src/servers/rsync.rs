//! An rsync daemon, the real `rsync --daemon`.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{Kind, Server, quotable, served, talk, write_config};
use crate::process::is_root;

/// The module the folder is served as.
const MODULE: &str = "delivery";

/// An rsync daemon that serves one folder as the module `delivery`.
#[derive(Debug)]
pub struct RsyncDaemon {
    server: Server,
    url: String,
}

served!(RsyncDaemon);

impl RsyncDaemon {
    /// Serves `dir` until dropped.
    pub fn serve(dir: &Path) -> Result<Self> {
        let server = Server::start(&Daemon { dir: quotable(dir)? })?;
        let url = format!("rsync://127.0.0.1:{}/{MODULE}", server.port);
        Ok(Self { server, url })
    }
}

pub(super) struct Daemon {
    pub(super) dir: String,
}

impl Kind for Daemon {
    const NAME: &'static str = "the rsync daemon";

    /// Root stays root: by itself the daemon would become `nobody`, who may not read temporary folders. An ordinary user
    /// must not be named at all, or the daemon tries to change groups and may not.
    fn command(&self, home: &Path, port: u16) -> Result<Command> {
        let config = home.join("rsyncd.conf");
        let identity = if is_root() { "uid = 0\ngid = 0\n" } else { "" };
        let nonce = Server::nonce(home);
        write_config(
            &config,
            &format!(
                "use chroot = no\n{identity}log file = /dev/stderr\n\
                 [{MODULE}]\npath = {}\ncomment = {nonce}\nread only = yes\nlist = yes\n",
                self.dir
            ),
        )?;
        let mut command = Command::new("rsync");
        command.args(["--daemon", "--no-detach", "--address=127.0.0.1"]);
        command.arg(format!("--port={port}")).arg(format!("--config={}", config.display()));
        Ok(command)
    }

    /// The list of modules must show our comment: another rsync daemon could have taken the port.
    fn answers(&self, server: &Server) -> bool {
        talk(server.port, "@RSYNCD: 30.0\n#list\n").is_ok_and(|list| list.contains(&Server::nonce(server.home.path())))
    }
}
