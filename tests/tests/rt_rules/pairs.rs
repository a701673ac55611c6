//! Every pair of states, asked for by those who may and by those who may not.

use std::collections::BTreeMap;
use std::thread;

use anyhow::Result;
use egi_model::field::Field;
use egi_model::release::Emergency;
use egi_model::role::{Actor, Role};
use egi_model::rollout::RolloutState;
use egi_workflow::Policy;
use egi_workflow::table::{self, Condition, Transition};
use nsrw_tests::servers::rt::{ACCOUNT, ACCOUNTS, Postgres, Rt};

use crate::world::{Stand, World, stage, stands};

/// The interfaces a change can be asked by.
#[derive(Debug, Clone, Copy)]
enum By {
    Rest1,
    Rest2,
}

impl By {
    /// Asks for a change; `None` when it was made, otherwise what RT says.
    fn set(self, rt: &Rt, who: &str, ticket: u64, to: RolloutState) -> Result<Option<String>> {
        let person = rt.person(who);
        let said = match self {
            Self::Rest2 => person.set(ticket, Field::RolloutProgress, to.as_str())?.join("; "),
            Self::Rest1 => person.set_by_rest1(ticket, Field::RolloutProgress, to.as_str())?,
        };
        let made = said.contains(" changed to ") || said.contains("updated.");
        Ok((!made).then_some(said))
    }
}

/// Who may ask for a row, and who may not. Nobody without a right to the ticket is asked: RT does not show it to them.
fn askers(row: Option<&Transition>) -> (Vec<&'static str>, Vec<&'static str>) {
    let retry = Policy::default().retry;
    let who = row.map_or(&[][..], |row| if row.when == Condition::Resume { &retry } else { row.who });
    let may = |roles: &[Role]| Actor { name: String::new(), roles: roles.to_vec() }.holds_any(who);
    let all = ACCOUNTS.iter().filter(|(_, roles)| !roles.is_empty());
    let (yes, no): (Vec<_>, Vec<_>) = all.partition(|(_, roles)| may(roles));
    (yes.iter().map(|(name, _)| *name).collect(), no.iter().map(|(name, _)| *name).collect())
}

/// All pairs over one interface; what is refused and made is then looked up in RT's own database.
fn walk(rt: &Rt, by: By) {
    let mut wanted = Vec::new();
    for from in RolloutState::ALL {
        for to in RolloutState::ALL {
            let emergency = table::find(from, to).is_some_and(|row| row.when == Condition::Emergency);
            wanted.push((from, if emergency { Emergency::Yes } else { Emergency::No }));
        }
    }
    let tickets = stage(rt, &wanted).unwrap();
    let pairs = RolloutState::ALL.into_iter().flat_map(|from| RolloutState::ALL.map(|to| (from, to)));
    let mut expected = BTreeMap::new();
    let mut asked = (0, 0);
    for (turn, ((from, to), ticket)) in pairs.zip(tickets).enumerate() {
        let row = table::find(from, to);
        let (mut may, mut may_not) = askers(row);
        if (from, to) == table::PUT_BACK {
            may.push(ACCOUNT);
            may_not.retain(|name| *name != ACCOUNT);
        }
        let what = format!("{by:?} {from} -> {to} on ticket {ticket}");
        // Each in turn, so that all of them are asked all over the table.
        let stranger = may_not[turn % may_not.len()];
        let said = by.set(rt, stranger, ticket, to).unwrap();
        if from == to {
            // Nothing is changed, and nothing is wrong with that.
            assert!(!said.clone().unwrap_or_default().contains("can not"), "{what} by {stranger}: {said:?}");
        } else {
            let said = said.unwrap_or_else(|| panic!("{what} was made by {stranger}"));
            let ours = said.contains(from.as_str()) && said.contains(to.as_str());
            // REST 1 itself turns away who may not modify the ticket at all.
            assert!(ours || said.contains("You are not allowed to modify"), "{what} by {stranger}: {said}");
            asked.1 += 1;
        }
        let mut stand = Stand { progress: from.to_string(), moves: 0 };
        if let Some(who) = may.get(turn % may.len().max(1)) {
            let said = by.set(rt, who, ticket, to).unwrap();
            assert_eq!(said, None, "{what} by {who}");
            stand = Stand { progress: to.to_string(), moves: 1 };
            asked.0 += 1;
        }
        expected.insert(ticket, stand);
    }
    // Every row, and the way back to staged rollout that the repository's account takes where evidence is lacking.
    assert_eq!(asked, (table::TRANSITIONS.len() + 1, 110), "pairs that were made, and that were refused");
    let found: BTreeMap<_, _> = stands(rt).unwrap().into_iter().filter(|(id, _)| expected.contains_key(id)).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_pair() {
    let world = World::start().unwrap();
    let rt = &world.rt;
    thread::scope(|scope| {
        let walks = [By::Rest1, By::Rest2].map(|by| scope.spawn(move || walk(rt, by)));
        for walking in walks {
            walking.join().unwrap();
        }
    });
}

#[test]
fn who_may_depends_on_more_than_the_row() {
    let world = World::start().unwrap();
    an_emergency_row_needs_an_emergency(&world);
    membership_counts_through_groups_of_groups_and_ends_with_the_group(&world);
    the_system_itself_and_the_repository_are_told_apart(&world);
}

fn an_emergency_row_needs_an_emergency(world: &World) {
    let rows: Vec<_> = table::TRANSITIONS.iter().filter(|row| row.when == Condition::Emergency).collect();
    let wanted: Vec<_> = rows.iter().map(|row| (row.from, Emergency::No)).collect();
    for (row, ticket) in rows.iter().zip(stage(&world.rt, &wanted).unwrap()) {
        let said = By::Rest2.set(&world.rt, "kostas", ticket, row.to).unwrap().unwrap();
        assert!(said.ends_with("is for emergencies; set EmergencyRelease to Yes first"), "{said}");
        world.rt.person("kostas").set(ticket, Field::EmergencyRelease, "Yes").unwrap();
        assert_eq!(By::Rest2.set(&world.rt, "kostas", ticket, row.to).unwrap(), None);
    }
}

fn membership_counts_through_groups_of_groups_and_ends_with_the_group(world: &World) {
    let tickets = stage(&world.rt, &[(RolloutState::Submitted, Emergency::No); 3]).unwrap();
    let ask = |ticket| By::Rest2.set(&world.rt, "tp1", ticket, RolloutState::Unverified).unwrap();
    assert!(ask(tickets[0]).unwrap().contains("is for members of sw-rel-qc"));
    let code = r"my ($outer, $inner, $user) = (RT::Group->new(RT->SystemUser), RT::Group->new(RT->SystemUser), RT::User->new(RT->SystemUser));
        $outer->LoadUserDefinedGroup('sw-rel-qc'); $user->Load('tp1');
        $inner->CreateUserDefinedGroup(Name => 'trainees');
        $inner->AddMember($user->PrincipalId); $outer->AddMember($inner->PrincipalId);";
    world.rt.perl(code).unwrap();
    assert_eq!(ask(tickets[1]), None);
    let code = "my $g = RT::Group->new(RT->SystemUser); $g->LoadUserDefinedGroup('trainees'); $g->SetDisabled(1);";
    world.rt.perl(code).unwrap();
    assert!(ask(tickets[2]).unwrap().contains("is for members of sw-rel-qc"));
}

#[test]
fn the_same_on_postgresql() {
    let server = Postgres::start().unwrap();
    let world = World::start_on(&server).unwrap();
    walk(&world.rt, By::Rest2);
    crate::together::never_both(&world);
    crate::notices::one_after_the_commit(&world);
    crate::notices::an_answer_stays(&world);
    crate::comments::once(&world);
}

fn the_system_itself_and_the_repository_are_told_apart(world: &World) {
    let [one, other] = stage(&world.rt, &[(RolloutState::Submitted, Emergency::No); 2]).unwrap()[..] else { panic!() };
    let code = format!(
        "my $t = RT::Ticket->new(RT->SystemUser); $t->Load({one});
        my ($ok, $why) = $t->AddCustomFieldValue(Field => '{}', Value => 'Production'); print $ok ? 'made' : $why;",
        Field::RolloutProgress
    );
    assert_eq!(world.rt.perl(&code).unwrap(), "made");
    let said = By::Rest2.set(&world.rt, ACCOUNT, other, RolloutState::Unverified).unwrap().unwrap();
    assert!(said.contains("is for members of"), "{said}");
}
