//! `nsrw rt import-history`: the past of an existing Request Tracker taken into the log, so that every number works on the
//! years before.

mod sort;
mod summary;

use egi_model::ticket::TicketId;
use egi_tickets::rt::{PastSource, RtDatabase, RtPast, RtSystem};
use egi_workflow::past::PastChange;

use self::sort::sort;
use self::summary::Summary;
use crate::cli::rt::ImportHistoryArgs;
use crate::config::{RtApi, TicketSystemKind};
use crate::exit::Exit;
use crate::output;
use crate::permission::{Act, permit};
use crate::site::{Site, rt_options};

/// How far before the last change that was looked at a later run begins: RT's database numbers transactions when they begin
/// and shows them when they end, so that a smaller number may appear after a larger one.
const MARGIN: u64 = 1000;

pub(super) async fn run(site: &Site, args: &ImportHistoryArgs) -> anyhow::Result<Exit> {
    let config = &site.config;
    let permit = permit(config, Act::RtImportHistory, &args.hand)?;
    anyhow::ensure!(
        config.tickets.system == TicketSystemKind::Rt,
        "the tickets of this site are in the embedded desk, whose numbers mean other tickets than those of Request Tracker; \
         set tickets.system to \"rt\" in a site that has no tickets yet"
    );
    let mut source: Box<dyn PastSource> = match &args.database {
        Some(url) => Box::new(RtDatabase::new(url, &config.rt.queue)?),
        None => {
            anyhow::ensure!(
                config.rt.api == RtApi::Rest2,
                "REST 1.0 does not tell the changes of a queue; read the database of Request Tracker with --database"
            );
            Box::new(RtPast::new(RtSystem::new(rt_options(config)?)?))
        }
    };
    let summary = import(site, source.as_mut(), args.again).await?;
    let what = format!("the past of Request Tracker imported: {} changes read", summary.read);
    super::note(site, &permit, what).await?;
    if args.json {
        output::json(&summary)?;
    } else {
        output::raw(summary.render().as_bytes());
    }
    Ok(if summary.has_faults() { Exit::Found } else { Exit::Done })
}

async fn import(site: &Site, source: &mut dyn PastSource, again: bool) -> anyhow::Result<Summary> {
    // Both ways into an RT tell of the same transactions, so one may go on where the other stopped.
    let name = format!("rt/{}", site.config.rt.queue);
    let cursor = if again { 0 } else { site.store.load_import_cursor(&name).await? };
    let total = source.begin(cursor.saturating_sub(MARGIN)).await?;
    let mut summary = Summary::default();
    site.progress.begin("changes of releases read from Request Tracker", total);
    while let Some(events) = source.next().await? {
        let Some(last) = events.last().map(|event| event.transaction) else { continue };
        let read = events.len() as u64;
        let mut changes: Vec<PastChange> = Vec::with_capacity(events.len());
        for event in events {
            let (ticket, transaction): (TicketId, u64) = (event.ticket, event.transaction);
            match sort(event) {
                Ok(change) => changes.push(change),
                Err(skipped) => summary.skip(ticket, transaction, skipped),
            }
        }
        summary.take(site.store.import_past(&name, &changes, cursor.max(last), site.now()).await?);
        summary.read += read;
        site.progress.advance(read);
    }
    site.progress.end();
    Ok(summary)
}
