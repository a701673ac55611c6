//! Whatever links somebody planted, what is opened lies beneath the folder. The kernel's own rule is the judge:
//! `openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS)` has to say the same of every path.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use proptest::collection::vec;
use proptest::prelude::*;
use rustix::fs::{ResolveFlags, openat2};

use super::*;

/// Something planted, at a path of a few short names so that paths meet.
#[derive(Debug, Clone)]
enum Planted {
    File(String),
    Folder(String),
    Link(String, String),
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "c", "secret", "..a", "%2e%2e"])
}

fn path() -> impl Strategy<Value = String> {
    vec(name(), 1..4).prop_map(|names| names.join("/"))
}

/// Out of the folder by every way there is, and to what lies in it.
fn target() -> impl Strategy<Value = String> {
    let ways = vec(prop::sample::select(vec!["..", ".", "a", "b", "outside", "secret", "root", ""]), 1..5);
    let fixed = prop::sample::select(vec!["OUTSIDE", "OUTSIDE/secret", "/", "/proc/self/cwd", "/proc/self/root", "."]);
    prop_oneof![ways.prop_map(|names| names.join("/")), fixed.prop_map(str::to_owned)]
}

fn planted() -> impl Strategy<Value = Planted> {
    prop_oneof![
        path().prop_map(Planted::File),
        path().prop_map(Planted::Folder),
        (path(), target()).prop_map(|(at, to)| Planted::Link(at, to)),
    ]
}

/// A folder to work in, and beside it one that nothing may reach.
struct World {
    dir: tempfile::TempDir,
}

impl World {
    fn new(planted: &[Planted]) -> Self {
        let world = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir_all(world.root()).unwrap();
        fs::create_dir_all(world.outside().join("a")).unwrap();
        for path in ["secret", "a/secret"] {
            fs::write(world.outside().join(path), "outside").unwrap();
        }
        for thing in planted {
            world.plant(thing);
        }
        world
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    fn outside(&self) -> PathBuf {
        self.dir.path().join("outside")
    }

    /// What can not be planted because something else is in its place is left out.
    fn plant(&self, thing: &Planted) {
        let (Planted::File(at) | Planted::Folder(at) | Planted::Link(at, _)) = thing;
        let at = self.root().join(at);
        // Never by way of a link planted before.
        let parent = at.parent().unwrap();
        if fs::create_dir_all(parent).is_err()
            || parent.canonicalize().unwrap()
                != self.root().canonicalize().unwrap().join(parent.strip_prefix(self.root()).unwrap())
        {
            return;
        }
        let _ = match thing {
            Planted::File(_) if at.symlink_metadata().is_ok() => Ok(()),
            Planted::File(_) => fs::write(&at, "inside"),
            Planted::Folder(_) => fs::create_dir(&at),
            Planted::Link(_, to) => symlink(to.replace("OUTSIDE", &self.outside().to_string_lossy()), &at),
        };
    }

    /// Everything outside, with its content and mode.
    fn picture(&self) -> Vec<(PathBuf, u32, Vec<u8>)> {
        let below = walkdir::WalkDir::new(self.outside()).sort_by_file_name().into_iter();
        below
            .map(|entry| {
                let entry = entry.unwrap();
                let mode = entry.metadata().unwrap().permissions().mode();
                (entry.path().to_owned(), mode, fs::read(entry.path()).unwrap_or_default())
            })
            .collect()
    }

    /// What the kernel reads at `path` when it is told to stay beneath and to follow no link.
    fn judge(&self, path: &str) -> Option<String> {
        let root = Dir::open(&self.root()).unwrap();
        let stay = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        match openat2(&root.0, path, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK, Mode::empty(), stay) {
            Ok(fd) => {
                let mut text = String::new();
                File::from(fd).read_to_string(&mut text).ok().map(|_| text)
            }
            Err(rustix::io::Errno::NOSYS) => panic!("this kernel has no openat2; Linux has it since 5.6"),
            Err(_) => None,
        }
    }
}

fn read(root: &Dir, path: &RelPath) -> Option<String> {
    let mut text = String::new();
    root.read(path).ok()?.read_to_string(&mut text).ok().map(|_| text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_is_what_the_kernel_would_read_beneath(planted in vec(planted(), 0..12), paths in vec(path(), 1..8)) {
        let world = World::new(&planted);
        let root = Dir::open(&world.root()).unwrap();
        for path in paths.iter().filter_map(|path| path.parse::<RelPath>().ok()) {
            prop_assert_eq!(read(&root, &path), world.judge(path.as_str()), "{}", path);
        }
    }

    #[test]
    fn nothing_outside_is_ever_changed(
        planted in vec(planted(), 0..12),
        deeds in vec((0..4, path(), path()), 1..12),
    ) {
        let world = World::new(&planted);
        let before = world.picture();
        let root = Dir::open(&world.root()).unwrap();
        for (deed, path, other) in deeds {
            let (Ok(path), Ok(other)) = (path.parse::<RelPath>(), other.parse::<RelPath>()) else { continue };
            match deed {
                0 => drop(root.write(&path).map(|mut file| file.write_all(b"written"))),
                1 => drop(root.ensure_no_file(&path)),
                2 => drop(root.rename(&path, &root, &other)),
                _ => drop(root.ensure_child(path.file_name())),
            }
        }
        prop_assert_eq!(world.picture(), before);
    }
}
