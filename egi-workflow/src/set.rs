//! Sets: the releases of one product and version for several targets, which enter production together or not at all.
//!
//! Each target has a ticket of its own, and people decide about each. Where the policy says so, a release that is asked
//! into production waits until every other of its set is asked too and may go; then the plan of whichever is looked at
//! first places all of them at once. A release that ended without being published has left its set. An emergency waits
//! for nobody.

use egi_model::area::Area;
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use crate::decide::emergency_of;
use crate::effect::{Effect, Joining};
use crate::plan::mode;
use crate::policy::{Policy, Sets};
use crate::record::{ReleaseFacts, ReleaseRecord};
use crate::snapshot::Snapshot;

/// Another release of the same set.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its record.
    pub record: ReleaseRecord,
    /// Whether it can go.
    pub standing: MemberStanding,
}

/// Whether a member of a set can go where the set goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberStanding {
    /// It is there already.
    There,
    /// It is asked there too, and nothing is in its way.
    Ready,
    /// It is not asked there.
    NotAsked,
    /// It is asked there and can not go, for these reasons.
    Hindered(Vec<String>),
}

/// Whether a release that is asked to `asked` goes with its set.
#[must_use]
pub fn go_together(policy: &Policy, asked: RolloutState, emergency: Emergency) -> bool {
    policy.sets == Sets::Together && policy.area_of(asked) == Some(Area::Production) && emergency == Emergency::No
}

/// Whether the release of `other` belongs to the same set as one with these facts.
#[must_use]
pub fn is_member(facts: &ReleaseFacts, other: &ReleaseRecord) -> bool {
    let gone = [RolloutState::Rejected, RolloutState::Ignored, RolloutState::NotPublished].contains(&other.state);
    !gone && other.facts.as_ref().is_some_and(|other| other.set() == facts.set())
}

/// The members that the release has to wait for.
#[must_use]
pub fn awaited(snapshot: &Snapshot) -> Vec<&Member> {
    if !go_together(&snapshot.policy, snapshot.asked, emergency_of(snapshot)) {
        return Vec::new();
    }
    let waits = |member: &&Member| match member.standing {
        MemberStanding::There | MemberStanding::Ready => false,
        MemberStanding::NotAsked | MemberStanding::Hindered(_) => true,
    };
    snapshot.set.iter().filter(waits).collect()
}

/// The members' tickets.
#[must_use]
pub fn tickets(members: &[&Member]) -> Vec<TicketId> {
    members.iter().map(|member| member.record.ticket).collect()
}

/// The effect that places the release and every member that is ready; `None` if it goes alone.
pub(crate) fn place(snapshot: &Snapshot, facts: &ReleaseFacts, area: Area) -> Option<Effect> {
    if !go_together(&snapshot.policy, snapshot.asked, emergency_of(snapshot)) {
        return None;
    }
    let ready = snapshot.set.iter().filter(|member| member.standing == MemberStanding::Ready);
    let others = ready.filter_map(|member| joining(member.record.ticket, member.record.facts.as_ref()?, area));
    let places: Vec<Joining> = joining(snapshot.ticket.id, facts, area).into_iter().chain(others).collect();
    (places.len() > 1).then_some(Effect::PlaceSet { places })
}

fn joining(ticket: TicketId, facts: &ReleaseFacts, area: Area) -> Option<Joining> {
    Some(Joining {
        ticket,
        repo: facts.repo(area).ok()?,
        content: facts.content?,
        product: facts.product(),
        target: facts.target.clone(),
        mode: mode(area, facts.release_type),
    })
}
