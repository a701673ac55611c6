//! What a field keeps: values that are needed, files that stand for good, tickets of other queues, names of all kinds.

use egi_model::field::{FIELDS, Field, NullRule};
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use nsrw_tests::servers::rt::{ACCOUNT, NewTicket, Person};
use serde_json::{Value, json};

use crate::world::{World, stage};

/// A name as people have them.
const NAME: &str = "Zoë Nuñez-Žižková 🚀";

#[test]
fn fields_keep_what_they_must() {
    let world = World::start().unwrap();
    values_that_are_needed_stay(&world);
    reports_are_emptied_in_their_phase_alone(&world);
    files_are_replaced_by_administrators_before_they_are_read(&world);
    a_ticket_from_another_queue_is_judged_as_a_new_one(&world);
    who_reads_and_who_writes(&world);
    names_of_all_kinds(&world);
}

/// What RT says when a field is emptied, over REST 2 in both of its ways.
fn emptied(person: &Person, ticket: u64, field: Field) -> Vec<String> {
    let empty = |value: Value| {
        let reply = person.put(&format!("ticket/{ticket}"), &json!({ "CustomFields": { field.rt_name(): value } }));
        reply.unwrap().text
    };
    vec![empty(Value::Null), empty(json!(""))]
}

fn values_that_are_needed_stay(world: &World) {
    let ticket = world.rt.person("tp1").open(&NewTicket::sound("storm")).unwrap();
    let admin = world.rt.person("kostas");
    for spec in FIELDS.iter().filter(|spec| spec.null == NullRule::Never) {
        let before = admin.get(&format!("ticket/{ticket}")).unwrap().json()["CustomFields"].clone();
        for said in emptied(&admin, ticket, spec.field) {
            assert!(said.contains(&format!("{} can not be emptied", spec.rt_name)), "{}: {said}", spec.rt_name);
        }
        let said = admin.set_by_rest1(ticket, spec.field, "").unwrap();
        assert!(!said.contains("updated."), "{}: {said}", spec.rt_name);
        let after = admin.get(&format!("ticket/{ticket}")).unwrap().json()["CustomFields"].clone();
        let sorted = |fields: Value| {
            let mut all: Vec<String> = fields.as_array().unwrap().iter().map(Value::to_string).collect();
            all.sort();
            all
        };
        assert_eq!(sorted(after), sorted(before), "{}", spec.rt_name);
    }
}

fn reports_are_emptied_in_their_phase_alone(world: &World) {
    let states = [RolloutState::InVerification, RolloutState::StageRollout];
    let tickets = stage(&world.rt, &states.map(|state| (state, Emergency::No))).unwrap();
    let verifier = world.rt.person("carlos");
    for ticket in &tickets {
        verifier.set(*ticket, Field::VerificationReport, "https://docs.example.test/1").unwrap();
        let _ = emptied(&verifier, *ticket, Field::VerificationReport);
    }
    let left = tickets.iter().map(|ticket| verifier.field(*ticket, Field::VerificationReport).unwrap());
    assert_eq!(left.collect::<Vec<_>>(), ["", "https://docs.example.test/1"]);
    let said = emptied(&verifier, tickets[1], Field::VerificationReport).concat();
    let why = "can be emptied while the release is InVerification or WaitingForResponse; it is StageRollout";
    assert!(said.contains(why), "{said}");
}

fn files_are_replaced_by_administrators_before_they_are_read(world: &World) {
    let provider = world.rt.person("tp1");
    let admin = world.rt.person("kostas");
    let ticket = provider.open(&NewTicket::sound("arc")).unwrap();
    let replace = |who: &Person, name: &str, content: &str| {
        let file = json!({ "FileName": name, "FileType": "application/xml", "FileContent": content });
        let body = json!({ "CustomFields": { Field::ReleaseMetadata.rt_name(): file } });
        who.put(&format!("ticket/{ticket}"), &body).unwrap().text
    };
    assert!(replace(&provider, "release.xml", "PGI+").contains("Permission Denied"));
    assert!(replace(&admin, "other.xml", "PGI+").contains("takes the file release.xml alone"));
    assert!(replace(&admin, "release.xml", "PGI+").contains("changed to release.xml"));
    admin.set(ticket, Field::RolloutProgress, "Unverified").unwrap();
    let said = replace(&admin, "release.xml", "PGM+");
    assert!(said.contains("can be replaced while the release is Submitted or Failed; it is Unverified"), "{said}");
}

fn a_ticket_from_another_queue_is_judged_as_a_new_one(world: &World) {
    let admin = world.rt.person("kostas");
    let code = "my $q = RT::Queue->new(RT->SystemUser); $q->Create(Name => 'elsewhere');
        my $g = RT::Group->new(RT->SystemUser); $g->LoadUserDefinedGroup('sw-rel-admin');
        $g->PrincipalObj->GrantRight(Object => $q, Right => $_)
            for qw(SeeQueue ShowTicket CreateTicket ModifyTicket SeeCustomField);";
    world.rt.perl(code).unwrap();
    let reply = admin.post("ticket", &json!({ "Queue": "elsewhere", "Subject": "moves" })).unwrap();
    let moves = reply.json()["id"].as_str().unwrap().to_owned();
    let said = admin.put(&format!("ticket/{moves}"), &json!({ "Queue": "sw-rel" })).unwrap().text;
    assert!(said.contains(" is missing"), "{said}");
    assert_eq!(admin.get(&format!("ticket/{moves}")).unwrap().json()["Queue"]["id"], {
        admin.get("queue/elsewhere").unwrap().json()["id"].as_u64().unwrap().to_string()
    });

    // One that has all it needs goes out and in again; one whose release is on its way does not come back.
    let sound = world.rt.person("tp1").open(&NewTicket::sound("goes out")).unwrap();
    let go =
        |ticket: u64, queue: &str| admin.put(&format!("ticket/{ticket}"), &json!({ "Queue": queue })).unwrap().text;
    assert!(go(sound, "elsewhere").contains("Queue changed"));
    assert!(go(sound, "sw-rel").contains("Queue changed"));
    admin.set(sound, Field::RolloutProgress, "Unverified").unwrap();
    assert!(go(sound, "elsewhere").contains("Queue changed"));
    let said = go(sound, "sw-rel");
    assert!(said.contains("a new ticket starts in RolloutProgress Submitted"), "{said}");
}

fn who_reads_and_who_writes(world: &World) {
    let ticket = world.rt.person("tp1").open(&NewTicket::sound("dpm")).unwrap();
    assert_eq!(world.rt.person("nobody1").get(&format!("ticket/{ticket}")).unwrap().status, 403);
    let reply = world.rt.person("nobody1").try_to_open(&NewTicket::sound("not mine")).unwrap();
    assert_eq!(reply.status, 403);
    for (name, field, value) in [
        ("carlos", Field::RepositoryUrl, "http://repo.example.test/"),
        ("kostas", Field::CommunicationStatus, "OK"),
        ("mario", Field::VerificationReport, "http://docs.example.test/"),
        (ACCOUNT, Field::SyncUrl, "rsync://elsewhere.example.test/x"),
    ] {
        let said = world.rt.person(name).set(ticket, field, value).unwrap().join("; ");
        assert!(said.contains("Permission Denied"), "{field} by {name}: {said}");
    }
    let said =
        world.rt.person("carlos").put(&format!("ticket/{ticket}"), &json!({ "Status": "stalled" })).unwrap().text;
    assert!(said.contains("isn't a valid status"), "{said}");
}

fn names_of_all_kinds(world: &World) {
    let code = format!(
        "my $u = RT::User->new(RT->SystemUser); $u->Load('carlos'); my ($ok, $why) = $u->SetRealName('{NAME}'); die $why unless $ok;"
    );
    world.rt.perl(&code).unwrap();
    let ticket = world.rt.person("tp1").open(&NewTicket::sound(NAME)).unwrap();
    let before = world.receiver.came().len();
    world.rt.person("kostas").set(ticket, Field::RolloutProgress, "Unverified").unwrap();
    world.rt.person("carlos").set(ticket, Field::RolloutProgress, "InVerification").unwrap();
    let notices = world.receiver.wait_for(before + 2).unwrap();
    let secret = std::fs::read_to_string(world.rt.secret_file()).unwrap();
    assert!(notices.iter().all(|notice| notice.is_signed_with(&secret)));
    assert_eq!(world.rt.person("carlos").get(&format!("ticket/{ticket}")).unwrap().json()["Subject"], NAME);
}
