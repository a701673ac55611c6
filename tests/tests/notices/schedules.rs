//! Random schedules: notices lost, doubled, delayed and out of order, the server killed now and then. Whatever came when, each
//! ticket ends as one whose notices came once each and in order.
//!
//! `NSRW_SCHEDULES=10000 cargo nextest run -p nsrw-tests --test notices schedules --no-capture` is the long run. Nearly all
//! of them are tried [within this process](within), some through a real `nsrw serve`.

mod within;

use std::fmt;

use nsrw_tests::dice::Dice;
use nsrw_tests::process::wait_until;
use nsrw_tests::serve::Serving;
use nsrw_tests::site::SCHEDULES;

use crate::world::{Change, PATIENCE, World};

/// How many schedules there are unless [`SCHEDULES`] says otherwise.
const USUAL: usize = 200;
/// A schedule is what happens to the notices of one ticket in one round.
const ROUNDS: usize = 10;
/// At most so many changes has a ticket in one round.
const MOST: usize = 3;
/// Where a verifier moves a release to and fro, as often as they like.
const STATES: [&str; 2] = ["InVerification", "WaitingForResponse"];

fn schedules() -> usize {
    std::env::var(SCHEDULES).map_or(USUAL, |count| count.parse().unwrap())
}

/// The state after so many moves.
fn state_of(moves: usize) -> &'static str {
    STATES[(moves + 1) % 2]
}

/// A notice to be posted, with its change's number or without.
#[derive(Clone)]
struct Telling {
    change: Change,
    numbered: bool,
}

/// What happens to notices on their way.
struct Way {
    dice: Dice,
    late: Vec<Telling>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    schedules: usize,
    changes: usize,
    notices: usize,
    lost: usize,
    doubled: usize,
    delayed: usize,
    kills: usize,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.schedules += other.schedules;
        self.changes += other.changes;
        self.notices += other.notices;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.delayed += other.delayed;
        self.kills += other.kills;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { schedules, changes, notices, lost, doubled, delayed, kills } = self;
        write!(
            f,
            "{schedules} schedules of {changes} changes: {notices} notices posted, {lost} changes never told of, {doubled} \
             told of more than once, {delayed} notices held back for a round; {kills} kills"
        )
    }
}

impl Way {
    fn new(seed: u64) -> Self {
        Self { dice: Dice(seed), late: Vec::new(), counts: Counts::default() }
    }

    /// The notices that come in this round, when these changes were made in it.
    fn pass(&mut self, changes: Vec<Change>) -> Vec<Telling> {
        let mut now = std::mem::take(&mut self.late);
        self.counts.changes += changes.len();
        for change in changes {
            let copies = [0, 1, 1, 2, 3][self.dice.place(5)];
            self.counts.lost += usize::from(copies == 0);
            self.counts.doubled += usize::from(copies > 1);
            for _ in 0..copies {
                let delayed = self.dice.place(4) == 0;
                self.counts.delayed += usize::from(delayed);
                let telling = Telling { change: change.clone(), numbered: self.dice.place(3) > 0 };
                if delayed { self.late.push(telling) } else { now.push(telling) }
            }
        }
        self.dice.shuffle(&mut now);
        self.counts.notices += now.len();
        now
    }
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
    let changes = (1..=count).map(|n| world.change(ticket, "carlos", state_of(*done + n))).collect();
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

#[test]
fn whatever_comes_when_every_ticket_ends_the_same() {
    let tickets = schedules().div_ceil(20 * ROUNDS).max(6);
    let mut dice = Dice(1);
    let moves: Vec<Vec<usize>> = (0..ROUNDS).map(|_| (0..tickets).map(|_| 1 + dice.place(MOST)).collect()).collect();

    let (disturbed, mut server, numbers) = begin(tickets);
    let (mut way, mut done) = (Way::new(2), vec![0; tickets]);
    for (no, round) in (1..).zip(&moves) {
        let places = round.iter().enumerate();
        let changes = places.flat_map(|(n, count)| move_on(&disturbed, numbers[n], &mut done[n], *count)).collect();
        for Telling { change, numbered } in way.pass(changes) {
            let answer = if numbered { change.post(&server) } else { change.post_unnumbered(&server) };
            assert_eq!(answer.status, 202, "{}", answer.text);
        }
        if no % 4 == 0 {
            server.kill().unwrap();
            way.counts.kills += 1;
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
    way.counts.schedules = tickets * ROUNDS;
    println!("through nsrw serve: {}", way.counts);
}
