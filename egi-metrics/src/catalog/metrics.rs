//! The metrics and counted tables with their rules and columns.

use super::{ColumnSpec, MONTH, MetricSpec, PROVIDER, STATE, id};
use crate::frame::name;

const MEAN: ColumnSpec = ColumnSpec { name: name::MEAN_SECONDS, meaning: "the mean, rounded down; empty with n = 0" };
const MIN: ColumnSpec = ColumnSpec { name: name::MIN_SECONDS, meaning: "the least; empty with n = 0" };
const MAX: ColumnSpec = ColumnSpec { name: name::MAX_SECONDS, meaning: "the greatest; empty with n = 0" };
const MEDIAN: ColumnSpec = ColumnSpec { name: name::MEDIAN_SECONDS, meaning: "the median; empty with n < 5" };
const P85: ColumnSpec = ColumnSpec { name: name::P85_SECONDS, meaning: "85th percentile; empty with n < 5" };
const P95: ColumnSpec = ColumnSpec { name: name::P95_SECONDS, meaning: "95th percentile; empty with n < 5" };
const VALUES: ColumnSpec = ColumnSpec {
    name: name::VALUES_SECONDS,
    meaning: "with n < 5 the seconds themselves, ascending, with blanks between",
};

/// The metrics and counted tables, in the order they are printed.
pub const METRICS: [MetricSpec; 13] = [
    MetricSpec {
        id: id::M_REPO_1,
        title: "Releases delivered",
        definition: "Releases whose first performed transition to Unverified, from Submitted or as a retry from Failed, falls in the month; by technology provider. Shown apart: releases created; created but not delivered; ended without a delivery. Over all providers, not_delivered at the end of a month is that of the month before + created - delivered - ended_undelivered.",
        unit: "releases",
        file: "m-repo-1",
        labels: 2,
        columns: &[
            MONTH,
            PROVIDER,
            ColumnSpec { name: name::DELIVERED, meaning: "releases delivered in the month" },
            ColumnSpec {
                name: name::CREATED,
                meaning: "tickets created in the month; their provider is not known then",
            },
            ColumnSpec {
                name: name::NOT_DELIVERED,
                meaning: "tickets created by the end of the month and by then neither delivered nor ended; counted as (unknown)",
            },
            ColumnSpec {
                name: name::ENDED_UNDELIVERED,
                meaning: "releases that first reached Rejected, Ignored, NotPublished or Production in the month and had not been delivered",
            },
        ],
    },
    MetricSpec {
        id: id::M_REPO_2,
        title: "Releases that passed quality verification",
        definition: "Releases whose first granted request for StageRollout from InVerification or WaitingForResponse falls in the month; by technology provider. Performed or put in Deferred, the verification is done either way. A retry from Failed counts if such a request had failed or been refused. Shown apart, by their own first time: emergency skips, which are requests granted for StageRollout from Unverified and transitions performed to Production from Unverified, InVerification or WaitingForResponse.",
        unit: "releases",
        file: "m-repo-2",
        labels: 2,
        columns: &[
            MONTH,
            PROVIDER,
            ColumnSpec { name: name::VERIFIED, meaning: "releases that passed quality verification in the month" },
            ColumnSpec {
                name: name::EMERGENCY_SKIPS,
                meaning: "releases that passed by quality verification in the month; in no other column",
            },
        ],
    },
    MetricSpec {
        id: id::M_REPO_3,
        title: "Releases that passed staged rollout",
        definition: "Releases whose first performed transition from StageRollout to Production falls in the month; by technology provider. A retry from Failed counts if that transition had failed or been refused. Shown apart, by their own first time: emergency skips, which are transitions performed to Production from any other state.",
        unit: "releases",
        file: "m-repo-3",
        labels: 2,
        columns: &[
            MONTH,
            PROVIDER,
            ColumnSpec { name: name::ACCEPTED, meaning: "releases that passed staged rollout in the month" },
            ColumnSpec {
                name: name::EMERGENCY_SKIPS,
                meaning: "releases that reached Production in the month without leaving a staged rollout for it; in no other column",
            },
        ],
    },
    MetricSpec {
        id: id::M_SA1_3_1,
        title: "Early-adopter teams per release",
        definition: "For the releases whose staged rollout ended in the month, which is the first performed transition from StageRollout to Production, Rejected, Ignored or NotPublished: the teams that accepted to take part and reported an outcome (Accept, AcceptWithWarnings, Reject or Aborted) by the month's end. The mean is rounded to hundredths.",
        unit: "teams",
        file: "m-sa1-3-1",
        labels: 1,
        columns: &[
            MONTH,
            ColumnSpec { name: name::RELEASES, meaning: "releases whose staged rollout ended in the month: n" },
            ColumnSpec { name: name::TEAMS, meaning: "their teams, a team once for each release" },
            ColumnSpec { name: name::WITHOUT_TEAM, meaning: "releases without any team" },
            ColumnSpec { name: name::MEAN_TEAMS, meaning: "teams per release; empty without releases" },
            ColumnSpec {
                name: name::MEDIAN_TEAMS,
                meaning: "median of the releases' numbers of teams; empty with n < 5",
            },
            ColumnSpec {
                name: name::VALUES_TEAMS,
                meaning: "with n < 5 the numbers of teams themselves, ascending, with blanks between",
            },
        ],
    },
    MetricSpec {
        id: id::M_SA1_3_2,
        title: "Staged rollouts with success",
        definition: "Releases whose first performed transition from StageRollout to Production falls in the month; by technology provider. A retry from Failed counts if that transition had failed or been refused.",
        unit: "releases",
        file: "m-sa1-3-2",
        labels: 2,
        columns: &[
            MONTH,
            PROVIDER,
            ColumnSpec { name: name::SUCCESSES, meaning: "staged rollouts that ended in Production in the month" },
        ],
    },
    MetricSpec {
        id: id::M_SA1_3_3,
        title: "Staged rollouts with reject",
        definition: "Releases whose first performed transition from StageRollout or Deferred to Rejected falls in the month; by technology provider. A retry from Failed counts if that transition had failed or been refused. Rejections out of other states are in outcomes.csv alone.",
        unit: "releases",
        file: "m-sa1-3-3",
        labels: 2,
        columns: &[
            MONTH,
            PROVIDER,
            ColumnSpec { name: name::REJECTS, meaning: "staged rollouts that ended in Rejected in the month" },
            ColumnSpec { name: name::REJECTED_DEFERRED, meaning: "those of them that were rejected while Deferred" },
        ],
    },
    MetricSpec {
        id: id::M_SA1_3_4,
        title: "Time from staged rollout to accepted",
        definition: "From a release's first stay in StageRollout to its first performed transition from StageRollout to Production, for the releases of which the latter falls in the month. The time spent Deferred or Failed in between is part of it and shown apart.",
        unit: "seconds, rounded down for each release",
        file: "m-sa1-3-4",
        labels: 1,
        columns: &[
            MONTH,
            ColumnSpec { name: name::RELEASES, meaning: "releases accepted in the month whose time is known: n" },
            ColumnSpec {
                name: name::LEFT_OUT,
                meaning: "releases left out, because the log does not tell when they entered staged rollout, or has it after their acceptance",
            },
            MEAN,
            MIN,
            MAX,
            MEDIAN,
            P85,
            P95,
            VALUES,
            ColumnSpec {
                name: name::DEFERRED_SECONDS,
                meaning: "seconds the n releases together were Deferred in between",
            },
            ColumnSpec {
                name: name::FAILED_SECONDS,
                meaning: "seconds the n releases together were Failed in between",
            },
        ],
    },
    MetricSpec {
        id: id::M_SA1_3_5,
        title: "Time from accepted to report published",
        definition: "From a release's acceptance (as in M.SA1.3-4) to its first report being published, in the month in which both have happened. A report published before acceptance counts as 0 and is counted apart. Accepted releases without a report by the month's end are counted, and listed with their age.",
        unit: "seconds, rounded down for each release",
        file: "m-sa1-3-5",
        labels: 1,
        columns: &[
            MONTH,
            ColumnSpec {
                name: name::PUBLISHED,
                meaning: "accepted releases with a report, the later of the two in the month: n",
            },
            ColumnSpec {
                name: name::BEFORE_ACCEPTANCE,
                meaning: "those of them whose report was published before they were accepted",
            },
            MEAN,
            MIN,
            MAX,
            MEDIAN,
            P85,
            P95,
            VALUES,
            ColumnSpec {
                name: name::WITHOUT_REPORT,
                meaning: "releases accepted and without a report at the month's end",
            },
        ],
    },
    MetricSpec {
        id: id::M_SA1_3_6,
        title: "Releases per early-adopter team",
        definition: "Participations whose outcome was reported in the month, by team: one for each team and release; of several, the one with the earliest outcome. Beside them, by their own times, what the team was asked and answered.",
        unit: "releases",
        file: "m-sa1-3-6",
        labels: 4,
        columns: &[
            MONTH,
            ColumnSpec {
                name: name::TEAM,
                meaning: "the early-adopter team; (unknown) where none is named, (all) for the sum of the rows above",
            },
            ColumnSpec {
                name: name::SITE,
                meaning: "its site, as its first participation counted in the month names it",
            },
            ColumnSpec {
                name: name::NGI,
                meaning: "its NGI, as its first participation counted in the month names it",
            },
            ColumnSpec { name: name::RELEASES, meaning: "releases the team reported an outcome of in the month" },
            ColumnSpec { name: name::ACCEPTS, meaning: "of these, with Accept" },
            ColumnSpec { name: name::WARNINGS, meaning: "of these, with AcceptWithWarnings" },
            ColumnSpec { name: name::REJECTS, meaning: "of these, with Reject" },
            ColumnSpec { name: name::ABORTS, meaning: "of these, with Aborted" },
            ColumnSpec { name: name::INVITED, meaning: "releases the team was asked to try in the month" },
            ColumnSpec { name: name::DECLINED, meaning: "releases the team declined to try in the month" },
            ColumnSpec {
                name: name::NO_ANSWER,
                meaning: "releases the team was asked to try in the month and had not answered for by its end",
            },
        ],
    },
    MetricSpec {
        id: id::M_SA1_3_7,
        title: "Releases per NGI",
        definition: "The participations of M.SA1.3-6 by the NGI that each names, and beside them the distinct releases: two teams of one NGI on one release are 2 participations and 1 release. In the row (all), a release counts once, whichever NGIs took part.",
        unit: "participations; releases",
        file: "m-sa1-3-7",
        labels: 2,
        columns: &[
            MONTH,
            ColumnSpec { name: name::NGI, meaning: "the NGI; (unknown) where none is named, (all) for all" },
            ColumnSpec {
                name: name::PARTICIPATIONS,
                meaning: "participations whose outcome was reported in the month",
            },
            ColumnSpec { name: name::RELEASES, meaning: "distinct releases they belong to" },
        ],
    },
    MetricSpec {
        id: id::OUTCOMES,
        title: "Other ends, and requests that came to nothing",
        definition: "Releases whose first performed transition to Rejected, Ignored or NotPublished falls in the month; and, request by request, those that failed and those that were refused in the month; by technology provider.",
        unit: "releases; requests for the last two columns",
        file: "outcomes",
        labels: 2,
        columns: &[
            MONTH,
            PROVIDER,
            ColumnSpec { name: name::REJECTED, meaning: "releases rejected in the month" },
            ColumnSpec { name: name::IGNORED, meaning: "releases ignored in the month" },
            ColumnSpec { name: name::NOT_PUBLISHED, meaning: "releases not published in the month" },
            ColumnSpec {
                name: name::FAILED_REQUESTS,
                meaning: "requests that failed in the month; every one counts, so these are not releases",
            },
            ColumnSpec {
                name: name::REFUSED_REQUESTS,
                meaning: "requests refused in the month; every one counts, so these are not releases",
            },
        ],
    },
    MetricSpec {
        id: id::FLOW,
        title: "Flow and work in progress",
        definition: "For every state: releases in it when the month begins, stays begun, stays ended, releases in it when the month ends. A record that leaves a release where it was (a retry that fails again, a release deferred again) ends and begins no stay.",
        unit: "releases; stays for entries and exits",
        file: "flow",
        labels: 2,
        columns: &[
            MONTH,
            STATE,
            ColumnSpec { name: name::WIP_START, meaning: "releases in the state when the month begins" },
            ColumnSpec { name: name::ENTRIES, meaning: "stays begun in the month" },
            ColumnSpec { name: name::EXITS, meaning: "stays ended in the month" },
            ColumnSpec { name: name::WIP_END, meaning: "releases in the state when the month ends" },
            ColumnSpec {
                name: name::UNEXPLAINED,
                meaning: "wip_end - (wip_start + entries - exits): 0, unless the log has impossible times",
            },
        ],
    },
    MetricSpec {
        id: id::TIME_IN_STATE,
        title: "Time in state",
        definition: "For every state that can be left: the releases that left it in the month, each with the sum of all its stays in it that ended by the end of the month; and the releases still in it then. The age of what is still open is measured at the end of the month, or when the facts were read if that is earlier.",
        unit: "seconds, rounded down for each stay",
        file: "time-in-state",
        labels: 2,
        columns: &[
            MONTH,
            STATE,
            ColumnSpec { name: name::RELEASES, meaning: "releases that left the state in the month: n" },
            ColumnSpec { name: name::STAYS, meaning: "their stays in the state so far, all of which are summed" },
            ColumnSpec {
                name: name::LEFT_OUT,
                meaning: "stays ended in the month and left out, because the log has their end before their begin",
            },
            MEDIAN,
            P85,
            P95,
            VALUES,
            ColumnSpec { name: name::OPEN, meaning: "releases in the state when the month ends" },
            ColumnSpec { name: name::OLDEST_OPEN_TICKET, meaning: "the one of them that is there longest" },
            ColumnSpec { name: name::OLDEST_OPEN_ENTERED, meaning: "since when" },
            ColumnSpec { name: name::OLDEST_OPEN_SECONDS, meaning: "its age" },
        ],
    },
];
