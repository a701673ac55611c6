//! Random schedules: notices lost, doubled, delayed and out of order, the server killed now and then. Whatever came when, each
//! ticket ends as one whose notices came once each and in order.
//!
//! `NSRW_SCHEDULES=10000 cargo nextest run -p nsrw-tests --test notices schedules --no-capture` is the long run.

use nsrw_tests::dice::Dice;
use nsrw_tests::process::wait_until;
use nsrw_tests::serve::Serving;

use crate::world::{Change, PATIENCE, World};

/// A schedule is what happens to the notices of one ticket in one round.
const ROUNDS: usize = 10;
/// Where a verifier moves a release to and fro, as often as they like.
const STATES: [&str; 2] = ["InVerification", "WaitingForResponse"];

fn schedules() -> usize {
    std::env::var("NSRW_SCHEDULES").map_or(100, |count| count.parse().unwrap())
}

/// Who moves which ticket how often: the same in both worlds.
fn moves(dice: &mut Dice, tickets: usize, rounds: usize) -> Vec<Vec<usize>> {
    (0..rounds).map(|_| (0..tickets).map(|_| 1 + dice.place(3)).collect()).collect()
}

/// Tickets of a new world, in `Unverified`, and its server.
fn begin(tickets: usize) -> (World, Serving, Vec<u64>) {
    let world = World::new();
    world.site.configure("sync_seconds = 300", "sync_seconds = 1").unwrap();
    let tickets: Vec<u64> = (0..tickets).map(|n| world.open_unverified(&format!("storm-{n}"))).collect();
    let server = world.serve();
    (world, server, tickets)
}

/// Moves a ticket on, `count` times.
fn move_on(world: &World, ticket: u64, done: &mut usize, count: usize) -> Vec<Change> {
    let changes = (0..count).map(|n| world.change(ticket, "carlos", STATES[(*done + n) % 2])).collect();
    *done += count;
    changes
}

/// What can be said of a ticket in the end: its books, its comments, where it stands.
fn picture(world: &World, ticket: u64) -> (Vec<String>, Vec<String>, String) {
    (world.history(ticket), world.site.comments(ticket).unwrap(), world.stands(ticket))
}

/// Waits until the books of every ticket are as long as they should be.
fn wait_for_all(world: &World, tickets: &[u64], done: &[usize]) {
    for (ticket, done) in tickets.iter().zip(done) {
        let looked = wait_until(PATIENCE * 10, || Ok((world.history(*ticket).len() > *done).then_some(())));
        looked.unwrap_or_else(|_| {
            panic!("ticket {ticket} has {done} changes and these books: {:#?}", world.history(*ticket))
        });
    }
}

#[derive(Default)]
struct Counts {
    notices: usize,
    lost: usize,
    doubled: usize,
    delayed: usize,
    kills: usize,
}

#[test]
fn whatever_comes_when_every_ticket_ends_the_same() {
    let schedules = schedules();
    let tickets = (schedules / ROUNDS).clamp(1, 100);
    let rounds = schedules.div_ceil(tickets);
    let moves = moves(&mut Dice(1), tickets, rounds);

    let (disturbed, server, numbers) = begin(tickets);
    let (mut dice, mut counts, mut done) = (Dice(2), Counts::default(), vec![0; tickets]);
    let mut server = server;
    let mut late: Vec<(Change, bool)> = Vec::new();
    for round in &moves {
        let mut now = std::mem::take(&mut late);
        for (n, count) in round.iter().enumerate() {
            for change in move_on(&disturbed, numbers[n], &mut done[n], *count) {
                let copies = [0, 1, 1, 2, 3][dice.place(5)];
                counts.lost += usize::from(copies == 0);
                counts.doubled += usize::from(copies > 1);
                for _ in 0..copies {
                    let delayed = dice.place(4) == 0;
                    counts.delayed += usize::from(delayed);
                    let numbered = dice.place(3) > 0;
                    if delayed { late.push((change.clone(), numbered)) } else { now.push((change.clone(), numbered)) }
                }
            }
        }
        dice.shuffle(&mut now);
        for (change, numbered) in &now {
            let answer = if *numbered { change.post(&server) } else { change.post_unnumbered(&server) };
            assert_eq!(answer.status, 202, "{}", answer.text);
        }
        counts.notices += now.len();
        if dice.place(10) == 0 {
            server.kill().unwrap();
            counts.kills += 1;
            server = Serving::start(&disturbed.site).unwrap();
        }
    }
    wait_for_all(&disturbed, &numbers, &done);
    disturbed.flush(&server);

    let (undisturbed, quiet, same) = begin(tickets);
    let mut again = vec![0; tickets];
    for round in &moves {
        for (n, count) in round.iter().enumerate() {
            for change in move_on(&undisturbed, same[n], &mut again[n], *count) {
                assert_eq!(change.post(&quiet).status, 202);
            }
        }
    }
    wait_for_all(&undisturbed, &same, &again);
    undisturbed.flush(&quiet);
    for (ticket, other) in numbers.iter().zip(&same) {
        assert_eq!(picture(&disturbed, *ticket), picture(&undisturbed, *other), "ticket {ticket}");
    }
    assert_eq!(server.stop().unwrap(), 0);
    disturbed.assert_sound();
    let Counts { notices, lost, doubled, delayed, kills } = counts;
    let changes: usize = done.iter().sum();
    println!(
        "{} schedules of {changes} changes on {tickets} tickets: {notices} notices posted, {lost} changes never told of, \
         {doubled} told of more than once, {delayed} notices held back for a round; {kills} kills. 0 lost, 0 doubled.",
        tickets * rounds
    );
}
