//! Three workers at one queue, killed, frozen and cut off from their database at random, while many tickets move on.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result};
use egi_store::Store;
use nsrw_tests::dice::Dice;
use nsrw_tests::serve::Serving;
use nsrw_tests::servers::database::{DatabaseKind, DatabaseServer};
use nsrw_tests::site::{CROWD, Site};

use crate::site_on;
use crate::world::World;

const WORKERS: usize = 3;
/// How many tickets there are unless [`CROWD`] says otherwise.
const TICKETS: u64 = 20;
/// How long all of it may take for each ticket; it takes a fraction of a second.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is asked of each ticket, one after the other.
const MOVES: [&str; 2] = ["Unverified", "InVerification"];

crate::on_each!(three_workers_in_trouble_do_everything_once);

/// What was done to the workers.
#[derive(Default)]
struct Trouble {
    kills: u32,
    freezes: u32,
    cuts: u32,
    crashes: u32,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, freezes, cuts, crashes } = self;
        write!(
            f,
            "{kills} workers killed, {freezes} frozen and thawed, connections cut {cuts} times, {crashes} crashes of the server"
        )
    }
}

/// The workers, and those of them that are frozen with the time at which they are let go on.
struct Crowd<'a> {
    world: &'a World,
    workers: Vec<Serving>,
    frozen: Vec<(usize, Instant)>,
    dice: Dice,
    trouble: Trouble,
}

impl Crowd<'_> {
    /// Does something bad to somebody.
    fn disturb(&mut self, database: &mut DatabaseServer) -> Result<()> {
        let victim = usize::try_from(self.dice.next() % WORKERS as u64)?;
        let is_frozen = self.frozen.iter().any(|(worker, _)| *worker == victim);
        match self.dice.next() % 10 {
            0..4 => {
                // A frozen one may hold the desk's lock, which a fresh one waits for before it is ready.
                self.thaw(true)?;
                let fresh = Serving::start(&self.world.site)?;
                std::mem::replace(&mut self.workers[victim], fresh).kill()?;
                self.trouble.kills += 1;
            }
            4..8 if !is_frozen => {
                self.workers[victim].freeze()?;
                // Up to three times as long as its claim is good for.
                let until = Instant::now() + Duration::from_secs(3).mul_f64(self.dice.fraction());
                self.frozen.push((victim, until));
                self.trouble.freezes += 1;
            }
            8 => {
                database.cut_connections()?;
                self.trouble.cuts += 1;
            }
            9 => {
                database.crash()?;
                database.start_again()?;
                self.trouble.crashes += 1;
            }
            _ => {}
        }
        Ok(())
    }

    fn thaw(&mut self, all: bool) -> Result<()> {
        let now = Instant::now();
        for (worker, until) in std::mem::take(&mut self.frozen) {
            if all || until <= now {
                self.workers[worker].thaw()?;
            } else {
                self.frozen.push((worker, until));
            }
        }
        Ok(())
    }

    /// Disturbs until nothing waits any more.
    fn run(&mut self, database: &mut DatabaseServer, limit: Duration) -> Result<()> {
        let begun = Instant::now();
        while !is_idle(&self.world.site)? {
            anyhow::ensure!(begun.elapsed() < limit, "it is not done yet; {}", self.trouble);
            // The moments at which trouble comes are random; nothing is waited for.
            std::thread::sleep(Duration::from_millis(400).mul_f64(self.dice.fraction()));
            self.thaw(false)?;
            self.disturb(database)?;
        }
        Ok(())
    }
}

/// Whether nothing waits to be worked on, as far as the database can be asked.
fn is_idle(site: &Site) -> Result<bool> {
    let url = site.database()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let Ok(store) = Store::open(&url).await else { return Ok(false) };
        let pending = store.pending(chrono::Utc::now()).await;
        store.close().await;
        Ok(pending.is_ok_and(|pending| pending.is_empty()))
    })
}

/// What lies in the folders of work that is done.
fn left_over(site: &Site) -> Vec<String> {
    let folders = ["scratch", "tmp"].map(|name| site.folder().join("repository").join(name));
    let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
    entries.map(|entry| entry.unwrap().path().display().to_string()).collect()
}

/// How many tickets, and where the random numbers begin.
fn size() -> Result<(u64, u64)> {
    let since = SystemTime::UNIX_EPOCH.elapsed()?;
    let seed = u64::from(since.subsec_nanos()) ^ since.as_secs();
    let Ok(text) = std::env::var(CROWD) else { return Ok((TICKETS, seed)) };
    let parse = |text: &str| text.parse::<u64>().with_context(|| format!("{CROWD} is \"{text}\""));
    match text.split_once(':') {
        Some((tickets, seed)) => Ok((parse(tickets)?, parse(seed)?)),
        None => Ok((parse(&text)?, seed)),
    }
}

#[expect(clippy::print_stdout, reason = "what was done is what a large crowd is run for")]
fn three_workers_in_trouble_do_everything_once(kind: DatabaseKind) {
    let (tickets, seed) = size().unwrap();
    let expected = undisturbed();
    let (mut database, world) = site_on(kind);
    let tickets: Vec<u64> = (0..tickets).map(|number| world.open(&format!("product{number}"))).collect();
    let workers = (0..WORKERS).map(|_| Serving::start(&world.site).unwrap()).collect();
    let trouble = Trouble::default();
    let mut crowd = Crowd { world: &world, workers, frozen: Vec::new(), dice: Dice(seed), trouble };
    for state in MOVES {
        for ticket in &tickets {
            world.change(*ticket, "carlos", state);
        }
        world.site.nsrw(&["sync", "--apply"]).unwrap();
        let limit = PATIENCE * u32::try_from(tickets.len()).unwrap();
        crowd.run(&mut database, limit).unwrap_or_else(|e| panic!("seed {seed}: {e:#}"));
    }
    crowd.thaw(true).unwrap();
    for worker in crowd.workers.drain(..) {
        assert_eq!(worker.stop().unwrap(), 0, "seed {seed}");
    }
    println!("{}: {} tickets, {} moves each, seed {seed}: {}", kind.name(), tickets.len(), MOVES.len(), crowd.trouble);
    for ticket in &tickets {
        let found = (world.history(*ticket), world.site.comments(*ticket).unwrap().len(), world.stands(*ticket));
        assert_eq!(found, expected, "ticket {ticket}, seed {seed}, {}", crowd.trouble);
    }
    // A package is seen by its repository's name and by its generation's.
    let is_package = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "rpm");
    let published = world.published();
    let packages: BTreeSet<_> = published.iter().filter(is_package).filter_map(|path| path.file_name()).collect();
    assert_eq!(packages.len(), tickets.len(), "seed {seed}");
    assert_eq!(left_over(&world.site), [""; 0], "seed {seed}");
    world.assert_sound();
    assert!(crowd.trouble.kills > 0 && crowd.trouble.freezes > 0, "nobody was in trouble; seed {seed}");
}

/// What becomes of a ticket when nothing happens: its history, how many comments it has, and where it stands.
fn undisturbed() -> (Vec<String>, usize, String) {
    let world = World::new();
    let ticket = world.open("product");
    for state in MOVES {
        world.site.set(ticket, "carlos", &[&format!("RolloutProgress={state}")]).unwrap();
    }
    (world.history(ticket), world.site.comments(ticket).unwrap().len(), world.stands(ticket))
}
