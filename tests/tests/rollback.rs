//! A release that turns out bad is taken back, and the site knows.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use std::fs;

use nsrw_tests::packages::TinyPackage;
use nsrw_tests::provider::Delivery;
use nsrw_tests::site::Site;
use tempfile::TempDir;

const UPDATES: &str = "production/umd/4/sl6/x86_64/updates";

/// Delivers a release of storm and moves it to production.
fn produce(site: &Site, home: &TempDir, version: &str) -> u64 {
    let made = home.path().join(format!("made-{version}"));
    fs::create_dir(&made).unwrap();
    let package = TinyPackage::new("storm", version).write_rpm(&made).unwrap();
    let folder = home.path().join(format!("delivery-{version}"));
    let release = format!("{version}.0");
    let delivery = Delivery::builder("TP.storm.sl6.x86_64", &release).package(package).build(&folder).unwrap();
    let fields = ["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"];
    let ticket = site.open_ticket(&delivery, &format!("file://{}", folder.display()), &fields).unwrap();
    let report = "https://documents.example.org/report";
    for (who, changes) in [
        ("carlos", vec!["RolloutProgress=Unverified".to_owned()]),
        ("carlos", vec!["RolloutProgress=InVerification".to_owned()]),
        ("carlos", vec![format!("Verification-Report={report}"), "RolloutProgress=StageRollout".to_owned()]),
        ("mario", vec![format!("StageRollout-Report={report}"), "RolloutProgress=Production".to_owned()]),
    ] {
        site.set(ticket, who, &changes.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    }
    assert_eq!(site.field(ticket, "RolloutProgress").unwrap(), "Production", "{:?}", site.comments(ticket).unwrap());
    ticket
}

#[test]
fn a_bad_release_is_taken_back_and_sync_leaves_it_to_people() {
    let home = TempDir::new().unwrap();
    let site = Site::init(&home.path().join("site"), "http://repository.example.org/sw").unwrap();
    site.allow_folder(home.path()).unwrap();
    produce(&site, &home, "1.0");
    let bad = produce(&site, &home, "1.1");
    assert!(site.public().join(UPDATES).join("storm-1.1-1.noarch.rpm").exists());
    let (to, number) = (format!("ticket:{bad}"), bad.to_string());

    let differs = site.done(&["repo", "diff", UPDATES, &to, "2"]).unwrap();
    assert_eq!(differs, format!("+ ticket {bad}\n+ storm-1.1-1.noarch.rpm\n"));
    let planned = site.done(&["repo", "rollback", "--to", &to, "--dry-run"]).unwrap();
    assert_eq!(planned, format!("{UPDATES}: generation 3 would become live, 0 files more, 1 fewer\n"));
    let done = site.done(&["repo", "rollback", "--to", &to, "--as", "kostas"]).unwrap();
    assert_eq!(done, format!("{UPDATES}: generation 3 is live, 0 files more, 1 fewer\n"));
    let shown = site.done(&["repo", "show", UPDATES]).unwrap();
    assert!(shown.lines().last().unwrap().ends_with("as generation 1 was  live"), "{shown}");
    let log = site.done(&["repo", "log"]).unwrap();
    assert!(
        log.contains(&format!("kostas  {UPDATES}: back to generation 1 (before ticket {bad}): done as generation 3"))
    );

    for command in [&["sync"][..], &["sync", "--apply"]] {
        let synced = site.nsrw(command).unwrap();
        assert_eq!(synced.code, 3, "{}", synced.answer);
        let expected = format!(
            "ticket {number}: {UPDATES} went back to an earlier generation, and its release with it -> needs a person\n"
        );
        assert_eq!(synced.answer, expected);
    }
    assert_eq!(site.done(&["repo", "verify"]).unwrap(), "every file is what it was\n");
    let kept = "removed: 0 files of 0 bytes, 0 contents, 0 records of generations, 0 pieces of metadata\n";
    assert_eq!(site.done(&["repo", "gc"]).unwrap(), kept, "all of it came in just now");
    let list = site.done(&["repo", "list"]).unwrap();
    assert!(list.contains(&format!("{UPDATES}  generation 3")), "{list}");
    let unknown = site.nsrw(&["repo", "rollback", UPDATES, "--to", "77"]).unwrap();
    assert_eq!(unknown.code, 1, "{}", unknown.log);
    assert!(unknown.log.contains("is known for \"generation 77\""), "{}", unknown.log);
    assert_eq!(site.nsrw(&["repo", "rollback", UPDATES, "--to", "soon"]).unwrap().code, 2);
}
