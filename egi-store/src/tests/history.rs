use egi_model::history::{HistoryRecord, link, render_entry};
use egi_model::rollout::RolloutState;
use proptest::prelude::*;

use super::world::{World, entry, record, second, ticket};
use crate::error::Operation;
use crate::{ChainFault, FaultKind, history};

/// Five records, of the tickets 1 to 5, in a database without its triggers.
async fn five_records() -> World {
    let world = World::new().await;
    for number in 1..=5 {
        append(&world, number, "a reason").await;
    }
    world.unguard().await;
    world
}

async fn append(world: &World, number: u64, reason: &str) {
    let mut tx = world.store.begin_write(Operation::new("test")).await.unwrap();
    history::append(&mut tx, &entry(number, reason)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn faults_after(world: &World, sql: &str) -> Vec<ChainFault> {
    world.tamper(sql).await;
    world.store.verify_history().await.unwrap().faults
}

fn fault(seq: u64, of: Option<u64>, kind: FaultKind) -> ChainFault {
    ChainFault { seq, ticket: of.map(ticket), kind }
}

#[tokio::test]
async fn an_undisturbed_history_has_no_faults() {
    let world = World::new().await;
    let empty = world.store.verify_history().await.unwrap();
    assert_eq!((empty.records, empty.head, empty.faults), (0, HistoryRecord::GENESIS, Vec::new()));
    world.store.register(ticket(1), second(0), None).await.unwrap();
    world.settle(&record(1, "storm", RolloutState::StageRollout), 1).await;
    let check = world.store.verify_history().await.unwrap();
    let all = world.store.load_history(None).await.unwrap();
    assert_eq!((check.records, check.head, check.faults), (2, all[1].digest, Vec::new()));
    assert_eq!(all[1].previous, all[0].digest);
}

#[tokio::test]
async fn the_history_of_a_ticket_is_its_own() {
    let world = five_records().await;
    let of_three = world.store.load_history(Some(ticket(3))).await.unwrap();
    assert_eq!(of_three.iter().map(|r| r.seq).collect::<Vec<_>>(), [3]);
    assert_eq!(world.store.load_history(None).await.unwrap().len(), 5);
}

#[tokio::test]
async fn the_database_refuses_to_alter_or_remove_records() {
    let world = World::new().await;
    append(&world, 1, "a reason").await;
    for sql in ["UPDATE history SET entry = ''", "DELETE FROM history", "DELETE FROM history_head"] {
        let error = sqlx::query(sql).execute(&mut world.raw().await).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
}

#[tokio::test]
async fn an_altered_record_is_found() {
    let world = five_records().await;
    let faults =
        faults_after(&world, "UPDATE history SET entry = replace(entry, 'reason', 'excuse') WHERE seq = 3").await;
    assert_eq!(faults, [fault(3, Some(3), FaultKind::Altered)]);
    assert_eq!(faults[0].to_string(), "record 3 (ticket 3): altered after it was written");
}

#[tokio::test]
async fn a_record_moved_to_another_ticket_is_found() {
    let world = five_records().await;
    let faults = faults_after(&world, "UPDATE history SET ticket = 9 WHERE seq = 2").await;
    assert_eq!(faults, [fault(2, Some(9), FaultKind::Altered)]);
}

#[tokio::test]
async fn removed_records_are_found() {
    let world = five_records().await;
    let faults = faults_after(&world, "DELETE FROM history WHERE seq IN (2, 3)").await;
    assert_eq!(faults, [fault(2, None, FaultKind::Missing { through: 3 })]);
    assert_eq!(faults[0].to_string(), "record 2 to 3: removed");
}

#[tokio::test]
async fn a_cut_off_end_is_found() {
    let world = five_records().await;
    let faults = faults_after(&world, "DELETE FROM history WHERE seq = 5").await;
    assert_eq!(faults, [fault(5, None, FaultKind::CutOff { through: 5 })]);
    assert_eq!(faults[0].to_string(), "record 5: cut off at the end");
}

#[tokio::test]
async fn exchanged_records_are_found() {
    let world = five_records().await;
    let exchange = "UPDATE history SET seq = 9 WHERE seq = 2; UPDATE history SET seq = 2 WHERE seq = 3;
                    UPDATE history SET seq = 3 WHERE seq = 9";
    let faults = faults_after(&world, exchange).await;
    assert_eq!(faults, [fault(2, Some(3), FaultKind::Altered), fault(3, Some(2), FaultKind::Altered)]);
}

#[tokio::test]
async fn a_record_with_a_recomputed_digest_is_found_by_the_next() {
    let world = five_records().await;
    let previous = world.store.load_history(None).await.unwrap()[1].digest;
    let forged = render_entry(&entry(3, "a better reason"));
    let digest = link(3, &forged, previous);
    let faults =
        faults_after(&world, &format!("UPDATE history SET entry = '{forged}', digest = '{digest}' WHERE seq = 3"))
            .await;
    assert_eq!(faults, [fault(4, Some(4), FaultKind::Detached)]);
}

#[tokio::test]
async fn a_forged_end_is_found_by_the_head() {
    let world = five_records().await;
    let previous = world.store.load_history(None).await.unwrap()[3].digest;
    let forged = render_entry(&entry(5, "a better reason"));
    let digest = link(5, &forged, previous);
    let sql = format!("UPDATE history SET entry = '{forged}', digest = '{digest}' WHERE seq = 5");
    assert_eq!(faults_after(&world, &sql).await, [fault(5, Some(5), FaultKind::HeadDiffers)]);
    let faults = faults_after(&world, "DELETE FROM history_head").await;
    assert_eq!(faults, [fault(5, Some(5), FaultKind::HeadDiffers)]);
}

#[tokio::test]
async fn a_record_added_behind_the_end_is_found() {
    let world = five_records().await;
    let last = world.store.load_history(None).await.unwrap()[4].digest;
    let forged = render_entry(&entry(6, "never happened"));
    let digest = link(6, &forged, last);
    let sql = format!("INSERT INTO history VALUES (6, 6, '{forged}', '{last}', '{digest}')");
    assert_eq!(faults_after(&world, &sql).await, [fault(6, None, FaultKind::Uncounted { through: 6 })]);
}

#[tokio::test]
async fn a_history_longer_than_a_page_is_checked_to_its_end() {
    let world = World::new().await;
    let mut tx = world.store.begin_write(Operation::new("test")).await.unwrap();
    for number in 1..=2100 {
        history::append(&mut tx, &entry(number, "a reason")).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(world.store.verify_history().await.unwrap().records, 2100);
    world.unguard().await;
    let faults = faults_after(&world, "UPDATE history SET entry = '{}' WHERE seq IN (1000, 1001, 2100)").await;
    assert_eq!(faults.iter().map(|f| f.seq).collect::<Vec<_>>(), [1000, 1001, 2100]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn whatever_is_written_verifies_and_reads_back(entries in prop::collection::vec((1u64..9, "\\PC{0,40}"), 0..12)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            for (number, reason) in &entries {
                append(&world, *number, reason).await;
            }
            let check = world.store.verify_history().await.unwrap();
            let stored = world.store.load_history(None).await.unwrap();
            let written: Vec<_> = entries.iter().map(|(number, reason)| entry(*number, reason)).collect();
            prop_assert_eq!(check.faults, []);
            prop_assert_eq!(stored.into_iter().map(|r| r.entry).collect::<Vec<_>>(), written);
            Ok(())
        })?;
    }
}
