//! What is published is on disk before it is announced: read from the trace of every system call that changes the disk.
//!
//! The trace of a whole run has no fault. That the reader sees faults is shown with the same trace: each sync is left out of
//! it in turn, and is missed.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use nsrw_tests::crash::order::{Order, check, list};
use nsrw_tests::crash::tracer::{self, Call, End};
use nsrw_tests::crash::{Phase, PhaseName};

/// A run of `nsrw promote`: where, what was there before, and what it did.
struct Run {
    _phase: Phase,
    folder: PathBuf,
    before: BTreeSet<PathBuf>,
    done: Vec<Call>,
}

impl Run {
    fn trace(name: PhaseName) -> Self {
        let phase = Phase::prepare(name).unwrap();
        let site = phase.site.copy_to(&phase.folder().join("run")).unwrap();
        let before = list(site.folder()).unwrap();
        let log = phase.folder().join("log");
        let traced = tracer::run(&site.command(&["promote"]), site.folder(), &log, None).unwrap();
        assert_eq!(traced.end, End::Exited(0), "{}", std::fs::read_to_string(&log).unwrap());
        Self { done: traced.done().cloned().collect(), folder: site.folder().to_owned(), before, _phase: phase }
    }

    fn read(&self) -> Order {
        check(&self.folder, &self.before, &self.done)
    }

    fn read_without(&self, left_out: usize) -> Order {
        let rest = self.done.iter().enumerate().filter(|(place, _)| *place != left_out).map(|(_, call)| call);
        check(&self.folder, &self.before, rest)
    }

    /// What comes in is synced when it was fetched, and again before it is kept: neither is missed alone.
    fn read_without_syncs_of_what_came_in(&self) -> Order {
        let scratch = self.folder.join("repository/scratch");
        check(
            &self.folder,
            &self.before,
            self.done.iter().filter(|c| c.name != "fsync" || !c.path.starts_with(&scratch)),
        )
    }

    /// Which syncs were missed when they were left out, and which were not, by what they sync.
    fn leave_each_out(&self) -> BTreeMap<&'static str, (Vec<String>, Vec<String>)> {
        let mut kinds: BTreeMap<_, (Vec<_>, Vec<_>)> = BTreeMap::new();
        for (place, call) in self.done.iter().enumerate().filter(|(_, call)| call.name == "fsync") {
            let Some(kind) = kind(call.path.strip_prefix(&self.folder).unwrap()) else { continue };
            let (missed, passed) = kinds.entry(kind).or_default();
            let list = if self.read_without(place).faults.is_empty() { passed } else { missed };
            list.push(call.to_string());
        }
        kinds
    }
}

/// What is synced, by where it lies; nothing for what is no matter of publishing.
fn kind(path: &Path) -> Option<&'static str> {
    let kinds = [
        ("repository/tmp/generation", "a generation being built"),
        ("repository/tmp", "a record being written"),
        ("repository/pool", "a folder of the pool"),
        ("repository/contents", "the folder of contents"),
        ("repository/generations", "a folder of generations"),
        ("repository/sw", "a folder that clients see"),
        ("repository", "the folder of the tree"),
        ("desk", "the desk"),
    ];
    if path.starts_with("repository/scratch") {
        return None;
    }
    // Each before those that it lies in.
    kinds.into_iter().find(|(place, _)| path.starts_with(place)).map(|(_, kind)| kind)
}

/// Of these nothing is synced without need.
const ALL_NEEDED: [&str; 6] = [
    "a generation being built",
    "a record being written",
    "the folder of contents",
    "a folder of generations",
    "a folder that clients see",
    "the desk",
];

#[expect(clippy::print_stdout, reason = "how many syncs were left out is what the test is worth")]
fn assert_ordered(name: PhaseName, kinds: &[&str]) -> (Run, Order) {
    let run = Run::trace(name);
    let order = run.read();
    let Order { pooled, generations, switches, commits, ref faults } = order;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(generations > 0 && switches > 0 && commits > switches, "{generations}, {switches}, {commits}");
    println!("{name}: {pooled} files pooled, {generations} generations, {switches} switches, {commits} commits");
    let left_out = run.leave_each_out();
    for (kind, (missed, passed)) in &left_out {
        println!("  {kind}: {} syncs, {} of them missed when left out", missed.len() + passed.len(), missed.len());
        assert!(passed.is_empty() || !ALL_NEEDED.contains(kind), "{kind}: not missed are {passed:#?}");
    }
    for kind in kinds {
        assert!(left_out.get(kind).is_some_and(|(missed, _)| !missed.is_empty()), "{kind}: {left_out:#?}");
    }
    (run, order)
}

#[test]
fn of_a_delivery_taken_in() {
    let (run, order) = assert_ordered(
        PhaseName::Intake,
        &[
            "a generation being built",
            "a record being written",
            "a folder of the pool",
            "the folder of contents",
            "a folder of generations",
            "a folder that clients see",
            "the desk",
        ],
    );
    let faults = run.read_without_syncs_of_what_came_in().faults;
    let told = faults.iter().filter(|fault| fault.contains("got a name in the pool while its bytes were not synced"));
    assert!(order.pooled > 0 && told.count() == order.pooled, "{faults:#?}");
}

#[test]
fn of_a_release_that_replaces_another() {
    assert_ordered(
        PhaseName::Replacement,
        &["a generation being built", "a folder of generations", "a folder that clients see", "the desk"],
    );
}

#[test]
fn of_a_set_that_becomes_visible_together() {
    assert_ordered(
        PhaseName::Set,
        &["a generation being built", "a record being written", "a folder of generations", "the folder of the tree"],
    );
}
