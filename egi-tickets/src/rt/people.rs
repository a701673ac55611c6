//! Who holds which role: by the site's settings, else by the groups in RT.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use egi_model::role::Role;
use serde_json::json;
use ureq::http::StatusCode;

use super::http::Connection;
use super::wire::{GroupBody, Page, Reference};
use crate::error::TicketError;

/// How long the members of groups are remembered.
const REMEMBERED: Duration = Duration::from_mins(5);

type Members = BTreeMap<String, BTreeSet<Role>>;

/// The people of one site.
#[derive(Debug)]
pub(super) struct People {
    account: String,
    named: BTreeMap<String, Vec<Role>>,
    members: Mutex<Option<(Arc<Members>, Instant)>>,
}

impl People {
    /// `account` is the repository's own; `named` are those the site's settings name.
    pub(super) const fn new(account: String, named: BTreeMap<String, Vec<Role>>) -> Self {
        Self { account, named, members: Mutex::new(None) }
    }

    /// The repository's own account.
    pub(super) fn account(&self) -> &str {
        &self.account
    }

    /// Whether it is the repository's own account.
    pub(super) fn is_own(&self, name: &str) -> bool {
        self.account == name
    }

    /// Whether the settings name anybody.
    pub(super) fn names_anybody(&self) -> bool {
        !self.named.is_empty()
    }

    /// The roles an account holds.
    pub(super) fn roles(&self, rt: &Connection, name: &str) -> Result<Vec<Role>, TicketError> {
        if self.is_own(name) {
            return Ok(vec![Role::Repository]);
        }
        if let Some(roles) = self.named.get(name) {
            return Ok(roles.clone());
        }
        Ok(self.members(rt)?.get(name).map(|roles| roles.iter().copied().collect()).unwrap_or_default())
    }

    fn members(&self, rt: &Connection) -> Result<Arc<Members>, TicketError> {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, _)) = members.as_ref().filter(|(_, since)| since.elapsed() < REMEMBERED) {
            return Ok(Arc::clone(known));
        }
        let fresh = Arc::new(load_members(rt)?);
        *members = Some((Arc::clone(&fresh), Instant::now()));
        Ok(fresh)
    }
}

fn load_members(rt: &Connection) -> Result<Members, TicketError> {
    let mut members = Members::new();
    for role in Role::ALL {
        let Some(group) = role.rt_group() else { continue };
        for name in group_members(rt, group)? {
            members.entry(name).or_default().insert(role);
        }
    }
    Ok(members)
}

/// The accounts in a group, also those in groups within it. A group that RT does not show has none.
pub(super) fn group_members(rt: &Connection, name: &str) -> Result<BTreeSet<String>, TicketError> {
    let (mut people, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let mut open: Vec<String> = find_group(rt, name)?.into_iter().collect();
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let answer = rt.get(&format!("REST/2.0/group/{id}"), &[])?;
        if answer.status != StatusCode::OK {
            continue;
        }
        for member in answer.json::<GroupBody>()?.members {
            match member.kind.as_str() {
                "group" => open.push(member.id),
                _ => drop(people.insert(member.id)),
            }
        }
    }
    Ok(people)
}

/// The number of the group of this name, if RT shows one.
pub(super) fn find_group(rt: &Connection, name: &str) -> Result<Option<String>, TicketError> {
    let question = json!([{ "field": "Domain", "value": "UserDefined" }, { "field": "Name", "value": name }]);
    let answer = rt.ask("REST/2.0/groups", &question)?;
    match answer.status {
        StatusCode::OK => Ok(answer.json::<Page<Reference>>()?.items.into_iter().next().map(|group| group.id)),
        _ => Ok(None),
    }
}
