//! `docs/roles.md`, rendered from the table.

use std::fmt::Write as _;

use egi_model::role::Role;

use super::table::{Act, ELSEWHERE};

const HEAD: &str = "\
# Roles: who may do what by hand

<!-- Rendered from jobs/src/permission/table.rs by `make docs`. -->

A role is given in `[[people]]` of `nsrw.toml`:

    [[people]]
    name = \"kostas\"
    roles = [\"admin\", \"release-manager\"]

Who runs a command is whom `--as` names (or `NSRW_ACCOUNT`), else the user of the operating system. `nsrw init` makes who runs it an
administrator. Who has no role for a command is told which it takes, and nothing is changed (exit code 1). An administrator may do
everything in the table. `--because` says why, for the log; where `--as` names somebody else than the user of the operating system, the log tells
both. What only looks needs no role, nor does `--dry-run`; nor does what the site does by itself and at any time (`serve`, `promote`, `clocks`, `notify`).

Nobody checks `--as`: the roles are for people who want to keep to what was agreed. What that is worth stands in [security.md](security.md).

";

/// The page.
#[must_use]
pub fn render_page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("| command | what it changes | who may | written down in |\n| --- | --- | --- | --- |\n");
    for rule in Act::ALL.iter().map(|act| act.rule()) {
        let may = rule.may.iter().map(|role: &Role| role.as_str()).collect::<Vec<_>>().join(", ");
        let _ = writeln!(page, "| `nsrw {}` | {} | {may} | {} |", rule.command, rule.changes, rule.log);
    }
    page.push_str("\nJudged elsewhere, by rules that know more than roles:\n\n");
    page.push_str("| what | who may | judged by | written down in |\n| --- | --- | --- | --- |\n");
    for row in ELSEWHERE {
        let _ = writeln!(page, "| {} |", row.join(" | "));
    }
    page
}
