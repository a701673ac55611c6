use egi_model::area::Area;
use egi_model::digest::Sha256;
use egi_model::rollout::RolloutState;
use egi_workflow::policy::default_target_areas;

use super::world::{World, major, second, ticket};
use crate::{ClosedMonth, FactsImported, ImportedFact, StoreError};

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

    world.tamper(&format!("UPDATE documents SET content = {}", world.byte())).await;
    let error = world.store.load_document(sha256).await.unwrap_err();
    assert!(matches!(error, StoreError::DocumentAltered { expected, .. } if expected == sha256), "{error:?}");
}

fn fact(number: u64, document: &str) -> ImportedFact {
    let (source, kind) = ("egi-2011".to_owned(), "transitions".to_owned());
    ImportedFact { source, kind, number, ticket: ticket(number), document: document.to_owned() }
}

#[tokio::test]
async fn facts_are_imported_once_and_a_contradiction_refuses_all() {
    let world = World::new().await;
    let both = [fact(1, "one"), fact(2, "two")];
    let first = world.store.import_facts("egi-2011", "a folder", &both, second(1)).await.unwrap();
    assert_eq!(first, FactsImported { new: 2, known: 0 });
    let more = [fact(2, "two"), fact(3, "three")];
    let again = world.store.import_facts("egi-2011", "a folder", &more, second(2)).await.unwrap();
    assert_eq!(again, FactsImported { new: 1, known: 1 });
    let nothing = world.store.import_facts("egi-2011", "a folder", &more, second(3)).await.unwrap();
    assert_eq!(nothing, FactsImported { new: 0, known: 2 });

    let contrary = [fact(4, "four"), fact(1, "another")];
    let error = world.store.import_facts("egi-2011", "a folder", &contrary, second(4)).await.unwrap_err();
    assert!(matches!(error, StoreError::FactDiffers { number: 1, .. }), "{error:?}");
    let kept: Vec<_> = world.store.load_facts().await.unwrap().into_iter().map(|f| (f.number, f.document)).collect();
    assert_eq!(kept, [(1, "one".to_owned()), (2, "two".to_owned()), (3, "three".to_owned())]);
    let imports: Vec<_> =
        world.store.load_fact_imports().await.unwrap().into_iter().map(|i| (i.facts, i.imported)).collect();
    assert_eq!(imports, [(2, second(1)), (1, second(2))]);
}

#[tokio::test]
async fn a_month_is_closed_once_and_its_newest_version_counts() {
    let world = World::new().await;
    let closed = |version, document: &str| ClosedMonth {
        month: "2026-11".parse().unwrap(),
        version,
        closed: second(1),
        document: document.to_owned(),
    };
    world.store.close_months(&[closed(1, "first")]).await.unwrap();
    let error = world.store.close_months(&[closed(2, "second"), closed(1, "other")]).await.unwrap_err();
    assert!(matches!(error, StoreError::MonthClosed { .. }) && error.is_transient(), "{error:?}");
    assert_eq!(world.store.load_closed_months().await.unwrap(), [closed(1, "first")]);
    world.store.close_months(&[closed(2, "second")]).await.unwrap();
    assert_eq!(world.store.load_closed_months().await.unwrap(), [closed(2, "second")]);
}
