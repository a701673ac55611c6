//! An RT, a site that works with it, and a provider.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use egi_model::field::Field;
use nsrw_tests::packages::TinyPackage;
use nsrw_tests::process::wait_until;
use nsrw_tests::provider::Delivery;
use nsrw_tests::serve::Serving;
use nsrw_tests::servers::rt::{ACCOUNT, NewTicket, Postgres, Rt};
use nsrw_tests::site::{PEOPLE, Site};
use serde_json::Value;
use tempfile::TempDir;

use crate::proxy::Proxy;

/// How long something may take that surely comes, on a machine that does a lot beside.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) struct World {
    pub(crate) rt: Rt,
    pub(crate) proxy: Proxy,
    pub(crate) site: Site,
    dir: TempDir,
    notice_url: String,
    /// The server RT has its database on, where that is no file. It outlives RT.
    _database: Option<Postgres>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::build(None).unwrap()
    }

    /// The same with an RT that has its database on `PostgreSQL`.
    pub(crate) fn on_postgres() -> Self {
        Postgres::start().and_then(|server| Self::build(Some(server))).unwrap()
    }

    /// The people of the site are those of RT's groups: its settings name nobody but who runs `nsrw` there.
    fn build(database: Option<Postgres>) -> Result<Self> {
        let dir = TempDir::new()?;
        for folder in ["offered", "made"] {
            std::fs::create_dir(dir.path().join(folder))?;
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let notice_url = format!("http://127.0.0.1:{port}/api/rollout");
        let rt = match &database {
            None => Rt::start_telling(&notice_url)?,
            Some(server) => Rt::start_on(server, &notice_url)?,
        };
        let proxy = Proxy::to(rt.port())?;
        let site = Site::init(&dir.path().join("site"), "http://repository.example.org/sw")?;
        forget_people(&site)?;
        let quoted = |text: &str| format!("\"{text}\"");
        let url = rt.url().replace(&format!(":{}/", rt.port()), &format!(":{}/", proxy.port));
        for (setting, value) in [
            ("tickets.system", quoted("rt")),
            ("rt.url", quoted(&url)),
            ("rt.timeout_seconds", "10".to_owned()),
            ("api.listen", quoted(&format!("127.0.0.1:{port}"))),
            ("worker.poll_seconds", "1".to_owned()),
        ] {
            site.change_setting(setting, &value)?;
        }
        site.allow_folder(dir.path())?;
        let world = Self { rt, proxy, site, dir, notice_url, _database: database };
        world.set_token(world.rt.token(ACCOUNT))?;
        std::fs::copy(world.rt.secret_file(), world.site.folder().join("secrets/notice.key"))?;
        Ok(world)
    }

    /// Gives the site another token.
    pub(crate) fn set_token(&self, token: &str) -> Result<()> {
        let path = self.site.folder().join("secrets/rt.token");
        std::fs::write(&path, format!("{token}\n")).context("failed to write")?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).context("failed to make it private")
    }

    /// The folder everything is in.
    pub(crate) fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// Where RT posts its notices to while all is well.
    pub(crate) fn notice_url(&self) -> &str {
        &self.notice_url
    }

    /// The site's server, once it works with RT.
    pub(crate) fn serve(&self) -> Serving {
        let server = Serving::start(&self.site).unwrap();
        server.wait_for_log("asks the ticket system for the first time").unwrap();
        server
    }

    /// A delivery of one tiny package.
    pub(crate) fn deliver(&self, product: &str, version: &str) -> Delivery {
        let rpm = TinyPackage::new(product, version).write_rpm(&self.dir.path().join("made")).unwrap();
        let builder = Delivery::builder(&format!("TP.{product}.sl6.x86_64"), version).package(rpm);
        builder.build(&self.offered(&format!("{product}-{version}"))).unwrap()
    }

    /// A folder of the provider.
    pub(crate) fn offered(&self, name: &str) -> PathBuf {
        self.dir.path().join("offered").join(name)
    }

    /// A ticket the provider opened for a tiny delivery.
    pub(crate) fn open(&self, product: &str, version: &str) -> u64 {
        let delivery = self.deliver(product, version);
        let ticket = ticket_for(&delivery, &format!("{product} {version}"));
        self.rt.person("tp1").open(&ticket).unwrap()
    }

    /// Somebody sets a field in RT, and RT takes it.
    pub(crate) fn set(&self, who: &str, ticket: u64, field: Field, value: &str) {
        let said = self.rt.person(who).set(ticket, field, value).unwrap();
        let is = self.field(ticket, field);
        assert!(is == value || said.iter().any(|line| line.contains(value)), "RT did not take {field}: {said:?}");
    }

    /// Somebody asks for a state in RT.
    pub(crate) fn ask(&self, who: &str, ticket: u64, state: &str) {
        self.set(who, ticket, Field::RolloutProgress, state);
    }

    /// Somebody asks for a state, and the repository does as it was asked.
    pub(crate) fn go(&self, who: &str, ticket: u64, state: &str) {
        self.ask(who, ticket, state);
        self.wait_to_stand(ticket, &format!("{state} OK"));
    }

    /// From `Submitted` to `InVerification`, with the reports that are wanted further on.
    pub(crate) fn go_to_verification(&self, ticket: u64) {
        self.go("carlos", ticket, "Unverified");
        self.go("carlos", ticket, "InVerification");
        self.set("carlos", ticket, Field::VerificationReport, "https://documents.example.org/verification");
    }

    pub(crate) fn field(&self, ticket: u64, field: Field) -> String {
        self.rt.person(ACCOUNT).field(ticket, field).unwrap()
    }

    /// Where the ticket stands, and what the repository answered last: `Unverified OK`.
    pub(crate) fn stands(&self, ticket: u64) -> String {
        format!("{} {}", self.field(ticket, Field::RolloutProgress), self.field(ticket, Field::CommunicationStatus))
    }

    pub(crate) fn wait_to_stand(&self, ticket: u64, wanted: &str) {
        let looked = wait_until(PATIENCE, || Ok((self.stands(ticket) == wanted).then_some(())));
        looked.unwrap_or_else(|_| panic!("{wanted} was expected: {}\n{}", self.stands(ticket), self.log()));
    }

    /// RT's own status of the ticket.
    pub(crate) fn status(&self, ticket: u64) -> String {
        let reply = self.rt.person(ACCOUNT).get(&format!("ticket/{ticket}")).unwrap();
        reply.json()["Status"].as_str().unwrap_or_default().to_owned()
    }

    /// The groups in the ticket's Cc, by name, sorted.
    fn watchers(&self, ticket: u64) -> Vec<String> {
        let person = self.rt.person(ACCOUNT);
        let cc = person.get(&format!("ticket/{ticket}")).unwrap().json()["Cc"].as_array().cloned().unwrap_or_default();
        let name = |cc: &Value| {
            let group = person.get(&format!("group/{}", cc["id"].as_str().unwrap_or_default())).unwrap();
            group.json()["Name"].as_str().unwrap_or_default().to_owned()
        };
        let mut names: Vec<String> = cc.iter().filter(|cc| cc["type"] == "group").map(name).collect();
        names.sort();
        names
    }

    /// Waits until these groups, sorted, hear of the ticket: RT sets them just after it has taken the answer.
    pub(crate) fn wait_for_watchers(&self, ticket: u64, wanted: &[&str]) {
        let looked = wait_until(PATIENCE, || Ok((self.watchers(ticket) == wanted).then_some(())));
        looked.unwrap_or_else(|_| panic!("{wanted:?} were expected to hear of it: {:?}", self.watchers(ticket)));
    }

    /// The comments the repository wrote, oldest first, as RT has them.
    pub(crate) fn comments(&self, ticket: u64) -> Vec<String> {
        let person = self.rt.person(ACCOUNT);
        let history = person.get(&format!("ticket/{ticket}/history?fields=Type,Creator&per_page=100")).unwrap().json();
        let entries = history["items"].as_array().cloned().unwrap_or_default();
        let ours = entries.iter().filter(|entry| entry["Type"] == "Comment" && entry["Creator"]["id"] == ACCOUNT);
        let text = |entry: &Value| {
            let path = format!("transaction/{}/attachments?fields=Content", entry["id"].as_str().unwrap_or_default());
            person.get(&path).unwrap().json()["items"][0]["Content"].as_str().unwrap_or_default().to_owned()
        };
        ours.map(text).collect()
    }

    /// What is in the books of a release, one line per record, without the one that says that there is a ticket.
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

    pub(crate) fn wait_for_history(&self, ticket: u64, count: usize) -> Vec<String> {
        let looked = wait_until(PATIENCE, || Ok(Some(self.history(ticket)).filter(|lines| lines.len() >= count)));
        looked.unwrap_or_else(|_| panic!("{count} records were expected: {:#?}\n{}", self.history(ticket), self.log()))
    }

    /// What `nsrw sync` says, one line per difference.
    pub(crate) fn differences(&self) -> Vec<String> {
        let ended = self.site.nsrw(&["sync"]).unwrap();
        assert!(ended.code == 0 || ended.code == 3, "{}{}", ended.answer, ended.log);
        ended
            .answer
            .lines()
            .filter(|line| *line != "tickets, database and repository tree agree")
            .map(str::to_owned)
            .collect()
    }

    /// Log and tree are whole, and tickets, database and tree agree.
    pub(crate) fn assert_sound(&self) {
        self.site.done(&["history", "verify"]).unwrap();
        assert_eq!(self.differences(), [""; 0]);
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.site.folder().join("serve.log")).unwrap_or_default()
    }
}

/// The ticket of a delivery, not opened yet.
pub(crate) fn ticket_for(delivery: &Delivery, subject: &str) -> NewTicket {
    let read = |name: &str| std::fs::read(delivery.dir.join(name)).unwrap();
    NewTicket::for_release(subject, &read("release.xml"), &read("checksums.xml"))
        .with(Field::SyncProtocol, "file")
        .with(Field::SyncUrl, &format!("file://{}", delivery.dir.display()))
        .with(Field::ReleaseType, "Incremental")
}

fn forget_people(site: &Site) -> Result<()> {
    let mut table: toml::Table = std::fs::read_to_string(site.config())?.parse()?;
    let people = table.get_mut("people").and_then(toml::Value::as_array_mut).context("the site has no people")?;
    let is_told = |person: &toml::Value| PEOPLE.iter().any(|(name, _)| person["name"].as_str() == Some(name));
    people.retain(|person| !is_told(person));
    Ok(std::fs::write(site.config(), table.to_string())?)
}
