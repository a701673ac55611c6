//! Who hears of an answer, and who becomes a watcher of the ticket.

use std::collections::BTreeSet;

use egi_model::field::Field;
use egi_model::release::Emergency;
use egi_model::role::Group;
use egi_model::rollout::RolloutState;
use egi_workflow::notify::MATRIX;
use nsrw_tests::servers::rt::{ACCOUNT, Mail, Rt};

use crate::world::{World, stage};

/// Somebody in the group that hears of production, and somebody who watches the ticket for themselves.
const MORE_PEOPLE: &str = r"
    for my $name ('sally', 'walter') {
        my $user = RT::User->new(RT->SystemUser);
        $user->Create(Name => $name, EmailAddress => qq{$name\@example.test}, Privileged => 1) or die $name;
        next unless $name eq 'sally';
        my $group = RT::Group->new(RT->SystemUser);
        $group->LoadUserDefinedGroup('sw-rel-production');
        $group->AddMember($user->PrincipalId);
    }";

/// The one person of each group.
fn member(group: Group) -> &'static str {
    match group {
        Group::Verifiers => "carlos",
        Group::RolloutTeam => "mario",
        Group::ProductionWatchers => "sally",
        Group::Admins => "kostas",
        Group::Requestors => "tp1",
    }
}

/// The names of a ticket's Ccs.
fn ccs(rt: &Rt, ticket: u64) -> BTreeSet<String> {
    let code = format!(
        "my $t = RT::Ticket->new(RT->SystemUser); $t->Load({ticket});
        print map {{ $_->MemberObj->Object->Name . qq{{\\n}} }} @{{ $t->Cc->MembersObj->ItemsArrayRef }};"
    );
    rt.perl(&code).unwrap().lines().map(str::to_owned).collect()
}

/// Makes every group of the matrix, and walter, Ccs of these tickets.
fn watch_all(rt: &Rt, tickets: &[u64]) {
    let code = format!(
        "for my $id ({}) {{ my $t = RT::Ticket->new(RT->SystemUser); $t->Load($id);
            my $walter = RT::User->new(RT->SystemUser); $walter->Load('walter');
            $t->AddWatcher(Type => 'Cc', PrincipalId => $walter->PrincipalId);
            for my $name (qw({})) {{ my $g = RT::Group->new(RT->SystemUser); $g->LoadUserDefinedGroup($name);
                my ($ok, $why) = $t->AddWatcher(Type => 'Cc', PrincipalId => $g->PrincipalId); die $why unless $ok; }} }}",
        tickets.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
        [Group::Verifiers, Group::RolloutTeam, Group::ProductionWatchers].map(Group::as_str).join(" "),
    );
    rt.perl(&code).unwrap();
}

fn told(mails: &[Mail]) -> Vec<BTreeSet<String>> {
    mails.iter().map(|mail| mail.to.clone()).collect()
}

fn names(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn each_state_has_its_groups_and_mails() {
    let world = World::start().unwrap();
    world.rt.perl(MORE_PEOPLE).unwrap();
    let account = world.rt.person(ACCOUNT);
    let tickets = stage(&world.rt, &MATRIX.map(|(state, _)| (state, Emergency::No))).unwrap();
    watch_all(&world.rt, &tickets);
    for ((state, row), ticket) in MATRIX.iter().zip(&tickets) {
        let before = world.rt.mails().unwrap().len();
        account.set(*ticket, Field::RepositoryUrl, "http://repo.example.test/here").unwrap();
        account.set(*ticket, Field::CommunicationStatus, "OK").unwrap();
        let mails = world.rt.mails().unwrap().split_off(before);
        let groups: Vec<Group> = row.iter().copied().filter(|group| *group != Group::Requestors).collect();
        let mut watching = names(&groups.iter().map(|group| group.as_str()).collect::<Vec<_>>());
        watching.insert("walter".to_owned());
        assert_eq!(ccs(&world.rt, *ticket), watching, "{state}");
        let mut expected = Vec::new();
        if !groups.is_empty() {
            let members: Vec<_> = groups.iter().copied().map(member).chain(["walter"]).collect();
            expected.push(names(&members));
        }
        if row.contains(&Group::Requestors) {
            expected.push(names(&["tp1"]));
        }
        assert_eq!(told(&mails), expected, "{state}");
        for mail in &mails {
            assert_eq!(mail.subject, format!("{state}: staged"));
            assert!(mail.body.contains("http://repo.example.test/here") && mail.body.contains("OK"), "{}", mail.body);
        }
    }
    bad_answers(&world);
    a_change_is_told_to_the_administrators(&world);
}

/// The repository's own bad answer is told as a good one is; that it could not be asked says nothing of the release.
fn bad_answers(world: &World) {
    let wanted = [(RolloutState::Failed, Emergency::No), (RolloutState::StageRollout, Emergency::No)];
    let tickets = stage(&world.rt, &wanted).unwrap();
    let before = world.rt.mails().unwrap().len();
    world.rt.person(ACCOUNT).set(tickets[0], Field::CommunicationStatus, "Error").unwrap();
    let code = format!(
        "my $t = RT::Ticket->new(RT->SystemUser); $t->Load({}); $t->AddCustomFieldValue(Field => '{}', Value => 'Error');",
        tickets[1],
        Field::CommunicationStatus
    );
    world.rt.perl(&code).unwrap();
    let mails = world.rt.mails().unwrap().split_off(before);
    assert_eq!(told(&mails), [names(&["tp1"])], "the provider hears of a failed delivery, and nobody of the other");
}

fn a_change_is_told_to_the_administrators(world: &World) {
    let ticket = stage(&world.rt, &[(RolloutState::Unverified, Emergency::No)]).unwrap()[0];
    let before = world.rt.mails().unwrap().len();
    world.rt.person("carlos").set(ticket, Field::RolloutProgress, "InVerification").unwrap();
    let mails = world.rt.mails().unwrap().split_off(before);
    assert_eq!(told(&mails), [names(&["kostas"])]);
    assert!(mails[0].body.contains("carlos set the release from Unverified to InVerification."), "{}", mails[0].body);
}
