//! The main path as people walk it: in RT's pages, in a real browser.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use egi_model::field::Field;
use nsrw_tests::browser::Browser;
use nsrw_tests::packages::cache_dir;
use nsrw_tests::servers::rt::{ACCOUNT, Person};
use serde_json::Value;

use crate::world::World;

/// Somebody at the pages of an RT.
struct Desk<'a> {
    world: &'a World,
    browser: Browser,
}

impl Desk<'_> {
    /// Whoever sat there is gone; somebody else logs in.
    fn log_in(&self, account: &str) -> Result<()> {
        self.browser.forget()?;
        self.browser.go_to(&format!("{}/", self.world.rt.url()))?;
        self.browser.write("input[name=user]", account)?;
        self.browser.write("input[name=pass]", &format!("pw-{account}"))?;
        self.browser.follow("#login input[type=submit], #login button[type=submit]")
    }

    /// By a link: of who comes from nowhere RT asks whether they mean it.
    fn go_to(&self, page: &str) -> Result<()> {
        self.browser.follow_link(&format!("{}/{page}", self.world.rt.url()))
    }

    /// The part of a form that belongs to a field.
    fn field(&self, ticket: &str, field: Field, kind: &str) -> String {
        let id = field_id(&self.world.rt.person("kostas"), field);
        format!("[name=\"Object-RT::Ticket-{ticket}-CustomField-{id}-{kind}\"]")
    }

    /// Sets the progress on the ticket's page "Basics", and gives what the next page says.
    fn set_progress(&self, ticket: &str, value: &str) -> Result<String> {
        self.go_to(&format!("Ticket/Modify.html?id={ticket}"))?;
        self.browser.choose(&format!("select{}", self.field(ticket, Field::RolloutProgress, "Values")), value)?;
        self.browser.follow("form[name=TicketModify] input[name=SubmitTicket]")?;
        self.browser.text()
    }
}

fn field_id(person: &Person, field: Field) -> String {
    let queue = person.get("queue/sw-rel").unwrap().json();
    let fields = queue["TicketCustomFields"].as_array().unwrap();
    let named = |f: &&Value| f["name"] == field.rt_name();
    fields.iter().find(named).and_then(|f| f["id"].as_str()).unwrap().to_owned()
}

/// Where the pictures for `docs/rt.md` are left.
fn pictures() -> PathBuf {
    let folder = cache_dir().join("pictures");
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn write_file(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    fs::write(&file, text).unwrap();
    file.to_string_lossy().into_owned()
}

/// A provider delivers, a verifier takes it up; what is not allowed is refused on the page and changes nothing.
#[test]
fn a_release_is_delivered_and_taken_up_in_the_browser() {
    let world = World::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let release = write_file(folder.path(), "release.xml", "<release>é</release>\n");
    let checksums = write_file(folder.path(), "checksums.xml", "<checksums/>\n");

    let desk = Desk { world: &world, browser: Browser::open().unwrap() };
    desk.log_in("tp1").unwrap();
    let queue = world.rt.person("tp1").get("queue/sw-rel").unwrap().json()["id"].to_string();
    let form = format!("Ticket/Create.html?Queue={}", queue.trim_matches('"'));
    desk.go_to(&form).unwrap();
    let page = desk.browser.text().unwrap();
    assert!(!page.contains(Field::RepositoryUrl.rt_name()), "a provider is not asked for what others write: {page}");
    let browser = &desk.browser;
    browser.write("input[name=Subject]", "INFN.storm.sl6.x86_64-1.8.2").unwrap();
    browser.write(&desk.field("", Field::SyncUrl, "Value"), "rsync://repo.example.test/storm/1.8.2").unwrap();
    browser.write(&desk.field("", Field::AssociatedMajorRelease, "Value"), "umd-4").unwrap();
    browser.write(&desk.field("", Field::ReleaseMetadata, "Upload"), &release).unwrap();
    browser.write(&desk.field("", Field::Checksums, "Upload"), &checksums).unwrap();
    browser.take_picture(&pictures().join("rt-create.png")).unwrap();
    browser.follow("form[name=TicketCreate] [name=SubmitTicket]").unwrap();
    let page = browser.text().unwrap();
    assert!(page.contains("INFN.storm.sl6.x86_64-1.8.2") && page.contains("Submitted"), "{page}");
    let address = browser.address().unwrap();
    let ticket = address.split("id=").nth(1).unwrap().split(['&', '#']).next().unwrap().to_owned();

    // Release.xml came through byte for byte, and RT sees the file by its name.
    let account = world.rt.person(ACCOUNT);
    let json = account.get(&format!("ticket/{ticket}")).unwrap().json();
    let fields = json["CustomFields"].as_array().unwrap();
    let file = fields.iter().find(|f| f["name"] == Field::ReleaseMetadata.rt_name()).unwrap();
    let id = file["values"][0]["_url"].as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!(account.get(&format!("download/cf/{id}")).unwrap().text, "<release>é</release>\n");

    desk.log_in("kostas").unwrap();
    let page = desk.set_progress(&ticket, "Production").unwrap();
    assert!(page.contains("RolloutProgress can not go from Submitted to Production"), "{page}");
    assert!(!page.contains("can not be emptied"), "one refusal, one reason: {page}");
    let page = desk.set_progress(&ticket, "Unverified").unwrap();
    assert!(page.contains("RolloutProgress Submitted changed to Unverified"), "{page}");

    // The repository answers, as nsrw does.
    let number: u64 = ticket.parse().unwrap();
    let notices = world.receiver.wait_for(1).unwrap();
    assert_eq!(notices.len(), 1);
    account.set(number, Field::RepositoryUrl, "http://repo.example.test/sw/unverified/umd/4/sl6/storm").unwrap();
    account.set(number, Field::CommunicationStatus, "OK").unwrap();

    desk.log_in("carlos").unwrap();
    desk.go_to(&format!("Ticket/Display.html?id={ticket}")).unwrap();
    let page = desk.browser.text().unwrap();
    assert!(page.contains("sw-rel-qc"), "the group that hears is shown: {page}");
    desk.browser.take_picture(&pictures().join("rt-ticket.png")).unwrap();
    let page = desk.set_progress(&ticket, "StageRollout").unwrap();
    assert!(page.contains("is for members of sw-rel-release-managers"), "{page}");
    desk.browser.take_picture(&pictures().join("rt-refused.png")).unwrap();
    let page = desk.set_progress(&ticket, "InVerification").unwrap();
    assert!(page.contains("RolloutProgress Unverified changed to InVerification"), "{page}");
    assert_eq!(account.field(number, Field::RolloutProgress).unwrap(), "InVerification");
    assert_eq!(world.receiver.wait_for(2).unwrap().len(), 2);
}
