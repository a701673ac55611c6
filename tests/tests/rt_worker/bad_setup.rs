//! An RT, a token or rights that are not as they have to be.

use egi_model::field::Field;
use nsrw_tests::process::wait_until;
use nsrw_tests::serve::Serving;
use nsrw_tests::servers::rt::ACCOUNT;
use std::time::Duration;

use crate::proxy::Fate;
use crate::world::World;

/// Waits until the server says that it is ready.
fn wait_until_ready(server: &Serving) {
    wait_until(Duration::from_mins(1), || Ok((server.get("/ready")?.status == 200).then_some(()))).unwrap();
}

#[test]
fn a_server_waits_for_an_rt_that_can_be_used_and_keeps_what_comes_meanwhile() {
    let mut world = World::new();
    let ticket = world.open("storm", "1.0.0");
    let waits = |why: &str| {
        let server = Serving::start(&world.site).unwrap();
        server.wait_for_log(why).unwrap();
        let ready = server.get("/ready").unwrap();
        assert_eq!((ready.status, ready.text.contains(why)), (503, true), "{}", ready.text);
        server
    };
    // A token nobody has.
    world.set_token("1-33-nonsense").unwrap();
    let server = waits("does not accept the token");
    let once = world.site.nsrw(&["promote"]).unwrap();
    assert!(once.code == 1 && once.log.contains("rt.token_file"), "{} {}", once.code, once.log);
    world.ask("carlos", ticket, "Unverified");
    assert_eq!(world.field(ticket, Field::CommunicationStatus), "Pending", "the notice was taken");
    assert_eq!(server.stop().unwrap(), 0);

    // Somebody else's token.
    world.set_token(world.rt.token("kostas")).unwrap();
    assert_eq!(waits("the token is that of kostas, and tickets.account is nsrw").stop().unwrap(), 0);

    // A field that was taken from the queue.
    world.set_token(world.rt.token(ACCOUNT)).unwrap();
    world.rt.perl(&on_field("RolloutProgress", "$cf->RemoveFromObject($queue)")).unwrap();
    world.rt.restart().unwrap();
    assert_eq!(waits("has no field RolloutProgress").stop().unwrap(), 0);
    world.rt.perl(&on_field("RolloutProgress", "$cf->AddToObject($queue)")).unwrap();

    // A queue of another name, and no RT at all.
    world.site.change_setting("rt.queue", "\"sw-rel-2\"").unwrap();
    world.rt.restart().unwrap();
    assert_eq!(waits("RT shows no queue \"sw-rel-2\"").stop().unwrap(), 0);
    world.site.change_setting("rt.queue", "\"sw-rel\"").unwrap();
    world.proxy.decide(|_| Fate::IsLost);
    let server = waits("did not answer");
    assert_eq!(world.site.nsrw(&["promote"]).unwrap().code, 4);
    world.proxy.be_a_wire();
    wait_until_ready(&server);
    world.wait_to_stand(ticket, "Unverified OK");
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}

#[test]
fn what_rt_refuses_is_told_and_made_up_for_when_the_right_is_back() {
    let mut world = World::new();
    let ticket = world.open("storm", "1.0.0");
    let server = world.serve();
    let grant = |how: &str| {
        format!(
            "my $u = RT::User->new(RT->SystemUser); $u->Load('{ACCOUNT}'); {}",
            on_field(
                "CommunicationStatus",
                &format!("$u->PrincipalObj->{how}(Right => 'ModifyCustomField', Object => $cf)")
            )
        )
    };
    let perl = |code: &str| world.rt.perl(code).unwrap();
    perl(&grant("RevokeRight"));
    // RT's own processes remember rights.
    world.rt.restart().unwrap();
    world.ask("carlos", ticket, "Unverified");
    server.wait_for_log("could not set CommunicationStatus").unwrap();
    assert_eq!(world.wait_for_history(ticket, 1), ["Submitted -> Unverified by carlos: performed"]);
    assert_eq!(world.stands(ticket), "Unverified Pending");
    let owed = world.differences();
    assert!(owed.len() == 1 && owed[0].contains("it was not told: set CommunicationStatus"), "{owed:#?}");
    // Without the right, asking again is refused again and stays owed.
    world.site.nsrw(&["sync", "--apply"]).unwrap();
    assert_eq!(world.stands(ticket), "Unverified Pending");

    world.rt.perl(&grant("GrantRight")).unwrap();
    world.rt.restart().unwrap();
    let mended = world.site.nsrw(&["sync", "--apply"]).unwrap();
    assert_eq!(mended.code, 0, "{}{}", mended.answer, mended.log);
    world.wait_to_stand(ticket, "Unverified OK");
    assert_eq!(world.comments(ticket).len(), 1);
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}

/// Perl that does something with `$cf`, a field of `$queue`.
fn on_field(name: &str, what: &str) -> String {
    format!(
        "my $queue = RT::Queue->new(RT->SystemUser); $queue->Load('sw-rel'); my $cf = RT::CustomField->new(RT->SystemUser); \
         $cf->LoadByName(Name => '{name}', LookupType => 'RT::Queue-RT::Ticket'); my ($ok, $said) = {what}; \
         die \"$said\\n\" unless $ok;"
    )
}
