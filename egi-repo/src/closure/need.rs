//! What packages need, offer and rule out, in one vocabulary for rpm and deb.

use std::cmp::Ordering;
use std::fmt;

use egi_model::release::PackageFormat;

use crate::version::Version;

/// How a version shall stand to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    Less,
    AtMost,
    Exactly,
    AtLeast,
    More,
}

impl Op {
    const fn admits_less(self) -> bool {
        matches!(self, Self::Less | Self::AtMost)
    }

    const fn admits_equal(self) -> bool {
        matches!(self, Self::AtMost | Self::Exactly | Self::AtLeast)
    }

    const fn admits_more(self) -> bool {
        matches!(self, Self::More | Self::AtLeast)
    }

    fn admits(self, order: Ordering) -> bool {
        match order {
            Ordering::Less => self.admits_less(),
            Ordering::Equal => self.admits_equal(),
            Ordering::Greater => self.admits_more(),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Exactly => "=",
            Self::AtLeast => ">=",
            Self::More => ">",
        })
    }
}

/// A range of versions with one end, or a single version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Bound {
    pub(crate) op: Op,
    pub(crate) version: Version,
}

/// Which machine's package a deb asks for, where it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Machine {
    /// One of the machine it is installed on.
    Own,
    /// Any (`:any`), of packages that allow it.
    Any,
    /// Another one's, which is no part of what is looked at.
    Foreign,
}

/// A name in a range of versions: what is needed, or must not be there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Atom {
    pub(crate) name: String,
    pub(crate) bound: Option<Bound>,
    pub(crate) machine: Machine,
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine = if self.machine == Machine::Any { ":any" } else { "" };
        write!(f, "{}{machine}", self.name)?;
        self.bound.as_ref().map_or(Ok(()), |bound| write!(f, " {} {}", bound.op, bound.version))
    }
}

/// Something a package offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Capability {
    pub(crate) name: String,
    pub(crate) bound: Option<Bound>,
}

impl Capability {
    /// Whether it is in the range that `wanted` asks for. The names are not compared.
    ///
    /// What has no version meets every range for rpm, and none for Debian (deb-control(5): "unversioned provides can
    /// not satisfy versioned dependencies").
    pub(crate) fn meets(&self, wanted: Option<&Bound>, format: PackageFormat) -> bool {
        match (&self.bound, wanted) {
            (_, None) => true,
            (None, Some(_)) => format == PackageFormat::Rpm,
            (Some(offered), Some(wanted)) => overlap(offered, wanted),
        }
    }
}

/// Whether two ranges have a version in common, as `rpmdsCompare` tells it.
fn overlap(one: &Bound, two: &Bound) -> bool {
    if one.op == Op::Exactly {
        return two.op.admits(one.version.order_needed(&two.version));
    }
    match one.version.order_needed(&two.version) {
        Ordering::Less => one.op.admits_more() || two.op.admits_less(),
        Ordering::Greater => one.op.admits_less() || two.op.admits_more(),
        Ordering::Equal => {
            (one.op.admits_equal() && two.op.admits_equal())
                || (one.op.admits_less() && two.op.admits_less())
                || (one.op.admits_more() && two.op.admits_more())
        }
    }
}

/// A condition on what is installed beside a package.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Need {
    /// A package with this.
    Atom(Atom),
    /// One of these.
    Any(Vec<Need>),
    /// All of these.
    All(Vec<Need>),
    /// The first if the second holds, else the third if there is one.
    If(Box<Need>, Box<Need>, Option<Box<Need>>),
    /// The first and not the second; where the second holds, the third if there is one.
    Unless(Box<Need>, Box<Need>, Option<Box<Need>>),
    /// One package with both.
    With(Box<Need>, Box<Need>),
    /// One package with the first and without the second.
    Without(Box<Need>, Box<Need>),
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
            f.write_str(&parts.join(word))
        };
        let three = |f: &mut fmt::Formatter<'_>, one: &Self, word: &str, two: &Self, three: &Option<Box<Self>>| {
            write!(f, "({one} {word} {two}")?;
            three.as_ref().map_or(Ok(()), |other| write!(f, " else {other}"))?;
            f.write_str(")")
        };
        match self {
            Self::Atom(atom) => atom.fmt(f),
            Self::Any(parts) => list(f, parts, " | "),
            Self::All(parts) => {
                f.write_str("(")?;
                list(f, parts, " and ")?;
                f.write_str(")")
            }
            Self::If(then, when, other) => three(f, then, "if", when, other),
            Self::Unless(then, when, other) => three(f, then, "unless", when, other),
            Self::With(one, two) => write!(f, "({one} with {two})"),
            Self::Without(one, two) => write!(f, "({one} without {two})"),
        }
    }
}

/// One package, as far as dependencies go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    /// See [`crate::package::PackageHeader::identity`].
    pub(crate) identity: String,
    pub(crate) name: String,
    pub(crate) version: Version,
    pub(crate) arch: String,
    /// The digest of its file in hexadecimal digits, by the algorithm its index uses.
    pub(crate) digest: Option<String>,
    /// Itself among them.
    pub(crate) provides: Vec<Capability>,
    /// Paths, of those that somebody needs.
    pub(crate) files: Vec<String>,
    pub(crate) needs: Vec<Need>,
    /// What must not be installed beside it.
    pub(crate) conflicts: Vec<Atom>,
    /// Packages, by name alone, that can not be installed beside it because it takes their place.
    pub(crate) obsoletes: Vec<Atom>,
    /// Whether several of its versions can be installed at once, as of kernels.
    pub(crate) parallel: bool,
    /// Whether it serves packages of other machines that ask for it so (Debian's `Multi-Arch: allowed`).
    pub(crate) any_machine: bool,
    /// Needs that can not be judged, as the package writes them.
    pub(crate) unclear: Vec<String>,
}
