//! Closed months: what comes after them is counted without reading everything again, and what changes in them is told.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use egi_store::Store;
use egi_workflow::past::{CarriedOut, PastChange, PastStep};
use nsrw_tests::numbers::logs::{LogShape, random_log};
use nsrw_tests::numbers::reference::write_folder;
use nsrw_tests::site::Site;

/// A message of `nsrw report` that read only a part of the history.
const IN_PART: &str = "are taken from the closed month";

fn site(home: &Path) -> Site {
    Site::init(&home.join("site"), "http://repository.example.org/sw").unwrap()
}

/// Every CSV file of a folder, and the PDF.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let named = |file: fs::DirEntry| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap());
    fs::read_dir(folder).unwrap().map(|file| named(file.unwrap())).collect()
}

#[test]
fn the_month_after_a_closed_one_is_the_same_on_paper_too_without_reading_everything() {
    let home = tempfile::tempdir().unwrap();
    let open = site(home.path());
    let folder = home.path().join("facts");
    write_folder(&random_log(LogShape { tickets: 300, days: 900, seed: 5, wrong_times: 0 }), &folder).unwrap();
    open.done(&["facts", "import", folder.to_str().unwrap(), "--source", "past"]).unwrap();
    let closed = open.copy_to(&home.path().join("closed")).unwrap();
    let out = home.path().join("out");
    let report = |site: &Site, more: &[&str]| {
        site.done(&[&["report", "2017-10", "--out", out.to_str().unwrap()], more].concat()).unwrap()
    };
    assert!(!report(&open, &[]).contains(IN_PART));
    let whole = files(&out);
    closed.done(&["report", "2017-09", "--close"]).unwrap();
    // Only one month was ever closed, and the paper looks back on thirteen.
    assert!(report(&closed, &["--close"]).contains(IN_PART));
    let mut part = files(&out);
    part.remove("report-2017-10.pdf").unwrap();
    assert!(report(&closed, &[]).contains(IN_PART));
    for (name, bytes) in &part {
        assert_eq!(whole.get(name), Some(bytes), "{name}");
    }
    assert_eq!(part.len() + 1, whole.len());
    // And so on from there.
    let next = closed.done(&["report", "2017-11", "--out", out.to_str().unwrap(), "--close"]).unwrap();
    assert!(next.contains(IN_PART), "{next}");
}

fn day(text: &str) -> DateTime<Utc> {
    format!("{text}T12:00:00Z").parse().unwrap()
}

/// The way of one release of the past to where it ended, a day a step.
fn way(ticket: u64, begin: &str) -> Vec<PastChange> {
    use RolloutState::{InVerification, Production, StageRollout, Submitted, Unverified};
    let states = [Submitted, Unverified, InVerification, StageRollout, Production];
    let steps = states.windows(2).filter_map(|pair| match pair {
        [from, to] => Some(PastStep::Moved { from: *from, to: *to, carried_out: CarriedOut::Yes }),
        _ => None,
    });
    let change = |(what, number): (PastStep, u64)| PastChange {
        id: ticket * 10 + number,
        ticket: TicketId::new(ticket).unwrap(),
        at: day(begin) + TimeDelta::days(i64::try_from(number).unwrap()),
        by: Some("carlos".to_owned()),
        what,
        created: day(begin),
        title: Some("storm 1.11.2".to_owned()),
        emergency: Emergency::No,
    };
    std::iter::once(PastStep::Created).chain(steps).zip(0..).map(change).collect()
}

fn import(site: &Site, changes: &[PastChange]) {
    let url = format!("sqlite://{}", site.folder().join("nsrw.db").display());
    let work = async {
        let store = Store::open(&url).await.unwrap();
        let last = changes.last().map_or(0, |change| change.id);
        store.import_past("rt", changes, last, Utc::now()).await.unwrap();
    };
    tokio::runtime::Runtime::new().unwrap().block_on(work);
}

#[test]
fn what_is_written_late_into_a_closed_month_of_the_year_is_told_though_only_a_part_is_read() {
    let home = tempfile::tempdir().unwrap();
    let site = site(home.path());
    import(&site, &way(1, "2016-03-01"));
    site.done(&["report", "2016-06", "--close", "--no-pdf"]).unwrap();
    import(&site, &[way(2, "2017-01-03"), way(3, "2017-02-03")].concat());
    site.done(&["report", "2017-02", "--close"]).unwrap();
    import(&site, &way(4, "2017-02-10"));

    let out = home.path().join("out");
    let said = site.done(&["report", "2017-07", "--out", out.to_str().unwrap()]).unwrap();
    assert!(said.contains(IN_PART), "{said}");
    let told = fs::read_to_string(out.join("restatements.csv")).unwrap();
    assert!(
        told.contains("2017-02,M.REPO-3,(all),accepted,1,2,\"written to the log after the month was closed: "),
        "{told}"
    );
    // What had come to its end before the part begins is still there: one before 2016-07, three since.
    let flow = fs::read_to_string(out.join("flow.csv")).unwrap();
    assert!(flow.contains("2017-07,Production,4,0,0,4,0"), "{flow}");
}
