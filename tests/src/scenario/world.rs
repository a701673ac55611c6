//! The world a script acts in: a site, a provider with servers and deliveries, and what was seen last.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::disk::Disk;
use super::news::{self, TicketView, TreeView};
use super::offer::Offer;
use crate::crash::{Boundaries, Mode};
use crate::process::wait_until;
use crate::servers::{Condition, FtpServer, HttpServer, RsyncDaemon, Wire};
use crate::site::{Ended, Site};

/// Who makes each step of the usual way.
const USUAL_WAY: [(&str, &str); 4] =
    [("Unverified", "carlos"), ("InVerification", "carlos"), ("StageRollout", "carlos"), ("Production", "mario")];
/// What a step of the usual way needs written into the ticket.
const NEEDED: [(&str, &str); 2] = [
    ("StageRollout", "Verification-Report=https://documents.example.org/verification"),
    ("Production", "StageRollout-Report=https://documents.example.org/staged-rollout"),
];
/// How long an answer may take that needs several tries.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

pub(super) struct World {
    servers: Servers,
    disk: Option<Disk>,
    site: Site,
    offers: BTreeMap<String, Offer>,
    tickets: BTreeMap<String, u64>,
    seen: Seen,
    /// How much of the work is also done killed, and what came of it.
    killing: Option<Mode>,
    boundaries: Boundaries,
    home: TempDir,
}

/// The provider's servers, started when first used.
#[derive(Default)]
struct Servers {
    rsync: Option<(RsyncDaemon, Wire)>,
    http: Option<(HttpServer, Wire)>,
    ftp: Option<FtpServer>,
}

/// What was seen at the last look.
#[derive(Default)]
struct Seen {
    tickets: BTreeMap<u64, TicketView>,
    tree: TreeView,
    mails: BTreeSet<PathBuf>,
    log: String,
}

impl World {
    pub(super) fn new() -> Result<Self> {
        let home = TempDir::with_prefix("nsrw-scenario-").context("failed to create a folder for the world")?;
        for folder in ["provider", "packages"] {
            std::fs::create_dir(home.path().join(folder)).context("failed to create a folder of the world")?;
        }
        let site = Site::init(&home.path().join("site"), "http://repository.example.org/sw")?;
        site.allow_folder(&home.path().join("provider"))?;
        Ok(Self {
            servers: Servers::default(),
            disk: None,
            site,
            offers: BTreeMap::new(),
            tickets: BTreeMap::new(),
            seen: Seen::default(),
            killing: None,
            boundaries: Boundaries::default(),
            home,
        })
    }

    pub(super) fn use_database(&self, url: &str) -> Result<()> {
        self.site.use_database(url)
    }

    pub(super) fn kill_at_boundaries(&mut self, mode: Mode) {
        self.killing = Some(mode);
    }

    pub(super) fn boundaries(self) -> Boundaries {
        self.boundaries
    }

    pub(super) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(super) fn deliver(&mut self, product: &str, version: &str, options: &[&str]) -> Result<String> {
        let (provider, packages) = (self.home().join("provider"), self.home().join("packages"));
        let (name, offer) = Offer::order(product, version, options, &provider, &packages)?;
        self.offers.insert(name, offer);
        Ok(String::new())
    }

    pub(super) fn spoil(&mut self, name: &str, how: &[&str]) -> Result<String> {
        self.offer(name)?.spoil(how).map(|()| String::new())
    }

    pub(super) fn mend(&mut self, name: &str) -> Result<String> {
        self.offer(name)?.delivery.mend().map(|()| String::new())
    }

    pub(super) fn open_ticket(&mut self, name: &str, fields: &[&str]) -> Result<String> {
        let offer = self.offers.get(name).with_context(|| format!("there is no delivery {name}"))?;
        let release = offer.delivery.dir.join("release.xml").to_string_lossy().into_owned();
        let base = self.servers.base(&offer.protocol, &self.home().join("provider"))?;
        let mut given = vec![format!("Sync-Protocol={}", offer.protocol), format!("Sync-URL={base}/{name}")];
        given.extend(offer.fields.iter().cloned());
        let named = |field: &str| field.split('=').next().unwrap_or_default().to_owned();
        given.retain(|usual| fields.iter().all(|field| named(field) != named(usual)));
        given.extend(fields.iter().map(|&field| field.to_owned()));
        let mut words = vec!["ticket", "new", "--as", "tp1", "--release", &release];
        words.extend(given.iter().map(String::as_str));
        let ended = self.site.nsrw(&words)?;
        if let Some(number) = ended.answer.split_whitespace().nth(1).and_then(|word| word.parse().ok()) {
            self.tickets.insert(name.to_owned(), number);
            self.seen.tickets.insert(number, self.view(number)?);
        }
        Ok(told(&ended))
    }

    pub(super) fn attach(&mut self, name: &str, who: &str) -> Result<String> {
        let dir = self.offer(name)?.delivery.dir.clone();
        let release = format!("Release-metadata=@{}", dir.join("release.xml").display());
        let checksums = format!("Release-checksums=@{}", dir.join("checksums.xml").display());
        let ended = self.ticket_set(name, who, &[&release, &checksums])?;
        // What changed is a digest; a refusal is what a script wants to see.
        Ok(if ended.code == 0 { String::new() } else { told(&ended) })
    }

    pub(super) fn set(&mut self, name: &str, who: &str, changes: &[&str]) -> Result<String> {
        let ended = self.ticket_set(name, who, changes)?;
        let number = self.number(name)?;
        self.seen.tickets.insert(number, self.view(number)?);
        Ok(told(&ended))
    }

    pub(super) fn change_state(&mut self, name: &str, who: &str, state: &str, fields: &[&str]) -> Result<String> {
        let state = format!("RolloutProgress={state}");
        let changes: Vec<&str> = [state.as_str()].into_iter().chain(fields.iter().copied()).collect();
        let set = self.ticket_set(name, who, &changes)?;
        if set.code != 0 {
            return Ok(told(&set));
        }
        let worked = self.work()?;
        let unusual = if worked.code == 0 { String::new() } else { told(&worked) };
        Ok(unusual + &self.news(true)?)
    }

    pub(super) fn bring(&mut self, name: &str, state: &str) -> Result<String> {
        let place = |wanted: &str| USUAL_WAY.iter().position(|(step, _)| *step == wanted);
        let last = place(state).with_context(|| format!("the usual way does not lead to {state}"))?;
        let first = place(&self.site.field(self.number(name)?, "RolloutProgress")?).map_or(0, |now| now + 1);
        for (step, who) in USUAL_WAY.get(first..=last).unwrap_or_default() {
            let needed = NEEDED.iter().find(|(needing, _)| needing == step).map(|(_, report)| *report);
            let state = format!("RolloutProgress={step}");
            let changes: Vec<&str> = needed.into_iter().chain([state.as_str()]).collect();
            let set = self.ticket_set(name, who, &changes)?;
            ensure!(set.code == 0, "the ticket could not be changed: {}", set.answer);
            self.work()?;
        }
        self.news(false)
    }

    pub(super) fn tamper(&mut self, name: &str, change: &str) -> Result<String> {
        let path = self.site.folder().join(format!("desk/tickets/{}/ticket.json", self.number(name)?));
        let text = std::fs::read_to_string(&path).context("failed to read the ticket")?;
        let mut record: Value = serde_json::from_str(&text).context("the ticket is no JSON")?;
        let fields = record.pointer_mut("/ticket/fields").and_then(Value::as_object_mut);
        let fields = fields.context("the ticket has no fields")?;
        match change.split_once('=') {
            Some((field, "")) => drop(fields.remove(field)),
            Some((field, value)) => drop(fields.insert(field.to_owned(), value.into())),
            None => bail!("a change is FIELD=VALUE"),
        }
        crate::clients::write_file(&path, &record.to_string()).map(|()| String::new())
    }

    pub(super) fn promote(&mut self) -> Result<String> {
        let worked = self.work()?;
        Ok(told(&worked) + &self.news(true)?)
    }

    pub(super) fn await_answer(&mut self, name: &str) -> Result<String> {
        let number = self.number(name)?;
        wait_until(ANSWER_LIMIT, || {
            self.work_undisturbed()?;
            Ok((!self.view(number)?.is_pending()).then_some(()))
        })?;
        self.news(true)
    }

    pub(super) fn await_comment(&mut self, name: &str) -> Result<String> {
        let number = self.number(name)?;
        let before = self.view(number)?.comments();
        wait_until(ANSWER_LIMIT, || {
            self.work_undisturbed()?;
            Ok((self.view(number)?.comments() > before).then_some(()))
        })?;
        self.news(true)
    }

    pub(super) fn setting(&mut self, name: &str, value: &str) -> Result<String> {
        self.site.change_setting(name, value).map(|()| String::new())
    }

    pub(super) fn wire(&mut self, server: &str, condition: &[&str]) -> Result<String> {
        let condition = match condition {
            ["whole"] => Condition::Whole,
            ["down"] => Condition::Down,
            ["silent"] => Condition::Silent,
            ["cut", bytes] => Condition::Cut(bytes.parse()?),
            _ => bail!("a wire can be whole, down, silent, or cut BYTES"),
        };
        self.servers.base(server, &self.home.path().join("provider"))?;
        let wire = match server {
            "rsync" => self.servers.rsync.as_mut().map(|(_, wire)| wire),
            _ => self.servers.http.as_mut().map(|(_, wire)| wire),
        };
        wire.context("that server has no wire")?.set(condition).map(|()| String::new())
    }

    pub(super) fn disk(&mut self, how: &[&str]) -> Result<String> {
        let Some(disk) = &self.disk else {
            let [size] = how else { bail!("there is no disk yet; give its size") };
            let disk = Disk::mount(&self.site.folder().join("repository"), size)?;
            self.site.run_within(disk.entrance());
            self.disk = Some(disk);
            // What is not mounted yet when a site is made is made when it is.
            let folder = self.site.folder().display().to_string();
            self.site.done(&["init", &folder])?;
            return self.work().map(|_| String::new());
        };
        match how {
            ["read-only"] => disk.remount("ro"),
            ["writable"] => disk.remount("rw"),
            ["full"] => disk.fill(),
            ["free"] => disk.free(),
            [size] => disk.remount(&format!("size={size}")),
            _ => bail!("a disk can be of a SIZE, full, free, read-only, or writable"),
        }?;
        Ok(String::new())
    }

    pub(super) fn show(&self, name: &str) -> Result<String> {
        Ok(self.view(self.number(name)?)?.whole())
    }

    pub(super) fn tree(&self) -> Result<String> {
        Ok(self.look_at_tree()?.whole())
    }

    pub(super) fn mail(&mut self) -> Result<String> {
        news::mails(&self.site.folder().join("desk/outbox"), &mut self.seen.mails)
    }

    pub(super) fn log(&self) -> String {
        let serious = |line: &&str| line.contains(" WARN ") || line.contains("ERROR ") || !line.contains(" INFO ");
        let lines: Vec<&str> = self.seen.log.lines().filter(serious).collect();
        if lines.is_empty() { "  nothing\n".to_owned() } else { news::indent(&lines.join("\n")) }
    }

    /// Asks `nsrw` something; a ticket is named by its delivery, and somebody comes last.
    pub(super) fn ask(&self, words: &[&str]) -> Result<String> {
        let mut asked: Vec<String> = Vec::new();
        for (place, word) in words.iter().enumerate() {
            match (words.first(), self.tickets.get(*word)) {
                (_, Some(number)) => asked.push(number.to_string()),
                (Some(&"explain"), None) if place == 2 => asked.extend(["--as".to_owned(), (*word).to_owned()]),
                (Some(&"plan"), None) if place == 3 => asked.extend(["--as".to_owned(), (*word).to_owned()]),
                _ => asked.push((*word).to_owned()),
            }
        }
        Ok(told(&self.site.nsrw(&asked)?))
    }

    fn offer(&mut self, name: &str) -> Result<&mut Offer> {
        self.offers.get_mut(name).with_context(|| format!("there is no delivery {name}"))
    }

    fn number(&self, name: &str) -> Result<u64> {
        self.tickets.get(name).copied().with_context(|| format!("there is no ticket for {name}"))
    }

    fn ticket_set(&self, name: &str, who: &str, changes: &[&str]) -> Result<Ended> {
        let number = self.number(name)?.to_string();
        let words: Vec<&str> =
            ["ticket", "set", "--as", who, &number].into_iter().chain(changes.iter().copied()).collect();
        self.site.nsrw(&words)
    }

    fn work(&mut self) -> Result<Ended> {
        match self.killing {
            Some(mode) if self.disk.is_none() => self.work_killed(mode),
            _ => self.work_undisturbed(),
        }
    }

    fn work_killed(&mut self, mode: Mode) -> Result<Ended> {
        let folder = self.home().join("killed");
        let before = self.site.copy_to(&self.home().join("before"))?;
        let ended = self.work_undisturbed()?;
        self.boundaries.pull_at_each(&before, &self.site, &folder, mode)?;
        std::fs::remove_dir_all(before.folder()).context("failed to remove a copy")?;
        Ok(ended)
    }

    fn work_undisturbed(&mut self) -> Result<Ended> {
        let ended = self.site.nsrw(&["promote"])?;
        self.seen.log.clone_from(&ended.log);
        Ok(ended)
    }

    fn view(&self, number: u64) -> Result<TicketView> {
        Ok(TicketView::read(&self.site.ticket(number)?))
    }

    fn look_at_tree(&self) -> Result<TreeView> {
        TreeView::read(&self.seen_by_site(&self.site.public()))
    }

    fn seen_by_site(&self, path: &Path) -> PathBuf {
        self.disk.as_ref().map_or_else(|| path.to_owned(), |disk| disk.seen(path))
    }

    /// What is new on the tickets and in the repositories.
    fn news(&mut self, comments: bool) -> Result<String> {
        let mut told = String::new();
        for (name, number) in &self.tickets {
            let view = self.view(*number)?;
            let before = self.seen.tickets.entry(*number).or_default();
            told.push_str(&view.since(before, name, comments));
            *before = view;
        }
        let tree = self.look_at_tree()?;
        told.push_str(&tree.since(&self.seen.tree));
        self.seen.tree = tree;
        told.push_str(&news::unfinished(&self.seen_by_site(&self.site.folder().join("repository")))?);
        Ok(told)
    }
}

impl Servers {
    /// Where clients of a protocol find the folders of the provider.
    fn base(&mut self, protocol: &str, provider: &Path) -> Result<String> {
        match protocol {
            "file" => return Ok(format!("file://{}", provider.display())),
            "rsync" if self.rsync.is_none() => {
                let server = RsyncDaemon::serve(provider)?;
                let wire = Wire::to(server.port())?;
                self.rsync = Some((server, wire));
            }
            "http" if self.http.is_none() => {
                let server = HttpServer::serve(provider)?;
                let wire = Wire::to(server.port())?;
                self.http = Some((server, wire));
            }
            "ftp" if self.ftp.is_none() => self.ftp = Some(FtpServer::serve(provider)?),
            _ => {}
        }
        let url = match protocol {
            "rsync" => self.rsync.as_ref().map(|(_, wire)| format!("rsync://127.0.0.1:{}/delivery", wire.port())),
            "http" => self.http.as_ref().map(|(_, wire)| format!("http://127.0.0.1:{}", wire.port())),
            "ftp" => self.ftp.as_ref().map(|server| server.url().to_owned()),
            _ => None,
        };
        url.with_context(|| format!("there is no {protocol} server"))
    }
}

/// The answer of a command, indented, with its exit code when that is not 0; what it logged when it did not work.
fn told(ended: &Ended) -> String {
    let said = if [0, 3, 4].contains(&ended.code) { &ended.answer } else { &ended.log };
    let lines = news::indent(said);
    if ended.code == 0 { lines } else { format!("{lines}  (exit code {})\n", ended.code) }
}
