//! A private `PostgreSQL` server, the real one from Debian's package, for RTs that shall not have their data in a file.

use std::process::Command;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::environment::Environment;
use super::template::{self, Template};
use crate::process::run;
use crate::servers::Server;
use crate::servers::database::{Cluster, POSTGRES as USER};

/// The database that others are copied from.
const TEMPLATE: &str = "rt_template";

/// A `PostgreSQL` server with nothing in it but what a test puts there. Dropping it stops it.
#[derive(Debug)]
pub struct Postgres {
    server: Server,
    cluster: Cluster,
    template: TempDir,
}

impl Postgres {
    /// Starts a server, and makes the database that each RT's is a copy of.
    pub fn start() -> Result<Self> {
        let cluster = Cluster::new()?;
        let server = Server::start(&cluster)?;
        let template = TempDir::with_prefix("nsrw-rt-template-").context("failed to make a folder for the template")?;
        let postgres = Self { server, cluster, template };
        let environment = Environment::on_postgres(postgres.template.path(), postgres.port(), TEMPLATE);
        template::make_on(postgres.template.path(), &environment, &["--action", "init", "--dba", USER])?;
        Ok(postgres)
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port
    }

    pub(super) fn template(&self) -> Template {
        Template::at(self.template.path())
    }

    /// Copies the template's database, under a name like this one.
    pub(super) fn copy_template(&self, like: &str) -> Result<String> {
        let name = like.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let statement = format!("create database {name} template {TEMPLATE} owner rt_user");
        run(Command::new(self.cluster.client())
            .args(["--host=127.0.0.1", &format!("--port={}", self.port()), "--username", USER])
            .args(["--dbname=postgres", "--quiet", "--set=ON_ERROR_STOP=1", "--command", &statement]))?;
        Ok(name)
    }
}
