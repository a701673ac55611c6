//! Our numbers beside those of `DuckDB`, made by other rules' words from the same facts: equal in every cell.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use egi_model::month::Month;
use nsrw_tests::numbers::logs::{LogShape, random_log};
use nsrw_tests::numbers::reference::compare;

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

#[test]
fn ten_thousand_random_releases_count_as_duckdb_counts_them() {
    let scratch = tempfile::tempdir().unwrap();
    // NSRW_LOG_SEED and NSRW_LOG_TICKETS ask for another log.
    let asked = |name: &str, usual: u64| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (seed, tickets) = (asked("NSRW_LOG_SEED", 7), asked("NSRW_LOG_TICKETS", 10_000));
    let facts = random_log(LogShape { tickets, days: 900, seed, wrong_times: 0 });
    let cells = compare(&facts, [month("2016-03"), month("2018-06")], scratch.path()).unwrap();
    assert!(cells > 100_000, "only {cells} cells were compared");
}

#[test]
fn impossible_times_count_as_duckdb_counts_them() {
    for seed in 1..=3 {
        let scratch = tempfile::tempdir().unwrap();
        let facts = random_log(LogShape { tickets: 800, days: 300, seed, wrong_times: 30 });
        compare(&facts, [month("2016-01"), month("2017-02")], scratch.path()).unwrap();
    }
}
