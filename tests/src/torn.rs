//! Readers beside a writer: whether anybody ever sees a repository that is half the old one and half the new one.
//!
//! A publisher publishes one version after the other into a folder that a real Apache serves. Meanwhile readers do, as
//! fast as they can, what clients do: read the top file, the indexes that it names, and packages that those name, and
//! compare each with the digest that led to it. Slow ones pause for half a second after the top file, as a client on a
//! bad line does. The real `dnf makecache` and `apt-get update` go round beside them.

mod apt;
mod publishers;
mod reader;
mod yum;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

pub use self::publishers::Tool;
use self::publishers::{Offer, Publisher};
use self::reader::Seen;
use crate::clients::{AptRoot, DnfRoot};
use crate::packages::DEB_ARCH;
use crate::servers::HttpServer;

/// The time from one publication to the next, if the publisher is fast enough.
const PACE: Duration = Duration::from_secs(1);
/// How long quick readers and clients rest from one round to the next, so that the writer gets its turn on a small machine.
const REST: Duration = Duration::from_millis(20);
/// How long slow readers pause.
const PAUSE: Duration = Duration::from_millis(500);

/// What readers saw of a publisher.
#[derive(Debug)]
pub struct Report {
    /// Whose repository it was.
    pub tool: Tool,
    /// How often it published.
    pub publications: usize,
    /// What was seen, by reader.
    pub seen: Vec<(&'static str, Seen)>,
}

impl Report {
    /// Everything that was seen, together.
    #[must_use]
    pub fn sum(&self) -> Seen {
        self.seen.iter().fold(Seen::default(), |sum, (_, seen)| sum.with(seen))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (reader, seen) in &self.seen {
            let Seen { reads, torn, missing, first } = seen;
            let (tool, publications) = (self.tool.name(), self.publications);
            writeln!(
                f,
                "| {tool} | {publications} | {reader} | {reads} | {torn} | {missing} | {} |",
                first.as_deref().unwrap_or("")
            )?;
        }
        Ok(())
    }
}

/// The head of the table that reports are rows of.
pub const HEAD: &str = "| published by | publications | reader | reads | torn | not found | the first fault |\n\
                        | --- | --- | --- | --- | --- | --- | --- |\n";

/// Has `tool` publish for so long, and readers read.
pub fn watch(tool: Tool, time: Duration) -> Result<Report> {
    let folder = TempDir::with_prefix("nsrw-torn-").context("failed to create a folder to publish in")?;
    let home = folder.path().canonicalize().context("failed to find the folder to publish in")?;
    let server = HttpServer::serve(&home)?;
    let mut publisher = tool.open(&home, server.url())?;
    // Once of each kind of package, so that there is something to read.
    for version in 0..2 {
        publisher.publish(version)?;
    }
    let offer = publisher.offer();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let at_work: Vec<_> =
            readers(&offer).into_iter().map(|(name, read)| (name, scope.spawn(|| go_round(read, &stop)))).collect();
        let count = go_on(publisher.as_mut(), time);
        stop.store(true, Ordering::Relaxed);
        let joined = at_work.into_iter().map(|(name, reader)| {
            let seen = reader.join().map_err(|_| anyhow::anyhow!("the reader {name} panicked"))??;
            Ok((name, seen))
        });
        let seen = joined.collect::<Result<Vec<_>>>()?;
        Ok(Report { tool, publications: count?, seen })
    })
}

/// Publishes at the pace for so long; says how often.
fn go_on(publisher: &mut dyn Publisher, time: Duration) -> Result<usize> {
    let start = Instant::now();
    let mut round = 0;
    while start.elapsed() < time {
        let begun = Instant::now();
        publisher.publish(round + 2)?;
        round += 1;
        thread::sleep(PACE.saturating_sub(begun.elapsed()));
    }
    Ok(round)
}

type Read = Box<dyn FnMut() -> Result<Seen> + Send>;

fn go_round(mut read: Read, stop: &AtomicBool) -> Result<Seen> {
    let mut seen = Seen::default();
    while !stop.load(Ordering::Relaxed) {
        seen = seen.with(&read()?);
        thread::sleep(REST);
    }
    Ok(seen)
}

/// The readers of what is offered.
fn readers(offer: &Offer) -> Vec<(&'static str, Read)> {
    let mut readers: Vec<(&'static str, Read)> = Vec::new();
    if let Some(url) = &offer.yum {
        for (name, pause) in [("yum, at once", Duration::ZERO), ("yum, pausing", PAUSE)] {
            let (url, agent) = (url.clone(), reader::agent());
            readers.push((name, Box::new(move || Ok(yum::read(&agent, &url, pause)))));
        }
        let url = url.clone();
        let mut root = None;
        readers.push(("dnf makecache", Box::new(move || client(&mut root, || dnf(&url), DnfRoot::makecache))));
    }
    if let Some((url, suite)) = &offer.apt {
        for (name, pause) in [("apt, at once", Duration::ZERO), ("apt, pausing", PAUSE)] {
            let (url, suite, agent) = (url.clone(), suite.clone(), reader::agent());
            readers.push((name, Box::new(move || Ok(apt::read(&agent, &url, &suite, pause)))));
        }
        let line = format!("deb [trusted=yes arch={DEB_ARCH}] {url} {suite} main");
        let mut root = None;
        readers.push(("apt-get update", Box::new(move || client(&mut root, || apt_root(&line), AptRoot::update))));
    }
    readers
}

/// One round of a real client, which says itself what it found wrong.
fn client<R>(root: &mut Option<R>, open: impl Fn() -> Result<R>, go: impl Fn(&R) -> Result<()>) -> Result<Seen> {
    let root = match root {
        Some(root) => root,
        None => root.insert(open()?),
    };
    Ok(match go(root) {
        Ok(()) => Seen { reads: 1, ..Seen::default() },
        Err(error) => Seen::judge(&format!("{error:#}")),
    })
}

fn dnf(url: &str) -> Result<DnfRoot> {
    let root = DnfRoot::new()?;
    root.add_repo("torn", url)?;
    Ok(root)
}

fn apt_root(line: &str) -> Result<AptRoot> {
    let root = AptRoot::new(DEB_ARCH)?;
    root.add_source(line)?;
    Ok(root)
}
