//! The past of an old Request Tracker, read straight from its database: on every kind of database RT runs on.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use nsrw_tests::old_rt::{Kind, OldRt};
use nsrw_tests::site::Site;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A site that has never heard of a release.
fn new_site() -> (TempDir, Site) {
    let home = tempfile::tempdir().unwrap();
    let site = Site::init(&home.path().join("site"), "http://repository.example.org/sw").unwrap();
    (home, site)
}

fn import(site: &Site, old: &OldRt) -> (i32, Value) {
    let ended = site.nsrw(&["rt", "import-history", "--json", "--database", &old.url()]).unwrap();
    let summary = serde_json::from_str(&ended.answer).unwrap_or_else(|_| panic!("{}{}", ended.answer, ended.log));
    (ended.code, summary)
}

/// The log of a ticket, a line for each entry.
fn log(site: &Site, ticket: u64) -> Vec<String> {
    site.done(&["history", &ticket.to_string()]).unwrap().lines().map(str::to_owned).collect()
}

/// How many tickets of the thousands: of each ten one fails and is submitted anew, one is rejected, eight go through.
const TICKETS: u32 = 5000;

fn thousands_are_imported_once(kind: Kind) {
    let old = OldRt::new(kind).unwrap();
    old.fill(TICKETS).unwrap();
    let (_home, site) = new_site();
    let (code, summary) = import(&site, &old);
    assert_eq!(code, 0, "{summary}");
    assert_eq!(summary["read"], 5 * TICKETS);
    assert_eq!(summary["imported"], json!({
        "releases": TICKETS, "changes": 4 * TICKETS - TICKETS / 10, "attempts": TICKETS / 10,
        "known": 0, "late": 0, "own": [],
    }));
    assert_eq!(summary["forbidden"], json!([]));
    assert_eq!(
        log(&site, 1006),
        [
            "2012-01-01 00:06:00  ticket 1006 performed stands in Submitted  by tp1",
            "2012-01-02 00:06:00  ticket 1006 performed Submitted -> Unverified  by jürgen",
            "2012-01-03 00:06:00  ticket 1006 performed Unverified -> InVerification  by jürgen",
            "2012-01-04 00:06:00  ticket 1006 performed InVerification -> StageRollout  by jürgen",
            "2012-01-05 00:06:00  ticket 1006 performed StageRollout -> Production  by jürgen",
        ]
    );
    assert_eq!(
        log(&site, 1013)[1..],
        [
            "2012-01-03 00:13:00  ticket 1013 failed    Submitted -> Failed (asked: Unverified)  by naïve 😀",
            "2012-01-04 00:13:00  ticket 1013 performed Failed -> Submitted  by naïve 😀",
            "2012-01-05 00:13:00  ticket 1013 performed Submitted -> Unverified  by naïve 😀",
        ]
    );
    let records: Value = serde_json::from_str(&site.done(&["history", "--json", "1006"]).unwrap()).unwrap();
    assert_eq!(records[1]["entry"]["release"], "storm 1.11.6 – été 😀");
    assert_eq!(records[1]["entry"]["imported"], 1000 + 2 * (TICKETS + 6));

    let before = site.done(&["history", "verify"]).unwrap();
    let (code, again) = import(&site, &old);
    assert_eq!((code, &again["imported"]["releases"], &again["imported"]["changes"]), (0, &json!(0), &json!(0)));
    let all = site.done(&["rt", "import-history", "--again", "--json", "--database", &old.url()]).unwrap();
    let all: Value = serde_json::from_str(&all).unwrap();
    assert_eq!((&all["read"], &all["imported"]["known"]), (&json!(5 * TICKETS), &json!(5 * TICKETS)));
    assert_eq!(site.done(&["history", "verify"]).unwrap(), before);
}

#[test]
fn thousands_are_imported_once_from_sqlite() {
    thousands_are_imported_once(Kind::Sqlite);
}

#[test]
fn thousands_are_imported_once_from_postgresql() {
    thousands_are_imported_once(Kind::Postgres);
}

#[test]
fn thousands_are_imported_once_from_mariadb() {
    thousands_are_imported_once(Kind::Mariadb);
}
