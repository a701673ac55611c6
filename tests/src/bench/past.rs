//! The years before, taken into the log: straight from RT's database, and from a running RT. Beside it what the database's own
//! client needs for reading the same rows.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::measure::Figures;
use super::workshop::{Workshop, script, site_variables};
use super::{Contest, Job, Way};
use crate::old_rt::{Kind, OldRt, fill_file, site_without_past};
use crate::process::run;
use crate::servers::rt::{ACCOUNT, Rt};
use crate::site::Site;

/// How many tickets are read from a database, and over REST.
const TICKETS: u32 = 100_000;
const TICKETS_OVER_REST: u32 = 1000;
/// A creation and four changes of each.
const ROWS_EACH: u32 = 5;

const FROM_DATABASE: &str = "nsrw rt import-history --database $DATABASE >said-by-nsrw\n";
const FROM_DATABASE_MORE: &str = "Reads and judges every change, chains it to the end of the log by its digest, puts the \
release on record where it stood then, and keeps the change's number, so that nothing is ever imported twice: a hundred durable \
commits of 5,000 rows each, with the place up to where RT was read.";

const OVER_REST: &str = "nsrw rt import-history >said-by-nsrw\n";
const OVER_REST_MORE: &str = "Asks a running RT with two workers over REST 2.0 for tickets and changes, a hundred at a time, and \
does with them what is done with those from a database. Most of the time RT works; that is on neither side's processor time.";

/// The rows that are imported, as people would read them. Of the tickets here no other field was ever changed.
macro_rules! rows {
    () => {
        "SELECT t.id, t.ObjectId, t.Type, t.Created, u.Name, o.Content, n.Content, k.Created, k.Subject, k.Status, k.EffectiveId
  FROM Transactions t JOIN Tickets k ON k.id = t.ObjectId LEFT JOIN Users u ON u.id = t.Creator
  LEFT JOIN ObjectCustomFieldValues o ON o.id = t.OldReference
  LEFT JOIN ObjectCustomFieldValues n ON n.id = t.NewReference
  WHERE t.ObjectType = 'RT::Ticket' AND t.Type IN ('Create', 'CustomField')
  AND k.Queue = (SELECT id FROM Queues WHERE Name = 'sw-rel') ORDER BY t.id"
    };
}

const SQLITE: &str = concat!("sqlite3 -readonly -csv $FILE \"", rows!(), "\" >rows.csv\n");
const POSTGRES: &str = concat!(
    "psql --no-psqlrc --csv --tuples-only -h 127.0.0.1 -p $PORT -U postgres -d rt5 -c \"",
    rows!(),
    "\" >rows.csv\n"
);
const MARIADB: &str = concat!(
    "mariadb --no-defaults --batch --quick --skip-column-names -h 127.0.0.1 -P $PORT -u root rt5 -e \"",
    rows!(),
    "\" >rows.csv\n"
);
const CLIENT_MORE: &str = "The same rows as text in a file, in the order of their numbers. Nothing is judged, linked, kept by \
number or synced to disk.";

const GIVEN: &str = "Not timed: RT's database is filled and its server, where it has one, runs; a server's processor time is on \
neither side. Each of our turns begins with a new site. All rows must have been read, and all releases must be on record.";

/// An old RT's database.
pub(super) struct FromDatabase<'w> {
    workshop: &'w Workshop,
    kind: Kind,
    old: OldRt,
}

impl<'w> FromDatabase<'w> {
    pub(super) fn new(workshop: &'w Workshop, kind: Kind) -> Result<Self> {
        let old = OldRt::new(kind)?;
        old.fill(TICKETS)?;
        Ok(Self { workshop, kind, old })
    }
}

impl Contest for FromDatabase<'_> {
    fn job(&self) -> Job {
        let (database, client, script) = match self.kind {
            Kind::Sqlite => ("SQLite", "sqlite3", SQLITE),
            Kind::Postgres => ("PostgreSQL", "psql", POSTGRES),
            Kind::Mariadb => ("MariaDB", "mariadb", MARIADB),
        };
        Job {
            title: format!("The past of {TICKETS} tickets, four changes each, from an RT's database on {database}"),
            count: TICKETS,
            unit: "tickets",
            ours: Way { name: "nsrw", script: FROM_DATABASE, language: "sh", more: FROM_DATABASE_MORE },
            theirs: Way { name: client, script, language: "sh", more: CLIENT_MORE },
            given: GIVEN,
        }
    }

    fn ours(&self) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        let site = site_without_past(&bench.path().join("site"))?;
        import(&site, bench.path(), FROM_DATABASE, TICKETS, Some(("DATABASE", self.old.url().into())))
    }

    fn theirs(&self) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        let script = match self.kind {
            Kind::Sqlite => SQLITE,
            Kind::Postgres => POSTGRES,
            Kind::Mariadb => MARIADB,
        };
        read(bench.path(), script, TICKETS, &self.old.place())
    }
}

/// A running RT.
pub(super) struct OverRest<'w> {
    workshop: &'w Workshop,
    rt: Rt,
}

impl<'w> OverRest<'w> {
    pub(super) fn new(workshop: &'w Workshop) -> Result<Self> {
        let mut rt = Rt::start()?;
        rt.stop();
        let statements = rt.database_file().with_extension("sql");
        let text = fill_file(TICKETS_OVER_REST, ["tp1", "carlos", "mario"]);
        fs::write(&statements, text).context("failed to write SQL")?;
        let mut fill = Command::new("sqlite3");
        run(fill.arg("-bail").arg(rt.database_file()).arg(format!(".read {}", statements.display())))?;
        rt.restart()?;
        Ok(Self { workshop, rt })
    }
}

impl Contest for OverRest<'_> {
    fn job(&self) -> Job {
        Job {
            title: format!(
                "The past of {TICKETS_OVER_REST} tickets, four changes each, over REST from an RT with two workers"
            ),
            count: TICKETS_OVER_REST,
            unit: "tickets",
            ours: Way { name: "nsrw", script: OVER_REST, language: "sh", more: OVER_REST_MORE },
            theirs: Way { name: "sqlite3", script: SQLITE, language: "sh", more: CLIENT_MORE },
            given: GIVEN,
        }
    }

    fn ours(&self) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        let site = site_without_past(&bench.path().join("site"))?;
        site.change_setting("rt.url", &format!("\"{}\"", self.rt.url()))?;
        fs::write(site.folder().join("secrets/rt.token"), self.rt.token(ACCOUNT)).context("failed to write a token")?;
        import(&site, bench.path(), OVER_REST, TICKETS_OVER_REST, None)
    }

    fn theirs(&self) -> Result<Figures> {
        let bench = self.workshop.bench()?;
        let place = [("FILE", self.rt.database_file().into_os_string())];
        read(bench.path(), SQLITE, TICKETS_OVER_REST, &place)
    }
}

/// Imports into a new site, and looks whether everything came.
fn import(
    site: &Site,
    folder: &Path,
    text: &str,
    tickets: u32,
    place: Option<(&'static str, OsString)>,
) -> Result<Figures> {
    let mut variables = site_variables(site)?;
    variables.extend(place);
    rustix::fs::sync();
    let figures = script(text, folder, &variables)?;
    let said = fs::read_to_string(folder.join("said-by-nsrw")).context("failed to read what nsrw said")?;
    let expected = format!("{} creations and changes read: {tickets} releases put on record", ROWS_EACH * tickets);
    ensure!(said.starts_with(&expected), "not everything was imported: {said}");
    Ok(figures)
}

/// Reads the rows, and counts them.
fn read(folder: &Path, text: &str, tickets: u32, place: &[(&str, OsString)]) -> Result<Figures> {
    let figures = script(text, folder, place)?;
    let rows = fs::read(folder.join("rows.csv")).context("failed to read the rows")?;
    let (lines, expected) = (rows.split(|byte| *byte == b'\n').skip(1).count() as u64, u64::from(ROWS_EACH * tickets));
    ensure!(lines == expected, "{lines} rows were read, not {expected}");
    Ok(figures)
}
