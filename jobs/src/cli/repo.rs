//! The command line of `nsrw repo`.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, Subcommand};
use egi_model::area::{Area, RepoKey};
use egi_model::ticket::TicketId;
use egi_repo::tree::Point;

use super::{Hand, JsonArg, Who};

/// `nsrw repo …`
#[derive(Debug, Subcommand)]
pub enum RepoCommand {
    /// List the repositories
    List(JsonArg),
    /// Show the generations of a repository
    Show {
        /// The repository, such as `production/umd/4/sl6/x86_64/updates`
        #[arg(value_parser = parse_repo)]
        repo: RepoKey,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what tells one generation of a repository from another
    Diff {
        /// The repository
        #[arg(value_parser = parse_repo)]
        repo: RepoKey,
        /// The first: a generation, a date or ticket:NUMBER, the generation before that ticket's release
        first: To,
        /// The second
        second: To,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a repository again what it was
    Rollback(RollbackArgs),
    /// Publish repositories anew as they are: those whose indexes expire soon, or all, after a change of keys or settings
    Refresh(RefreshArgs),
    /// Read every file again and tell what is not what it was
    Verify(ByArgs),
    /// Remove what nobody can want any more
    Gc(GcArgs),
    /// Judge whether everything can be installed: before a release's next area, or in repositories as they stand
    Check(CheckArgs),
    /// Let findings of the gate not count for a release, for a while
    Waive(WaiveArgs),
    /// List the waivers that were given
    Waivers {
        /// Only those of this ticket
        ticket: Option<TicketId>,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what people did by hand: to repositories, and to whatever else this program keeps
    Log(JsonArg),
}

/// `nsrw repo check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Tickets, areas (stagerollout, production) or repositories; staged rollout and production if none is named
    #[arg(value_name = "TICKET|AREA|REPO")]
    pub what: Vec<Checked>,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// What is judged.
#[derive(Debug, Clone)]
pub enum Checked {
    /// A release, before the area it would enter next.
    Ticket(TicketId),
    /// The repositories of an area.
    Area(Area),
    /// One repository, with those that belong to it.
    Repo(RepoKey),
}

impl FromStr for Checked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(ticket) = text.parse() {
            return Ok(Self::Ticket(ticket));
        }
        match Area::ALL.into_iter().find(|area| area.as_str() == text) {
            Some(area) => Ok(Self::Area(area)),
            None => parse_repo(text).map(Self::Repo),
        }
    }
}

/// `nsrw repo waive`
#[derive(Debug, Args)]
pub struct WaiveArgs {
    /// The ticket
    pub ticket: TicketId,
    /// A finding, as `nsrw repo check` names it; all that are found now, if none is named
    #[arg(long, value_name = "FINDING")]
    pub finding: Vec<String>,
    /// Why it shall not count
    #[arg(long)]
    pub reason: String,
    /// The last day it shall not count, such as 2026-12-31
    #[arg(long, value_name = "DATE")]
    pub until: NaiveDate,
    /// Who answers for it.
    #[command(flatten)]
    pub who: Who,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `nsrw repo rollback`
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The repository; with a ticket it may be left out: all that have its release
    #[arg(value_parser = parse_repo)]
    pub repo: Option<RepoKey>,
    /// Where to: a generation (12), a date (2026-11-02, which is its beginning, or 2026-11-02T10:00:00Z), or
    /// ticket:NUMBER, the generation before that ticket's release came in
    #[arg(long, value_name = "DATE|GENERATION|TICKET")]
    pub to: To,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Who does it.
    #[command(flatten)]
    pub hand: Hand,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// Who does it, and how it is answered.
#[derive(Debug, Args)]
pub struct ByArgs {
    /// Who does it.
    #[command(flatten)]
    pub hand: Hand,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `nsrw repo refresh`
#[derive(Debug, Args)]
pub struct RefreshArgs {
    /// All that are live, not only those that expire soon
    #[arg(long)]
    pub all: bool,
    /// Only say which
    #[arg(long)]
    pub dry_run: bool,
    /// Who does it, and why.
    #[command(flatten)]
    pub hand: Hand,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// `nsrw repo gc`
#[derive(Debug, Args)]
pub struct GcArgs {
    /// For how many days generations that are gone can still be brought back
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    pub keep: u32,
    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,
    /// Who does it.
    #[command(flatten)]
    pub hand: Hand,
    /// Answer in JSON
    #[arg(long)]
    pub json: bool,
}

/// A generation, as it is named on the command line.
#[derive(Debug, Clone, Copy)]
pub struct To(pub Point);

impl FromStr for To {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(ticket) = text.strip_prefix("ticket:") {
            let ticket = ticket.parse::<TicketId>().map_err(|error| error.to_string())?;
            return Ok(Self(Point::Before(ticket)));
        }
        if let Ok(number) = text.trim_start_matches('@').parse() {
            return Ok(Self(Point::Generation(number)));
        }
        if let Ok(day) = text.parse::<NaiveDate>() {
            return Ok(Self(Point::Date(day.and_time(NaiveTime::MIN).and_utc())));
        }
        let date = DateTime::parse_from_rfc3339(text)
            .map_err(|_| "it is no generation (12), no date (2026-11-02) and no ticket (ticket:7)".to_owned())?;
        Ok(Self(Point::Date(date.with_timezone(&Utc))))
    }
}

fn parse_repo(text: &str) -> Result<RepoKey, String> {
    let areas = Area::ALL.map(Area::as_str).join(", ");
    let unknown = || format!("it does not begin with an area ({areas}); see `nsrw repo list`");
    let (area, path) = text.trim_matches('/').split_once('/').ok_or_else(unknown)?;
    let area = Area::ALL.into_iter().find(|known| known.as_str() == area).ok_or_else(unknown)?;
    Ok(RepoKey { area, path: path.parse().map_err(|error: egi_model::name::NameError| error.to_string())? })
}
