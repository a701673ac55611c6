//! Nobody ever sees a repository torn: readers over HTTP, the real `dnf` and the real `apt-get` beside a writer.
//!
//! Ten seconds each time; `TORN_SECONDS=60 cargo nextest run -p nsrw-tests --test torn --no-capture` takes a minute and
//! prints what was seen. `make bench` has the same of other tools.

use std::time::Duration;

use nsrw_tests::torn::{HEAD, Tool, watch};

/// The variable that says for how many seconds is read.
const VARIABLE: &str = "TORN_SECONDS";

#[test]
fn readers_see_the_old_repository_or_the_new_one() {
    let seconds = std::env::var(VARIABLE).map_or(10, |text| text.parse().unwrap());
    let report = watch(Tool::Nsrw, Duration::from_secs(seconds)).unwrap();
    println!("{HEAD}{report}");
    assert!(report.publications >= 2, "{report}");
    assert!(report.seen.iter().all(|(_, seen)| seen.reads > 0), "{report}");
    let sum = report.sum();
    assert_eq!((sum.torn, sum.missing), (0, 0), "\n{HEAD}{report}");
}

/// That readers see a torn repository when there is one: index and packages are replaced in place, as `createrepo_c` does.
#[test]
fn readers_see_what_is_torn() {
    let report = watch(Tool::Createrepo, Duration::from_secs(8)).unwrap();
    let sum = report.sum();
    assert!(sum.torn + sum.missing > 0, "\n{HEAD}{report}");
}
