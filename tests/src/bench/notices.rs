//! Notices accepted with durable commits, beside what the database can do at most.

mod postgres;

use std::ops::RangeInclusive;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use chrono::Utc;
use nsrw::api::{Secret, sign};
use ureq::Agent;

pub(super) use self::postgres::OnPostgres;
use super::measure::{Figures, Meter, parse_figures};
use super::workshop::Workshop;
use super::{Contest, Job, Way};
use crate::process::run;
use crate::serve::{FORM, Serving, make_nonce};
use crate::site::Site;

/// How many post at the same time.
const CLIENTS: u32 = 8;
/// How many notices are posted in all.
const COUNT: u32 = 2000;
/// How long an answer may take.
const ANSWER: Duration = Duration::from_mins(1);
/// Debian's own Python: `PATH` may show a wrapper first.
pub(super) const PYTHON: &str = "/usr/bin/python3";

const OURS: &str = "\
nsrw serve
# then eight clients post to it over kept connections, each notice about another ticket, signed:
# POST /api/rollout
# Ticket_Id=…&Current_Rollout_Progress=Unverified&Previous_Rollout_Progress=Submitted&Emergency_Release=No&Transaction_Id=…
";
const OURS_MORE: &str = "Each notice is checked (signature, time, every field) and stored with its nonce and its dedupe key in a \
durable commit before 202 is answered; those that come while a commit runs share the next one. Meanwhile the server's worker, \
which waits its turn for the database, takes notices from it with commits of its own; here it finds that the tickets do not \
exist, and says so in the log. Processor time (in the kernel's ticks, usually of 10 ms) and memory are the server's, and its \
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
    rustix::fs::sync();
    let meter = Meter::start(serving.id())?;
    post_all(&serving, 1..=COUNT)?;
    let figures = meter.stop()?;
    serving.kill()?;
    Ok(figures)
}

/// All clients at once.
pub(super) fn post_all(serving: &Serving, notices: RangeInclusive<u32>) -> Result<()> {
    thread::scope(|scope| {
        let share = |client| {
            let notices = notices.clone();
            scope.spawn(move || post_share(serving, notices, client))
        };
        let clients: Vec<_> = (0..CLIENTS).map(share).collect();
        clients.into_iter().try_for_each(|client| client.join().unwrap_or_else(|_| bail!("a client broke off")))
    })
}

/// One client's share: every eighth notice.
fn post_share(serving: &Serving, notices: RangeInclusive<u32>, client: u32) -> Result<()> {
    let config = Agent::config_builder().proxy(None).http_status_as_error(false).timeout_global(Some(ANSWER));
    let agent = Agent::new_with_config(config.build());
    let url = format!("http://{}/api/rollout", serving.address());
    for number in notices.filter(|number| number % CLIENTS == client) {
        post(&agent, &url, serving.secret(), number).with_context(|| format!("failed to post notice {number}"))?;
    }
    Ok(())
}

/// A notice that was not accepted, or taken for a repeat, is an error.
fn post(agent: &Agent, url: &str, secret: &Secret, number: u32) -> Result<()> {
    let body = format!(
        "Ticket_Id={number}&Current_Rollout_Progress=Unverified&Previous_Rollout_Progress=Submitted\
         &Emergency_Release=No&Transaction_Id={number}"
    );
    let mut request = agent.post(url).header("Content-Type", FORM);
    for (name, value) in sign(secret, body.as_bytes(), &make_nonce(), Utc::now()) {
        request = request.header(name, value);
    }
    let mut response = request.send(&body).context("no answer")?;
    let text = response.body_mut().read_to_string().context("failed to read the answer")?;
    let accepted = response.status().as_u16() == 202 && text.contains("\"repeat\":false");
    ensure!(accepted, "the answer was {}: {text}", response.status());
    Ok(())
}
