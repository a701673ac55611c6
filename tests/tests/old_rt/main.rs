//! The past of an old Request Tracker, read straight from its database: on every kind of database RT runs on.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where its world can not be built")]
#![expect(clippy::indexing_slicing, reason = "a record or a field that is not there fails the test")]

mod rest;

use std::process::Command;
use std::time::Duration;

use nsrw_tests::old_rt::{Kind, OldRt, site_without_past};
use nsrw_tests::process::{run, wait_until};
use nsrw_tests::site::Site;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A site that has never heard of a release.
fn new_site() -> (TempDir, Site) {
    let home = tempfile::tempdir().unwrap();
    let site = site_without_past(&home.path().join("site")).unwrap();
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
    assert_eq!(
        summary["imported"],
        json!({
            "releases": TICKETS, "changes": 4 * TICKETS - TICKETS / 10, "attempts": TICKETS / 10,
            "known": 0, "late": 0, "own": [],
        })
    );
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

/// What RT's own library makes of a release's life, on each kind of database.
fn oddities_are_imported_as_they_happened(kind: Kind) {
    let old = OldRt::new(kind).unwrap();
    let tickets = old.add_oddities().unwrap();
    let [failed, merged, deleted, moved, respelled, unknown, urgent, elsewhere] = tickets[..] else {
        panic!("{tickets:?}")
    };
    let (_home, site) = new_site();
    let (code, summary) = import(&site, &old);
    assert_eq!(code, 3, "a value that is no state is a fault: {summary}");
    let left = &summary["left"];
    assert_eq!((&left["merged"], &left["deleted"]), (&json!([merged]), &json!([deleted])), "{summary}");
    assert_eq!(left["respelled"], 1);
    assert_eq!(left["examples"][0]["ticket"], json!(unknown));
    assert!(left["examples"][0]["why"].as_str().unwrap().contains("\"Published\" is no rollout state"), "{summary}");
    assert_eq!(
        summary["forbidden"],
        json!([
            {"from": "Submitted", "to": "StageRollout", "changes": 1},
            {"from": "Unverified", "to": "Submitted", "changes": 1},
        ])
    );
    let steps = |ticket: u64| -> Vec<String> {
        let records: Value =
            serde_json::from_str(&site.done(&["history", "--json", &ticket.to_string()]).unwrap()).unwrap();
        let told = |record: &Value| {
            let entry = |name: &str| record["entry"][name].as_str().unwrap_or("-").to_owned();
            format!("{} {} {} {} by {}", entry("from"), entry("asked"), entry("to"), entry("outcome"), entry("by"))
        };
        records.as_array().unwrap().iter().map(told).collect()
    };
    assert_eq!(
        steps(failed),
        [
            "Submitted Submitted Submitted performed by tp1",
            "Submitted Unverified Failed failed by repository",
            "Failed Unverified Unverified performed by tp1",
        ]
    );
    assert_eq!(
        steps(moved),
        [
            "Submitted Submitted Submitted performed by tp1",
            "Submitted Unverified Unverified performed by tp1",
            "Unverified Submitted Submitted performed by tp1",
        ]
    );
    assert_eq!(
        steps(respelled)[2..],
        [
            "Unverified InVerification InVerification performed by tp1",
            "InVerification Production Production performed by tp1",
        ]
    );
    assert_eq!(steps(unknown), ["Submitted Submitted Submitted performed by tp1"]);
    assert_eq!(steps(urgent)[1..], ["Submitted StageRollout Deferred deferred by repository"]);
    let records: Value =
        serde_json::from_str(&site.done(&["history", "--json", &urgent.to_string()]).unwrap()).unwrap();
    assert_eq!(records[1]["entry"]["emergency"], "Yes");
    assert_eq!(steps(elsewhere), Vec::<String>::new(), "it is no ticket of the queue any more");
    let subjects: Value =
        serde_json::from_str(&site.done(&["history", "--json", &failed.to_string()]).unwrap()).unwrap();
    assert_eq!(subjects[0]["entry"]["release"], "ca-policy-egi-core 1.37-1 – été 😀");
}

#[test]
fn oddities_are_imported_as_they_happened_in_sqlite() {
    oddities_are_imported_as_they_happened(Kind::Sqlite);
}

#[test]
fn oddities_are_imported_as_they_happened_in_postgresql() {
    oddities_are_imported_as_they_happened(Kind::Postgres);
}

#[test]
fn oddities_are_imported_as_they_happened_in_mariadb() {
    oddities_are_imported_as_they_happened(Kind::Mariadb);
}

/// Killed whenever something new was stored, and started again: the log is the same as if nothing had happened.
#[test]
fn a_killed_import_goes_on_where_it_was() {
    let old = OldRt::new(Kind::Sqlite).unwrap();
    old.fill(TICKETS).unwrap();
    let (_home, undisturbed) = new_site();
    import(&undisturbed, &old);
    let (_elsewhere, site) = new_site();
    let mut kills = 0;
    let mut stored = 0;
    while import_until_more_is_stored(&site, &old, &mut stored) {
        kills += 1;
    }
    assert!(kills >= 3, "the import was over after {kills} kills");
    for command in [&["history", "verify"][..], &["history", "--json"]] {
        let (whole, resumed) = (undisturbed.done(command).unwrap(), site.done(command).unwrap());
        assert!(whole == resumed, "{command:?} differ");
    }
}

/// Imports until the log has grown beyond `stored` records, and kills the import then. `false` when it ended by itself.
fn import_until_more_is_stored(site: &Site, old: &OldRt, stored: &mut u64) -> bool {
    let mut child = site.command(&["rt", "import-history", "--database", &old.url()]).spawn().unwrap();
    let ended = wait_until(Duration::from_mins(2), || {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        let now = records(site);
        Ok((now > *stored).then_some(false))
    });
    let ended_well = ended.unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    *stored = records(site);
    !ended_well
}

/// How many records the log has, read past `nsrw`.
fn records(site: &Site) -> u64 {
    let file = site.folder().join("nsrw.db");
    let mut ask = Command::new("sqlite3");
    ask.arg("-readonly").arg("-cmd").arg(".timeout 5000").arg(file).arg("SELECT records FROM history_head");
    run(&mut ask).unwrap().trim().parse().unwrap()
}

/// The numbers of a month long past.
#[test]
fn every_number_works_on_the_years_before() {
    let old = OldRt::new(Kind::Sqlite).unwrap();
    old.fill(1000).unwrap();
    let (_home, site) = new_site();
    import(&site, &old);
    site.done(&["report", "2012-01"]).unwrap();
    let cell = |file: &str, column: &str| {
        let text = std::fs::read_to_string(site.folder().join("reports/2012-01").join(file)).unwrap();
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let names = lines.next().unwrap();
        let place = names.iter().position(|name| name == column).unwrap_or_else(|| panic!("{file} has {names:?}"));
        let all = lines.find(|line| line.contains(&"(all)".to_owned())).unwrap_or_else(|| panic!("{text}"));
        all[place].clone()
    };
    // The failed fetches do not count as deliveries; the releases they were of were delivered two days later.
    assert_eq!(cell("m-repo-1.csv", "created"), "1000");
    assert_eq!(cell("m-repo-1.csv", "delivered"), "1000");
    assert_eq!(cell("m-repo-2.csv", "verified"), "800");
    assert_eq!(cell("m-repo-3.csv", "accepted"), "800");
    let quality = std::fs::read_to_string(site.folder().join("reports/2012-01/data-quality.csv")).unwrap();
    assert_eq!(quality.lines().count(), 1, "{quality}");
    let stays = site.done(&["history", "--csv", "1006"]).unwrap();
    assert!(stays.contains("StageRollout") && stays.contains("86400"), "{stays}");
}
