//! How long a release takes from the POST of its notice until sites can install it, signed indexes and all.

use std::ffi::OsString;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chrono::Utc;
use egi_model::field::Field;
use egi_model::role::{Actor, Role};
use egi_model::ticket::TicketId;
use egi_tickets::desk::{Desk, Edit};

use super::measure::{Figures, Meter};
use super::release::write_sums;
use super::workshop::{Workshop, expect_listed, expect_state, script, site_with_ticket};
use super::{Contest, Job, Way};
use crate::keys::SecretKey;
use crate::packages::TypicalPackage;
use crate::process::wait_until;
use crate::provider::Delivery;
use crate::serve::Serving;
use crate::servers::RsyncDaemon;
use crate::site::Site;

/// How many packages are released; the title says so too.
const COUNT: u32 = 20;
/// How long all of it may take; it takes less than a second.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often it is looked whether it is published.
const LOOK: Duration = Duration::from_millis(1);
/// A ticket that is not there.
const NOBODY: &str = "900000";

const OURS: &str = "\
nsrw serve
# the ticket's RolloutProgress becomes Unverified, and then, timed from here:
# POST /api/rollout
# Ticket_Id=…&Current_Rollout_Progress=Unverified&Previous_Rollout_Progress=Submitted&Emergency_Release=No&Transaction_Id=…
# until sw/unverified/…/repodata/repomd.xml.asc can be read
";
const OURS_MORE: &str = "The server runs and has nothing to do. It stores the notice, answers, reads the ticket, fetches, reads \
`release.xml`, checks every file against `checksums.xml` and every package against its header and digests, takes the packages into a \
content-addressed pool, renders indexes, pages and feeds, signs, checks its own signature, and makes all of it visible by one rename; \
each step is in the database before the next begins, and packages, indexes and folders are synced to disk. The key is read from a \
file. Processor time is the server's and that of the rsync it starts; what follows (the ticket is answered, the plan closed) is \
waited for and not timed.";

const THEIRS: &str = "\
rsync -rt $URL/ incoming
(cd incoming && sha256sum --check --quiet $SUMS)
mkdir repository
cp -p incoming/*.rpm repository
createrepo_c --quiet --no-database --general-compress-type=gz repository
gpg --batch --quiet --no-tty --homedir $KEYS --armor --detach-sign repository/repodata/repomd.xml
";
const THEIRS_MORE: &str = "Nothing is synced to disk, nobody is told, nothing is recorded, and whoever reads the repository meanwhile \
sees it half made. gpg's agent runs and has no passphrase to ask for; its processor time is not counted. Nor is the person's time to \
hear of the release, to type and to look.";

const GIVEN: &str = "Not timed: the site or folder is new each run, the ticket is open, `$SUMS` lies ready, the key is the same \
(RSA, 3072 bits), the provider's rsync daemon runs on the same machine and its processor time is on neither side.";

/// A release, delivered, and the key that indexes are signed with.
pub(super) struct Latency<'w> {
    workshop: &'w Workshop,
    delivery: Delivery,
    sums: PathBuf,
    rsync: RsyncDaemon,
    key: SecretKey,
}

impl<'w> Latency<'w> {
    pub(super) fn new(workshop: &'w Workshop) -> Result<Self> {
        let made = workshop.room("packages-typical")?;
        let packages: Vec<PathBuf> =
            (1..=COUNT).map(|number| TypicalPackage::new(number).write_rpm(&made)).collect::<Result<_>>()?;
        let folder = workshop.room("delivery-typical")?;
        let builder = Delivery::builder("TP.tools.sl6.x86_64", "1.0.0").target("sl6", "x86_64");
        let delivery = builder.packages(&packages).build(&folder)?;
        let sums = workshop.folder().join("SHA256SUMS-typical");
        write_sums(&packages, &sums)?;
        Ok(Self { workshop, delivery, sums, rsync: RsyncDaemon::serve(&folder)?, key: SecretKey::new("rsa3072")? })
    }

    /// Has the site sign its indexes.
    fn sign(&self, site: &Site) -> Result<()> {
        let secret = self.key.secret()?;
        let keys = format!("[{{ backend = \"file\", secret = \"{}\" }}]", secret.display());
        site.change_setting("signing.keys", &keys)?;
        site.change_setting("signing.public", &format!("[\"{}\"]", self.key.public()?.display()))
    }
}

impl Contest for Latency<'_> {
    fn job(&self) -> Job {
        Job {
            title: format!(
                "A release of {COUNT} typical rpm packages, from the POST of its notice to the published, signed repository"
            ),
            count: COUNT,
            unit: "packages",
            ours: Way { name: "nsrw", script: OURS, language: "sh", more: OURS_MORE },
            theirs: Way { name: "by hand", script: THEIRS, language: "sh", more: THEIRS_MORE },
            given: GIVEN,
        }
    }

    fn ours(&self) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        let (site, ticket) = site_with_ticket(bench.path(), &self.delivery, self.rsync.url())?;
        site.configure("listen = \"127.0.0.1:8470\"", "listen = \"127.0.0.1:0\"")?;
        self.sign(&site)?;
        let serving = Serving::start(&site)?;
        post(&serving, NOBODY, None)?;
        serving.wait_for_log(&format!("there is no ticket {NOBODY}; the notice is set aside"))?;
        let change = change(&site, ticket)?;
        let published = site.public().join("unverified/umd-4.tp.tools.sl6.x86_64/1/0/0/repodata/repomd.xml.asc");
        rustix::fs::sync();
        let meter = Meter::start(serving.id())?;
        post(&serving, &ticket.to_string(), Some(change))?;
        let start = Instant::now();
        while !published.exists() {
            ensure!(start.elapsed() < PATIENCE, "{} is not published:\n{}", published.display(), serving.log());
            thread::sleep(LOOK);
        }
        let figures = meter.stop()?;
        wait_until(PATIENCE, || Ok((site.field(ticket, "CommunicationStatus")? == "OK").then_some(())))?;
        expect_state(&site, ticket, "Unverified")?;
        expect_listed(&site.public().join("unverified"), COUNT)?;
        ensure!(serving.stop()? == 0, "the server did not end well");
        Ok(figures)
    }

    fn theirs(&self) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        let variables = [
            ("URL", OsString::from(self.rsync.url())),
            ("SUMS", self.sums.clone().into_os_string()),
            ("KEYS", self.key.home().into()),
        ];
        let figures = script(THEIRS, bench.path(), &variables)?;
        expect_listed(&bench.path().join("repository"), COUNT)?;
        Ok(figures)
    }
}

/// Sets the ticket to Unverified on the desk, without the inbox hearing of it, as a ticket system elsewhere does.
fn change(site: &Site, ticket: u64) -> Result<u64> {
    let desk = Desk::open(&site.folder().join("desk"))?;
    let id = TicketId::new(ticket).context("no ticket has this number")?;
    let by = Actor { name: "carlos".to_owned(), roles: vec![Role::Verifier] };
    let edit = Edit::Field(Field::RolloutProgress, "Unverified".to_owned());
    let changes = desk.set(id, &[edit], &by, Utc::now())?;
    changes.first().map(|change| change.id).context("nothing was changed")
}

fn post(serving: &Serving, ticket: &str, change: Option<u64>) -> Result<()> {
    let number = change.map(|change| change.to_string());
    let mut notice = vec![
        ("Ticket_Id", ticket),
        ("Current_Rollout_Progress", "Unverified"),
        ("Previous_Rollout_Progress", "Submitted"),
        ("Emergency_Release", "No"),
    ];
    notice.extend(number.as_deref().map(|number| ("Transaction_Id", number)));
    let answer = serving.post(&notice)?;
    ensure!(answer.status == 202, "the notice was answered with {}: {}", answer.status, answer.text);
    Ok(())
}
