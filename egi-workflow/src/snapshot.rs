//! All a decision needs to know, gathered beforehand.

use chrono::TimeDelta;
use egi_model::checksums::Checksums;
use egi_model::digest::Sha256;
use egi_model::early_adopter::Team;
use egi_model::major::MajorRelease;
use egi_model::participation::ParticipationRecord;
use egi_model::problem::Problems;
use egi_model::release_xml::ParsedRelease;
use egi_model::role::Actor;
use egi_model::rollout::RolloutState;
use egi_model::ticket::{Ticket, TicketId};

use crate::gate::GateAnswer;
use crate::policy::Policy;
use crate::record::ReleaseRecord;
use crate::set::Member;

/// Why a decision is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A notice said that somebody changed the ticket.
    Notice {
        /// The value before the change, as the notice said.
        previous: RolloutState,
        /// Whether the ticket's own history has this change.
        in_history: bool,
    },
    /// The slot a deferred release waits for is free.
    Wake,
    /// Somebody asks what would happen; nothing was changed.
    Preview,
}

/// The world as one decision sees it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Why.
    pub cause: Cause,
    /// What is asked for.
    pub asked: RolloutState,
    /// Who asks; `None` when the ticket system does not tell and vouches for its own rights.
    pub asked_by: Option<Actor>,
    /// The ticket.
    pub ticket: Ticket,
    /// What is on record of the release.
    pub record: ReleaseRecord,
    /// The delivery's documents; only read when a delivery is taken in.
    pub intake: Option<Intake>,
    /// Another release that holds the slot this one needs.
    pub slot_holder: Option<TicketId>,
    /// The other releases of its set, where sets go together into what is asked for.
    pub set: Vec<Member>,
    /// What is known of early adopters.
    pub rollout: Rollout,
    /// What the gate found, where one stands before what is asked for.
    pub gate: Option<GateAnswer>,
    /// The site's choices.
    pub policy: Policy,
}

/// What is known of early adopters when a release enters staged rollout or leaves it.
#[derive(Debug, Clone, Default)]
pub struct Rollout {
    /// Whether the site knows any team.
    pub teams_known: bool,
    /// The active teams that volunteer for this release.
    pub volunteers: Vec<Team>,
    /// The parts that teams have in it.
    pub parts: Vec<ParticipationRecord>,
    /// How long the release was in staged rollout without a break, at most.
    pub longest_stay: TimeDelta,
}

/// What came with the ticket, and what is agreed about it.
#[derive(Debug, Clone)]
pub struct Intake {
    /// release.xml.
    pub release_xml: Document<ParsedRelease>,
    /// checksums.xml.
    pub checksums: Document<Checksums>,
    /// The major release the ticket names, when it is known.
    pub major: Option<MajorRelease>,
    /// The identifiers of all that are known.
    pub known_majors: Vec<String>,
    /// Another ticket, not at its end, with the same product and version.
    pub same_release: Option<TicketId>,
}

/// A document attached to the ticket.
#[derive(Debug, Clone)]
pub enum Document<T> {
    /// The ticket has none.
    Missing,
    /// It is larger than allowed.
    TooLarge {
        /// Bytes allowed.
        limit: usize,
    },
    /// The ticket system has it and can not hand it over.
    Unreadable {
        /// Why.
        why: String,
    },
    /// It can not be understood, with every fault.
    Faulty(Problems),
    /// It was read.
    Read {
        /// Digest of its bytes.
        sha256: Sha256,
        /// What it says.
        value: T,
    },
}

impl Snapshot {
    /// Whether settling this request takes a delivery in: the first acceptance, or the retry of one.
    #[must_use]
    pub fn takes_delivery(&self) -> bool {
        takes_delivery(&self.record, self.asked)
    }
}

/// Whether moving a release on record to `asked` takes its delivery in.
#[must_use]
pub fn takes_delivery(record: &ReleaseRecord, asked: RolloutState) -> bool {
    record.stood == RolloutState::Submitted && asked == RolloutState::Unverified
}
