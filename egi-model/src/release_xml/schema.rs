//! The three generations side by side: how each calls a value, and how much it insists on it.

use super::Generation;
use super::Generation::{G1, G2, G3};
use crate::xml::local;

/// How much a generation insists on an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// It must be there and hold a value.
    Value,
    /// It must be there; empty, it is a warning, because the workflow can do without.
    Element,
    /// Without it there is a warning: the ticket's field decides.
    Advised,
    /// It may be left out.
    Optional,
}

/// A value that stands at most once in a release.
#[derive(Debug)]
pub(super) struct Field {
    names: [&'static str; 3],
    needs: [Need; 3],
    examples: [&'static str; 3],
}

impl Field {
    /// The name it has in a generation, with the usual prefix.
    pub(super) fn name(&self, generation: Generation) -> &'static str {
        pick(self.names, generation)
    }

    /// How much a generation insists on it.
    pub(super) fn need(&self, generation: Generation) -> Need {
        pick(self.needs, generation)
    }

    /// What it may look like in a generation, for advice.
    pub(super) fn example(&self, generation: Generation) -> &'static str {
        pick(self.examples, generation)
    }

    /// Its names without prefix, the generation's own first: authors mixed the generations.
    pub(super) fn names(&self, generation: Generation) -> impl Iterator<Item = &'static str> {
        [generation, G1, G2, G3].into_iter().map(|g| local(self.name(g)))
    }
}

fn pick<T: Copy>([g1, g2, g3]: [T; 3], generation: Generation) -> T {
    match generation {
        G1 => g1,
        G2 => g2,
        G3 => g3,
    }
}

const fn field(names: [&'static str; 3], needs: [Need; 3], example: &'static str) -> Field {
    Field { names, needs, examples: [example; 3] }
}

use Need::{Advised, Element, Optional, Value};

/// The element that holds everything.
pub(super) const RELEASE: &str = "Release";

pub(super) const PRODUCT: Field =
    field(["Name", "DistributionName", "release:productName"], [Value, Value, Value], "StoRM");
pub(super) const SHORT_NAME: Field = field(
    ["DistributionShortName", "DistributionShortName", "release:productShortName"],
    [Optional, Optional, Value],
    "INFN.storm.sl6.x86_64",
);
pub(super) const PROVIDER: Field =
    field(["SoftwareProvider", "TechnologyProvider", "release:technologyProvider"], [Value, Value, Value], "INFN");
pub(super) const PROVIDER_SHORT: Field = field(
    ["TechnologyProviderShortName", "TechnologyProviderShortName", "release:technologyProviderShortName"],
    [Optional, Optional, Advised],
    "INFN",
);
pub(super) const CONTACT: Field =
    field(["Contact", "Contact", "release:contact"], [Value, Value, Value], "release-team@example.org");
pub(super) const TECHNICAL_CONTACT: Field = field(
    ["TechnicalContact", "TechnicalContact", "release:technicalContact"],
    [Optional, Optional, Advised],
    "developers@example.org",
);
pub(super) const DESCRIPTION: Field =
    field(["Description", "Description", "release:description"], [Value, Value, Value], "What the product does");
pub(super) const KEYWORDS: Field =
    field(["Keywords", "Keywords", "release:keywords"], [Optional, Optional, Optional], "storage, srm");
pub(super) const DATE: Field = Field {
    names: ["Date", "ISODate", "release:ISODate"],
    needs: [Value, Value, Element],
    examples: ["23/5/2019", "20190523", "20190523"],
};
pub(super) const VERSION: Field = field(["Version", "", ""], [Value, Optional, Optional], "1.37-1");
pub(super) const MAJOR: Field =
    field(["MajorVersion", "MajorVersion", "release:majorVersion"], [Optional, Value, Value], "1");
pub(super) const MINOR: Field =
    field(["MinorVersion", "MinorVersion", "release:minorVersion"], [Optional, Optional, Optional], "11");
pub(super) const REVISION: Field =
    field(["RevisionVersion", "RevisionVersion", "release:revisionVersion"], [Optional, Optional, Optional], "4");
pub(super) const RELEASE_NOTES: Field = field(
    ["ReleaseNotes", "ReleaseNotes", "release:releaseNotes"],
    [Optional, Advised, Element],
    "https://example.org/notes",
);
pub(super) const CHANGE_LOG: Field =
    field(["ChangeLog", "ChangeLog", "release:changeLog"], [Optional, Advised, Element], "https://example.org/changes");
pub(super) const INCREMENTAL: Field =
    field(["Incremental", "Incremental", "release:incremental"], [Optional, Optional, Advised], "true");
pub(super) const EMERGENCY: Field =
    field(["Emergency", "Emergency", "release:emergency"], [Optional, Optional, Advised], "false");
pub(super) const SYNC_PROTOCOL: Field =
    field(["SynchProtocol", "SynchProtocol", "release:synchProtocol"], [Advised, Advised, Advised], "rsync");
pub(super) const SYNC_URL: Field = field(
    ["SynchURL", "SynchURL", "release:synchURL"],
    [Advised, Advised, Advised],
    "rsync://rsync.example.org/storm/1.11.4",
);
pub(super) const PLATFORM: Field =
    field(["TargetPlatform", "TargetPlatform", "UMDmeta:targetPlatform"], [Element, Element, Element], "sl6");
pub(super) const ARCHITECTURE: Field =
    field(["TargetArch", "TargetArch", "UMDmeta:targetArch"], [Element, Element, Element], "x86_64");

/// The values of a release that stand in it at most once.
pub(super) const FIELDS: [&Field; 19] = [
    &PRODUCT,
    &SHORT_NAME,
    &PROVIDER,
    &PROVIDER_SHORT,
    &CONTACT,
    &TECHNICAL_CONTACT,
    &DESCRIPTION,
    &KEYWORDS,
    &DATE,
    &VERSION,
    &MAJOR,
    &MINOR,
    &REVISION,
    &RELEASE_NOTES,
    &CHANGE_LOG,
    &INCREMENTAL,
    &EMERGENCY,
    &SYNC_PROTOCOL,
    &SYNC_URL,
];

/// Elements of a release that may stand in it more than once, or that hold others.
pub(super) const GROUPS: [&str; 12] = [
    "DocumentationLinks",
    "DocumentationLink",
    "SoftwareComponent",
    "Packages",
    "Package",
    "UMDmeta",
    "Repositories",
    "Repofiles",
    "yumRepository",
    "debRepository",
    "yumRepofile",
    "debRepofile",
];
