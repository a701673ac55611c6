//! `docs/rt-setup.md`: what the RT of a new site has, as a page.

use std::fmt::Write as _;

use super::desired;
use crate::config::Config;

/// The page, for a site that changed no setting.
#[must_use]
pub fn render_page() -> String {
    let desired = desired(&Config::default());
    let mut text = String::from(
        "# What Request Tracker has\n\n\
         Rendered from `FIELDS`, `TRANSITIONS`, the roles and the notification matrix by `make docs`; a test fails when this \
         page is stale. [rt.md](rt.md) tells how it gets there.\n\n## Queues\n\n| queue | for | lifecycle | AdminCc |\n\
         | --- | --- | --- | --- |\n",
    );
    // Writing to a String can not fail.
    for queue in &desired.queues {
        let ccs = queue.admin_ccs.join(", ");
        let _ = writeln!(text, "| {} | {} | {} | {ccs} |", queue.name, queue.description, queue.lifecycle);
    }
    text.push_str("\n## Groups\n\n| group | |\n| --- | --- |\n");
    for group in &desired.groups {
        let _ = writeln!(text, "| {} | {} |", group.name, group.description);
    }
    text.push_str(
        "\n## Fields\n\n| queue | field | for | type | values | default | pattern |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for field in &desired.fields {
        let (values, default) = (field.values.join(", "), field.default.unwrap_or_default());
        let pattern = if field.pattern.is_empty() { String::new() } else { format!("`{}`", field.pattern) };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {values} | {default} | {pattern} |",
            field.queue, field.name, field.description, field.kind
        );
    }
    text.push_str("\n## Rights\n\n| on | to | rights |\n| --- | --- | --- |\n");
    for same in desired.rights.chunk_by(|a, b| (&a.on, &a.to) == (&b.on, &b.to)) {
        let names: Vec<_> = same.iter().map(|right| right.name).collect();
        if let Some(first) = same.first() {
            let _ = writeln!(text, "| {} | {} | {} |", first.on, first.to, names.join(", "));
        }
    }
    text.push_str("\n## Scrips\n\n| order | scrip | when | does | mail |\n| --- | --- | --- | --- | --- |\n");
    for scrip in &desired.scrips {
        let (what, when, does) = (scrip.description, scrip.condition, scrip.action);
        let _ = writeln!(text, "| {} | {what} | {when} | {does} | {} |", scrip.order, scrip.template);
    }
    text
}
