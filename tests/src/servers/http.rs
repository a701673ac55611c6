//! An HTTP server: Debian's Apache with a configuration of its own, plain files with ranges and nothing else.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{Kind, Server, quotable, served, talk, write_config};
use crate::process::is_root;

/// Debian's Apache, which an ordinary user's `PATH` does not show.
const APACHE: &str = "/usr/sbin/apache2";
/// The user Apache runs as when this process is root: `nobody` on Debian.
const NOBODY: &str = "65534";

/// An Apache that serves one folder, symbolic links included, with range requests and no listings.
#[derive(Debug)]
pub struct HttpServer {
    server: Server,
    url: String,
}

served!(HttpServer);

impl HttpServer {
    /// Serves `dir` until dropped.
    pub fn serve(dir: &Path) -> Result<Self> {
        let server = Server::start(&Apache { dir: quotable(dir)? })?;
        let url = format!("http://127.0.0.1:{}", server.port);
        Ok(Self { server, url })
    }
}

pub(super) struct Apache {
    pub(super) dir: String,
}

impl Kind for Apache {
    const NAME: &'static str = "the HTTP server";

    fn command(&self, home: &Path, port: u16) -> Result<Command> {
        let config = home.join("apache2.conf");
        write_config(&config, &self.config(&quotable(home)?, port, &Server::nonce(home)))?;
        write_config(&home.join("ready"), "ready")?;
        Ok(apache_command(&config))
    }

    /// It must know a path that no other server knows: another one could have taken the port.
    fn answers(&self, server: &Server) -> bool {
        let nonce = Server::nonce(server.home.path());
        let question = format!("GET /.{nonce} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        talk(server.port, &question).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }
}

/// Apache in the foreground, with this configuration.
///
/// It refuses to serve as root. It is started as `nobody` then, keeping the one privilege of root it needs: to read folders
/// that are root's alone, as temporary ones are.
pub(super) fn apache_command(config: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]);
        command.args(["--inh-caps=+dac_override", "--ambient-caps=+dac_override", APACHE]);
        command
    } else {
        Command::new(APACHE)
    };
    command.arg("-f").arg(config).arg("-DFOREGROUND");
    command
}

impl Apache {
    /// No sendfile and no memory maps: the served files may change while they are served.
    fn config(&self, home: &str, port: u16, nonce: &str) -> String {
        let modules = "/usr/lib/apache2/modules";
        let dir = &self.dir;
        format!(
            r#"ServerRoot "{home}"
DefaultRuntimeDir "{home}"
PidFile "{home}/apache2.pid"
ErrorLog "{home}/log"
LogLevel warn
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule alias_module {modules}/mod_alias.so
StartServers 1
ServerLimit 2
MaxRequestWorkers 50
GracefulShutdownTimeout 1
EnableSendfile Off
EnableMMAP Off
DocumentRoot "{dir}"
Alias "/.{nonce}" "{home}/ready"
<Directory "/">
    Require all granted
    Options FollowSymLinks
    AllowOverride None
</Directory>
"#
        )
    }
}
