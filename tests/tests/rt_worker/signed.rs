//! RT's own notices on their way: sent again by somebody else, and signed with another secret.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::proxy::Proxy;
use crate::world::World;

/// Sends what RT sent once more; the answer.
fn send_again(port: u16, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_notice_is_good_once_and_with_the_shared_secret_alone() {
    let mut world = World::new();
    let port = world.notice_url().rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap();
    let between = Proxy::to(port).unwrap();
    world.rt.restart_telling(&format!("http://127.0.0.1:{}/api/rollout", between.port)).unwrap();
    let ticket = world.open("storm", "1.0.0");
    let server = world.serve();
    world.go("carlos", ticket, "Unverified");
    let sent = between.seen();
    assert_eq!(sent.len(), 1, "{sent:?}");
    for _ in 0..2 {
        let answer = send_again(port, &sent[0].bytes);
        assert!(answer.starts_with("HTTP/1.1 409") && answer.contains("X-NSRW-Nonce was used before"), "{answer}");
    }

    let secret = std::fs::read(world.rt.secret_file()).unwrap();
    std::fs::write(world.rt.secret_file(), "another secret than that of the repository").unwrap();
    world.ask("carlos", ticket, "InVerification");
    world.wait_to_stand(ticket, "InVerification Error");
    server.wait_for_log("a notice was refused: X-NSRW-Signature does not fit").unwrap();
    let log = world.rt.log();
    assert!(log.contains(&format!("the notice of ticket {ticket} was not delivered: 401")), "{log}");
    assert_eq!(world.history(ticket).len(), 1, "nothing came of it");

    std::fs::write(world.rt.secret_file(), secret).unwrap();
    assert_eq!(world.site.nsrw(&["sync", "--apply"]).unwrap().code, 0);
    world.wait_to_stand(ticket, "InVerification OK");
    assert_eq!(world.wait_for_history(ticket, 2).len(), 2);
    assert_eq!(world.comments(ticket).len(), 1);
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}
