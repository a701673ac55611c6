//! The specification's own example, walked in RT by the accounts of people.

use egi_model::field::Field;
use egi_model::release::ReleaseType;
use nsrw_tests::clients::DnfRoot;
use nsrw_tests::packages::build_ca_rpms;
use nsrw_tests::provider::Delivery;
use nsrw_tests::servers::{HttpServer, RsyncDaemon};

use crate::world::{World, ticket_for};

#[test]
fn the_trust_anchors_go_from_a_ticket_in_rt_to_a_repository_that_dnf_installs_from() {
    let world = World::new();
    let public = HttpServer::serve(&world.site.public()).unwrap();
    world.site.change_setting("site.public_url", &format!("\"{}\"", public.url())).unwrap();
    let made = world.folder().join("made");
    let rpms = build_ca_rpms("1.37", "1", &made).unwrap();
    let delivery = Delivery::builder("ca-policy-egi-core", "1.37-1")
        .title("EGI trust anchors")
        .provider("EUGridPMA", "EUGridPMA")
        .target("any", "noarch")
        .release_type(ReleaseType::NonIncremental)
        .packages(&rpms)
        .build(&world.offered("ca-1.37-1"))
        .unwrap();
    let provider = RsyncDaemon::serve(&world.folder().join("offered")).unwrap();
    let server = world.serve();

    let subject = "ca-policy-egi-core 1.37-1, für Łódź 🚀";
    let ticket = ticket_for(&delivery, subject)
        .with(Field::SyncProtocol, "rsync")
        .with(Field::SyncUrl, &format!("{}/ca-1.37-1", provider.url()))
        .with(Field::AssociatedMajorRelease, "ca-1.0")
        .with(Field::ReleaseType, "NonIncremental");
    let ticket = world.rt.person("tp1").open(&ticket).unwrap();

    world.go("carlos", ticket, "Unverified");
    let unverified = world.field(ticket, Field::RepositoryUrl);
    assert!(unverified.starts_with(&format!("{}/unverified/", public.url())), "{unverified}");
    world.wait_for_watchers(ticket, &["sw-rel-qc"]);
    let comments = world.comments(ticket);
    assert!(comments.len() == 1 && comments[0].contains(&unverified), "{comments:#?}");

    world.go("carlos", ticket, "InVerification");
    assert_eq!(world.field(ticket, Field::RepositoryUrl), unverified);
    world.wait_for_watchers(ticket, &[]);
    assert_eq!(world.comments(ticket).len(), 1);

    world.set("carlos", ticket, Field::VerificationReport, "https://documents.example.org/verification");
    world.go("carlos", ticket, "StageRollout");
    let staged = world.field(ticket, Field::RepositoryUrl);
    assert!(staged.starts_with(&format!("{}/stagerollout/", public.url())), "{staged}");
    world.wait_for_watchers(ticket, &["sw-rel-sr"]);
    assert_eq!(world.comments(ticket).len(), 2);

    world.set("mario", ticket, Field::StageRolloutReport, "https://documents.example.org/staged-rollout");
    world.go("mario", ticket, "Production");
    let repository = world.field(ticket, Field::RepositoryUrl);
    assert!(repository.starts_with(&format!("{}/production/", public.url())), "{repository}");
    world.wait_for_watchers(ticket, &["sw-rel-production"]);
    assert_eq!(world.comments(ticket).len(), 3);

    let told = ["Submitted -> Unverified by carlos", "Unverified -> InVerification by carlos"];
    let then = ["InVerification -> StageRollout by carlos", "StageRollout -> Production by mario"];
    let performed = [told, then].concat().iter().map(|line| format!("{line}: performed")).collect::<Vec<_>>();
    assert_eq!(world.wait_for_history(ticket, 4), performed);
    assert_eq!(world.status(ticket), "resolved");

    let dnf = DnfRoot::new().unwrap();
    dnf.add_repo("ca", &repository).unwrap();
    dnf.install(&["ca-policy-egi-core"]).unwrap();
    assert_eq!(dnf.query_installed().unwrap().len(), 4);
    // What RT knows of the ticket is shown as that of the desk would be.
    let shown = world.site.done(&["ticket", "show", &ticket.to_string()]).unwrap();
    assert!(shown.contains(subject) && shown.contains("carlos: RolloutProgress: Submitted -> Unverified"), "{shown}");
    let list = |state| world.site.done(&["ticket", "list", "--state", state]).unwrap();
    assert!(list("Production").contains(subject) && list("Submitted").is_empty());
    let refused = world.site.nsrw(&["ticket", "set", &ticket.to_string(), "Status=open"]).unwrap();
    assert!(refused.code == 1 && refused.log.contains("the tickets are in Request Tracker"), "{}", refused.log);
    world.assert_sound();
    assert_eq!(server.stop().unwrap(), 0);
}

#[test]
fn an_rt_on_postgresql_is_worked_with_alike() {
    let world = World::on_postgres();
    let ticket = world.open("storm", "1.0.0");
    let server = world.serve();
    world.go_to_verification(ticket);
    world.proxy.hold_next(|asked| asked.sets("CommunicationStatus"));
    world.ask("carlos", ticket, "StageRollout");
    world.proxy.wait_for_held();
    // The ticket is another one by the time it is answered: looked at again, and answered.
    world.set("mario", ticket, Field::StageRolloutReport, "https://documents.example.org/staged-rollout");
    world.proxy.release();
    world.wait_to_stand(ticket, "StageRollout OK");
    world.go("mario", ticket, "Production");
    assert_eq!(world.wait_for_history(ticket, 4).len(), 4);
    world.wait_for_watchers(ticket, &["sw-rel-production"]);
    assert_eq!(world.comments(ticket).len(), 3);
    assert_eq!(world.status(ticket), "resolved");
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}
