//! Notices that never come: what happened is asked of RT.

use egi_model::field::Field;

use crate::world::World;

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:9/api/rollout";

#[test]
fn a_change_whose_notice_is_lost_is_found_by_asking() {
    let mut world = World::new();
    let nobody = world.open("canl", "2.0.0");
    world.site.change_setting("worker.sync_seconds", "1").unwrap();
    world.rt.restart_telling(NOWHERE).unwrap();
    let ticket = world.open("storm", "1.0.0");
    let server = world.serve();
    world.ask("carlos", ticket, "Unverified");
    assert_eq!(world.field(ticket, Field::RolloutProgress), "Unverified");
    world.wait_to_stand(ticket, "Unverified OK");
    world.go("carlos", ticket, "InVerification");
    let told = ["Submitted -> Unverified by carlos: performed", "Unverified -> InVerification by carlos: performed"];
    assert_eq!(world.wait_for_history(ticket, 2), told);
    server.wait_for_log("Submitted -> Unverified had no notice; it is in the inbox now").unwrap();
    assert_eq!(world.comments(ticket).len(), 1);

    // Notices come again, late or twice: nothing comes of them.
    let url = world.notice_url().to_owned();
    world.rt.restart_telling(&url).unwrap();
    let form = [
        ("Ticket_Id", ticket.to_string()),
        ("Current_Rollout_Progress", "Unverified".to_owned()),
        ("Previous_Rollout_Progress", "Submitted".to_owned()),
        ("Emergency_Release", "No".to_owned()),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(server.post(&form).unwrap().status, 202);
    world.set("carlos", ticket, Field::VerificationReport, "https://documents.example.org/verification");
    world.go("carlos", ticket, "StageRollout");
    assert_eq!(world.wait_for_history(ticket, 3).len(), 3);
    assert_eq!(world.comments(ticket).len(), 2);
    // Tickets nobody asked anything of are on record too, for the month's report.
    assert_eq!(world.history(nobody), [""; 0]);
    let known = world.site.done(&["history", &nobody.to_string()]).unwrap();
    assert!(known.contains("Submitted"), "{known}");
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}

#[test]
fn a_past_that_the_site_was_not_there_for_is_left_to_a_person() {
    let mut world = World::new();
    let old = world.open("storm", "1.0.0");
    world.rt.restart_telling(NOWHERE).unwrap();
    world.ask("carlos", old, "Unverified");
    // An hour ago, as far as RT remembers.
    let past = "my $t = RT::Transactions->new(RT->SystemUser); $t->UnLimit; while (my $x = $t->Next) { \
                $x->__Set(Field => 'Created', Value => '2020-01-01 00:00:00') }";
    world.rt.perl(past).unwrap();
    world.site.change_setting("worker.sync_seconds", "1").unwrap();
    let server = nsrw_tests::serve::Serving::start(&world.site).unwrap();
    server.wait_for_log("1 changes were made before this site first asked; they are left alone").unwrap();

    let new = world.open("canl", "2.0.0");
    world.ask("carlos", new, "Unverified");
    world.wait_to_stand(new, "Unverified OK");
    assert_ne!(world.field(old, Field::CommunicationStatus), "OK");
    let differences = world.differences();
    assert!(
        differences.iter().any(|line| line.contains("the change Submitted -> Unverified has no notice")),
        "{differences:#?}"
    );
    assert_eq!(world.site.nsrw(&["sync", "--apply"]).unwrap().code, 0);
    world.wait_to_stand(old, "Unverified OK");
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}

#[test]
fn a_clock_an_hour_off_is_told_and_costs_minutes() {
    let mut world = World::new();
    let ticket = world.open("storm", "1.0.0");
    world.site.change_setting("worker.sync_seconds", "1").unwrap();
    // For RT, it is the site that is an hour ahead. The library alone: the program `faketime` would stand between us and
    // the signal to stop.
    let ahead = ["env", "FAKETIME=+1h", "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1"];
    world.site.run_within(ahead.map(Into::into).to_vec());
    let server = world.serve();
    world.ask("carlos", ticket, "Unverified");
    server.wait_for_log("a notice was refused: X-NSRW-Timestamp is 36").unwrap();
    assert!(server.log().contains("seconds behind this machine's time, and 300 are allowed; set both clocks"));
    world.wait_to_stand(ticket, "Unverified OK");
    assert_eq!(world.wait_for_history(ticket, 1), ["Submitted -> Unverified by carlos: performed"]);
    assert_eq!(world.comments(ticket).len(), 1);
    // The people of RT see why the repository was slow.
    let shown = world.site.done(&["ticket", "show", &ticket.to_string()]).unwrap();
    assert!(shown.contains("seconds behind this machine's time"), "{shown}");
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}
