//! A provider of `OpenID` Connect: `oidc-provider-mock` from `PyPI`, which speaks the whole of the code flow and asks no password.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Kind, Server};
use crate::numbers::reference::python;

/// A provider that knows two people, of whom one verifies.
#[derive(Debug)]
pub struct OpenidProvider {
    server: Server,
}

impl OpenidProvider {
    /// The entitlement of those who verify.
    pub const VERIFIERS: &'static str = "urn:mace:egi.eu:group:sw-rel-qc:role=member#aai.egi.eu";
    /// Who has it.
    pub const VERIFIER: &'static str = "carlos";
    /// Who has not.
    pub const STRANGER: &'static str = "eve";

    /// Serves until dropped.
    pub fn start() -> Result<Self> {
        let python = python("test")?;
        Ok(Self { server: Server::start(&Mock { python })? })
    }

    /// Its name, below which it describes itself.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port)
    }
}

struct Mock {
    python: PathBuf,
}

impl Kind for Mock {
    const NAME: &'static str = "the OpenID Connect provider";

    fn command(&self, _home: &Path, port: u16) -> Result<Command> {
        let program = self.python.parent().context("Python lies in no folder")?.join("oidc-provider-mock");
        let person = |name: &str, entitlement: &str| {
            let (id, entitlements) = (format!("{name}@egi.eu"), [entitlement]);
            serde_json::json!({ "sub": name, "voperson_id": id, "eduperson_entitlement": entitlements }).to_string()
        };
        let mut command = Command::new(program);
        command.args(["--port", &port.to_string()]);
        command.args(["--user-claims", &person(OpenidProvider::VERIFIER, OpenidProvider::VERIFIERS)]);
        command.args(["--user-claims", &person(OpenidProvider::STRANGER, "urn:mace:egi.eu:group:others")]);
        Ok(command)
    }

    /// It says that it runs, once it does: another that took the port would have stopped it.
    fn answers(&self, server: &Server) -> bool {
        server.process.log().contains(&format!("running on http://127.0.0.1:{}", server.port))
    }
}
