//! The monthly report on paper, and by mail through a real relay.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use std::path::{Path, PathBuf};
use std::process::Command;

use nsrw_tests::packages::TinyPackage;
use nsrw_tests::process::run;
use nsrw_tests::provider::Delivery;
use nsrw_tests::servers::{MailRelay, Protection};
use nsrw_tests::site::Site;
use serde_json::Value;
use tempfile::TempDir;

/// A site that has taken in one release.
struct World {
    home: TempDir,
    site: Site,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let site = Site::init(&home.path().join("site"), "http://repository.example.org/sw").unwrap();
        site.allow_folder(home.path()).unwrap();
        Self { home, site }
    }

    /// Delivers a release, and gives the month that it counts in.
    fn deliver(&self) -> String {
        let packages = self.home.path().join("packages");
        std::fs::create_dir_all(&packages).unwrap();
        let rpm = TinyPackage::new("dpm", "1.0.0").write_rpm(&packages).unwrap();
        let folder = self.home.path().join("delivery");
        let delivery = Delivery::builder("TP.dpm.sl6.x86_64", "1.0.0").package(rpm).build(&folder).unwrap();
        let url = format!("file://{}", folder.display());
        let ticket = self.site.open_ticket(&delivery, &url, &["AssociatedMajorRelease=umd-4"]).unwrap();
        self.site.set(ticket, "carlos", &["RolloutProgress=Unverified"]).unwrap();
        let history: Value = serde_json::from_str(&self.site.done(&["history", "--json"]).unwrap()).unwrap();
        let last = history.as_array().unwrap().last().unwrap();
        last.pointer("/entry/at").unwrap().as_str().unwrap().get(..7).unwrap().to_owned()
    }

    fn mail_through(&self, relay: &MailRelay, protection: &str) {
        let settings = [
            ("mail.host", "\"127.0.0.1\"".to_owned()),
            ("mail.port", relay.port().to_string()),
            ("mail.tls", format!("\"{protection}\"")),
            ("mail.from", "\"Releases <releases@example.org>\"".to_owned()),
            ("mail.report_to", "[\"office@example.org\", \"Board <board@example.org>\"]".to_owned()),
        ];
        for (name, value) in settings {
            self.site.change_setting(name, &value).unwrap();
        }
    }

    fn folder(&self, month: &str) -> PathBuf {
        self.site.folder().join("reports").join(month)
    }
}

fn tool(program: &str, arguments: &[&str], file: &Path) -> String {
    run(Command::new(program).args(arguments).arg(file)).unwrap()
}

#[test]
fn a_month_is_on_paper_with_its_files_inside() {
    let world = World::new();
    let month = world.deliver();
    world.site.done(&["report", &month]).unwrap();
    let pdf = world.folder(&month).join(format!("report-{month}.pdf"));

    tool("qpdf", &["--check"], &pdf);
    let info = tool("pdfinfo", &[], &pdf);
    assert!(info.lines().any(|line| line.starts_with("Tagged:") && line.ends_with("yes")), "{info}");
    let fonts = tool("pdffonts", &[], &pdf);
    let embedded = fonts.lines().skip(2).map(|font| font.split_whitespace().rev().nth(4).unwrap().to_owned());
    assert!(fonts.lines().count() > 2 && embedded.into_iter().all(|embedded| embedded == "yes"), "{fonts}");

    let text = run(Command::new("pdftotext").arg("-layout").arg(&pdf).arg("-")).unwrap();
    assert!(text.contains("One release was delivered in"), "{text}");
    assert!(
        text.contains("releases in work at the month’s end") || text.contains("releases in work at the month's end")
    );
    let row = text.lines().find(|line| line.contains("releases delivered")).unwrap();
    let counts: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(counts, ["M.REPO-1", "releases", "delivered", "1", "–", "–"]);

    let attached = run(Command::new("pdfdetach").arg("-list").arg(&pdf)).unwrap();
    let files = std::fs::read_dir(world.folder(&month)).unwrap();
    let names = files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned());
    for name in names.filter(|name| *name != format!("report-{month}.pdf")) {
        assert!(attached.contains(&name), "{name} is not attached:\n{attached}");
    }
}

#[test]
fn the_pdf_can_be_left_out_or_put_elsewhere() {
    let world = World::new();
    let inside = world.folder("2026-01").join("report-2026-01.pdf");
    world.site.done(&["report", "2026-01", "--no-pdf"]).unwrap();
    assert!(world.folder("2026-01").join("m-repo-1.csv").is_file() && !inside.exists());
    let elsewhere = world.home.path().join("january.pdf");
    world.site.done(&["report", "2026-01", "--pdf", &elsewhere.to_string_lossy()]).unwrap();
    assert!(elsewhere.is_file() && !inside.exists());
    tool("qpdf", &["--check"], &elsewhere);
}

#[test]
fn a_site_lays_its_report_out_itself_and_faults_are_told_with_their_place() {
    let world = World::new();
    let (template, file) = (world.site.folder().join("own.typ"), world.home.path().join("own.pdf"));
    let file = file.to_string_lossy();
    world.site.change_setting("report.template", "\"own.typ\"").unwrap();
    let builtin = world.site.done(&["render", "report-template"]).unwrap();
    std::fs::write(&template, builtin.replace("In this report", "Inhalt")).unwrap();
    world.site.done(&["report", "2026-01", "--pdf", &file]).unwrap();
    let before = std::fs::read(file.as_ref()).unwrap();
    let text = run(Command::new("pdftotext").args([file.as_ref(), "-"])).unwrap();
    assert!(text.contains("Inhalt"), "{text}");

    for (fault, told) in [
        ("= Title\n#unknown", "own.typ:2:2: unknown variable: unknown"),
        ("#image(\"/etc/passwd\")", "own.typ:1:8: failed to load file (access denied)"),
    ] {
        std::fs::write(&template, fault).unwrap();
        let ended = world.site.nsrw(&["report", "2026-01", "--pdf", &file]).unwrap();
        assert_eq!(ended.code, 1, "{}", ended.log);
        assert!(ended.log.contains(told), "{}", ended.log);
        assert_eq!(std::fs::read(file.as_ref()).unwrap(), before, "a good report was replaced by a bad one");
    }
}

#[test]
fn last_month_s_report_is_sent_once() {
    let world = World::new();
    let relay = MailRelay::start(Protection::None, None).unwrap();
    world.mail_through(&relay, "none");
    let first = world.site.done(&["report", "--last-month", "--mail"]).unwrap();
    assert!(first.contains("sent to office@example.org, Board <board@example.org>"), "{first}");
    let second = world.site.done(&["report", "--last-month", "--mail"]).unwrap();
    assert!(second.contains("sent already, on ") && second.contains("nothing is sent"), "{second}");

    let letters = relay.letters().unwrap();
    let [letter] = letters.as_slice() else { unreachable!("{} letters: {letters:?}", letters.len()) };
    assert!(letter.contains("From: Releases <releases@example.org>"), "{letter}");
    assert!(letter.contains("Message-ID: <nsrw-report-"), "{letter}");
    assert!(letter.contains("No release was delivered in"), "{letter}");
    let folder = std::fs::read_dir(world.site.folder().join("reports")).unwrap().next().unwrap().unwrap().path();
    let month = folder.file_name().unwrap().to_string_lossy().into_owned();
    let pdf = std::fs::read(folder.join(format!("report-{month}.pdf"))).unwrap();
    assert_eq!(enclosed(letter, world.home.path()), pdf);
}

/// The file in a letter, as another mail program reads it.
fn enclosed(letter: &str, folder: &Path) -> Vec<u8> {
    let (source, file) = (folder.join("letter"), folder.join("enclosed.pdf"));
    std::fs::write(&source, letter).unwrap();
    let script = "import email, sys
letter = email.message_from_binary_file(open(sys.argv[1], 'rb'))
[part] = [part for part in letter.walk() if part.get_content_type() == 'application/pdf']
open(sys.argv[2], 'wb').write(part.get_payload(decode=True))";
    run(Command::new("/usr/bin/python3").args(["-I", "-c", script]).args([&source, &file])).unwrap();
    std::fs::read(file).unwrap()
}

/// The commands of a unit, as words; the program and the configuration are the site's own.
fn commands_of(unit: &str) -> Vec<Vec<String>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/systemd").join(unit);
    let text = std::fs::read_to_string(file).unwrap();
    let lines =
        text.lines().filter_map(|line| line.strip_prefix("ExecStart=/usr/bin/nsrw --config /var/lib/nsrw/nsrw.toml "));
    lines.map(|words| words.split(' ').map(str::to_owned).collect()).collect()
}

#[test]
fn the_monthly_unit_closes_writes_and_sends_each_once() {
    let world = World::new();
    let relay = MailRelay::start(Protection::None, None).unwrap();
    world.mail_through(&relay, "none");
    let [command] = commands_of("nsrw-report.service").try_into().unwrap();
    let first = world.site.done(&command).unwrap();
    assert!(first.contains(" is closed (facts ") && first.contains("sent to office@example.org"), "{first}");
    let folder = std::fs::read_dir(world.site.folder().join("reports")).unwrap().next().unwrap().unwrap().path();
    let pdf = folder.join(format!("report-{}.pdf", folder.file_name().unwrap().to_string_lossy()));
    let before = (std::fs::read(&pdf).unwrap(), std::fs::metadata(&pdf).unwrap().modified().unwrap());

    let second = world.site.done(&command).unwrap();
    assert!(second.contains("; nothing was changed") && second.contains("nothing is sent"), "{second}");
    assert_eq!(before, (std::fs::read(&pdf).unwrap(), std::fs::metadata(&pdf).unwrap().modified().unwrap()));
    assert_eq!(relay.letters().unwrap().len(), 1);
}

#[test]
fn a_month_that_was_closed_and_not_sent_is_sent_by_the_next_run() {
    let world = World::new();
    let relay = MailRelay::start(Protection::None, None).unwrap();
    let closed = world.site.done(&["report", "--last-month", "--close"]).unwrap();
    assert!(closed.contains(" is closed (facts "), "{closed}");
    world.mail_through(&relay, "none");
    let next = world.site.done(&["report", "--last-month", "--close", "--mail"]).unwrap();
    assert!(next.contains("; nothing was changed") && next.contains("sent to office@example.org"), "{next}");
    assert_eq!(relay.letters().unwrap().len(), 1);
}

/// What systemd has to say about the units; it needs the program to be where they say.
#[test]
fn systemd_finds_no_fault_with_the_units() {
    let home = tempfile::tempdir().unwrap();
    let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/systemd");
    let mut paths = Vec::new();
    for unit in std::fs::read_dir(units).unwrap().map(|unit| unit.unwrap().path()) {
        let text = std::fs::read_to_string(&unit).unwrap();
        let text = text.replace("/usr/bin/nsrw", "/bin/true").replace("/usr/lib/nsrw/nsrw-sign", "/bin/true");
        paths.push(home.path().join(unit.file_name().unwrap()));
        std::fs::write(paths.last().unwrap(), text).unwrap();
    }
    assert_eq!(paths.len(), 7);
    let verify = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&paths).output().unwrap();
    let said = String::from_utf8(verify.stderr).unwrap();
    // Other units of the machine may have faults of their own.
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("nsrw")).collect();
    assert!(verify.status.success() && ours.is_empty(), "{said}");
    for path in paths.iter().filter(|path| path.extension().is_some_and(|kind| kind == "service")) {
        // At most 2.0 of 10: the exposure of a service that can do little harm.
        let mut security = Command::new("systemd-analyze");
        run(security.args(["security", "--offline=true", "--threshold=20", "--no-pager"]).arg(path)).unwrap();
    }
}

#[test]
fn a_relay_that_encrypts_and_asks_for_a_password_is_served() {
    for (protection, named) in [(Protection::Starttls, "starttls"), (Protection::Tls, "tls")] {
        let world = World::new();
        let relay = MailRelay::start(protection, Some(("nsrw", "open sesame"))).unwrap();
        world.mail_through(&relay, named);
        let report = || world.site.nsrw(&["report", "2026-01", "--mail"]).unwrap();

        let ended = report();
        assert_eq!(ended.code, 1, "an unknown certificate was trusted: {}", ended.log);
        world.site.change_setting("mail.ca_file", &format!("{:?}", relay.authority())).unwrap();
        world.site.change_setting("mail.user", "\"nsrw\"").unwrap();
        std::fs::write(world.site.folder().join("secrets/mail.password"), "wrong\n").unwrap();
        let ended = report();
        assert_eq!(ended.code, 1, "{}", ended.log);
        assert!(ended.log.contains("535") && !ended.log.contains("wrong"), "{}", ended.log);
        assert!(relay.letters().unwrap().is_empty());

        std::fs::write(world.site.folder().join("secrets/mail.password"), "open sesame\n").unwrap();
        let ended = report();
        assert_eq!(ended.code, 0, "a letter that was refused can not be sent again: {}", ended.log);
        assert_eq!(relay.letters().unwrap().len(), 1);
    }
}

#[test]
fn a_relay_without_encryption_gets_nothing_unless_that_is_wanted() {
    let world = World::new();
    let relay = MailRelay::start(Protection::None, None).unwrap();
    world.mail_through(&relay, "starttls");
    let ended = world.site.nsrw(&["report", "2026-01", "--mail"]).unwrap();
    assert_ne!(ended.code, 0, "{}", ended.log);
    assert!(relay.letters().unwrap().is_empty());
}

#[test]
fn a_relay_that_is_away_is_tried_again_later() {
    let world = World::new();
    let relay = MailRelay::start(Protection::None, None).unwrap();
    world.mail_through(&relay, "none");
    drop(relay);
    let ended = world.site.nsrw(&["report", "2026-01", "--mail"]).unwrap();
    assert_eq!(ended.code, 4, "{}", ended.log);
    assert!(world.folder("2026-01").join("report-2026-01.pdf").is_file(), "the report itself is there");
}

#[test]
fn without_a_relay_or_readers_mail_is_refused() {
    let world = World::new();
    let ended = world.site.nsrw(&["report", "2026-01", "--mail"]).unwrap();
    assert_eq!(ended.code, 2);
    assert!(ended.log.contains("mail.host"), "{}", ended.log);
    world.site.change_setting("mail.report_to", "[\"nobody\"]").unwrap();
    let ended = world.site.nsrw(&["report", "2026-01"]).unwrap();
    assert_eq!(ended.code, 2);
    assert!(ended.log.contains("\"nobody\", which is no mail address"), "{}", ended.log);
}
