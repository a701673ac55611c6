use std::time::Duration;

use super::world::{World, second};
use crate::{Mailing, MailingClaim};

const TOPIC: &str = "report 2026-11";
const PATIENCE: Duration = Duration::from_secs(10);

async fn begin(world: &World, at: i64) -> MailingClaim {
    let to = ["a@example.org".to_owned(), "b@example.org".to_owned()];
    world.store.begin_mailing(TOPIC, "<id@example.org>", &to, second(at), PATIENCE).await.unwrap()
}

#[tokio::test]
async fn a_letter_that_was_sent_is_not_sent_again() {
    let world = World::new().await;
    assert_eq!(begin(&world, 1).await, MailingClaim::Granted { perhaps_again: false });
    assert_eq!(world.store.load_mailing(TOPIC).await.unwrap(), None);
    world.store.finish_mailing(TOPIC, second(2)).await.unwrap();

    let world = world.restart().await;
    let sent = Mailing {
        message_id: "<id@example.org>".to_owned(),
        recipients: vec!["a@example.org".to_owned(), "b@example.org".to_owned()],
        sent: second(2),
    };
    assert_eq!(begin(&world, 1000).await, MailingClaim::Sent(sent.clone()));
    assert_eq!(world.store.load_mailing(TOPIC).await.unwrap(), Some(sent.clone()));
    world.store.give_up_mailing(TOPIC).await.unwrap();
    assert_eq!(begin(&world, 1000).await, MailingClaim::Sent(sent), "what was sent can not be given up");
}

#[tokio::test]
async fn one_sends_at_a_time_and_the_dead_are_replaced() {
    let world = World::new().await;
    begin(&world, 1).await;
    assert_eq!(begin(&world, 5).await, MailingClaim::UnderWay { since: second(1) });
    assert_eq!(begin(&world, 11).await, MailingClaim::Granted { perhaps_again: true });
    assert_eq!(begin(&world, 12).await, MailingClaim::UnderWay { since: second(11) });
}

#[tokio::test]
async fn a_refused_letter_may_be_tried_at_once() {
    let world = World::new().await;
    begin(&world, 1).await;
    world.store.give_up_mailing(TOPIC).await.unwrap();
    assert_eq!(begin(&world, 1).await, MailingClaim::Granted { perhaps_again: false });
}
