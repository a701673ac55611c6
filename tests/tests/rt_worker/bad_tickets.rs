//! Tickets that are not what a release's ticket should be: each says so, and none keeps the others from their way.

use egi_model::field::Field;

use crate::world::{World, ticket_for};

/// Perl that does something with a ticket, past all rules.
fn on_ticket(ticket: u64, what: &str) -> String {
    format!(
        "my $t = RT::Ticket->new(RT->SystemUser); $t->Load({ticket}); my ($ok, $said) = {what}; die \"$said\\n\" unless $ok;"
    )
}

#[test]
fn one_bad_ticket_does_not_hide_the_others() {
    let world = World::new();
    let [odd, two, moved, merged, good] =
        ["odd", "two", "moved", "merged", "good"].map(|product| world.open(product, "1.0.0"));
    let server = world.serve();
    for ticket in [odd, two, moved, merged] {
        world.go("carlos", ticket, "Unverified");
    }
    let cf = "my $cf = RT::CustomField->new(RT->SystemUser); $cf->LoadByName(Name => 'RolloutProgress', LookupType => \
              'RT::Queue-RT::Ticket'); ";
    let perl = |code: &str| world.rt.perl(code).unwrap();
    perl(&format!("{cf} $cf->AddValue(Name => 'Publshed'); {}", value_of(odd, "Publshed", false)));
    perl(&value_of(two, "Failed", true));
    let elsewhere = "do { my $q = RT::Queue->new(RT->SystemUser); $q->Load('General'); $t->__Set(Field => 'Queue', Value => $q->Id) }";
    perl(&on_ticket(moved, elsewhere));
    perl(&on_ticket(merged, &format!("$t->MergeInto({good})")));

    let told = world.differences().join("\n");
    for expected in [
        format!("ticket {odd} can not be used: RolloutProgress: \"Publshed\" is no rollout state"),
        format!("ticket {two} can not be used: RolloutProgress has 2 values (Unverified, Failed)"),
        format!("ticket {moved}: its release stands in Unverified, but"),
        format!("ticket {merged}: its release stands in Unverified, but ticket {merged} was merged into ticket {good}"),
    ] {
        assert!(told.contains(&expected), "\"{expected}\" is not in:\n{told}");
    }
    // A notice of each comes to nothing, and says why; the good one goes on.
    for ticket in [odd, two, moved, merged] {
        let ticket = ticket.to_string();
        let notice = [
            ("Ticket_Id", ticket.as_str()),
            ("Current_Rollout_Progress", "InVerification"),
            ("Previous_Rollout_Progress", "Unverified"),
            ("Emergency_Release", "No"),
        ];
        assert_eq!(server.post(&notice).unwrap().status, 202);
    }
    world.go("carlos", good, "Unverified");
    server.wait_for_log(&format!("ticket {odd} can not be used")).unwrap();
    server.wait_for_log(&format!("ticket {two} can not be used")).unwrap();
    server
        .wait_for_log(&format!("ticket {merged} was merged into ticket {good}; go on there; the notice is set aside"))
        .unwrap();
    server.wait_for_log(&format!("failed to read ticket {moved}")).unwrap();
    assert_eq!(world.wait_for_history(good, 1), ["Submitted -> Unverified by carlos: performed"]);
    assert_eq!(
        world.site.nsrw(&["ticket", "list"]).unwrap().code,
        3,
        "it lists the good one and complains of the others"
    );
    assert_eq!(server.stop().unwrap(), 0);
}

#[test]
fn a_delivery_s_documents_are_read_byte_for_byte_and_once() {
    let world = World::new();
    let server = world.serve();
    let delivery = world.deliver("storm", "1.0.0");
    // UTF-16 is XML too.
    let text = String::from_utf8(std::fs::read(delivery.dir.join("release.xml")).unwrap()).unwrap();
    let text = text.replacen("encoding=\"UTF-8\"", "encoding=\"UTF-16\"", 1).replacen(
        "encoding=\"utf-8\"",
        "encoding=\"UTF-16\"",
        1,
    );
    let bytes: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let mut ticket = ticket_for(&delivery, "storm 1.0.0 in UTF-16");
    ticket.files.get_mut(&Field::ReleaseMetadata).unwrap().1.clone_from(&bytes);
    let ticket = world.rt.person("tp1").open(&ticket).unwrap();
    world.ask("carlos", ticket, "Unverified");
    world.wait_for_history(ticket, 1);
    // release.xml is itself among the files that were listed: as it was delivered, not as it was attached.
    let comments = world.comments(ticket);
    assert!(comments.len() == 1 && world.field(ticket, Field::RolloutProgress) == "Failed", "{comments:#?}");
    assert!(comments[0].contains("release.xml"), "{comments:#?}");

    // Replaced behind everybody's back once it was read: what was read stands.
    let replaced = world.open("canl", "2.0.0");
    world.go("carlos", replaced, "Unverified");
    world.rt.perl(&replace_file(replaced, "Release-metadata", "'<nonsense/>'")).unwrap();
    world.go("carlos", replaced, "InVerification");

    // Gone, or far too large, before it is read.
    let (gone, large) = (world.open("gone", "1.0.0"), world.open("large", "1.0.0"));
    let without = "$t->CustomFieldValues('Release-metadata')->First->Delete";
    world.rt.perl(&on_ticket(gone, without)).unwrap();
    world.rt.perl(&replace_file(large, "Release-metadata", "'<' . 'x' x (11 * 1024 * 1024)")).unwrap();
    for (ticket, why) in [(gone, "release.xml (Release-metadata) is not attached"), (large, "release.xml")] {
        world.ask("carlos", ticket, "Unverified");
        world.wait_to_stand(ticket, "Failed Error");
        let comments = world.comments(ticket);
        assert!(comments.len() == 1 && comments[0].contains(why), "{comments:#?}");
    }
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}

/// One of a queue the account sees, and one of a queue it does not: named by number, both are refused with where they are.
#[test]
fn a_ticket_of_another_queue_is_refused_with_the_queues_name() {
    let world = World::new();
    let open = |queue: &str| -> u64 {
        let code = format!(
            "my $t = RT::Ticket->new(RT->SystemUser); my ($id, undef, $said) = $t->Create(Queue => '{queue}', Subject => \
             'no release'); die \"$said\\n\" unless $id; print $id"
        );
        world.rt.perl(&code).unwrap().trim().parse().unwrap()
    };
    let (seen, unseen) = (open("staged-rollout"), open("General"));
    let server = world.serve();
    for (ticket, why) in [
        (seen, "is in queue staged-rollout, which is not that of the releases; if it is a release's, move it back"),
        (unseen, "RT keeps it from the account nsrw; it may be in another queue than sw-rel"),
    ] {
        let number = ticket.to_string();
        for command in [["ticket", "show", &number], ["explain", "--", &number]] {
            let ended = world.site.nsrw(&command).unwrap();
            assert!(ended.code != 0 && ended.log.contains(why), "{command:?}: {} {}", ended.code, ended.log);
        }
        let notice = [
            ("Ticket_Id", number.as_str()),
            ("Current_Rollout_Progress", "Unverified"),
            ("Previous_Rollout_Progress", "Submitted"),
            ("Emergency_Release", "No"),
        ];
        assert_eq!(server.post(&notice).unwrap().status, 202);
        server.wait_for_log(&format!("failed to read ticket {ticket}")).unwrap();
        assert!(server.log().contains(why), "{}", server.log());
        assert_eq!(world.history(ticket), [""; 0]);
    }
    assert_eq!(server.stop().unwrap(), 0);
}

/// RT's page takes no empty file; one that was emptied past the rules is told of as what it is.
#[test]
fn an_empty_release_xml_is_told_of() {
    let world = World::new();
    let ticket = world.open("storm", "1.0.0");
    world.rt.perl(&replace_file(ticket, "Release-metadata", "''")).unwrap();
    let server = world.serve();
    world.ask("carlos", ticket, "Unverified");
    world.wait_to_stand(ticket, "Failed Error");
    let comments = world.comments(ticket);
    assert!(comments.len() == 1 && comments[0].contains("release.xml"), "{comments:#?}");
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}

#[test]
fn people_and_titles_may_be_called_as_they_are_called() {
    let world = World::new();
    let server = world.serve();
    let delivery = world.deliver("storm", "1.0.0");
    let subject = "storm 1.0.0 ‐ veröffentlicht in Kraków 🚀 „so“ & <b>";
    let ticket = world.rt.person("tp1").open(&ticket_for(&delivery, subject)).unwrap();
    // A new verifier, whom the site has never heard of: her role is that of her group.
    let her = "Zoë Ångström 🦀";
    let hired = format!(
        "use utf8; my $u = RT::User->new(RT->SystemUser); my ($ok, $said) = $u->Create(Name => '{her}', Privileged => 1, EmailAddress => \
         'zoe@example.test'); die \"$said\\n\" unless $ok; my $g = RT::Group->new(RT->SystemUser); \
         $g->LoadUserDefinedGroup('sw-rel-qc'); ($ok, $said) = $g->AddMember($u->PrincipalId); die \"$said\\n\" unless $ok; \
         my $her = RT::CurrentUser->new($u->id); my $t = RT::Ticket->new($her); $t->Load({ticket}); \
         ($ok, $said) = $t->AddCustomFieldValue(Field => 'RolloutProgress', Value => 'Unverified'); die \"$said\\n\" unless $ok;"
    );
    world.rt.perl(&hired).unwrap();
    // Perl of ours does not run RT's web pages, on whose end the notice is sent; it is asked for.
    assert!(world.site.nsrw(&["sync", "--apply"]).unwrap().code == 0);
    world.wait_to_stand(ticket, "Unverified OK");
    assert_eq!(world.wait_for_history(ticket, 1), [format!("Submitted -> Unverified by {her}: performed")]);
    let shown = world.site.done(&["ticket", "show", &ticket.to_string()]).unwrap();
    assert!(
        shown.contains(subject) && shown.contains(&format!("{her}: RolloutProgress: Submitted -> Unverified")),
        "{shown}"
    );
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}

/// Perl that gives a ticket a value of `RolloutProgress` past all rules, beside the one it has or instead of it.
fn value_of(ticket: u64, value: &str, beside: bool) -> String {
    let instead = if beside {
        ""
    } else {
        "$t->CustomFieldValues('RolloutProgress')->First->__Set(Field => 'Disabled', Value => 1);"
    };
    format!(
        "my $t = RT::Ticket->new(RT->SystemUser); $t->Load({ticket}); my $f = RT::CustomField->new(RT->SystemUser); \
         $f->LoadByName(Name => 'RolloutProgress', LookupType => 'RT::Queue-RT::Ticket'); {instead} \
         my $v = RT::ObjectCustomFieldValue->new(RT->SystemUser); my ($ok, $said) = $v->Create(CustomField => $f->id, \
         ObjectType => 'RT::Ticket', ObjectId => $t->id, Content => '{value}'); die \"$said\\n\" unless $ok;"
    )
}

/// Perl that replaces a file of a ticket past all rules.
fn replace_file(ticket: u64, field: &str, content: &str) -> String {
    format!(
        "my $t = RT::Ticket->new(RT->SystemUser); $t->Load({ticket}); my $v = $t->CustomFieldValues('{field}')->First; \
         my ($ok, $said) = $v->__Set(Field => 'LargeContent', Value => {content}); die \"$said\\n\" unless $ok; \
         $v->__Set(Field => 'ContentEncoding', Value => 'none');"
    )
}
