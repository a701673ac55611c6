use std::sync::atomic::{AtomicBool, Ordering};

use egi_model::content::ContentId;
use egi_model::digest::Sha256;
use egi_model::early_adopter::Team;
use egi_model::gate::Waiver;
use egi_model::participation::ParticipationRecord;
use egi_model::rollout::RolloutState;
use egi_workflow::past::{CarriedOut, PastChange, PastStep};

use super::world::{Home, World, facts, major, notice, plan_to, record, second, step, ticket};
use crate::{ClosedMonth, CopiedTable, ImportedFact, NewLetter, Nonce, Store, StoreError, Taken};

/// Something in every table.
async fn fill(world: &World) {
    let store = &world.store;
    store.agree_ticket_system("rt").await.unwrap();
    store.save_target_area(RolloutState::InVerification, None).await.unwrap();
    store.agree_majors(&[major("umd/4")], second(1)).await.unwrap();
    store.agree_majors(&[major("umd/4/{platform}")], second(2)).await.unwrap();
    for document in [&b"<release/>\0\xff"[..], b"", &vec![7; 5 << 20]] {
        store.save_document(document).await.unwrap();
    }
    store.register(ticket(7), second(1), Some("jürgen 😀 \\ ' \" ?".to_owned())).await.unwrap();
    world.settle(&record(1, "storm", RolloutState::StageRollout), 1).await;
    for number in 100..1700 {
        store.post(&notice(number), &format!("change-{number}"), Some(number), second(1)).await.unwrap();
    }
    let claim = world.claimed(2, 0).await;
    let plan = plan_to(&record(claim.ticket().get(), "dpm", RolloutState::Unverified));
    let open = store.open_plan(&claim, &plan, second(3)).await.unwrap();
    store.log_step(&claim, open, &step(0, "half-way"), second(4)).await.unwrap();
    let past = PastChange {
        id: 20,
        ticket: ticket(2000),
        at: second(-100),
        by: None,
        what: PastStep::Moved {
            from: RolloutState::Submitted,
            to: RolloutState::Rejected,
            carried_out: CarriedOut::Yes,
        },
        created: second(-200),
        title: None,
        emergency: egi_model::release::Emergency::No,
    };
    store.import_past("rt/sw-rel", &[past], 20, second(5)).await.unwrap();
    let nonce = Nonce { text: "nonce".to_owned(), until: second(100) };
    assert_eq!(store.take(Some(&nonce), None, second(1)).await.unwrap(), Taken::Stored(None));
    let fact = ImportedFact {
        source: "egi".to_owned(),
        kind: "transitions".to_owned(),
        number: 1,
        ticket: ticket(1),
        document: "{}".to_owned(),
    };
    store.import_facts("egi", "a folder", &[fact], second(6)).await.unwrap();
    let month = "2026-11".parse().unwrap();
    store
        .close_months(&[ClosedMonth { month, version: 1, closed: second(7), document: "{}".to_owned() }])
        .await
        .unwrap();
    store
        .begin_mailing("report 2026-11", "<id>", &["a@example.org".to_owned()], second(8), super::world::LEASE)
        .await
        .unwrap();
    fill_rollout(store).await;
}

/// Something in the tables of staged rollouts.
async fn fill_rollout(store: &Store) {
    let team = Team {
        name: "lip".parse().unwrap(),
        site: "NCG-INGRID-PT".to_owned(),
        ngi: "NGI_IBERGRID".to_owned(),
        products: vec!["storm".to_owned()],
        platforms: vec!["sl6".to_owned()],
        contact: "early-adopters-storm@example.org".to_owned(),
        members: vec!["zo\u{eb}".to_owned()],
        active: true,
    };
    store.save_teams(std::slice::from_ref(&team)).await.unwrap();
    let asked = ParticipationRecord::invited(ticket(1), &team, ContentId(Sha256::of(b"content")), second(9));
    assert!(store.save_part(&asked, Some("lip"), second(9)).await.unwrap());
    assert!(!store.save_part(&asked, Some("lip"), second(10)).await.unwrap());
    let letter = NewLetter {
        topic: "invited 1 lip".to_owned(),
        readers: "team lip".to_owned(),
        subject: "StoRM 1.0.0".to_owned(),
        body: "Please try it.".to_owned(),
        digest: false,
    };
    assert!(store.write_letter(&letter, second(9)).await.unwrap());
    assert!(!store.write_letter(&letter, second(10)).await.unwrap());
    let waiver = Waiver {
        ticket: ticket(1),
        finding: "broken/a-1-1.noarch".to_owned(),
        reason: "the library comes with the next update".to_owned(),
        owner: "kostas".to_owned(),
        granted: second(5),
        until: "2026-12-31".parse().unwrap(),
    };
    store.grant_waivers(&[waiver]).await.unwrap();
}

/// The tables that are as good as empty.
fn empty(copied: &[CopiedTable]) -> Vec<&str> {
    copied.iter().filter(|table| table.rows == 0).map(|table| table.table.as_str()).collect()
}

#[tokio::test]
async fn a_copy_has_everything_and_a_copy_of_it_too() {
    let world = World::at(Home::file()).await;
    fill(&world).await;
    let there = World::new().await;
    let copied = world.store.copy_to(&there.store).await.unwrap();
    assert_eq!(empty(&copied), [""; 0], "the test fills every table");
    let back = World::at(Home::file()).await;
    assert_eq!(there.store.copy_to(&back.store).await.unwrap(), copied);

    let (one, other) = (&world.store, &back.store);
    assert_eq!(other.verify_history().await.unwrap(), one.verify_history().await.unwrap());
    assert_eq!(other.load_releases().await.unwrap(), one.load_releases().await.unwrap());
    assert_eq!(other.pending(second(9)).await.unwrap(), one.pending(second(9)).await.unwrap());
    assert_eq!(other.load_parts(None).await.unwrap(), one.load_parts(None).await.unwrap());
    assert_eq!(other.load_rollout_head().await.unwrap(), one.load_rollout_head().await.unwrap());
    assert_eq!(other.load_waivers(None).await.unwrap(), one.load_waivers(None).await.unwrap());
    assert_eq!(other.load_target_areas().await.unwrap(), one.load_target_areas().await.unwrap());
    assert_eq!(facts("storm", "1.0.0").slot, "slot of storm");
    assert_eq!(other.slot_holder("slot of storm", ticket(9)).await.unwrap(), Some(ticket(1)));
}

#[tokio::test]
async fn numbers_go_on_behind_those_that_were_copied() {
    let world = World::at(Home::file()).await;
    fill(&world).await;
    let there = World::new().await;
    world.store.copy_to(&there.store).await.unwrap();
    let last = there.store.pending(second(9)).await.unwrap().last().unwrap().id;
    let next = there.store.post(&notice(3000), "new", None, second(9)).await.unwrap();
    assert!(next.new && next.id > last, "{next:?}");
    there.settle(&record(3000, "gridsite", RolloutState::Unverified), 10).await;
    assert_eq!(there.store.verify_history().await.unwrap().faults, []);
}

#[tokio::test]
async fn a_database_that_holds_something_is_not_copied_over() {
    let (world, there) = (World::new().await, World::new().await);
    world.store.register(ticket(1), second(0), None).await.unwrap();
    there.store.save_document(b"precious").await.unwrap();
    let error = world.store.copy_to(&there.store).await.unwrap_err();
    assert!(matches!(&error, StoreError::NotEmpty { table } if table == "documents"), "{error:?}");
    assert_eq!(there.store.load_releases().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_that_is_written_to_meanwhile_is_not_copied() {
    static DONE: AtomicBool = AtomicBool::new(false);
    let (world, there) = (World::new().await, World::new().await);
    fill(&world).await;
    let store = world.store.clone();
    let writer = tokio::spawn(async move {
        for number in 0.. {
            if DONE.load(Ordering::Relaxed) {
                return;
            }
            store.post(&notice(1), &format!("meanwhile {number}"), None, second(9)).await.unwrap();
        }
    });
    let error = world.store.copy_to(&there.store).await.unwrap_err();
    DONE.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    assert!(matches!(&error, StoreError::ChangedMeanwhile { table } if table == "inbox"), "{error:?}");
    assert_eq!(there.store.load_releases().await.unwrap(), [], "nothing of it is kept");
}
