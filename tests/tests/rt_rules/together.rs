//! Two people who change one ticket at the same moment.

use std::sync::Barrier;
use std::thread;

use egi_model::field::Field;
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;

use crate::world::{World, stage, stands};

/// How often it is tried. Without the lock about every second time both pass.
const ROUNDS: usize = 16;

/// Both ask for an outcome that ends the workflow: whoever comes second must be refused.
pub(crate) fn never_both(world: &World) {
    let tickets = stage(&world.rt, &[(RolloutState::InVerification, Emergency::No); ROUNDS]).unwrap();
    let (carlos, mario) = (world.rt.person("carlos"), world.rt.person("mario"));
    let asks = [(&carlos, RolloutState::Rejected), (&mario, RolloutState::NotPublished)];
    for ticket in &tickets {
        let start = Barrier::new(asks.len());
        let said: Vec<String> = thread::scope(|scope| {
            let ask = |(who, to): (&nsrw_tests::servers::rt::Person, RolloutState)| {
                let (who, start) = (who.clone(), &start);
                scope.spawn(move || {
                    start.wait();
                    who.set(*ticket, Field::RolloutProgress, to.as_str()).unwrap().join("; ")
                })
            };
            asks.map(ask).into_iter().map(|asking| asking.join().unwrap()).collect()
        });
        let made = said.iter().filter(|answer| answer.contains(" changed to ")).count();
        let refused = said.iter().filter(|answer| answer.contains("; nothing follows ")).count();
        assert_eq!((made, refused), (1, 1), "ticket {ticket}: {said:?}");
    }
    let all = stands(&world.rt).unwrap();
    for ticket in tickets {
        assert_eq!(all[&ticket].moves, 1, "ticket {ticket}: {:?}", all[&ticket]);
    }
}
