//! A site with tiny deliveries in a local folder, and a desk on which people change things without the queue's knowing.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use egi_model::field::Field;
use egi_model::role::{Actor, Role};
use egi_model::ticket::{ChangeKind, TicketChange, TicketId};
use egi_tickets::desk::{Desk, Edit};
use nsrw_tests::packages::TinyPackage;
use nsrw_tests::process::wait_until;
use nsrw_tests::provider::Delivery;
use nsrw_tests::serve::{Answer, Serving};
use nsrw_tests::site::Site;
use serde_json::Value;
use tempfile::TempDir;

/// How long something may take that surely comes, on a machine that does a lot beside.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The fields of every release here.
pub(crate) const FIELDS: [&str; 2] = ["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"];

/// A change of `RolloutProgress` as the ticket's history has it.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) id: u64,
    pub(crate) by: String,
    pub(crate) ticket: u64,
    pub(crate) old: String,
    pub(crate) new: String,
}

impl Change {
    /// What the desk says was changed, if it is that field.
    fn of(change: &TicketChange) -> Option<Self> {
        let ChangeKind::Field { field: Field::RolloutProgress, old, new } = &change.what else { return None };
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "Submitted".to_owned());
        let (id, by, ticket) = (change.id, change.by.name.clone(), change.ticket.get());
        Some(Self { id, by, ticket, old: text(old), new: text(new) })
    }

    /// The notice of it, as the ticket system posts it when it numbers its changes.
    pub(crate) fn post(&self, server: &Serving) -> Answer {
        let (ticket, id) = (self.ticket.to_string(), self.id.to_string());
        server.post(&[&notice(&ticket, &self.old, &self.new)[..], &[("Transaction_Id", &id)]].concat()).unwrap()
    }

    /// The notice of it, from a ticket system that does not.
    pub(crate) fn post_unnumbered(&self, server: &Serving) -> Answer {
        server.post(&notice(&self.ticket.to_string(), &self.old, &self.new)).unwrap()
    }
}

/// The specification's four fields.
pub(crate) fn notice<'a>(ticket: &'a str, previous: &'a str, current: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("Ticket_Id", ticket),
        ("Current_Rollout_Progress", current),
        ("Previous_Rollout_Progress", previous),
        ("Emergency_Release", "No"),
    ]
}

/// A site and a provider's folder.
pub(crate) struct World {
    dir: TempDir,
    pub(crate) site: Site,
    sentinel: AtomicU64,
}

impl World {
    /// A new site. Nothing waits long for a second look.
    pub(crate) fn new() -> Self {
        Self::build().unwrap()
    }

    fn build() -> Result<Self> {
        let dir = TempDir::new()?;
        for folder in ["offered", "made"] {
            std::fs::create_dir(dir.path().join(folder))?;
        }
        let site = Site::init(&dir.path().join("site"), "http://repository.example.org/sw")?;
        site.configure("127.0.0.1:8470", "127.0.0.1:0")?;
        site.configure("local_folders = []", &format!("local_folders = [\"{}\"]", dir.path().display()))?;
        site.configure("poll_seconds = 5", "poll_seconds = 1")?;
        Ok(Self { dir, site, sentinel: AtomicU64::new(900_000) })
    }

    /// The folder everything is in.
    pub(crate) fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// The site's server, with its first look for missed changes behind it.
    pub(crate) fn serve(&self) -> Serving {
        let server = Serving::start(&self.site).unwrap();
        self.flush(&server);
        server
    }

    /// Waits until the worker has done everything posted so far. What is posted last is worked on last; a notice may be
    /// passed on under another number, and that one may wait for earlier changes, so three rounds are waited for.
    pub(crate) fn flush(&self, server: &Serving) {
        for _ in 0..3 {
            self.flush_once(server);
        }
    }

    fn flush_once(&self, server: &Serving) {
        let sentinel = self.sentinel.fetch_add(1, Ordering::Relaxed).to_string();
        let answer = server.post(&notice(&sentinel, "Submitted", "Unverified")).unwrap();
        assert_eq!(answer.status, 202, "{}", answer.text);
        server.wait_for_log(&format!("there is no ticket {sentinel}; the notice is set aside")).unwrap();
    }

    /// A delivery of one tiny package.
    pub(crate) fn deliver(&self, product: &str, version: &str) -> Delivery {
        let rpm = TinyPackage::new(product, version).write_rpm(&self.folder().join("made")).unwrap();
        let builder = Delivery::builder(&format!("TP.{product}.sl6.x86_64"), version).package(rpm);
        builder.build(&self.folder().join("offered").join(format!("{product}-{version}"))).unwrap()
    }

    /// A ticket for a new delivery of one tiny package, in `Submitted`.
    pub(crate) fn open(&self, product: &str) -> u64 {
        let delivery = self.deliver(product, "1.0.0");
        let url = format!("file://{}", delivery.dir.display());
        self.site.open_ticket(&delivery, &url, &FIELDS).unwrap()
    }

    /// A ticket in `Unverified`.
    pub(crate) fn open_unverified(&self, product: &str) -> u64 {
        let ticket = self.open(product);
        self.site.set(ticket, "carlos", &["RolloutProgress=Unverified"]).unwrap();
        ticket
    }

    /// Changes the state on the desk alone. Nobody posts it.
    pub(crate) fn change(&self, ticket: u64, who: &str, state: &str) -> Change {
        change(self.site.folder(), ticket, who, state).unwrap()
    }

    /// All changes of the ticket's `RolloutProgress`, oldest first.
    pub(crate) fn progress_changes(&self, ticket: u64) -> Vec<Change> {
        let record = self.site.ticket(ticket).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or("Submitted").to_owned();
        let entries = record["history"].as_array().unwrap().iter();
        let progress = entries.filter(|entry| entry["what"]["field"] == "RolloutProgress");
        progress
            .map(|entry| Change {
                id: entry["id"].as_u64().unwrap(),
                by: text(&entry["by"]["name"]),
                ticket,
                old: text(&entry["what"]["old"]),
                new: text(&entry["what"]["new"]),
            })
            .collect()
    }

    /// What is in the books of a release, one line per record. The first, which says that there is a ticket, is left out.
    pub(crate) fn history(&self, ticket: u64) -> Vec<String> {
        let records = self.site.done(&["history", "--json", &ticket.to_string()]).unwrap();
        let records: Vec<Value> = serde_json::from_str(&records).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let line = |record: &Value| {
            let entry = &record["entry"];
            let [from, asked, by, outcome] = ["from", "asked", "by", "outcome"].map(|name| text(&entry[name]));
            format!("{from} -> {asked} by {by}: {outcome}")
        };
        records.iter().skip(1).map(line).collect()
    }

    /// Waits until the books of a release have `count` records, and tells them.
    pub(crate) fn wait_for_history(&self, ticket: u64, count: usize) -> Vec<String> {
        let looked = wait_until(PATIENCE, || Ok(Some(self.history(ticket)).filter(|lines| lines.len() >= count)));
        looked.unwrap_or_else(|_| panic!("{count} records were expected: {:#?}", self.history(ticket)))
    }

    /// Waits until the ticket has `count` comments, and tells them.
    pub(crate) fn wait_for_comments(&self, ticket: u64, count: usize) -> Vec<String> {
        let looked = wait_until(PATIENCE, || Ok(Some(self.site.comments(ticket)?).filter(|all| all.len() >= count)));
        looked.unwrap_or_else(|_| panic!("{count} comments were expected: {:#?}", self.site.comments(ticket)))
    }

    /// Works on what has come in until the books have `count` records: a killed worker's lease has to end first.
    pub(crate) fn promote_until(&self, ticket: u64, count: usize) -> Vec<String> {
        let promoted = wait_until(PATIENCE, || {
            self.site.done(&["promote"])?;
            Ok(Some(self.history(ticket)).filter(|lines| lines.len() >= count))
        });
        promoted.unwrap_or_else(|e| panic!("{count} records were expected: {:#?}; {e:#}", self.history(ticket)))
    }

    /// Where the ticket stands, and what the repository answered last: `Unverified OK`.
    pub(crate) fn stands(&self, ticket: u64) -> String {
        let field = |name| self.site.field(ticket, name).unwrap();
        format!("{} {}", field("RolloutProgress"), field("CommunicationStatus"))
    }

    /// The ticket with its whole history, and all that is in the books of it.
    pub(crate) fn everything(&self, ticket: u64) -> (Value, Vec<String>) {
        (self.site.ticket(ticket).unwrap(), self.history(ticket))
    }

    /// The public tree as clients see it: each live generation, and every package.
    pub(crate) fn published(&self) -> Vec<PathBuf> {
        let (root, mut found) = (self.site.public(), Vec::new());
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                found.extend(std::fs::read_link(&path));
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rpm") {
                    found.push(path.strip_prefix(&root).unwrap().to_owned());
                }
            }
        }
        found.sort();
        found
    }

    /// The log and the tree are whole, and nothing is left to do.
    pub(crate) fn assert_sound(&self) {
        self.site.done(&["history", "verify"]).unwrap();
        let compared = self.site.nsrw(&["sync"]).unwrap();
        assert_eq!(compared.code, 0, "{}{}", compared.answer, compared.log);
    }
}

/// Changes the state on the desk of the site in a folder, as somebody does.
pub(crate) fn change(site: &Path, ticket: u64, who: &str, state: &str) -> Result<Change> {
    let roles = match who {
        "carlos" => vec![Role::Verifier],
        "mario" => vec![Role::RolloutManager],
        "kostas" => vec![Role::Admin, Role::ReleaseManager],
        _ => bail!("{who} is not among the site's people"),
    };
    let desk = Desk::open(&site.join("desk"))?;
    let id = TicketId::new(ticket).context("no ticket number")?;
    let by = Actor { name: who.to_owned(), roles };
    let done = desk.set(id, &[Edit::Field(Field::RolloutProgress, state.to_owned())], &by, chrono::Utc::now())?;
    done.iter().find_map(Change::of).context("nothing was changed")
}
