//! `docs/transitions.md`: the table and a diagram, rendered from [`TRANSITIONS`] and the notification matrix.

use std::fmt::Write as _;

use egi_model::role::{Group, Role};
use egi_model::rollout::RolloutState;

use crate::notify::MATRIX;
use crate::table::{Condition, TRANSITIONS, Transition};

/// The whole document.
#[must_use]
pub fn render_markdown() -> String {
    let mut text = String::from(
        "# Transitions\n\n\
         Rendered from `TRANSITIONS` in `egi-workflow/src/table.rs` and `MATRIX` in `egi-workflow/src/notify.rs` by \
         `make docs`; a test fails when this page is stale.\n\n",
    );
    text.push_str(&render_mermaid());
    text.push_str("\n| from | to | who may ask | when | what it means |\n| --- | --- | --- | --- | --- |\n");
    for row in &TRANSITIONS {
        // Writing to a String can not fail.
        let _ = writeln!(text, "| {} | {} | {} | {} | {} |", row.from, row.to, who(row), when(row.when), row.meaning);
    }
    text.push_str("\nEverything not listed is refused, with a comment that says why.\n\n");
    text.push_str(&render_matrix());
    text
}

fn who(row: &Transition) -> String {
    match row.when {
        Condition::Resume => "whom the policy's `retry` names (admin by default)".to_owned(),
        Condition::Always | Condition::Emergency => {
            row.who.iter().map(|role: &Role| role.as_str()).collect::<Vec<_>>().join(", ")
        }
    }
}

const fn when(condition: Condition) -> &'static str {
    match condition {
        Condition::Always => "always",
        Condition::Emergency => "`EmergencyRelease` is Yes",
        Condition::Resume => "it was attempted, or the release stood there",
    }
}

fn render_mermaid() -> String {
    let mut text = String::from("```mermaid\nstateDiagram-v2\n    [*] --> Submitted\n");
    // Failures would hide the workflow under arrows: they are in the table.
    let drawn = TRANSITIONS.iter().filter(|t| t.from != RolloutState::Failed && t.to != RolloutState::Failed);
    for row in drawn {
        let label = if row.when == Condition::Emergency { " : emergency" } else { "" };
        let _ = writeln!(text, "    {} --> {}{label}", row.from, row.to);
    }
    for state in RolloutState::ALL.into_iter().filter(|s| s.is_terminal()) {
        let _ = writeln!(text, "    {state} --> [*]");
    }
    text.push_str("```\n");
    text
}

fn render_matrix() -> String {
    let mut text = String::from("## Who hears of which state\n\n| state |");
    for group in Group::ALL {
        let _ = write!(text, " {group} |");
    }
    text.push_str("\n| --- |");
    text.push_str(&" --- |".repeat(Group::ALL.len()));
    for (state, groups) in MATRIX {
        let _ = write!(text, "\n| {state} |");
        for group in Group::ALL {
            text.push_str(if groups.contains(&group) { " yes |" } else { " |" });
        }
    }
    text.push_str("\n\n`sw-rel-admin` is the queue's AdminCc and hears of every change besides.\n");
    text
}
