//! `nsrw ea …`: early adopters, their teams, and what they say of releases.

mod consolidate;
mod load;

use egi_model::early_adopter::{Team, TeamName};
use egi_model::participation::{ParticipationRecord, TeamWord, Word};
use egi_model::ticket::TicketId;
use egi_workflow::message::rollout as message;
use egi_workflow::participation::Judged;
use egi_workflow::roster;
use serde::Serialize;

use crate::cli::early_adopters::{EaCommand, PartArgs};
use crate::exit::Exit;
use crate::output;
use crate::site::Site;
use crate::worker;

pub(super) async fn run(site: &Site, command: EaCommand) -> anyhow::Result<Exit> {
    match command {
        EaCommand::List(args) => list(site, args.json).await,
        EaCommand::Show { what, json } => show(site, &what, json).await,
        EaCommand::Load(args) => load::run(site, &args).await,
        EaCommand::Coverage(args) => coverage(site, args.json).await,
        EaCommand::Accept(part) => say(site, &part, Word::Accept).await,
        EaCommand::Decline(part) => say(site, &part, Word::Decline).await,
        EaCommand::Report { part, outcome, report, note } => {
            say(site, &part, Word::Report { outcome, report, note }).await
        }
        EaCommand::Answer { part, text } => say(site, &part, Word::Answer { text }).await,
        EaCommand::Consolidate(args) => consolidate::run(site, &args).await,
    }
}

async fn list(site: &Site, json: bool) -> anyhow::Result<Exit> {
    let teams = site.store.load_teams().await?;
    if json {
        output::json(&teams)?;
        return Ok(Exit::Done);
    }
    for team in &teams {
        let state = if team.active { "active" } else { "paused" };
        let (products, platforms) = (team.products.join(", "), team.platforms.join(", "));
        output::line(format!("{:<20} {state}  {:<14} {products} on {platforms}", team.name.as_str(), team.ngi));
    }
    if teams.is_empty() {
        output::line("no teams are known; `nsrw ea load` takes a list of them");
    }
    Ok(Exit::Done)
}

/// A team, with the releases it has a part in.
#[derive(Debug, Serialize)]
struct ShownTeam {
    team: Team,
    parts: Vec<ParticipationRecord>,
}

async fn show(site: &Site, what: &str, json: bool) -> anyhow::Result<Exit> {
    if let Ok(ticket) = what.parse::<TicketId>() {
        return show_release(site, ticket, json).await;
    }
    let name: TeamName = what.parse().map_err(|e| anyhow::anyhow!("\"{what}\" is no team: {e}"))?;
    let teams = site.store.load_teams().await?;
    let Some(team) = teams.iter().find(|team| team.name.is_same(&name)).cloned() else {
        let known: Vec<&str> = teams.iter().map(|team| team.name.as_str()).collect();
        anyhow::bail!("there is no team {name}; known are {}", known.join(", "));
    };
    let parts = site.store.load_parts(None).await?.into_iter().map(|part| part.record);
    let parts = parts.filter(|part| part.team.is_same(&name)).collect();
    let shown = ShownTeam { team, parts };
    if json {
        output::json(&shown)?;
        return Ok(Exit::Done);
    }
    let team = &shown.team;
    output::line(format!(
        "{} runs {} ({}), {}",
        team.name,
        team.site,
        team.ngi,
        if team.active { "active" } else { "paused" }
    ));
    output::line(format!("  volunteers for {} on {}", team.products.join(", "), team.platforms.join(", ")));
    output::line(format!("  contact {}; members {}", team.contact, team.members.join(", ")));
    for part in &shown.parts {
        output::line(format!("  ticket {}: {}", part.release, tell(part)));
    }
    Ok(Exit::Done)
}

async fn show_release(site: &Site, ticket: TicketId, json: bool) -> anyhow::Result<Exit> {
    let parts: Vec<_> = site.store.load_parts(Some(ticket)).await?.into_iter().map(|part| part.record).collect();
    if json {
        output::json(&parts)?;
        return Ok(Exit::Done);
    }
    for part in &parts {
        let child = part.child.map_or_else(String::new, |child| format!(" (ticket {child})"));
        output::line(format!("{} ({}){child}: {}", part.team, part.ngi, tell(part)));
    }
    if parts.is_empty() {
        output::line(format!("no team has a part in the staged rollout of ticket {ticket}"));
    }
    Ok(Exit::Done)
}

fn tell(part: &ParticipationRecord) -> String {
    let Some(outcome) = part.outcome else { return part.participation.to_string() };
    let more = [("", &part.report), ("", &part.note), ("answered: ", &part.answer)];
    let more: String = more.iter().filter_map(|(what, text)| Some(format!("; {what}{}", text.as_ref()?))).collect();
    format!("{outcome}{more}")
}

async fn coverage(site: &Site, json: bool) -> anyhow::Result<Exit> {
    let covered = roster::coverage(&site.store.load_teams().await?, &site.store.load_releases().await?);
    let open = covered.iter().any(|one| one.teams.is_empty());
    if json {
        output::json(&covered)?;
    } else {
        for one in &covered {
            let teams = if one.teams.is_empty() { "no active team".to_owned() } else { one.teams.join(", ") };
            let paused =
                if one.paused.is_empty() { String::new() } else { format!("; paused: {}", one.paused.join(", ")) };
            output::line(format!(
                "ticket {} {} for {} in {}: {teams}{paused}",
                one.ticket, one.release, one.target, one.state
            ));
        }
        if covered.is_empty() {
            output::line("no release is on its way to staged rollout");
        }
    }
    Ok(if open { Exit::Found } else { Exit::Done })
}

/// Queues a word, unless it is known not to count: then whoever says it hears why.
async fn say(site: &Site, part: &PartArgs, word: Word) -> anyhow::Result<Exit> {
    let by = super::actor(site, &part.who).name;
    let (release, team) = (part.ticket, part.team.clone());
    let word = TeamWord { release, team, word, by, vouched: false, at: site.now() };
    Ok(match worker::judge_word(site, &word).await?.1 {
        Err(fault) => {
            output::line(format!("refused: {}", message::explain(&fault)));
            Exit::Found
        }
        Ok(Judged::Unchanged) => {
            output::line("it was so already");
            Exit::Done
        }
        Ok(Judged::Now(part)) => {
            worker::deliver_word(site, word).await?;
            output::line(message::part(&part));
            Exit::Done
        }
    })
}
