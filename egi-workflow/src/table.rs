//! The allowed transitions: the one place that says what may follow what, and who may ask for it.
//!
//! Source: `REPO-STATE-Diagram` of the specification as its prose describes it, its list of forbidden moves, and for
//! the rows it leaves open the proposals marked so below. Everything not listed is refused. A ticket's changes are
//! listed, so the repository's own ones (`Deferred`, `Failed`) are too.

use egi_model::role::Role;
use egi_model::rollout::RolloutState;

/// What must hold for a row to apply, beside the asker's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Nothing more.
    Always,
    /// `EmergencyRelease` is `Yes`.
    Emergency,
    /// The target is the state that was attempted when the release failed, or the one it stood in before.
    Resume,
}

/// One allowed transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// Where the release stands.
    pub from: RolloutState,
    /// Where it is asked to go.
    pub to: RolloutState,
    /// Who may ask. For [`Condition::Resume`] the policy says who.
    pub who: &'static [Role],
    /// What else must hold.
    pub when: Condition,
    /// What it means, for documents and for people who ask what they may do.
    pub meaning: &'static str,
}

use Condition::{Always, Emergency, Resume};
use RolloutState::{
    Deferred, Failed, Ignored, InVerification, NotPublished, Production, Rejected, StageRollout, Submitted, Unverified,
    WaitingForResponse,
};

const TEAMS: &[Role] = &[Role::Verifier, Role::RolloutManager, Role::ReleaseManager, Role::Admin];
const QC: &[Role] = &[Role::Verifier];
const SR: &[Role] = &[Role::RolloutManager];
const QC_SR: &[Role] = &[Role::Verifier, Role::RolloutManager];
const SR_RM: &[Role] = &[Role::RolloutManager, Role::ReleaseManager];
const RM: &[Role] = &[Role::ReleaseManager];
const REPO: &[Role] = &[Role::Repository];
const REPO_SR: &[Role] = &[Role::Repository, Role::RolloutManager];
const ADMIN: &[Role] = &[Role::Admin];
const ADMIN_QC: &[Role] = &[Role::Admin, Role::Verifier];

const FETCH: &str = "fetched, verified and placed in the unverified area";
const SWING: &str = "the verifier waits for the provider, or got the answer";
const STAGE: &str = "moved to the staged-rollout area, or deferred while another release holds the slot";
const CLEAN: &str = "removed from the areas, the ticket resolved";
const FAIL: &str = "the repository could not do what was asked and says why";
const RESUME: &str = "the attempt is made again, or the release goes back to where it stood";
const SKIP: &str = "an emergency skips the areas in between";

const fn row(
    from: RolloutState,
    to: RolloutState,
    who: &'static [Role],
    when: Condition,
    meaning: &'static str,
) -> Transition {
    Transition { from, to, who, when, meaning }
}

/// Every allowed transition of a ticket.
pub const TRANSITIONS: [Transition; 40] = [
    row(Submitted, Unverified, TEAMS, Always, FETCH),
    row(Unverified, InVerification, QC, Always, "a verifier takes it up"),
    row(InVerification, WaitingForResponse, QC, Always, SWING),
    row(WaitingForResponse, InVerification, QC, Always, SWING),
    row(InVerification, StageRollout, QC, Always, STAGE),
    row(WaitingForResponse, StageRollout, QC, Always, STAGE),
    row(InVerification, Rejected, QC, Always, CLEAN),
    row(WaitingForResponse, Rejected, QC, Always, CLEAN),
    row(StageRollout, Deferred, REPO, Always, "another release holds the slot"),
    row(Deferred, StageRollout, REPO_SR, Always, "the slot is free: oldest first"),
    row(StageRollout, Production, SR, Always, "all reports evaluated: moved to base or updates"),
    row(StageRollout, Rejected, SR, Always, CLEAN),
    row(Deferred, Rejected, SR, Always, CLEAN),
    row(Deferred, NotPublished, SR, Always, CLEAN),
    row(Submitted, Ignored, QC_SR, Always, CLEAN),
    row(Unverified, Ignored, QC_SR, Always, CLEAN),
    row(InVerification, Ignored, QC_SR, Always, CLEAN),
    row(WaitingForResponse, Ignored, QC_SR, Always, CLEAN),
    row(Unverified, Rejected, QC, Always, CLEAN),
    row(InVerification, NotPublished, SR_RM, Always, CLEAN),
    row(StageRollout, NotPublished, SR_RM, Always, CLEAN),
    row(Submitted, Failed, REPO, Always, FAIL),
    row(Unverified, Failed, REPO, Always, FAIL),
    row(InVerification, Failed, REPO, Always, FAIL),
    row(WaitingForResponse, Failed, REPO, Always, FAIL),
    row(StageRollout, Failed, REPO, Always, FAIL),
    row(Deferred, Failed, REPO, Always, FAIL),
    row(Failed, Unverified, ADMIN, Resume, RESUME),
    row(Failed, InVerification, ADMIN, Resume, RESUME),
    row(Failed, WaitingForResponse, ADMIN, Resume, RESUME),
    row(Failed, StageRollout, ADMIN, Resume, RESUME),
    row(Failed, Deferred, ADMIN, Resume, RESUME),
    row(Failed, Production, ADMIN, Resume, RESUME),
    row(Failed, NotPublished, ADMIN, Resume, RESUME),
    row(Failed, Submitted, ADMIN, Always, "the provider mends the delivery: everything is read anew"),
    row(Failed, Rejected, ADMIN_QC, Always, CLEAN),
    row(Failed, Ignored, ADMIN_QC, Always, CLEAN),
    row(Unverified, StageRollout, RM, Emergency, SKIP),
    row(Unverified, Production, RM, Emergency, SKIP),
    row(InVerification, Production, RM, Emergency, SKIP),
];

/// The one move that only the repository makes and that no row has, because the release itself does not move: a ticket that was set to
/// production before early adopters had shown enough goes back to where its release waits.
pub const PUT_BACK: (RolloutState, RolloutState) = (Production, StageRollout);

/// The row for one pair of states.
#[must_use]
pub fn find(from: RolloutState, to: RolloutState) -> Option<&'static Transition> {
    TRANSITIONS.iter().find(|t| t.from == from && t.to == to)
}

/// The rows that leave `from`.
pub fn leaving(from: RolloutState) -> impl Iterator<Item = &'static Transition> {
    TRANSITIONS.iter().filter(move |t| t.from == from)
}
