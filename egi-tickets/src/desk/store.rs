//! The desk's folder: where things are, how they are replaced whole, who may write.
//!
//! The only module of the desk that touches the file system. It knows nothing of the rules about fields.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use egi_model::digest::Sha256;
use egi_model::field::{Field, FieldKind};
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::children::ChildRecord;
use super::mail::Message;
use super::{StoredFile, TicketRecord};
use crate::error::TicketError;
use crate::system::Found;

/// The desk's folder.
#[derive(Debug, Clone)]
pub(super) struct Store {
    root: PathBuf,
}

/// Shows that this process is the one that writes now. The lock goes when the value goes.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held, not read")] File);

/// The numbers given next. They are taken before they are used, so that a crash loses numbers and never gives one
/// twice.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbers {
    next_ticket: TicketId,
    next_change: u64,
}

impl Store {
    pub(super) fn open(root: &Path) -> Result<Self, TicketError> {
        let store = Self { root: root.to_owned() };
        for folder in [store.tickets(), store.teams(), store.outbox()] {
            fs::create_dir_all(&folder).map_err(failed("create", &folder))?;
        }
        let lock = store.lock()?;
        if !store.numbers_file().exists() {
            store.save_numbers(&lock, &store.count()?)?;
        }
        Ok(store)
    }

    fn tickets(&self) -> PathBuf {
        self.root.join("tickets")
    }

    fn teams(&self) -> PathBuf {
        self.root.join("teams")
    }

    fn child(&self, id: TicketId) -> PathBuf {
        self.teams().join(format!("{id}.json"))
    }

    fn outbox(&self) -> PathBuf {
        self.root.join("outbox")
    }

    fn numbers_file(&self) -> PathBuf {
        self.root.join("desk.json")
    }

    fn folder(&self, id: TicketId) -> PathBuf {
        self.tickets().join(id.to_string())
    }

    fn files(&self, id: TicketId) -> PathBuf {
        self.folder(id).join("files")
    }

    pub(super) fn document(&self, id: TicketId) -> PathBuf {
        self.folder(id).join("ticket.json")
    }

    /// Waits until nobody else writes.
    pub(super) fn lock(&self) -> Result<Lock, TicketError> {
        self.locked(File::lock)
    }

    /// Waits until nobody writes; others may read under the same lock.
    pub(super) fn lock_shared(&self) -> Result<Lock, TicketError> {
        self.locked(File::lock_shared)
    }

    fn locked(&self, how: impl FnOnce(&File) -> io::Result<()>) -> Result<Lock, TicketError> {
        let path = self.root.join("desk.lock");
        let file = File::options().create(true).append(true).open(&path).map_err(failed("open", &path))?;
        how(&file).map_err(failed("lock", &path))?;
        Ok(Lock(file))
    }

    /// Takes the number of a new ticket.
    pub(super) fn next_ticket(&self, lock: &Lock) -> Result<TicketId, TicketError> {
        let mut numbers: Numbers = read_json(&self.numbers_file())?;
        let taken = numbers.next_ticket;
        numbers.next_ticket = self.after(taken.get())?;
        self.save_numbers(lock, &numbers)?;
        Ok(taken)
    }

    /// Takes `count` consecutive numbers for changes and answers with the first.
    pub(super) fn next_changes(&self, lock: &Lock, count: usize) -> Result<u64, TicketError> {
        let mut numbers: Numbers = read_json(&self.numbers_file())?;
        let first = numbers.next_change;
        numbers.next_change = first.checked_add(count as u64).ok_or_else(|| self.used_up())?;
        self.save_numbers(lock, &numbers)?;
        Ok(first)
    }

    fn save_numbers(&self, _: &Lock, numbers: &Numbers) -> Result<(), TicketError> {
        write_json(&self.numbers_file(), numbers)
    }

    /// The numbers of a desk whose `desk.json` is missing, from its tickets. A damaged ticket stops this, because its
    /// changes have numbers too.
    fn count(&self) -> Result<Numbers, TicketError> {
        let mut last = (0, 0);
        for id in self.ids()? {
            let record = self.load(id)?;
            last = (last.0.max(id.get()), record.history.iter().map(|c| c.id).fold(last.1, u64::max));
        }
        last.0 = self.child_ids()?.iter().map(|id| id.get()).fold(last.0, u64::max);
        Ok(Numbers { next_ticket: self.after(last.0)?, next_change: last.1.saturating_add(1) })
    }

    fn after(&self, number: u64) -> Result<TicketId, TicketError> {
        number.checked_add(1).and_then(TicketId::new).ok_or_else(|| self.used_up())
    }

    fn used_up(&self) -> TicketError {
        corrupt(&self.numbers_file(), "its numbers are used up".to_owned())
    }

    /// The tickets there are, in the order of their numbers. A folder without a document is what a crash left of a
    /// creation: there was never such a ticket.
    fn ids(&self) -> Result<Vec<TicketId>, TicketError> {
        let folder = self.tickets();
        let mut ids = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed("list", &folder))? {
            let name = entry.map_err(failed("list", &folder))?.file_name();
            let id = name.to_str().and_then(|n| n.parse::<TicketId>().ok().filter(|id| id.to_string() == n));
            ids.extend(id.filter(|id| self.document(*id).exists()));
        }
        ids.sort_unstable();
        Ok(ids)
    }

    /// The tickets of teams, in the order of their numbers.
    fn child_ids(&self) -> Result<Vec<TicketId>, TicketError> {
        let folder = self.teams();
        let mut ids: Vec<TicketId> = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed("list", &folder))? {
            let name = entry.map_err(failed("list", &folder))?.file_name();
            ids.extend(name.to_str().and_then(|name| name.strip_suffix(".json")?.parse::<TicketId>().ok()));
        }
        ids.sort_unstable();
        Ok(ids)
    }

    pub(super) fn load_child(&self, id: TicketId) -> Result<ChildRecord, TicketError> {
        let record = read_json(&self.child(id));
        record.map_err(|error| if is_absent(&error) { TicketError::Missing { ticket: id } } else { error })
    }

    /// Reads every team's ticket; the damaged ones are listed apart.
    pub(super) fn load_children(&self) -> Result<Found<ChildRecord>, TicketError> {
        let mut found = Found::default();
        for id in self.child_ids()? {
            match self.load_child(id) {
                Ok(record) => found.items.push(record),
                Err(error) => found.unreadable.push(error),
            }
        }
        Ok(found)
    }

    pub(super) fn save_child(&self, _: &Lock, record: &ChildRecord) -> Result<(), TicketError> {
        write_json(&self.child(record.ticket.id), record)
    }

    pub(super) fn make_ticket_folder(&self, _: &Lock, id: TicketId) -> Result<(), TicketError> {
        for folder in [self.folder(id), self.files(id)] {
            fs::create_dir(&folder).map_err(failed("create", &folder))?;
        }
        sync(&self.folder(id))?;
        sync(&self.tickets())
    }

    pub(super) fn load(&self, id: TicketId) -> Result<TicketRecord, TicketError> {
        let path = self.document(id);
        let record: TicketRecord = read_json(&path)
            .map_err(|error| if is_absent(&error) { TicketError::Missing { ticket: id } } else { error })?;
        if record.ticket.id != id {
            return Err(corrupt(&path, format!("it holds ticket {}", record.ticket.id)));
        }
        self.progress(&record)?;
        Ok(record)
    }

    /// Where the release of a loaded ticket stands.
    pub(super) fn progress(&self, record: &TicketRecord) -> Result<RolloutState, TicketError> {
        record.ticket.progress().map_err(|e| corrupt(&self.document(record.ticket.id), e.to_string()))
    }

    /// Reads every ticket; the damaged ones are listed apart.
    pub(super) fn load_all(&self) -> Result<Found<TicketRecord>, TicketError> {
        let mut found = Found::default();
        for id in self.ids()? {
            match self.load(id) {
                Ok(record) => found.items.push(record),
                Err(error) => found.unreadable.push(error),
            }
        }
        Ok(found)
    }

    pub(super) fn save(&self, _: &Lock, record: &TicketRecord) -> Result<(), TicketError> {
        write_json(&self.document(record.ticket.id), record)
    }

    /// Stores the file that comes with the change at `place` in the ticket's history. No earlier file has that name, so
    /// the document before this change still finds its own.
    pub(super) fn save_file(
        &self,
        _: &Lock,
        id: TicketId,
        place: usize,
        field: Field,
        bytes: &[u8],
    ) -> Result<StoredFile, TicketError> {
        let name = match field.spec().kind {
            FieldKind::File(name) => format!("{place}-{name}"),
            FieldKind::Text | FieldKind::Url | FieldKind::Choice(_) | FieldKind::State => format!("{place}-{field}"),
        };
        replace(&self.files(id).join(&name), bytes)?;
        Ok(StoredFile { name, size: bytes.len() as u64, sha256: Sha256::of(bytes) })
    }

    pub(super) fn load_file(&self, id: TicketId, file: &StoredFile) -> Result<Vec<u8>, TicketError> {
        let path = self.files(id).join(&file.name);
        let mut bytes = Vec::new();
        // One byte more than recorded is enough to tell that the file has grown.
        File::open(&path)
            .and_then(|opened| opened.take(file.size.saturating_add(1)).read_to_end(&mut bytes))
            .map_err(failed("read", &path))?;
        let found = Sha256::of(&bytes);
        if found != file.sha256 {
            return Err(corrupt(&path, format!("its SHA-256 is {found} and was {} when it was stored", file.sha256)));
        }
        Ok(bytes)
    }

    pub(super) fn save_message(&self, _: &Lock, message: &Message) -> Result<(), TicketError> {
        replace(&self.outbox().join(&message.file_name), message.text.as_bytes())
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, TicketError> {
    let text = fs::read(path).map_err(failed("read", path))?;
    // The error's text names line and column.
    serde_json::from_slice(&text).map_err(|e| corrupt(path, e.to_string()))
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), TicketError> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|e| failed("write", path)(e.into()))?;
    text.push(b'\n');
    replace(path, &text)
}

/// Replaces the file at `path` so that it is there whole, before or after, even when the machine stops. One name for
/// the file aside is enough under the writers' lock, and what a crash left there is overwritten.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), TicketError> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".new");
    let aside = PathBuf::from(aside);
    File::create(&aside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .map_err(failed("write", &aside))?;
    fs::rename(&aside, path).map_err(failed("write", path))?;
    path.parent().map_or(Ok(()), sync)
}

/// Makes the names in `folder` durable.
fn sync(folder: &Path) -> Result<(), TicketError> {
    File::open(folder).and_then(|opened| opened.sync_all()).map_err(failed("write", folder))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> TicketError + Copy {
    move |source| TicketError::Storage { action, path: path.to_owned(), source }
}

fn is_absent(error: &TicketError) -> bool {
    matches!(error, TicketError::Storage { source, .. } if source.kind() == io::ErrorKind::NotFound)
}

fn corrupt(path: &Path, reason: String) -> TicketError {
    TicketError::Corrupt { path: path.to_owned(), reason }
}
