//! The repositories served by Debian's nginx, with the configuration of `deploy/nginx` as it is.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::apache::{MACHINE, deploy, write_machines};
use super::{Kind, Server, served, talk, write_config};
use crate::process::is_root;

const NGINX: &str = "/usr/sbin/nginx";

/// An nginx that serves a repository tree. Beside it runs what stands in for oauth2-proxy: it knows one session.
#[derive(Debug)]
pub struct NginxServer {
    server: Server,
    _login: Login,
    url: String,
}

served!(NginxServer);

impl NginxServer {
    /// The cookie of somebody who is logged in at what stands in for oauth2-proxy.
    pub const SESSION: &'static str = "session=good";

    /// Serves the tree at `tree`, which need not be there yet, until dropped.
    pub fn serve(tree: &Path) -> Result<Self> {
        let login = Login::start()?;
        let server = Server::start(&Nginx { tree: tree.to_owned(), login: login.server.port })?;
        let url = format!("http://127.0.0.1:{}", server.port);
        Ok(Self { server, _login: login, url })
    }
}

struct Nginx {
    tree: PathBuf,
    login: u16,
}

impl Kind for Nginx {
    const NAME: &'static str = "nginx";

    fn command(&self, home: &Path, port: u16) -> Result<Command> {
        let machines = home.join("machines");
        write_machines(&machines, MACHINE)?;
        write_config(&home.join("nginx.conf"), &self.config(home, port, &machines))?;
        let mut command = Command::new(NGINX);
        // What it says before it has read its configuration goes to the log as well.
        command.arg("-e").arg(home.join("log")).arg("-c").arg(home.join("nginx.conf"));
        Ok(command)
    }

    /// It must know a path that no other server knows: another one could have taken the port.
    fn answers(&self, server: &Server) -> bool {
        let nonce = Server::nonce(server.home.path());
        let question = format!("GET /.{nonce} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        talk(server.port, &question).is_ok_and(|answer| answer.starts_with("HTTP/1.1 204"))
    }
}

impl Nginx {
    fn config(&self, home: &Path, port: u16, machines: &Path) -> String {
        // Temporary folders are the user's alone.
        let user = if is_root() { "user root;" } else { "" };
        let (home_text, tree, nonce) = (home.display(), self.tree.display(), Server::nonce(home));
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("    {kind}_temp_path {home_text}/{kind};\n"))
            .concat();
        let (http, server) = (deploy("nginx/nsrw-http.conf"), deploy("nginx/nsrw-server.conf"));
        format!(
            r"daemon off;
{user}
pid {home_text}/nginx.pid;
error_log {home_text}/log warn;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off;
{temporary}    include {http};
    server {{
        listen 127.0.0.1:{port};
        location = /.{nonce} {{ return 204; }}
        set $nsrw_tree {tree};
        set $nsrw_machines {machines};
        set $nsrw_oauth2 http://127.0.0.1:{login};
        include {server};
    }}
}}
",
            http = http.display(),
            server = server.display(),
            machines = machines.display(),
            login = self.login,
        )
    }
}

/// What stands in for oauth2-proxy, which Debian does not have: it answers as oauth2-proxy does on the one address that
/// nginx asks, and knows one session.
#[derive(Debug)]
struct Login {
    server: Server,
}

impl Login {
    fn start() -> Result<Self> {
        Ok(Self { server: Server::start(&LoginKind)? })
    }
}

struct LoginKind;

impl Kind for LoginKind {
    const NAME: &'static str = "what stands in for oauth2-proxy";

    fn command(&self, home: &Path, port: u16) -> Result<Command> {
        let script = home.join("login.py");
        write_config(&script, include_str!("login.py"))?;
        let mut command = Command::new("/usr/bin/python3");
        command.arg("-I").arg(script).arg(port.to_string()).arg(NginxServer::SESSION);
        Ok(command)
    }

    fn answers(&self, server: &Server) -> bool {
        server.process.log().contains(&format!("listens on 127.0.0.1:{}", server.port))
    }
}
