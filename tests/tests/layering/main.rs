//! The direction of the arrows, enforced: who may depend on whom, and what may be written where.
//!
//! The table of allowed dependencies is `deny.toml`; what may occur in sources is in [`sources::RULES`]. Each check is shown
//! to find what it is there for: the forbidden is planted in a copy.

mod edges;
mod sources;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use edges::Bans;

/// The workspace's folder.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What the pure crates must be able to do without, even indirectly through a crate made for it.
const IMPURE: [&str; 12] = [
    "async-trait",
    "axum",
    "hyper",
    "reqwest",
    "rustix",
    "sqlx",
    "suppaftp",
    "tempfile",
    "tokio",
    "tracing",
    "ureq",
    "walkdir",
];
/// The words and the engine: no input, no output, no clock.
const PURE: [&str; 2] = ["egi-model", "egi-workflow"];

#[test]
fn members_keep_to_the_table() {
    let bans = Bans::read(&workspace().join("deny.toml")).unwrap();
    let edges = edges::of_members(&workspace()).unwrap();
    assert_eq!(edges::violations(&edges, &bans), Vec::<String>::new());
}

/// What `cargo deny` checks beyond the members: that nobody else in the tree depends on a denied crate.
#[test]
fn the_whole_tree_keeps_to_the_table() {
    let bans = Bans::read(&workspace().join("deny.toml")).unwrap();
    let edges = edges::of_lockfile(&workspace().join("Cargo.lock")).unwrap();
    assert_eq!(edges::violations(&edges, &bans), Vec::<String>::new());
}

/// A crate that nobody put into the table could be used by everybody.
#[test]
fn the_table_knows_every_member() {
    let bans = Bans::read(&workspace().join("deny.toml")).unwrap();
    let members: BTreeSet<String> = edges::of_members(&workspace()).unwrap().into_keys().collect();
    let free: Vec<&String> = members.iter().filter(|member| !bans.names(member)).collect();
    assert_eq!(free, ["egi-model", "nsrw-tests"]);
    let ours: BTreeSet<String> = bans.wrappers().filter(|name| members.contains(*name)).map(str::to_owned).collect();
    assert!(ours.contains("egi-metrics") && !ours.contains("egi-model"), "{ours:?}");
}

#[test]
fn the_pure_crates_do_without_the_world() {
    let edges = edges::of_members(&workspace()).unwrap();
    for member in PURE {
        let impure: Vec<&String> = edges[member].needed().filter(|name| IMPURE.contains(&name.as_str())).collect();
        assert!(impure.is_empty(), "{member} is pure and depends on {impure:?}");
    }
}

#[test]
fn a_planted_forbidden_dependency_is_found() {
    let bans = Bans::read(&workspace().join("deny.toml")).unwrap();
    for (member, section, dependency) in [
        ("egi-repo", "dependencies", "egi-tickets"),
        ("egi-workflow", "dev-dependencies", "sqlx"),
        ("egi-tickets", "build-dependencies", "polars"),
        ("egi-model", "dependencies", "clap"),
    ] {
        let copy = edges::copy_workspace(&workspace()).unwrap();
        edges::plant(copy.path(), member, section, dependency).unwrap();
        let edges = edges::of_members(copy.path()).unwrap();
        let found = edges::violations(&edges, &bans);
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert!(
            matches!(found.as_slice(), [one] if one.starts_with(&format!("{member} depends on {dependency}"))),
            "{found:?}"
        );
    }
}

#[test]
fn sources_keep_to_the_rules() {
    let found = sources::scan(&workspace()).unwrap();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_planted_forbidden_line_is_found() {
    let line = |path: &str, text: &str| sources::violations(path, text).len();
    assert_eq!(line("egi-workflow/src/plan.rs", "    std::fs::write(path, bytes)?;"), 2, "impure, and a write");
    assert_eq!(line("jobs/src/worker/perform.rs", "    fs::rename(&from, &to)?;"), 1);
    assert_eq!(line("jobs/src/commands/init.rs", "    fs::create_dir_all(folder)?;"), 0, "a site's own folder");
    assert_eq!(line("egi-repo/src/tree.rs", "    fs::hard_link(from, to)?;"), 0);
    assert_eq!(line("egi-tickets/src/desk/store.rs", "    File::create(&aside)?;"), 0);
    assert_eq!(line("egi-tickets/src/render.rs", "    File::create(&aside)?;"), 1);
    assert_eq!(line("jobs/src/api/health.rs", "    query(\"SELECT 1\")"), 1);
    assert_eq!(line("egi-store/src/inbox.rs", "    query(\"SELECT 1\")"), 0);
    assert_eq!(line("egi-model/src/month.rs", "    let now = Utc::now();"), 1);
}

#[test]
fn comments_and_unit_tests_are_free() {
    let text = "// fs::write(a, b)\n/// SELECT it\nfn f() {}\n\n#[cfg(test)]\nmod tests {\n    fs::write(a, b);\n}\n";
    assert_eq!(sources::violations("egi-model/src/month.rs", text), Vec::<String>::new());
}
