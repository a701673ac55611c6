//! How much memory a server holds while its queue grows.

use std::fmt::Write as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::measure::{memory_of, peak_of};
use super::notices::post_all;
use super::workshop::Workshop;
use super::{machine, tell};
use crate::process::wait_until;
use crate::queue::fill;
use crate::serve::Serving;
use crate::site::Site;

/// At how many messages it is looked.
const LOOKS: [u32; 4] = [1_000, 10_000, 50_000, 100_000];
/// How long the worker may take for what was posted.
const PATIENCE: Duration = Duration::from_hours(1);

const HEAD: &str = "\
| messages | posted to a server that works on them: MiB | lying in the queue of a server: MiB, most MiB |
| --- | --- | --- |
";

/// What a server holds after so many messages, as Markdown.
pub(super) fn watch(workshop: &Workshop) -> Result<String> {
    let mut text = format!("Load before: {}\n\n{HEAD}", machine::load());
    let bench = workshop.bench()?;
    let busy = begin(&bench.path().join("busy"))?;
    let serving = Serving::start(&busy)?;
    let lying = begin(&bench.path().join("lying"))?;
    let mut posted = 0;
    for look in LOOKS {
        tell(&format!("{look} messages: posted, and worked on"));
        post_all(&serving, posted + 1..=look)?;
        let held = memory_of(serving.id())?;
        tell(&format!("{look} messages: lying"));
        // Not to be worked on for a day, as when a ticket system is down.
        fill(&lying, u64::from(posted) + 1..=u64::from(look), Duration::from_hours(24))?;
        let (now, most) = look_over(&lying)?;
        posted = look;
        let row = format!("| {look} | {} | {}, {} |", mib(held), mib(now), mib(most));
        tell(&row);
        // Writing to a string can not fail.
        let _ = writeln!(text, "{row}");
    }
    tell("the worker works off what was posted");
    // The last to come is worked on last.
    post_all(&serving, posted + 1..=posted + 1)?;
    let last = format!("there is no ticket {}; the notice is set aside", posted + 1);
    let start = Instant::now();
    while !serving.log().contains(&last) {
        ensure!(start.elapsed() < PATIENCE, "the worker does not get there");
        // The log is long: looking at it all the time would keep the worker from its work.
        thread::sleep(Duration::from_secs(2));
    }
    let _ = writeln!(text, "| all of them done | {} | |", mib(memory_of(serving.id())?));
    ensure!(serving.stop()? == 0, "the server did not end well");
    Ok(text + &format!("\nLoad after: {}\n", machine::load()))
}

fn begin(folder: &Path) -> Result<Site> {
    let site = Site::init(folder, "http://repository.example.org/sw")?;
    site.configure("listen = \"127.0.0.1:8470\"", "listen = \"127.0.0.1:0\"")?;
    Ok(site)
}

/// What a server holds that has gone over a queue that lies there, and the most it held.
fn look_over(site: &Site) -> Result<(u64, u64)> {
    let serving = Serving::start(site)?;
    let notice = [
        ("Ticket_Id", "900000"),
        ("Current_Rollout_Progress", "Unverified"),
        ("Previous_Rollout_Progress", "Submitted"),
        ("Emergency_Release", "No"),
    ];
    for _ in 0..3 {
        let logged = serving.log().len();
        let answer = serving.post(&notice)?;
        ensure!(answer.status == 202, "the notice was answered with {}: {}", answer.status, answer.text);
        let set_aside = || serving.log().get(logged..).is_some_and(|new| new.contains("there is no ticket 900000"));
        wait_until(PATIENCE, || Ok(set_aside().then_some(())))?;
    }
    let held = (memory_of(serving.id())?, peak_of(serving.id())?);
    ensure!(serving.stop()? == 0, "the server did not end well");
    Ok(held)
}

/// KiB as MiB with one digit behind the point.
fn mib(kib: u64) -> String {
    let tenths = kib * 10 / 1024;
    format!("{}.{}", tenths / 10, tenths % 10)
}
