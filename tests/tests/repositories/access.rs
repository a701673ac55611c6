//! Who may read what, with the real web servers and the configurations of `deploy` as they are.

use std::process::Command;

use nsrw_tests::clients::DnfRoot;
use nsrw_tests::process::run;
use nsrw_tests::servers::{ApacheServer, Directory, MACHINE, NginxServer, OpenidProvider, People};

use crate::pages;
use crate::world::{World, YUM, rpm};

/// The repositories that [`fill`] makes in each area.
const UNVERIFIED: &str = "unverified/umd-4.tp.storm.sl6.x86_64/1/0/0";
const STAGED: &str = "stagerollout/umd-4.tp.dcache.sl6.x86_64/2";

/// A release in each area.
fn fill<S>(world: &World<S>) {
    world.deliver(rpm("storm", "1.0"));
    world.stage(rpm("dcache", "2.0"));
    world.produce(rpm("argus", "3.0"));
}

/// What a server answered: the status, and the head with its names in lower case.
struct Answer {
    status: u16,
    head: String,
}

/// Asks with curl, which leaves the path as it is.
fn ask(arguments: &[&str], url: &str) -> Answer {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--path-as-is", "--dump-header", "-", "--output", "/dev/null", "--noproxy", "*"]);
    let head = run(curl.args(["--write-out", "%{http_code}"]).args(arguments).arg(url)).unwrap();
    let (head, status) = head.rsplit_once('\n').unwrap();
    Answer { status: status.parse().unwrap(), head: head.to_lowercase() }
}

/// Every kind of file of a repository, with what caches are told of it.
fn files<S>(world: &World<S>, repository: &str, package: &str) -> Vec<(String, &'static str)> {
    let repomd = world.text(&format!("{repository}/repodata/repomd.xml"));
    let primary = repomd.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let (area, path) = repository.split_once('/').unwrap();
    let (asks, keeps) = ("no-cache", "max-age=604800, immutable");
    vec![
        (format!("{repository}/"), asks),
        (format!("{repository}/mirrorlist"), asks),
        (format!("{repository}/repodata/repomd.xml"), asks),
        (format!("{repository}/repodata/repomd.xml.asc"), asks),
        (format!("{area}/feeds/umd-4.atom"), asks),
        (format!("{repository}/{package}"), "max-age=3600"),
        (format!("{repository}/{primary}"), keeps),
        (format!("{area}/@/{path}/@1/repodata/repomd.xml"), keeps),
        (format!("{area}/@/{path}/@1/{package}"), keeps),
    ]
}

/// Everybody reads what is public, and whoever has `good` credentials what is not; with none, or with one of `bad`, it is
/// refused, however the address is spelled.
fn check<S>(world: &World<S>, good: &[&[&str]], bad: &[&[&str]]) {
    let url = &world.url;
    for (repository, package) in [(STAGED, "dcache-2.0-1.noarch.rpm"), (YUM, "argus-3.0-1.noarch.rpm")] {
        for (file, cache) in files(world, repository, package) {
            let answer = ask(&[], &format!("{url}/{file}"));
            assert_eq!(answer.status, 200, "{file}");
            assert!(answer.head.contains(&format!("cache-control: {cache}\r")), "{file}: {}", answer.head);
        }
    }
    for (file, cache) in files(world, UNVERIFIED, "storm-1.0-1.noarch.rpm") {
        let address = format!("{url}/{file}");
        for who in bad.iter().chain([&&[][..]]) {
            assert_eq!(ask(who, &address).status, 401, "{who:?} {file}");
        }
        for who in good {
            let answer = ask(who, &address);
            assert_eq!(answer.status, 200, "{who:?} {file}: {}", answer.head);
            assert!(answer.head.contains(&format!("cache-control: private, {cache}\r")), "{file}: {}", answer.head);
        }
    }
    let below = UNVERIFIED.strip_prefix("unverified").unwrap();
    let file = format!("{below}/storm-1.0-1.noarch.rpm");
    for spelling in [
        format!("//unverified{file}"),
        format!("/./unverified{file}"),
        format!("/%75nverified{file}"),
        format!("/%2e/unverified{file}"),
        format!("/production/../unverified{file}"),
        format!("/production/@/../../unverified{file}"),
        format!("/production/..%2funverified{file}"),
        format!("/unverified%2f{file}"),
        format!("/Unverified{file}"),
        format!("/../../generations{UNVERIFIED}/@1/storm-1.0-1.noarch.rpm"),
        "/unverified".to_owned(),
    ] {
        let status = ask(&[], &format!("{url}{spelling}")).status;
        assert!([400, 401, 403, 404].contains(&status), "{spelling}: {status}");
    }
}

/// A `dnf` with a machine's token installs what is not public, and one with another is refused.
fn check_machine<S>(world: &World<S>) {
    let (name, token) = MACHINE;
    for (token, served) in [(token, true), ("guessed", false)] {
        let dnf = DnfRoot::new().unwrap();
        let text = world.repofile(UNVERIFIED, "repo").replace("enabled=0", "enabled=1");
        dnf.add_repo_file("storm", &format!("{text}username={name}\npassword={token}\n")).unwrap();
        let installed = dnf.install(&["storm"]);
        assert_eq!(installed.is_ok(), served, "{installed:?}");
        if let Err(refused) = installed {
            assert!(format!("{refused:#}").contains("401"), "{refused:#}");
        }
    }
}

#[test]
fn apache_knows_people_by_ldap_and_machines_by_token() {
    let serve = |tree: &std::path::Path| {
        let server = ApacheServer::serve(tree, People::Ldap(Directory::start().unwrap())).unwrap();
        let url = format!("{}/sw", server.url());
        (server, url)
    };
    let world = World::served(serve, &[]);
    fill(&world);
    let with = |(name, password): (&str, &str)| format!("{name}:{password}");
    let (verifier, machine) = (with(Directory::VERIFIER), with(MACHINE));
    let (stranger, mistaken) = (with(Directory::STRANGER), with((Directory::VERIFIER.0, "guessed")));
    let impostor = with((MACHINE.0, "guessed"));
    let good: [&[&str]; 2] = [&["--user", &verifier], &["--user", &machine]];
    let bad: [&[&str]; 4] =
        [&["--user", &stranger], &["--user", &mistaken], &["--user", &impostor], &["--user", "nobody:x"]];
    check(&world, &good, &bad);
    check_machine(&world);

    pages::check(&world, &machine);
}

#[test]
fn apache_knows_people_by_openid_connect_and_machines_by_token() {
    let serve = |tree: &std::path::Path| {
        let server = ApacheServer::serve(tree, People::Openid(OpenidProvider::start().unwrap())).unwrap();
        let url = format!("{}/sw", server.url());
        (server, url)
    };
    let world = World::served(serve, &[]);
    fill(&world);
    let machine = format!("{}:{}", MACHINE.0, MACHINE.1);
    let impostor = format!("{}:guessed", MACHINE.0);
    let sessions = [OpenidProvider::VERIFIER, OpenidProvider::STRANGER].map(|who| log_in(&world, who));
    let [verifier, stranger] = sessions.each_ref().map(|jar| jar.to_str().unwrap());
    let good: [&[&str]; 2] = [&["--cookie", verifier], &["--user", &machine]];
    let bad: [&[&str]; 3] =
        [&["--cookie", stranger], &["--user", &impostor], &["--cookie", "mod_auth_openidc_session=x"]];
    check(&world, &good, &bad);
    check_machine(&world);
}

/// Logs somebody in as a browser does: from the repository to the provider and back. Answers with the cookies.
fn log_in(world: &World<ApacheServer>, who: &str) -> std::path::PathBuf {
    let jar = world.folder.path().join(format!("{who}.cookies"));
    let cookies = jar.to_str().unwrap();
    let browser = |arguments: &[&str], url: &str| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--location", "--noproxy", "*", "--cookie", cookies, "--cookie-jar", cookies]);
        curl.args(["--header", "Accept: text/html", "--output", "/dev/null", "--write-out", "%{url_effective}"]);
        run(curl.args(arguments).arg(url)).unwrap()
    };
    let page = format!("{}/{UNVERIFIED}/", world.url);
    let login = browser(&[], &page);
    let People::Openid(provider) = world.server.people() else { panic!("people are known otherwise") };
    assert!(login.starts_with(&provider.issuer()), "{login}");
    assert!(login.contains("code_challenge_method=S256"), "{login}");
    assert_eq!(browser(&["--data", &format!("sub={who}")], &login), page);
    jar
}

#[test]
fn nginx_asks_who_knows_people_and_knows_machines_by_token() {
    let serve = |tree: &std::path::Path| {
        let server = NginxServer::serve(tree).unwrap();
        let url = format!("{}/sw", server.url());
        (server, url)
    };
    let world = World::served(serve, &[]);
    fill(&world);
    let machine = format!("{}:{}", MACHINE.0, MACHINE.1);
    let impostor = format!("{}:guessed", MACHINE.0);
    let good: [&[&str]; 2] = [&["--cookie", NginxServer::SESSION], &["--user", &machine]];
    let bad: [&[&str]; 3] = [&["--cookie", "session=guessed"], &["--user", &impostor], &["--user", "nobody:x"]];
    check(&world, &good, &bad);
    check_machine(&world);
    let page = format!("{}/{UNVERIFIED}/", world.url);
    let browser = ask(&["--header", "Accept: text/html"], &page);
    assert_eq!(browser.status, 302);
    let login = format!("/oauth2/start?rd=/sw/{UNVERIFIED}/\r").to_lowercase();
    assert!(browser.head.contains(&login), "{}", browser.head);
}
