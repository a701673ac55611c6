//! A site with four teams, and a release on its way.

use std::path::{Path, PathBuf};

use chrono::Utc;
use nsrw_tests::packages::TinyPackage;
use nsrw_tests::provider::Delivery;
use nsrw_tests::site::{Ended, Site};
use serde_json::Value;
use tempfile::TempDir;

/// Four teams of three NGIs that volunteer for storm, and one for something else.
pub(crate) const TEAMS: &str = r#"
[[team]]
name = "NCG-INGRID-PT"
site = "NCG-INGRID-PT"
ngi = "NGI_IBERGRID"
products = ["storm"]
platforms = ["sl6"]
contact = "early-adopters-ingrid@example.org"
members = ["mario_pt"]

[[team]]
name = "IFCA-LCG2"
site = "IFCA-LCG2"
ngi = "NGI_IBERGRID"
products = ["storm", "dpm"]
platforms = ["sl6/x86_64"]
contact = "early-adopters-ifca@example.org"
members = ["alvaro"]

[[team]]
name = "UKI-LT2-Brunel"
site = "UKI-LT2-Brunel"
ngi = "NGI_UK"
products = ["any"]
platforms = ["any"]
contact = "early-adopters-brunel@example.org"
members = ["raul"]

[[team]]
name = "CESNET"
site = "prague_cesnet_lcg2"
ngi = "NGI_CZ"
products = ["storm"]
platforms = ["sl6"]
contact = "early-adopters-cesnet@example.org"
members = ["jan"]

[[team]]
name = "SiGNET"
site = "SiGNET"
ngi = "NGI_SI"
products = ["arc"]
platforms = ["any"]
contact = "early-adopters-arc@example.org"
"#;

pub(crate) const REPORT: &str = "StageRollout-Report=https://documents.example.org/staged-rollout";

pub(crate) struct World {
    pub(crate) home: TempDir,
    pub(crate) site: Site,
}

impl World {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let site = Site::init(&home.path().join("site"), "http://repository.example.org/sw").unwrap();
        site.allow_folder(home.path()).unwrap();
        Self { home, site }
    }

    /// The same with the teams.
    pub(crate) fn with_teams() -> Self {
        let world = Self::new();
        let file = world.file("teams.toml", TEAMS);
        world.done(&["ea", "load", &file]);
        world
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.home.path().join(name).to_string_lossy().into_owned()
    }

    pub(crate) fn done(&self, words: &[&str]) -> String {
        self.site.done(words).unwrap()
    }

    pub(crate) fn try_to(&self, words: &[&str]) -> Ended {
        self.site.nsrw(words).unwrap()
    }

    pub(crate) fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.done(words)).unwrap()
    }

    /// A command that must be refused with these words, in its answer.
    pub(crate) fn refused(&self, words: &[&str], why: &str) {
        let ended = self.try_to(words);
        assert!(
            ended.code == 3 && ended.answer.contains(why),
            "{words:?}: {} {}{}",
            ended.code,
            ended.answer,
            ended.log
        );
    }

    /// A release of a product that stands in `InVerification`.
    pub(crate) fn deliver(&self, product: &str, version: &str) -> u64 {
        let packages = self.home.path().join("packages");
        std::fs::create_dir_all(&packages).unwrap();
        let rpm = TinyPackage::new(product, version).write_rpm(&packages).unwrap();
        let folder = self.home.path().join(format!("{product}-{version}"));
        let builder = Delivery::builder(&format!("TP.{product}.sl6.x86_64"), version).package(rpm);
        let delivery = builder.build(&folder).unwrap();
        let url = format!("file://{}", folder.display());
        let ticket = self.site.open_ticket(&delivery, &url, &["AssociatedMajorRelease=umd-4"]).unwrap();
        self.site.set(ticket, "carlos", &["RolloutProgress=Unverified"]).unwrap();
        self.site.set(ticket, "carlos", &["RolloutProgress=InVerification"]).unwrap();
        ticket
    }

    /// The same in `StageRollout`.
    pub(crate) fn stage(&self, product: &str, version: &str) -> u64 {
        let ticket = self.deliver(product, version);
        let report = "Verification-Report=https://documents.example.org/verification";
        self.site.set(ticket, "carlos", &[report, "RolloutProgress=StageRollout"]).unwrap();
        assert_eq!(self.stands(ticket), "StageRollout OK");
        ticket
    }

    pub(crate) fn stands(&self, ticket: u64) -> String {
        let field = |name| self.site.field(ticket, name).unwrap();
        format!("{} {}", field("RolloutProgress"), field("CommunicationStatus"))
    }

    /// Somebody says something with `nsrw ea`, and it is worked on.
    pub(crate) fn say(&self, word: &str, ticket: u64, team: &str, by: &str, more: &[&str]) -> String {
        let ticket = ticket.to_string();
        let said = self.done(&[&["ea", word, &ticket, team, "--as", by], more].concat());
        self.done(&["promote"]);
        said
    }

    /// What is on record of a team's part.
    pub(crate) fn part(&self, ticket: u64, team: &str) -> Value {
        let parts = self.json(&["ea", "show", "--json", &ticket.to_string()]);
        parts.as_array().unwrap().iter().find(|part| part["team"] == team).unwrap().clone()
    }

    pub(crate) fn early_adopters(&self, ticket: u64) -> Vec<String> {
        let ticket = self.site.ticket(ticket).unwrap();
        let list = ticket.pointer("/ticket/early_adopters").and_then(Value::as_array).cloned().unwrap_or_default();
        list.iter().map(|contact| contact.as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn last_comment(&self, ticket: u64) -> String {
        self.site.comments(ticket).unwrap().pop().unwrap()
    }

    /// A sheet of this month's report, line by line, without the head.
    pub(crate) fn sheet(&self, name: &str) -> Vec<String> {
        let month = Utc::now().format("%Y-%m").to_string();
        let csv = self.done(&["report", &month, "--stdout", name]);
        csv.lines().skip(1).map(str::to_owned).collect()
    }
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
