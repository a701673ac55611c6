//! The schedules within this process: the API that `nsrw serve` has, its worker and its asking for what never came, on the
//! real store and the real desk. A kill drops all of it, wherever it is; what comes after is a new one on the same folder.
//!
//! Each batch is a copy of one site with a few tickets. How a ticket ends after so many moves is known from a quiet copy, in
//! which each move was told once and done before the next was made.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use egi_model::ticket::{ChangeKind, Ticket, TicketId};
use egi_repo::progress::Silent;
use egi_tickets::desk::Desk;
use nsrw::api::{Api, Limit, Waiting, router, serve};
use nsrw::commands::catch_up;
use nsrw::config::Config;
use nsrw::site::{Site, system_clock};
use nsrw::worker::drain;
use nsrw_tests::process::wait_until;
use nsrw_tests::serve::{FORM, render_form};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use ureq::Agent;

use super::{Counts, MOST, ROUNDS, Telling, Way, schedules, state_of};
use crate::world::{PATIENCE, World, change, notice};

/// How many tickets each site has.
const TICKETS: usize = 5;
/// How many batches are tried beside each other.
const BESIDE: usize = 2;
/// How long a server lives at most that is killed, in milliseconds: about as long as a round takes.
const LIFE: u64 = 400;

/// How a ticket ended: itself, its comments, and its books.
type End = (Ticket, Vec<String>, Vec<String>);

/// The server of a site, within this process. Dropping it is a kill.
struct Life {
    // First, so that everything that runs on it is gone before the rest.
    runtime: Runtime,
    site: Site,
    bell: Arc<Notify>,
    address: SocketAddr,
    agent: Agent,
}

impl Life {
    fn begin(folder: &Path) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let config = Config::load(&folder.join("nsrw.toml"), &BTreeMap::new()).unwrap();
        let site = runtime.block_on(Site::open(config, system_clock(), Arc::new(Silent))).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, bell) = (listener.local_addr().unwrap(), Arc::new(Notify::new()));
        let (waiting, limit) = (Waiting::default(), Limit::per_minute(0));
        let api = router(Api { site: site.clone(), secret: None, bell: Arc::clone(&bell), waiting, limit });
        runtime.spawn(serve(listener, api, None, std::future::pending::<()>()));
        runtime.spawn(work(site.clone(), Arc::clone(&bell)));
        let agent = Agent::new_with_config(Agent::config_builder().proxy(None).http_status_as_error(false).build());
        Self { runtime, site, bell, address, agent }
    }

    fn post(&self, Telling { change, numbered }: &Telling) {
        let (ticket, id) = (change.ticket.to_string(), change.id.to_string());
        let mut fields = notice(&ticket, &change.old, &change.new).to_vec();
        fields.extend(numbered.then_some(("Transaction_Id", id.as_str())));
        let url = format!("http://{}/api/rollout", self.address);
        let answer = self.agent.post(url).header("Content-Type", FORM).send(render_form(&fields)).unwrap();
        assert_eq!(answer.status(), 202);
    }

    /// Asks the desk for what never came.
    fn catch_up(&self) {
        self.runtime.block_on(catch_up(&self.site));
        self.bell.notify_one();
    }

    fn wait_until_idle(&self) {
        let idle = wait_until(PATIENCE, || {
            let pending = self.runtime.block_on(self.site.store.pending(self.site.now()))?;
            Ok(pending.is_empty().then_some(()))
        });
        idle.unwrap();
    }

    /// The ticket as nothing changes it any more.
    fn end(&self, ticket: u64) -> End {
        let id = TicketId::new(ticket).unwrap();
        let record = Desk::open(&self.site.config.path(&self.site.config.tickets.desk)).unwrap().load(id).unwrap();
        let comment = |what| if let ChangeKind::Comment { text, .. } = what { Some(text) } else { None };
        let comments = record.history.into_iter().filter_map(|change| comment(change.what)).collect();
        let books = self.runtime.block_on(self.site.store.load_history(Some(id))).unwrap();
        let line = |record: egi_model::history::HistoryRecord| {
            let entry = record.entry;
            format!("{} -> {} by {:?}: {} {:?}", entry.from, entry.asked, entry.by, entry.outcome, entry.reasons)
        };
        (record.ticket, comments, books.into_iter().map(line).collect())
    }
}

/// Drains whenever the bell rings, and now and then.
async fn work(site: Site, bell: Arc<Notify>) {
    let stop = AtomicBool::new(false);
    loop {
        // What could not be done now is done the next time.
        let _ = drain(&site, &stop).await;
        tokio::select! {
            () = bell.notified() => {}
            () = tokio::time::sleep(Duration::from_millis(50)) => {}
        }
    }
}

/// A site with tickets in `Unverified`, and how each of them ends after so many moves.
struct Model {
    world: World,
    tickets: Vec<u64>,
    ends: Vec<Vec<End>>,
}

impl Model {
    fn new() -> Self {
        let world = World::new();
        let tickets: Vec<u64> = (0..TICKETS).map(|n| world.open_unverified(&format!("storm-{n}"))).collect();
        let folder = world.folder().join("quiet");
        world.site.copy_to(&folder).unwrap();
        let life = Life::begin(&folder);
        let look = |life: &Life| tickets.iter().map(|ticket| life.end(*ticket)).collect();
        let mut ends: Vec<Vec<End>> = vec![look(&life)];
        for moves in 1..=ROUNDS * MOST {
            for ticket in &tickets {
                let change = change(&folder, *ticket, "carlos", state_of(moves)).unwrap();
                life.post(&Telling { change, numbered: true });
            }
            life.wait_until_idle();
            ends.push(look(&life));
        }
        drop(life);
        Self { world, tickets, ends }
    }

    /// One batch: every ticket through all rounds, and compared.
    fn try_batch(&self, seed: u64) -> Counts {
        let folder = self.world.folder().join(format!("batch-{seed}"));
        self.world.site.copy_to(&folder).unwrap();
        let (mut way, mut done) = (Way::new(seed), vec![0; TICKETS]);
        let mut life = Life::begin(&folder);
        for _ in 0..ROUNDS {
            let mut changes = Vec::new();
            for (ticket, done) in self.tickets.iter().zip(&mut done) {
                for _ in 0..=way.dice.place(MOST) {
                    *done += 1;
                    changes.push(change(&folder, *ticket, "carlos", state_of(*done)).unwrap());
                }
            }
            way.pass(changes).iter().for_each(|telling| life.post(telling));
            match way.dice.place(6) {
                0 | 1 => {
                    // The moment of a kill is random; nothing is waited for.
                    thread::sleep(Duration::from_millis(way.dice.below(LIFE)));
                    drop(life);
                    way.counts.kills += 1;
                    life = Life::begin(&folder);
                }
                2 => life.catch_up(),
                3 => life.wait_until_idle(),
                _ => {}
            }
        }
        // What was held back last comes after everything.
        way.late.iter().for_each(|telling| life.post(telling));
        way.counts.notices += way.late.len();
        life.catch_up();
        life.wait_until_idle();
        for (place, ticket) in self.tickets.iter().enumerate() {
            assert_eq!(life.end(*ticket), self.ends[done[place]][place], "ticket {ticket}, seed {seed}");
        }
        let log = life.runtime.block_on(life.site.store.verify_history()).unwrap();
        assert_eq!(log.faults, [], "seed {seed}");
        drop(life);
        std::fs::remove_dir_all(&folder).unwrap();
        way.counts.schedules = TICKETS * ROUNDS;
        way.counts
    }
}

#[test]
fn whatever_comes_when_every_ticket_ends_as_a_quiet_one() {
    let model = Model::new();
    let batches = schedules().div_ceil(TICKETS * ROUNDS) as u64;
    let mut counts = Counts::default();
    thread::scope(|scope| {
        let start = |first: usize| {
            let model = &model;
            scope.spawn(move || {
                let seeds = (first as u64..batches).step_by(BESIDE);
                seeds.map(|seed| model.try_batch(seed)).collect::<Vec<_>>()
            })
        };
        for batch in (0..BESIDE).map(start).collect::<Vec<_>>() {
            batch.join().unwrap().iter().for_each(|of_batch| counts.add(of_batch));
        }
    });
    assert!(counts.kills > 0 && counts.lost > 0, "{counts}");
    println!("within one process: {counts}");
}
