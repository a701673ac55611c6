//! One file per command.

mod board;
mod clocks;
pub mod doctor;
mod early_adopters;
mod evidence;
mod explain;
mod facts;
mod history;
mod import_history;
mod init;
mod notify;
mod plan;
mod promote;
mod queue;
mod release;
mod repo;
mod report;
mod rt;
mod serve;
mod store;
mod sync;
mod ticket;

pub use self::sync::catch_up::catch_up;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::Utc;
use clap::CommandFactory as _;
use egi_model::role::Actor;
use egi_tickets::TicketError;

use crate::cli::report::FactsCommand;
use crate::cli::rt::RtCommand;
use crate::cli::{Cli, Command, Document, JsonArg, SiteCommand, Who};
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{self, Shown};
use crate::permission::{self, Permit};
use crate::site::{self, Site, system_clock};

/// Runs the command the command line names.
pub async fn run(cli: Cli) -> anyhow::Result<Exit> {
    match cli.command {
        Command::Init(args) => init::run(&args).await,
        Command::Release(command) => release::run(&cli.config, &command).await,
        Command::Evidence(command) => evidence::run(&command),
        Command::Doctor(args) => doctor::run(&cli.config, &args).await,
        Command::Rt(RtCommand::ImportHistory(args)) => import_history::run(&open_site(&cli.config).await?, &args).await,
        Command::Rt(RtCommand::Setup(command)) => rt::run(&load_config(&cli.config)?, &command),
        Command::Store(command) => store::run(&load_config(&cli.config)?, &command).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "nsrw", &mut std::io::stdout());
            Ok(Exit::Done)
        }
        Command::Man => print_manual(),
        Command::Render { document } => {
            output::raw(
                match document {
                    Document::Transitions => egi_workflow::diagram::render_markdown(),
                    Document::Metrics => egi_metrics::definitions_markdown(),
                    Document::ReportTemplate => egi_metrics::paper::Template::BUILTIN.to_owned(),
                    Document::Facts => egi_metrics::exchange::facts_markdown(),
                    Document::RtSetup => crate::rt::render_page(),
                    Document::Doctor => doctor::render_page(),
                    Document::Roles => permission::render_page(),
                }
                .as_bytes(),
            );
            Ok(Exit::Done)
        }
        Command::Config(JsonArg { json }) => print_config(&cli.config, json),
        // The numbers of files need no site.
        Command::OnSite(SiteCommand::Report(args)) if args.facts.is_some() => report::run_on_files(&args, Utc::now()),
        Command::OnSite(SiteCommand::Facts(FactsCommand::Check(args))) => facts::check(&args, Utc::now()),
        Command::OnSite(command) => Box::pin(run_on_site(command, &open_site(&cli.config).await?)).await,
    }
}

async fn run_on_site(command: SiteCommand, site: &Site) -> anyhow::Result<Exit> {
    match command {
        SiteCommand::Serve => serve::run(site).await,
        SiteCommand::Promote(args) => promote::run(site, args.json).await,
        SiteCommand::Sync(args) => sync::run(site, &args).await,
        SiteCommand::Report(args) => report::run(site, &args).await,
        SiteCommand::Facts(command) => facts::run(site, &command).await,
        SiteCommand::Ticket(command) => ticket::run(site, command).await,
        SiteCommand::Clocks(args) => clocks::run(site, &args).await,
        SiteCommand::Notify(args) => notify::run(site, &args).await,
        SiteCommand::Board(args) => board::run(site, args.json).await,
        SiteCommand::Queue(args) => queue::run(site, args.json).await,
        SiteCommand::Ea(command) => early_adopters::run(site, command).await,
        SiteCommand::History(args) => history::run(site, &args).await,
        SiteCommand::Explain(args) => explain::run(site, &args).await,
        SiteCommand::Plan(args) => plan::run(site, &args).await,
        SiteCommand::Repo(command) => repo::run(site, command).await,
    }
}

fn load_config(path: &Path) -> anyhow::Result<Config> {
    let variables: BTreeMap<String, String> = std::env::vars().collect();
    Ok(Config::load(path, &variables)?)
}

async fn open_site(path: &Path) -> anyhow::Result<Site> {
    Site::open(load_config(path)?, system_clock(), Arc::new(Shown::new())).await
}

fn print_config(path: &Path, json: bool) -> anyhow::Result<Exit> {
    let config = load_config(path)?;
    if json {
        output::json(&config)?;
    } else {
        output::raw(config.render()?.as_bytes());
    }
    Ok(Exit::Done)
}

fn print_manual() -> anyhow::Result<Exit> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    output::raw(&page);
    Ok(Exit::Done)
}

/// Stops a command that would find nothing to work with in the ticket system, with everything that is wrong there.
async fn ensure_tickets_usable(site: &Site) -> anyhow::Result<()> {
    tell_limits(site);
    let faults = site.tickets.check().await.context("failed to ask the ticket system")?;
    if faults.is_empty() { Ok(()) } else { Err(TicketError::Setup { reasons: faults }.into()) }
}

/// Says once, when work begins, what can not be done with the ticket system.
fn tell_limits(site: &Site) {
    for limit in site.tickets.limits() {
        tracing::warn!("{limit}");
    }
}

/// Who runs a command, with the roles the site gave them.
fn actor(site: &Site, who: &Who) -> Actor {
    site.config.actor(&permission::account(who))
}

/// Writes into the log of what is done by hand that this was done.
async fn note(site: &Site, permit: &Permit, what: String) -> anyhow::Result<()> {
    let (by, now) = (permit.by(), site.now());
    site.on_tree(move |tree| tree.note(&tree.lock()?, by, &what, now)).await.context(UNNOTED)
}

/// The same for what is done without the site being opened.
fn note_without_site(config: &Config, permit: &Permit, what: &str) -> anyhow::Result<()> {
    let tree = site::open_tree(config).context(UNNOTED)?;
    tree.lock().and_then(|lock| tree.note(&lock, permit.by(), what, Utc::now())).context(UNNOTED)
}

const UNNOTED: &str = "it was done, and could not be written into the log";
