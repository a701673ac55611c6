//! Who may post: those who know the secret, now, and this very text.

use chrono::{TimeDelta, Utc};
use nsrw::api::{Secret, sign};
use nsrw_tests::serve::{FORM, Serving, make_nonce, render_form};

use crate::world::{World, notice};

/// The answer to a body with these headers: its status and what it complains of.
fn post(server: &Serving, body: &str, headers: &[(&str, String)]) -> (u16, Vec<String>) {
    let answer = server.post_with(FORM, body, headers).unwrap();
    (answer.status, answer.errors())
}

fn refused(why: &str) -> (u16, Vec<String>) {
    (401, vec![format!("authentication: {why}")])
}

/// How many seconds the clocks are told to be apart, with the whole sentence.
fn off_by(complaint: &str, behind: bool) -> (u64, &str) {
    let side = if behind { "behind" } else { "ahead of" };
    let rest = complaint.strip_prefix("authentication: X-NSRW-Timestamp is ").unwrap();
    let end = format!(" seconds {side} this machine's time, and 300 are allowed; set both clocks");
    (rest.strip_suffix(&end).unwrap_or_else(|| panic!("{complaint}")).parse().unwrap(), complaint)
}

#[test]
fn a_notice_without_a_good_signature_is_refused_and_not_stored() {
    let world = World::new();
    let ticket = world.open("storm");
    let server = world.serve();
    let before = world.everything(ticket);
    let (body, other) = (render_form(&notice("1", "Submitted", "Unverified")), render_form(&[("Ticket_Id", "1")]));
    let now = Utc::now();
    let signed = |body: &str, at| sign(server.secret(), body.as_bytes(), &make_nonce(), at);
    let [timestamp, nonce, signature] = signed(&body, now);

    assert_eq!(post(&server, &body, &[]), refused("X-NSRW-Timestamp is missing"));
    assert_eq!(post(&server, &body, std::slice::from_ref(&timestamp)), refused("X-NSRW-Nonce is missing"));
    let unsigned = [timestamp.clone(), nonce.clone()];
    assert_eq!(post(&server, &body, &unsigned), refused("X-NSRW-Signature is missing"));
    assert_eq!(post(&server, &body, std::slice::from_ref(&signature)), refused("X-NSRW-Timestamp is missing"));
    assert_eq!(post(&server, &body, &signed(&other, now)), refused("X-NSRW-Signature does not fit"));

    let key = world.folder().join("key");
    std::fs::write(&key, "somebody else's secret").unwrap();
    let theirs = sign(&Secret::read(&key).unwrap(), body.as_bytes(), &make_nonce(), now);
    assert_eq!(post(&server, &body, &theirs), refused("X-NSRW-Signature does not fit"));

    // The default difference of clocks is five minutes. Ten seconds are for a slow machine.
    for minutes in [-6, 6, -60, 60, -60 * 24 * 365, 60 * 24 * 365] {
        let (status, complaints) = post(&server, &body, &signed(&body, Utc::now() + TimeDelta::minutes(minutes)));
        assert_eq!((status, complaints.len()), (401, 1));
        let (apart, told) = off_by(&complaints[0], minutes < 0);
        assert!(apart.abs_diff(minutes.unsigned_abs() * 60) <= 10, "{minutes} minutes: {told}");
    }
    // Time and nonce are signed too: an old notice does not become a new one.
    let [_, _, old] = signed(&body, now - TimeDelta::minutes(6));
    let unfit = refused("X-NSRW-Signature does not fit");
    assert_eq!(post(&server, &body, &[timestamp.clone(), nonce.clone(), old]), unfit);
    let another = (nonce.0, make_nonce());
    assert_eq!(post(&server, &body, &[timestamp.clone(), another, signature.clone()]), unfit);

    let with = |name, value: &str| (name, value.to_owned());
    let not_a_time = [with(timestamp.0, "soon"), nonce.clone(), signature.clone()];
    assert_eq!(post(&server, &body, &not_a_time), refused("X-NSRW-Timestamp is no number of seconds"));
    for extreme in [i64::MIN, i64::MAX] {
        let headers = [with(timestamp.0, &extreme.to_string()), nonce.clone(), signature.clone()];
        assert_eq!(post(&server, &body, &headers), unfit);
    }
    for odd in ["", "short", &"x".repeat(65), "sixteen letters'"] {
        let headers = [timestamp.clone(), with(nonce.0, odd), signature.clone()];
        assert_eq!(post(&server, &body, &headers), refused("X-NSRW-Nonce is not 16 to 64 letters and digits"));
    }
    for (value, why) in [
        ("", "X-NSRW-Signature is missing"),
        ("md5=00", "X-NSRW-Signature is missing"),
        ("sha256=", "X-NSRW-Signature does not fit"),
        ("sha256=00", "X-NSRW-Signature does not fit"),
        ("sha256=nonsense", "X-NSRW-Signature is not hexadecimal"),
    ] {
        let headers = [timestamp.clone(), nonce.clone(), with(signature.0, value)];
        assert_eq!(post(&server, &body, &headers), refused(why), "{value}");
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
    let used = "authentication: X-NSRW-Nonce was used before: a replay, or a request sent twice; sign it anew to send it again";
    for minutes in [-4, 4] {
        let at = Utc::now() + TimeDelta::minutes(minutes);
        let headers = sign(server.secret(), body.as_bytes(), &make_nonce(), at);
        assert_eq!(server.post_with(FORM, &body, &headers).unwrap().status, 202, "{minutes} minutes");
        assert_eq!(post(&server, &body, &headers), (409, vec![used.to_owned()]));
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
