//! What a provider may have us fetch: its own rules, told on the ticket.

use std::fs::OpenOptions;
use std::io::Write as _;

use nsrw_tests::packages::TinyPackage;
use nsrw_tests::provider::Delivery;
use nsrw_tests::servers::HttpServer;

use crate::world::World;

/// The provider's name in deliveries of the tests.
const RULES: &str = "\n[[provider]]\nname = \"TP\"\n";

impl World {
    fn rule(&self, rules: &str) {
        let mut file = OpenOptions::new().append(true).open(self.site.config()).unwrap();
        file.write_all(format!("{RULES}{rules}\n").as_bytes()).unwrap();
    }

    /// Where the ticket stands after its delivery was asked for over HTTP, with the last comment.
    fn take_in(&self) -> (String, String) {
        let made = self.dir.path().join("made");
        let offered = self.dir.path().join("offered");
        for folder in [&made, &offered] {
            std::fs::create_dir_all(folder).unwrap();
        }
        let rpm = TinyPackage::new("storm", "1.0.0").write_rpm(&made).unwrap();
        let delivery =
            Delivery::builder("TP.storm.sl6.x86_64", "1.0.0").package(rpm).build(&offered.join("storm")).unwrap();
        let server = HttpServer::serve(&offered).unwrap();
        let url = format!("{}/storm", server.url());
        let fields = ["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"];
        let ticket = self.site.open_ticket(&delivery, &url, &fields).unwrap();
        self.site.set(ticket, "carlos", &["RolloutProgress=Unverified"]).unwrap();
        (self.site.field(ticket, "RolloutProgress").unwrap(), self.site.comments(ticket).unwrap().pop().unwrap())
    }
}

#[test]
fn a_provider_without_rules_may_do_what_all_may() {
    let world = World::new();
    world.rule("");
    assert_eq!(world.take_in().0, "Unverified");
}

#[test]
fn each_rule_of_a_provider_holds_and_is_told_on_the_ticket() {
    for (rule, told) in [
        (
            "allowed_schemes = [\"https\", \"rsync\"]",
            "http is not allowed for this provider: deliver by one of https, rsync",
        ),
        ("allowed_hosts = [\"repo.example.org\"]", "leads to host 127.0.0.1, which is not allowed for this provider"),
        ("allow_private_addresses = false", "leads to 127.0.0.1, an address that is private"),
        ("max_bytes = 10", "has more than 10 bytes"),
        ("max_files = 0", "has more than 0 files"),
    ] {
        let world = World::new();
        world.rule(rule);
        let (stands, comment) = world.take_in();
        assert_eq!(stands, "Failed", "{rule}: {comment}");
        assert!(comment.contains(told), "{rule}: {comment}");
    }
}
