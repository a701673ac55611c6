//! The list of early-adopter teams: whether it can be used, and where it has gaps. Pure.

use std::collections::BTreeSet;

use egi_model::early_adopter::{ANY, Team, product_names};
use egi_model::release::Target;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use serde::Serialize;

use crate::record::ReleaseRecord;

/// The states a release passes on its way to staged rollout: what is in them comes next.
const BEFORE_ROLLOUT: [RolloutState; 5] = [
    RolloutState::Unverified,
    RolloutState::InVerification,
    RolloutState::WaitingForResponse,
    RolloutState::Deferred,
    RolloutState::StageRollout,
];

/// Everything wrong with a list, each with what would do. `products` are those there are; none means that any will do.
#[must_use]
pub fn check(teams: &[Team], products: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    for (place, team) in teams.iter().enumerate() {
        let earlier = || teams.iter().take(place);
        if let Some(other) = earlier().find(|other| other.name.is_same(&team.name)) {
            faults.push(if other.ngi == team.ngi {
                format!("the team {} is there twice; leave one of the two", team.name)
            } else {
                format!("the team {} is in two NGIs, {} and {}; a team has one", team.name, other.ngi, team.ngi)
            });
        } else if let Some(other) = earlier().find(|o| o.site.eq_ignore_ascii_case(&team.site) && o.ngi != team.ngi) {
            let (site, name) = (&team.site, &other.name);
            faults.push(format!(
                "the site {site} is in two NGIs: {} by the team {name}, {} by the team {}",
                other.ngi, team.ngi, team.name
            ));
        }
        faults.extend(check_team(team, products));
    }
    faults
}

fn check_team(team: &Team, products: &[String]) -> Vec<String> {
    let name = &team.name;
    let mut faults = Vec::new();
    for (what, value) in [("site", &team.site), ("ngi", &team.ngi), ("contact", &team.contact)] {
        if value.trim().is_empty() || value.contains(char::is_control) {
            faults.push(format!("the team {name} has no {what}; give one line of text"));
        }
    }
    for (what, list) in [("products", &team.products), ("platforms", &team.platforms)] {
        if list.iter().all(|one| one.trim().is_empty()) {
            faults.push(format!("the team {name} volunteers for no {what}; name some, or \"{ANY}\""));
        }
    }
    let known = |product: &str| products.iter().any(|known| known.eq_ignore_ascii_case(product));
    for product in team.products.iter().filter(|product| !products.is_empty() && !product.eq_ignore_ascii_case(ANY)) {
        if !known(product) {
            let list = products.join(", ");
            faults.push(format!("the team {name} volunteers for \"{product}\", which is no product; known are {list}"));
        }
    }
    faults
}

/// What a release on its way to staged rollout, or in it, finds there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The release's ticket.
    pub ticket: TicketId,
    /// Product and version.
    pub release: String,
    /// What it is for.
    pub target: Target,
    /// Where it stands.
    pub state: RolloutState,
    /// The active teams that volunteer for it.
    pub teams: Vec<String>,
    /// Those that would, and are paused.
    pub paused: Vec<String>,
}

/// Which teams there are for every release on its way to staged rollout or in it.
#[must_use]
pub fn coverage(teams: &[Team], releases: &[ReleaseRecord]) -> Vec<Coverage> {
    let coming = releases.iter().filter(|record| BEFORE_ROLLOUT.contains(&record.state));
    let cover = |record: &ReleaseRecord| {
        let facts = record.facts.as_ref()?;
        let fits = |active: bool| {
            let fitting = teams.iter().filter(move |team| team.active == active);
            fitting.filter(|team| team.volunteers_for(&facts.release, &facts.target)).map(|t| t.name.to_string())
        };
        Some(Coverage {
            ticket: record.ticket,
            release: facts.title(),
            target: facts.target.clone(),
            state: record.state,
            teams: fits(true).collect(),
            paused: fits(false).collect(),
        })
    };
    coming.filter_map(cover).collect()
}

/// The names of the products that were ever delivered, as people say them.
#[must_use]
pub fn delivered_products(releases: &[ReleaseRecord]) -> BTreeSet<String> {
    let facts = releases.iter().filter_map(|record| record.facts.as_ref());
    facts.flat_map(|facts| product_names(&facts.release)).map(str::to_lowercase).collect()
}
