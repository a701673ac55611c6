//! `nsrw history`: what happened, and whether the log is whole.

use egi_metrics::{FactColumns, write_stays};
use egi_model::history::HistoryRecord;
use egi_model::month::Month;

use crate::cli::report::{HistoryArgs, HistoryCommand};
use crate::exit::Exit;
use crate::numbers::load;
use crate::output;
use crate::site::Site;

pub(super) async fn run(site: &Site, args: &HistoryArgs) -> anyhow::Result<Exit> {
    if let Some(HistoryCommand::Verify(verify)) = &args.command {
        return check(site, verify.json).await;
    }
    if args.csv {
        return stays(site, args).await;
    }
    let records = site.store.load_history(args.ticket).await?;
    if args.json {
        output::json(&records)?;
        return Ok(Exit::Done);
    }
    for record in &records {
        print(record);
    }
    Ok(Exit::Done)
}

fn print(record: &HistoryRecord) {
    let entry = &record.entry;
    let at = entry.at.format("%Y-%m-%d %H:%M:%S");
    let moved = if entry.from == entry.to && entry.asked == entry.to {
        format!("stands in {}", entry.to)
    } else if entry.asked == entry.to {
        format!("{} -> {}", entry.from, entry.to)
    } else {
        format!("{} -> {} (asked: {})", entry.from, entry.to, entry.asked)
    };
    let by = entry.by.as_deref().unwrap_or("-");
    output::line(format!("{at}  ticket {:<4} {:<9} {moved}  by {by}", entry.ticket, entry.outcome));
    for reason in entry.reasons.iter().flat_map(|r| r.lines()) {
        output::line(format!("                       {reason}"));
    }
}

/// The specification's request: the time in each rollout state, as CSV.
async fn stays(site: &Site, args: &HistoryArgs) -> anyhow::Result<Exit> {
    let loaded = load(&site.store, args.ticket, site.now()).await?;
    if let (Some(ticket), true) = (args.ticket, loaded.facts.is_empty()) {
        anyhow::bail!("nothing is on record of ticket {ticket}");
    }
    // A month's end is not part of it.
    let end = args.to.map(|month| month.end() - chrono::TimeDelta::microseconds(1));
    let until = end.unwrap_or(site.now()).min(site.now());
    let columns = FactColumns::of(&loaded.facts);
    let mut csv = Vec::new();
    write_stays(&columns, until, args.from.map(Month::start), &mut csv)?;
    output::raw(&csv);
    Ok(Exit::Done)
}

async fn check(site: &Site, json: bool) -> anyhow::Result<Exit> {
    let check = site.store.verify_history().await?;
    if json {
        let faults: Vec<String> = check.faults.iter().map(ToString::to_string).collect();
        output::json(&serde_json::json!({ "records": check.records, "head": check.head, "faults": faults }))?;
    } else {
        output::line(format!("{} records, the last has the digest {}", check.records, check.head));
        for fault in &check.faults {
            output::line(fault.to_string());
        }
        if check.faults.is_empty() {
            output::line("no record was altered, removed or put in another place");
        }
    }
    Ok(if check.faults.is_empty() { Exit::Done } else { Exit::Found })
}
