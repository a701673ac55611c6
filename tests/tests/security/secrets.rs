//! Secrets are told nobody. Everything that `nsrw` says in any test is searched for the secrets of its site; here at the
//! level of logs that tells most, with every secret there is.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use nsrw_tests::keys::SecretKey;
use nsrw_tests::serve::{FORM, Serving};

use crate::world::{World, post};

fn write_private(world: &World, name: &str, text: &str) {
    let path = world.site.folder().join("secrets").join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn no_secret_is_told_however_much_is_logged() {
    let world = World::new();
    let key = SecretKey::new("ed25519").unwrap();
    write_private(&world, "repository.asc", &fs::read_to_string(key.secret().unwrap()).unwrap());
    write_private(&world, "mail.password", "correct-horse-battery-staple\n");
    fs::copy(key.public().unwrap(), world.site.folder().join("public.asc")).unwrap();
    for (setting, value) in [
        ("signing.keys", "[{ backend = \"file\", secret = \"secrets/repository.asc\" }]"),
        ("signing.public", "[\"public.asc\"]"),
        ("mail.host", "\"127.0.0.1\""),
        ("mail.port", "1"),
        ("mail.tls", "\"none\""),
        ("mail.user", "\"nsrw\""),
        ("mail.from", "\"releases@example.org\""),
        ("mail.report_to", "[\"list@example.org\"]"),
    ] {
        world.site.change_setting(setting, value).unwrap();
    }
    let all = |arguments: &[&str]| {
        let output = world.site.command(arguments).env("NSRW_LOG", "trace").output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        world.site.ensure_untold(&said).unwrap();
        said
    };
    assert!(all(&["config"]).contains("secrets/repository.asc"));
    assert!(all(&["report", "2020-01", "--mail"]).contains("127.0.0.1:1"), "the relay is not there, and that is told");
    all(&["promote"]);

    let server = Serving::start_logging(&world.site, "trace").unwrap();
    assert_eq!(post(&server).status, 202);
    let forged = ["x-nsrw-timestamp", "x-nsrw-nonce", "x-nsrw-signature"].map(|name| (name, "0".repeat(16)));
    assert_eq!(server.post_with(FORM, "Ticket_Id=1", &forged).unwrap().status, 401);
    let log = server.log();
    assert!(log.contains("a notice was refused") && log.contains("DEBUG"), "{log}");
    assert_eq!(server.stop().unwrap(), 0, "which searches its log");
}

#[test]
fn the_search_finds_a_secret_that_is_told() {
    let world = World::new();
    let secret = fs::read_to_string(world.site.folder().join("secrets/notice.key")).unwrap();
    assert!(world.site.ensure_untold(&format!("the key is {secret}!")).is_err());
    assert!(world.site.ensure_untold("the key is none of yours").is_ok());
}

#[test]
fn a_secret_that_others_can_read_is_told_of_and_a_key_is_not_used() {
    let world = World::new();
    let notice = world.site.folder().join("secrets/notice.key");
    fs::set_permissions(&notice, Permissions::from_mode(0o644)).unwrap();
    let server = Serving::start(&world.site).unwrap();
    server.wait_for_log("notice.key has mode 0644, so others can use this secret; chmod 0600").unwrap();
    assert_eq!(server.stop().unwrap(), 0);

    let key = SecretKey::new("ed25519").unwrap();
    write_private(&world, "repository.asc", &fs::read_to_string(key.secret().unwrap()).unwrap());
    fs::copy(key.public().unwrap(), world.site.folder().join("public.asc")).unwrap();
    let keys = "[{ backend = \"file\", secret = \"secrets/repository.asc\" }]";
    world.site.change_setting("signing.keys", keys).unwrap();
    world.site.change_setting("signing.public", "[\"public.asc\"]").unwrap();
    let file = world.site.folder().join("secrets/repository.asc");
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    let ticket = world.deliver();
    let ended = world.site.nsrw(&["promote"]).unwrap();
    assert!(ended.log.contains("its mode is 0640, so others than its owner can use it; chmod 0600"), "{}", ended.log);
    let state = || world.site.field(ticket, "RolloutProgress").unwrap();
    assert_eq!(state(), "Failed");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    world.site.set(ticket, "kostas", &["RolloutProgress=Unverified"]).unwrap();
    assert_eq!(state(), "Unverified", "{:?}", world.site.comments(ticket).unwrap());
}
