//! What the RT shall have, as data. The extension's setup program compares it with what is there.

use egi_model::field::{FIELDS, FieldKind, FieldSpec, NullRule};
use egi_model::participation::{CHILD_FIELDS, ChildField, EARLY_ADOPTERS_GROUP, ROLLOUT_QUEUE};
use egi_model::role::{Group, Role};
use egi_model::rollout::RolloutState;
use serde::Serialize;

use super::mail::{self, Action, Condition, Scrip, Template};
use super::rights::{self, Right};
use super::{LIFECYCLE, VERSION, site_config};
use crate::config::Config;

/// RT's own lifecycle.
const RT_LIFECYCLE: &str = "default";

/// A field that must have a value. RT's forms know this very pattern and mark the field.
const NOT_EMPTY: &str = "(?#Mandatory).";

/// Everything.
#[derive(Debug, Serialize)]
pub struct Desired {
    version: &'static str,
    config_digest: String,
    queue: String,
    pub(super) queues: Vec<Queue>,
    pub(super) groups: Vec<UserGroup>,
    /// In the order forms show them.
    pub(super) fields: Vec<CustomField>,
    account: Account,
    pub(super) rights: Vec<Right>,
    conditions: Vec<Condition>,
    actions: Vec<Action>,
    templates: Vec<Template>,
    pub(super) scrips: Vec<Scrip>,
}

#[derive(Debug, Serialize)]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) description: &'static str,
    pub(super) lifecycle: &'static str,
    pub(super) admin_ccs: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
pub(super) struct UserGroup {
    pub(super) name: &'static str,
    pub(super) description: String,
}

#[derive(Debug, Serialize)]
pub(super) struct CustomField {
    /// The queue whose tickets have it.
    pub(super) queue: String,
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    /// RT's type.
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) values: Vec<&'static str>,
    pub(super) default: Option<&'static str>,
    pub(super) pattern: String,
    /// What the value links to, in RT's words.
    link: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Account {
    pub(super) name: String,
    real_name: &'static str,
}

/// What the RT of this site shall have.
#[must_use]
pub fn desired(config: &Config) -> Desired {
    Desired {
        version: VERSION,
        config_digest: site_config::digest(config),
        queue: config.rt.queue.clone(),
        queues: queues(config),
        groups: groups(),
        fields: FIELDS.iter().map(|spec| field(config, spec)).chain(CHILD_FIELDS.iter().map(child_field)).collect(),
        account: Account { name: config.tickets.account.clone(), real_name: "Release repository" },
        rights: rights::all(config),
        conditions: mail::conditions(),
        actions: mail::actions(),
        templates: mail::templates(),
        scrips: mail::scrips(),
    }
}

fn queues(config: &Config) -> Vec<Queue> {
    vec![
        Queue {
            name: config.rt.queue.clone(),
            description: "Software releases, from delivery to production",
            lifecycle: LIFECYCLE,
            admin_ccs: vec![Group::Admins.as_str()],
        },
        Queue {
            name: ROLLOUT_QUEUE.to_owned(),
            description: "Early adopters' work on releases in staged rollout",
            lifecycle: RT_LIFECYCLE,
            admin_ccs: Vec::new(),
        },
    ]
}

/// The groups whose members hold a role, and those that only hear.
fn groups() -> Vec<UserGroup> {
    let by_role = Role::ALL.into_iter().filter_map(|role| {
        let name = role.rt_group()?;
        Some(UserGroup { name, description: format!("Members hold the role {role} of the release workflow") })
    });
    let mut all: Vec<UserGroup> = by_role.collect();
    for name in site_config::watchers() {
        if !all.iter().any(|group| group.name == name) {
            let description = "Members hear of what the release workflow tells this group".to_owned();
            all.push(UserGroup { name, description });
        }
    }
    let description = "Members are early adopters: they answer in the tickets of their teams".to_owned();
    all.push(UserGroup { name: EARLY_ADOPTERS_GROUP, description });
    all
}

fn field(config: &Config, spec: &FieldSpec) -> CustomField {
    let values = match spec.kind {
        FieldKind::Choice(values) => values.to_vec(),
        FieldKind::State => RolloutState::ALL.map(RolloutState::as_str).to_vec(),
        FieldKind::Text | FieldKind::Url | FieldKind::File(_) => Vec::new(),
    };
    let is_link = spec.kind == FieldKind::Url;
    CustomField {
        queue: config.rt.queue.clone(),
        name: spec.rt_name,
        description: spec.description,
        kind: match spec.kind {
            FieldKind::Text | FieldKind::Url => "Freeform",
            FieldKind::Choice(_) | FieldKind::State => "Select",
            FieldKind::File(_) => "Binary",
        },
        values,
        default: spec.default,
        pattern: pattern(spec),
        link: if is_link { "__CustomField__" } else { "" },
    }
}

/// A field of an early-adopter team's ticket. What may be said when is judged once it was read: RT takes any of the values.
fn child_field(spec: &ChildField) -> CustomField {
    CustomField {
        queue: ROLLOUT_QUEUE.to_owned(),
        name: spec.name,
        description: spec.description,
        kind: if spec.values.is_empty() { "Freeform" } else { "Select" },
        values: spec.values.to_vec(),
        default: None,
        pattern: String::new(),
        link: "",
    }
}

/// What RT checks a value against. It checks the empty one too, and of a file the name, for which the extension has a
/// better answer.
fn pattern(spec: &FieldSpec) -> String {
    let needed = spec.null == NullRule::Never;
    match spec.kind {
        FieldKind::Url => {
            let link = r"[A-Za-z][A-Za-z0-9+.-]*://\S+";
            let whole = if needed { link.to_owned() } else { format!("(?:{link})?") };
            format!(r"(?#A link such as https://host/path)\A{whole}\z")
        }
        FieldKind::Text | FieldKind::Choice(_) | FieldKind::State if needed => NOT_EMPTY.to_owned(),
        FieldKind::Text | FieldKind::Choice(_) | FieldKind::State | FieldKind::File(_) => String::new(),
    }
}
