use egi_model::area::Area;
use egi_model::digest::Sha256;
use egi_model::rollout::RolloutState;
use egi_workflow::policy::default_target_areas;

use super::world::{World, major, second};
use crate::StoreError;

#[tokio::test]
async fn a_new_site_starts_with_the_default_areas_and_keeps_its_own() {
    let world = World::new().await;
    assert_eq!(world.store.load_target_areas().await.unwrap(), default_target_areas());
    world.store.save_target_area(RolloutState::Deferred, Some(Area::StageRollout)).await.unwrap();
    world.store.save_target_area(RolloutState::InVerification, None).await.unwrap();
    let mut expected = default_target_areas();
    expected.insert(RolloutState::Deferred, Area::StageRollout);
    expected.remove(&RolloutState::InVerification);

    let world = world.restart().await;
    assert_eq!(world.store.load_target_areas().await.unwrap(), expected);
}

#[tokio::test]
async fn a_changed_agreement_keeps_the_former_one() {
    let world = World::new().await;
    let (old, new) = (major("umd/4"), major("umd/4/{platform}"));
    world.store.agree_majors(std::slice::from_ref(&old), second(1)).await.unwrap();
    world.store.agree_majors(std::slice::from_ref(&old), second(2)).await.unwrap();
    world.store.agree_majors(std::slice::from_ref(&new), second(3)).await.unwrap();
    assert_eq!(world.store.load_majors().await.unwrap(), std::slice::from_ref(&new));
    let agreements = world.store.load_agreements(&old.id).await.unwrap();
    let seen: Vec<_> = agreements.into_iter().map(|a| (a.major, a.since, a.until)).collect();
    assert_eq!(seen, [(old, second(1), Some(second(3))), (new, second(3), None)]);
}

#[tokio::test]
async fn a_document_is_kept_once_and_checked_when_it_is_loaded() {
    let world = World::new().await;
    let sha256 = world.store.save_document(b"<release/>\0\xff").await.unwrap();
    assert_eq!(world.store.save_document(b"<release/>\0\xff").await.unwrap(), sha256);
    assert_eq!(world.store.load_document(sha256).await.unwrap().as_deref(), Some(&b"<release/>\0\xff"[..]));
    assert_eq!(world.store.load_document(Sha256::of(b"another")).await.unwrap(), None);
    world.store.save_document(b"").await.unwrap();
    assert_eq!(world.store.load_document(Sha256::of(b"")).await.unwrap(), Some(Vec::new()));

    world.tamper("UPDATE documents SET content = X'00'").await;
    let error = world.store.load_document(sha256).await.unwrap_err();
    assert!(matches!(error, StoreError::DocumentAltered { expected, .. } if expected == sha256), "{error:?}");
}
