//! What the repository is told of a change, and when.

use std::sync::{Arc, Mutex};

use egi_model::field::Field;
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use nsrw_tests::process::wait_until;
use nsrw_tests::servers::rt::{ACCOUNT, Person};
use serde_json::{Value, json};

use crate::world::{World, stage};

/// What takes a ticket up, by one interface.
type TakeUp<'a> = Box<dyn Fn(u64) + 'a>;

/// Every interface by which people work.
fn ways(world: &World) -> [(&'static str, TakeUp<'_>); 3] {
    let person = || world.rt.person("carlos");
    let field = Field::RolloutProgress;
    [
        ("REST 2", Box::new(move |ticket| drop(person().set(ticket, field, "InVerification").unwrap()))),
        ("REST 1", Box::new(move |ticket| drop(person().set_by_rest1(ticket, field, "InVerification").unwrap()))),
        ("the web page", Box::new(move |ticket| set_on_page(&person(), ticket, "InVerification"))),
    ]
}

/// Sets the progress on the page "Basics" of a ticket.
fn set_on_page(person: &Person, ticket: u64, value: &str) {
    let queue = person.get("queue/sw-rel").unwrap().json();
    let fields = queue["TicketCustomFields"].as_array().unwrap();
    let named = |f: &&Value| f["name"] == Field::RolloutProgress.rt_name();
    let id = fields.iter().find(named).and_then(|f| f["id"].as_str()).unwrap();
    let name = format!("Object-RT::Ticket-{ticket}-CustomField-{id}-Values");
    let magic = format!("{name}-Magic");
    let number = ticket.to_string();
    let page = person
        .log_in()
        .unwrap()
        .submit("Ticket/Modify.html", &[("id", &number), ("SubmitTicket", "1"), (&name, value), (&magic, "1")]);
    let page = page.unwrap();
    assert!(page.contains(&format!("changed to {value}")), "{page}");
}

#[test]
fn a_change_is_told_once_and_after_the_commit() {
    let world = World::start().unwrap();
    one_after_the_commit(&world);
    world.receiver.answer_with(|_| 202);
    the_repository_does_not_tell_itself_nor_take_its_answer_back(&world);
    a_script_that_acts_as_somebody_is_judged_and_tells(&world);
    crate::together::never_both(&world);
}

/// While RT waits for the answer to its notice, the ticket is read and written: it says what the notice says, and the
/// answer stands.
pub(crate) fn one_after_the_commit(world: &World) {
    let ways = ways(world);
    let tickets = stage(&world.rt, &[(RolloutState::Unverified, Emergency::Yes); 3]).unwrap();
    let secret = std::fs::read_to_string(world.rt.secret_file()).unwrap();
    let account = world.rt.person(ACCOUNT);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let before = world.receiver.came().len();
    let noted = Arc::clone(&seen);
    world.receiver.answer_with(move |notice| {
        let ticket = notice.form()["Ticket_Id"].parse().unwrap();
        let stands = account.field(ticket, Field::RolloutProgress).unwrap();
        let pending = account.field(ticket, Field::CommunicationStatus).unwrap();
        account.set(ticket, Field::CommunicationStatus, "OK").unwrap();
        noted.lock().unwrap().push((ticket, stands, pending));
        202
    });
    for ((way, act), ticket) in ways.iter().zip(&tickets) {
        act(*ticket);
        let told = world.receiver.wait_for(before + seen.lock().unwrap().len().max(1)).unwrap();
        let came = wait_until(std::time::Duration::from_secs(30), || {
            Ok(world.receiver.came().into_iter().find(|n| n.form()["Ticket_Id"] == ticket.to_string()))
        });
        let notice = came.unwrap_or_else(|_| panic!("no notice by {way}: {told:?}"));
        let form = notice.form();
        assert_eq!(form["Previous_Rollout_Progress"], "Unverified", "{way}");
        assert_eq!(form["Current_Rollout_Progress"], "InVerification", "{way}");
        assert_eq!(form["Emergency_Release"], "Yes", "{way}");
        assert!(form["Transaction_Id"].parse::<u64>().unwrap() > 0, "{way}");
        assert!(notice.is_signed_with(&secret) && !notice.is_signed_with("another secret"), "{way}: {notice:?}");
        assert_eq!(notice.headers["x-nsrw-nonce"].len(), 32, "{way}");
        assert_eq!(world.rt.person("carlos").field(*ticket, Field::CommunicationStatus).unwrap(), "OK", "{way}");
    }
    let expected: Vec<_> = tickets.iter().map(|t| (*t, "InVerification".to_owned(), "Pending".to_owned())).collect();
    assert_eq!(*seen.lock().unwrap(), expected);
    assert_eq!(world.receiver.came().len(), before + tickets.len(), "each is told once");
    let nonces: std::collections::BTreeSet<_> =
        world.receiver.came().iter().map(|n| n.headers["x-nsrw-nonce"].clone()).collect();
    assert_eq!(nonces.len(), world.receiver.came().len());
}

fn the_repository_does_not_tell_itself_nor_take_its_answer_back(world: &World) {
    let [ticket, other] = stage(&world.rt, &[(RolloutState::StageRollout, Emergency::No); 2]).unwrap()[..] else {
        panic!()
    };
    let (account, before, mails) =
        (world.rt.person(ACCOUNT), world.receiver.came().len(), world.rt.mails().unwrap().len());
    account.set(ticket, Field::CommunicationStatus, "Error").unwrap();
    account.set(ticket, Field::RolloutProgress, "Failed").unwrap();
    assert_eq!(account.field(ticket, Field::CommunicationStatus).unwrap(), "Error");
    // Notices leave in the order of the changes: if there were one of the first, it would have come by now.
    world.rt.person("mario").set(other, Field::RolloutProgress, "Rejected").unwrap();
    let came = world.receiver.wait_for(before + 1).unwrap().split_off(before);
    assert_eq!(came.iter().map(|n| n.form()["Ticket_Id"]).collect::<Vec<_>>(), [other.to_string()]);
    let mails = world.rt.mails().unwrap().split_off(mails);
    let told: Vec<_> = mails.into_iter().map(|m| (m.subject, m.to.into_iter().collect())).collect();
    let mail = |state: &str, to: &str| (format!("{state}: staged"), vec![to.to_owned()]);
    // Its answer is told to the state's group, and its change to the administrators.
    assert_eq!(told.get(..2), Some(&[mail("StageRollout", "mario"), mail("Failed", "kostas")][..]), "{told:?}");
}

#[test]
fn a_notice_nobody_takes_is_told_on_the_ticket() {
    let mut world = World::start().unwrap();
    let tickets = stage(&world.rt, &[(RolloutState::Submitted, Emergency::No); 3]).unwrap();
    let comments = |world: &World, ticket: u64| -> Vec<String> {
        let path = format!("ticket/{ticket}/history?fields=Type,Content&per_page=100");
        let history = world.rt.person("carlos").get(&path).unwrap().json();
        let comments = history["items"].as_array().cloned().unwrap_or_default();
        comments.iter().filter(|c| c["Type"] == json!("Comment")).map(|c| c["id"].to_string()).collect()
    };
    let wait_for_error = |world: &World, ticket: u64| {
        wait_until(std::time::Duration::from_secs(30), || {
            let person = world.rt.person("carlos");
            let is_error = person.field(ticket, Field::CommunicationStatus)? == "Error";
            Ok((is_error && !comments(world, ticket).is_empty()).then_some(()))
        })
        .unwrap();
    };
    world.receiver.answer_with(|_| 503);
    world.rt.person("carlos").set(tickets[0], Field::RolloutProgress, "Unverified").unwrap();
    wait_for_error(&world, tickets[0]);

    // Nobody listens: the change stands all the same.
    world.rt.restart_telling("http://127.0.0.1:9/api/rollout").unwrap();
    world.rt.person("carlos").set(tickets[1], Field::RolloutProgress, "Unverified").unwrap();
    wait_for_error(&world, tickets[1]);

    // No secret: nothing unsigned is sent.
    world.rt.restart_telling(&world.receiver.url()).unwrap();
    let came = world.receiver.came().len();
    std::fs::remove_file(world.rt.secret_file()).unwrap();
    world.rt.person("carlos").set(tickets[2], Field::RolloutProgress, "Unverified").unwrap();
    wait_for_error(&world, tickets[2]);
    assert_eq!(world.receiver.came().len(), came);

    let log = world.rt.log();
    for (ticket, why) in tickets.iter().zip(["503 as told", "Connection refused", "can not be read"]) {
        assert_eq!(comments(&world, *ticket).len(), 1, "ticket {ticket}");
        assert_eq!(world.rt.person("carlos").field(*ticket, Field::RolloutProgress).unwrap(), "Unverified");
        let line = format!("the notice of ticket {ticket} was not delivered: ");
        assert!(log.lines().any(|l| l.contains(&line) && l.contains(why)), "{log}");
    }
}

#[test]
fn an_answer_is_not_written_over_by_a_notice_that_timed_out() {
    an_answer_stays(&World::start().unwrap());
}

/// The receiver takes a notice, and its receipt comes too late: the answer the repository gave meanwhile stays.
pub(crate) fn an_answer_stays(world: &World) {
    let ticket = stage(&world.rt, &[(RolloutState::Submitted, Emergency::No)]).unwrap()[0];
    let account = world.rt.person(ACCOUNT);
    let (go, wait) = std::sync::mpsc::channel::<()>();
    world.receiver.answer_with(move |_| {
        account.set(ticket, Field::CommunicationStatus, "OK").unwrap();
        // The receipt is held back until RT has given it up.
        wait.recv().unwrap();
        202
    });
    world.rt.person("carlos").set(ticket, Field::RolloutProgress, "Unverified").unwrap();
    wait_until(std::time::Duration::from_mins(1), || {
        Ok(world.rt.log().contains(&format!("ticket {ticket} has an answer meanwhile, and keeps it")).then_some(()))
    })
    .unwrap_or_else(|_| panic!("{}", world.rt.log()));
    go.send(()).unwrap();
    assert!(world.rt.log().contains(&format!("the notice of ticket {ticket} was not delivered")), "{}", world.rt.log());
    let carlos = world.rt.person("carlos");
    assert_eq!(carlos.field(ticket, Field::CommunicationStatus).unwrap(), "OK");
    let history = carlos.get(&format!("ticket/{ticket}/history?fields=Type&per_page=100")).unwrap().json();
    assert!(history["items"].as_array().unwrap().iter().all(|entry| entry["Type"] != json!("Comment")), "{history}");
}

fn a_script_that_acts_as_somebody_is_judged_and_tells(world: &World) {
    let before = world.receiver.came().len();
    let ticket = stage(&world.rt, &[(RolloutState::Unverified, Emergency::No)]).unwrap()[0];
    let act = |to: &str| {
        let code = format!(
            "my $u = RT::CurrentUser->new; $u->LoadByName('carlos'); my $t = RT::Ticket->new($u); $t->Load({ticket});
            my ($ok, $why) = $t->AddCustomFieldValue(Field => '{}', Value => '{to}'); print $ok ? 'made' : $why;",
            Field::RolloutProgress
        );
        world.rt.perl(&code).unwrap()
    };
    assert!(act("Production").contains("is for members of"));
    assert_eq!(act("InVerification"), "made");
    let came = world.receiver.wait_for(before + 1).unwrap().split_off(before);
    assert_eq!(came[0].form()["Current_Rollout_Progress"], "InVerification");
}
