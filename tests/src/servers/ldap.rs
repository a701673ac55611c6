//! A directory of people: Debian's `slapd`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Kind, Server, write_config};
use crate::process::run;

/// Debian's slapd, which an ordinary user's `PATH` does not show.
const SLAPD: &str = "/usr/sbin/slapd";

/// An LDAP server with two people, of whom one verifies.
#[derive(Debug)]
pub struct Directory {
    server: Server,
}

impl Directory {
    /// The group of those who verify.
    pub const VERIFIERS: &'static str = "cn=sw-rel-qc,ou=groups,dc=example,dc=org";
    /// Who is in it, with the password.
    pub const VERIFIER: (&'static str, &'static str) = ("carlos", "the-password-of-carlos");
    /// Who is not.
    pub const STRANGER: (&'static str, &'static str) = ("eve", "the-password-of-eve");

    /// Serves the directory until dropped.
    pub fn start() -> Result<Self> {
        Ok(Self { server: Server::start(&Slapd)? })
    }

    /// Where people are, as Apache has it.
    #[must_use]
    pub fn people_url(&self) -> String {
        format!("ldap://127.0.0.1:{}/ou=people,dc=example,dc=org?uid", self.server.port)
    }
}

struct Slapd;

impl Kind for Slapd {
    const NAME: &'static str = "the LDAP server";

    fn command(&self, home: &Path, port: u16) -> Result<Command> {
        fs::create_dir(home.join("data")).context("failed to create the directory's folder")?;
        let (config, people) = (home.join("slapd.conf"), home.join("people.ldif"));
        write_config(&config, &render_config(home))?;
        write_config(&people, &render_people(&Server::nonce(home)))?;
        run(Command::new("/usr/sbin/slapadd").arg("-f").arg(&config).arg("-l").arg(&people))?;
        let mut command = Command::new(SLAPD);
        // With a level of debugging, even none, it stays in the foreground.
        command.arg("-f").arg(&config).args(["-h", &format!("ldap://127.0.0.1:{port}/"), "-d", "0"]);
        Ok(command)
    }

    /// Its directory has the name of its folder: another that took the port has not.
    fn answers(&self, server: &Server) -> bool {
        let url = format!("ldap://127.0.0.1:{}", server.port);
        let search = ["-x", "-LLL", "-H", &url, "-b", "dc=example,dc=org", "-s", "base", "description"];
        let found = run(Command::new("ldapsearch").args(search)).unwrap_or_default();
        found.contains(&Server::nonce(server.home.path()))
    }
}

fn render_config(home: &Path) -> String {
    let home = home.display();
    format!(
        r#"include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {home}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=example,dc=org"
directory {home}/data
"#
    )
}

fn render_people(nonce: &str) -> String {
    let person = |(name, password): (&str, &str)| {
        format!(
            "dn: uid={name},ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: {name}\n\
             userPassword: {password}\n\n"
        )
    };
    let unit = |name| format!("dn: ou={name},dc=example,dc=org\nobjectClass: organizationalUnit\nou: {name}\n\n");
    [
        format!("dn: dc=example,dc=org\nobjectClass: domain\ndc: example\ndescription: {nonce}\n\n"),
        unit("people"),
        unit("groups"),
        person(Directory::VERIFIER),
        person(Directory::STRANGER),
        format!(
            "dn: {}\nobjectClass: groupOfNames\ncn: sw-rel-qc\nmember: uid={},ou=people,dc=example,dc=org\n",
            Directory::VERIFIERS,
            Directory::VERIFIER.0
        ),
    ]
    .concat()
}
