//! What RT answers, as recorded of RT 5.0.3, and what is made of it. How a real RT behaves is tested elsewhere.

mod canned;

use std::sync::atomic::{AtomicUsize, Ordering};

use egi_model::field::Field;
use egi_model::role::Role;
use egi_model::rollout::RolloutState::{InVerification, Unverified};
use egi_model::ticket::{ChangeKind, TicketId, TicketStatus};

use self::canned::{Canned, Said, answer, json, refused};
use crate::error::{Gone, TicketError};
use crate::system::{TicketSystem as _, Written};

const QUEUE: &str = r#"{"id":3,"Name":"sw-rel","TicketCustomFields":[
    {"id":"2","type":"customfield","name":"RolloutProgress"},{"id":"14","type":"customfield","name":"CommunicationStatus"}]}"#;

fn id(number: u64) -> TicketId {
    TicketId::new(number).unwrap()
}

/// Ticket 1 of queue 3, with these custom fields.
fn ticket(fields: &str) -> String {
    format!(
        r#"{{"id":1,"Queue":{{"id":"3","type":"queue","_url":"http://elsewhere.example.org/queue/3"}},"Subject":"ca 1.37-1",
        "Status":"new","Owner":{{"id":"Nobody","type":"user"}},"Requestor":[{{"id":"tp1","type":"user"}}],"Cc":[],
        "Created":"2026-11-25T20:02:58Z","CustomFields":[{fields}]}}"#
    )
}

fn field(name: &str, values: &str) -> String {
    format!(r#"{{"id":"2","type":"customfield","name":"{name}","values":[{values}]}}"#)
}

fn standing(state: &str) -> String {
    ticket(&field("RolloutProgress", &format!("\"{state}\"")))
}

/// Ticket 1 with two fields, as the workflow needs them.
fn answered(state: &str, status: &str) -> String {
    let state = field("RolloutProgress", &format!("\"{state}\""));
    ticket(&format!("{state},{}", field("CommunicationStatus", &format!("\"{status}\""))))
}

/// An RT whose ticket 1 reads like this, and that answers nothing else.
fn with_ticket(read: impl Fn() -> Said + Send + Sync + 'static) -> Canned {
    Canned::new(move |request| match request {
        "GET /rt/REST/2.0/queue/sw-rel" => json(QUEUE),
        "GET /rt/REST/2.0/ticket/1" => read(),
        _ => refused("404 Not Found", "Not Found"),
    })
}

async fn reading(said: impl Fn() -> Said + Send + Sync + 'static) -> TicketError {
    with_ticket(said).system.fetch_ticket(id(1)).await.unwrap_err()
}

#[tokio::test]
async fn a_ticket_is_read_by_the_names_of_its_fields() {
    let text = answered("In Verification", "Pending");
    let rt = with_ticket(move || json(&text).with("ETag: \"74\""));
    let ticket = rt.system.fetch_ticket(id(1)).await.unwrap();
    assert_eq!((ticket.progress(), ticket.status, ticket.owner), (Ok(InVerification), TicketStatus::New, None));
    assert_eq!((ticket.subject.as_str(), ticket.requestors), ("ca 1.37-1", vec!["tp1".to_owned()]));
}

#[tokio::test]
async fn each_refusal_is_told_for_what_it_is() {
    let missing = reading(|| refused("404 Not Found", "Not Found")).await;
    assert!(matches!(missing, TicketError::Missing { ticket } if ticket == id(1)));
    let forbidden = reading(|| refused("403 Forbidden", "Forbidden")).await;
    assert!(matches!(&forbidden, TicketError::Forbidden { ticket: Some(_), .. }), "{forbidden}");
    assert!(forbidden.to_string().contains("nsrw rt apply"), "{forbidden}");
    let unauthorized = reading(|| refused("401 Unauthorized", "Unauthorized")).await;
    assert!(matches!(unauthorized, TicketError::Unauthorized { .. }) && !unauthorized.is_transient());
    assert!(unauthorized.to_string().contains("rt.token_file"), "{unauthorized}");
}

#[tokio::test]
async fn what_is_no_answer_of_rt_passes() {
    let login = "<html><title>Login</title></html>";
    let page = || answer("200 OK", "text/html; charset=utf-8", login);
    let redirect =
        || answer("302 Found", "text/plain", "Login required").with("Location: http://elsewhere.example.org/");
    let gateway = || answer("502 Bad Gateway", "text/html", "upstream is gone");
    let broken = || refused("500 Internal Server Error", "Internal Server Error");
    let half = || json("{\"id\":1,\"Queue\":{\"id\"").with("ETag: \"74\"");
    for error in [
        reading(page).await,
        reading(redirect).await,
        reading(gateway).await,
        reading(broken).await,
        reading(half).await,
    ] {
        assert!(matches!(error, TicketError::NotUnderstood { .. }) && error.is_transient(), "{error:?}");
    }
}

#[tokio::test]
async fn a_question_is_asked_again_when_something_else_answered() {
    let asked = AtomicUsize::new(0);
    let rt = with_ticket(move || match asked.fetch_add(1, Ordering::Relaxed) {
        0 => answer("503 Service Unavailable", "text/html", "back soon"),
        _ => json(&standing("Unverified")).with("ETag: \"74\""),
    });
    assert_eq!(rt.system.fetch_ticket(id(1)).await.unwrap().progress(), Ok(Unverified));
}

#[tokio::test]
async fn a_ticket_that_is_none_of_ours_says_why() {
    let gone = async |text: String| {
        let error = reading(move || json(&text).with("ETag: \"74\"")).await;
        let TicketError::Gone { why, .. } = error else { panic!("{error:?}") };
        why
    };
    assert_eq!(gone(standing("Unverified").replace("\"id\":1,", "\"id\":7,")).await, Gone::MergedInto(id(7)));
    assert_eq!(
        gone(standing("Unverified").replace("\"id\":\"3\"", "\"id\":\"1\"")).await,
        Gone::OtherQueue("1".to_owned())
    );
    assert_eq!(gone(standing("Unverified").replace("\"new\"", "\"deleted\"")).await, Gone::Deleted);
}

#[tokio::test]
async fn a_ticket_that_can_not_be_understood_names_every_fault() {
    let malformed = async |text: String| {
        let error = reading(move || json(&text).with("ETag: \"74\"")).await;
        assert!(matches!(error, TicketError::Malformed { .. }), "{error:?}");
        error.to_string()
    };
    let two = ticket(&field("RolloutProgress", "\"Unverified\",\"Failed\"")).replace("\"new\"", "\"frozen\"");
    let told = malformed(two).await;
    assert!(told.contains("RolloutProgress has 2 values (Unverified, Failed)") && told.contains("frozen"), "{told}");
    let told = malformed(standing("Publshed")).await;
    assert!(told.contains("\"Publshed\" is no rollout state"), "{told}");
    let told = malformed(ticket("")).await;
    assert!(told.contains("RT shows no field RolloutProgress"), "{told}");
}

#[tokio::test]
async fn a_change_that_rt_says_it_made_is_not_believed() {
    let rt = Canned::new(|request| match request {
        "GET /rt/REST/2.0/queue/sw-rel" => json(QUEUE),
        "GET /rt/REST/2.0/ticket/1" => json(&answered("Unverified", "Pending")).with("ETag: \"74\""),
        "PUT /rt/REST/2.0/ticket/1" => {
            json("[\"Could not add a new value to custom field 'CommunicationStatus': Permission Denied\"]")
        }
        _ => refused("404 Not Found", "Not Found"),
    });
    let error = rt.system.ensure_field(id(1), Field::CommunicationStatus, "OK", Some(Unverified)).await.unwrap_err();
    assert!(
        matches!(&error, TicketError::Refused { reasons, .. } if reasons[0].ends_with("Permission Denied")),
        "{error:?}"
    );
    let put = rt.heard().into_iter().find(|line| line.starts_with("PUT")).unwrap();
    assert_eq!(put, "PUT /rt/REST/2.0/ticket/1 If-Match=\"74\" {\"CustomFields\":{\"CommunicationStatus\":\"OK\"}}");
}

/// An RT whose ticket is changed by others: before, after and while a change of ours is made.
fn changing(states: &'static [(&'static str, &'static str)], puts: &'static [&'static str]) -> Canned {
    let (reads, writes) = (AtomicUsize::new(0), AtomicUsize::new(0));
    Canned::new(move |request| match request {
        "GET /rt/REST/2.0/queue/sw-rel" => json(QUEUE),
        "GET /rt/REST/2.0/ticket/1" => {
            let read = reads.fetch_add(1, Ordering::Relaxed);
            let (state, answer) = states[read.min(states.len() - 1)];
            json(&answered(state, answer)).with(&format!("ETag: \"{}\"", 70 + read))
        }
        "PUT /rt/REST/2.0/ticket/1" => match puts[writes.fetch_add(1, Ordering::Relaxed)] {
            "stale" => refused("412 Precondition Failed", "Precondition Failed"),
            "lost" => answer("504 Gateway Time-out", "text/html", "too slow"),
            said => json(&format!("[\"{said}\"]")),
        },
        _ => refused("404 Not Found", "Not Found"),
    })
}

async fn answer_ok(rt: &Canned) -> Result<Written, TicketError> {
    rt.system.ensure_field(id(1), Field::CommunicationStatus, "OK", Some(Unverified)).await
}

fn puts(rt: &Canned) -> Vec<String> {
    let puts =
        rt.heard().into_iter().filter_map(|line| line.strip_prefix("PUT /rt/REST/2.0/ticket/1 ").map(str::to_owned));
    puts.map(|line| line.replace("{\"CustomFields\":{\"CommunicationStatus\":", "").replace("}}", "")).collect()
}

#[tokio::test]
async fn a_change_of_a_ticket_that_was_changed_is_decided_anew() {
    let rt =
        changing(&[("Unverified", "Pending"), ("Unverified", "Pending"), ("Unverified", "OK")], &["stale", "changed"]);
    assert_eq!(answer_ok(&rt).await.unwrap(), Written::Changed);
    assert_eq!(puts(&rt), ["If-Match=\"70\" \"OK\"", "If-Match=\"71\" \"OK\""]);
    let rt = changing(&[("Unverified", "Pending"), ("InVerification", "Pending")], &["stale"]);
    let error = answer_ok(&rt).await.unwrap_err();
    assert!(matches!(error, TicketError::Overtaken { expected: Unverified, found: InVerification, .. }), "{error:?}");
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_looked_at_before_it_is_made_again() {
    let rt = changing(&[("Unverified", "Pending"), ("Unverified", "OK")], &["lost"]);
    assert_eq!(answer_ok(&rt).await.unwrap(), Written::Changed);
    assert_eq!(puts(&rt).len(), 1);
}

#[tokio::test]
async fn an_answer_that_fell_on_a_ticket_just_moved_is_taken_back() {
    let states =
        &[("Unverified", "Pending"), ("InVerification", "OK"), ("InVerification", "OK"), ("InVerification", "Pending")];
    let rt =
        changing(states, &["CommunicationStatus Pending changed to OK", "CommunicationStatus OK changed to Pending"]);
    let error = answer_ok(&rt).await.unwrap_err();
    assert!(matches!(error, TicketError::Overtaken { found: InVerification, .. }), "{error:?}");
    assert_eq!(puts(&rt), ["If-Match=\"70\" \"OK\"", "If-Match=\"72\" \"Pending\""]);
}

#[tokio::test]
async fn a_file_is_read_up_to_its_limit_from_the_rt_that_was_configured() {
    let file = r#"{"filename":"release.xml","content_type":"application/xml","_url":"http://elsewhere.example.org/REST/2.0/download/cf/59"}"#;
    let text = format!("{},{}", field("RolloutProgress", "\"Submitted\""), field("Release-metadata", file));
    let rt = Canned::new(move |request| match request {
        "GET /rt/REST/2.0/queue/sw-rel" => json(QUEUE),
        "GET /rt/REST/2.0/ticket/1" => json(&ticket(&text)).with("ETag: \"74\""),
        "GET /rt/REST/2.0/download/cf/59" => {
            Said { body: b"\xff\xfe<\0r\0".to_vec(), ..answer("200 OK", "text/plain; charset=utf-8", "") }
        }
        _ => refused("404 Not Found", "Not Found"),
    });
    let read = async |limit| rt.system.fetch_file(id(1), Field::ReleaseMetadata, limit).await;
    assert_eq!(read(6).await.unwrap().as_deref(), Some(&b"\xff\xfe<\0r\0"[..]));
    assert!(matches!(read(5).await, Err(TicketError::TooLarge { size: 6, limit: 5, .. })));
    assert_eq!(rt.system.fetch_file(id(1), Field::Checksums, 6).await.unwrap(), None);
}

#[tokio::test]
async fn changes_are_read_to_the_end_and_by_whom_they_are_told() {
    let page =
        |items: &str| json(&format!(r#"{{"count":1,"total":null,"pages":null,"per_page":100,"items":[{items}]}}"#));
    let change = |id: u32, by: &str| {
        format!(
            r#"{{"id":"{id}","type":"transaction","ObjectId":"1","Type":"CustomField","Field":"2","OldValue":"","NewValue":"Unverified",
            "Creator":{{"id":"{by}","type":"user"}},"Created":"2026-11-22T12:40:00Z"}}"#
        )
    };
    let rt = Canned::new(move |request| {
        let after = |id: u32| {
            request.starts_with("GET /rt/REST/2.0/transactions?") && request.contains(&format!("id+%3E+{id}&"))
        };
        match request {
            _ if after(5) => page(&format!("{},{}", change(7, "carlos"), change(9, "nsrw"))),
            _ if after(9) => page(&change(12, "zoë")),
            _ if after(12) => page(""),
            "POST /rt/REST/2.0/groups" => page(r#"{"id":"28","type":"group"}"#),
            "GET /rt/REST/2.0/group/28" => json(r#"{"Name":"a group","Members":[{"id":"29","type":"group"}]}"#),
            "GET /rt/REST/2.0/group/29" => {
                json(r#"{"Name":"b","Members":[{"id":"28","type":"group"},{"id":"zoë","type":"user"}]}"#)
            }
            _ => refused("404 Not Found", "Not Found"),
        }
    });
    let found = rt.system.fetch_progress_changes(5).await.unwrap();
    let told: Vec<_> = found.items.iter().map(|c| (c.id, c.by.name.as_str(), c.by.roles.clone())).collect();
    let every = Role::ALL.into_iter().filter(|role| role.rt_group().is_some()).collect();
    assert_eq!(told, [(7, "carlos", vec![Role::Verifier]), (9, "nsrw", vec![Role::Repository]), (12, "zoë", every)]);
    let submitted = ChangeKind::Field { field: Field::RolloutProgress, old: None, new: Some("Unverified".to_owned()) };
    assert_eq!(found.items[0].what, submitted);
}

#[tokio::test]
async fn a_session_is_used_once_rt_has_given_one() {
    let rt = Canned::new(|request| match request {
        "GET /rt/REST/1.0/" => answer("200 OK", "text/plain; charset=utf-8", "RT/5.0.3 200 Ok\n\n# Invalid object\n")
            .with("Set-Cookie: RT_SID_rt.8081=abc; path=/; HttpOnly"),
        "GET /rt/REST/2.0/queue/sw-rel" => json(QUEUE),
        _ => json(&standing("Unverified")).with("ETag: \"74\""),
    });
    rt.system.fetch_ticket(id(1)).await.unwrap();
    let heard = rt.heard();
    assert_eq!(heard.iter().filter(|line| line.contains("REST/1.0")).count(), 1, "{heard:?}");
    assert!(
        heard.iter().filter(|line| line.contains("REST/2.0")).all(|line| line.ends_with("Cookie=RT_SID_rt.8081=abc"))
    );
}

#[tokio::test]
async fn what_rt_lacks_is_named_with_its_remedy() {
    let rt = Canned::new(|request| match request {
        "GET /rt/REST/2.0/queue/sw-rel" => json(QUEUE),
        "GET /rt/REST/2.0/user/33" => json(r#"{"Name":"somebody"}"#),
        _ => refused("404 Not Found", "Not Found"),
    });
    let faults = rt.system.check().await.unwrap();
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults[2].contains("no queue \"staged-rollout\""));
    assert!(faults[0].contains("has no field RepositoryURL, Sync-Protocol,") && faults[0].contains("nsrw rt apply"));
    assert!(!faults[0].contains("CommunicationStatus"), "{faults:?}");
    assert!(faults[1].contains("the token is that of somebody, and tickets.account is nsrw"));

    let nothing = Canned::new(|_| refused("403 Forbidden", "Forbidden"));
    let faults = nothing.system.check().await.unwrap();
    assert!(faults.len() == 1 && faults[0].contains("no queue \"sw-rel\""), "{faults:?}");
    let stranger = Canned::new(|_| refused("401 Unauthorized", "Unauthorized"));
    let faults = stranger.system.check().await.unwrap();
    assert!(faults.len() == 1 && faults[0].contains("rt.token_file"), "{faults:?}");
}

#[tokio::test]
async fn the_time_there_is_what_its_web_server_says() {
    let canned =
        Canned::new(|_| answer("200 OK", "text/plain", "RT/5.0.3 200 Ok").with("Date: Tue, 03 Nov 2026 10:00:07 GMT"));
    let then = "2026-11-03T10:00:07Z".parse().unwrap();
    assert_eq!(canned.system.fetch_time().await.unwrap(), Some(then));
    let silent = Canned::new(|_| answer("200 OK", "text/plain", "RT/5.0.3 200 Ok"));
    assert_eq!(silent.system.fetch_time().await.unwrap(), None);
}
