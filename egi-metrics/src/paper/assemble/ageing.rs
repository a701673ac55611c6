//! What waits at the month's end, oldest first, and which of it waits longer than it should.

use egi_model::rollout::RolloutState;

use super::{Setting, Story, day};
use crate::paper::data::{Ageing, AgeingRow, LimitRow};
use crate::stay::Stay;

pub(super) fn of(story: &Story<'_>, setting: &Setting) -> Ageing {
    let measured = story.month.month.end().min(story.report.as_of());
    let open = story.report.open_stays(story.month.month);
    let is_over = |stay: &Stay| {
        let limit = setting.limits.get(&stay.state);
        limit.is_some_and(|limit| setting.calendar.ends(*limit, stay.entered) < measured)
    };
    let rows: Vec<AgeingRow> = open
        .iter()
        .map(|stay| AgeingRow {
            ticket: stay.ticket.get(),
            release: stay.release.clone().unwrap_or_default(),
            provider: stay.provider.clone().unwrap_or_default(),
            state: stay.state.to_string(),
            since: day(stay.entered),
            seconds: stay.seconds.unwrap_or(0),
            over: is_over(stay),
        })
        .collect();
    let limits = RolloutState::ALL
        .into_iter()
        .filter(|state| !state.is_terminal())
        .map(|state| limit_row(state, setting, &rows));
    Ageing { limits: limits.collect(), rows }
}

fn limit_row(state: RolloutState, setting: &Setting, rows: &[AgeingRow]) -> LimitRow {
    let limit = setting.limits.get(&state);
    let of_state = || rows.iter().filter(|row| row.state == state.as_str());
    let count = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
    LimitRow {
        state: state.to_string(),
        limit: limit.map(ToString::to_string).unwrap_or_default(),
        seconds: limit.map_or(0, |limit| limit.days() * 86_400),
        open: count(of_state().count()),
        over: count(of_state().filter(|row| row.over).count()),
    }
}
