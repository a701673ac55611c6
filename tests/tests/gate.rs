//! The gate before staged rollout and production, at a real site beside a real repository of others.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use nsrw_tests::packages::TinyPackage;
use nsrw_tests::process::run;
use nsrw_tests::provider::Delivery;
use nsrw_tests::servers::HttpServer;
use nsrw_tests::site::Site;
use serde_json::Value;
use tempfile::TempDir;

const REPORT: &str = "https://documents.example.org/report";

/// A site whose people deliver releases of storm.
struct World {
    home: TempDir,
    site: Site,
}

impl World {
    fn new() -> Self {
        let home = TempDir::new().unwrap();
        let site = Site::init(&home.path().join("site"), "http://repository.example.org/sw").unwrap();
        site.allow_folder(home.path()).unwrap();
        Self { home, site }
    }

    /// Declares a repository of others for the releases' target.
    fn declare(&self, source: &str) {
        let target = "{ platform = \"sl6\", arch = \"x86_64\" }";
        let outside = format!("[{{ name = \"os\", targets = [{target}], source = \"{source}\" }}]");
        self.site.change_setting("gate.outside", &outside).unwrap();
    }

    /// A folder with an operating system of one package.
    fn os(&self) -> PathBuf {
        let folder = self.home.path().join("os");
        fs::create_dir_all(&folder).unwrap();
        TinyPackage::new("libc", "2.12").write_rpm(&folder).unwrap();
        run(Command::new("createrepo_c").arg("--quiet").arg(&folder)).unwrap();
        folder
    }

    /// Delivers a release with a package and brings it to where verification ends.
    fn verify(&self, version: &str, package: &TinyPackage) -> u64 {
        let made = self.home.path().join(format!("made-{version}"));
        fs::create_dir(&made).unwrap();
        let folder = self.home.path().join(format!("delivery-{version}"));
        let delivery = Delivery::builder("TP.storm.sl6.x86_64", version).package(package.write_rpm(&made).unwrap());
        let delivery = delivery.build(&folder).unwrap();
        let fields = ["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"];
        let ticket = self.site.open_ticket(&delivery, &format!("file://{}", folder.display()), &fields).unwrap();
        let report = format!("Verification-Report={REPORT}");
        self.site.set(ticket, "carlos", &["RolloutProgress=Unverified"]).unwrap();
        self.site.set(ticket, "carlos", &[&report, "RolloutProgress=InVerification"]).unwrap();
        assert_eq!(self.stands(ticket), "InVerification", "{}", self.told(ticket));
        ticket
    }

    fn stage(&self, ticket: u64) {
        self.site.set(ticket, "carlos", &["RolloutProgress=StageRollout"]).unwrap();
    }

    fn produce(&self, ticket: u64) {
        let report = format!("StageRollout-Report={REPORT}");
        self.site.set(ticket, "mario", &[&report, "RolloutProgress=Production"]).unwrap();
    }

    fn stands(&self, ticket: u64) -> String {
        self.site.field(ticket, "RolloutProgress").unwrap()
    }

    /// The last comment.
    fn told(&self, ticket: u64) -> String {
        self.site.comments(ticket).unwrap().pop().unwrap_or_default()
    }
}

#[test]
fn a_release_that_lacks_something_is_refused_until_somebody_answers_for_it() {
    let world = World::new();
    world.declare(&format!("yum {}", world.os().display()));
    let site = &world.site;
    let ticket = world.verify("1.0.0", &TinyPackage::new("storm", "1.0.0").requires("libc").requires("libstorm"));
    let number = ticket.to_string();
    let planned = site.nsrw(&["plan", &number, "StageRollout"]).unwrap();
    assert_eq!(planned.code, 3, "{}", planned.answer);
    assert!(planned.answer.starts_with("InVerification -> StageRollout would be refused:"), "{}", planned.answer);
    world.stage(ticket);
    assert_eq!(world.stands(ticket), "Failed");
    let refused = "InVerification -> StageRollout was refused; the repositories were not touched.\n\
        - storm-1.0.0-1.noarch could not be installed [gate-broken; can be cleared by: provider, release-manager]:\n    \
        storm-1.0.0-1.noarch needs libstorm\n    nothing provides libstorm\n";
    assert!(world.told(ticket).starts_with(refused), "{}", world.told(ticket));
    assert!(!site.public().join("stagerollout/umd-4.tp.storm.sl6.x86_64").exists());

    // The report for people and for scripts.
    let checked = site.nsrw(&["repo", "check", &number]).unwrap();
    let expected = format!(
        "ticket {number} before stagerollout: fail, 1 package judged beside os\n  \
         fail: storm-1.0.0-1.noarch could not be installed\n      storm-1.0.0-1.noarch needs libstorm\n      \
         nothing provides libstorm\n    broken/storm-1.0.0-1.noarch; can be cleared by: provider, release-manager\n"
    );
    assert_eq!((checked.answer, checked.code), (expected, 3));
    let checked = site.nsrw(&["repo", "check", &number, "--json"]).unwrap();
    let json: Value = serde_json::from_str(&checked.answer).unwrap();
    assert_eq!(json.pointer("/0/verdict").and_then(Value::as_str), Some("fail"), "{json}");
    assert_eq!(json.pointer("/0/report/findings/0/chain/1").and_then(Value::as_str), Some("nothing provides libstorm"));

    // A waiver takes a release manager, a reason and a day to come.
    let waive = |more: &[&str]| {
        let always = ["repo", "waive", &number];
        site.nsrw(&always.iter().chain(more).copied().collect::<Vec<_>>()).unwrap()
    };
    let why = "libstorm comes with the installer";
    assert_eq!(waive(&["--as", "carlos", "--reason", why, "--until", "2999-12-31"]).code, 1);
    assert_eq!(waive(&["--as", "kostas", "--reason", " ", "--until", "2999-12-31"]).code, 1);
    assert_eq!(waive(&["--as", "kostas", "--reason", why, "--until", "2001-01-01"]).code, 1);
    assert_eq!(waive(&["--as", "kostas", "--until", "2999-12-31"]).code, 2, "clap asks for a reason");
    let other = waive(&["--as", "kostas", "--reason", why, "--until", "2999-12-31", "--finding", "broken/other"]);
    assert!(other.code == 1 && other.log.contains("it found broken/storm-1.0.0-1.noarch"), "{}", other.log);
    assert_eq!(site.done(&["repo", "waivers"]).unwrap(), "");
    let given = waive(&["--as", "kostas", "--reason", why, "--until", "2999-12-31"]);
    assert_eq!(given.code, 0, "{}", given.log);
    let waived = format!("ticket {number}: broken/storm-1.0.0-1.noarch waived until 2999-12-31: {why}\n");
    assert!(site.done(&["repo", "waivers", &number]).unwrap().ends_with(&format!("kostas  {waived}")));
    assert!(site.done(&["repo", "log"]).unwrap().ends_with(&format!("kostas  {waived}")));
    assert_eq!(site.nsrw(&["repo", "check", &number]).unwrap().code, 0);
    // It holds to its last day and not longer.
    let mut later = site.clone();
    let ahead = ["env", "FAKETIME=@3000-01-01 00:00:00", "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1"];
    later.run_within(ahead.map(Into::into).into());
    assert_eq!(later.nsrw(&["repo", "check", &number]).unwrap().code, 3);

    site.set(ticket, "kostas", &["RolloutProgress=StageRollout"]).unwrap();
    assert_eq!(world.stands(ticket), "StageRollout", "{}", world.told(ticket));
    let told = world.told(ticket);
    let used = format!("does not count, waived as broken/storm-1.0.0-1.noarch by kostas until 2999-12-31: {why}");
    assert!(told.contains("Gate: pass, 1 package judged beside os.") && told.contains(&used), "{told}");
    assert!(site.done(&["history", &number]).unwrap().contains(&format!("by kostas until 2999-12-31: {why}")));
}

#[test]
fn an_index_that_is_away_is_waited_for_and_then_told() {
    let world = World::new();
    let folder = world.os();
    let server = HttpServer::serve(&folder).unwrap();
    let url = server.url();
    world.declare(&format!("yum {url}"));
    let ticket = world.verify("1.0.0", &TinyPackage::new("storm", "1.0.0").requires("libc"));
    drop(server);
    let checked = world.site.nsrw(&["repo", "check", &ticket.to_string()]).unwrap();
    assert_eq!(checked.code, 4, "{}", checked.answer);
    assert!(checked.answer.contains("unknown: the outside repository os can not be read"), "{}", checked.answer);

    world.site.done(&["ticket", "set", "--as", "carlos", &ticket.to_string(), "RolloutProgress=StageRollout"]).unwrap();
    let worked = world.site.nsrw(&["promote"]).unwrap();
    let tries = worked.log.matches("trying again later").count();
    assert_eq!((tries, world.stands(ticket).as_str()), (4, "Failed"), "{}", worked.log);
    assert!(
        world.told(ticket).contains("[gate-outside; can be cleared by: admin, release-manager]"),
        "{}",
        world.told(ticket)
    );

    // It is back under another address: the declaration is mended and the release goes on.
    let server = HttpServer::serve(&folder).unwrap();
    world.declare(&format!("yum {}", server.url()));
    world.site.set(ticket, "kostas", &["RolloutProgress=StageRollout"]).unwrap();
    assert_eq!(world.stands(ticket), "StageRollout", "{}", world.told(ticket));
    assert!(world.told(ticket).ends_with("Gate: pass, 1 package judged beside os."), "{}", world.told(ticket));
}

#[test]
fn production_leads_forwards_and_other_releases_are_waited_for() {
    let world = World::new();
    world.declare(&format!("yum {}", world.os().display()));
    let site = &world.site;
    let newer = world.verify("1.1.0", &TinyPackage::new("storm", "1.1.0").requires("libc"));
    world.stage(newer);
    world.produce(newer);
    assert_eq!(world.stands(newer), "Production", "{}", world.told(newer));
    assert!(world.told(newer).contains("Gate: pass"), "{}", world.told(newer));

    let older = world.verify("1.0.0", &TinyPackage::new("storm", "1.0.0"));
    world.stage(older);
    assert_eq!(world.stands(older), "Failed");
    let told = world.told(older);
    assert!(
        told.contains(&format!(
            "storm-1.0.0-1.noarch is older than storm-1.1.0-1.noarch, which ticket {newer} brought"
        )),
        "{told}"
    );
    assert!(told.contains("[gate-downgrade; can be cleared by: provider, release-manager]"), "{told}");

    let other = world.verify("1.1.1", &TinyPackage::new("storm", "1.1.0").content("other\n"));
    world.stage(other);
    assert!(world.told(other).contains("[gate-other-content;"), "{}", world.told(other));

    let needed = world.verify("1.2.0", &TinyPackage::new("libstorm", "1.2.0"));
    let needing = world.verify("1.3.0", &TinyPackage::new("storm", "1.3.0").requires("libstorm"));
    let checked = site.nsrw(&["repo", "check", &needing.to_string()]).unwrap();
    assert_eq!(checked.code, 4, "{}", checked.answer);
    assert!(
        checked
            .answer
            .contains(&format!("wait: storm-1.3.0-1.noarch could not be installed; on its way in ticket {needed} is")),
        "{}",
        checked.answer
    );

    let standing = site.done(&["repo", "check", "production"]).unwrap();
    assert_eq!(standing, "production/umd/4/sl6/x86_64/updates for sl6/x86_64: pass, 1 package judged beside os\n");
    assert_eq!(site.done(&["repo", "check"]).unwrap(), standing, "nothing is in staged rollout");
    assert_eq!(site.nsrw(&["repo", "check", "production/nowhere"]).unwrap().code, 1);
}

#[test]
fn without_repositories_outside_the_verdict_is_told_and_holds_nobody_up() {
    let world = World::new();
    let ticket = world.verify("1.0.0", &TinyPackage::new("storm", "1.0.0").requires("libc"));
    world.stage(ticket);
    assert_eq!(world.stands(ticket), "StageRollout", "{}", world.told(ticket));
    let told = world.told(ticket);
    assert!(
        told.contains("Gate: unknown, 1 package judged.") && told.contains("declare one in gate.outside"),
        "{told}"
    );

    world.site.change_setting("gate.before_production", "\"off\"").unwrap();
    world.produce(ticket);
    assert_eq!(world.stands(ticket), "Production");
    assert!(!world.told(ticket).contains("Gate:"), "{}", world.told(ticket));
}
