//! A worker that is frozen, taken for dead, and comes back.

use nsrw_tests::servers::database::DatabaseKind;

use crate::site_on;
use crate::slow::SlowServer;
use crate::world::FIELDS;

crate::on_each!(a_worker_that_was_frozen_and_comes_back_harms_nothing);

fn a_worker_that_was_frozen_and_comes_back_harms_nothing(kind: DatabaseKind) {
    let (_database, world) = site_on(kind);
    let delivery = world.deliver("storm", "1.0.0");
    let provider = SlowServer::serve(delivery.dir.clone());
    let ticket = world.site.open_ticket(&delivery, &provider.url, &FIELDS).unwrap();
    let frozen = world.serve();
    world.change(ticket, "carlos", "Unverified").post(&frozen);
    provider.wait_for_half();
    frozen.freeze().unwrap();
    provider.go_on();

    // Its claim is good for a second more.
    assert_eq!(world.promote_until(ticket, 1), ["Submitted -> Unverified by carlos: performed"]);
    let (before, published) = (world.everything(ticket), world.published());
    frozen.thaw().unwrap();
    frozen.wait_for_log("another worker took over; leaving this notice to it").unwrap();
    world.flush(&frozen);
    assert_eq!((world.everything(ticket), world.published()), (before, published), "it changed something");
    assert_eq!(world.site.comments(ticket).unwrap().len(), 1);

    // It works on as before.
    world.change(ticket, "carlos", "InVerification").post(&frozen);
    assert_eq!(world.wait_for_history(ticket, 2)[1], "Unverified -> InVerification by carlos: performed");
    assert_eq!(frozen.stop().unwrap(), 0);
    world.assert_sound();
}
