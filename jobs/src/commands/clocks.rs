//! `nsrw clocks`: reminds of what is due, once each, and marks what is delayed.

use chrono::{DateTime, Utc};
use egi_model::field::Field;
use egi_model::role::Group;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use egi_tickets::{TicketError, Written};
use egi_workflow::clock::{Agreed, Clock, clocks};
use egi_workflow::message::clock as message;
use egi_workflow::message::letter::Text;
use egi_workflow::{ReleaseFacts, ReleaseRecord};
use serde::Serialize;

use crate::cli::clocks::ClocksArgs;
use crate::exit::Exit;
use crate::site::Site;
use crate::{outbox, output};

/// A clock of a release, as it is listed.
#[derive(Debug, Serialize)]
struct Reminder {
    ticket: TicketId,
    release: String,
    state: RolloutState,
    since: DateTime<Utc>,
    due: DateTime<Utc>,
    /// Whether it is over.
    over: bool,
    /// Who can do something about it.
    groups: Vec<Group>,
    what: String,
    /// Whether this run said so on the ticket.
    said: bool,
}

pub(super) async fn run(site: &Site, args: &ClocksArgs) -> anyhow::Result<Exit> {
    let mut listed = Vec::new();
    let mut troubled = false;
    for (record, clocks) in all(site).await? {
        let over: Vec<&Clock> = clocks.iter().filter(|clock| clock.due <= site.now()).collect();
        for clock in &clocks {
            let is_over = clock.due <= site.now();
            let said = is_over && !args.due && tolerate(remind(site, &record, clock).await, &mut troubled)?;
            listed.push(line(&record, clock, is_over, said));
        }
        if !args.due {
            let delayed = over.iter().any(|clock| clock.delays());
            tolerate(mark(site, &record, delayed).await, &mut troubled)?;
        }
    }
    listed.sort_by_key(|due| due.due);
    if args.json {
        output::json(&listed)?;
    } else {
        print(&listed, args.due);
    }
    Ok(if troubled { Exit::TryAgain } else { Exit::Done })
}

/// The clocks of every release on its way.
async fn all(site: &Site) -> anyhow::Result<Vec<(ReleaseRecord, Vec<Clock>)>> {
    let (config, policy, calendar) = (&site.config.clocks, site.policy().await?, site.config.clocks.calendar()?);
    let agreed = Agreed {
        calendar: &calendar,
        limits: &config.limits,
        provider_reminder: config.provider_reminder,
        provider_news: config.provider_news,
        matrix: &policy.notify,
    };
    let mut all = Vec::new();
    for record in site.store.load_releases().await?.into_iter().filter(|record| !record.state.is_terminal()) {
        let history = site.store.load_history(Some(record.ticket)).await?;
        let clocks = clocks(agreed, &record, &history, site.now());
        all.push((record, clocks));
    }
    Ok(all)
}

/// Trouble with one ticket keeps nobody from being reminded of another.
fn tolerate(done: anyhow::Result<bool>, troubled: &mut bool) -> anyhow::Result<bool> {
    match done {
        Ok(done) => Ok(done),
        Err(error) if error.downcast_ref::<TicketError>().is_some() => {
            tracing::warn!("{error:#}");
            *troubled = true;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Says on the ticket, and to those concerned, that something is due. `true` when it was not said before.
async fn remind(site: &Site, record: &ReleaseRecord, clock: &Clock) -> anyhow::Result<bool> {
    let (ticket, text) = (record.ticket, message::due(clock));
    let written = site.tickets.ensure_comment(ticket, &format!("nsrw clock {}", clock.key()), &text).await?;
    let title = title(record);
    for group in &clock.groups {
        let letter = Text { subject: message::subject(ticket.get(), &title, clock), body: text.clone() };
        outbox::write(site, &format!("clock ticket {ticket} {}", clock.key()), *group, letter).await?;
    }
    Ok(written == Written::Changed)
}

/// Marks a delayed release, and takes the mark from one that is not any more.
async fn mark(site: &Site, record: &ReleaseRecord, delayed: bool) -> anyhow::Result<bool> {
    let value = if delayed { "Yes" } else { "" };
    Ok(site.tickets.ensure_field(record.ticket, Field::Delayed, value, None).await? == Written::Changed)
}

fn title(record: &ReleaseRecord) -> String {
    record.facts.as_ref().map_or_else(|| format!("ticket {}", record.ticket), ReleaseFacts::title)
}

fn line(record: &ReleaseRecord, clock: &Clock, over: bool, said: bool) -> Reminder {
    Reminder {
        ticket: record.ticket,
        release: title(record),
        state: clock.state,
        since: clock.since,
        due: clock.due,
        over,
        groups: clock.groups.clone(),
        what: message::due(clock),
        said,
    }
}

fn print(listed: &[Reminder], all: bool) {
    let shown: Vec<&Reminder> = listed.iter().filter(|due| all || due.said).collect();
    for due in &shown {
        let day = due.due.format("%Y-%m-%d");
        let groups: Vec<&str> = due.groups.iter().map(|group| group.as_str()).collect();
        let verdict = if due.over { "was due" } else { "is due" };
        let (ticket, release, groups) = (due.ticket, &due.release, groups.join(", "));
        output::line(format!("{day}  ticket {ticket} {release} in {}: {verdict} ({groups})", due.state));
    }
    if shown.is_empty() {
        output::line(if all { "no clock runs" } else { "nobody has to be reminded of anything" });
    }
}
