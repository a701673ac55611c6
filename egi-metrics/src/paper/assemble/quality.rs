//! What is odd in the facts, kind by kind; and what changed in months that were closed.

use std::collections::BTreeSet;

use crate::paper::data::{QualityRow, RestatementRow};
use crate::quality::{Problem, ProblemKind};
use crate::report::MonthReport;
use crate::restate::Restatement;
use crate::table::ALL;

pub(super) fn rows(month: &MonthReport) -> Vec<QualityRow> {
    let row = |kind: ProblemKind| {
        let problems: Vec<&Problem> = month.problems.iter().filter(|problem| problem.kind == kind).collect();
        let tickets: BTreeSet<u64> = problems.iter().filter_map(|problem| Some(problem.ticket?.get())).collect();
        (!problems.is_empty()).then(|| QualityRow {
            problem: kind.as_str().to_owned(),
            effect: kind.effect().to_owned(),
            count: u64::try_from(problems.len()).unwrap_or(u64::MAX),
            tickets: tickets.into_iter().collect(),
        })
    };
    ProblemKind::ALL.into_iter().filter_map(row).collect()
}

pub(super) fn restatement(change: &Restatement) -> RestatementRow {
    let row = if change.row == ALL { String::new() } else { format!("{}, ", change.row) };
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "0".to_owned());
    RestatementRow {
        month: change.month.to_string(),
        metric: change.metric.clone(),
        cell: format!("{row}{}", change.column),
        before: shown(&change.old),
        now: shown(&change.new),
        reason: change.reason.clone(),
    }
}
