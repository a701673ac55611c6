//! What a plan does about early adopters.

use egi_model::early_adopter::TeamName;
use egi_model::field::Field;
use egi_model::rollout::RolloutState;

use crate::effect::Effect;
use crate::message::rollout as message;
use crate::reason::Reason;
use crate::record::ReleaseFacts;
use crate::snapshot::Snapshot;

/// The steps when a release enters staged rollout, or leaves it for anything but a failure.
pub(super) fn steps(snapshot: &Snapshot, facts: Option<&ReleaseFacts>) -> Vec<Effect> {
    let rollout = &snapshot.rollout;
    if snapshot.asked == RolloutState::StageRollout {
        return facts.filter(|_| rollout.teams_known).map(|facts| invite(snapshot, facts)).unwrap_or_default();
    }
    let mut steps = Vec::new();
    if snapshot.record.stood == RolloutState::StageRollout && !rollout.parts.is_empty() {
        steps.push(Effect::EndInvitations);
    }
    let report = snapshot.ticket.value(Field::StageRolloutReport);
    if let Some(link) = report.filter(|_| snapshot.asked == RolloutState::Production) {
        steps.push(Effect::NoteReport { link: link.to_owned() });
    }
    steps
}

/// Invites those who have no part in this delivery yet.
fn invite(snapshot: &Snapshot, facts: &ReleaseFacts) -> Vec<Effect> {
    let Some(delivery) = facts.content else { return Vec::new() };
    let rollout = &snapshot.rollout;
    let has_part =
        |name: &TeamName| rollout.parts.iter().any(|part| part.team == *name && part.delivery == Some(delivery));
    let teams: Vec<_> = rollout.volunteers.iter().filter(|team| !has_part(&team.name)).collect();
    let mut steps: Vec<Effect> =
        teams.iter().map(|team| Effect::Invite { team: Box::new((*team).clone()), delivery }).collect();
    if !teams.is_empty() || rollout.volunteers.is_empty() {
        steps.push(Effect::Comment { text: message::invited(&facts.title(), &teams) });
    }
    steps
}

/// For the history: by which word a release was accepted without which evidence.
pub(super) fn told_of_override(snapshot: &Snapshot, overridden: &[Reason]) -> Vec<String> {
    let Some(word) = snapshot.ticket.value(Field::RolloutOverride).filter(|_| !overridden.is_empty()) else {
        return Vec::new();
    };
    let lacking = overridden.iter().map(|reason| format!("{}: {reason}", reason.code()));
    [format!("override: {word}")].into_iter().chain(lacking).collect()
}
