//! The table: what can be done by hand and who may. `docs/roles.md` is rendered from it.

use egi_model::role::Role;

/// What the table says of an act.
pub(super) struct Rule {
    /// The command, without the program's name.
    pub(super) command: &'static str,
    /// What it changes.
    pub(super) changes: &'static str,
    /// Who may, besides administrators, who may do all of it.
    pub(super) may: &'static [Role],
    /// Where it is written down.
    pub(super) log: &'static str,
}

/// Something that people do by hand and that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    RepoRollback,
    RepoRefresh,
    RepoGc,
    RepoWaive,
    SyncApply,
    DoctorFix,
    ReportClose,
    FactsImport,
    EaLoad,
    TicketComment,
    RtApply,
    RtImportHistory,
    StoreCopy,
}

/// Where everything is written down that no other log tells of.
const HAND: &str = "`nsrw repo log`";

impl Act {
    /// All of them.
    pub(super) const ALL: &[Self] = &[
        Self::RepoRollback,
        Self::RepoRefresh,
        Self::RepoGc,
        Self::RepoWaive,
        Self::SyncApply,
        Self::DoctorFix,
        Self::ReportClose,
        Self::FactsImport,
        Self::EaLoad,
        Self::TicketComment,
        Self::RtApply,
        Self::RtImportHistory,
        Self::StoreCopy,
    ];

    pub(super) fn rule(self) -> Rule {
        use Role::{Admin, Provider, ReleaseManager, RolloutManager, Verifier};
        let rule = |command, changes, may| Rule { command, changes, may, log: HAND };
        match self {
            Self::RepoRollback => rule("repo rollback", "what a repository shows", &[ReleaseManager, Admin]),
            Self::RepoRefresh => rule("repo refresh", "the indexes of repositories", &[ReleaseManager, Admin]),
            Self::RepoGc => rule("repo gc", "what can still be brought back", &[Admin]),
            Self::RepoWaive => rule("repo waive", "what counts at the gate", &[ReleaseManager, Admin]),
            Self::SyncApply => rule("sync --apply", "whatever differs", &[Admin]),
            Self::DoctorFix => rule("doctor --fix", "what is safe to mend", &[Admin]),
            Self::ReportClose => rule("report --close", "a month's figures: they are frozen", &[ReleaseManager, Admin]),
            Self::FactsImport => rule("facts import", "what numbers are counted from", &[ReleaseManager, Admin]),
            Self::EaLoad => rule("ea load", "the list of early-adopter teams", &[RolloutManager, Admin]),
            Self::RtApply => rule("rt apply", "Request Tracker's configuration", &[Admin]),
            Self::RtImportHistory => rule("rt import-history", "the log of releases, by its past", &[Admin]),
            Self::StoreCopy => rule("store copy", "another database", &[Admin]),
            Self::TicketComment => Rule {
                log: "the ticket",
                ..rule("ticket comment", "a ticket", &[Provider, Verifier, RolloutManager, ReleaseManager, Admin])
            },
        }
    }
}

/// What is judged elsewhere, by rules that know more than roles: who, what is judged, by which rule, where it is written down.
pub(super) const ELSEWHERE: &[[&str; 4]] = &[
    ["`nsrw ticket new`", "who may write each field", "the desk's rules, from the table of fields", "the ticket"],
    [
        "`nsrw ticket set`",
        "who may write each field, and who may ask for which state",
        "the same, and [transitions.md](transitions.md)",
        "the ticket, and `nsrw history`",
    ],
    [
        "`nsrw ea accept`, `decline`, `report`",
        "a member of the team, or the role rollout-manager",
        "[staged-rollout.md](staged-rollout.md)",
        "the log of staged rollouts, and the ticket",
    ],
    [
        "`nsrw ea answer`",
        "the role rollout-manager",
        "[staged-rollout.md](staged-rollout.md)",
        "the log of staged rollouts, and the ticket",
    ],
    [
        "`nsrw ea consolidate --link`",
        "who may write StageRollout-Report",
        "the desk's rules, from the table of fields",
        "the ticket, and the log of staged rollouts",
    ],
    [
        "`POST /api/rollout`",
        "who has the site's secret (`api.secret_file`); it wakes the worker, which reads from the ticket who asked",
        "the signature; then [transitions.md](transitions.md)",
        "`nsrw history`",
    ],
    [
        "`POST /api/participation`",
        "who has the team's own key (`early_adopters.keys`); for that team alone",
        "the signature; then [staged-rollout.md](staged-rollout.md)",
        "the log of staged rollouts, and the ticket",
    ],
    ["`GET /health`, `GET /ready`", "anybody", "", ""],
];
