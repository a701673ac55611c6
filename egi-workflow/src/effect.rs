//! What a plan does, one by one. Each effect can be repeated: whoever performs it looks first, then acts.

use std::collections::BTreeSet;

use egi_model::area::RepoKey;
use egi_model::content::ContentId;
use egi_model::digest::Sha256;
use egi_model::early_adopter::Team;
use egi_model::field::Field;
use egi_model::release::Target;
use egi_model::role::Group;
use egi_model::rollout::RolloutState;
use egi_model::sync::SyncSource;
use egi_model::ticket::{TicketId, TicketStatus};
use serde::{Deserialize, Serialize};

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Effect {
    /// Fetch the provider's files into the release's scratch folder.
    Fetch {
        /// From where.
        source: SyncSource,
        /// Digest of the document that lists them.
        checksums: Sha256,
    },
    /// Check every fetched file, and every package against the target, and keep them as the release's content.
    Accept {
        /// Digest of the document that lists them.
        checksums: Sha256,
        /// Digest of release.xml.
        release_xml: Sha256,
        /// What the packages must be for.
        target: Target,
    },
    /// Make the content part of a repository and publish it.
    Place {
        /// The repository.
        repo: RepoKey,
        /// The content.
        content: ContentRef,
        /// The product, which tells what a replacement replaces.
        product: String,
        /// What it is for.
        target: Target,
        /// Whether it replaces what the product had there.
        mode: Mode,
    },
    /// Make this and other releases part of their repositories, all or none.
    PlaceSet {
        /// Which goes where.
        places: Vec<Joining>,
    },
    /// Take the release out of a repository and publish it without.
    Withdraw {
        /// The repository.
        repo: RepoKey,
    },
    /// Remove the release's scratch folder.
    DropScratch,
    /// Change `RolloutProgress`, unless somebody else changed it meanwhile.
    SetProgress {
        /// What the ticket is expected to say.
        expected: RolloutState,
        /// What it shall say.
        to: RolloutState,
    },
    /// Set another field; an empty value empties it.
    SetField {
        /// The field.
        field: Field,
        /// The value.
        value: String,
    },
    /// Comment on the ticket.
    Comment {
        /// The text.
        text: String,
    },
    /// Replace the groups that hear of the ticket.
    SetWatchers {
        /// The groups.
        groups: BTreeSet<Group>,
    },
    /// Invite an early-adopter team: a ticket of its own, and a part on record.
    Invite {
        /// The team as it is now.
        team: Box<Team>,
        /// What it is asked to try: a part in an earlier delivery is not one in this.
        delivery: ContentId,
    },
    /// End the invitations: who never answered, did not; the teams' tickets are closed.
    EndInvitations,
    /// Put on record that the consolidated report was published.
    NoteReport {
        /// Where it is.
        link: String,
    },
    /// Set the ticket's status.
    SetStatus {
        /// The status.
        status: TicketStatus,
    },
}

/// A release's place in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joining {
    /// Its ticket.
    pub ticket: TicketId,
    /// The repository.
    pub repo: RepoKey,
    /// Its content.
    pub content: ContentId,
    /// The product, which tells what a replacement replaces.
    pub product: String,
    /// What it is for.
    pub target: Target,
    /// Whether it replaces what the product had there.
    pub mode: Mode,
}

/// Which content a [`Effect::Place`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContentRef {
    /// What this plan's [`Effect::Accept`] kept.
    Fresh,
    /// Content kept before.
    Kept(ContentId),
}

/// How a release joins a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// What the product had there leaves.
    Replace,
    /// It stands beside what is there.
    Add,
}
