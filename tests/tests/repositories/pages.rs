//! Pages and feeds: every link leads somewhere, and what they say is what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use nsrw_tests::numbers::reference::python;
use nsrw_tests::process::run;
use nsrw_tests::servers::ApacheServer;
use serde_json::Value;
use url::Url;

use crate::world::{APT, World, YUM, deb, rpm, tamper};

/// Goes through every page from the first on, and follows every link within the site, as somebody who may read all; then goes on
/// when releases moved.
pub(crate) fn check(world: &World<ApacheServer>, user: &str) {
    let staged = world.stage(rpm("voms", "4.0"));
    world.produce(deb("argus", "3.1"));
    let found = crawl(world, user);
    for page in [
        "",
        "unverified/",
        "stagerollout/",
        "production/umd/4/",
        &format!("{YUM}/"),
        &format!("{APT}/"),
        &format!("{YUM}/@releases/3.html"),
        &format!("{YUM}/argus-3.0-1.noarch.rpm"),
        &format!("{APT}/argus_3.1-1_all.deb"),
        "production/feeds/umd-4.atom",
        "stagerollout/feeds/umd-4.atom",
        &format!("stagerollout/umd-4.tp.voms.sl6.x86_64/4/@releases/{staged}.html"),
    ] {
        assert!(found.contains_key(page), "nothing leads to \"{page}\": {:?}", found.keys());
    }
    let release = &found[&format!("{YUM}/@releases/3.html")];
    let digest = run(Command::new("sha256sum").arg(world.public(YUM).join("argus-3.0-1.noarch.rpm"))).unwrap();
    for said in [
        "The &lt;argus&gt; service 3.0",
        "argus-3.0-1.noarch",
        &digest[..64],
        "https://provider.example.org/release-notes",
    ] {
        assert!(release.contains(said), "\"{said}\" is not in {release}");
    }
    let repository = &found[&format!("{YUM}/")];
    let command = format!(
        "curl -fo /etc/yum.repos.d/umd-4-sl6-x86_64-updates.repo \\\n  {}/{YUM}/repofiles/umd-4-sl6-x86_64-updates.repo",
        world.url
    );
    assert!(repository.contains(&command), "{repository}");
    assert!(!found.values().any(|page| page.contains("<script")));

    let before = feed(world, "stagerollout");
    world.move_to(staged, "mario", &["StageRollout-Report=https://documents.example.org/2"], "Production");
    let after = crawl(world, user);
    assert!(!after.keys().any(|page| page.contains("umd-4.tp.voms.sl6.x86_64/4/")), "it has left");
    // What was told stays told, under the same name, and leads to something that is there.
    let then = feed(world, "stagerollout");
    assert_eq!(names(&before), names(&then));
    // The one of argus is newer.
    assert_eq!(then[1]["title"], "The <voms> service 4.0.0");
    assert_eq!(then[1]["link"], format!("{}/stagerollout/", world.url));
    let production = feed(world, "production");
    assert_eq!(production[0]["link"], format!("{}/{YUM}/@releases/{staged}.html", world.url));
    assert_eq!(production.len(), 3);
}

/// Every page that links lead to from the first page on, by its path; of other files, nothing.
fn crawl(world: &World<ApacheServer>, user: &str) -> BTreeMap<String, String> {
    let root = Url::parse(&format!("{}/", world.url)).unwrap();
    let (mut found, mut waiting) = (BTreeMap::new(), vec![root.clone()]);
    let mut seen = BTreeSet::from([root.clone()]);
    while let Some(page) = waiting.pop() {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--fail", "--noproxy", "*", "--user", user, "--write-out", "\n%{content_type}"]);
        let answer = run(curl.arg(page.as_str())).unwrap_or_else(|error| panic!("{page}: {error}"));
        let (text, kind) = answer.rsplit_once('\n').unwrap();
        let path = page.as_str().strip_prefix(root.as_str()).unwrap().to_owned();
        let links = if kind.starts_with("text/html") { text } else { "" };
        for link in links.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let mut link = page.join(link).unwrap();
            link.set_fragment(None);
            if link.as_str().starts_with(root.as_str()) && seen.insert(link.clone()) {
                waiting.push(link);
            }
        }
        found.insert(path, links.to_owned());
    }
    found
}

/// The entries of a feed as feedparser reads it, which must have nothing to complain of.
fn feed<S>(world: &World<S>, area: &str) -> Vec<Value> {
    let path = world.public(&format!("{area}/feeds/umd-4.atom"));
    run(Command::new("xmllint").args(["--noout", "--nonet"]).arg(&path)).unwrap();
    let script = "import feedparser, json, sys\nfeed = feedparser.parse(sys.argv[1])\nassert not feed.bozo, feed.bozo_exception\n\
                  assert feed.version == 'atom10' and feed.feed.id and feed.feed.title and feed.feed.updated\n\
                  print(json.dumps([{key: entry[key] for key in ('id', 'title', 'link', 'updated', 'author')} for entry in feed.entries]))";
    let printed = run(Command::new(python("test").unwrap()).args(["-I", "-c", script]).arg(&path)).unwrap();
    serde_json::from_str(&printed).unwrap()
}

fn names(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["id"].as_str().unwrap()).collect()
}

#[test]
fn what_a_killed_run_left_out_is_put_up_by_the_next_one() {
    let world = World::new();
    world.produce(rpm("storm", "1.0"));
    let kept = ["index.html", "production/index.html", "production/umd/4/index.html", "production/feeds/umd-4.atom"];
    let good = kept.map(|path| world.text(path));
    // As if it had been killed between making the repository live and the rest.
    let root = world.site.folder().join("repository");
    std::fs::write(root.join("due"), "").unwrap();
    for path in kept {
        tamper(&world.public(path), |bytes| bytes.truncate(10));
    }
    std::fs::remove_file(root.join("arrivals/production.json")).unwrap();
    world.site.done(&["repo", "verify"]).unwrap();
    assert_eq!(kept.map(|path| world.text(path)), good);
    assert!(!root.join("due").exists());
}

#[test]
fn feeds_are_rebuilt_from_what_generations_know() {
    let world = World::new();
    world.produce(rpm("storm", "1.0"));
    world.produce(rpm("storm", "1.1"));
    let before = world.text("production/feeds/umd-4.atom");
    std::fs::remove_file(world.site.folder().join("repository/arrivals/production.json")).unwrap();
    std::fs::write(world.site.folder().join("repository/due"), "").unwrap();
    world.site.done(&["repo", "verify"]).unwrap();
    assert_eq!(world.text("production/feeds/umd-4.atom"), before);
    let entries = feed(&world, "production");
    assert_eq!(
        entries.iter().map(|e| e["title"].as_str().unwrap()).collect::<Vec<_>>(),
        ["The <storm> service 1.1.0", "The <storm> service 1.0.0"]
    );
}
