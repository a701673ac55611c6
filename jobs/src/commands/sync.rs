//! `nsrw sync`: catches up with the ticket system, and brings database and repository tree into line with it. Without `--apply` it
//! only says what differs. Whether all else of the site is well, `nsrw doctor` tells.

pub(super) mod catch_up;

use egi_model::ticket::TicketId;
use serde::Serialize;

use crate::cli::SyncArgs;
use crate::compare::{self, Difference};
use crate::exit::Exit;
use crate::output;
use crate::permission::{Act, permit};
use crate::site::Site;

/// One difference, with what `--apply` does about it.
#[derive(Debug, Serialize)]
struct Shown<'d> {
    ticket: Option<TicketId>,
    what: &'d str,
    /// What was or would be done; `None` when a person has to.
    mended_by: Option<&'static str>,
}

impl<'d> Shown<'d> {
    const fn of(difference: &'d Difference) -> Self {
        Self { ticket: difference.ticket, what: difference.what.as_str(), mended_by: difference.mend.describe() }
    }
}

pub(super) async fn run(site: &Site, args: &SyncArgs) -> anyhow::Result<Exit> {
    let permit = args.apply.then(|| permit(&site.config, Act::SyncApply, &args.hand)).transpose()?;
    let differences = compare::all(site).await?;
    let shown: Vec<Shown<'_>> = differences.iter().map(Shown::of).collect();
    if let Some(permit) = permit {
        compare::mend(site, &differences).await?;
        let mended = shown.iter().filter(|difference| difference.mended_by.is_some()).count();
        if mended > 0 {
            super::note(site, &permit, format!("sync: {mended} of {} differences mended", shown.len())).await?;
        }
        catch_up::look_at_teams(site).await?;
    }
    if args.json {
        output::json(&shown)?;
    } else {
        print(&shown, args.apply);
    }
    let open = shown.iter().any(|difference| !args.apply || difference.mended_by.is_none());
    Ok(if open { Exit::Found } else { Exit::Done })
}

fn print(differences: &[Shown<'_>], apply: bool) {
    for difference in differences {
        let ticket = difference.ticket.map_or_else(String::new, |t| format!("ticket {t}: "));
        let mend = match (&difference.mended_by, apply) {
            (Some(done), true) => format!(" -> {done}"),
            (Some(done), false) => format!(" -> with --apply: {done}"),
            (None, _) => " -> needs a person".to_owned(),
        };
        output::line(format!("{ticket}{}{mend}", difference.what));
    }
    if differences.is_empty() {
        output::line("tickets, database and repository tree agree");
    }
}
