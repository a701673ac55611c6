//! Who may post: those who know the secret, now, and this very text.

use chrono::{TimeDelta, Utc};
use nsrw::api::{Secret, sign};
use nsrw_tests::serve::{FORM, Serving, render_form};

use crate::world::{World, notice};

/// The answer to a body with these headers: its status and what it complains of.
fn post(server: &Serving, body: &str, headers: &[(&str, String)]) -> (u16, Vec<String>) {
    let answer = server.post_with(FORM, body, headers).unwrap();
    (answer.status, answer.errors())
}

fn refused(why: &str) -> (u16, Vec<String>) {
    (401, vec![format!("authentication: {why}")])
}

#[test]
fn a_notice_without_a_good_signature_is_refused_and_not_stored() {
    let world = World::new();
    let ticket = world.open("storm");
    let server = world.serve();
    let before = world.everything(ticket);
    let (body, other) = (render_form(&notice("1", "Submitted", "Unverified")), render_form(&[("Ticket_Id", "1")]));
    let now = Utc::now();
    let signed = |body: &str, at| sign(server.secret(), body.as_bytes(), at);
    let [timestamp, signature] = signed(&body, now);

    assert_eq!(post(&server, &body, &[]), refused("X-NSRW-Timestamp is missing"));
    assert_eq!(post(&server, &body, std::slice::from_ref(&timestamp)), refused("X-NSRW-Signature is missing"));
    assert_eq!(post(&server, &body, std::slice::from_ref(&signature)), refused("X-NSRW-Timestamp is missing"));
    assert_eq!(post(&server, &body, &signed(&other, now)), refused("X-NSRW-Signature does not fit"));

    let key = world.folder().join("key");
    std::fs::write(&key, "somebody else's secret").unwrap();
    let theirs = sign(&Secret::read(&key).unwrap(), body.as_bytes(), now);
    assert_eq!(post(&server, &body, &theirs), refused("X-NSRW-Signature does not fit"));

    // The default difference of clocks is five minutes. Ten seconds are for a slow machine.
    let far = refused("X-NSRW-Timestamp is too far from this machine's time");
    for minutes in [-6, 6, -60 * 24 * 365, 60 * 24 * 365] {
        assert_eq!(post(&server, &body, &signed(&body, now + TimeDelta::minutes(minutes))), far, "{minutes} minutes");
    }
    // The time is signed too: an old notice does not become a new one.
    let [_, old] = signed(&body, now - TimeDelta::minutes(6));
    assert_eq!(post(&server, &body, &[timestamp.clone(), old]), refused("X-NSRW-Signature does not fit"));

    let with = |name, value: &str| (name, value.to_owned());
    let not_a_time = [with(timestamp.0, "soon"), signature.clone()];
    assert_eq!(post(&server, &body, &not_a_time), refused("X-NSRW-Timestamp is no number of seconds"));
    let extremes = [i64::MIN.to_string(), i64::MAX.to_string()].map(|value| [(timestamp.0, value), signature.clone()]);
    assert!(extremes.iter().all(|headers| post(&server, &body, headers) == far));
    for (value, why) in [
        ("", "X-NSRW-Signature is missing"),
        ("md5=00", "X-NSRW-Signature is missing"),
        ("sha256=", "X-NSRW-Signature does not fit"),
        ("sha256=00", "X-NSRW-Signature does not fit"),
        ("sha256=nonsense", "X-NSRW-Signature is not hexadecimal"),
    ] {
        assert_eq!(post(&server, &body, &[timestamp.clone(), with(signature.0, value)]), refused(why), "{value}");
    }
    world.flush(&server);
    assert_eq!(world.everything(ticket), before, "nothing came of any of them");
}

#[test]
fn clocks_may_differ_a_little_and_a_replay_changes_nothing() {
    let world = World::new();
    let ticket = world.open("storm");
    let server = world.serve();
    world.change(ticket, "carlos", "Unverified");
    let body = render_form(&notice("1", "Submitted", "Unverified"));
    for minutes in [-4, 4] {
        let headers = sign(server.secret(), body.as_bytes(), Utc::now() + TimeDelta::minutes(minutes));
        assert_eq!(server.post_with(FORM, &body, &headers).unwrap().status, 202, "{minutes} minutes");
        let replayed = server.post_with(FORM, &body, &headers).unwrap();
        assert_eq!(replayed.status, 202);
    }
    world.flush(&server);
    assert_eq!(world.history(ticket), ["Submitted -> Unverified by carlos: performed"]);
}

#[test]
fn a_site_may_leave_authentication_to_what_stands_before_it() {
    let world = World::new();
    world.site.configure("authenticate = true", "authenticate = false").unwrap();
    let ticket = world.open("storm");
    let server = world.serve();
    world.change(ticket, "carlos", "Unverified");
    let body = render_form(&notice("1", "Submitted", "Unverified"));
    assert_eq!(post(&server, &body, &[]), (202, Vec::new()));
    world.wait_for_history(ticket, 1);
    assert_eq!(world.stands(ticket), "Unverified OK");
}
