//! What the workflow does, through the trait.

use std::collections::BTreeSet;
use std::fs;

use egi_model::role::Group;
use egi_model::rollout::RolloutState::{Failed, InVerification, Submitted, Unverified};
use egi_model::ticket::TicketStatus;

use super::*;
use crate::system::{Query, TicketSystem, Written};

#[tokio::test]
async fn files_are_read_byte_for_byte_and_never_above_the_limit() {
    let (_folder, desk) = desk_with_ticket();
    let tickets = system(&desk);
    let size = METADATA.len() as u64;
    let read = |limit| tickets.fetch_file(id(1), Field::ReleaseMetadata, limit);
    assert_eq!(read(size).await.unwrap().as_deref(), Some(METADATA));
    assert!(matches!(read(size - 1).await, Err(TicketError::TooLarge { limit, .. }) if limit == size - 1));
    assert_eq!(tickets.fetch_file(id(1), Field::SyncUrl, size).await.unwrap(), None);
    assert!(matches!(tickets.fetch_ticket(id(2)).await, Err(TicketError::Missing { ticket }) if ticket == id(2)));
}

#[tokio::test]
async fn each_write_done_twice_is_done_once() {
    let (_folder, desk) = desk_with_ticket();
    let tickets: Box<dyn TicketSystem> = Box::new(system(&desk));
    let groups = BTreeSet::from([Group::Verifiers, Group::Requestors]);
    let mut seen = Vec::new();
    for _ in 0..2 {
        seen.push([
            tickets.ensure_progress(id(1), Submitted, Failed).await.unwrap(),
            tickets.ensure_comment(id(1), "plan-7/step-2", "The checksums do not match.").await.unwrap(),
            tickets.ensure_watchers(id(1), &groups, Failed).await.unwrap(),
            tickets.ensure_field(id(1), Field::RepositoryUrl, "https://repo.example.org/sw/", None).await.unwrap(),
            tickets.ensure_field(id(1), Field::CommunicationStatus, "Error", Some(Failed)).await.unwrap(),
            tickets.ensure_status(id(1), TicketStatus::Resolved, Failed).await.unwrap(),
        ]);
    }
    assert_eq!(seen, [[Written::Changed; 6], [Written::Already; 6]]);
    let ticket = tickets.fetch_ticket(id(1)).await.unwrap();
    assert_eq!((ticket.progress(), ticket.status, ticket.watchers), (Ok(Failed), TicketStatus::Resolved, groups));
    let history = tickets.fetch_history(id(1)).await.unwrap();
    // Created, progress and Pending, comment, watchers, URL, answer and notification, status.
    assert_eq!(history.iter().map(|c| c.id).collect::<Vec<_>>(), (1..=9).collect::<Vec<_>>());
    assert!(history[1..].iter().all(|c| c.by == repository() && c.at == at(30)));
}

#[tokio::test]
async fn a_ticket_that_somebody_moved_is_left_alone() {
    let (_folder, desk) = desk_with_ticket();
    desk.set(id(1), &[progress("InVerification")], &verifier(), at(1)).unwrap();
    let error = system(&desk).ensure_progress(id(1), Submitted, Failed).await.unwrap_err();
    assert!(matches!(error, TicketError::Overtaken { found: InVerification, .. }) && !error.is_transient());
    assert_eq!(desk.load(id(1)).unwrap().ticket.progress(), Ok(InVerification));
}

#[tokio::test]
async fn an_answer_is_given_only_where_it_belongs() {
    let (_folder, desk) = desk_with_ticket();
    let tickets = system(&desk);
    desk.set(id(1), &[progress("Unverified")], &verifier(), at(1)).unwrap();
    let before = desk.load(id(1)).unwrap();
    let overtaken = |error: &TicketError| matches!(error, TicketError::Overtaken { expected, found, .. } if (*expected, *found) == (Submitted, Unverified));
    let groups = BTreeSet::from([Group::Verifiers]);
    assert!(overtaken(&tickets.ensure_watchers(id(1), &groups, Submitted).await.unwrap_err()));
    assert!(overtaken(&tickets.ensure_status(id(1), TicketStatus::Resolved, Submitted).await.unwrap_err()));
    let answer = tickets.ensure_field(id(1), Field::CommunicationStatus, "OK", Some(Submitted)).await;
    assert!(overtaken(&answer.unwrap_err()));
    assert_eq!(desk.load(id(1)).unwrap(), before);
}

#[tokio::test]
async fn the_repository_writes_its_own_fields_and_no_others() {
    let (_folder, desk) = desk_with_ticket();
    let tickets = system(&desk);
    let error = tickets.ensure_field(id(1), Field::SyncUrl, "http://other.example.org/", None).await.unwrap_err();
    assert!(matches!(error, TicketError::Forbidden { .. }), "{error}");
    let error = tickets.ensure_field(id(1), Field::RolloutProgress, "Failed", None).await.unwrap_err();
    assert!(matches!(error, TicketError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn changes_of_progress_are_read_by_cursor_over_all_tickets() {
    let (_folder, desk) = desk_with_ticket();
    let second = desk.create(delivery(b"<b/>"), at(1)).unwrap().id;
    desk.set(second, &[progress("Unverified")], &verifier(), at(2)).unwrap();
    desk.comment(id(1), "nothing to do with it", &provider(), at(3)).unwrap();
    desk.set(id(1), &[progress("Unverified")], &verifier(), at(4)).unwrap();
    desk.set(second, &[progress("InVerification")], &verifier(), at(5)).unwrap();

    let tickets = system(&desk);
    let all = tickets.fetch_progress_changes(0).await.unwrap().items;
    let order: Vec<TicketId> = all.iter().map(|c| c.ticket).collect();
    assert_eq!(order, [second, id(1), second]);
    assert!(all.is_sorted_by_key(|c| c.id));
    let rest = tickets.fetch_progress_changes(all[0].id).await.unwrap().items;
    assert_eq!(rest, all[1..]);
}

#[tokio::test]
async fn tickets_are_found_by_progress_and_status() {
    let (_folder, desk) = desk_with_ticket();
    let second = desk.create(delivery(b"<b/>"), at(1)).unwrap().id;
    let third = desk.create(delivery(b"<c/>"), at(1)).unwrap().id;
    desk.set(second, &[progress("Unverified"), Edit::Status(TicketStatus::Open)], &verifier(), at(2)).unwrap();
    desk.set(third, &[progress("Unverified")], &verifier(), at(2)).unwrap();
    let tickets = system(&desk);
    let find = async |progress: Option<Vec<_>>, status: Option<Vec<_>>| -> Vec<TicketId> {
        tickets
            .search(&Query { progress, status, ..Query::default() })
            .await
            .unwrap()
            .items
            .iter()
            .map(|t| t.id)
            .collect()
    };
    assert_eq!(find(None, None).await, [id(1), second, third]);
    assert_eq!(find(Some(vec![Unverified]), None).await, [second, third]);
    assert_eq!(find(Some(vec![Unverified]), Some(vec![TicketStatus::New])).await, [third]);
    assert_eq!(find(Some(vec![Failed]), None).await, []);
    let above = tickets.search(&Query { above: 1, ..Query::default() }).await.unwrap();
    assert_eq!(above.items.iter().map(|t| t.id).collect::<Vec<_>>(), [second, third]);
}

#[tokio::test]
async fn the_groups_and_the_administrators_are_told_of_each_answer() {
    let (folder, desk) = desk_with_ticket();
    let tickets = system(&desk);
    desk.set(id(1), &[progress("Unverified")], &verifier(), at(1)).unwrap();
    tickets.ensure_watchers(id(1), &BTreeSet::from([Group::Verifiers, Group::Requestors]), Unverified).await.unwrap();
    tickets.ensure_field(id(1), Field::RepositoryUrl, "https://repo.example.org/sw/unverified/", None).await.unwrap();
    let outbox = || {
        let names = fs::read_dir(folder.path().join("outbox")).unwrap();
        let mut names: Vec<String> = names.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert!(outbox().is_empty());

    tickets.ensure_field(id(1), Field::CommunicationStatus, "OK", None).await.unwrap();
    tickets.ensure_field(id(1), Field::CommunicationStatus, "OK", None).await.unwrap();
    assert_eq!(outbox(), ["1.7-requestors.txt", "1.7-sw-rel-admin.txt", "1.7-sw-rel-qc.txt"]);
    let text = fs::read_to_string(folder.path().join("outbox/1.7-requestors.txt")).unwrap();
    insta::assert_snapshot!(text, @r#"
    To: ca@example.org
    Subject: [sw-rel #1] ca-policy-egi-core-1.37-1: Unverified, OK
    Date: Mon, 2 Nov 2026 12:30:00 +0000

    Ticket: 1
    Title: ca-policy-egi-core-1.37-1
    RolloutProgress: Unverified
    CommunicationStatus: OK
    RepositoryURL: https://repo.example.org/sw/unverified/
    "#);

    desk.set(id(1), &[progress("InVerification")], &verifier(), at(40)).unwrap();
    tickets.ensure_watchers(id(1), &BTreeSet::new(), InVerification).await.unwrap();
    tickets.ensure_field(id(1), Field::CommunicationStatus, "Error", None).await.unwrap();
    assert_eq!(outbox()[..1], ["1.12-sw-rel-admin.txt"]);
    assert_eq!(outbox().len(), 4);
}
