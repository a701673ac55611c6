//! What deb packages need and offer, from their control paragraphs.

use super::need::{Atom, Bound, Capability, Machine, Need, Op, Package};
use crate::package::Control;
use crate::version::Version;

/// What the paragraph of a package says, on a machine of architecture `machine`; `None` if it is no package's, or one for
/// other machines.
pub(super) fn read(control: &Control, machine: &str) -> Option<Package> {
    let name = control.get("Package")?;
    let arch = control.get("Architecture")?;
    if arch != machine && arch != "all" {
        return None;
    }
    let written = control.get("Version")?;
    let version = Version::parse_deb(written);
    let own = Bound { op: Op::Exactly, version: version.clone() };
    let mut package = Package {
        identity: format!("{name}_{}_{arch}", written.strip_prefix("0:").unwrap_or(written)),
        name: name.to_owned(),
        version,
        arch: arch.to_owned(),
        digest: control.get("SHA256").map(str::to_ascii_lowercase),
        provides: vec![Capability { name: name.to_owned(), bound: Some(own) }],
        files: Vec::new(),
        needs: Vec::new(),
        conflicts: Vec::new(),
        obsoletes: Vec::new(),
        parallel: false,
        any_machine: control.get("Multi-Arch") == Some("allowed"),
        unclear: Vec::new(),
    };
    for item in items(control.get("Provides")) {
        // Debian allows an exact version alone here.
        let Some(Atom { name, bound, machine: Machine::Own }) = parse_atom(item, machine) else { continue };
        package.provides.push(Capability { name, bound: bound.filter(|bound| bound.op == Op::Exactly) });
    }
    for field in ["Pre-Depends", "Depends"] {
        for item in items(control.get(field)) {
            let alternatives: Option<Vec<_>> =
                item.split('|').map(|one| parse_atom(one, machine).map(Need::Atom)).collect();
            match alternatives {
                Some(alternatives) => package.needs.push(Need::Any(alternatives)),
                None => package.unclear.push(item.trim().to_owned()),
            }
        }
    }
    for field in ["Conflicts", "Breaks"] {
        for item in items(control.get(field)) {
            match parse_atom(item, machine) {
                Some(atom) => package.conflicts.push(atom),
                None => package.unclear.push(item.trim().to_owned()),
            }
        }
    }
    Some(package)
}

fn items(field: Option<&str>) -> impl Iterator<Item = &str> {
    field.unwrap_or_default().split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// `name[:arch] [(op version)]`
fn parse_atom(text: &str, machine: &str) -> Option<Atom> {
    let text = text.trim();
    let (name, rest) = text.split_at(text.find(|c: char| c.is_whitespace() || c == '(').unwrap_or(text.len()));
    let (name, machine) = match name.split_once(':') {
        None => (name, Machine::Own),
        Some((name, "any")) => (name, Machine::Any),
        Some((name, "native")) => (name, Machine::Own),
        Some((name, arch)) if arch == machine => (name, Machine::Own),
        Some((name, _)) => (name, Machine::Foreign),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        return None;
    }
    let rest = rest.trim();
    if rest.is_empty() {
        return Some(Atom { name: name.to_owned(), bound: None, machine });
    }
    let inner = rest.strip_prefix('(')?.strip_suffix(')')?.trim();
    let (op, version) = inner.split_at(inner.find(|c: char| !"<>=".contains(c))?);
    let op = match op {
        "<<" => Op::Less,
        // A single bracket was once written for what includes the version itself.
        "<=" | "<" => Op::AtMost,
        "=" => Op::Exactly,
        ">=" | ">" => Op::AtLeast,
        ">>" => Op::More,
        _ => return None,
    };
    let bound = Some(Bound { op, version: Version::parse_deb(version.trim()) });
    Some(Atom { name: name.to_owned(), bound, machine })
}

/// The packages of an index, or of one stanza, for a machine. What is no paragraph is left out.
pub(super) fn read_index(text: &str, machine: &str) -> Vec<Package> {
    let paragraphs = text.split("\n\n").map(|paragraph| paragraph.trim_matches('\n')).filter(|text| !text.is_empty());
    paragraphs.filter_map(|text| read(&Control::parse(text).ok()?, machine)).collect()
}
