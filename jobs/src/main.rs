//! Entry point: command line in, exit code out.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;
use nsrw::cli::Cli;
use nsrw::commands;
use nsrw::config::ConfigError;
use nsrw::exit::Exit;
use nsrw::mail::MailError;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return report(&anyhow::Error::new(error).context("failed to start")).into(),
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(exit) => exit.into(),
        Err(error) => report(&error).into(),
    }
}

/// Logs go to standard error. `NSRW_LOG` says how much (`info`, `debug`, `nsrw=debug,info` …), `NSRW_LOG_FORMAT=json`
/// gives one JSON object a line.
fn start_log() {
    let filter = EnvFilter::try_from_env("NSRW_LOG").unwrap_or_else(|_| EnvFilter::new("warn,nsrw=info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::env::var("NSRW_LOG_FORMAT").is_ok_and(|format| format == "json") {
        log.json().init();
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).with_target(false).init();
    }
}

/// Says what went wrong, once, and how it ends.
fn report(error: &anyhow::Error) -> Exit {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "nsrw: {error:#}");
    if error.is::<ConfigError>() {
        return Exit::Usage;
    }
    let transient = error.chain().any(|cause| {
        let store = cause.downcast_ref::<egi_store::StoreError>().is_some_and(egi_store::StoreError::is_transient);
        let ticket =
            cause.downcast_ref::<egi_tickets::TicketError>().is_some_and(egi_tickets::TicketError::is_transient);
        let repo =
            cause.downcast_ref::<egi_repo::tree::RepoError>().is_some_and(egi_repo::tree::RepoError::is_transient);
        let mail = cause.downcast_ref::<MailError>().is_some_and(MailError::is_transient);
        store || ticket || repo || mail
    });
    if transient { Exit::TryAgain } else { Exit::Failed }
}
