//! Several writers at once, half-finished writes, damaged files.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, fs, thread};

use super::*;
use crate::system::Query;

const COMMENTS: usize = 25;

fn comment_often(folder: &Path, name: &str) {
    let desk = Desk::open(folder).unwrap();
    for n in 0..COMMENTS {
        desk.comment(id(1), &format!("{name} {n}"), &provider(), at(1)).unwrap();
    }
}

fn comments(desk: &Desk) -> BTreeSet<String> {
    let texts = desk.load(id(1)).unwrap().history.into_iter().filter_map(|change| match change.what {
        ChangeKind::Comment { text, .. } => Some(text),
        _ => None,
    });
    texts.collect()
}

/// The name of the folder is in the environment of the processes that this test starts: itself, twice.
#[test]
fn writers_in_two_processes_lose_nothing() {
    const CHILD: &str = "DESK_TEST_CHILD";
    if let Some(folder) = env::var_os(CHILD) {
        return comment_often(Path::new(&folder), &std::process::id().to_string());
    }
    let (folder, desk) = desk_with_ticket();
    let child = || {
        let mut command = Command::new(env::current_exe().unwrap());
        let test = "desk::tests::durable::writers_in_two_processes_lose_nothing";
        command.args(["--exact", test]).env(CHILD, folder.path()).spawn().unwrap()
    };
    let mut children = [child(), child()];
    assert!(children.iter_mut().all(|child| child.wait().unwrap().success()));
    assert_eq!(comments(&desk).len(), 2 * COMMENTS);
}

#[test]
fn a_reader_sees_every_ticket_whole_while_others_write() {
    let (folder, desk) = desk_with_ticket();
    let done = AtomicBool::new(false);
    let path = folder.path();
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut length = 0;
            while !done.load(Ordering::Acquire) {
                let history = desk.load(id(1)).unwrap().history;
                assert!(history.len() >= length && history.is_sorted_by_key(|c| c.id));
                length = history.len();
            }
        });
        let writers = ["a", "b", "c"].map(|name| scope.spawn(move || comment_often(path, name)));
        let written = writers.map(thread::ScopedJoinHandle::join);
        done.store(true, Ordering::Release);
        assert!(written.iter().all(Result::is_ok) && reader.join().is_ok());
    });
    assert_eq!(comments(&desk).len(), 3 * COMMENTS);
}

#[test]
fn a_change_cut_short_leaves_the_ticket_as_it_was_and_is_repeated_in_the_same_files() {
    let (folder, desk) = desk_with_ticket();
    let before = desk.load(id(1)).unwrap();
    let aside = folder.path().join("tickets/1/ticket.json.new");
    let outbox = folder.path().join("outbox/1.3-sw-rel-admin.txt");
    let answer = || {
        let edits = [field(Field::CommunicationStatus, "OK")];
        desk.set(id(1), &edits, &repository(), at(1))
    };
    // A folder in the way of the document stops the change after its messages.
    fs::create_dir(&aside).unwrap();
    let error = answer().unwrap_err();
    assert!(error.to_string().starts_with("failed to write "), "{error}");
    assert!(outbox.exists());
    assert_eq!(desk.load(id(1)).unwrap(), before);

    fs::remove_dir(&aside).unwrap();
    fs::write(&aside, "{\"ticket\": {\"id\"").unwrap();
    assert_eq!(Desk::open(folder.path()).unwrap().load(id(1)).unwrap(), before);
    let changes = answer().unwrap();
    assert!(changes[0].id > before.history[0].id);
    let messages: Vec<_> = fs::read_dir(folder.path().join("outbox")).unwrap().collect();
    assert_eq!((messages.len(), outbox.exists(), aside.exists()), (1, true, false));
}

#[test]
fn a_replacement_cut_short_leaves_the_old_file() {
    let (folder, desk) = desk_with_ticket();
    let aside = folder.path().join("tickets/1/ticket.json.new");
    fs::create_dir(&aside).unwrap();
    let mended = [Edit::File(Field::ReleaseMetadata, b"<mended/>".to_vec())];
    assert!(desk.set(id(1), &mended, &provider(), at(1)).is_err());
    let read = desk.load_file(id(1), Field::ReleaseMetadata, 1 << 20).unwrap();
    assert_eq!(read.as_deref(), Some(METADATA));
}

#[test]
fn a_creation_cut_short_was_never_a_ticket_and_its_number_is_not_given_again() {
    let (_folder, desk) = desk();
    // What a crash leaves: the number taken, the folder there, no document.
    let lock = desk.store.lock().unwrap();
    let number = desk.store.next_ticket(&lock).unwrap();
    desk.store.make_ticket_folder(&lock, number).unwrap();
    drop(lock);
    assert!(desk.list(&Query::default()).unwrap().items.is_empty());
    assert!(matches!(desk.load(id(1)), Err(TicketError::Missing { .. })));
    assert_eq!(desk.create(delivery(METADATA), at(0)).unwrap().id, id(2));
}

#[test]
fn a_damaged_ticket_is_named_with_its_line_and_the_others_go_on() {
    let (folder, desk) = desk_with_ticket();
    let second = desk.create(delivery(b"<b/>"), at(1)).unwrap().id;
    let path = folder.path().join("tickets/1/ticket.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"subject\":", "\"subject\"")).unwrap();

    let error = desk.load(id(1)).unwrap_err().to_string();
    assert!(error.contains("tickets/1/ticket.json is damaged") && error.contains("line 4"), "{error}");
    let found = desk.list(&Query::default()).unwrap();
    assert_eq!(found.items.iter().map(|t| t.id).collect::<Vec<_>>(), [second]);
    assert!(matches!(&found.unreadable[..], [TicketError::Corrupt { .. }]));
    desk.set(second, &[progress("Unverified")], &verifier(), at(2)).unwrap();
    let changes = desk.progress_changes(0).unwrap();
    assert_eq!((changes.items.len(), changes.unreadable.len()), (1, 1));

    fs::write(&path, text.replace("Submitted", "Shipped")).unwrap();
    let error = desk.load(id(1)).unwrap_err().to_string();
    assert!(error.contains("\"Shipped\" is no rollout state"), "{error}");
}

#[test]
fn an_altered_file_is_not_handed_out() {
    let (folder, desk) = desk_with_ticket();
    fs::write(folder.path().join("tickets/1/files/1-release.xml"), "<evil/>").unwrap();
    let error = desk.load_file(id(1), Field::ReleaseMetadata, 1 << 20).unwrap_err();
    assert!(matches!(error, TicketError::Corrupt { .. }), "{error}");
}

#[test]
fn lost_numbers_are_counted_anew() {
    let (folder, desk) = desk_with_ticket();
    desk.comment(id(1), "one", &provider(), at(1)).unwrap();
    fs::remove_file(folder.path().join("desk.json")).unwrap();
    let desk = Desk::open(folder.path()).unwrap();
    assert_eq!(desk.comment(id(1), "two", &provider(), at(2)).unwrap()[0].id, 3);
    assert_eq!(desk.create(delivery(b"<b/>"), at(3)).unwrap().id, id(2));
}
