use egi_model::gate::Waiver;
use egi_model::ticket::TicketId;

use super::world::{World, second};

fn waiver(ticket: u64, finding: &str) -> Waiver {
    Waiver {
        ticket: TicketId::new(ticket).unwrap(),
        finding: finding.to_owned(),
        reason: "the library comes with the next update; \u{fc}ber".to_owned(),
        owner: "kostas".to_owned(),
        granted: second(5),
        until: "2026-12-31".parse().unwrap(),
    }
}

#[tokio::test]
async fn waivers_are_kept_as_they_were_given() {
    let world = World::new().await;
    let first = [waiver(1, "broken/a-1-1.noarch"), waiver(1, "downgrade/b-1-1.noarch")];
    world.store.grant_waivers(&first).await.unwrap();
    world.store.grant_waivers(&[waiver(2, "broken/a-1-1.noarch")]).await.unwrap();
    world.store.grant_waivers(&[]).await.unwrap();

    let world = world.restart().await;
    assert_eq!(world.store.load_waivers(TicketId::new(1)).await.unwrap(), first);
    assert_eq!(world.store.load_waivers(TicketId::new(3)).await.unwrap(), []);
    assert_eq!(world.store.load_waivers(None).await.unwrap().len(), 3);
}
