//! What people do: create, change, comment, look.

use egi_model::ticket::TicketStatus;

use super::*;
use crate::render_ticket;
use crate::system::Query;

#[test]
fn a_new_ticket_has_the_defaults_of_the_specification() {
    let (_folder, desk) = desk();
    let ticket = desk.create(delivery(METADATA), at(0)).unwrap();
    let values: Vec<(&str, &str)> = ticket.fields.iter().map(|(f, v)| (f.rt_name(), v.as_str())).collect();
    let expected = [
        ("Sync-Protocol", "rsync"),
        ("Sync-URL", "rsync://sp.example.org/ca/1.37-1"),
        ("AssociatedMajorRelease", "ca-1.0"),
        ("ReleaseType", "NonIncremental"),
        ("EmergencyRelease", "No"),
        ("RolloutProgress", "Submitted"),
        ("Release-metadata", "release.xml"),
        ("Release-checksums", "checksums.xml"),
    ];
    assert_eq!(values, expected);
    assert_eq!((ticket.status, ticket.owner.as_deref()), (TicketStatus::New, None));
    assert_eq!(desk.load(id(1)).unwrap().ticket, ticket);
    assert_eq!(
        desk.create(NewTicket { requestors: vec![], ..delivery(b"<b/>") }, at(1)).unwrap().requestors,
        ["mirco"]
    );
}

#[test]
fn every_fault_of_a_new_ticket_is_told_at_once_and_none_is_created() {
    let (_folder, desk) = desk();
    let new = NewTicket {
        subject: "two\nlines".to_owned(),
        fields: vec![
            (Field::ReleaseType, "Delta".to_owned()),
            (Field::EmergencyRelease, "Yes".to_owned()),
            (Field::EmergencyRelease, "No".to_owned()),
            (Field::RolloutProgress, "Unverified".to_owned()),
            (Field::RepositoryUrl, "https://repo.example.org/".to_owned()),
            (Field::SyncUrl, "  ".to_owned()),
            (Field::Checksums, "checksums.xml".to_owned()),
        ],
        files: vec![(Field::ReleaseMetadata, vec![b'x'; (1 << 20) + 1])],
        ..delivery(METADATA)
    };
    let expected = [
        "the title can not be \"two\\nlines\"; one line of text is expected",
        "EmergencyRelease is given twice; give it once",
        "ReleaseType can not be \"Delta\"; use one of NonIncremental, Incremental",
        "RolloutProgress starts as Submitted; leave it out",
        "RepositoryURL is written by repository; mirco has provider",
        "Release-checksums is no text; attach the file checksums.xml",
        "Release-metadata has 1048577 bytes; at most 1048576 are taken",
        "Sync-URL is missing; give a link such as https://host/path",
        "AssociatedMajorRelease is missing; give one line of text",
        "Release-checksums is missing; attach the file checksums.xml",
    ];
    assert_eq!(reasons(desk.create(new, at(0)).unwrap_err()), expected);
    assert!(desk.list(&Query::default()).unwrap().items.is_empty());
}

#[test]
fn one_release_has_one_open_ticket() {
    let (_folder, desk) = desk_with_ticket();
    let again = || desk.create(NewTicket { subject: "again".to_owned(), ..delivery(METADATA) }, at(1));
    assert_eq!(reasons(again().unwrap_err()), ["ticket 1 is open with the same release.xml; go on there"]);

    desk.set(id(1), &[Edit::Status(TicketStatus::Rejected)], &verifier(), at(2)).unwrap();
    let second = again().unwrap().id;
    desk.set(second, &[progress("Production")], &admin(), at(3)).unwrap();
    let third = again().unwrap().id;

    let other = desk.create(delivery(b"<other/>"), at(4)).unwrap().id;
    let same = [Edit::File(Field::ReleaseMetadata, METADATA.to_vec())];
    let refused = reasons(desk.set(other, &same, &provider(), at(5)).unwrap_err());
    assert_eq!(refused, [format!("ticket {third} is open with the same release.xml; go on there")]);
}

#[test]
fn values_are_stored_in_their_canonical_spelling_and_the_same_value_is_no_change() {
    let (_folder, desk) = desk_with_ticket();
    let edits = [progress("in verification"), field(Field::UmdRelease, " 4 ")];
    let changes = desk.set(id(1), &edits, &verifier(), at(1)).unwrap();
    let expected =
        ["RolloutProgress: Submitted -> InVerification", "CommunicationStatus: - -> Pending", "UMDRelease: - -> 4"];
    assert_eq!(moves(&changes), expected);
    assert_eq!(desk.set(id(1), &edits, &verifier(), at(2)).unwrap(), []);
    let history = desk.load(id(1)).unwrap().history;
    assert_eq!(history.iter().map(|c| c.id).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(history[1..], changes);
}

#[test]
fn edits_are_made_all_or_none() {
    let (_folder, desk) = desk_with_ticket();
    let before = desk.load(id(1)).unwrap();
    let status = Edit::Status(TicketStatus::Open);
    let edits =
        [progress("Unverified"), field(Field::SyncUrl, ""), field(Field::UmdRelease, "9"), status.clone(), status];
    let error = desk.set(id(1), &edits, &admin(), at(1)).unwrap_err();
    let expected = [
        "Status is given twice; give it once",
        "Sync-URL can not be emptied; give a link such as https://host/path",
        "UMDRelease can not be \"9\"; use one of 1, 2, 3, 4, 5",
    ];
    assert_eq!(reasons(error), expected);
    assert_eq!(desk.load(id(1)).unwrap(), before);
}

#[test]
fn fields_are_written_by_their_roles_and_administrators_do_what_people_may() {
    let (_folder, desk) = desk_with_ticket();
    let mine = [field(Field::SyncUrl, "http://other.example.org/")];
    let theirs = [progress("Unverified"), Edit::Status(TicketStatus::Open)];
    let answer = [field(Field::CommunicationStatus, "OK")];
    let refused = |edits: &[Edit], by: &Actor| match desk.set(id(1), edits, by, at(1)) {
        Err(TicketError::Forbidden { reasons, .. }) => reasons.len(),
        other => panic!("not forbidden: {other:?}"),
    };
    assert_eq!(refused(&mine, &verifier()), 1);
    assert_eq!(refused(&theirs, &provider()), 2);
    assert_eq!(refused(&answer, &admin()), 1);
    assert_eq!(desk.set(id(1), &mine, &admin(), at(1)).unwrap().len(), 1);
    assert_eq!(desk.set(id(1), &theirs, &admin(), at(1)).unwrap().len(), 3);

    let guest = Actor { name: "guest".to_owned(), roles: vec![] };
    desk.set(id(1), &[Edit::Owner(Some("carlos".to_owned()))], &guest, at(1)).unwrap();
    assert_eq!(desk.load(id(1)).unwrap().ticket.owner.as_deref(), Some("carlos"));
    let stalled = desk.set(id(1), &[Edit::Status(TicketStatus::Stalled)], &admin(), at(1)).unwrap_err();
    assert!(stalled.to_string().contains("use new, open, resolved or rejected"), "{stalled}");
}

#[test]
fn release_xml_is_written_once_and_mended_after_a_failure() {
    let (_folder, desk) = desk_with_ticket();
    let mended = [Edit::File(Field::ReleaseMetadata, b"<mended/>".to_vec())];
    let read = || desk.load_file(id(1), Field::ReleaseMetadata, 1 << 20).unwrap().unwrap();

    desk.set(id(1), &[progress("Unverified")], &verifier(), at(1)).unwrap();
    let refused = reasons(desk.set(id(1), &mended, &provider(), at(2)).unwrap_err());
    let expected = "Release-metadata can be replaced while the release is Submitted or Failed; it is Unverified";
    assert_eq!(refused, [expected]);
    assert_eq!(read(), METADATA);

    desk.set(id(1), &[progress("Failed")], &repository(), at(3)).unwrap();
    let changes = desk.set(id(1), &mended, &provider(), at(4)).unwrap();
    assert_eq!(read(), b"<mended/>");
    assert_eq!(desk.load(id(1)).unwrap().ticket.value(Field::ReleaseMetadata), Some("release.xml"));
    let old = egi_model::digest::Sha256::of(METADATA);
    let start = format!("Release-metadata: release.xml (sha256 {old}) -> release.xml (sha256 ");
    assert!(moves(&changes)[0].starts_with(&start), "{changes:?}");
    assert_eq!(desk.set(id(1), &mended, &provider(), at(5)).unwrap(), []);
}

#[test]
fn a_report_is_emptied_only_in_the_phase_that_fills_it() {
    let (_folder, desk) = desk_with_ticket();
    let link = [progress("InVerification"), field(Field::VerificationReport, "https://docs.example.org/1")];
    let empty = [field(Field::VerificationReport, "")];
    desk.set(id(1), &link, &verifier(), at(1)).unwrap();
    assert_eq!(
        moves(&desk.set(id(1), &empty, &verifier(), at(2)).unwrap()),
        ["Verification-Report: https://docs.example.org/1 -> -"]
    );
    desk.set(id(1), &link, &verifier(), at(3)).unwrap();
    desk.set(id(1), &[progress("StageRollout")], &verifier(), at(4)).unwrap();
    assert!(reasons(desk.set(id(1), &empty, &verifier(), at(5)).unwrap_err())[0].contains("only in the phase"));
}

#[test]
fn an_empty_comment_is_refused_and_an_unknown_ticket_missing() {
    let (_folder, desk) = desk_with_ticket();
    assert_eq!(reasons(desk.comment(id(1), " \n", &provider(), at(1)).unwrap_err()), ["the comment is empty"]);
    let missing = desk.comment(id(9), "hello", &provider(), at(1)).unwrap_err();
    assert_eq!(missing.to_string(), "there is no ticket 9");
}

#[test]
fn a_ticket_is_shown_with_its_fields_and_history() {
    let (_folder, desk) = desk_with_ticket();
    desk.set(id(1), &[progress("Unverified")], &verifier(), at(1)).unwrap();
    desk.set(id(1), &[field(Field::CommunicationStatus, "OK")], &repository(), at(2)).unwrap();
    desk.set(id(1), &[Edit::Owner(Some("carlos".to_owned())), Edit::Status(TicketStatus::Open)], &verifier(), at(3))
        .unwrap();
    desk.comment(id(1), "Two points are left:\n- \u{1b}[31mman page\n- licence", &verifier(), at(4)).unwrap();
    let record = desk.load(id(1)).unwrap();
    insta::assert_snapshot!(render_ticket(&record.ticket, &record.history), @r#"
    Ticket 1: ca-policy-egi-core-1.37-1

      Status                  open
      Owner                   carlos
      Requestors              ca@example.org
      Watchers                nobody
      Created                 2026-11-02 12:00:00 UTC

    Fields
      RepositoryURL           -
      Sync-Protocol           rsync
      Sync-URL                rsync://sp.example.org/ca/1.37-1
      AssociatedMajorRelease  ca-1.0
      ReleaseType             NonIncremental
      EmergencyRelease        No
      RolloutProgress         Unverified
      Verification-Report     -
      StageRollout-Report     -
      Release-metadata        release.xml
      Release-checksums       checksums.xml
      CommunicationStatus     OK
      UMDRelease              -
      StageRollout-Override   -
      Delayed                 -

    History
      #1    2026-11-02 12:00:00 UTC  mirco: created the ticket
      #2    2026-11-02 12:01:00 UTC  carlos: RolloutProgress: Submitted -> Unverified
      #3    2026-11-02 12:01:00 UTC  carlos: CommunicationStatus: - -> Pending
      #4    2026-11-02 12:02:00 UTC  nsrw: CommunicationStatus: Pending -> OK
      #5    2026-11-02 12:02:00 UTC  nsrw: told sw-rel-admin: [sw-rel #1] ca-policy-egi-core-1.37-1: Unverified, OK
      #6    2026-11-02 12:03:00 UTC  carlos: Owner: nobody -> carlos
      #7    2026-11-02 12:03:00 UTC  carlos: Status: new -> open
      #8    2026-11-02 12:04:00 UTC  carlos: commented
            | Two points are left:
            | - �[31mman page
            | - licence
    "#);
}
