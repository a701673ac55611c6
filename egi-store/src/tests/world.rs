//! A database of its own for each test, and things to put into it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use egi_model::digest::Sha256;
use egi_model::history::{HistoryEntry, Outcome};
use egi_model::major::{MajorKind, MajorRelease};
use egi_model::notice::Notice;
use egi_model::release::{Emergency, Provider, Release, ReleaseType, Target};
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use egi_workflow::effect::Effect;
use egi_workflow::plan::{Plan, StepLog};
use egi_workflow::record::{ReleaseFacts, ReleaseRecord};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor, Row as _};
use tempfile::TempDir;

use crate::dialect::Dialect;
use crate::inbox::{Claim, Message};
use crate::journal::PlanId;
use crate::store::Store;

pub(super) const LEASE: Duration = Duration::from_mins(1);

/// The variable with the address of a database server, such as `postgres://postgres@127.0.0.1:5432`. Every test then has a
/// database of its own there instead of a file; they are left to whoever started the server.
const SERVER: &str = "NSRW_TEST_DATABASE";

/// A database of a test's own.
pub(super) struct World {
    home: Home,
    pub(super) store: Store,
}

/// Where a database is.
pub(super) enum Home {
    /// In a file, which is removed with the test.
    File(TempDir),
    /// On a server.
    Server(String),
}

impl Home {
    /// A new database, on the server if there is one, without tables.
    pub(super) async fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var(SERVER) else { return Self::file() };
        sqlx::any::install_default_drivers();
        let name = format!("nsrw_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let administrator = if server.starts_with("postgres") { "postgres" } else { "mysql" };
        let mut connection = AnyConnection::connect(&format!("{server}/{administrator}")).await.unwrap();
        connection.execute(sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}")))).await.unwrap();
        Self::Server(format!("{server}/{name}"))
    }

    /// A new database in a file, whether there is a server or not.
    pub(super) fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    pub(super) fn url(&self) -> String {
        match self {
            Self::File(folder) => {
                let path: PathBuf = folder.path().join("a site's folder").join("nsrw.db");
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                format!("sqlite://{}", path.display())
            }
            Self::Server(url) => url.clone(),
        }
    }

    pub(super) fn dialect(&self) -> Dialect {
        Dialect::of(&self.url()).unwrap()
    }
}

impl World {
    pub(super) async fn new() -> Self {
        Self::at(Home::new().await).await
    }

    pub(super) async fn at(home: Home) -> Self {
        let store = Store::open(&home.url()).await.unwrap();
        Self { home, store }
    }

    pub(super) fn url(&self) -> String {
        self.home.url()
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.home.dialect()
    }

    /// As after a crash: nothing is left but the database.
    pub(super) async fn restart(self) -> Self {
        self.store.close().await;
        Self::at(self.home).await
    }

    /// A second connection, past the store.
    pub(super) async fn raw(&self) -> AnyConnection {
        AnyConnection::connect(&self.url()).await.unwrap()
    }

    /// A second connection in the middle of a transaction that writes.
    pub(super) async fn writing(&self) -> AnyConnection {
        let mut other = self.raw().await;
        other.execute(self.dialect().begin_write()).await.unwrap();
        if let Some(turn) = self.dialect().turn() {
            other.execute(turn).await.unwrap();
        }
        other
    }

    /// Runs SQL past the store.
    pub(super) async fn tamper(&self, sql: &str) {
        self.raw().await.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
    }

    /// Ends every other connection to the database.
    pub(super) async fn cut_connections(&self) {
        let mut own = self.raw().await;
        let (others, end) = match self.dialect() {
            Dialect::Sqlite => return,
            Dialect::Postgres => (
                "SELECT CAST(pid AS BIGINT) AS id FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
                "SELECT pg_terminate_backend",
            ),
            Dialect::Mariadb => (
                "SELECT CAST(id AS SIGNED) AS id FROM information_schema.processlist
                 WHERE db = DATABASE() AND id <> CONNECTION_ID()",
                "KILL",
            ),
        };
        for row in own.fetch_all(others).await.unwrap() {
            let id: i64 = row.get("id");
            own.execute(sqlx::raw_sql(AssertSqlSafe(format!("{end} ({id})")))).await.unwrap();
        }
    }

    /// Takes the triggers away that guard the history.
    pub(super) async fn unguard(&self) {
        let guards = [
            ("history_is_not_altered", "history"),
            ("history_is_not_shortened", "history"),
            ("history_head_is_kept", "history_head"),
        ];
        for (trigger, table) in guards {
            let of = if self.dialect() == Dialect::Postgres { format!(" ON {table}") } else { String::new() };
            self.tamper(&format!("DROP TRIGGER {trigger}{of}")).await;
        }
    }

    /// A byte as SQL has it.
    pub(super) fn byte(&self) -> &'static str {
        if self.dialect() == Dialect::Postgres { "'\\x00'::bytea" } else { "X'00'" }
    }

    /// A message posted and claimed.
    pub(super) async fn claimed(&self, ticket: u64, at: i64) -> Claim {
        let dedupe = format!("{ticket}/{at}");
        self.store.post(&notice(ticket), &dedupe, None, second(at)).await.unwrap();
        self.store.claim("worker", second(at), LEASE).await.unwrap().unwrap()
    }

    /// Takes a release to `state` by a message and a plan of its own.
    pub(super) async fn settle(&self, record: &ReleaseRecord, at: i64) {
        let claim = self.claimed(record.ticket.get(), at).await;
        let plan = plan_to(record);
        let id = self.store.open_plan(&claim, &plan, second(at)).await.unwrap();
        self.close(&claim, id, &plan, at).await;
    }

    pub(super) async fn close(&self, claim: &Claim, id: PlanId, plan: &Plan, at: i64) {
        let at = second(at);
        self.store.close_plan(claim, id, &plan.settled(&[], at), &plan.entry(at), &[], at).await.unwrap();
    }
}

pub(super) fn second(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
}

pub(super) fn ticket(number: u64) -> TicketId {
    TicketId::new(number).unwrap()
}

pub(super) fn notice(number: u64) -> Message {
    Message::Notice(Notice {
        ticket: ticket(number),
        current: RolloutState::StageRollout,
        previous: RolloutState::InVerification,
        emergency: Emergency::No,
        change: None,
    })
}

pub(super) fn target() -> Target {
    Target { platform: "sl6".parse().unwrap(), arch: "x86_64".parse().unwrap() }
}

pub(super) fn major(location: &str) -> MajorRelease {
    MajorRelease {
        id: "umd-4".parse().unwrap(),
        kind: MajorKind::MajorRelease,
        title: "UMD 4".to_owned(),
        location: location.parse().unwrap(),
        targets: vec![target()],
    }
}

pub(super) fn facts(product: &str, version: &str) -> ReleaseFacts {
    let release = Release {
        product: product.to_owned(),
        short_name: product.parse().unwrap(),
        provider: Provider { name: "INFN".to_owned(), short: None },
        version: version.parse().unwrap(),
        date: None,
        release_type: None,
        emergency: None,
        contact: String::new(),
        technical_contact: None,
        description: String::new(),
        keywords: Vec::new(),
        documentation: Vec::new(),
        release_notes: String::new(),
        change_log: String::new(),
        sync: None,
        targets: vec![target()],
        capabilities: Vec::new(),
        components: Vec::new(),
        repositories: Vec::new(),
        repofiles: Vec::new(),
    };
    ReleaseFacts {
        major: major("umd/4"),
        release,
        target: target(),
        release_type: ReleaseType::Incremental,
        release_xml: Sha256::of(b"release.xml"),
        checksums: Sha256::of(b"checksums.xml"),
        content: None,
        slot: format!("slot of {product}"),
    }
}

/// A release of `product` 1.0.0 that has come to `state`.
pub(super) fn record(number: u64, product: &str, state: RolloutState) -> ReleaseRecord {
    ReleaseRecord {
        ticket: ticket(number),
        state,
        since: second(0),
        stood: state,
        attempted: None,
        facts: Some(facts(product, "1.0.0")),
    }
}

/// A plan of two steps that ends with `settles`.
pub(super) fn plan_to(settles: &ReleaseRecord) -> Plan {
    Plan {
        ticket: settles.ticket,
        from: RolloutState::InVerification,
        asked: settles.state,
        ticket_stands: settles.state,
        outcome: Outcome::Performed,
        by: Some("verifier".to_owned()),
        emergency: Emergency::No,
        reasons: Vec::new(),
        steps: vec![Effect::DropScratch, Effect::Comment { text: "done".to_owned() }],
        settles: settles.clone(),
    }
}

pub(super) fn step(number: usize, note: &str) -> StepLog {
    StepLog { step: number, note: note.to_owned(), content: None }
}

pub(super) fn entry(number: u64, reason: &str) -> HistoryEntry {
    let mut plan = plan_to(&record(number, "storm", RolloutState::StageRollout));
    plan.reasons = vec![reason.to_owned()];
    plan.entry(second(0))
}
