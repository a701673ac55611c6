//! Renders the catalogue for readers: as a page, and as the file that goes with the numbers.

use polars::prelude::Column;

use crate::catalog::{ColumnSpec, DEFINITIONS_VERSION, FILES, GROUND_RULES, METRICS};
use crate::frame::{self, name};
use crate::quality::ProblemKind;

const ORIGIN: &str = "This page is rendered from the catalogue in `egi-metrics`: change the catalogue, raise its version, \
                      and render the page again.";
const FORMAT: &str = "All files are CSV as RFC 4180 has it: a header line, commas, CRLF, quotes where needed; UTF-8. An \
                      empty field means that there is none. Times are UTC.";

/// The page `docs/metrics.md`.
#[must_use]
pub fn definitions_markdown() -> String {
    let mut page =
        format!("# What each number means\n\nVersion {DEFINITIONS_VERSION} of the definitions. {ORIGIN}\n\n");
    push(&mut page, "## Rules for every metric\n\n");
    for (number, rule) in (1..).zip(&GROUND_RULES) {
        push(&mut page, &format!("{number}. **{}.** {}\n", rule.title, rule.text));
    }
    push(&mut page, "\n## Metrics\n");
    for metric in &METRICS {
        push(&mut page, &format!("\n### {}: {}\n\n{}\n\n", metric.id, metric.title, metric.definition));
        push(&mut page, &format!("Unit: {}. File: `{}.csv`.\n\n", metric.unit, metric.file));
        push_columns(&mut page, metric.columns);
    }
    push(&mut page, &format!("\n## Other files of a report\n\n{FORMAT}\n"));
    for file in &FILES {
        push(&mut page, &format!("\n### `{}.csv`\n\n{}\n\n", file.name, file.purpose));
        push_columns(&mut page, file.columns);
    }
    push(&mut page, "\n## What data-quality.csv reports\n\n| problem | what the numbers make of it |\n| --- | --- |\n");
    for kind in ProblemKind::ALL {
        push(&mut page, &format!("| {} | {} |\n", kind.as_str(), kind.effect()));
    }
    page
}

fn push(page: &mut String, text: &str) {
    page.push_str(text);
}

fn push_columns(page: &mut String, columns: &[ColumnSpec]) {
    push(page, "| column | meaning |\n| --- | --- |\n");
    for column in columns {
        push(page, &format!("| {} | {} |\n", column.name, column.meaning));
    }
}

/// The sheet `definitions`.
pub(crate) fn columns() -> Vec<Column> {
    let rules = GROUND_RULES.iter().map(|rule| ("all", rule.title, None, rule.text));
    let metrics = METRICS.iter().map(|metric| (metric.id, metric.title, Some(metric.unit), metric.definition));
    let rows: Vec<_> = rules.chain(metrics).collect();
    vec![
        frame::number(name::VERSION, &rows, |_| Some(DEFINITIONS_VERSION.into())),
        frame::text(name::METRIC, &rows, |row| Some(row.0)),
        frame::text(name::TITLE, &rows, |row| Some(row.1)),
        frame::text(name::UNIT, &rows, |row| row.2),
        frame::text(name::DEFINITION, &rows, |row| Some(row.3)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_definition_and_its_tables_are_whole() {
        let page = definitions_markdown();
        for metric in &METRICS {
            assert!(page.contains(metric.definition) && page.contains(metric.file), "{}", metric.id);
        }
        for line in page.lines().filter(|line| line.starts_with('|')) {
            assert_eq!(line.matches('|').count(), 3, "{line}");
        }
    }
}
