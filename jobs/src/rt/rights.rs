//! Who may do what in RT: to the queues, and to each field.
//!
//! Rights to fields follow from who writes them in [`FIELDS`]; that a change of `RolloutProgress` is allowed is not a
//! right of RT's but the extension's matter.

use std::collections::BTreeSet;

use egi_model::field::{FIELDS, Field, FieldSpec, NullRule};
use egi_model::participation::{CHILD_FIELDS, EARLY_ADOPTERS_GROUP, ROLLOUT_QUEUE};
use egi_model::role::{Group, Role};
use serde::Serialize;

use super::{groups_of, site_config};
use crate::config::Config;

/// One right: to whom, on what.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Right {
    /// `queue NAME`, `field NAME`, `group NAME` or `system`.
    pub(super) on: String,
    /// `group NAME` or `user NAME`.
    pub(super) to: String,
    #[serde(rename = "right")]
    pub(super) name: &'static str,
}

/// What everybody in the workflow may: the specification lets all read every field.
const READ: &[&str] = &["SeeQueue", "ShowTicket", "ShowTicketComments", "SeeCustomField"];
/// What takes part in the conversation.
const TALK: &[&str] = &["ReplyToTicket", "CommentOnTicket"];
/// What the teams need that decide: they set the status and own tickets.
const DECIDE: &[&str] = &["ModifyTicket", "OwnTicket", "TakeTicket", "StealTicket"];
/// What a service needs that reads everything, answers, and sets the status.
const SERVE: &[&str] = &["ModifyTicket", "CommentOnTicket"];
const CREATE: &[&str] = &["CreateTicket"];

/// Every right, sorted.
pub(super) fn all(config: &Config) -> Vec<Right> {
    let mut rights = BTreeSet::new();
    let mut grant = |on: &str, to: &str, names: &[&'static str]| {
        rights.extend(names.iter().map(|name| Right { on: on.to_owned(), to: to.to_owned(), name }));
    };
    let account = format!("user {}", config.tickets.account);
    let group = |name: &str| format!("group {name}");

    let releases = format!("queue {}", config.rt.queue);
    for name in everybody() {
        grant(&releases, &group(name), READ);
    }
    for name in groups_of(&[Role::Provider]) {
        grant(&releases, &group(name), &[CREATE, TALK].concat());
    }
    for name in groups_of(Field::RolloutProgress.spec().write) {
        grant(&releases, &group(name), &[DECIDE, TALK].concat());
    }
    for name in groups_of(&[Role::Admin]) {
        // The mails RT sent stand in the ticket's history.
        grant(&releases, &group(name), &["ShowOutgoingEmail"]);
    }
    grant(&releases, &account, &[READ, SERVE].concat());

    let rollout = format!("queue {ROLLOUT_QUEUE}");
    for name in groups_of(&[Role::RolloutManager]) {
        grant(&rollout, &group(name), &[READ, CREATE, DECIDE, TALK].concat());
    }
    grant(&rollout, &account, &[READ, CREATE, SERVE].concat());
    grant(&rollout, &group(EARLY_ADOPTERS_GROUP), &[READ, TALK].concat());
    for spec in &CHILD_FIELDS {
        let on = format!("field {}", spec.name);
        grant(&on, &account, &["SeeCustomField", "ModifyCustomField"]);
        for name in groups_of(&[Role::RolloutManager]).into_iter().filter(|_| spec.by_manager) {
            grant(&on, &group(name), &["ModifyCustomField"]);
        }
        if spec.by_team {
            grant(&on, &group(EARLY_ADOPTERS_GROUP), &["ModifyCustomField"]);
        }
    }

    for spec in &FIELDS {
        let on = format!("field {}", spec.rt_name);
        // RT hands out a field's own description and values only to whom the right on the field itself is given.
        grant(&on, &account, &["SeeCustomField"]);
        for (name, right) in writers(spec) {
            grant(&on, &group(name), &[right]);
        }
        if spec.write.contains(&Role::Repository) {
            grant(&on, &account, &["ModifyCustomField"]);
        }
    }
    // A ticket's Ccs are groups, of which RT tells a name only to whom may see them.
    for watcher in site_config::watchers() {
        for name in everybody() {
            grant(&group(watcher), &group(name), &["SeeGroup"]);
        }
    }
    // The account finds people's roles by the groups they are in, besides.
    grant("system", &account, &["SeeGroup"]);
    rights.into_iter().collect()
}

/// All groups of the workflow.
fn everybody() -> BTreeSet<&'static str> {
    let by_role = Role::ALL.into_iter().filter_map(Role::rt_group);
    by_role.chain(site_config::watchers()).chain([Group::Admins.as_str()]).collect()
}

/// The groups that write a field, each with the right for it. A file that stands for good can be given on creation
/// alone; to mend a delivery, an administrator replaces it while the extension lets them.
fn writers(spec: &FieldSpec) -> Vec<(&'static str, &'static str)> {
    let on_creation = spec.write_once && spec.null == NullRule::Never;
    let right = |name| {
        let admin = Role::Admin.rt_group() == Some(name);
        (name, if on_creation && !admin { "SetInitialCustomField" } else { "ModifyCustomField" })
    };
    groups_of(spec.write).into_iter().map(right).collect()
}
