use chrono::DateTime;
use egi_model::history::Outcome;
use egi_model::notice::Notice;
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use egi_workflow::past::{CarriedOut, PastChange, PastStep};

use super::world::{World, record, second, ticket};
use crate::{Imported, Message, change_key};

use RolloutState::{Failed, InVerification, Production, StageRollout, Submitted, Unverified};

const SOURCE: &str = "rt/sw-rel";

fn change(id: u64, number: u64, what: PastStep) -> PastChange {
    let at = |seconds: u64| DateTime::from_timestamp(1_400_000_000 + i64::try_from(seconds).unwrap(), 0).unwrap();
    PastChange {
        id,
        ticket: ticket(number),
        at: at(id),
        by: Some("jürgen 😀".to_owned()),
        what,
        created: at(0),
        title: Some("storm 1.11.2".to_owned()),
        emergency: Emergency::No,
    }
}

fn created(id: u64, number: u64) -> PastChange {
    change(id, number, PastStep::Created)
}

fn moved(id: u64, number: u64, from: RolloutState, to: RolloutState) -> PastChange {
    change(id, number, PastStep::Moved { from, to, carried_out: CarriedOut::Yes })
}

fn attempted(id: u64, number: u64, from: RolloutState, to: RolloutState) -> PastChange {
    change(id, number, PastStep::Moved { from, to, carried_out: CarriedOut::No })
}

/// Two tickets whose changes alternate; one ended, one failed.
fn past() -> Vec<PastChange> {
    vec![
        created(10, 1),
        moved(12, 1, Submitted, Unverified),
        created(13, 2),
        attempted(15, 2, Submitted, Unverified),
        moved(16, 2, Unverified, Failed),
        moved(20, 1, Unverified, Production),
    ]
}

async fn import(world: &World, changes: &[PastChange]) -> Imported {
    let cursor = changes.last().map_or(0, |change| change.id);
    world.store.import_past(SOURCE, changes, cursor, second(0)).await.unwrap()
}

#[tokio::test]
async fn the_past_becomes_history_records_and_known_changes() {
    let world = World::new().await;
    let imported = import(&world, &past()).await;
    assert_eq!((imported.releases, imported.changes, imported.attempts, imported.known), (2, 3, 1, 0));
    assert_eq!(imported.forbidden.into_iter().collect::<Vec<_>>(), []);

    let of_one = world.store.load_history(Some(ticket(1))).await.unwrap();
    let told: Vec<_> = of_one.iter().map(|r| (r.entry.from, r.entry.to, r.entry.imported)).collect();
    assert_eq!(
        told,
        [(Submitted, Submitted, Some(10)), (Submitted, Unverified, Some(12)), (Unverified, Production, Some(20))]
    );
    assert_eq!(of_one[1].entry.by.as_deref(), Some("jürgen 😀"));
    assert_eq!(of_one[1].entry.at, past()[1].at);

    let failed = world.store.load_release(ticket(2)).await.unwrap().unwrap();
    assert_eq!((failed.state, failed.stood, failed.attempted), (Failed, Submitted, Some(Unverified)));
    let all: Vec<u64> = (0..100).collect();
    assert_eq!(world.store.load_known_changes(&all).await.unwrap(), [12, 15, 16, 20].into());
    assert_eq!(world.store.pending(second(9)).await.unwrap(), []);
    let check = world.store.verify_history().await.unwrap();
    assert_eq!((check.records, check.faults), (5, Vec::new()));
}

#[tokio::test]
async fn importing_again_in_any_portions_doubles_nothing() {
    let world = World::new().await;
    for size in [6, 1, 4] {
        for changes in past().chunks(size) {
            import(&world, changes).await;
        }
    }
    let again = import(&world, &past()).await;
    assert_eq!((again.releases, again.changes, again.known), (0, 0, 6));
    assert_eq!(world.store.verify_history().await.unwrap().records, 5);
    assert_eq!(world.store.load_import_cursor(SOURCE).await.unwrap(), 20);
    assert_eq!(world.store.load_import_cursor("rt/another").await.unwrap(), 0);
}

#[tokio::test]
async fn portions_lead_to_the_same_history_as_the_whole() {
    let (whole, portions) = (World::new().await, World::new().await);
    import(&whole, &past()).await;
    for change in past() {
        import(&portions, &[change]).await;
    }
    assert_eq!(
        whole.store.load_history(None).await.unwrap(),
        portions.store.load_history(None).await.unwrap(),
        "also the failure is traced back across portions"
    );
    assert_eq!(whole.store.load_releases().await.unwrap(), portions.store.load_releases().await.unwrap());
}

#[tokio::test]
async fn a_release_that_was_only_registered_gets_its_past() {
    let world = World::new().await;
    world.store.register(ticket(1), second(0), None).await.unwrap();
    let imported = import(&world, &past()).await;
    assert_eq!((imported.releases, imported.changes, imported.known), (1, 3, 1));
    assert_eq!(world.store.load_release(ticket(1)).await.unwrap().unwrap().state, Production);
}

#[tokio::test]
async fn a_release_of_the_workflow_s_own_is_left_alone() {
    let world = World::new().await;
    world.settle(&record(1, "storm", StageRollout), 1).await;
    let notice = Notice {
        ticket: ticket(2),
        current: Unverified,
        previous: Submitted,
        emergency: Emergency::No,
        change: Some(15),
    };
    world.store.post(&Message::Notice(notice), &change_key(15), Some(15), second(2)).await.unwrap();
    let before = world.store.load_history(None).await.unwrap();

    let imported = import(&world, &past()).await;
    assert_eq!(imported.own.into_iter().collect::<Vec<_>>(), [ticket(1), ticket(2)]);
    assert_eq!((imported.releases, imported.changes, imported.known), (0, 0, 2), "on record, and in the inbox");
    assert_eq!(world.store.load_history(None).await.unwrap(), before);
    assert_eq!(world.store.load_release(ticket(1)).await.unwrap().unwrap().state, StageRollout);
}

#[tokio::test]
async fn a_late_change_is_not_put_behind_later_ones() {
    let world = World::new().await;
    import(&world, &past()).await;
    let imported = import(&world, &[moved(11, 1, Submitted, Unverified)]).await;
    assert_eq!((imported.changes, imported.late), (0, 1));
}

#[tokio::test]
async fn what_is_forbidden_today_is_imported_as_it_happened_and_counted() {
    let world = World::new().await;
    let odd = [created(1, 7), moved(2, 7, Submitted, Production), moved(3, 7, Production, InVerification)];
    let imported = import(&world, &odd).await;
    assert_eq!(imported.changes, 2);
    let forbidden: Vec<_> = imported.forbidden.into_iter().collect();
    assert_eq!(forbidden, [((Submitted, Production), 1), ((Production, InVerification), 1)]);
    assert_eq!(world.store.load_history(Some(ticket(7))).await.unwrap()[1].entry.outcome, Outcome::Performed);
}

#[tokio::test]
async fn a_ticket_without_a_told_creation_is_created_when_the_ticket_was() {
    let world = World::new().await;
    import(&world, &[moved(2, 7, Submitted, Unverified)]).await;
    let history = world.store.load_history(Some(ticket(7))).await.unwrap();
    let told: Vec<_> = history.iter().map(|r| (r.entry.at.timestamp(), r.entry.to, r.entry.imported)).collect();
    assert_eq!(told, [(1_400_000_000, Submitted, None), (1_400_000_002, Unverified, Some(2))]);
}

#[tokio::test]
async fn a_batch_of_thousands_is_chained_whole() {
    let world = World::new().await;
    let many: Vec<PastChange> =
        (1..=1300_u64).flat_map(|n| [created(10 * n, n), moved(10 * n + 1, n, Submitted, Unverified)]).collect();
    let imported = import(&world, &many).await;
    assert_eq!((imported.releases, imported.changes), (1300, 1300));
    let check = world.store.verify_history().await.unwrap();
    assert_eq!((check.records, check.faults), (2600, Vec::new()));
    assert_eq!(world.store.load_releases().await.unwrap().len(), 1300);
}
