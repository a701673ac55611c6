//! A site with small deliveries, whose database is written to beside `nsrw` as a killed process leaves it.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use egi_model::ticket::TicketId;
use egi_store::{Claim, Message, NewLetter, Store};
use nsrw_tests::packages::TinyPackage;
use nsrw_tests::provider::Delivery;
use nsrw_tests::site::{Ended, Site};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct World {
    pub(crate) home: TempDir,
    pub(crate) site: Site,
}

impl World {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let site = Site::init(&home.path().join("site"), "http://repository.example.org/sw").unwrap();
        site.allow_folder(home.path()).unwrap();
        // Whatever room this machine has, it is enough; and nobody listens there but the server a test starts.
        site.change_setting("fetch.max_bytes", "1000000").unwrap();
        site.change_setting("api.listen", "\"127.0.0.1:0\"").unwrap();
        Self { home, site }
    }

    /// Opens a ticket for a release of storm, and tells where its files lie.
    pub(crate) fn open(&self, version: &str) -> (u64, PathBuf) {
        let made = self.home.path().join(format!("made-{version}"));
        fs::create_dir(&made).unwrap();
        let package = TinyPackage::new("storm", version).write_rpm(&made).unwrap();
        let folder = self.home.path().join(format!("delivery-{version}"));
        let builder = Delivery::builder("TP.storm.sl6.x86_64", version).package(package);
        let delivery = builder.build(&folder).unwrap();
        let fields = ["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"];
        let ticket = self.site.open_ticket(&delivery, &format!("file://{}", folder.display()), &fields).unwrap();
        (ticket, folder)
    }

    /// A release that stands in `Unverified`.
    pub(crate) fn deliver(&self, version: &str) -> u64 {
        let (ticket, _) = self.open(version);
        self.site.set(ticket, "carlos", &["RolloutProgress=Unverified"]).unwrap();
        ticket
    }

    /// A release that somebody asked staged rollout for.
    pub(crate) fn stage(&self, version: &str) -> u64 {
        let ticket = self.deliver(version);
        self.site.set(ticket, "carlos", &["RolloutProgress=InVerification"]).unwrap();
        let report = "Verification-Report=https://documents.example.org/verification";
        self.site.set(ticket, "carlos", &[report, "RolloutProgress=StageRollout"]).unwrap();
        ticket
    }

    pub(crate) fn nsrw(&self, words: &[&str]) -> Ended {
        self.site.nsrw(words).unwrap()
    }

    pub(crate) fn json(&self, words: &[&str]) -> Value {
        let ended = self.nsrw(words);
        serde_json::from_str(&ended.answer).map_err(|error| format!("{words:?}: {error}: {ended:?}")).unwrap()
    }

    /// Does something to the database that `nsrw` has no command for.
    pub(crate) fn with_store<T>(&self, work: impl AsyncFnOnce(&Store) -> T) -> T {
        let url = self.site.database().unwrap();
        let run = async {
            let store = Store::open(&url).await.unwrap();
            let done = work(&store).await;
            store.close().await;
            done
        };
        tokio::runtime::Runtime::new().unwrap().block_on(run)
    }

    /// A message about `ticket` that came at `at`.
    pub(crate) fn post(&self, ticket: u64, at: DateTime<Utc>) {
        let message = Message::Check { ticket: TicketId::new(ticket).unwrap() };
        self.with_store(async |store| store.post(&message, &format!("test-{ticket}-{at}"), None, at).await.unwrap());
    }

    /// Claims the next message as `worker`.
    pub(crate) fn claim(&self, worker: &str) -> Claim {
        let lease = Duration::from_hours(1);
        self.with_store(async |store| store.claim(worker, Utc::now(), lease).await.unwrap()).unwrap()
    }

    pub(crate) fn write_letter(&self, written: DateTime<Utc>) {
        let letter = NewLetter {
            topic: "test".to_owned(),
            readers: "sw-rel-qc".to_owned(),
            subject: "storm waits".to_owned(),
            body: "for you".to_owned(),
            digest: false,
        };
        self.with_store(async |store| store.write_letter(&letter, written).await.unwrap());
    }

    /// Changes the desk's record of a ticket behind its back.
    pub(crate) fn tamper_with_ticket(&self, ticket: u64, from: &str, to: &str) {
        let file = self.site.folder().join(format!("desk/tickets/{ticket}/ticket.json"));
        let text = fs::read_to_string(&file).unwrap();
        let changed = text.replacen(from, to, 1);
        assert_ne!(text, changed, "{from}");
        fs::write(&file, changed).unwrap();
    }
}

pub(crate) fn ago(hours: i64) -> DateTime<Utc> {
    Utc::now() - TimeDelta::hours(hours)
}

/// A list of one early-adopter team.
pub(crate) const TEAM: &str = r#"
[[team]]
name = "CESNET"
site = "prague_cesnet_lcg2"
ngi = "NGI_CZ"
products = ["storm"]
platforms = ["sl6"]
contact = "early-adopters-cesnet@example.org"
members = ["jan"]
"#;
