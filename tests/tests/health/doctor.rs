//! `nsrw doctor`: each fault is planted, and it finds that one with its repair; what is safe it mends; then the site is well.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use nsrw_tests::keys::SecretKey;
use nsrw_tests::site::Ended;
use serde_json::Value;

use super::world::{World, ago};

const UNVERIFIED: &str = "unverified/umd-4.tp.storm.sl6.x86_64/1/0/0";

/// What is found: code, severity, whether `--fix` mends it.
fn found(world: &World, more: &[&str]) -> (i32, Vec<Value>) {
    let ended = world.nsrw(&[&["doctor", "--json"], more].concat());
    let shown: Value = serde_json::from_str(&ended.answer).map_err(|error| format!("{error}: {ended:?}")).unwrap();
    (ended.code, shown["findings"].as_array().unwrap().clone())
}

/// Exactly this is found, and no more.
fn finds(world: &World, code: &str, severity: &str, exit: i32, fixable: bool) -> Value {
    let (ended, found) = found(world, &[]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0]["code"].as_str(), found[0]["severity"].as_str()), (Some(code), Some(severity)), "{found:#?}");
    assert_eq!((ended, found[0]["fixable"].as_bool()), (exit, Some(fixable)), "{found:#?}");
    assert!(!found[0]["repair"].as_str().unwrap().is_empty() && !found[0]["where"].as_str().unwrap().is_empty());
    found[0].clone()
}

/// `--fix` mends it; then nothing is found, and the log tells of it.
fn mends(world: &World, code: &str) {
    let (ended, found) = found(world, &["--fix", "--because", "a test"]);
    assert!(ended == 0 && found[0]["outcome"]["mended"]["how"].is_string(), "{found:#?}");
    is_well(world);
    let log = world.site.done(&["repo", "log"]).unwrap();
    let last = log.lines().last().unwrap();
    assert!(last.contains("doctor mended 1 of 1 findings: ") && last.contains(code), "{last}");
    assert!(last.ends_with("(because: a test)"), "{last}");
}

/// `--fix` leaves it to people, and changes nothing.
fn leaves(world: &World, code: &str, severity: &str, exit: i32) -> Value {
    let finding = finds(world, code, severity, exit, false);
    let before = world.site.done(&["repo", "log"]).unwrap();
    assert_eq!(found(world, &["--fix"]).0, exit);
    assert_eq!(finds(world, code, severity, exit, false), finding);
    assert_eq!(world.site.done(&["repo", "log"]).unwrap(), before);
    finding
}

fn is_well(world: &World) {
    let Ended { code, answer, log } = world.nsrw(&["doctor"]);
    assert_eq!((code, answer.as_str()), (0, "the site is well\n"), "{log}");
}

fn root(world: &World) -> PathBuf {
    world.site.folder().join("repository")
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_site_in_order_gives_nothing() {
    let world = World::new();
    is_well(&world);
    world.stage("1.0.0");
    world.stage("1.1.0");
    is_well(&world);
    assert_eq!(found(&world, &["--fix"]), (0, Vec::new()));
    assert_eq!(world.site.done(&["repo", "log"]).unwrap(), "");
}

#[test]
fn a_secret_that_others_can_read_is_closed() {
    let world = World::new();
    let secret = world.site.folder().join("secrets/notice.key");
    set_mode(&secret, 0o644);
    let finding = finds(&world, "secret-open", "warning", 5, true);
    assert!(finding["repair"].as_str().unwrap().starts_with(&format!("chmod 0600 {}", secret.display())), "{finding}");
    mends(&world, "secret-open");
    assert_eq!(fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_secret_that_is_not_there_is_for_people() {
    let world = World::new();
    fs::remove_file(world.site.folder().join("secrets/notice.key")).unwrap();
    let finding = leaves(&world, "secret-missing", "fault", 3);
    assert!(finding["where"].as_str().unwrap().ends_with("secrets/notice.key"), "{finding}");
}

#[test]
fn a_site_that_can_not_be_opened_is_told_and_not_made_anew() {
    let world = World::new();
    let database = world.site.folder().join("nsrw.db");
    for file in ["nsrw.db", "nsrw.db-wal", "nsrw.db-shm"] {
        let _ = fs::remove_file(world.site.folder().join(file));
    }
    fs::write(&database, "this is no database, however long one looks at it").unwrap();
    leaves_closed(&world, "database-unreachable");
    fs::remove_file(&database).unwrap();
    fs::remove_dir_all(world.site.folder().join("desk")).unwrap();
    fs::write(world.site.folder().join("desk"), "").unwrap();
    leaves_closed(&world, "site-unusable");
}

fn leaves_closed(world: &World, code: &str) {
    let (ended, found) = found(world, &[]);
    assert_eq!((ended, found.len(), found[0]["code"].as_str()), (3, 1, Some(code)), "{found:#?}");
    assert!(found[0]["what"].as_str().unwrap().ends_with("nothing else of the site could be looked at"), "{found:#?}");
}

#[test]
fn tables_of_a_newer_program_are_told() {
    let world = World::new();
    let script = "db.execute(\"update _sqlx_migrations set version = 9999 where version = (select max(version) from _sqlx_migrations)\")";
    on_database(&world, script);
    leaves_closed(&world, "database-schema");
}

#[test]
fn an_altered_log_of_releases_is_for_people() {
    let world = World::new();
    world.deliver("1.0.0");
    let script = "for (name,) in db.execute(\"select name from sqlite_master where type = 'trigger'\").fetchall():
    db.execute('drop trigger ' + name)
db.execute(\"update history set entry = replace(entry, 'carlos', 'nobody') where seq = 2\")";
    on_database(&world, script);
    let finding = leaves(&world, "history-broken", "fault", 3);
    assert!(finding["what"].as_str().unwrap().contains("record 2"), "{finding}");
}

/// Somebody with access to the database changes it.
fn on_database(world: &World, script: &str) {
    let script = format!("import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1])\n{script}\ndb.commit()\n");
    let database = world.site.folder().join("nsrw.db");
    let ended = Command::new("python3").arg("-c").arg(script).arg(database).status().unwrap();
    assert!(ended.success());
}

/// What a worker of this machine that is no more called itself: no process has this id.
fn dead_worker() -> String {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let namespace = fs::read_link("/proc/self/ns/pid").unwrap();
    format!("{}:{}:4194305:1", host.trim(), namespace.display())
}

#[test]
fn a_claim_of_a_process_that_is_no_more_is_ended() {
    let world = World::new();
    world.post(world.deliver("1.0.0"), ago(0));
    world.claim(&dead_worker());
    let finding = finds(&world, "claim-of-dead-worker", "warning", 5, true);
    assert_eq!((finding["where"].as_str(), finding["repair"].as_str()), (Some("ticket 1"), Some("nsrw promote")));
    mends(&world, "claim-of-dead-worker");
}

#[test]
fn a_message_that_fails_again_and_again_is_told_with_its_trouble() {
    let world = World::new();
    world.site.change_setting("worker.tries", "1").unwrap();
    world.post(world.deliver("1.0.0"), ago(2));
    let claim = world.claim("elsewhere:1:1");
    world.with_store(async |store| store.put_back(&claim, ago(-1), "the disk is full").await.unwrap());
    let finding = leaves(&world, "message-fails", "warning", 5);
    let told = finding["what"].as_str().unwrap();
    assert!(told.contains("put back 1 times, the last time because: the disk is full"), "{finding}");
    assert!(finding["repair"].as_str().unwrap().contains("nsrw explain 1"), "{finding}");
}

#[test]
fn messages_that_nobody_works_on_are_told_once() {
    let world = World::new();
    let ticket = world.deliver("1.0.0");
    world.post(ticket, ago(2));
    world.post(ticket, ago(3));
    let finding = leaves(&world, "message-overdue", "warning", 5);
    assert!(finding["what"].as_str().unwrap().starts_with("2 messages wait for a worker"), "{finding}");
    world.site.done(&["promote"]).unwrap();
    is_well(&world);
}

#[test]
fn a_plan_that_was_begun_and_that_nobody_goes_on_with_is_told() {
    let world = World::new();
    world.site.change_setting("worker.retry_seconds", "3600").unwrap();
    let (ticket, folder) = world.open("1.0.0");
    let aside = world.home.path().join("aside");
    fs::rename(&folder, &aside).unwrap();
    world.site.done(&["ticket", "set", "--as", "carlos", &ticket.to_string(), "RolloutProgress=Unverified"]).unwrap();
    assert_eq!(world.nsrw(&["promote"]).code, 4);
    is_well(&world);
    // The hour is over, and nobody came.
    on_database(&world, "db.execute('update inbox set not_before = 1 where plan is not null')");
    let finding = leaves(&world, "plan-unheld", "warning", 5);
    assert_eq!(finding["repair"], "nsrw promote");
    fs::rename(&aside, &folder).unwrap();
    world.site.done(&["promote"]).unwrap();
    is_well(&world);
}

#[test]
fn a_release_whose_files_are_lost_is_for_people() {
    let world = World::new();
    let ticket = world.deliver("1.0.0");
    let file = pool_file(&world, "storm-1.0.0");
    fs::remove_file(&file).unwrap();
    let finding = leaves(&world, "content-missing", "fault", 3);
    assert!(finding["what"].as_str().unwrap().contains(&format!("{}: it is missing", file.display())), "{finding}");
    assert_eq!(finding["where"], format!("ticket {ticket}"));
}

/// The pool's file that a repository shows under a name that begins so.
fn pool_file(world: &World, name: &str) -> PathBuf {
    use std::os::unix::fs::MetadataExt as _;
    let files = |folder: PathBuf| walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    let published = files(root(world).join("generations"));
    let shown = published.into_iter().find(|entry| entry.file_name().to_string_lossy().starts_with(name)).unwrap();
    let inode = shown.metadata().unwrap().ino();
    files(root(world).join("pool")).find(|entry| entry.metadata().unwrap().ino() == inode).unwrap().into_path()
}

#[test]
fn letters_that_can_not_leave_are_told() {
    let world = World::new();
    world.write_letter(ago(1));
    let finding = leaves(&world, "letters-stuck", "warning", 5);
    assert!(finding["repair"].as_str().unwrap().contains("mail.host"), "{finding}");
    world.site.change_setting("mail.host", "\"127.0.0.1\"").unwrap();
    world.site.change_setting("mail.from", "\"nsrw@example.org\"").unwrap();
    is_well(&world);
    on_database(&world, "db.execute('update letters set written = written - 90000000000')");
    assert_eq!(leaves(&world, "letters-stuck", "warning", 5)["repair"], "nsrw notify");
}

#[test]
fn a_change_that_never_arrived_is_queued() {
    let world = World::new();
    let ticket = world.deliver("1.0.0");
    world
        .site
        .done(&["ticket", "set", "--as", "carlos", &ticket.to_string(), "RolloutProgress=InVerification"])
        .unwrap();
    on_database(&world, "db.execute('delete from inbox where finished is null')");
    let (ended, found) = found(&world, &[]);
    let codes: Vec<_> = found.iter().map(|finding| finding["code"].as_str().unwrap()).collect();
    assert_eq!((ended, codes), (5, vec!["notice-missed", "ticket-elsewhere"]), "{found:#?}");
    assert_eq!(self::found(&world, &["--fix"]).0, 0);
    world.site.done(&["promote"]).unwrap();
    is_well(&world);
    assert_eq!(world.site.field(ticket, "CommunicationStatus").unwrap(), "OK");
}

#[test]
fn a_ticket_that_is_not_on_record_is_put_there() {
    let world = World::new();
    world.open("1.0.0");
    on_database(&world, "db.execute('delete from releases')");
    finds(&world, "ticket-unknown", "warning", 5, true);
    let (ended, _) = found(&world, &["--fix"]);
    assert_eq!(ended, 0);
    is_well(&world);
}

#[test]
fn a_ticket_that_was_not_told_is_looked_at_again() {
    let world = World::new();
    let ticket = world.deliver("1.0.0");
    world.tamper_with_ticket(ticket, "\"CommunicationStatus\": \"OK\"", "\"CommunicationStatus\": \"Pending\"");
    finds(&world, "ticket-untold", "warning", 5, true);
    mends(&world, "ticket-untold");
    world.site.done(&["promote"]).unwrap();
    is_well(&world);
    assert_eq!(world.site.field(ticket, "CommunicationStatus").unwrap(), "OK");
}

#[test]
fn a_ticket_that_is_gone_is_for_people() {
    let world = World::new();
    let ticket = world.deliver("1.0.0");
    fs::rename(world.site.folder().join(format!("desk/tickets/{ticket}")), world.home.path().join("gone")).unwrap();
    leaves(&world, "ticket-gone", "fault", 3);
}

#[test]
fn a_release_that_is_not_published_is_published() {
    let world = World::new();
    world.deliver("1.0.0");
    let link = world.site.public().join(UNVERIFIED);
    fs::remove_file(&link).unwrap();
    finds(&world, "release-missing", "fault", 3, true);
    mends(&world, "release-missing");
    assert!(link.join("repodata/repomd.xml").is_file());
}

#[test]
fn a_release_where_it_does_not_belong_is_withdrawn() {
    let world = World::new();
    let ticket = world.deliver("1.0.0");
    let there = world.site.public().join(UNVERIFIED).canonicalize().unwrap();
    world.site.set(ticket, "carlos", &["RolloutProgress=InVerification"]).unwrap();
    let report = "Verification-Report=https://documents.example.org/verification";
    world.site.set(ticket, "carlos", &[report, "RolloutProgress=StageRollout"]).unwrap();
    assert!(!world.site.public().join(UNVERIFIED).exists());
    let link = world.site.public().join(UNVERIFIED);
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(relative(&there, link.parent().unwrap(), &root(&world)), &link).unwrap();
    finds(&world, "release-extra", "fault", 3, true);
    mends(&world, "release-extra");
    assert!(!link.exists());
}

/// The way from a folder of the tree to a generation, as the tree's own links have it.
fn relative(to: &Path, from: &Path, root: &Path) -> PathBuf {
    let root = root.canonicalize().unwrap();
    let depth = from.canonicalize().unwrap().strip_prefix(&root).unwrap().components().count();
    std::iter::repeat_n("..", depth).collect::<PathBuf>().join(to.strip_prefix(&root).unwrap())
}

#[test]
fn a_live_repository_that_lost_a_file_is_published_anew_if_the_pool_has_it() {
    let world = World::new();
    world.deliver("1.0.0");
    let live = world.site.public().join(UNVERIFIED);
    let shown = live.join("storm-1.0.0-1.noarch.rpm");
    fs::remove_file(&shown).unwrap();
    let finding = finds(&world, "live-damaged", "fault", 3, true);
    assert!(finding["what"].as_str().unwrap().contains("storm-1.0.0-1.noarch.rpm: it is missing"), "{finding}");
    mends(&world, "live-damaged");
    assert!(shown.is_file());
    let index = walkdir::WalkDir::new(live.join("repodata")).into_iter().map(Result::unwrap);
    let index =
        index.map(walkdir::DirEntry::into_path).find(|path| path.to_string_lossy().contains("-primary.xml")).unwrap();
    fs::remove_file(&index).unwrap();
    finds(&world, "live-damaged", "fault", 3, true);
    mends(&world, "live-damaged");
    assert_eq!(world.site.done(&["repo", "verify"]).unwrap(), "every file is what it was\n");
}

#[test]
fn an_index_that_is_to_expire_is_published_anew() {
    let world = World::new();
    world.deliver("1.0.0");
    let path = world.site.public().join(UNVERIFIED).join(".nsrw-manifest.json");
    let mut record: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    record["published"] = serde_json::to_value(ago(9 * 24)).unwrap();
    record["valid_until"] = serde_json::to_value(ago(-24)).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, record.to_string()).unwrap();
    let finding = finds(&world, "index-expiring", "warning", 5, true);
    assert_eq!(finding["repair"], "nsrw repo refresh");
    mends(&world, "index-expiring");
}

#[test]
fn what_killed_runs_left_is_finished_or_removed() {
    let world = World::new();
    world.deliver("1.0.0");
    let root = root(&world);
    fs::write(root.join("intent.json"), "[]").unwrap();
    finds(&world, "publication-unfinished", "warning", 5, true);
    mends(&world, "publication-unfinished");
    fs::write(root.join("due"), "").unwrap();
    finds(&world, "pages-behind", "note", 0, true);
    mends(&world, "pages-behind");
    fs::create_dir(root.join("tmp/generation")).unwrap();
    finds(&world, "build-leftover", "note", 0, true);
    mends(&world, "build-leftover");
    fs::create_dir_all(root.join("scratch/ticket-77/files")).unwrap();
    finds(&world, "scratch-leftover", "note", 0, true);
    mends(&world, "scratch-leftover");
    assert!(!root.join("scratch/ticket-77").exists() && !root.join("tmp/generation").exists());
}

#[test]
fn an_altered_log_of_what_was_done_by_hand_is_for_people() {
    let world = World::new();
    world.site.done(&["repo", "verify", "--as", "kostas"]).unwrap();
    world.site.done(&["repo", "verify", "--as", "kostas"]).unwrap();
    let log = root(&world).join("log.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    fs::write(&log, text.replacen("kostas", "nobody", 1)).unwrap();
    let finding = leaves(&world, "audit-log-broken", "fault", 3);
    assert!(finding["what"].as_str().unwrap().contains("record 1 is not what was written"), "{finding}");
}

#[test]
fn keys_that_can_not_sign_or_soon_will_not_are_told() {
    let world = World::new();
    let secrets = world.site.folder().join("secrets");
    let use_key = |key: &SecretKey| {
        fs::copy(key.secret().unwrap(), secrets.join("signing.asc")).unwrap();
        fs::copy(key.public().unwrap(), world.site.folder().join("repository.asc")).unwrap();
    };
    use_key(&SecretKey::new("ed25519").unwrap());
    let source = "[{ backend = \"file\", secret = \"secrets/signing.asc\" }]";
    world.site.change_setting("signing.keys", source).unwrap();
    world.site.change_setting("signing.public", "[\"repository.asc\"]").unwrap();
    is_well(&world);
    use_key(&SecretKey::lasting("ed25519", "2w").unwrap());
    let finding = leaves(&world, "signing-expiring", "warning", 5);
    assert!(finding["what"].as_str().unwrap().starts_with("a key that signs expires on 2"), "{finding}");
    fs::write(secrets.join("signing.asc"), "no key").unwrap();
    let finding = leaves(&world, "signing-unusable", "fault", 3);
    assert!(finding["what"].as_str().unwrap().contains("signing.asc"), "{finding}");
}

#[test]
fn room_that_does_not_suffice_is_told() {
    let world = World::new();
    world.site.change_setting("fetch.max_bytes", "9000000000000000").unwrap();
    // How much is free changes while one looks, so it is looked at once.
    let finding = finds(&world, "disk-short", "warning", 5, false);
    assert!(finding["what"].as_str().unwrap().contains("a delivery may take 9000000000000000"), "{finding}");
}

#[test]
fn a_site_without_an_administrator_is_told() {
    let world = World::new();
    let text = fs::read_to_string(world.site.config()).unwrap();
    fs::write(world.site.config(), text.replace("\"admin\"", "\"verifier\"")).unwrap();
    finds(&world, "nobody-is-admin", "warning", 5, false);
}

#[test]
fn what_is_found_is_told_so_that_a_person_can_do_it() {
    let world = World::new();
    set_mode(&world.site.folder().join("secrets/notice.key"), 0o604);
    world.post(world.deliver("1.0.0"), ago(5));
    let told = world.nsrw(&["doctor"]).answer;
    let lines: Vec<&str> = told.lines().collect();
    assert!(
        lines[0].starts_with("warning  secret-open  ")
            && lines[1].starts_with("         --fix does it, or: chmod 0600 "),
        "{told}"
    );
    assert!(lines[2].starts_with("warning  message-overdue  ticket 1: "), "{told}");
    assert_eq!(lines[3], "         start `nsrw serve`, or run `nsrw promote`");
    assert_eq!(lines[4], "0 faults, 2 warnings, 0 notes");
    let mended = world.nsrw(&["doctor", "--fix"]).answer;
    assert!(mended.contains("         mended by --fix, which takes the rights away\n"), "{mended}");
    assert!(mended.ends_with("left: 0 faults, 1 warnings, 0 notes; mended: 1\n"), "{mended}");
}
