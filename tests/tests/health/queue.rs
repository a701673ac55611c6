//! `nsrw queue`: what waits, and why.

use std::fs;
use std::net::TcpListener;

use nsrw_tests::serve::Serving;
use serde_json::{Value, json};

use super::world::{World, ago};

fn queue(world: &World) -> (String, Value) {
    (world.site.done(&["queue"]).unwrap(), world.json(&["queue", "--json"]))
}

#[test]
fn nothing_waits_on_a_site_that_is_done() {
    let world = World::new();
    world.deliver("1.0.0");
    let (screen, queue) = queue(&world);
    let expected = "nsrw serve: not known, api.listen takes any free port\n0 messages wait\n0 plans under way\n\
                    0 releases deferred\n0 letters in the outbox\n0 answers owed to tickets\n";
    assert_eq!(screen, expected);
    for list in ["messages", "plans", "deferred", "letters"] {
        assert_eq!(queue[list], json!([]), "{list}");
    }
    assert_eq!(queue["answers"], json!({ "owed": [] }));
}

#[test]
fn a_change_that_nobody_worked_on_yet_is_shown_and_then_who_works_on_it() {
    let world = World::new();
    let (ticket, _) = world.open("1.0.0");
    world.site.done(&["ticket", "set", "--as", "carlos", &ticket.to_string(), "RolloutProgress=Unverified"]).unwrap();
    let (screen, shown) = queue(&world);
    assert!(screen.contains("1 messages wait\n  ticket 1  notice: Submitted -> Unverified; for "), "{screen}");
    assert!(screen.contains(" ready for a worker\n"), "{screen}");
    assert_eq!((&shown["messages"][0]["kind"], &shown["messages"][0]["held_by"]), (&json!("notice"), &Value::Null));

    let claim = world.claim("elsewhere:1:1");
    let (screen, shown) = queue(&world);
    assert!(screen.contains("elsewhere:1:1 works on it, until "), "{screen}");
    assert_eq!(shown["messages"][0]["held_by"], "elsewhere:1:1");
    assert!(shown["messages"][0]["held_until"].as_str() > shown["at"].as_str(), "{shown}");

    let later = ago(-1);
    world.with_store(async |store| store.put_back(&claim, later, "the disk\nis full").await.unwrap());
    let (screen, shown) = queue(&world);
    assert!(screen.contains("next try ") && screen.contains("tried 1 times, last: the disk is full\n"), "{screen}");
    assert_eq!(
        (&shown["messages"][0]["tries"], &shown["messages"][0]["trouble"]),
        (&json!(1), &json!("the disk is full"))
    );
}

#[test]
fn a_plan_is_shown_with_the_step_it_is_at() {
    let world = World::new();
    world.site.change_setting("worker.retry_seconds", "3600").unwrap();
    let (ticket, folder) = world.open("1.0.0");
    fs::remove_dir_all(&folder).unwrap();
    world.site.done(&["ticket", "set", "--as", "carlos", &ticket.to_string(), "RolloutProgress=Unverified"]).unwrap();
    let ended = world.nsrw(&["promote"]);
    let (screen, shown) = queue(&world);
    assert!(screen.contains("1 plans under way\n  ticket 1  Submitted -> Unverified: 0 of "), "{screen}{}", ended.log);
    assert!(screen.contains("next: fetch file://"), "{screen}");
    let plan = &shown["plans"][0];
    assert_eq!((&plan["done"], &plan["held_by"]), (&json!(0), &Value::Null));
    assert!(plan["step"].as_str().unwrap().starts_with("fetch file://"), "{plan}");
    assert!(shown["messages"][0]["trouble"].as_str().unwrap().contains("delivery-1.0.0"), "{shown}");
}

#[test]
fn a_deferred_release_is_shown_with_whom_it_waits_for() {
    let world = World::new();
    let (holder, deferred) = (world.stage("1.0.0"), world.stage("1.1.0"));
    let (screen, shown) = queue(&world);
    let expected = format!("1 releases deferred\n  ticket {deferred}  ");
    assert!(screen.contains(&expected) && screen.contains(&format!("ticket {holder} has its slot\n")), "{screen}");
    assert_eq!(
        (&shown["deferred"][0]["ticket"], &shown["deferred"][0]["waits_for"]),
        (&json!(deferred), &json!(holder))
    );
}

#[test]
fn letters_and_answers_that_are_owed_are_shown() {
    let world = World::new();
    let ticket = world.deliver("1.0.0");
    world.write_letter(ago(30));
    world.tamper_with_ticket(ticket, "\"CommunicationStatus\": \"OK\"", "\"CommunicationStatus\": \"Pending\"");
    let (screen, shown) = queue(&world);
    assert!(
        screen.contains("1 letters in the outbox\n  to sw-rel-qc (at once): storm waits; for 1 days\n"),
        "{screen}"
    );
    assert!(screen.contains("none of them leaves: mail.host names no relay"), "{screen}");
    assert!(
        screen.contains("answers owed to tickets\n  ticket 1  it was not told: set CommunicationStatus"),
        "{screen}"
    );
    assert_eq!(shown["answers"]["owed"][0]["ticket"], json!(ticket));
}

#[test]
fn it_fits_on_a_screen_however_much_waits() {
    let world = World::new();
    for ticket in 1..=30 {
        world.post(ticket, ago(1));
    }
    let (screen, shown) = queue(&world);
    assert!(screen.contains("30 messages wait") && screen.contains("  … and 22 more; --json has all\n"), "{screen}");
    assert!(screen.lines().count() <= 24, "{screen}");
    assert_eq!(shown["messages"].as_array().unwrap().len(), 30);
}

#[test]
fn a_server_that_runs_is_asked_and_one_that_does_not_is_missed() {
    let world = World::new();
    // Free a moment ago; should somebody else take it, the test says so.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    world.site.change_setting("api.listen", &format!("\"{address}\"")).unwrap();
    let silent = queue(&world).0;
    assert!(silent.starts_with(&format!("nsrw serve: nothing listens at {address}; ")), "{silent}");
    let server = Serving::start(&world.site).unwrap();
    assert!(queue(&world).0.starts_with("nsrw serve: ready\n"), "{}", server.log());
    drop(server);
    assert!(queue(&world).0.starts_with("nsrw serve: nothing listens"));
}
