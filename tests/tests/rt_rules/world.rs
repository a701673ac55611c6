//! An RT whose notices we receive, and tickets that stand where a test needs them.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use egi_model::field::Field;
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use nsrw_tests::servers::rt::{Postgres, Rt};

use crate::receiver::Receiver;

/// An RT and who hears its notices.
pub(crate) struct World {
    pub(crate) rt: Rt,
    pub(crate) receiver: Receiver,
}

/// Where a ticket stands, and how often it was moved there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stand {
    pub(crate) progress: String,
    pub(crate) moves: u32,
}

impl World {
    pub(crate) fn start() -> Result<Self> {
        let receiver = Receiver::start()?;
        Ok(Self { rt: Rt::start_telling(&receiver.url())?, receiver })
    }

    pub(crate) fn start_on(server: &Postgres) -> Result<Self> {
        let receiver = Receiver::start()?;
        Ok(Self { rt: Rt::start_on(server, &receiver.url())?, receiver })
    }
}

/// Tickets as they would be when their releases had come so far, made past the workflow and without a word to anybody.
pub(crate) fn stage(rt: &Rt, wanted: &[(RolloutState, Emergency)]) -> Result<Vec<u64>> {
    let list: Vec<String> = wanted.iter().map(|(state, emergency)| format!("['{state}', '{emergency}']")).collect();
    let code = format!(
        r"my $queue = RT::Queue->new(RT->SystemUser); $queue->Load('sw-rel');
        my %id = map {{ $_->Name => $_->Id }} @{{ $queue->TicketCustomFields->ItemsArrayRef }};
        for my $wanted ({}) {{
            my $ticket = RT::Ticket->new(RT->SystemUser);
            my ($made, undef, $why) = $ticket->Create(
                Queue => $queue->Id, Subject => 'staged', Requestor => 'tp1@example.test', _RecordTransaction => 0,
                'CustomField-' . $id{{'{}'}} => $wanted->[0], 'CustomField-' . $id{{'{}'}} => $wanted->[1],
            );
            die $why unless $made;
            print $ticket->Id, qq{{\n}};
        }}",
        list.join(", "),
        Field::RolloutProgress,
        Field::EmergencyRelease,
    );
    let ids: Vec<u64> = rt.perl(&code)?.lines().filter_map(|line| line.parse().ok()).collect();
    anyhow::ensure!(ids.len() == wanted.len(), "{} tickets were made, not {}", ids.len(), wanted.len());
    Ok(ids)
}

/// Where every ticket stands.
pub(crate) fn stands(rt: &Rt) -> Result<BTreeMap<u64, Stand>> {
    let code = format!(
        r"my $cf = RT::CustomField->new(RT->SystemUser); $cf->LoadByName(Name => '{0}');
        my $all = RT::Tickets->new(RT->SystemUser); $all->FromSQL('id > 0');
        while (my $ticket = $all->Next) {{
            my $moves = $ticket->Transactions;
            $moves->Limit(FIELD => 'Type', VALUE => 'CustomField'); $moves->Limit(FIELD => 'Field', VALUE => $cf->Id);
            print join(qq{{\t}}, $ticket->Id, $ticket->FirstCustomFieldValue('{0}'), $moves->Count), qq{{\n}};
        }}",
        Field::RolloutProgress
    );
    let stand = |line: &str| {
        let mut words = line.split('\t');
        let id = words.next()?.parse().ok()?;
        Some((id, Stand { progress: words.next()?.to_owned(), moves: words.next()?.parse().ok()? }))
    };
    rt.perl(&code)?.lines().map(|line| stand(line).with_context(|| format!("what is \"{line}\"?"))).collect()
}
