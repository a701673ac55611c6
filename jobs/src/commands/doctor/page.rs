//! `docs/doctor.md`, rendered from the list of checks.

use std::fmt::Write as _;

use super::check::{Check, Severity};

const HEAD: &str = "\
# Doctor: the whole site's health

<!-- Rendered from jobs/src/commands/doctor/check.rs by `make docs`. -->

`nsrw doctor` looks at settings and secrets, the database, the ticket system, the repository tree and the machine, and lists
everything that is not as it should be: a code that never changes, what and where it is, and its repair. It changes nothing,
except that, as every command, it brings the database's tables up to date when it opens the site. A site in order gives *the site is well*.

    nsrw doctor                              # what is wrong, and what mends it
    nsrw doctor --fix --because 'after the power cut'
    nsrw doctor --json                       # for a monitor: findings with code, severity, where, what, repair, fixable

`--fix` does what is safe: what can be repeated, takes nothing away that anybody needs and decides nothing that is for people.
It takes the role that [roles.md](roles.md) names, says of each finding what came of it, and is noted in `nsrw repo log`. The rest is left with what
a person has to do. Files are looked at by name and size; `nsrw repo verify` reads every byte.

What differs between tickets, database and tree is found by the same code for `nsrw doctor` and for `nsrw sync`. The two differ in what they are
for: `nsrw sync` catches up with the ticket system, as after it was down; `nsrw doctor` is for everything. Whether Request Tracker's own
configuration has drifted is told by `nsrw rt diff`.

| ends with | when |
| --- | --- |
| 0 | nothing was found, notes alone, or all else was mended |
| 1 | it did not work, and the message says why |
| 2 | the command line or the settings can not be used |
| 3 | at least one fault is left |
| 5 | no fault is left, and at least one warning |

";

/// The page.
#[must_use]
pub fn render_page() -> String {
    let mut page = HEAD.to_owned();
    for severity in [Severity::Fault, Severity::Warning, Severity::Note] {
        let _ = writeln!(page, "## {}s\n", title(severity));
        page.push_str("| code | what it means | repair | `--fix` |\n| --- | --- | --- | --- |\n");
        for check in Check::ALL.iter().map(|check| check.describe()).filter(|check| check.severity == severity) {
            let fix = check.fix.unwrap_or("");
            let _ = writeln!(page, "| `{}` | {} | {} | {fix} |", check.code, check.meaning, check.repair);
        }
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

const fn title(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "Note",
        Severity::Warning => "Warning",
        Severity::Fault => "Fault",
    }
}
