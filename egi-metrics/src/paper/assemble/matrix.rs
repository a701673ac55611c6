//! Early adopters and NGIs, month by month: what they reported (M.SA1.3-6 and -7), and who kept silent.

use std::collections::{BTreeMap, BTreeSet};

use super::{Story, count, month_name};
use crate::catalog::id::{M_SA1_3_6, M_SA1_3_7};
use crate::frame::name;
use crate::paper::data::{Matrix, MatrixRow};
use crate::table::{ALL, UNKNOWN};

/// What a row was asked for in all months.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    invited: u64,
    silent: u64,
}

pub(super) fn adopters(story: &Story<'_>) -> Matrix {
    let asked = |team: &str| asked_of(story, team);
    let ngi = |team: &str| ngi_of(story, team).unwrap_or_default().to_owned();
    matrix(story, M_SA1_3_6, name::RELEASES, ngi, asked, names(story, M_SA1_3_6))
}

pub(super) fn ngis(story: &Story<'_>) -> Matrix {
    let mut asked: BTreeMap<String, Asked> = BTreeMap::new();
    for team in names(story, M_SA1_3_6) {
        let ngi = ngi_of(story, team).unwrap_or(UNKNOWN);
        let (sum, own) = (asked.entry(ngi.to_owned()).or_default(), asked_of(story, team));
        *sum = Asked { invited: sum.invited + own.invited, silent: sum.silent + own.silent };
    }
    let rows = names(story, M_SA1_3_7).into_iter().chain(asked.keys().map(String::as_str)).collect();
    let of_ngi = |ngi: &str| asked.get(ngi).copied().unwrap_or_default();
    matrix(story, M_SA1_3_7, name::PARTICIPATIONS, |_| String::new(), of_ngi, rows)
}

/// The names that a table has a row for in any of the months.
fn names<'a>(story: &Story<'a>, metric: &str) -> BTreeSet<&'a str> {
    let tables = story.report.months.iter().filter_map(|month| month.table(metric));
    tables.flat_map(|table| &table.rows).map(|row| row.name.as_str()).filter(|name| *name != ALL).collect()
}

/// The NGI that a team belonged to last.
fn ngi_of<'a>(story: &Story<'a>, team: &str) -> Option<&'a str> {
    (0..story.report.months.len()).rev().find_map(|place| story.report.home(place, team, |home| home.ngi))
}

fn asked_of(story: &Story<'_>, team: &str) -> Asked {
    let sum = |column| story.report.months.iter().map(|month| count(month, M_SA1_3_6, team, column)).sum();
    Asked { invited: sum(name::INVITED), silent: sum(name::NO_ANSWER) }
}

fn matrix(
    story: &Story<'_>,
    metric: &str,
    column: &str,
    of: impl Fn(&str) -> String,
    asked: impl Fn(&str) -> Asked,
    rows: BTreeSet<&str>,
) -> Matrix {
    let months = &story.report.months;
    let row = |name: &str| {
        let counts: Vec<u64> = months.iter().map(|month| count(month, metric, name, column)).collect();
        let Asked { invited, silent } = asked(name);
        let never = invited > 0 && silent == invited && counts.iter().all(|count| *count == 0);
        MatrixRow { name: name.to_owned(), of: of(name), counts, silent, never }
    };
    let rows: Vec<MatrixRow> = rows.into_iter().map(row).collect();
    Matrix {
        months: months.iter().map(|month| month_name(month.month)).collect(),
        most: rows.iter().flat_map(|row| &row.counts).copied().max().unwrap_or(0),
        rows,
    }
}
