//! `nsrw ea load`: the list of teams from a file, or from the groups of Request Tracker.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use egi_model::early_adopter::Team;
use egi_tickets::rt::{RtGroup, RtSystem};
use egi_workflow::roster;
use serde::Deserialize;

use crate::cli::early_adopters::LoadArgs;
use crate::config::{RtApi, TicketSystemKind};
use crate::exit::Exit;
use crate::output;
use crate::permission::{Act, permit};
use crate::site::{Site, rt_options};

/// What the names of the teams' groups in Request Tracker begin with.
const GROUPS: &str = "early-adopters-";
/// What separates several values in one column or entry.
const BETWEEN: [char; 3] = [' ', ',', '|'];

pub(super) async fn run(site: &Site, args: &LoadArgs) -> anyhow::Result<Exit> {
    let permit = (!args.dry_run).then(|| permit(&site.config, Act::EaLoad, &args.hand)).transpose()?;
    let teams = match &args.file {
        Some(file) => read_file(file)?,
        None => read_groups(site).await?,
    };
    let faults = roster::check(&teams, &site.config.early_adopters.products);
    if !faults.is_empty() {
        for fault in &faults {
            output::line(format!("refused: {fault}"));
        }
        output::line("nothing was changed");
        return Ok(Exit::Found);
    }
    let before = site.store.load_teams().await?;
    tell(&before, &teams);
    note_unheard_of(site, &teams).await?;
    if let Some(permit) = permit.filter(|_| before != teams) {
        site.store.save_teams(&teams).await?;
        let from = args.file.as_ref().map_or_else(|| "Request Tracker".to_owned(), |file| file.display().to_string());
        crate::commands::note(site, &permit, format!("{} teams loaded from {from}", teams.len())).await?;
    }
    Ok(Exit::Done)
}

/// A team is known by its name.
fn tell(before: &[Team], now: &[Team]) {
    let find = |teams: &[Team], team: &Team| teams.iter().find(|one| one.name.is_same(&team.name)).cloned();
    for team in now {
        match find(before, team) {
            None => output::line(format!("+ {}", team.name)),
            Some(known) if known != *team => output::line(format!("~ {}", team.name)),
            Some(_) => {}
        }
    }
    for team in before.iter().filter(|team| find(now, team).is_none()) {
        output::line(format!("- {}", team.name));
    }
    let active = now.iter().filter(|team| team.active).count();
    output::line(format!("{} teams, {active} of them active", now.len()));
}

/// Where the settings name no products, those that were ever delivered are what a name can be held against: it may also be one
/// that is still to come.
async fn note_unheard_of(site: &Site, teams: &[Team]) -> anyhow::Result<()> {
    let known = roster::delivered_products(&site.store.load_releases().await?);
    if !site.config.early_adopters.products.is_empty() || known.is_empty() {
        return Ok(());
    }
    for team in teams {
        let unheard = |product: &&String| product.as_str() != "any" && !known.contains(&product.to_lowercase());
        for product in team.products.iter().filter(unheard) {
            tracing::warn!("the team {} volunteers for \"{product}\", of which nothing was delivered yet", team.name);
        }
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamsFile {
    #[serde(default)]
    team: Vec<Team>,
}

fn read_file(file: &Path) -> anyhow::Result<Vec<Team>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?;
    let csv = file.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("csv"));
    let teams = if csv { parse_csv(&text) } else { parse_toml(&text) };
    teams.with_context(|| format!("{} can not be used", file.display()))
}

fn parse_toml(text: &str) -> anyhow::Result<Vec<Team>> {
    Ok(toml::from_str::<TeamsFile>(text)?.team)
}

/// A team a line; products, platforms and members are separated by blanks, commas or bars.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamRow {
    name: String,
    site: String,
    ngi: String,
    products: String,
    platforms: String,
    contact: String,
    #[serde(default)]
    members: String,
    #[serde(default)]
    active: String,
}

fn parse_csv(text: &str) -> anyhow::Result<Vec<Team>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut teams = Vec::new();
    for (line, row) in (2..).zip(reader.deserialize::<TeamRow>()) {
        let row = row?;
        teams.push(team_of(row).with_context(|| format!("line {line}"))?);
    }
    Ok(teams)
}

fn team_of(row: TeamRow) -> anyhow::Result<Team> {
    Ok(Team {
        name: row.name.parse().with_context(|| format!("the name \"{}\"", row.name))?,
        site: row.site,
        ngi: row.ngi,
        products: several(&row.products),
        platforms: several(&row.platforms),
        contact: row.contact,
        members: several(&row.members),
        active: is_active(&row.active)?,
    })
}

fn several(text: &str) -> Vec<String> {
    text.split(BETWEEN).filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

fn is_active(text: &str) -> anyhow::Result<bool> {
    match text.to_ascii_lowercase().as_str() {
        "" | "active" | "yes" | "true" => Ok(true),
        "paused" | "no" | "false" => Ok(false),
        _ => anyhow::bail!("active is \"{text}\"; write active or paused"),
    }
}

async fn read_groups(site: &Site) -> anyhow::Result<Vec<Team>> {
    let config = &site.config;
    let rt = config.tickets.system == TicketSystemKind::Rt && config.rt.api == RtApi::Rest2;
    anyhow::ensure!(
        rt,
        "the groups are read from a Request Tracker over REST 2.0, which is not this site's ticket system"
    );
    let groups = RtSystem::new(rt_options(config)?)?.fetch_groups(GROUPS).await?;
    groups.into_iter().map(team_of_group).collect()
}

/// `early-adopters-NAME`, described as `site=…; ngi=…; products=…; platforms=…; contact=…`.
fn team_of_group(group: RtGroup) -> anyhow::Result<Team> {
    let entries = group.description.split(';').filter_map(|entry| entry.split_once('='));
    let entries: BTreeMap<String, &str> = entries.map(|(k, v)| (k.trim().to_lowercase(), v.trim())).collect();
    let value = |key: &str| entries.get(key).copied().unwrap_or_default().to_owned();
    let row = TeamRow {
        name: group.name.strip_prefix(GROUPS).unwrap_or(&group.name).to_owned(),
        site: value("site"),
        ngi: value("ngi"),
        products: value("products"),
        platforms: value("platforms"),
        contact: value("contact"),
        members: group.members.into_iter().collect::<Vec<_>>().join(" "),
        active: value("active"),
    };
    team_of(row).with_context(|| format!("the group {} can not be used", group.name))
}
