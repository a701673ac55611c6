use egi_model::digest::Sha256;
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use egi_workflow::{Effect, Plan};

use super::world::{LEASE, World, notice, plan_to, record, second, step, ticket};
use crate::{PlanState, StoreError};

#[tokio::test]
async fn after_a_crash_the_open_plan_is_found_with_its_log() {
    let world = World::new().await;
    let claim = world.claimed(1, 0).await;
    let plan = plan_to(&record(1, "storm", RolloutState::StageRollout));
    let id = world.store.open_plan(&claim, &plan, second(1)).await.unwrap();
    world.store.log_step(&claim, id, &step(0, "dropped"), second(2)).await.unwrap();
    world.store.log_step(&claim, id, &step(0, "dropped again"), second(3)).await.unwrap();
    world.store.post(&notice(1), "newer", Some(1), second(4)).await.unwrap();

    let world = world.restart().await;
    let again = world.store.claim("worker", second(100), LEASE).await.unwrap().unwrap();
    assert_eq!((again.id, again.attempt), (claim.id, 2));
    let open = world.store.load_open_plan(&again).await.unwrap();
    assert_eq!(open, Some((id, plan.clone(), vec![step(0, "dropped")])));
    world.store.log_step(&again, id, &step(1, "commented"), second(101)).await.unwrap();
    world.close(&again, id, &plan, 102).await;
    assert!(world.store.load_release(ticket(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_worker_that_lost_its_claim_can_not_touch_the_journal() {
    let world = World::new().await;
    let old = world.claimed(1, 0).await;
    let plan = plan_to(&record(1, "storm", RolloutState::StageRollout));
    let id = world.store.open_plan(&old, &plan, second(1)).await.unwrap();
    let new = world.store.claim("second worker", second(100), LEASE).await.unwrap().unwrap();

    let (settled, entry) = (plan.settled(&[], second(101)), plan.entry(second(101)));
    let refused = [
        world.store.open_plan(&old, &plan, second(101)).await.map(drop),
        world.store.load_open_plan(&old).await.map(drop),
        world.store.log_step(&old, id, &step(0, "late"), second(101)).await,
        world.store.fail_plan(&old, id, &plan, second(101)).await.map(drop),
        world.store.close_plan(&old, id, &settled, &entry, &[], second(101)).await,
    ];
    for result in refused {
        assert!(matches!(result, Err(StoreError::LeaseLost { .. })), "{result:?}");
    }
    assert_eq!(world.store.load_open_plan(&new).await.unwrap(), Some((id, plan, Vec::new())));
    assert_eq!(world.store.load_release(ticket(1)).await.unwrap(), None);
    assert_eq!(world.store.load_history(None).await.unwrap(), []);
}

#[tokio::test]
async fn what_waits_for_a_release_is_due_as_soon_as_its_plan_is_closed() {
    let world = World::new().await;
    let waiting = world.claimed(2, 0).await;
    world.store.put_back(&waiting, second(1000), "it waits for ticket 1").await.unwrap();
    let claim = world.claimed(1, 1).await;
    let plan = plan_to(&record(1, "storm", RolloutState::StageRollout));
    let id = world.store.open_plan(&claim, &plan, second(2)).await.unwrap();
    assert_eq!(world.store.claim("another worker", second(2), LEASE).await.unwrap(), None);
    let (settled, entry) = (plan.settled(&[], second(3)), plan.entry(second(3)));
    world.store.close_plan(&claim, id, &settled, &entry, &[ticket(2)], second(3)).await.unwrap();
    let due = world.store.claim("another worker", second(3), LEASE).await.unwrap().unwrap();
    assert_eq!((due.id, due.ticket()), (waiting.id, ticket(2)));
}

#[tokio::test]
async fn a_failed_plan_is_followed_by_its_failure_plan() {
    let world = World::new().await;
    let claim = world.claimed(1, 0).await;
    let plan = plan_to(&record(1, "storm", RolloutState::StageRollout));
    let id = world.store.open_plan(&claim, &plan, second(1)).await.unwrap();
    world.store.log_step(&claim, id, &step(0, "dropped"), second(2)).await.unwrap();
    let failure = plan_to(&record(1, "storm", RolloutState::Failed));
    let next = world.store.fail_plan(&claim, id, &failure, second(3)).await.unwrap();

    assert_eq!(world.store.load_open_plan(&claim).await.unwrap(), Some((next, failure.clone(), Vec::new())));
    let late = world.store.log_step(&claim, id, &step(1, "commented"), second(4)).await;
    assert!(matches!(late, Err(StoreError::PlanNotOpen { .. })), "{late:?}");
    world.close(&claim, next, &failure, 5).await;

    let plans = world.store.load_plans(ticket(1)).await.unwrap();
    let stands: Vec<_> = plans.iter().map(|p| (p.id, p.state, p.opened, p.ended, p.steps.len())).collect();
    assert_eq!(
        stands,
        [
            (id, PlanState::Failed, second(1), Some(second(3)), 1),
            (next, PlanState::Closed, second(3), Some(second(5)), 0)
        ]
    );
    assert_eq!((plans[0].steps[0].at, &plans[0].plan), (second(2), &plan));
}

#[tokio::test]
async fn a_message_has_one_open_plan_and_is_not_dismissed_with_it() {
    let world = World::new().await;
    let claim = world.claimed(1, 0).await;
    let plan = plan_to(&record(1, "storm", RolloutState::StageRollout));
    let id = world.store.open_plan(&claim, &plan, second(1)).await.unwrap();
    let second_plan = world.store.open_plan(&claim, &plan, second(2)).await;
    assert!(matches!(second_plan, Err(StoreError::PlanOpen { plan, .. }) if plan == id), "{second_plan:?}");
    let dismissed = world.store.dismiss(&claim, "nothing", second(2)).await;
    assert!(matches!(dismissed, Err(StoreError::PlanOpen { .. })), "{dismissed:?}");
    world.store.put_back(&claim, second(10), "RT does not answer").await.unwrap();
    world.store.post(&notice(1), "a change", Some(1), second(4)).await.unwrap();
    let early = world.store.claim("worker", second(5), LEASE).await.unwrap();
    assert_eq!(early, None, "what has a plan open comes before a numbered change");
    let again = world.store.claim("worker", second(10), LEASE).await.unwrap().unwrap();
    assert_eq!(again.id, claim.id);
    assert!(world.store.load_open_plan(&again).await.unwrap().is_some(), "put back with its plan");
}

#[tokio::test]
async fn closing_writes_history_release_and_inbox_or_none_of_them() {
    let world = World::new().await;
    let claim = world.claimed(1, 0).await;
    let plan = plan_to(&record(1, "storm", RolloutState::StageRollout));
    let id = world.store.open_plan(&claim, &plan, second(1)).await.unwrap();
    world.tamper("ALTER TABLE inbox RENAME COLUMN finished TO elsewhere").await;
    let (settled, entry) = (plan.settled(&[], second(2)), plan.entry(second(2)));
    let failed = world.store.close_plan(&claim, id, &settled, &entry, &[], second(2)).await.unwrap_err();
    assert_eq!(failed.to_string(), "failed to close a plan (ticket 1)");
    assert!(!failed.is_transient());

    world.tamper("ALTER TABLE inbox RENAME COLUMN elsewhere TO finished").await;
    assert_eq!(world.store.load_history(None).await.unwrap(), []);
    assert_eq!(world.store.load_release(ticket(1)).await.unwrap(), None);
    assert_eq!(world.store.load_plans(ticket(1)).await.unwrap()[0].state, PlanState::Open);

    world.store.close_plan(&claim, id, &settled, &entry, &[], second(3)).await.unwrap();
    let history = world.store.load_history(None).await.unwrap();
    assert_eq!((history.len(), &history[0].entry), (1, &entry));
    assert_eq!(world.store.load_release(ticket(1)).await.unwrap(), Some(settled));
    assert_eq!(world.store.pending(second(4)).await.unwrap(), []);
}

#[tokio::test]
async fn of_two_decisions_for_one_slot_the_second_is_refused() {
    let world = World::new().await;
    let (first, second_) = (world.claimed(1, 0).await, world.claimed(2, 0).await);
    let staged = |number| plan_to(&record(number, "storm", RolloutState::StageRollout));
    let id = world.store.open_plan(&first, &staged(1), second(1)).await.unwrap();
    assert_eq!(world.store.slot_holder("slot of storm", ticket(2)).await.unwrap(), Some(ticket(1)), "reserved");

    for _ in ["while the plan is open", "when it is closed"] {
        let refused = world.store.open_plan(&second_, &staged(2), second(2)).await.unwrap_err();
        assert!(refused.is_transient());
        assert!(matches!(refused, StoreError::SlotTaken { holder, .. } if holder == ticket(1)), "{refused:?}");
        if !world.store.load_plans(ticket(1)).await.unwrap().iter().any(|p| p.state == PlanState::Closed) {
            world.close(&first, id, &staged(1), 2).await;
        }
    }
}

#[tokio::test]
async fn of_two_tickets_that_deliver_one_release_the_second_is_refused() {
    let world = World::new().await;
    let (first, second_) = (world.claimed(1, 0).await, world.claimed(2, 0).await);
    let (sum, target) = (Sha256::of(b""), record(1, "storm", RolloutState::Unverified).facts.unwrap().target);
    let taken_in = |number| Plan {
        steps: vec![Effect::Accept { checksums: sum, release_xml: sum, target: target.clone() }],
        ..plan_to(&record(number, "storm", RolloutState::Unverified))
    };
    world.store.open_plan(&first, &taken_in(1), second(1)).await.unwrap();
    let facts = taken_in(2).settles.facts.unwrap();
    let same = world.store.same_release(&facts.product(), &facts.release.version, ticket(2)).await.unwrap();
    assert_eq!(same, Some(ticket(1)), "known while the plan is open");
    let refused = world.store.open_plan(&second_, &taken_in(2), second(2)).await.unwrap_err();
    assert!(refused.is_transient());
    assert!(matches!(refused, StoreError::ReleaseTaken { holder, .. } if holder == ticket(1)), "{refused:?}");
}

#[tokio::test]
async fn what_comes_after_a_logged_step_has_all_its_tries() {
    let world = World::new().await;
    let claim = world.claimed(1, 0).await;
    world.store.put_back(&claim, second(1), "busy").await.unwrap();
    let claim = world.store.claim("worker", second(2), LEASE).await.unwrap().unwrap();
    assert_eq!(claim.tries, 1);
    let id =
        world.store.open_plan(&claim, &plan_to(&record(1, "storm", RolloutState::Rejected)), second(3)).await.unwrap();
    world.store.log_step(&claim, id, &step(0, "withdrawn"), second(4)).await.unwrap();
    assert_eq!(world.store.pending(second(5)).await.unwrap()[0].tries, 0);
}

#[tokio::test]
async fn an_emergency_stands_beside_the_holder_and_holds_it_up_no_more_than_it_is_held_up() {
    let world = World::new().await;
    world.settle(&record(1, "storm", RolloutState::StageRollout), 1).await;
    let claim = world.claimed(2, 2).await;
    let mut emergency = plan_to(&record(2, "storm", RolloutState::StageRollout));
    emergency.emergency = Emergency::Yes;
    let id = world.store.open_plan(&claim, &emergency, second(2)).await.unwrap();
    world.close(&claim, id, &emergency, 3).await;
    world.settle(&record(1, "storm", RolloutState::StageRollout), 4).await;
}

#[tokio::test]
async fn what_is_under_way_is_told_with_who_holds_it_until_when() {
    let world = World::new().await;
    let claim = world.claimed(1, 0).await;
    assert_eq!(world.store.load_open_plans().await.unwrap(), []);
    let plan = plan_to(&record(1, "storm", RolloutState::StageRollout));
    let id = world.store.open_plan(&claim, &plan, second(1)).await.unwrap();
    world.store.log_step(&claim, id, &step(0, "dropped"), second(2)).await.unwrap();
    let open = world.store.load_open_plans().await.unwrap();
    let told: Vec<_> = open.iter().map(|plan| (plan.id, plan.state, plan.steps.len())).collect();
    assert_eq!(told, [(id, PlanState::Open, 1)]);
    let held = world.store.pending(second(1)).await.unwrap();
    assert_eq!((held[0].until, held[0].plan), (Some(second(0) + LEASE), Some(id)));
    assert!(held[0].worker.is_some());
    let over = world.store.pending(second(0) + LEASE).await.unwrap();
    assert_eq!((over[0].until, over[0].worker.clone()), (None, None));
    world.close(&claim, id, &plan, 3).await;
    assert_eq!(world.store.load_open_plans().await.unwrap(), []);
}
