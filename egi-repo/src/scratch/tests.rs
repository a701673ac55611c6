use std::io::{Read as _, Write as _};
use std::os::unix::fs::symlink;

use super::*;

fn root() -> (tempfile::TempDir, ScratchRoot) {
    let dir = tempfile::tempdir().unwrap();
    let root = ScratchRoot::new(dir.path().join("scratch"));
    (dir, root)
}

fn segment(text: &str) -> Segment {
    text.parse().unwrap()
}

fn path(text: &str) -> RelPath {
    text.parse().unwrap()
}

fn land(scratch: &Scratch, at: &str, content: &[u8]) -> io::Result<()> {
    scratch.part(&segment("p"))?.write_all(content)?;
    scratch.land(&segment("p"), &path(at))
}

#[test]
fn a_scratch_that_is_opened_again_keeps_what_landed() {
    let (_dir, root) = root();
    land(&root.open(&segment("plan-1")).unwrap(), "a/b.rpm", b"content").unwrap();

    let mut content = String::new();
    root.open(&segment("plan-1")).unwrap().read(&path("a/b.rpm")).unwrap().read_to_string(&mut content).unwrap();
    assert_eq!(content, "content");
}

#[test]
fn removing_is_repeatable_and_leaves_the_others() {
    let (_dir, root) = root();
    for name in ["plan-1", "plan-2"] {
        root.open(&segment(name)).unwrap();
    }
    root.ensure_removed(&segment("plan-1")).unwrap();
    root.ensure_removed(&segment("plan-1")).unwrap();
    assert_eq!(root.list().unwrap(), ["plan-2"]);
}

#[test]
fn what_is_no_scratch_is_listed_and_removed_without_following_it() {
    let (dir, root) = root();
    assert!(root.list().unwrap().is_empty(), "nothing is there yet");
    root.open(&segment("plan-1")).unwrap();
    let outside = dir.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("kept"), "x").unwrap();
    symlink(&outside, dir.path().join("scratch/link")).unwrap();
    assert_eq!(root.list().unwrap(), ["link", "plan-1"]);

    root.ensure_removed(&segment("link")).unwrap();

    assert_eq!(root.list().unwrap(), ["plan-1"]);
    assert!(outside.join("kept").exists(), "a link is removed, not what it points to");
}

#[test]
fn no_link_planted_in_a_scratch_is_followed() {
    let (dir, root) = root();
    let scratch = root.open(&segment("plan-1")).unwrap();
    let outside = dir.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("secret"), "x").unwrap();
    symlink(&outside, scratch.files_dir().join("folder")).unwrap();
    symlink(outside.join("secret"), scratch.files_dir().join("file")).unwrap();

    assert!(scratch.read(&path("file")).is_err());
    assert!(scratch.read(&path("folder/secret")).is_err());
    assert!(land(&scratch, "folder/new", b"y").is_err());
    assert!(!outside.join("new").exists());
    // A file replaces the link itself.
    land(&scratch, "file", b"y").unwrap();
    assert_eq!(std::fs::read(outside.join("secret")).unwrap(), b"x");
}

#[test]
fn a_scratch_that_is_a_link_is_refused() {
    let (dir, root) = root();
    root.open(&segment("plan-1")).unwrap();
    symlink(dir.path(), dir.path().join("scratch/plan-2")).unwrap();
    let error = root.open(&segment("plan-2")).unwrap_err();
    assert!(error.to_string().ends_with("scratch/plan-2"), "{error}");
}

#[test]
fn a_fifo_is_no_file_and_opening_it_does_not_hang() {
    let (_dir, root) = root();
    let scratch = root.open(&segment("plan-1")).unwrap();
    let fifo = scratch.files_dir().join("fifo");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o644), 0)
        .unwrap();
    assert_eq!(scratch.read(&path("fifo")).unwrap_err().kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn pruning_leaves_the_named_files_and_no_empty_folder() {
    let (dir, root) = root();
    let scratch = root.open(&segment("plan-1")).unwrap();
    for at in ["a/keep", "a/drop", "b/c/drop"] {
        land(&scratch, at, b"x").unwrap();
    }
    symlink(dir.path(), scratch.files_dir().join("link")).unwrap();

    scratch.prune(&BTreeSet::from(["a/keep"])).unwrap();

    let left: Vec<_> = walkdir::WalkDir::new(scratch.files_dir())
        .min_depth(1)
        .sort_by_file_name()
        .into_iter()
        .map(|e| e.unwrap().path().strip_prefix(scratch.files_dir()).unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(left, ["a", "a/keep"]);
    assert!(dir.path().exists());
}
