//! The file for RT's `RT_SiteConfig.d`: everything the extension has to know.

use egi_model::field::{FIELDS, Field, FieldKind, FieldSpec, NullRule};
use egi_model::role::{Group, Role};
use egi_model::rollout::RolloutState;
use egi_model::ticket::{CommunicationStatus, TicketStatus};
use egi_tickets::desk::{MENDABLE, file_limit};
use egi_tickets::rt::{MARKER_END, MARKER_START};
use egi_workflow::policy::EmergencyRoute;
use egi_workflow::table::{Condition, PUT_BACK, TRANSITIONS, Transition};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{LIFECYCLE, VERSION, groups_of, perl};
use crate::config::Config;

const HEAD: &str = "\
# The release workflow's rules, for RT::Extension::NSRW. Rendered by `nsrw rt config`: change nsrw.toml and render again,
# restart RT, and `nsrw rt diff` says whether all is as it should be.
use utf8;

Plugin('RT::Extension::NSRW');
";

/// How long RT waits for our answer to a notice, in seconds. We only store it; RT's process is busy meanwhile.
const NOTICE_TIMEOUT: u64 = 5;

/// The file, with its digest. No secret is in it: it names the file that has it.
#[must_use]
pub fn render(config: &Config) -> String {
    let rules = rules(config);
    format!("{HEAD}\n{}{rules}\n1;\n", perl::set("NSRWDigest", &json!(digest_of(&rules))))
}

/// What tells this configuration from another.
pub(super) fn digest(config: &Config) -> String {
    digest_of(&rules(config))
}

fn digest_of(rules: &str) -> String {
    hex::encode(Sha256::digest(rules.as_bytes()))
}

fn rules(config: &Config) -> String {
    let start = Field::RolloutProgress.spec().default.unwrap_or_default();
    let [none, yes] = [egi_model::release::Emergency::No, egi_model::release::Emergency::Yes].map(|e| e.to_string());
    let settings = [
        ("NSRWVersion", json!(VERSION)),
        ("NSRWQueue", json!(config.rt.queue)),
        ("NSRWAccount", json!(config.tickets.account)),
        ("NSRWProgress", json!(Field::RolloutProgress.rt_name())),
        ("NSRWStart", json!(start)),
        ("NSRWEmergency", json!([Field::EmergencyRelease.rt_name(), yes, none])),
        ("NSRWAnswer", json!(Field::CommunicationStatus.rt_name())),
        ("NSRWAnswers", answers()),
        ("NSRWMarker", json!([MARKER_START, MARKER_END])),
        ("NSRWNoticeURL", json!(config.rt.notice_url)),
        ("NSRWSecretFile", json!(config.rt.secret_file)),
        ("NSRWNoticeTimeout", json!(NOTICE_TIMEOUT)),
        ("NSRWTransitions", transitions(config)),
        ("NSRWNotify", matrix(config)),
        ("NSRWWatchers", json!(watchers())),
        ("NSRWFields", fields()),
        ("NSRWLifecycle", json!({ LIFECYCLE: lifecycle() })),
        ("NSRWLifecycleMaps", lifecycle_maps()),
    ];
    settings.iter().map(|(name, value)| perl::set(name, value)).collect()
}

fn answers() -> Value {
    json!({
        "pending": CommunicationStatus::Pending.as_str(),
        "ok": CommunicationStatus::Ok.as_str(),
        "error": CommunicationStatus::Error.as_str(),
    })
}

/// For each state what may follow it, and who may ask. A state nothing follows has an empty entry.
fn transitions(config: &Config) -> Value {
    let fast = config.policy.emergency == EmergencyRoute::FastRollout;
    let skips_rollout = |row: &Transition| row.when == Condition::Emergency && row.to == RolloutState::Production;
    let mut all: Map<String, Value> =
        RolloutState::ALL.iter().map(|state| (state.to_string(), Value::Object(Map::new()))).collect();
    for row in TRANSITIONS.iter().filter(|row| !(fast && skips_rollout(row))) {
        let who = if row.when == Condition::Resume { config.policy.retry.as_slice() } else { row.who };
        let rule = json!({
            "groups": groups_of(who),
            "account": who.contains(&Role::Repository),
            "emergency": row.when == Condition::Emergency,
        });
        if let Some(following) = all.get_mut(row.from.as_str()).and_then(Value::as_object_mut) {
            following.insert(row.to.to_string(), rule);
        }
    }
    let (from, to) = PUT_BACK;
    let put_back = json!({ "groups": [], "account": true, "emergency": false });
    if let Some(following) = all.get_mut(from.as_str()).and_then(Value::as_object_mut) {
        following.insert(to.to_string(), put_back);
    }
    Value::Object(all)
}

fn matrix(config: &Config) -> Value {
    let row = |state: &RolloutState| {
        let heard = config.policy.notify.groups(*state);
        let groups: Vec<_> = heard.iter().filter(|g| **g != Group::Requestors).map(|g| g.as_str()).collect();
        (state.to_string(), json!({ "groups": groups, "requestors": heard.contains(&Group::Requestors) }))
    };
    Value::Object(RolloutState::ALL.iter().map(row).collect())
}

/// The groups that stand for rows of the matrix. Requestors are no group in RT but a role of the ticket.
pub(super) fn watchers() -> Vec<&'static str> {
    Group::ALL.into_iter().filter(|group| *group != Group::Requestors).map(Group::as_str).collect()
}

fn fields() -> Value {
    Value::Object(FIELDS.iter().map(|spec| (spec.rt_name.to_owned(), field(spec))).collect())
}

/// Only what the field has: a rule that does not hold is left out.
fn field(spec: &FieldSpec) -> Value {
    let mut rules = Map::new();
    match spec.null {
        NullRule::Never => {
            rules.insert("never_empty".to_owned(), json!(true));
            if spec.default.is_none() {
                rules.insert("needed".to_owned(), json!(true));
            }
        }
        NullRule::FilledBefore { from, .. } => {
            rules.insert("filled_in".to_owned(), json!(from));
        }
        NullRule::Allowed => {}
    }
    if let FieldKind::File(name) = spec.kind {
        rules.insert("file".to_owned(), json!(name));
        rules.insert("bytes".to_owned(), json!(file_limit(spec.field)));
    }
    if spec.write_once {
        rules.insert("replaceable_in".to_owned(), json!(MENDABLE));
    }
    Value::Object(rules)
}

/// The statuses the specification uses, and no other: `stalled` and `deleted` "do not apply".
fn lifecycle() -> Value {
    let [new, open, resolved, rejected] =
        [TicketStatus::New, TicketStatus::Open, TicketStatus::Resolved, TicketStatus::Rejected]
            .map(TicketStatus::as_str);
    json!({
        "initial": [new],
        "active": [open],
        "inactive": [resolved, rejected],
        "defaults": {
            "on_create": new,
            "approved": open,
            "denied": rejected,
            "reminder_on_open": open,
            "reminder_on_resolve": resolved,
        },
        "transitions": {
            "": [new],
            new: [open, resolved, rejected],
            open: [new, resolved, rejected],
            resolved: [open],
            rejected: [open],
        },
        "rights": { "* -> *": "ModifyTicket" },
        "actions": {},
    })
}

/// What a status becomes when a ticket goes from a queue of RT's own lifecycle to ours and back.
fn lifecycle_maps() -> Value {
    let ours = |status: TicketStatus| match status {
        TicketStatus::Stalled => TicketStatus::Open,
        TicketStatus::Deleted => TicketStatus::Rejected,
        TicketStatus::New | TicketStatus::Open | TicketStatus::Resolved | TicketStatus::Rejected => status,
    };
    let into: Map<_, _> = TicketStatus::ALL.iter().map(|s| (s.to_string(), json!(ours(*s).as_str()))).collect();
    let back: Map<_, _> =
        TicketStatus::ALL.iter().filter(|s| ours(**s) == **s).map(|s| (s.to_string(), json!(s.as_str()))).collect();
    json!({ format!("default -> {LIFECYCLE}"): into, format!("{LIFECYCLE} -> default"): back })
}
