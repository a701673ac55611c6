//! Runs a command once on each kind of database server: `on-databases cargo nextest run -p egi-store`. Each time a fresh
//! server is started, and its address told in `NSRW_TEST_DATABASE`. Ends with the first exit code that is not 0.

use std::process::{Command, ExitCode};

use anyhow::Context as _;
use nsrw_tests::servers::database::{DatabaseKind, DatabaseServer, VARIABLE};

#[expect(clippy::print_stdout, reason = "whoever reads the command's output wants to know where it ran")]
fn main() -> anyhow::Result<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let program = words.next().context("usage: on-databases COMMAND [ARGUMENT]...")?;
    let arguments: Vec<_> = words.collect();
    for kind in DatabaseKind::ALL {
        let server = DatabaseServer::start(kind)?;
        println!("on {}:", kind.name());
        let status = Command::new(&program).args(&arguments).env(VARIABLE, server.url()).status();
        let status = status.with_context(|| format!("failed to start {}", program.display()))?;
        if !status.success() {
            return Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)));
        }
    }
    Ok(ExitCode::SUCCESS)
}
