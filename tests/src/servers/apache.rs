//! The repositories served by Debian's Apache, with the configuration of `deploy/apache` as it is.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::http::apache_command;
use super::{Directory, Kind, OpenidProvider, Server, served, talk, write_config};
use crate::process::run;

/// A machine's name, and its token.
pub const MACHINE: (&str, &str) = ("jenkins", "the-token-of-jenkins");

/// The modules that the configuration names, and what Apache needs to run.
const MODULES: [&str; 15] = [
    "mpm_event",
    "authz_core",
    "authn_core",
    "auth_basic",
    "authn_file",
    "authz_user",
    "authz_groupfile",
    "ldap",
    "authnz_ldap",
    "alias",
    "dir",
    "headers",
    "mime",
    "auth_openidc",
    "socache_shmcb",
];

/// How people are known.
#[derive(Debug)]
pub enum People {
    /// By accounts and groups in LDAP.
    Ldap(Directory),
    /// By a provider of `OpenID` Connect.
    Openid(OpenidProvider),
}

/// An Apache that serves a repository tree.
#[derive(Debug)]
pub struct ApacheServer {
    server: Server,
    people: People,
    url: String,
}

served!(ApacheServer);

impl ApacheServer {
    /// Serves the tree at `tree`, which need not be there yet, until dropped.
    pub fn serve(tree: &Path, people: People) -> Result<Self> {
        let server = Server::start(&Apache { tree: tree.to_owned(), people: &people })?;
        let url = format!("http://127.0.0.1:{}", server.port);
        Ok(Self { server, people, url })
    }

    /// How people are known.
    #[must_use]
    pub const fn people(&self) -> &People {
        &self.people
    }
}

struct Apache<'a> {
    tree: PathBuf,
    people: &'a People,
}

impl Kind for Apache<'_> {
    const NAME: &'static str = "Apache";

    fn command(&self, home: &Path, port: u16) -> Result<Command> {
        write_machines(&home.join("machines"), MACHINE)?;
        write_config(&home.join("machines.group"), &format!("machines: {}\n", MACHINE.0))?;
        write_config(&home.join("ready"), "ready")?;
        write_config(&home.join("apache2.conf"), &self.config(home, port))?;
        Ok(apache_command(&home.join("apache2.conf")))
    }

    /// It must know a path that no other server knows: another one could have taken the port.
    fn answers(&self, server: &Server) -> bool {
        let nonce = Server::nonce(server.home.path());
        let question = format!("GET /.{nonce} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        talk(server.port, &question).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }
}

impl Apache<'_> {
    fn config(&self, home: &Path, port: u16) -> String {
        let (nonce, tree) = (Server::nonce(home), self.tree.display());
        let home = home.display();
        let load = |module: &&str| format!("LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so\n");
        let modules = MODULES.iter().map(load).collect::<String>();
        let (who, file) = match self.people {
            People::Ldap(directory) => (
                format!(
                    "Define NSRW_LDAP_URL \"{}\"\nDefine NSRW_LDAP_GROUP {}\nDefine NSRW_MACHINE_GROUP {home}/machines.group\n",
                    directory.people_url(),
                    Directory::VERIFIERS,
                ),
                deploy("apache/unverified-ldap.conf"),
            ),
            People::Openid(provider) => (
                format!(
                    "Define NSRW_OIDC_ISSUER {}\nDefine NSRW_OIDC_CLIENT nsrw\nDefine NSRW_OIDC_SECRET a-secret\n\
                     Define NSRW_OIDC_PASSPHRASE exec:/bin/hostname\nDefine NSRW_OIDC_GROUP \"{}\"\n",
                    provider.issuer(),
                    OpenidProvider::VERIFIERS,
                ),
                deploy("apache/unverified-openid.conf"),
            ),
        };
        format!(
            r#"ServerRoot "{home}"
DefaultRuntimeDir "{home}"
PidFile "{home}/apache2.pid"
ErrorLog "{home}/log"
LogLevel warn
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
{modules}TypesConfig /etc/mime.types
StartServers 1
ServerLimit 2
MaxRequestWorkers 50
GracefulShutdownTimeout 1
Alias "/.{nonce}" "{home}/ready"
<Directory "/">
    Require all denied
    AllowOverride None
</Directory>
<Directory "{home}">
    Require all granted
</Directory>
Define NSRW_SW {tree}/sw
Define NSRW_URL http://127.0.0.1:{port}/sw
Define NSRW_MACHINES {home}/machines
{who}Include {nsrw}
Include {file}
"#,
            nsrw = deploy("apache/nsrw.conf").display(),
            file = file.display(),
        )
    }
}

/// A file below `deploy`.
pub(super) fn deploy(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(file)
}

/// The file of machines and the hashes of their tokens.
pub(super) fn write_machines(path: &Path, (name, token): (&str, &str)) -> Result<()> {
    run(Command::new("htpasswd").args(["-bBc"]).arg(path).args([name, token])).map(drop)
}
