//! A database that goes away, or says nothing any more, in the middle of a plan.

use nsrw_tests::serve::Serving;
use nsrw_tests::servers::database::DatabaseKind;

use crate::site_on;
use crate::slow::SlowServer;
use crate::world::{FIELDS, World};

crate::on_each!(
    a_database_that_crashes_in_the_middle_of_a_plan_holds_it_up_and_no_longer,
    a_database_that_freezes_in_the_middle_of_a_plan_is_given_up_until_it_answers,
    connections_cut_in_the_middle_of_a_plan_are_made_anew
);

/// A server in the middle of fetching a release.
fn half_way(world: &World) -> (Serving, SlowServer, u64) {
    let delivery = world.deliver("storm", "1.0.0");
    let provider = SlowServer::serve(delivery.dir.clone());
    let ticket = world.site.open_ticket(&delivery, &provider.url, &FIELDS).unwrap();
    let server = world.serve();
    world.change(ticket, "carlos", "Unverified").post(&server);
    provider.wait_for_half();
    (server, provider, ticket)
}

/// Everybody is told that the database does not answer, and nobody waits for it without end.
fn assert_held_up(world: &World, server: &Serving) {
    server.wait_for_log("the queue could not be worked on").unwrap();
    assert_eq!(server.get("/ready").unwrap().status, 503);
    let told = server.post(&crate::world::notice("1", "Submitted", "Unverified")).unwrap();
    assert_eq!(
        (told.status, told.errors()),
        (503, vec!["server: the notice could not be stored; send it again".to_owned()])
    );
    let promoted = world.site.nsrw(&["promote"]).unwrap();
    assert_eq!(promoted.code, 4, "try again later: {}", promoted.log);
}

/// The plan is carried out once, and what comes next works.
fn assert_carried_on(world: &World, server: Serving, ticket: u64) {
    assert_eq!(world.wait_for_history(ticket, 1), ["Submitted -> Unverified by carlos: performed"]);
    assert_eq!(world.stands(ticket), "Unverified OK");
    assert_eq!(world.site.comments(ticket).unwrap().len(), 1);
    assert_eq!(world.change(ticket, "carlos", "InVerification").post(&server).status, 202);
    world.wait_for_history(ticket, 2);
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}

fn a_database_that_crashes_in_the_middle_of_a_plan_holds_it_up_and_no_longer(kind: DatabaseKind) {
    let (mut database, world) = site_on(kind);
    let (server, provider, ticket) = half_way(&world);
    database.crash().unwrap();
    provider.go_on();
    assert_held_up(&world, &server);
    database.start_again().unwrap();
    assert_carried_on(&world, server, ticket);
}

fn a_database_that_freezes_in_the_middle_of_a_plan_is_given_up_until_it_answers(kind: DatabaseKind) {
    let (database, world) = site_on(kind);
    world.site.change_setting("store.timeout_seconds", "2").unwrap();
    let (server, provider, ticket) = half_way(&world);
    database.freeze().unwrap();
    provider.go_on();
    assert_held_up(&world, &server);
    let silent = "the database server has said nothing for 2 s";
    assert!(server.log().contains(silent), "{}", server.log());
    let ready = server.get("/ready").unwrap();
    assert!(ready.text.starts_with("database: "), "{}", ready.text);
    database.thaw().unwrap();
    assert_carried_on(&world, server, ticket);
}

fn connections_cut_in_the_middle_of_a_plan_are_made_anew(kind: DatabaseKind) {
    let (database, world) = site_on(kind);
    let (server, provider, ticket) = half_way(&world);
    database.cut_connections().unwrap();
    assert_eq!(server.post(&crate::world::notice("900001", "Submitted", "Unverified")).unwrap().status, 202, "at once");
    provider.go_on();
    assert_carried_on(&world, server, ticket);
}
