//! What a new ticket must be.

use egi_model::field::Field;
use nsrw_tests::servers::rt::{NewTicket, Rt};
use serde_json::json;

#[test]
fn a_ticket_with_a_fault_is_not_opened_and_hears_why() {
    let rt = Rt::start().unwrap();
    let provider = rt.person("tp1");
    let sound = || NewTicket::sound("storm 1.8.2");
    let without = |field: Field| {
        let mut ticket = sound();
        ticket.fields.remove(&field);
        ticket.files.remove(&field);
        ticket
    };
    let with_file = |field: Field, name: &str, size: usize| {
        let mut ticket = sound();
        ticket.files.insert(field, (name.to_owned(), vec![b'x'; size]));
        ticket
    };
    let big = egi_model::release_xml::MAX_BYTES + 1;
    let faults = [
        (without(Field::SyncUrl), "Sync-URL is missing"),
        (without(Field::AssociatedMajorRelease), "AssociatedMajorRelease is missing"),
        (without(Field::ReleaseMetadata), "Release-metadata is missing"),
        (without(Field::Checksums), "Release-checksums is missing"),
        (
            sound().with(Field::SyncUrl, "nowhere"),
            "Sync-URL must match [A link such as https://host/path], not \"nowhere\"",
        ),
        (sound().with(Field::ReleaseType, "Delta"), "ReleaseType can not be \"Delta\""),
        (
            sound().with(Field::RolloutProgress, "Production"),
            "a new ticket starts in RolloutProgress Submitted; leave it out",
        ),
        (sound().with(Field::UmdRelease, "4"), "UMDRelease can not be set by tp1 when a ticket is created"),
        (
            with_file(Field::ReleaseMetadata, "other.xml", 9),
            "Release-metadata takes the file release.xml alone, not other.xml",
        ),
        (
            with_file(Field::ReleaseMetadata, "release.xml", big),
            "Release-metadata has 1048577 bytes; at most 1048576 are taken",
        ),
    ];
    for (ticket, why) in faults {
        let reply = provider.try_to_open(&ticket).unwrap();
        assert_eq!((reply.status, reply.json()["message"].as_str().unwrap_or_default()), (400, why), "{}", reply.text);
    }
    let none = provider.get("tickets?query=id%3E0").unwrap().json();
    assert_eq!(none["count"], json!(0), "{none}");

    let id = provider.open(&sound().with(Field::RolloutProgress, "submitted")).unwrap();
    assert_eq!(provider.field(id, Field::RolloutProgress).unwrap(), "Submitted");
    assert_eq!(provider.field(id, Field::SyncProtocol).unwrap(), "rsync");
    let requestors = provider.get(&format!("ticket/{id}")).unwrap().json()["Requestor"].clone();
    assert_eq!(requestors[0]["id"], "tp1", "who opens a ticket hears of it: {requestors}");
}
