//! What is odd in the log, kind by kind.

use std::collections::BTreeSet;

use crate::paper::data::QualityRow;
use crate::quality::{Problem, ProblemKind};
use crate::report::MonthReport;

pub(super) fn rows(report: &MonthReport) -> Vec<QualityRow> {
    let row = |kind: ProblemKind| {
        let problems: Vec<&Problem> = report.problems.iter().filter(|problem| problem.kind == kind).collect();
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
