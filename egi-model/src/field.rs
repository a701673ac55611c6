//! The ticket's fields, as the specification's table "Fields in RT Ticket" has them.
//!
//! [`FIELDS`] is the only place that says what a field is called, which values it takes, what it defaults to, when
//! it may be empty and who writes it. RT's configuration, the embedded desk and the checks read it from here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::role::Role;
use crate::rollout::RolloutState;
use crate::ticket::CommunicationStatus;

/// A field of a release's ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Field {
    /// Where the release can be installed from now.
    RepositoryUrl,
    /// How the release is fetched.
    SyncProtocol,
    /// Where the release is fetched from.
    SyncUrl,
    /// The major release or software this release belongs to.
    AssociatedMajorRelease,
    /// Whether the release replaces (base) or adds (updates).
    ReleaseType,
    /// Whether the release may skip areas.
    EmergencyRelease,
    /// Where the release stands.
    RolloutProgress,
    /// Link to the quality-criteria verification report.
    VerificationReport,
    /// Link to the consolidated staged-rollout report.
    StageRolloutReport,
    /// The file `release.xml`.
    ReleaseMetadata,
    /// The file `checksums.xml`.
    Checksums,
    /// The repository's answer to the last change.
    CommunicationStatus,
    /// The UMD major the verifier assigns.
    UmdRelease,
    /// Why the release is accepted without the evidence that is asked for.
    RolloutOverride,
    /// Whether the release is behind the service limit of its state.
    Delayed,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// One line of text.
    Text,
    /// A link.
    Url,
    /// One of these values.
    Choice(&'static [&'static str]),
    /// A rollout state.
    State,
    /// A file of this name.
    File(&'static str),
}

/// When a field may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullRule {
    /// "null: no": it has a value from the ticket's creation on.
    Never,
    /// Filled on the way: it must have a value before a release passes from one of `from` to one of `to`.
    FilledBefore {
        /// The phase that fills it.
        from: &'static [RolloutState],
        /// The states that need it.
        to: &'static [RolloutState],
    },
    /// It may stay empty.
    Allowed,
}

/// One row of the specification's table.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    /// The field.
    pub field: Field,
    /// Its name in Request Tracker.
    pub rt_name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The values it takes.
    pub kind: FieldKind,
    /// The value a new ticket starts with.
    pub default: Option<&'static str>,
    /// When it may be empty.
    pub null: NullRule,
    /// Who reads it; the specification says "All" throughout.
    pub read: &'static str,
    /// Who writes it.
    pub write: &'static [Role],
    /// Whether the value of the creation stands for good.
    pub write_once: bool,
}

use RolloutState::{InVerification, Production, StageRollout, WaitingForResponse};

const BY_PROVIDER: &[Role] = &[Role::Provider];
const BY_REPOSITORY: &[Role] = &[Role::Repository];

/// A row whose value the provider gives on creation.
const fn given(field: Field, rt_name: &'static str, kind: FieldKind, description: &'static str) -> FieldSpec {
    FieldSpec {
        field,
        rt_name,
        description,
        kind,
        default: None,
        null: NullRule::Never,
        read: "All",
        write: BY_PROVIDER,
        write_once: false,
    }
}

/// The specification's field table, with the two fields that arrived later (`CommunicationStatus`, `UMDRelease`), the
/// checksums file, the word by which staged rollout is passed without its evidence, and the mark of what is overdue.
pub const FIELDS: [FieldSpec; 15] = [
    FieldSpec {
        null: NullRule::Allowed,
        write: BY_REPOSITORY,
        ..given(
            Field::RepositoryUrl,
            "RepositoryURL",
            FieldKind::Url,
            "Where the release can be installed from in its present state",
        )
    },
    FieldSpec {
        default: Some("rsync"),
        ..given(
            Field::SyncProtocol,
            "Sync-Protocol",
            FieldKind::Choice(&["rsync", "http", "ftp", "file"]),
            "The protocol the release is fetched by",
        )
    },
    given(Field::SyncUrl, "Sync-URL", FieldKind::Url, "The place the release is fetched from"),
    given(
        Field::AssociatedMajorRelease,
        "AssociatedMajorRelease",
        FieldKind::Text,
        "The major release or software this release belongs to",
    ),
    FieldSpec {
        default: Some("NonIncremental"),
        ..given(
            Field::ReleaseType,
            "ReleaseType",
            FieldKind::Choice(&["NonIncremental", "Incremental"]),
            "NonIncremental goes to base, Incremental to updates",
        )
    },
    FieldSpec {
        default: Some("No"),
        ..given(
            Field::EmergencyRelease,
            "EmergencyRelease",
            FieldKind::Choice(&["No", "Yes"]),
            "Whether the release may go straight to production",
        )
    },
    FieldSpec {
        default: Some("Submitted"),
        write: &[Role::Verifier, Role::RolloutManager, Role::ReleaseManager, Role::Admin, Role::Repository],
        ..given(Field::RolloutProgress, "RolloutProgress", FieldKind::State, "Where the release stands")
    },
    FieldSpec {
        null: NullRule::FilledBefore { from: &[InVerification, WaitingForResponse], to: &[StageRollout] },
        write: &[Role::Verifier],
        ..given(
            Field::VerificationReport,
            "Verification-Report",
            FieldKind::Url,
            "Link to the report of the quality-criteria verification",
        )
    },
    FieldSpec {
        null: NullRule::FilledBefore { from: &[StageRollout], to: &[Production] },
        write: &[Role::RolloutManager],
        ..given(
            Field::StageRolloutReport,
            "StageRollout-Report",
            FieldKind::Url,
            "Link to the report that consolidates those of the early adopters",
        )
    },
    FieldSpec {
        write_once: true,
        ..given(
            Field::ReleaseMetadata,
            "Release-metadata",
            FieldKind::File("release.xml"),
            "The release's metadata, read once, on Submitted to Unverified",
        )
    },
    FieldSpec {
        write_once: true,
        ..given(
            Field::Checksums,
            "Release-checksums",
            FieldKind::File("checksums.xml"),
            "Size and digests of every file of the release",
        )
    },
    FieldSpec {
        null: NullRule::Allowed,
        write: BY_REPOSITORY,
        ..given(
            Field::CommunicationStatus,
            "CommunicationStatus",
            FieldKind::Choice(&[
                CommunicationStatus::Pending.as_str(),
                CommunicationStatus::Ok.as_str(),
                CommunicationStatus::Error.as_str(),
            ]),
            "The repository's answer to the last change of RolloutProgress",
        )
    },
    FieldSpec {
        null: NullRule::Allowed,
        write: &[Role::Verifier],
        ..given(
            Field::UmdRelease,
            "UMDRelease",
            FieldKind::Choice(&["1", "2", "3", "4", "5"]),
            "The UMD major the verifier assigns",
        )
    },
    FieldSpec {
        null: NullRule::Allowed,
        write: &[Role::ReleaseManager],
        ..given(
            Field::RolloutOverride,
            "StageRollout-Override",
            FieldKind::Text,
            "Why the release is accepted without the evidence of early adopters that is asked for",
        )
    },
    FieldSpec {
        null: NullRule::Allowed,
        write: BY_REPOSITORY,
        ..given(
            Field::Delayed,
            "Delayed",
            FieldKind::Choice(&["Yes"]),
            "Whether the release has stood in its state for longer than the service limit allows",
        )
    },
];

impl Field {
    /// The field's row in [`FIELDS`].
    #[must_use]
    pub fn spec(self) -> &'static FieldSpec {
        // The position of a field in `FIELDS` is its declaration order; a test holds the two together.
        FIELDS.get(self as usize).unwrap_or(&FIELDS[0])
    }

    /// The field's name in Request Tracker.
    #[must_use]
    pub fn rt_name(self) -> &'static str {
        self.spec().rt_name
    }

    /// Whether the field holds a file.
    #[must_use]
    pub fn is_file(self) -> bool {
        matches!(self.spec().kind, FieldKind::File(_))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.rt_name())
    }
}

impl From<Field> for &'static str {
    fn from(field: Field) -> Self {
        field.rt_name()
    }
}

/// A text that names no field of the ticket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no field of a release ticket; the fields are {names}", names = FIELDS.map(|s| s.rt_name).join(", "))]
pub struct UnknownField(pub String);

impl FromStr for Field {
    type Err = UnknownField;

    /// Case, `-` and `_` do not matter: `sync_url` is read as `Sync-URL`.
    fn from_str(text: &str) -> Result<Self, UnknownField> {
        let fold = |s: &str| s.to_ascii_lowercase().replace(['-', '_', ' '], "");
        let wanted = fold(text);
        FIELDS
            .iter()
            .find(|spec| fold(spec.rt_name) == wanted)
            .map(|spec| spec.field)
            .ok_or_else(|| UnknownField(text.to_owned()))
    }
}

impl TryFrom<String> for Field {
    type Error = UnknownField;

    fn try_from(text: String) -> Result<Self, UnknownField> {
        text.parse()
    }
}

/// Why a value does not fit its field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} can not be \"{given}\"; {expected}")]
pub struct ValueError {
    /// The field.
    pub field: Field,
    /// The value as it came.
    pub given: String,
    /// What would do.
    pub expected: String,
}

impl FieldSpec {
    /// Checks `value` and returns it in its canonical spelling. An empty value is not this function's matter: see
    /// [`NullRule`].
    pub fn check(&self, value: &str) -> Result<String, ValueError> {
        let value = value.trim();
        let refused = |expected: String| ValueError { field: self.field, given: value.to_owned(), expected };
        match self.kind {
            FieldKind::Text | FieldKind::File(_) if value.contains(['\n', '\r']) => {
                Err(refused("one line is expected".to_owned()))
            }
            FieldKind::Text | FieldKind::File(_) => Ok(value.to_owned()),
            FieldKind::Url if is_url(value) => Ok(value.to_owned()),
            FieldKind::Url => Err(refused("a link such as https://host/path is expected".to_owned())),
            FieldKind::State => value.parse().map(|s: RolloutState| s.to_string()).map_err(|e| refused(e.to_string())),
            FieldKind::Choice(values) => values
                .iter()
                .find(|v| v.eq_ignore_ascii_case(value))
                .map(|v| (*v).to_owned())
                .ok_or_else(|| refused(format!("use one of {}", values.join(", ")))),
        }
    }
}

fn is_url(text: &str) -> bool {
    let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control());
    plain
        && text.split_once("://").is_some_and(|(scheme, rest)| {
            !rest.is_empty()
                && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_one_row_and_reads_back() {
        for spec in FIELDS {
            assert_eq!(spec.field.spec().rt_name, spec.rt_name);
            assert_eq!(spec.rt_name.parse(), Ok(spec.field));
        }
    }

    #[test]
    fn defaults_are_values() {
        for spec in FIELDS {
            if let Some(default) = spec.default {
                assert_eq!(spec.check(default).as_deref(), Ok(default));
            }
        }
    }

    #[test]
    fn a_wrong_value_says_what_would_do() {
        let error = Field::ReleaseType.spec().check("Delta").unwrap_err().to_string();
        assert_eq!(error, "ReleaseType can not be \"Delta\"; use one of NonIncremental, Incremental");
        assert!(Field::SyncUrl.spec().check("not a url").is_err());
    }
}
