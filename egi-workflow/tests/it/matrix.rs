//! All 121 pairs of states, with the verdict and the effects of each.

use std::fmt::Write as _;

use egi_model::rollout::RolloutState;
use egi_workflow::{Decision, Effect, decide, plan};

use crate::world::{emergency, snapshot};

fn verdict(decision: &Decision) -> String {
    match decision {
        Decision::Proceed { .. } => "proceed".to_owned(),
        Decision::Defer { holder } => format!("defer behind {holder}"),
        Decision::Unchanged(standing) => format!("unchanged ({standing:?})"),
        Decision::Refuse(reasons) => {
            format!("refuse: {}", reasons.iter().map(egi_workflow::Reason::code).collect::<Vec<_>>().join(", "))
        }
    }
}

pub(crate) fn brief(effect: &Effect) -> String {
    match effect {
        Effect::Fetch { .. } => "fetch".to_owned(),
        Effect::Accept { .. } => "accept".to_owned(),
        Effect::Place { repo, mode, .. } => format!("place {repo} ({mode:?})"),
        Effect::Withdraw { repo } => format!("withdraw {repo}"),
        Effect::DropScratch => "drop scratch".to_owned(),
        Effect::SetProgress { expected, to } => format!("progress {expected} => {to}"),
        Effect::SetField { field, value } => format!("{field} = \"{value}\""),
        Effect::Comment { text } => format!("comment: {}", text.lines().next().unwrap_or_default()),
        Effect::SetWatchers { groups } => {
            format!("tell [{}]", groups.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
        Effect::Invite { team, .. } => format!("invite {}", team.name),
        Effect::EndInvitations => "end the invitations".to_owned(),
        Effect::NoteReport { link } => format!("note the report {link}"),
        Effect::SetStatus { status } => format!("status {status}"),
    }
}

#[test]
fn all_121_pairs_of_states() {
    let mut text = String::new();
    for from in RolloutState::ALL {
        for asked in RolloutState::ALL {
            let snapshot = snapshot(from, asked);
            let decision = decide(&snapshot);
            writeln!(text, "{from} -> {asked}: {}", verdict(&decision)).unwrap();
            for step in plan(&snapshot, &decision).map(|p| p.steps).unwrap_or_default() {
                writeln!(text, "    {}", brief(&step)).unwrap();
            }
        }
    }
    assert_eq!(text.lines().filter(|line| !line.starts_with(' ')).count(), 121);
    insta::assert_snapshot!(text);
}

#[test]
fn an_emergency_opens_three_more_ways() {
    let mut text = String::new();
    for from in RolloutState::ALL {
        for asked in RolloutState::ALL {
            let usual = verdict(&decide(&snapshot(from, asked)));
            let emergency = verdict(&decide(&emergency(from, asked)));
            if usual != emergency {
                writeln!(text, "{from} -> {asked}: {usual} / in an emergency: {emergency}").unwrap();
            }
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn the_document_of_the_table_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/transitions.md");
    let current = egi_workflow::diagram::render_markdown();
    assert_eq!(
        std::fs::read_to_string(path).unwrap_or_default(),
        current,
        "docs/transitions.md is stale: run `make docs`"
    );
}
