//! The order in which a run writes, syncs and announces, read from its trace: what a power cut at any moment would leave.
//!
//! A power cut takes what was not synced: bytes of a file, and names in a folder. So nothing that is to last may be
//! unsynced when something is *announced*: renamed to its place in the repository tree or on the desk, where it may be what
//! makes the rest visible, or committed in the database, which says that a step is done. A file gets a name in the pool
//! only when its bytes are synced.
//!
//! Left out is what may be lost: what is under construction, until it is renamed to its place; what is kept to save work
//! and checks itself; locks; the mark that pages are due; old generations that are removed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use walkdir::WalkDir;

use super::tracer::Call;

/// What may be lost of a repository tree.
const PASSING: [&str; 4] = ["tmp", "scratch", "metadata", "due"];

/// Locks.
const LOCKS: [&str; 2] = ["repository/lock", "desk/desk.lock"];
/// What the desk calls a file that is to be renamed to its place beside it.
const ASIDE: &str = "new";

/// What a trace shows.
#[derive(Debug, Default)]
pub struct Order {
    /// Files that got a name in the pool.
    pub pooled: usize,
    /// Generations that were moved to their place.
    pub generations: usize,
    /// Generations that were made live.
    pub switches: usize,
    /// Transactions that were committed.
    pub commits: usize,
    /// What was announced too early.
    pub faults: Vec<String>,
}

/// Everything that there is in a folder.
pub fn list(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let entries = WalkDir::new(folder).into_iter().map(|entry| Ok(entry?.into_path()));
    entries.collect::<Result<_>>().with_context(|| format!("failed to list {}", folder.display()))
}

/// Reads what a run did to the site in `folder`, in which there was `before`.
pub fn check<'c>(folder: &Path, before: &BTreeSet<PathBuf>, calls: impl IntoIterator<Item = &'c Call>) -> Order {
    let (tree, desk, log) = (folder.join("repository"), folder.join("desk"), folder.join("nsrw.db-wal"));
    let known = before.clone();
    let (links, unsynced, order) = (BTreeMap::new(), BTreeSet::new(), Order::default());
    let mut reader = Reader { tree, desk, log, known, links, unsynced, order };
    calls.into_iter().for_each(|call| reader.read(call));
    reader.announce("the run ended");
    reader.order
}

struct Reader {
    tree: PathBuf,
    desk: PathBuf,
    /// The database's log: a transaction is committed when it is synced.
    log: PathBuf,
    known: BTreeSet<PathBuf>,
    /// What symbolic links say.
    links: BTreeMap<PathBuf, PathBuf>,
    /// Files whose bytes, and folders whose names, changed since they were synced.
    unsynced: BTreeSet<PathBuf>,
    order: Order,
}

impl Reader {
    fn read(&mut self, call: &Call) {
        let Call { name, path, source } = call;
        match (*name, source) {
            ("fsync" | "fdatasync", _) => {
                self.unsynced.remove(path);
                if *path == self.log {
                    self.order.commits += 1;
                    self.announce("a transaction was committed");
                }
            }
            ("rename" | "renameat" | "renameat2", Some(source)) => self.rename(source, path),
            ("link" | "linkat", Some(source)) => self.link(source, path),
            ("symlink" | "symlinkat", Some(says)) => {
                self.links.insert(path.clone(), says.clone());
                self.enter(path);
            }
            ("mkdir" | "mkdirat", _) => self.enter(path),
            ("unlink" | "unlinkat" | "rmdir", _) => self.remove(path),
            ("open" | "openat" | "openat2" | "creat", _) => {
                if !self.known.contains(path) {
                    self.enter(path);
                }
                self.unsynced.insert(path.clone());
            }
            // It says when, and waits for nothing.
            ("sync_file_range", _) => {}
            // What one may do with a file is no matter of order.
            ("chmod" | "fchmod" | "fchmodat", _) => {}
            _ => drop(self.unsynced.insert(path.clone())),
        }
    }

    /// A folder has a new name in it.
    fn enter(&mut self, path: &Path) {
        self.known.insert(path.to_owned());
        if !is_by_the_way(path) {
            self.unsynced.extend(path.parent().map(Path::to_owned));
        }
    }

    fn link(&mut self, source: &Path, path: &Path) {
        if self.unsynced.contains(source) {
            self.unsynced.insert(path.to_owned());
        }
        if path.starts_with(self.tree.join("pool")) {
            self.order.pooled += 1;
            if self.unsynced.remove(path) {
                let fault = format!("{} got a name in the pool while its bytes were not synced", source.display());
                self.order.faults.push(fault);
            }
        }
        self.enter(path);
    }

    fn rename(&mut self, source: &Path, path: &Path) {
        self.known.remove(source);
        let moved: Vec<PathBuf> = self.unsynced.iter().filter(|it| it.starts_with(source)).cloned().collect();
        for old in moved {
            self.unsynced.remove(&old);
            self.unsynced.extend(old.strip_prefix(source).ok().map(|below| join(path, below)));
        }
        let is_link = self.links.remove(source).map(|says| self.links.insert(path.to_owned(), says)).is_some();
        if self.lasts(path) {
            self.order.switches += usize::from(is_link);
            let is_generation = path.starts_with(self.tree.join("generations")) && path.extension().is_none();
            self.order.generations += usize::from(is_generation);
            self.announce(&format!("{} got its place", path.display()));
        }
        self.enter(path);
    }

    /// That something is out of sight has to last too.
    fn remove(&mut self, path: &Path) {
        for set in [&mut self.unsynced, &mut self.known] {
            set.remove(path);
        }
        self.links.remove(path);
        if path.starts_with(self.tree.join("sw")) || *path == self.tree.join("intent.json") {
            self.unsynced.extend(path.parent().map(Path::to_owned));
        }
    }

    /// Nothing that is to last may be unsynced now. Each fault is told once.
    fn announce(&mut self, what: &str) {
        let early: Vec<PathBuf> = self.unsynced.iter().filter(|path| self.lasts(path)).cloned().collect();
        for path in early {
            self.order.faults.push(format!("{what} while {} was not synced", path.display()));
            self.unsynced.remove(&path);
        }
    }

    fn lasts(&self, path: &Path) -> bool {
        let may_be_lost = || PASSING.iter().any(|name| path.starts_with(self.tree.join(name)));
        let in_tree = path.starts_with(&self.tree) && !may_be_lost();
        !is_by_the_way(path) && (in_tree || path.starts_with(&self.desk))
    }
}

/// Whether neither the name nor what it stands for need last.
fn is_by_the_way(path: &Path) -> bool {
    LOCKS.iter().any(|lock| path.ends_with(lock)) || path.extension().is_some_and(|extension| extension == ASIDE)
}

/// Joined with nothing, a path stays as it is.
fn join(path: &Path, below: &Path) -> PathBuf {
    if below.as_os_str().is_empty() { path.to_owned() } else { path.join(below) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Publishes a generation with one file from the pool and one index, the way it should be done: a call a line, `name
    /// path` or `name path source`.
    const GOOD: &str = "
        openat repository/scratch/a
        write repository/scratch/a
        fsync repository/scratch/a
        mkdir repository/pool/ab
        fsync repository/pool
        link repository/pool/ab/abc repository/scratch/a
        fsync repository/pool/ab
        mkdir repository/tmp/generation
        link repository/tmp/generation/a repository/pool/ab/abc
        openat repository/tmp/generation/index
        write repository/tmp/generation/index
        fsync repository/tmp/generation/index
        fsync repository/tmp/generation
        rename repository/generations/x/@1 repository/tmp/generation
        fsync repository/generations/x
        openat repository/due
        fsync repository
        symlink repository/tmp/live ../../generations/x/@1
        rename repository/sw/x repository/tmp/live
        fsync repository/sw
        write nsrw.db-wal
        fdatasync nsrw.db-wal
        openat desk/ticket.json.new
        write desk/ticket.json.new
        fsync desk/ticket.json.new
        rename desk/ticket.json desk/ticket.json.new
        fsync desk
        write nsrw.db-wal
        fdatasync nsrw.db-wal";

    fn parse(line: &str) -> Call {
        let mut words = line.split_whitespace();
        let name = match words.next().unwrap() {
            "openat" => "openat",
            "write" => "write",
            "fsync" => "fsync",
            "fdatasync" => "fdatasync",
            "mkdir" => "mkdir",
            "link" => "link",
            "symlink" => "symlink",
            "rename" => "rename",
            other => panic!("{other} is not in use here"),
        };
        let path = |word: &str| if word.starts_with("..") { word.into() } else { Path::new("/site").join(word) };
        Call { name, path: path(words.next().unwrap()), source: words.next().map(path) }
    }

    fn read(lines: &[&str]) -> Order {
        let calls: Vec<Call> = lines.iter().map(|line| parse(line)).collect();
        check(Path::new("/site"), &BTreeSet::new(), &calls)
    }

    #[test]
    fn the_right_order_has_no_fault() {
        let lines: Vec<&str> = GOOD.lines().skip(1).collect();
        let Order { pooled, generations, switches, commits, faults } = read(&lines);
        assert_eq!((pooled, generations, switches, commits), (1, 1, 1, 2));
        assert_eq!(faults, [""; 0]);
    }

    #[test]
    fn every_sync_that_is_left_out_is_missed() {
        let lines: Vec<&str> = GOOD.lines().skip(1).collect();
        for (place, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(" fsync ")) {
            let mut rest = lines.clone();
            rest.remove(place);
            let synced = line.split_whitespace().last().unwrap();
            let faults = read(&rest).faults;
            assert_eq!(faults.len(), 1, "without {line}: {faults:#?}");
            let name = Path::new(synced).file_name().unwrap().to_str().unwrap();
            // It is told under the name it has by then.
            let told = faults[0].contains(synced) || faults[0].contains(&format!("/{name} "));
            assert!(told || name == "generation" || name == "ticket.json.new", "without {line}: {faults:#?}");
        }
    }

    #[test]
    fn what_is_announced_before_it_is_synced_is_a_fault() {
        let lines: Vec<&str> = GOOD.lines().skip(1).collect();
        let at = |text: &str| lines.iter().position(|line| line.contains(text)).unwrap();
        for (sync, announced, told) in [
            (
                "fsync repository/sw",
                "fdatasync",
                "a transaction was committed while /site/repository/sw was not synced",
            ),
            ("fsync repository/generations/x", "rename repository/sw/x", "/site/repository/sw/x got its place while"),
            ("fsync repository/scratch/a", "link repository/pool", "got a name in the pool while its bytes"),
        ] {
            let mut late = lines.clone();
            let line = late.remove(at(sync));
            late.insert(at(announced), line);
            let faults = read(&late).faults;
            assert!(faults.len() == 1 && faults[0].contains(told), "{sync} after {announced}: {faults:#?}");
        }
    }
}
