//! The past of a running RT: over REST 2.0 and from its database the same; and how work goes on from there.

use std::process::Command;
use std::time::{Duration, Instant};

use egi_model::field::Field;
use nsrw_tests::old_rt::fill_file;
use nsrw_tests::process::run;
use nsrw_tests::servers::rt::{ACCOUNT, NewTicket, Rt};
use nsrw_tests::site::Site;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A site that works with this RT and has never asked it anything.
fn site_of(rt: &Rt) -> (TempDir, Site) {
    let (home, site) = super::new_site();
    site.change_setting("rt.url", &format!("\"{}\"", rt.url())).unwrap();
    std::fs::write(site.folder().join("secrets/rt.token"), rt.token(ACCOUNT)).unwrap();
    (home, site)
}

fn import(site: &Site, arguments: &[&str]) -> Value {
    let command: Vec<&str> = ["rt", "import-history", "--json"].iter().chain(arguments).copied().collect();
    serde_json::from_str(&site.done(&command).unwrap()).unwrap()
}

fn set(rt: &Rt, account: &str, ticket: u64, values: &[(Field, &str)]) {
    for (field, value) in values {
        rt.person(account).set(ticket, *field, value).unwrap();
        assert_eq!(rt.person(account).field(ticket, *field).unwrap(), *value, "{account} set {field} of {ticket}");
    }
}

const PROGRESS: Field = Field::RolloutProgress;

#[test]
fn both_ways_tell_the_same_and_work_goes_on_from_there() {
    let rt = Rt::start().unwrap();
    let provider = rt.person("tp1");
    let open = |subject: &str| provider.open(&NewTicket::sound(subject)).unwrap();
    let (flying, failed) = (open("storm 1.11.2 – été 😀"), open("failed at first"));
    let (merged, deleted) = (open("the same once more"), open("a mistake"));
    let urgent = provider.open(&NewTicket::sound("urgent").with(Field::EmergencyRelease, "Yes")).unwrap();
    set(&rt, "carlos", flying, &[(PROGRESS, "Unverified"), (PROGRESS, "InVerification")]);
    set(&rt, "carlos", failed, &[(PROGRESS, "Unverified")]);
    set(&rt, ACCOUNT, failed, &[(PROGRESS, "Failed")]);
    set(&rt, "carlos", merged, &[(PROGRESS, "Unverified")]);
    set(&rt, "carlos", deleted, &[(PROGRESS, "Ignored")]);
    set(&rt, "carlos", urgent, &[(PROGRESS, "Unverified")]);
    let load = |ticket: u64| format!("my $t = RT::Ticket->new(RT->SystemUser); $t->Load({ticket});");
    rt.perl(&format!("{} my ($ok, $why) = $t->MergeInto({flying}); die $why unless $ok;", load(merged))).unwrap();
    // Before the extension came, people could delete.
    let delete = format!("UPDATE Tickets SET Status = 'deleted' WHERE id = {deleted}");
    rt.perl(&format!("RT->DatabaseHandle->SimpleQuery(\"{delete}\") or die;")).unwrap();

    let (_rest, over_rest) = site_of(&rt);
    let (_database, from_database) = site_of(&rt);
    let url = format!("sqlite://{}", rt.database_file().display());
    let (told, read) = (import(&over_rest, &[]), import(&from_database, &["--database", &url]));
    assert_eq!(read["left"]["merged"], json!([merged]));
    assert_eq!(read["left"]["deleted"], json!([deleted]));
    assert_eq!(told["left"]["hidden"], json!([merged, deleted]), "RT tells no more of them");
    assert_eq!(told["imported"], read["imported"]);
    assert_eq!((&told["imported"]["releases"], &told["imported"]["attempts"]), (&json!(3), &json!(1)));
    let log = |site: &Site| site.done(&["history", "--json"]).unwrap();
    assert_eq!(log(&over_rest), log(&from_database));

    // Either way goes on where the other stopped, and finds nothing new.
    let again = import(&over_rest, &["--database", &url]);
    assert_eq!((&again["imported"]["releases"], &again["imported"]["changes"]), (&json!(0), &json!(0)), "{again}");
    assert_eq!(log(&over_rest), log(&from_database));
    refuse_and_deliver_anew(&rt, &over_rest, flying);
}

/// A release in flight whose files were never here is refused with what to do, and can be delivered anew.
fn refuse_and_deliver_anew(rt: &Rt, site: &Site, ticket: u64) {
    set(rt, "carlos", ticket, &[(Field::VerificationReport, "https://qc.example.org/1"), (PROGRESS, "StageRollout")]);
    site.nsrw(&["sync", "--apply"]).unwrap();
    site.done(&["promote"]).unwrap();
    assert_eq!(rt.person("carlos").field(ticket, PROGRESS).unwrap(), "Failed");
    let explained = site.done(&["explain", &ticket.to_string()]).unwrap();
    assert!(explained.contains("have it delivered by setting Submitted, then Unverified"), "{explained}");
    set(rt, "kostas", ticket, &[(PROGRESS, "Submitted")]);
    site.nsrw(&["sync", "--apply"]).unwrap();
    site.done(&["promote"]).unwrap();
    set(rt, "carlos", ticket, &[(PROGRESS, "Unverified")]);
    site.nsrw(&["sync", "--apply"]).unwrap();
    site.done(&["promote"]).unwrap();
    let explained = site.done(&["explain", &ticket.to_string()]).unwrap();
    assert!(explained.contains("release.xml"), "its documents are read again, and these are empty: {explained}");
    // What nsrw handles itself is not imported, however often it is asked.
    let again = import(site, &["--again"]);
    assert_eq!((&again["imported"]["changes"], &again["imported"]["own"]), (&json!(0), &json!([ticket])));
}

/// A thousand tickets of four changes each in less than a minute, from an RT with two workers.
#[test]
fn a_thousand_tickets_come_over_rest_within_a_minute() {
    let mut rt = Rt::start().unwrap();
    rt.stop();
    let statements = rt.database_file().with_extension("sql");
    std::fs::write(&statements, fill_file(1000, ["tp1", "carlos", "mario"])).unwrap();
    let mut fill = Command::new("sqlite3");
    run(fill.arg("-bail").arg(rt.database_file()).arg(format!(".read {}", statements.display()))).unwrap();
    rt.restart().unwrap();
    let (_home, site) = site_of(&rt);
    let started = Instant::now();
    let told = import(&site, &[]);
    let took = started.elapsed();
    assert_eq!((&told["read"], &told["imported"]["releases"]), (&json!(5000), &json!(1000)), "{told}");
    assert!(took < Duration::from_mins(1), "it took {} seconds", took.as_secs());
}
