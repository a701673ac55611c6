//! Content enters the pool, and the lock that everything is done under.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use egi_model::checksums::{Checksums, ListedFile};
use egi_model::digest::Algorithm;

use super::*;
use crate::progress::Silent;
use crate::scratch::ScratchRoot;
use crate::verify::{VerifyPolicy, verify};

#[test]
fn content_is_stored_once_and_read_only() {
    let world = World::new();
    let files = [("a.txt", b"same".to_vec()), ("b/c.txt", b"same".to_vec()), ("d.txt", b"other".to_vec())];
    let id = world.content(&files);
    let listed = world.tree.load_content(id).unwrap();
    assert_eq!(listed.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(), ["a.txt", "b/c.txt", "d.txt"]);
    let pool = world.dir.path().join("tree/pool/sha256");
    let stored = WalkDir::new(&pool).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
    let mut names: Vec<_> = stored.map(|e| e.path().strip_prefix(&pool).unwrap().to_owned()).collect();
    names.sort();
    let mut expected = [b"same".as_slice(), b"other"].map(|bytes| {
        let hex = Sha256::of(bytes).to_hex();
        Path::new(&hex[..2]).join(&hex)
    });
    expected.sort();
    assert_eq!(names, expected);
    let mode = fs::metadata(pool.join(&names[0])).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o444);
}

#[test]
fn a_published_file_is_the_pools() {
    let world = World::new();
    let content = world.content(&[("README", b"hello".to_vec())]);
    world.place(&updates(), &placement(1, "x", content, Mode::Add));
    world.place(&key(Area::StageRollout, "x/1"), &placement(1, "x", content, Mode::Add));
    let pooled = fs::metadata(world.tree.layout.pool_file(Sha256::of(b"hello"))).unwrap();
    for shown in [updates(), key(Area::StageRollout, "x/1")] {
        assert_eq!(fs::metadata(world.public(&shown, "README")).unwrap().ino(), pooled.ino());
    }
}

#[test]
fn taking_in_again_finishes_what_was_begun() {
    let world = World::new();
    let folder = world.tree.scratch_dir().join("plan-1");
    let listed = deliver(&folder, &[("a", b"one".to_vec()), ("b", b"two".to_vec())]);
    pool::import(&world.tree.layout, &folder, &listed[..1]).unwrap();
    let id = pool::import(&world.tree.layout, &folder, &listed).unwrap();
    assert_eq!(pool::import(&world.tree.layout, &folder, &listed).unwrap(), id);
    assert_eq!(world.tree.load_content(id).unwrap(), listed);
}

#[test]
fn a_file_that_is_not_what_was_verified_is_refused() {
    let world = World::new();
    let folder = world.tree.scratch_dir().join("plan-1");
    let listed = deliver(&folder, &[("a", b"one".to_vec())]);
    fs::write(folder.join("a"), "longer").unwrap();
    let error = pool::import(&world.tree.layout, &folder, &listed).unwrap_err().to_string();
    assert!(error.contains("3 bytes was expected, 6 bytes was found"), "{error}");
    fs::remove_file(folder.join("a")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.join("a")).unwrap();
    let error = pool::import(&world.tree.layout, &folder, &listed).unwrap_err().to_string();
    assert!(error.contains("a file was expected"), "{error}");
}

#[test]
fn unknown_and_damaged_contents_are_told() {
    let world = World::new();
    let id = world.content(&[("a", b"one".to_vec())]);
    let nobody = ContentId(Sha256::of(b"nobody's"));
    let error = world.tree.load_content(nobody).unwrap_err();
    assert!(matches!(error, RepoError::UnknownContent { .. }), "{error}");
    let record = world.tree.layout.content(id);
    fs::write(&record, "[]").unwrap();
    assert!(matches!(world.tree.load_content(id), Err(RepoError::Altered { .. })));
    fs::write(&record, "[").unwrap();
    assert!(matches!(world.tree.load_content(id), Err(RepoError::Record { .. })));
}

#[test]
fn a_second_writer_waits_and_is_told_for_what() {
    let world = World::with(TreeOptions { lock_patience: Duration::ZERO, ..TreeOptions::default() });
    let error = world.tree.lock().unwrap_err();
    assert!(error.is_transient());
    assert!(error.to_string().contains("tree/lock is held by another process"), "{error}");
    let World { tree, lock, dir: _dir, .. } = world;
    drop(lock);
    tree.lock().unwrap();
}

#[test]
fn a_full_and_a_read_only_file_system_are_told_apart() {
    let error = |kind: io::ErrorKind| RepoError::of("write", Path::new("/srv/x"), kind.into());
    for (kind, transient, part) in [
        (io::ErrorKind::StorageFull, true, "failed to write /srv/x: no space is left"),
        (io::ErrorKind::QuotaExceeded, true, "no space is left"),
        (io::ErrorKind::ReadOnlyFilesystem, true, "the file system is read-only"),
        (io::ErrorKind::PermissionDenied, false, "failed to write /srv/x"),
    ] {
        assert_eq!(error(kind).is_transient(), transient, "{kind}");
        assert!(error(kind).to_string().contains(part), "{kind}");
    }
}

#[test]
fn a_verified_release_becomes_content_and_may_be_verified_and_taken_in_again() {
    let world = World::new();
    let scratch = ScratchRoot::new(world.tree.scratch_dir()).open(&"plan-1".parse().unwrap()).unwrap();
    let listed = deliver(scratch.files_dir(), &[("release.xml", b"<Release/>".to_vec()), ("a", b"one".to_vec())]);
    let digests = |f: &ContentFile| BTreeMap::from([(Algorithm::Sha256, f.sha256.to_hex())]);
    let entry = |f: &ContentFile| ListedFile { path: f.path.clone(), size: Some(f.size), digests: digests(f) };
    let checksums = Checksums { files: listed.iter().map(entry).collect() };
    let take_in = || {
        let verified = verify(&scratch, &checksums, &[], VerifyPolicy::default(), &Silent).unwrap();
        world.tree.ensure_content(&world.lock, &verified).unwrap()
    };
    let id = take_in();
    assert_eq!(world.tree.load_content(id).unwrap(), listed[1..]);
    assert_eq!(take_in(), id);
}
