//! Notices that can not be used: each wrong field is told to who posted it, and to the ticket.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use nsrw_tests::serve::{FORM, JSON, Serving, render_form};

use crate::world::{World, notice};

const STATES: &str = "Submitted, Unverified, InVerification, WaitingForResponse, StageRollout, Deferred, Production, \
                      Rejected, Ignored, NotPublished, Failed";

/// A good notice about ticket 1 with one field replaced, added or, with an empty value, left out.
fn spoilt<'a>(field: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut pairs: Vec<_> = notice("1", "Submitted", "Unverified").into_iter().filter(|(n, _)| *n != field).collect();
    if !value.is_empty() {
        pairs.push((field, value));
    }
    pairs
}

#[test]
fn each_wrong_field_has_its_own_message_and_reaches_the_ticket() {
    let world = World::new();
    let ticket = world.open("storm");
    assert_eq!(ticket, 1);
    let server = world.serve();
    let before = world.everything(ticket);
    let twice = [&notice("1", "Submitted", "Unverified")[..], &[("current_rollout_progress", "Rejected")]].concat();
    let cases = [
        (
            spoilt("Current_Rollout_Progress", "Shipped"),
            format!("Current_Rollout_Progress: \"Shipped\" is no rollout state; use one of {STATES}"),
        ),
        (
            spoilt("Current_Rollout_Progress", ""),
            "Current_Rollout_Progress: it is missing; every notice carries it".to_owned(),
        ),
        (
            spoilt("Previous_Rollout_Progress", "Lost"),
            format!("Previous_Rollout_Progress: \"Lost\" is no rollout state; use one of {STATES}"),
        ),
        (
            spoilt("Previous_Rollout_Progress", ""),
            "Previous_Rollout_Progress: it is missing; every notice carries it".to_owned(),
        ),
        (spoilt("Emergency_Release", "perhaps"), "Emergency_Release: \"perhaps\" is neither Yes nor No".to_owned()),
        (spoilt("Emergency_Release", ""), "Emergency_Release: it is missing; send Yes or No".to_owned()),
        (spoilt("Transaction_Id", "soon"), "Transaction_Id: \"soon\" is no transaction number".to_owned()),
        (
            spoilt("Colour", "red"),
            "colour: no such field; the fields are Ticket_Id, Current_Rollout_Progress, Previous_Rollout_Progress, \
             Emergency_Release and Transaction_Id"
                .to_owned(),
        ),
        (twice, "current_rollout_progress: it is given twice; send it once".to_owned()),
    ];
    for (pairs, message) in &cases {
        let answer = server.post(pairs).unwrap();
        assert_eq!((answer.status, answer.errors()), (422, vec![message.clone()]), "{pairs:?}");
        assert_eq!(answer.json()["accepted"], false);
    }
    let comments = world.wait_for_comments(ticket, cases.len());
    for ((_, message), comment) in cases.iter().zip(&comments) {
        assert!(comment.starts_with("A notice about this ticket was ignored; nothing was changed."), "{comment}");
        assert!(comment.contains(message.as_str()), "{message} is not told in: {comment}");
    }
    let after = world.everything(ticket);
    assert_eq!(after.0["ticket"], before.0["ticket"], "the ticket itself is as before");
    assert_eq!(after.1.len(), cases.len());
    assert!(after.1.iter().all(|line| line == "Submitted -> Submitted by -: disregarded"), "{:#?}", after.1);
}

#[test]
fn all_wrong_fields_are_told_at_once() {
    let world = World::new();
    let server = world.serve();
    let empty = server.post(&[]).unwrap();
    let fields: Vec<String> = empty.errors().iter().map(|e| e.split(':').next().unwrap().to_owned()).collect();
    let all = ["Ticket_Id", "Current_Rollout_Progress", "Previous_Rollout_Progress", "Emergency_Release"];
    assert_eq!((empty.status, fields), (422, all.map(str::to_owned).to_vec()), "an empty form");
}

#[test]
fn a_notice_that_names_no_ticket_is_told_to_its_sender_alone() {
    let world = World::new();
    let ticket = world.open("storm");
    let server = world.serve();
    let before = world.everything(ticket);
    for (value, message) in [
        ("", "Ticket_Id: it is missing; every notice carries it"),
        ("one", "Ticket_Id: \"one\" is no ticket number; a whole number from 1 on is expected"),
        ("0", "Ticket_Id: \"0\" is no ticket number; a whole number from 1 on is expected"),
        ("-1", "Ticket_Id: \"-1\" is no ticket number; a whole number from 1 on is expected"),
        (
            "99999999999999999999",
            "Ticket_Id: \"99999999999999999999\" is no ticket number; a whole number from 1 on is expected",
        ),
    ] {
        let answer = server.post(&spoilt("Ticket_Id", value)).unwrap();
        assert_eq!((answer.status, answer.errors()), (422, vec![message.to_owned()]));
    }
    // Which of two tickets is meant can not be told, so neither is bothered.
    let answer = server.post(&[&notice("2", "Submitted", "Unverified")[..], &[("Ticket_Id", "1")]].concat()).unwrap();
    assert_eq!((answer.status, answer.errors()), (422, vec!["Ticket_Id: it is given twice; send it once".to_owned()]));
    world.flush(&server);
    assert_eq!(world.everything(ticket), before);
}

#[test]
fn the_same_faulty_notice_twice_is_told_to_the_ticket_once() {
    let world = World::new();
    let ticket = world.open("storm");
    let server = world.serve();
    for _ in 0..2 {
        assert_eq!(server.post(&spoilt("Current_Rollout_Progress", "Shipped")).unwrap().status, 422);
    }
    world.flush(&server);
    assert_eq!(world.site.comments(ticket).unwrap().len(), 1);
}

/// What is no notice at all, by its kind and text, with the answer.
fn refused(server: &Serving, kind: &str, body: &str) -> (u16, Vec<String>) {
    let answer = server.post_signed(kind, body).unwrap();
    (answer.status, answer.errors())
}

#[test]
fn what_is_no_form_and_no_json_is_refused_with_the_reason() {
    let world = World::new();
    let ticket = world.open("storm");
    let server = world.serve();
    let before = world.everything(ticket);
    let form = render_form(&notice("1", "Submitted", "Unverified"));

    let kinds = "body: send application/x-www-form-urlencoded or application/json".to_owned();
    for kind in ["text/plain", "multipart/form-data; boundary=x", ""] {
        assert_eq!(refused(&server, kind, &form), (415, vec![kinds.clone()]), "{kind}");
    }
    let no_json = "body: it is no JSON object of texts and numbers".to_owned();
    for body in ["", "{", "[1]", "null", "{\"Ticket_Id\": [1]}", "{\"Ticket_Id\": {\"a\": 1}}", "Ticket_Id=1"] {
        assert_eq!(refused(&server, JSON, body), (400, vec![no_json.clone()]), "{body}");
    }
    let wrong_method = server.get("/api/rollout").unwrap();
    let nowhere = server.get("/api/nowhere").unwrap();
    assert_eq!((wrong_method.status, nowhere.status), (405, 404));
    world.flush(&server);
    assert_eq!(world.everything(ticket), before);
}

/// The answer to this much of a request, after which the client says nothing.
fn answer_to(server: &Serving, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head =
        format!("POST /api/rollout HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\nConnection: close\r\n");
    write!(stream, "{head}{request}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_body_that_is_too_large_is_refused_and_one_that_does_not_come_is_given_up() {
    let world = World::new();
    let server = world.serve();
    let too_large = r#"{"accepted":false,"errors":[{"field":"body","message":"it has more than 65536 bytes"}]}"#;
    let chunk = format!("{:x}\r\n{}\r\n", 65537, "x".repeat(65537));
    for request in ["Content-Length: 65537\r\n\r\n", &format!("Transfer-Encoding: chunked\r\n\r\n{chunk}")] {
        let answer = answer_to(&server, request);
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.ends_with(too_large), "{answer}");
    }
    let late = r#"{"accepted":false,"errors":[{"field":"body","message":"it did not arrive in time; send it again"}]}"#;
    let answer = answer_to(&server, "Content-Length: 100\r\n\r\nTicket_Id=1");
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.ends_with(late), "{answer}");
    // One that fits is read: it is no notice, and signed by nobody.
    let fits = server.post_with(FORM, &"x".repeat(65536), &[]).unwrap();
    assert_eq!(fits.status, 401);
}

#[test]
fn a_json_field_given_twice_is_refused_as_in_a_form() {
    let world = World::new();
    world.open("storm");
    let server = world.serve();
    let body = r#"{"Ticket_Id": 1, "Current_Rollout_Progress": "Rejected", "Current_Rollout_Progress": "Unverified",
        "Previous_Rollout_Progress": "Submitted", "Emergency_Release": "No"}"#;
    let told = "Current_Rollout_Progress: it is given twice; send it once".to_owned();
    assert_eq!(refused(&server, JSON, body), (422, vec![told]));
}

#[test]
fn a_notice_about_an_unknown_ticket_is_set_aside_and_the_server_goes_on() {
    let world = World::new();
    let ticket = world.open("storm");
    let server = world.serve();
    let unknown = server.post(&notice("4711", "Submitted", "Unverified")).unwrap();
    assert_eq!(unknown.status, 202, "whether there is such a ticket is for the worker to find out");
    let faulty = server.post(&[("Ticket_Id", "4712")]).unwrap();
    assert_eq!(faulty.status, 422);
    assert_eq!(world.change(ticket, "carlos", "Unverified").post(&server).status, 202);
    world.wait_for_history(ticket, 1);
    assert_eq!(world.stands(ticket), "Unverified OK");
    for unknown in ["4711", "4712"] {
        let told = format!("failed to read ticket {unknown}: there is no ticket {unknown}; the notice is set aside");
        assert!(server.log().contains(&told), "{}", server.log());
    }
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}
