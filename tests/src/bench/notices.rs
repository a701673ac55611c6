//! Notices accepted with durable commits, beside what the database can do at most.

mod client;
mod postgres;

use std::ops::RangeInclusive;
use std::process::Command;
use std::thread;

use anyhow::{Result, bail};

use self::client::Client;
pub(super) use self::postgres::OnPostgres;
use super::measure::{Figures, Meter, parse_figures};
use super::workshop::Workshop;
use super::{Contest, Job, Way};
use crate::process::run;
use crate::serve::Serving;
use crate::site::Site;

/// How many post at the same time.
const CLIENTS: u32 = 32;
/// How many notices are posted in all.
const COUNT: u32 = 10_000;
/// Debian's own Python: `PATH` may show a wrapper first.
pub(super) const PYTHON: &str = "/usr/bin/python3";

const OURS: &str = "\
nsrw serve
# then 32 clients post to it over kept connections, each notice about another ticket, signed:
# POST /api/rollout
# Ticket_Id=…&Current_Rollout_Progress=Unverified&Previous_Rollout_Progress=Submitted&Emergency_Release=No&Transaction_Id=…
";
const OURS_MORE: &str = "Each notice is checked (signature, time, every field) and stored with its nonce and its dedupe key in a \
durable commit before 202 is answered; those that come while a commit runs share the next one. Meanwhile the server's worker \
takes notices from the database with commits of its own, ten in a second at least, more once nobody waits to be let in; here it \
finds that the tickets do not exist, and says so in the log. The clients have signed their notices before. Processor time (in the kernel's ticks, usually of 10 ms) and memory are the server's, and its \
peak includes its start; the clients share the processors with it and are not counted.";

const THEIRS: &str = r#"import sqlite3, sys, time

file, rows = sys.argv[1], int(sys.argv[2])
database = sqlite3.connect(file, isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
database.execute("CREATE TABLE inbox (id INTEGER PRIMARY KEY, dedupe TEXT NOT NULL UNIQUE, message TEXT NOT NULL)")
message = '{"kind":"notice","ticket":1,"current":"Unverified","previous":"Submitted","emergency":"No"}'

def used():
    return time.perf_counter(), time.process_time()

wall, cpu = used()
for row in range(rows):
    database.execute("BEGIN IMMEDIATE")
    database.execute("INSERT INTO inbox (dedupe, message) VALUES (?, ?)", (f"change-{row}", message))
    database.execute("COMMIT")
wall, cpu = (after - before for after, before in zip(used(), (wall, cpu)))
with open("/proc/self/status") as status:
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM:"))
print(round(wall * 1e6), round(cpu * 1e6), peak)
"#;
const THEIRS_MORE: &str = "No server, no HTTP, no checks, one writer and nobody beside it: what the same kind of \
database does on the same file system with one durable commit for each row.";

const GIVEN: &str = "Not timed: both start with a new database; the server is up, the script is past its preparations.";

/// A server and a bare database.
pub(super) struct Notices<'w> {
    workshop: &'w Workshop,
}

impl<'w> Notices<'w> {
    pub(super) const fn new(workshop: &'w Workshop) -> Self {
        Self { workshop }
    }
}

impl Contest for Notices<'_> {
    fn job(&self) -> Job {
        Job {
            title: format!("{COUNT} notices accepted with durable commits, from {CLIENTS} clients at once"),
            count: COUNT,
            unit: "notices",
            ours: Way { name: "nsrw", script: OURS, language: "sh", more: OURS_MORE },
            theirs: Way { name: "the database alone", script: THEIRS, language: "python", more: THEIRS_MORE },
            given: GIVEN,
        }
    }

    fn ours(&self) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        let site = Site::init(&bench.path().join("site"), "http://repository.example.org/sw")?;
        site.configure("listen = \"127.0.0.1:8470\"", "listen = \"127.0.0.1:0\"")?;
        accept(&site)
    }

    fn theirs(&self) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        let database = bench.path().join("inbox.db");
        let mut python = Command::new(PYTHON);
        python.args(["-I", "-c", THEIRS]).arg(database).arg(COUNT.to_string());
        parse_figures(&run(&mut python)?)
    }
}

/// Starts the site's server and has it accept all notices.
fn accept(site: &Site) -> Result<Figures> {
    let serving = Serving::start(site)?;
    let clients = prepare(&serving, 1..=COUNT)?;
    rustix::fs::sync();
    let meter = Meter::start(serving.id())?;
    post(clients)?;
    let figures = meter.stop()?;
    serving.kill()?;
    Ok(figures)
}

/// Each client's share of the notices, signed, ready to be sent.
fn prepare(serving: &Serving, notices: RangeInclusive<u32>) -> Result<Vec<Client>> {
    let share = |client| notices.clone().filter(move |number| number % CLIENTS == client);
    (0..CLIENTS).map(|client| Client::prepare(serving, share(client))).collect()
}

/// All clients at once.
fn post(clients: Vec<Client>) -> Result<()> {
    thread::scope(|scope| {
        let clients: Vec<_> = clients.into_iter().map(|client| scope.spawn(|| client.post_all())).collect();
        clients.into_iter().try_for_each(|client| client.join().unwrap_or_else(|_| bail!("a client broke off")))
    })
}

/// Posts notices about tickets of these numbers.
pub(super) fn post_all(serving: &Serving, notices: RangeInclusive<u32>) -> Result<()> {
    post(prepare(serving, notices)?)
}
