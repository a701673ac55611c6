//! A snapshot in which everything is in order, to be spoiled one thing at a time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use egi_model::checksums::Checksums;
use egi_model::content::ContentId;
use egi_model::digest::Sha256;
use egi_model::field::Field;
use egi_model::major::{MajorKind, MajorRelease};
use egi_model::release::{Provider, Release, ReleaseType, Target};
use egi_model::release_xml::{Generation, ParsedRelease};
use egi_model::role::{Actor, Role};
use egi_model::rollout::RolloutState;
use egi_model::ticket::{Ticket, TicketId, TicketStatus};
use egi_workflow::snapshot::Document;
use egi_workflow::{Cause, Intake, Policy, ReleaseFacts, ReleaseRecord, Snapshot};

pub(crate) fn ticket_id(number: u64) -> TicketId {
    TicketId::new(number).unwrap()
}

pub(crate) fn start() -> DateTime<Utc> {
    "2026-11-02T09:00:00Z".parse().unwrap()
}

pub(crate) fn major() -> MajorRelease {
    MajorRelease {
        id: "umd-4".parse().unwrap(),
        kind: MajorKind::MajorRelease,
        title: "UMD 4".to_owned(),
        location: "umd/4/{platform}/{arch}".parse().unwrap(),
        targets: vec![target()],
    }
}

pub(crate) fn target() -> Target {
    Target { platform: "sl6".parse().unwrap(), arch: "x86_64".parse().unwrap() }
}

pub(crate) fn release() -> Release {
    Release {
        product: "StoRM".to_owned(),
        short_name: "INFN.storm.sl6.x86_64".parse().unwrap(),
        provider: Provider { name: "INFN".to_owned(), short: None },
        version: "1.11.2".parse().unwrap(),
        date: None,
        release_type: None,
        emergency: None,
        contact: "storm@example.org".to_owned(),
        technical_contact: None,
        description: "Storage manager".to_owned(),
        keywords: Vec::new(),
        documentation: Vec::new(),
        release_notes: String::new(),
        change_log: String::new(),
        sync: None,
        targets: vec![target()],
        capabilities: Vec::new(),
        components: Vec::new(),
        repositories: Vec::new(),
        repofiles: Vec::new(),
    }
}

pub(crate) fn facts() -> ReleaseFacts {
    ReleaseFacts {
        major: major(),
        release: release(),
        target: target(),
        release_type: ReleaseType::Incremental,
        release_xml: Sha256::of(b"release.xml"),
        checksums: Sha256::of(b"checksums.xml"),
        content: Some(ContentId(Sha256::of(b"content"))),
        slot: "umd-4.infn.storm.sl6.x86_64/1".to_owned(),
    }
}

/// A release that stands in `state`, with whatever it has by then.
pub(crate) fn record(state: RolloutState) -> ReleaseRecord {
    let delivered = state != RolloutState::Submitted;
    let failed = state == RolloutState::Failed;
    ReleaseRecord {
        ticket: ticket_id(7),
        state,
        since: start(),
        stood: if failed { RolloutState::StageRollout } else { state },
        attempted: failed.then_some(RolloutState::Production),
        facts: delivered.then(facts),
    }
}

pub(crate) fn ticket(progress: RolloutState) -> Ticket {
    let fields = [
        (Field::SyncProtocol, "rsync"),
        (Field::SyncUrl, "rsync://repo.example.org/storm/1.11.2"),
        (Field::AssociatedMajorRelease, "umd-4"),
        (Field::ReleaseType, "Incremental"),
        (Field::EmergencyRelease, "No"),
        (Field::RolloutProgress, progress.as_str()),
        (Field::VerificationReport, "https://docs.example.org/qc/7"),
        (Field::StageRolloutReport, "https://docs.example.org/sr/7"),
        (Field::ReleaseMetadata, "release.xml"),
        (Field::Checksums, "checksums.xml"),
    ];
    Ticket {
        id: ticket_id(7),
        subject: "infn.storm.sl6.x86_64-1.11.2".to_owned(),
        status: TicketStatus::Open,
        owner: None,
        requestors: vec!["provider1".to_owned()],
        watchers: BTreeSet::new(),
        early_adopters: BTreeSet::new(),
        created: start(),
        fields: fields.into_iter().map(|(f, v)| (f, v.to_owned())).collect::<BTreeMap<_, _>>(),
    }
}

pub(crate) fn actor(roles: &[Role]) -> Actor {
    Actor { name: "somebody".to_owned(), roles: roles.to_vec() }
}

pub(crate) fn intake() -> Intake {
    let parsed = ParsedRelease { release: release(), generation: Generation::G3, warnings: Vec::new() };
    Intake {
        release_xml: Document::Read { sha256: Sha256::of(b"release.xml"), value: parsed },
        checksums: Document::Read { sha256: Sha256::of(b"checksums.xml"), value: Checksums { files: Vec::new() } },
        major: Some(major()),
        known_majors: vec!["umd-4".to_owned()],
        same_release: None,
    }
}

/// Somebody who may do everything people may asks for `asked`, of a release that stands in `from`.
pub(crate) fn snapshot(from: RolloutState, asked: RolloutState) -> Snapshot {
    let people = [Role::Verifier, Role::RolloutManager, Role::ReleaseManager, Role::Admin];
    Snapshot {
        cause: Cause::Notice { previous: from, in_history: true },
        asked,
        asked_by: Some(actor(&people)),
        ticket: ticket(asked),
        record: record(from),
        intake: Some(intake()),
        slot_holder: None,
        set: Vec::new(),
        rollout: egi_workflow::Rollout::default(),
        gate: None,
        policy: Policy::default(),
    }
}

pub(crate) fn emergency(from: RolloutState, asked: RolloutState) -> Snapshot {
    let mut snapshot = snapshot(from, asked);
    snapshot.ticket.fields.insert(Field::EmergencyRelease, "Yes".to_owned());
    snapshot
}
