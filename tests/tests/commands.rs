//! The commands that no story tells of, run as people run them.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use nsrw_tests::packages::TinyPackage;
use nsrw_tests::provider::Delivery;
use nsrw_tests::site::Site;
use tempfile::TempDir;

/// A site with a delivery of one rpm below its local folder.
struct World {
    home: TempDir,
    site: Site,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let site = Site::init(&home.path().join("site"), "http://repository.example.org/sw").unwrap();
        site.configure("local_folders = []", &format!("local_folders = [\"{}\"]", home.path().display())).unwrap();
        Self { home, site }
    }

    fn deliver(&self, product: &str) -> u64 {
        let packages = self.home.path().join("packages");
        std::fs::create_dir_all(&packages).unwrap();
        let rpm = TinyPackage::new(product, "1.0.0").write_rpm(&packages).unwrap();
        let folder = self.home.path().join(product);
        let builder = Delivery::builder(&format!("TP.{product}.sl6.x86_64"), "1.0.0").package(rpm);
        let delivery = builder.build(&folder).unwrap();
        let url = format!("file://{}", folder.display());
        self.site.open_ticket(&delivery, &url, &["AssociatedMajorRelease=umd-4"]).unwrap()
    }

    fn code(&self, arguments: &[&str]) -> i32 {
        self.site.nsrw(arguments).unwrap().code
    }
}

#[test]
fn init_makes_a_site_once() {
    let world = World::new();
    let secret = world.site.folder().join("secrets/notice.key");
    assert_eq!(std::fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
    let before = (std::fs::read(&secret).unwrap(), std::fs::read(world.site.config()).unwrap());
    world.site.done(&["init".as_ref(), world.site.folder().as_os_str()]).unwrap();
    assert_eq!(before, (std::fs::read(&secret).unwrap(), std::fs::read(world.site.config()).unwrap()));
}

#[test]
fn settings_are_shown_and_wrong_ones_named() {
    let world = World::new();
    let shown = world.site.done(&["config"]).unwrap();
    assert!(shown.contains("[worker]") && shown.contains("umd-4"), "{shown}");
    let secret = std::fs::read_to_string(world.site.folder().join("secrets/notice.key")).unwrap();
    assert!(!shown.contains(secret.trim()));
    world.site.configure("poll_seconds", "pol_seconds").unwrap();
    let ended = world.site.nsrw(&["promote"]).unwrap();
    assert_eq!(ended.code, 2, "{}", ended.log);
    assert!(ended.log.contains("worker.pol_seconds (did you mean worker.poll_seconds?)"), "{}", ended.log);
}

#[test]
fn without_a_site_it_says_how_to_make_one() {
    let world = World::new();
    std::fs::remove_file(world.site.config()).unwrap();
    let ended = world.site.nsrw(&["promote"]).unwrap();
    assert_eq!(ended.code, 2);
    assert!(ended.log.contains("nsrw init"), "{}", ended.log);
}

#[test]
fn completions_and_manual_are_printed() {
    let world = World::new();
    assert!(world.site.done(&["completions", "bash"]).unwrap().contains("_nsrw"));
    assert!(world.site.done(&["man"]).unwrap().contains(".TH nsrw"));
    assert!(world.site.done(&["--help"]).unwrap().contains("Exit codes:"));
}

#[test]
fn release_new_writes_what_lint_and_intake_accept() {
    let world = World::new();
    let folder = world.home.path().join("delivery");
    std::fs::create_dir_all(folder.join("x86_64")).unwrap();
    TinyPackage::new("storm", "1.11.2").arch("x86_64").write_rpm(&folder.join("x86_64")).unwrap();
    TinyPackage::new("storm-common", "1.11.2").write_rpm(&folder).unwrap();
    let (text, url) = (folder.to_string_lossy().into_owned(), format!("file://{}", folder.display()));
    let described = [
        "release",
        "new",
        &text,
        "--product",
        "StoRM",
        "--version",
        "1.11.2",
        "--provider",
        "INFN",
        "--platform",
        "sl6",
        "--arch",
        "x86_64",
        "--contact",
        "storm@example.org",
        "--documentation",
        "https://example.org/storm",
        "--notes",
        "https://example.org/notes",
        "--changes",
        "https://example.org/changes",
        "--sync-url",
        &url,
        "--incremental",
    ];
    world.site.done(&described).unwrap();
    assert_eq!(world.code(&described), 1, "it wrote over what was there without --force");
    let (xml, sums) = (format!("{text}/release.xml"), format!("{text}/checksums.xml"));
    let linted = world.site.done(&["release", "lint", &xml, &sums]).unwrap();
    assert!(linted.contains("INFN.storm.sl6.x86_64 1.11.2 (G3), 2 packages"), "{linted}");

    let sync = format!("Sync-URL={url}");
    let fields = ["Sync-Protocol=file", &sync, "AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"];
    let opened = [&["ticket", "new", "--as", "tp1", "--release", &xml], fields.as_slice()].concat();
    world.site.done(&opened).unwrap();
    world.site.set(1, "carlos", &["RolloutProgress=Unverified"]).unwrap();
    assert_eq!(world.site.field(1, "RolloutProgress").unwrap(), "Unverified", "{:?}", world.site.comments(1));
    let placed = world.site.public().join("unverified/umd-4.infn.storm.sl6.x86_64/1/11/2");
    assert!(placed.join("x86_64/storm-1.11.2-1.x86_64.rpm").is_file());
}

#[test]
fn lint_names_every_fault_with_its_place() {
    let world = World::new();
    let file = world.home.path().join("release.xml");
    std::fs::write(&file, "<Release>\n  <Version>one</Version>\n</Release>\n").unwrap();
    let ended = world.site.nsrw(&["release".as_ref(), "lint".as_ref(), file.as_os_str()]).unwrap();
    assert_eq!(ended.code, 3);
    assert!(ended.answer.contains("release.xml:2:"), "{}", ended.answer);
    assert!(ended.answer.lines().count() > 2, "{}", ended.answer);
}

#[test]
fn an_altered_log_is_found() {
    let world = World::new();
    let ticket = world.deliver("dpm");
    world.site.set(ticket, "carlos", &["RolloutProgress=Unverified"]).unwrap();
    world.site.done(&["history", "verify"]).unwrap();
    tamper(&world.site.folder().join("nsrw.db"));
    let ended = world.site.nsrw(&["history", "verify"]).unwrap();
    assert_eq!(ended.code, 3, "{}", ended.answer);
    assert!(ended.answer.contains("record 2"), "{}", ended.answer);
}

/// Somebody with access to the database changes who asked.
fn tamper(database: &Path) {
    let script = "import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for (name,) in db.execute(\"select name from sqlite_master where type = 'trigger'\").fetchall():
    db.execute('drop trigger ' + name)
changed = db.execute(\"update history set entry = replace(entry, 'carlos', 'nobody') where seq = 2\").rowcount
db.commit()
sys.exit(0 if changed == 1 else 1)";
    let ended = Command::new("python3").arg("-c").arg(script).arg(database).status().unwrap();
    assert!(ended.success());
}

#[test]
fn sync_tells_what_differs() {
    let world = World::new();
    let ticket = world.deliver("dpm");
    assert_eq!(world.code(&["sync"]), 0);
    world.site.set(ticket, "carlos", &["RolloutProgress=Unverified"]).unwrap();
    assert_eq!(world.code(&["sync"]), 0);
    let link = world.site.public().join("unverified/umd-4.tp.dpm.sl6.x86_64/1/0/0");
    std::fs::remove_file(&link).unwrap();
    let ended = world.site.nsrw(&["sync"]).unwrap();
    assert_eq!(ended.code, 3);
    assert!(ended.answer.contains("where it belongs"), "{}", ended.answer);
    assert_eq!(world.code(&["sync", "--apply"]), 0);
    assert!(link.join("repodata/repomd.xml").is_file());
    assert_eq!(world.code(&["sync"]), 0);
}

#[test]
fn a_ticket_that_disagrees_with_the_record_is_looked_at_again() {
    let world = World::new();
    let ticket = world.deliver("dpm");
    world.site.set(ticket, "carlos", &["RolloutProgress=Unverified"]).unwrap();
    // Something changed the ticket behind the desk's back: no change of its history accounts for it.
    let file = world.site.folder().join(format!("desk/tickets/{ticket}/ticket.json"));
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = text.replacen("\"RolloutProgress\": \"Unverified\"", "\"RolloutProgress\": \"InVerification\"", 1);
    assert_ne!(text, changed);
    std::fs::write(&file, changed).unwrap();
    let ended = world.site.nsrw(&["sync"]).unwrap();
    assert_eq!(ended.code, 3);
    assert!(ended.answer.contains("it says InVerification, on record is Unverified"), "{}", ended.answer);
    assert_eq!(world.code(&["sync", "--apply"]), 0);
    world.site.done(&["promote"]).unwrap();
    assert_eq!(world.code(&["sync"]), 0);
    let last = world.site.done(&["history", &ticket.to_string()]).unwrap();
    assert!(last.lines().last().is_some_and(|line| line.contains("Unverified -> InVerification")), "{last}");
}

#[test]
fn a_refused_change_is_an_answer() {
    let world = World::new();
    let ticket = world.deliver("dpm").to_string();
    let ended = world.site.nsrw(&["ticket", "set", &ticket, "RolloutProgress=Unverified", "--as", "tp1"]).unwrap();
    assert_eq!(ended.code, 3, "{}", ended.log);
    assert!(ended.answer.starts_with("refused: "), "{}", ended.answer);
}

#[test]
fn a_plan_is_shown_and_not_done() {
    let world = World::new();
    let ticket = world.deliver("dpm").to_string();
    let shown = world.site.done(&["plan", &ticket, "Unverified"]).unwrap();
    assert!(shown.contains("fetch file://") && shown.contains("sw-rel-qc"), "{shown}");
    assert_eq!(world.code(&["plan", &ticket, "Production"]), 3);
    assert!(
        !world.site.public().join("unverified").exists()
            || world.site.field(1, "RolloutProgress").unwrap() == "Submitted"
    );
}
