//! Who depends on whom, and whether the table in `deny.toml` allows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use nsrw_tests::process::run;
use serde_json::Value;
use tempfile::TempDir;
use toml::Table;

/// Package name → what it depends on.
pub(crate) type Edges = BTreeMap<String, Needs>;

/// What one package depends on.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// To be used.
    needed: BTreeSet<String>,
    /// To be tested.
    for_tests: BTreeSet<String>,
}

impl Needs {
    /// What it needs to be used, tests left out.
    pub(crate) fn needed(&self) -> impl Iterator<Item = &String> {
        self.needed.iter()
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        self.needed.union(&self.for_tests)
    }
}

/// The table: denied crate → who may use it all the same.
#[derive(Debug)]
pub(crate) struct Bans(BTreeMap<String, BTreeSet<String>>);

impl Bans {
    /// Reads `bans.deny` of a cargo-deny configuration.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let table: Table = fs::read_to_string(path)?.parse()?;
        let denied = table.get("bans").and_then(|bans| bans.get("deny")).and_then(toml::Value::as_array);
        let entries = denied.context("deny.toml has no bans.deny")?.iter().map(|entry| {
            let name = entry.get("crate").and_then(toml::Value::as_str).context("an entry names no crate")?;
            let wrappers = entry.get("wrappers").and_then(toml::Value::as_array);
            let wrappers = wrappers.with_context(|| format!("{name} has no wrappers"))?;
            let wrappers = wrappers.iter().filter_map(|wrapper| wrapper.as_str().map(str::to_owned));
            Ok((name.to_owned(), wrappers.collect()))
        });
        entries.collect::<Result<_>>().map(Self)
    }

    pub(crate) fn names(&self, package: &str) -> bool {
        self.0.contains_key(package)
    }

    /// Everybody who may use something denied.
    pub(crate) fn wrappers(&self) -> impl Iterator<Item = &str> {
        self.0.values().flatten().map(String::as_str)
    }
}

/// Each forbidden dependency, told with what would be allowed.
pub(crate) fn violations(edges: &Edges, bans: &Bans) -> Vec<String> {
    let mut found = Vec::new();
    for (package, needs) in edges {
        for name in needs.all() {
            if let Some(wrappers) = bans.0.get(name).filter(|wrappers| !wrappers.contains(package)) {
                found.push(format!("{package} depends on {name}, which deny.toml leaves to {wrappers:?}"));
            }
        }
    }
    found
}

/// What the workspace's members depend on directly, of every kind and for every platform, by `cargo metadata`.
pub(crate) fn of_members(workspace: &Path) -> Result<Edges> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version=1", "--no-deps", "--offline", "--manifest-path"]);
    let metadata: Value = serde_json::from_str(&run(cargo.arg(workspace.join("Cargo.toml")))?)?;
    let packages = metadata.get("packages").and_then(Value::as_array).context("cargo metadata lists no packages")?;
    let edges = packages.iter().map(|package| {
        let name = package["name"].as_str().context("a package has no name")?;
        let mut needs = Needs::default();
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let kind = if dependency["kind"] == "dev" { &mut needs.for_tests } else { &mut needs.needed };
            kind.extend(dependency["name"].as_str().map(str::to_owned));
        }
        Ok((name.to_owned(), needs))
    });
    edges.collect()
}

/// What every package of the tree depends on, by the lock file: more than is built, as it knows all platforms and features.
pub(crate) fn of_lockfile(path: &Path) -> Result<Edges> {
    let table: Table = fs::read_to_string(path)?.parse()?;
    let packages = table.get("package").and_then(toml::Value::as_array).context("the lock file lists no packages")?;
    let mut edges = Edges::new();
    for package in packages {
        let name = package.get("name").and_then(toml::Value::as_str).context("a package has no name")?;
        let dependencies = package.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
        // "name", or "name version" where there are several.
        let names = dependencies.filter_map(|d| d.as_str()?.split(' ').next().map(str::to_owned));
        edges.entry(name.to_owned()).or_default().needed.extend(names);
    }
    Ok(edges)
}

/// A copy of the workspace with manifests of its own; all else in it are links to the original.
pub(crate) fn copy_workspace(workspace: &Path) -> Result<TempDir> {
    let copy = TempDir::new()?;
    let manifest = fs::read_to_string(workspace.join("Cargo.toml"))?;
    let table: Table = manifest.parse()?;
    let members = table.get("workspace").and_then(|w| w.get("members")).and_then(toml::Value::as_array);
    for member in members.context("the workspace has no members")?.iter().filter_map(toml::Value::as_str) {
        let (from, to) = (workspace.join(member).canonicalize()?, copy.path().join(member));
        fs::create_dir(&to)?;
        for entry in fs::read_dir(&from)? {
            let name = entry?.file_name();
            if name == "Cargo.toml" {
                fs::copy(from.join(&name), to.join(&name))?;
            } else {
                symlink(from.join(&name), to.join(&name))?;
            }
        }
    }
    fs::write(copy.path().join("Cargo.toml"), manifest)?;
    Ok(copy)
}

/// Adds a dependency, as declared in the workspace, to a section of a member's manifest.
pub(crate) fn plant(workspace: &Path, member: &str, section: &str, dependency: &str) -> Result<()> {
    let path = workspace.join(member).join("Cargo.toml");
    let (header, line) = (format!("[{section}]\n"), format!("{dependency}.workspace = true\n"));
    let manifest = fs::read_to_string(&path)?;
    let planted = if manifest.contains(&header) {
        manifest.replacen(&header, &format!("{header}{line}"), 1)
    } else {
        format!("{manifest}\n{header}{line}")
    };
    Ok(fs::write(&path, planted)?)
}
