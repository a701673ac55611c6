//! Logs of made-up releases.

use chrono::{DateTime, TimeDelta, Utc};
use egi_model::history::Outcome;
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;

use crate::facts::{Facts, Participation, ParticipationFact, PublishedFact, Submission, TeamOutcome, TransitionFact};
use crate::record::RecordId;
use crate::sample::{at, ticket};

/// A release's way through the workflow.
pub(super) struct Release {
    submitted: DateTime<Utc>,
    provider: &'static str,
    product: String,
    steps: Vec<(i64, RolloutState)>,
    emergency: bool,
}

const PROVIDERS: [(&str, &str); 6] = [
    ("INFN", "storm"),
    ("CERN", "dpm"),
    ("EMI", "cream-ce"),
    ("Globus", "gridftp"),
    ("EGI", "ca-policy-egi-core"),
    ("DESY", "dcache"),
];

impl Release {
    /// `per_month` releases in each of the fourteen months to 2026-11.
    pub(super) fn many(per_month: u64) -> Vec<Self> {
        let mut dice = Dice(42);
        let mut releases = Vec::new();
        let begin = at("2025-10-01 08:00");
        for month in 0..14 {
            let some = if per_month < 5 { per_month } else { per_month / 2 + dice.roll(per_month) };
            for _ in 0..some {
                let hours = month * 730 + i64::try_from(dice.roll(730)).unwrap();
                releases.push(Self::any(begin + TimeDelta::hours(hours), &mut dice));
            }
        }
        releases
    }

    fn any(submitted: DateTime<Utc>, dice: &mut Dice) -> Self {
        use RolloutState::{
            Ignored, InVerification, Production, Rejected, StageRollout, Unverified, WaitingForResponse,
        };
        let (provider, product) = PROVIDERS[usize::try_from(dice.roll(6)).unwrap()];
        let way: &[RolloutState] = match dice.roll(12) {
            0 => &[Unverified, InVerification, Rejected],
            1 => &[Unverified, InVerification, WaitingForResponse, InVerification, StageRollout, Production],
            2 => &[Unverified, Ignored],
            3 => &[Unverified, Production],
            4 => &[Unverified, InVerification, StageRollout, Rejected],
            _ => &[Unverified, InVerification, StageRollout, Production],
        };
        let most = if dice.roll(15) == 0 { 2000 } else { 300 };
        let steps = way.iter().map(|state| (1 + i64::try_from(dice.roll(most)).unwrap(), *state)).collect();
        let version = format!("{}.{}.{}", 1 + dice.roll(4), dice.roll(12), dice.roll(9));
        Self { submitted, provider, product: format!("{product} {version}"), steps, emergency: way.len() == 2 }
    }
}

/// Teams with their NGIs; the last never answers.
const TEAMS: [(&str, &str); 9] = [
    ("LIP-Lisbon", "NGI_IBERGRID"),
    ("CESGA", "NGI_IBERGRID"),
    ("IFCA-LCG2", "NGI_IBERGRID"),
    ("INFN-T1", "NGI_IT"),
    ("INFN-Padova", "NGI_IT"),
    ("GRIF", "NGI_France"),
    ("CYFRONET-LCG2", "NGI_PL"),
    ("prague_cesnet_lcg2", "NGI_CZ"),
    ("BG05-SUGrid", "NGI_BG"),
];

/// The log of these releases, read at the end of 2026-11.
pub(super) fn log(releases: &[Release]) -> Facts {
    let mut facts = Facts::none(at("2026-12-01 06:00"));
    let mut dice = Dice(7);
    for (number, release) in (2201..).zip(releases) {
        facts.submitted.push(Submission { ticket: ticket(number), at: release.submitted, record: None, by: None });
        let (mut when, mut from) = (release.submitted, RolloutState::Submitted);
        for (hours, to) in &release.steps {
            if from == RolloutState::StageRollout {
                take_part(&mut facts, number, when, *hours, &mut dice);
            }
            when += TimeDelta::hours(*hours);
            facts.transitions.push(transition(release, number, when, from, *to));
            if *to == RolloutState::Production && dice.roll(3) > 0 {
                let at = when + TimeDelta::hours(i64::try_from(dice.roll(200)).unwrap());
                let record = RecordId::own(facts.published.len() as u64 + 1);
                facts.published.push(PublishedFact { record, ticket: ticket(number), at, link: None });
            }
            from = *to;
        }
    }
    let as_of = facts.as_of;
    facts.submitted.retain(|created| created.at < as_of);
    facts.transitions.retain(|fact| fact.at < as_of);
    facts.published.retain(|fact| fact.at < as_of);
    facts.participations.retain(|fact| fact.invited.is_some_and(|at| at < as_of));
    facts.transitions.sort_by_key(|fact| (fact.at, fact.ticket));
    for (seq, fact) in (1..).zip(&mut facts.transitions) {
        fact.record = RecordId::own(seq);
    }
    facts
}

fn transition(
    release: &Release,
    number: u64,
    at: DateTime<Utc>,
    from: RolloutState,
    to: RolloutState,
) -> TransitionFact {
    let reasons = ["security fix", "packages do not install", "documentation is missing"];
    let reason = reasons[usize::try_from(number % 3).unwrap()];
    let told = release.emergency || to == RolloutState::Rejected;
    TransitionFact {
        record: RecordId::own(0),
        ticket: ticket(number),
        at,
        from,
        asked: to,
        to,
        outcome: Outcome::Performed,
        by: Some(if release.emergency { "kostas" } else { "carlos" }.to_owned()),
        emergency: if release.emergency { Emergency::Yes } else { Emergency::No },
        provider: Some(release.provider.to_owned()),
        release: Some(release.product.clone()),
        reasons: told.then(|| reason.to_owned()),
    }
}

/// Some teams are asked when staged rollout begins.
fn take_part(facts: &mut Facts, number: u64, invited: DateTime<Utc>, hours: i64, dice: &mut Dice) {
    for (team, ngi) in TEAMS.into_iter().filter(|_| dice.roll(3) == 0).collect::<Vec<_>>() {
        let answers = team != "BG05-SUGrid" && dice.roll(6) > 0;
        let finished = answers.then(|| invited + TimeDelta::hours(hours * 2 / 3)).filter(|at| *at < facts.as_of);
        facts.participations.push(ParticipationFact {
            record: RecordId::own(facts.participations.len() as u64 + 1),
            ticket: ticket(number),
            team: team.to_owned(),
            site: Some(team.to_owned()),
            ngi: Some(ngi.to_owned()),
            participation: if answers { Participation::Accepted } else { Participation::NoAnswer },
            outcome: finished.map(|_| TeamOutcome::Accept),
            invited: Some(invited),
            answered: finished.map(|_| invited + TimeDelta::minutes(30)),
            started: None,
            finished,
            report: None,
        });
    }
}

/// Throws that are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides.max(1)
    }
}
