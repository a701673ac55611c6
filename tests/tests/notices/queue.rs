//! A long queue.

use std::time::Duration;

use nsrw_tests::bench::measure::peak_of;
use nsrw_tests::queue::fill;

use crate::world::World;

/// Messages that lie in a queue; past the first number the database's own caches are full.
const SOME: u64 = 4_000;
const MANY: u64 = 24_000;
/// How much more memory the larger queue may cost, in KiB. Loading its messages takes several times as much.
const SLACK: u64 = 6 * 1024;

/// The most memory a server held that has gone over a queue of this length, in KiB.
fn peak_over(messages: u64) -> u64 {
    let world = World::new();
    // Not to be worked on for an hour, as when a ticket system is down.
    fill(&world.site, 1..=messages, Duration::from_hours(1)).unwrap();
    let server = world.serve();
    let peak = peak_of(server.id()).unwrap();
    assert_eq!(server.stop().unwrap(), 0);
    peak
}

#[test]
fn memory_does_not_grow_with_the_queue() {
    let (some, many) = (peak_over(SOME), peak_over(MANY));
    assert!(many < some + SLACK, "{some} KiB with {SOME} messages that wait, {many} KiB with {MANY}");
}
