//! `nsrw ticket …`: the embedded desk, as people use it, and the tickets of any ticket system, as they stand.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use anyhow::Context as _;
use egi_model::field::Field;
use egi_model::release_xml;
use egi_model::role::Role;
use egi_model::ticket::{ChangeKind, Ticket, TicketChange, TicketId, TicketStatus};
use egi_tickets::desk::{Edit, NewTicket};
use egi_tickets::{Query, TicketError, render_ticket};
use serde::Serialize;

use crate::cli::ticket::{NewTicketArgs, SetTicketArgs, TicketCommand};
use crate::exit::Exit;
use crate::output;
use crate::permission::{Act, permit};
use crate::site::Site;
use crate::worker::{self, notice_of};

pub(super) async fn run(site: &Site, command: TicketCommand) -> anyhow::Result<Exit> {
    match command {
        TicketCommand::New(args) => refusals(new(site, &args).await),
        TicketCommand::Set(args) => set(site, &args).await,
        TicketCommand::Show { ticket, json } => show(site, ticket, json).await,
        TicketCommand::List { state, json } => list(site, state, json).await,
        TicketCommand::Comment { ticket, text, who } => {
            let by = super::actor(site, &who);
            permit(&site.config, Act::TicketComment, &who.into())?;
            refusals(site.desk()?.comment(ticket, &text, &by, site.now()).map_err(Into::into).map(drop))
        }
    }
}

/// A refusal is an answer, told on standard output with its own exit code.
fn refusals(result: anyhow::Result<()>) -> anyhow::Result<Exit> {
    match result {
        Ok(()) => Ok(Exit::Done),
        Err(error) => match error.downcast_ref::<TicketError>() {
            Some(refused @ (TicketError::Refused { .. } | TicketError::Forbidden { .. })) => {
                output::line(format!("refused: {refused}"));
                Ok(Exit::Found)
            }
            _ => Err(error),
        },
    }
}

async fn new(site: &Site, args: &NewTicketArgs) -> anyhow::Result<()> {
    let (desk, by) = (site.desk()?, super::actor(site, &args.who));
    let beside = || args.release.with_file_name("checksums.xml");
    let checksums = args.checksums.clone().unwrap_or_else(beside);
    let (release, sums) = (read(&args.release)?, read(&checksums)?);
    let faulty = release_xml::parse(&release).is_err();
    let subject = args.subject.clone().unwrap_or_else(|| title(&release, &args.release));
    let files = vec![(Field::ReleaseMetadata, release), (Field::Checksums, sums)];
    let requestors = if by.roles.contains(&Role::Provider) { vec![by.name.clone()] } else { Vec::new() };
    let new = NewTicket { subject, requestors, by, fields: args.fields.clone(), files };
    let ticket = desk.create(new, site.now())?;
    site.store.register(ticket.id, ticket.created, ticket.requestors.first().cloned()).await?;
    if args.json {
        return output::json(&ticket);
    }
    output::line(format!("ticket {} was opened: {}", ticket.id, ticket.subject));
    if faulty {
        let path = args.release.display();
        output::line(format!(
            "its release.xml will be refused as it is: `nsrw release lint {path}` tells what to mend"
        ));
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("failed to read {}", path.display()))
}

/// Product and version where they can be read; what is wrong with the file is told at intake, on the ticket.
fn title(release: &[u8], path: &Path) -> String {
    let folder = || path.parent().and_then(Path::file_name).map(|name| format!(" of {}", name.to_string_lossy()));
    match release_xml::parse(release) {
        Ok(parsed) => format!("{}-{}", parsed.release.short_name.to_lowercase(), parsed.release.version),
        Err(_) => format!("faulty release.xml{}", folder().unwrap_or_default()),
    }
}

async fn set(site: &Site, args: &SetTicketArgs) -> anyhow::Result<Exit> {
    let edits = args.changes.iter().map(|text| parse_edit(text)).collect::<anyhow::Result<Vec<Edit>>>()?;
    let (desk, by) = (site.desk()?, super::actor(site, &args.who));
    match desk.set(args.ticket, &edits, &by, site.now()) {
        Ok(changes) => {
            tell(&changes);
            announce(site, &changes).await?;
            Ok(Exit::Done)
        }
        Err(error) => refusals(Err(error.into())),
    }
}

/// Puts the notice of a changed state into the inbox, as RT posts it. Should this be cut off, `sync` finds the change.
async fn announce(site: &Site, changes: &[TicketChange]) -> anyhow::Result<()> {
    for notice in changes.iter().filter_map(notice_of) {
        worker::deliver(site, notice)
            .await
            .context("the ticket is changed, but the change could not be queued; `nsrw sync --apply` will")?;
    }
    Ok(())
}

fn tell(changes: &[TicketChange]) {
    for change in changes {
        let shown = |value: &Option<String>, none: &str| value.clone().unwrap_or_else(|| none.to_owned());
        let told = match &change.what {
            ChangeKind::Field { field, old, new } => {
                format!("{field} {} -> {}", shown(old, "empty"), shown(new, "empty"))
            }
            ChangeKind::Status { old, new } => format!("Status {old} -> {new}"),
            ChangeKind::Owner { old, new } => format!("Owner {} -> {}", shown(old, "nobody"), shown(new, "nobody")),
            ChangeKind::Created
            | ChangeKind::Comment { .. }
            | ChangeKind::Watchers { .. }
            | ChangeKind::EarlyAdopters { .. }
            | ChangeKind::Notified { .. } => continue,
        };
        output::line(format!("ticket {}: {told}", change.ticket));
    }
    if changes.is_empty() {
        output::line("it was so already");
    }
}

fn parse_edit(text: &str) -> anyhow::Result<Edit> {
    let (name, value) = text.split_once('=').with_context(|| format!("\"{text}\" is not NAME=VALUE"))?;
    if name.eq_ignore_ascii_case("status") {
        return Ok(Edit::Status(TicketStatus::from_str(value)?));
    }
    if name.eq_ignore_ascii_case("owner") {
        return Ok(Edit::Owner(Some(value.trim().to_owned()).filter(|v| !v.is_empty())));
    }
    let field: Field = name.parse()?;
    if !field.is_file() {
        return Ok(Edit::Field(field, value.to_owned()));
    }
    let path = value.strip_prefix('@').with_context(|| format!("{field} holds a file: write {field}=@FILE"))?;
    Ok(Edit::File(field, read(&PathBuf::from(path))?))
}

/// A ticket with all that ever happened to it.
#[derive(Serialize)]
struct Shown {
    ticket: Ticket,
    history: Vec<TicketChange>,
}

async fn show(site: &Site, ticket: TicketId, json: bool) -> anyhow::Result<Exit> {
    let (history, ticket) = (site.tickets.fetch_history(ticket).await?, site.tickets.fetch_ticket(ticket).await?);
    if json {
        output::json(&Shown { ticket, history })?;
    } else {
        output::raw(render_ticket(&ticket, &history).as_bytes());
    }
    Ok(Exit::Done)
}

async fn list(site: &Site, states: Vec<egi_model::rollout::RolloutState>, json: bool) -> anyhow::Result<Exit> {
    let progress = Some(states).filter(|states| !states.is_empty());
    let found = site.tickets.search(&Query { progress, ..Query::default() }).await?;
    if json {
        output::json(&found.items)?;
    } else {
        for ticket in &found.items {
            let state = ticket.value(Field::RolloutProgress).unwrap_or("Submitted");
            output::line(format!("{:>5}  {state:<18} {:<8} {}", ticket.id, ticket.status, ticket.subject));
        }
    }
    for trouble in &found.unreadable {
        tracing::error!("a ticket can not be read: {}", crate::error_chain(trouble));
    }
    Ok(if found.unreadable.is_empty() { Exit::Done } else { Exit::Found })
}
