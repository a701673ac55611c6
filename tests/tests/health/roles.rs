//! Who may do what by hand: whoever has not the role is told who may, and nothing is changed.

use std::fs;
use std::path::Path;

use nsrw_tests::process::run;
use nsrw_tests::site::Ended;
use serde_json::Value;

use super::world::{World, ago};

/// Everything that the commands here could have changed, but for the database's own files.
fn picture(world: &World) -> String {
    let all = |words: &[&str]| world.site.done(words).unwrap();
    let answers = [
        all(&["repo", "log", "--json"]),
        all(&["repo", "list", "--json"]),
        all(&["repo", "waivers", "--json"]),
        all(&["ea", "list", "--json"]),
        all(&["history", "--json"]),
        all(&["ticket", "show", "1", "--json"]),
        world.nsrw(&["sync", "--json"]).answer,
        world.nsrw(&["doctor", "--json"]).answer,
    ];
    let files = walkdir::WalkDir::new(world.site.folder()).sort_by_file_name().into_iter().map(Result::unwrap);
    let names = files.map(|entry| entry.path().display().to_string()).filter(|name| !name.contains("nsrw.db"));
    answers.into_iter().chain(names).collect::<Vec<_>>().join("\n")
}

/// A site on which each command would have something to do.
fn busy() -> World {
    let world = World::new();
    world.deliver("1.0.0");
    world.site.done(&["repo", "refresh", "--all"]).unwrap();
    world.post(1, ago(3));
    fs::create_dir_all(world.site.folder().join("repository/scratch/ticket-77")).unwrap();
    fs::write(world.home.path().join("teams.toml"), super::world::TEAM).unwrap();
    world
}

/// The commands, with the role besides that of administrators that may do each.
fn commands(home: &Path) -> Vec<(Vec<String>, &'static str)> {
    let path = |name: &str| home.join(name).display().to_string();
    let (teams, facts, token, other) = (path("teams.toml"), path("facts"), path("token"), path("other.db"));
    let copy = format!("sqlite://{other}");
    let list: [(&[&str], &str); 13] = [
        (&["repo", "rollback", "unverified/umd-4.tp.storm.sl6.x86_64/1/0/0", "--to", "1"], "release-manager"),
        (&["repo", "refresh", "--all"], "release-manager"),
        (&["repo", "gc"], "admin"),
        (&["repo", "waive", "1", "--reason", "so", "--until", "2999-12-31"], "release-manager"),
        (&["sync", "--apply"], "admin"),
        (&["doctor", "--fix"], "admin"),
        (&["report", "2020-01", "--close", "--no-pdf"], "release-manager"),
        (&["facts", "import", &facts, "--source", "past"], "release-manager"),
        (&["ea", "load", &teams], "rollout-manager"),
        (&["ticket", "comment", "1", "hello"], "provider"),
        (&["rt", "apply", "--command", "true", "--token-file", &token], "admin"),
        (&["rt", "import-history"], "admin"),
        (&["store", "copy", "--to", &copy], "admin"),
    ];
    list.map(|(words, role)| (words.iter().map(|word| (*word).to_owned()).collect(), role)).into()
}

#[test]
fn who_has_no_role_is_told_who_may_and_nothing_is_changed() {
    let world = busy();
    let before = picture(&world);
    for (words, role) in commands(world.home.path()) {
        let ended = world.nsrw(&words.iter().map(String::as_str).chain(["--as", "eve"]).collect::<Vec<_>>());
        let Ended { code, answer, log } = ended;
        assert_eq!((code, answer.as_str()), (1, ""), "{words:?}: {log}");
        let command = words.iter().take(if words[0] == "repo" { 2 } else { 1 });
        let command = format!("`nsrw {}", command.cloned().collect::<Vec<_>>().join(" "));
        assert!(log.contains("eve may not do this: ") && log.contains(&command), "{words:?}: {log}");
        assert!(log.contains(role) && log.contains("[[people]] of nsrw.toml"), "{words:?}: {log}");
        assert_eq!(picture(&world), before, "{words:?}");
    }
    assert!(!world.home.path().join("token").exists() && !world.home.path().join("other.db").exists());
}

#[test]
fn another_role_than_the_one_it_takes_does_not_do() {
    let world = busy();
    let before = picture(&world);
    for (words, role) in commands(world.home.path()) {
        // A verifier may comment, and nothing else of these.
        if role != "provider" {
            let ended = world.nsrw(&words.iter().map(String::as_str).chain(["--as", "carlos"]).collect::<Vec<_>>());
            assert!(ended.code == 1 && ended.log.contains("carlos may not do this: "), "{words:?}: {}", ended.log);
        }
    }
    assert_eq!(picture(&world), before);
}

#[test]
fn whoever_made_the_site_is_its_administrator_and_each_act_is_in_the_log_with_who_and_why() {
    let world = busy();
    let user = run(std::process::Command::new("id").arg("--user").arg("--name")).unwrap().trim().to_owned();
    let log = || -> Vec<Value> { serde_json::from_str(&world.site.done(&["repo", "log", "--json"]).unwrap()).unwrap() };
    let first = log();
    assert_eq!((first[0]["by"].as_str(), first[0].get("user")), (Some(user.as_str()), None), "{first:#?}");
    let teams = world.home.path().join("teams.toml").display().to_string();
    let copy = format!("sqlite://{}", world.home.path().join("other.db").display());
    let acts: [(&[&str], &str); 4] = [
        (&["repo", "refresh", "--all"], "all repositories published anew: 1"),
        (&["ea", "load", &teams], "1 teams loaded from "),
        (&["doctor", "--fix"], "doctor mended 1 of "),
        (&["store", "copy", "--to", &copy], "the database copied to "),
    ];
    for (words, told) in acts {
        let ended = world.nsrw(&[words, &["--as", "kostas", "--because", "it was asked for"]].concat());
        let last = log().pop().unwrap();
        assert!(last["what"].as_str().unwrap().starts_with(told), "{words:?}: {last} {}", ended.log);
        assert_eq!(
            (last["by"].as_str(), last["why"].as_str()),
            (Some("kostas"), Some("it was asked for")),
            "{words:?}"
        );
        assert_eq!(last["user"].as_str(), Some(user.as_str()), "{words:?}");
    }
    let shown = world.site.done(&["repo", "log"]).unwrap();
    let last = shown.lines().last().unwrap();
    assert!(
        last.contains(&format!("  {user} as kostas  the database copied"))
            && last.ends_with("(because: it was asked for)"),
        "{last}"
    );
    // The user's name is chained in as all else is.
    let file = world.site.folder().join("repository/log.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen(&format!("\"user\":\"{user}\""), "\"user\":\"nobody\"", 1)).unwrap();
    assert!(world.nsrw(&["doctor"]).answer.contains("audit-log-broken"));
}

#[test]
fn what_only_looks_takes_no_role() {
    let world = busy();
    fs::create_dir(world.home.path().join("facts")).unwrap();
    let teams = world.home.path().join("teams.toml").display().to_string();
    let repo = "unverified/umd-4.tp.storm.sl6.x86_64/1/0/0";
    let looks: [&[&str]; 8] = [
        &["repo", "rollback", repo, "--to", "1", "--dry-run"],
        &["repo", "refresh", "--all", "--dry-run"],
        &["repo", "gc", "--dry-run"],
        &["repo", "verify"],
        &["sync"],
        &["doctor"],
        &["report", "2020-01", "--no-pdf"],
        &["ea", "load", &teams, "--dry-run"],
    ];
    for words in looks {
        let mut command = world.site.command(words);
        let ended = command.env("NSRW_ACCOUNT", "eve").output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!said.contains("may not do this"), "{words:?}: {said}");
        assert!([0, 3, 5].contains(&ended.status.code().unwrap()), "{words:?}: {said}");
    }
}
