//! Early adopters: teams of production sites that volunteer to try releases before everybody gets them.
//!
//! Source: the specification's staged rollout, and the mailing lists it names, `early-adopters-XXX`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::name::{NameError, Segment, as_text};
use crate::release::{Release, Target};

/// What stands for every product, or every platform.
pub const ANY: &str = "any";

/// The name of a team, such as `NCG-INGRID-PT`. It can become the name of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TeamName(String);

impl TeamName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the same name to people, who do not mind upper and lower case.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl FromStr for TeamName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        text.trim().parse::<Segment>().map(|name| Self(name.as_str().to_owned()))
    }
}

as_text!(TeamName, NameError);

/// An early-adopter team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Its name.
    pub name: TeamName,
    /// The site it runs.
    pub site: String,
    /// The National Grid Initiative the site belongs to.
    pub ngi: String,
    /// The products it volunteers for, as people or as release.xml call them; [`ANY`] for all.
    pub products: Vec<String>,
    /// The platforms it has: `sl6`, or with the architecture `sl6/x86_64`; [`ANY`] for all.
    pub platforms: Vec<String>,
    /// Where it is written to: mostly a list `early-adopters-XXX`.
    pub contact: String,
    /// The accounts that may speak for it.
    #[serde(default)]
    pub members: Vec<String>,
    /// Whether it is asked at present; a paused team is not.
    #[serde(default = "active")]
    pub active: bool,
}

const fn active() -> bool {
    true
}

impl Team {
    /// Whether it volunteers for this product on this platform.
    #[must_use]
    pub fn volunteers_for(&self, release: &Release, target: &Target) -> bool {
        let product = self.products.iter().any(|product| product.eq_ignore_ascii_case(ANY) || names(product, release));
        product && self.has_platform(target)
    }

    fn has_platform(&self, target: &Target) -> bool {
        let (platform, whole) = (target.platform.as_str(), target.to_string());
        // A release for any platform is for theirs too.
        let fits = |has: &String| [ANY, platform, &whole].iter().any(|one| has.eq_ignore_ascii_case(one));
        platform.eq_ignore_ascii_case(ANY) || self.platforms.iter().any(fits)
    }
}

/// Whether people who say `product` mean this release's: its name, its short name, or the part of
/// `PROVIDER.product.platform.architecture` that names the product.
#[must_use]
pub fn names(product: &str, release: &Release) -> bool {
    product_names(release).iter().any(|name| name.eq_ignore_ascii_case(product.trim()))
}

/// What people may call a release's product.
#[must_use]
pub fn product_names(release: &Release) -> Vec<&str> {
    let short = release.short_name.as_str();
    let mut parts = short.split('.');
    let part = parts.nth(1).filter(|_| parts.next().is_some());
    [Some(release.product.as_str()), Some(short), part].into_iter().flatten().collect()
}
