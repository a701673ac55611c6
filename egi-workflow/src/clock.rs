//! Who is waiting for whom, and since when too long. Pure: what is due is told from where a release stands and since when.

use chrono::{DateTime, Utc};
use egi_model::history::HistoryRecord;
use egi_model::limit::{Calendar, Limit, Limits};
use egi_model::role::Group;
use egi_model::rollout::RolloutState;

use crate::notify::Matrix;
use crate::record::ReleaseRecord;

/// What a site has agreed about time.
#[derive(Debug, Clone, Copy)]
pub struct Agreed<'a> {
    /// Which days people work on.
    pub calendar: &'a Calendar,
    /// How long a release may stand in a state.
    pub limits: &'a Limits,
    /// When the provider is reminded of the answer that is waited for.
    pub provider_reminder: Limit,
    /// How long the provider may be without news of a release on its way.
    pub provider_news: Limit,
    /// Who hears of which state.
    pub matrix: &'a Matrix,
}

/// What a clock is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The service limit of the state is passed: somebody explains, and the release is delayed.
    Limit(Limit),
    /// The provider is reminded that an answer is waited for.
    Answer(Limit),
    /// The provider has heard nothing for long: the n-th time.
    News(Limit, u32),
}

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// What for.
    pub purpose: Purpose,
    /// Where the release stands.
    pub state: RolloutState,
    /// Since when it waits.
    pub since: DateTime<Utc>,
    /// When it is due.
    pub due: DateTime<Utc>,
    /// Who can do something about it.
    pub groups: Vec<Group>,
}

impl Clock {
    /// What tells it from all other clocks of the release: the same as long as the release stands where it does.
    #[must_use]
    pub fn key(&self) -> String {
        let what = match self.purpose {
            Purpose::Limit(_) => "limit".to_owned(),
            Purpose::Answer(_) => "answer".to_owned(),
            Purpose::News(_, time) => format!("news {time}"),
        };
        format!("{what} {} {}", self.state, self.since.timestamp())
    }

    /// Whether it makes the release a delayed one.
    #[must_use]
    pub const fn delays(&self) -> bool {
        matches!(self.purpose, Purpose::Limit(_))
    }
}

/// The clocks of a release: those that are due at `now`, and those that run.
#[must_use]
pub fn clocks(agreed: Agreed<'_>, record: &ReleaseRecord, history: &[HistoryRecord], now: DateTime<Utc>) -> Vec<Clock> {
    let (state, since) = (record.state, record.since);
    if state.is_terminal() {
        return Vec::new();
    }
    let clock = |purpose, limit, groups: &[Group]| Clock {
        purpose,
        state,
        since,
        due: agreed.calendar.ends(limit, since),
        groups: groups.to_vec(),
    };
    let mut all = Vec::new();
    if let Some(limit) = agreed.limits.get(&state) {
        all.push(clock(Purpose::Limit(*limit), *limit, responsible(state)));
    }
    if state == RolloutState::WaitingForResponse {
        let limit = agreed.provider_reminder;
        all.push(clock(Purpose::Answer(limit), limit, &[Group::Requestors]));
    }
    all.extend(news(agreed, record, history, now));
    all.sort_by_key(|clock| clock.due);
    all
}

/// Who can move a release on.
const fn responsible(state: RolloutState) -> &'static [Group] {
    match state {
        RolloutState::Unverified | RolloutState::InVerification | RolloutState::WaitingForResponse => {
            &[Group::Verifiers]
        }
        RolloutState::StageRollout | RolloutState::Deferred => &[Group::RolloutTeam],
        RolloutState::Submitted
        | RolloutState::Failed
        | RolloutState::Production
        | RolloutState::Rejected
        | RolloutState::Ignored
        | RolloutState::NotPublished => &[Group::Admins],
    }
}

/// The provider hears of the states that the matrix has them hear of; when none came for long, they hear that.
fn news(agreed: Agreed<'_>, record: &ReleaseRecord, history: &[HistoryRecord], now: DateTime<Utc>) -> Option<Clock> {
    let told = |to: RolloutState| agreed.matrix.groups(to).contains(&Group::Requestors);
    let first = history.first().map(|record| record.entry.at)?;
    let heard = history.iter().map(|record| &record.entry).filter(|entry| told(entry.to)).map(|entry| entry.at);
    let since = heard.fold(first, Ord::max);
    let limit = agreed.provider_news;
    // One length after the other, so that a month is a month each time.
    let ends = std::iter::successors(Some(agreed.calendar.ends(limit, since)), |end| {
        Some(agreed.calendar.ends(limit, *end)).filter(|next| next > end)
    });
    let mut found = None;
    for (time, due) in (1..).zip(ends.take(1000)) {
        if found.is_some() && due > now {
            break;
        }
        found = Some((time, due));
    }
    let (time, due) = found?;
    Some(Clock {
        purpose: Purpose::News(limit, time),
        state: record.state,
        since,
        due,
        groups: vec![Group::Requestors],
    })
}
