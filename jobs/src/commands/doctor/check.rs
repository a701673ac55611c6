//! What is looked for: the one list, which `docs/doctor.md` is rendered from.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// Nothing is wrong; somebody may want to know.
    Note,
    /// Something will go wrong, or goes wrong for some.
    Warning,
    /// Something is wrong.
    Fault,
}

impl Severity {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// What there is to say of a check whatever it finds.
pub(super) struct Description {
    /// What it is known by, to scripts too: it never changes.
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    pub(super) meaning: &'static str,
    /// What a person does about it, where the finding itself has no better advice.
    pub(super) repair: &'static str,
    /// What `--fix` does about it; where it can.
    pub(super) fix: Option<&'static str>,
}

macro_rules! checks {
    ($($name:ident $severity:ident $code:literal: $meaning:literal, $repair:literal $(, fix $fix:literal)?;)+) => {
        /// Something that is looked for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Check {
            $(#[doc = $meaning] $name,)+
        }

        impl Check {
            /// All of them, in the order in which they are looked for.
            pub(super) const ALL: &[Self] = &[$(Self::$name),+];

            pub(super) const fn describe(self) -> Description {
                match self {
                    $(Self::$name => Description {
                        code: $code,
                        severity: Severity::$severity,
                        meaning: $meaning,
                        repair: $repair,
                        fix: checks!(@fix $($fix)?),
                    },)+
                }
            }
        }
    };
    (@fix) => { None };
    (@fix $fix:literal) => { Some($fix) };
}

checks! {
    SecretMissing Fault "secret-missing":
        "a file with a secret that the settings name can not be read",
        "write it, readable by the site's user alone, or correct the setting";
    SecretOpen Warning "secret-open":
        "others than the site's user can read or change a secret",
        "chmod 0600 it, and replace it if anybody may have read it",
        fix "takes the rights away";
    NobodyIsAdmin Warning "nobody-is-admin":
        "nobody may do by hand what takes an administrator",
        "give somebody the role \"admin\" in [[people]] of nsrw.toml";
    SiteUnusable Fault "site-unusable":
        "the site can not be opened, so nothing else was looked at",
        "see what it says; then run `nsrw doctor` again";
    DatabaseUnreachable Fault "database-unreachable":
        "the database does not answer, so nothing else was looked at",
        "start the database's server, or correct [store] of nsrw.toml; then run `nsrw doctor` again";
    DatabaseSchema Fault "database-schema":
        "the tables are not those of this program: a newer one made them, or they can not be brought up to date",
        "run the newer program, or restore the database from a backup";
    NotExamined Warning "not-examined":
        "something could not be looked at",
        "mend what it says; then run `nsrw doctor` again";
    HistoryBroken Fault "history-broken":
        "records of the log of releases were altered or removed",
        "compare with a backup of the database: `nsrw history verify` tells each record";
    ClaimOfDeadWorker Warning "claim-of-dead-worker":
        "a process of this machine that is no more still holds a message",
        "nsrw promote",
        fix "ends its claim";
    MessageFails Warning "message-fails":
        "a message was tried again and again, and goes on failing",
        "mend what it says; it is tried again by itself";
    PlanUnheld Warning "plan-unheld":
        "a plan was begun and not finished, and nobody works on it although it is time",
        "nsrw promote";
    MessageOverdue Warning "message-overdue":
        "messages could be worked on for longer than a lease lasts, and nobody does",
        "start `nsrw serve`, or run `nsrw promote`";
    ContentMissing Fault "content-missing":
        "files of a release are not in the pool, or not in their size",
        "restore them from a backup of the tree: a file's name is its sha256";
    LettersStuck Warning "letters-stuck":
        "letters wait that should have left",
        "nsrw notify";
    TicketsUnreachable Fault "tickets-unreachable":
        "the ticket system does not answer, so tickets were not compared",
        "see whether it runs, and rt.url; `nsrw queue` tells whether the worker leaves it in peace";
    TicketsSetup Fault "tickets-setup":
        "the ticket system has not all that the workflow needs",
        "nsrw rt diff, then nsrw rt apply";
    ClockDiffers Warning "clock-differs":
        "the clocks here and at the ticket system differ by more than half of what notices may",
        "set the clocks by NTP on both machines";
    NoticeMissed Warning "notice-missed":
        "a change of a ticket never arrived",
        "nsrw sync --apply",
        fix "puts it into the inbox";
    TicketUnusable Fault "ticket-unusable":
        "a ticket can not be read",
        "mend the ticket in the ticket system";
    TicketUnknown Warning "ticket-unknown":
        "a ticket is not on record",
        "nsrw sync --apply",
        fix "puts it on record";
    TicketElsewhere Warning "ticket-elsewhere":
        "a ticket says another state than is on record, and no change of it waits",
        "nsrw sync --apply",
        fix "has the ticket looked at again";
    TicketUntold Warning "ticket-untold":
        "a ticket was never told what it should say",
        "nsrw sync --apply",
        fix "has the ticket looked at again";
    TicketGone Fault "ticket-gone":
        "the ticket of a release is gone, or was taken out of sight",
        "bring the ticket back, or give the repository's account the right to see it";
    ReleaseMissing Fault "release-missing":
        "a release is not in the repository where it belongs",
        "nsrw sync --apply",
        fix "publishes it there";
    ReleaseExtra Fault "release-extra":
        "a release is in a repository where it does not belong",
        "nsrw sync --apply",
        fix "withdraws it from there";
    ReleaseHeld Note "release-held":
        "somebody went back to an earlier generation, and the release's ticket does not say so",
        "set the ticket to where the release shall be";
    LiveDamaged Fault "live-damaged":
        "a live repository lacks files that it shows, or has them in another size",
        "nsrw repo verify tells every file; restore those of the pool from a backup, then nsrw repo refresh --all",
        fix "publishes the repository anew, where the pool has all of its files";
    PublicationUnfinished Warning "publication-unfinished":
        "several repositories were to become visible together, and the run that did it was killed",
        "nsrw promote",
        fix "finishes it";
    PagesBehind Note "pages-behind":
        "feeds and folder pages are behind what is live: their run was killed",
        "nsrw promote",
        fix "writes them";
    BuildLeftover Note "build-leftover":
        "what a killed run was building lies in tmp/",
        "it goes with the next publication",
        fix "removes it";
    ScratchLeftover Note "scratch-leftover":
        "a folder of a delivery that nobody works on lies in scratch/",
        "nsrw promote",
        fix "removes it";
    IndexExpiring Warning "index-expiring":
        "less than half of an index's time is left, or none; clients refuse it when it is over",
        "nsrw repo refresh",
        fix "publishes the repository anew";
    AuditLogBroken Fault "audit-log-broken":
        "records of the log of what is done by hand were altered or removed",
        "compare log.jsonl of the repository tree with a backup";
    SigningUnusable Fault "signing-unusable":
        "indexes can not be signed, so nothing can be published",
        "mend what it says, in [signing] of nsrw.toml";
    SigningExpiring Warning "signing-expiring":
        "a key that signs indexes expires within a month",
        "prolong it, or let another take over: docs/repository.md tells how";
    DiskShort Warning "disk-short":
        "a delivery may be larger than what is free on the repository tree's file system",
        "make room (`nsrw repo gc`), or lower fetch.max_bytes";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_one_checks_own_and_is_written_as_codes_are() {
        let codes: BTreeSet<&str> = Check::ALL.iter().map(|check| check.describe().code).collect();
        assert_eq!(codes.len(), Check::ALL.len());
        assert!(codes.iter().all(|code| code.chars().all(|c| c == '-' || c.is_ascii_lowercase())), "{codes:?}");
    }
}
