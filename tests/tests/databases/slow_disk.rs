//! A disk that takes longer to sync than a claim lasts.

use std::ffi::OsStr;

use nsrw_tests::serve::Serving;
use nsrw_tests::servers::database::DatabaseKind;

use crate::site_on;

crate::on_each!(a_worker_whose_disk_is_slow_keeps_its_claim);

/// How long a claim lasts, and how long the sync of a generation takes, in seconds.
const LEASE: u32 = 6;
const SYNC: u32 = 15;

fn a_worker_whose_disk_is_slow_keeps_its_claim(kind: DatabaseKind) {
    let (_database, world) = site_on(kind);
    world.site.change_setting("worker.lease_seconds", &LEASE.to_string()).unwrap();
    let ticket = world.open("storm");
    let trace = world.folder().join("trace");
    let built = world.site.folder().canonicalize().unwrap().join("repository/tmp/generation");
    let mut slow = world.site.clone();
    // Within the process that runs: it is nsrw that is signalled.
    let delay = format!("--inject=fsync:delay_enter={SYNC}s");
    let words = ["strace", "--daemonize", "--follow-forks", "--seccomp-bpf", "--quiet=all", "--trace=fsync", &delay];
    let places = ["--output".as_ref(), trace.as_os_str(), "--trace-path".as_ref(), built.as_os_str()];
    slow.run_within(words.map(OsStr::new).into_iter().chain(places).map(OsStr::to_owned).collect());
    let server = Serving::start(&slow).unwrap();
    // Another worker looks for work every second, from when the slow one has begun.
    let other = world.serve();
    other.freeze().unwrap();
    world.flush(&server);
    world.change(ticket, "carlos", "Unverified").post(&server);
    server.wait_for_log("Submitted -> Unverified: to be performed").unwrap();
    other.thaw().unwrap();

    assert_eq!(world.wait_for_history(ticket, 1), ["Submitted -> Unverified by carlos: performed"]);
    let delayed = std::fs::read_to_string(&trace).unwrap();
    assert!(delayed.contains("(DELAYED)"), "no sync was slow: {delayed}");
    assert!(!server.log().contains("another worker took over"), "{}", server.log());
    assert_eq!(world.site.comments(ticket).unwrap().len(), 1);
    assert_eq!((server.stop().unwrap(), other.stop().unwrap()), (0, 0));
    world.assert_sound();
}
