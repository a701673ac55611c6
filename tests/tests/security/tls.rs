//! The API over TLS, by the files that the settings name.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use nsrw_tests::certificate::make_certificate;
use nsrw_tests::serve::Serving;
use rustix::process::Signal;

use crate::world::{World, post};

impl World {
    /// Has the API speak TLS with a new certificate.
    fn with_tls() -> Self {
        let world = Self::new();
        make_certificate(&world.secrets(), "api").unwrap();
        world.site.change_setting("api.tls_certificate", "\"secrets/api.pem\"").unwrap();
        world.site.change_setting("api.tls_key", "\"secrets/api.key\"").unwrap();
        world
    }

    fn secrets(&self) -> PathBuf {
        self.site.folder().join("secrets")
    }

    fn certificate(&self) -> PathBuf {
        self.secrets().join("api.pem")
    }
}

#[test]
fn notices_come_over_tls_and_in_no_other_way() {
    let world = World::with_tls();
    let server = Serving::start_trusting(&world.site, &world.certificate()).unwrap();
    assert_eq!(post(&server).status, 202);
    let plain = ureq::get(format!("http://{}/health", server.address())).call();
    assert!(plain.is_err(), "{plain:?}");
    let elsewhere = world.dir.path();
    make_certificate(elsewhere, "other").unwrap();
    let mut server = server;
    server.trust(&elsewhere.join("other.pem")).unwrap();
    assert!(server.get("/health").is_err(), "a client that trusts another certificate is not taken in");
    assert_eq!(server.stop().unwrap(), 0);
}

#[test]
fn a_new_certificate_is_taken_up_at_a_hangup_and_a_bad_one_is_not() {
    let world = World::with_tls();
    let mut server = Serving::start_trusting(&world.site, &world.certificate()).unwrap();
    assert_eq!(server.get("/health").unwrap().status, 200);

    fs::write(world.certificate(), "no certificate").unwrap();
    server.signal(Signal::HUP).unwrap();
    server.wait_for_log("the certificate in use stays").unwrap();
    assert_eq!(post(&server).status, 202);

    make_certificate(&world.secrets(), "api").unwrap();
    server.signal(Signal::HUP).unwrap();
    server.wait_for_log("secrets/api.pem is in use").unwrap();
    server.trust(&world.certificate()).unwrap();
    assert_eq!(post(&server).status, 202);
    assert_eq!(server.stop().unwrap(), 0);
}

#[test]
fn what_can_not_be_used_is_told_before_anybody_is_served() {
    let world = World::with_tls();
    let key = world.secrets().join("api.key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let ended = world.site.nsrw(&["serve"]).unwrap();
    assert!(ended.code != 0 && ended.answer.is_empty(), "{}", ended.answer);
    assert!(ended.log.contains("api.key has mode 0644, so others can use this secret; chmod 0600"), "{}", ended.log);

    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    make_certificate(world.dir.path(), "other").unwrap();
    fs::copy(world.dir.path().join("other.key"), &key).unwrap();
    let ended = world.site.nsrw(&["serve"]).unwrap();
    assert!(ended.code != 0 && ended.log.contains("can not be used with the certificate"), "{}", ended.log);

    world.site.change_setting("api.tls_key", "\"\"").unwrap();
    let ended = world.site.nsrw(&["serve"]).unwrap();
    assert!(
        ended.code == 2 && ended.log.contains("api.tls_certificate and api.tls_key belong together"),
        "{}",
        ended.log
    );
}
