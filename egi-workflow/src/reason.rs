//! Why a request is refused: a code for programs, an explanation for people, and who can clear it.

use std::fmt;

use egi_model::field::Field;
use egi_model::gate::{Finding, FindingKind, Verdict};
use egi_model::notice::FieldFault;
use egi_model::problem::Problems;
use egi_model::release::Target;
use egi_model::role::Role;
use egi_model::rollout::RolloutState;
use egi_model::ticket::{TicketId, TicketStatus};

/// One reason of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The table has no such transition.
    NotAllowed {
        /// Where the release stands.
        from: RolloutState,
        /// What was asked for.
        to: RolloutState,
        /// What may be asked for instead.
        allowed: Vec<RolloutState>,
    },
    /// The asker may not ask for this.
    RoleMissing {
        /// The asker.
        actor: String,
        /// The roles that may.
        needed: Vec<Role>,
    },
    /// Only the repository sets this state.
    RepositoryOnly {
        /// The state.
        state: RolloutState,
    },
    /// The transition is for emergencies.
    NoEmergency,
    /// Policy sends emergencies through a fast staged rollout.
    FastRollout,
    /// A failed release can only resume what was attempted or go back to where it stood.
    NotAttempted {
        /// Where it stood.
        stood: RolloutState,
        /// What was attempted.
        attempted: Option<RolloutState>,
    },
    /// The ticket is closed as faulty or deleted.
    TicketClosed(TicketStatus),
    /// A field must have a value.
    FieldMissing(Field),
    /// A field's value can not be used.
    FieldWrong {
        /// The field.
        field: Field,
        /// What is wrong and what would do.
        why: String,
    },
    /// A document is missing.
    DocumentMissing(Field),
    /// A document is too large.
    DocumentTooLarge {
        /// The document.
        field: Field,
        /// Bytes allowed.
        limit: usize,
    },
    /// A field says something else than when the delivery was taken in.
    FieldChanged {
        /// The field.
        field: Field,
        /// What it said.
        was: String,
        /// What it says.
        now: String,
    },
    /// The ticket system can not hand a document over.
    DocumentUnreadable {
        /// The document.
        field: Field,
        /// Why.
        why: String,
    },
    /// A document is faulty.
    DocumentFaulty {
        /// The document.
        field: Field,
        /// Every fault.
        problems: Problems,
    },
    /// The major release is not agreed.
    MajorUnknown {
        /// The identifier given.
        given: String,
        /// Those that are known.
        known: Vec<String>,
    },
    /// The release is for something the major release does not support.
    TargetUnsupported {
        /// What it is for.
        target: Target,
        /// What is supported.
        supported: Vec<Target>,
    },
    /// It can not be told what the release is for.
    TargetUnclear {
        /// What the metadata names.
        named: Vec<Target>,
    },
    /// A name in the metadata can not become a path.
    PathUnusable(String),
    /// Another ticket delivers the same product and version.
    SameRelease(TicketId),
    /// The release's own repository can not be told, because nothing was ever taken in.
    NothingDelivered,
    /// The notice says something the ticket knows nothing of.
    Disagrees {
        /// What the notice said.
        notice: (RolloutState, RolloutState),
        /// Where the ticket stands.
        ticket: RolloutState,
    },
    /// A team that takes part has not reported.
    ReportOutstanding {
        /// The team.
        team: String,
    },
    /// A team's reject was not answered.
    RejectUnanswered {
        /// The team.
        team: String,
    },
    /// Too few teams have found that the release works.
    TooFewAccepts {
        /// How many have.
        accepts: u32,
        /// How many are asked for.
        needed: u32,
    },
    /// The release was not in staged rollout for long enough.
    StayTooShort {
        /// The longest stay without a break, in whole hours.
        hours: i64,
        /// What is asked for, in days.
        days: u32,
    },
    /// The notice itself could not be read.
    NoticeFaulty(Vec<FieldFault>),
    /// The ticket's `RolloutProgress` has a value nobody knows.
    ProgressUnreadable(String),
    /// The gate found something.
    Gate(Box<Finding>),
    /// The gate found so much more.
    GateMore(usize),
}

impl Reason {
    /// A stable code for programs and statistics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed { .. } => "transition-not-allowed",
            Self::RoleMissing { .. } => "role-missing",
            Self::RepositoryOnly { .. } => "repository-only",
            Self::NoEmergency => "no-emergency",
            Self::FastRollout => "emergency-needs-rollout",
            Self::NotAttempted { .. } => "not-attempted",
            Self::TicketClosed(_) => "ticket-closed",
            Self::FieldMissing(_) => "field-missing",
            Self::FieldWrong { .. } => "field-wrong",
            Self::DocumentMissing(_) => "document-missing",
            Self::DocumentTooLarge { .. } => "document-too-large",
            Self::FieldChanged { .. } => "field-changed",
            Self::DocumentUnreadable { .. } => "document-unreadable",
            Self::DocumentFaulty { .. } => "document-faulty",
            Self::MajorUnknown { .. } => "major-unknown",
            Self::TargetUnsupported { .. } => "target-unsupported",
            Self::TargetUnclear { .. } => "target-unclear",
            Self::PathUnusable(_) => "path-unusable",
            Self::SameRelease(_) => "same-release",
            Self::NothingDelivered => "nothing-delivered",
            Self::Disagrees { .. } => "notice-disagrees",
            Self::ReportOutstanding { .. } => "report-outstanding",
            Self::RejectUnanswered { .. } => "reject-unanswered",
            Self::TooFewAccepts { .. } => "too-few-accepts",
            Self::StayTooShort { .. } => "stay-too-short",
            Self::NoticeFaulty(_) => "notice-faulty",
            Self::ProgressUnreadable(_) => "progress-unreadable",
            Self::Gate(finding) if matches!(finding.verdict, Verdict::Wait) => "gate-wait",
            Self::Gate(finding) => match finding.kind {
                FindingKind::Broken => "gate-broken",
                FindingKind::Downgrade => "gate-downgrade",
                FindingKind::OtherContent => "gate-other-content",
                FindingKind::Unclear => "gate-unclear",
                FindingKind::Outside => "gate-outside",
            },
            Self::GateMore(_) => "gate-more",
        }
    }

    /// Who can clear it; nobody, where nothing can.
    #[must_use]
    pub fn cleared_by(&self) -> Vec<Role> {
        match self {
            Self::RoleMissing { needed, .. } => needed.clone(),
            Self::NoEmergency | Self::FastRollout => vec![Role::ReleaseManager],
            Self::NotAllowed { allowed, .. } if allowed.is_empty() => Vec::new(),
            Self::MajorUnknown { .. } => vec![Role::Provider, Role::Admin],
            Self::NotAllowed { .. }
            | Self::RepositoryOnly { .. }
            | Self::NotAttempted { .. }
            | Self::TicketClosed(_)
            | Self::SameRelease(_)
            | Self::NothingDelivered
            | Self::DocumentUnreadable { .. }
            | Self::Disagrees { .. }
            | Self::NoticeFaulty(_)
            | Self::ProgressUnreadable(_) => vec![Role::Admin],
            Self::FieldMissing(field) | Self::FieldWrong { field, .. } | Self::FieldChanged { field, .. } => {
                field.spec().write.to_vec()
            }
            Self::TargetUnsupported { .. } => vec![Role::Verifier],
            Self::ReportOutstanding { .. } | Self::RejectUnanswered { .. } => vec![Role::RolloutManager],
            Self::TooFewAccepts { .. } | Self::StayTooShort { .. } => vec![Role::ReleaseManager],
            Self::Gate(finding) => finding.cleared_by(),
            Self::GateMore(_) => vec![Role::Provider, Role::ReleaseManager],
            Self::DocumentMissing(_)
            | Self::DocumentTooLarge { .. }
            | Self::DocumentFaulty { .. }
            | Self::TargetUnclear { .. }
            | Self::PathUnusable(_) => vec![Role::Provider],
        }
    }

    /// Whether it is evidence that is lacking: the release waits where it is, and nothing failed.
    #[must_use]
    pub const fn is_lack_of_evidence(&self) -> bool {
        matches!(
            self,
            Self::ReportOutstanding { .. }
                | Self::RejectUnanswered { .. }
                | Self::TooFewAccepts { .. }
                | Self::StayTooShort { .. }
        )
    }

    /// Whether it may go away by itself soon, so that it is worth asking again before anybody is told.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Gate(finding) if finding.passing)
    }

    /// Whether the request leaves the ticket's state alone: there was no real change to answer.
    #[must_use]
    pub const fn leaves_ticket_alone(&self) -> bool {
        matches!(self, Self::Disagrees { .. } | Self::NoticeFaulty(_))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::message::explain(self))
    }
}
