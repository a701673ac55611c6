//! The server stopped and killed in the middle of its work. The end is that of an undisturbed run.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nsrw_tests::serve::Serving;
use nsrw_tests::site::Site;
use serde_json::Value;

use crate::slow::SlowServer;
use crate::world::{FIELDS, World};

/// How a release ended: its fields and who hears of it, its comments, its books, and what clients see.
type End = (Value, Value, Vec<String>, Vec<String>, Vec<PathBuf>);

fn end(world: &World, ticket: u64) -> End {
    let mut record = world.site.ticket(ticket).unwrap();
    let part = |record: &mut Value, name| record["ticket"][name].take();
    let (fields, watchers) = (part(&mut record, "fields"), part(&mut record, "watchers"));
    (fields, watchers, world.site.comments(ticket).unwrap(), world.history(ticket), world.published())
}

/// A site with one ticket, whose delivery comes from a slow server.
fn slow_world() -> (World, SlowServer, u64) {
    let world = World::new();
    let delivery = world.deliver("storm", "1.0.0");
    let provider = SlowServer::serve(delivery.dir.clone());
    let ticket = world.site.open_ticket(&delivery, &provider.url, &FIELDS).unwrap();
    (world, provider, ticket)
}

/// The same end, without the address of the server.
fn same_place(mut end: End) -> End {
    end.0["Sync-URL"].take();
    end
}

fn undisturbed() -> End {
    let (world, provider, ticket) = slow_world();
    provider.go_on();
    world.site.set(ticket, "carlos", &["RolloutProgress=Unverified"]).unwrap();
    assert_eq!(world.stands(ticket), "Unverified OK");
    same_place(end(&world, ticket))
}

#[test]
fn a_server_asked_to_stop_finishes_its_step_and_the_next_run_does_the_rest() {
    let (world, provider, ticket) = slow_world();
    let mut server = world.serve();
    let change = world.change(ticket, "carlos", "Unverified");
    change.post(&server);
    provider.wait_for_half();
    server.ask_to_stop().unwrap();
    server.wait_for_log("stopping: the step under way is finished").unwrap();
    provider.go_on();
    assert_eq!(server.wait().unwrap(), 0);
    assert_eq!(world.stands(ticket), "Unverified Pending", "the rest was left");
    assert_eq!(world.promote_until(ticket, 1), ["Submitted -> Unverified by carlos: performed"]);
    assert_eq!(same_place(end(&world, ticket)), undisturbed());
    world.assert_sound();
}

#[test]
fn a_server_killed_in_the_middle_of_a_transfer_ends_like_an_undisturbed_one() {
    let (world, provider, ticket) = slow_world();
    let server = world.serve();
    world.change(ticket, "carlos", "Unverified").post(&server);
    provider.wait_for_half();
    server.kill().unwrap();
    provider.go_on();
    assert_eq!(world.promote_until(ticket, 1), ["Submitted -> Unverified by carlos: performed"]);
    assert_eq!(world.site.comments(ticket).unwrap().len(), 1);
    assert_eq!(same_place(end(&world, ticket)), undisturbed());
    world.assert_sound();
}

/// The way of a release through all areas, with the number of steps of the longest plan on it.
const WAY: [(&str, &str); 4] =
    [("carlos", "Unverified"), ("carlos", "InVerification"), ("carlos", "StageRollout"), ("mario", "Production")];
const MOST_STEPS: usize = 10;

fn prepare(site: &Site, ticket: u64) {
    let reports = ["Verification-Report=https://example.org/1", "StageRollout-Report=https://example.org/2"];
    site.done(&["ticket", "set", "--as", "kostas", &ticket.to_string(), reports[0], reports[1]]).unwrap();
}

/// How many steps the plan has that the server has begun with.
fn announced_steps(server: &Serving) -> usize {
    server.wait_for_log(" steps ").unwrap();
    let log = server.log();
    let (before, _) = log.split_once(" steps ").unwrap();
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Waits until a step is logged, and not a moment longer: it may not be on record yet.
fn wait_for_step(server: &Serving, step: usize) {
    let (done, started) = (format!("step.no={step} "), Instant::now());
    while !server.log().contains(&done) {
        assert!(started.elapsed() < Duration::from_mins(1), "step {step} does not come:\n{}", server.log());
        std::thread::yield_now();
    }
}

#[test]
fn a_server_killed_around_every_step_ends_like_an_undisturbed_one() {
    let calm = World::new();
    let ticket = calm.open("storm");
    prepare(&calm.site, ticket);
    for (who, state) in WAY {
        calm.site.set(ticket, who, &[&format!("RolloutProgress={state}")]).unwrap();
    }
    let mut wanted = end(&calm, ticket);
    wanted.0["Sync-URL"].take();

    for step in 0..MOST_STEPS {
        let world = World::new();
        let ticket = world.open("storm");
        prepare(&world.site, ticket);
        for (number, (who, state)) in (1..).zip(WAY) {
            let server = world.serve();
            world.change(ticket, who, state).post(&server);
            if step < announced_steps(&server) {
                wait_for_step(&server, step);
                server.kill().unwrap();
            }
            world.promote_until(ticket, number);
        }
        assert_eq!(same_place(end(&world, ticket)), wanted, "killed around step {step} of every plan");
        world.assert_sound();
    }
}

#[test]
fn a_client_that_says_nothing_does_not_keep_the_server_from_stopping() {
    let world = World::new();
    let server = world.serve();
    let mut idle = TcpStream::connect(server.address()).unwrap();
    let mut half = TcpStream::connect(server.address()).unwrap();
    half.write_all(b"POST /api/rollout HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nTicket_Id=").unwrap();
    let mut headless = TcpStream::connect(server.address()).unwrap();
    headless.write_all(b"POST /api/rollout HT").unwrap();
    world.flush(&server);
    assert_eq!(server.stop().unwrap(), 0);
    assert_eq!(idle.read(&mut [0; 1]).unwrap_or_default(), 0);
}
