//! The system calls that change the disk.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace;
use nix::unistd::Pid;

/// A call that changes the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its name.
    pub name: &'static str,
    /// What it changes.
    pub path: PathBuf,
    /// What it gives another name to, or has a symbolic link say.
    pub source: Option<PathBuf>,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.path.display())?;
        self.source.as_ref().map_or(Ok(()), |source| write!(f, " <- {}", source.display()))
    }
}

/// Which argument tells what is changed.
#[derive(Clone, Copy)]
enum Tells {
    /// This one: an open file.
    Open(usize),
    /// This one: a path.
    Path(usize),
    /// This one: a path below the folder that the argument before it is.
    PathAt(usize),
}

/// When a call changes something.
#[derive(Clone, Copy)]
enum Changes {
    Always,
    /// When the flags, this argument, say that a file may be made or emptied.
    ByFlags(usize),
    /// The same, with the flags at the address that this argument is.
    ByFlagsAt(usize),
}

type Known = (libc::c_long, &'static str, Tells, Changes);

const KNOWN: &[Known] = &[
    (libc::SYS_write, "write", Tells::Open(0), Changes::Always),
    (libc::SYS_pwrite64, "pwrite64", Tells::Open(0), Changes::Always),
    (libc::SYS_writev, "writev", Tells::Open(0), Changes::Always),
    (libc::SYS_pwritev, "pwritev", Tells::Open(0), Changes::Always),
    (libc::SYS_pwritev2, "pwritev2", Tells::Open(0), Changes::Always),
    (libc::SYS_copy_file_range, "copy_file_range", Tells::Open(2), Changes::Always),
    (libc::SYS_splice, "splice", Tells::Open(2), Changes::Always),
    (libc::SYS_sendfile, "sendfile", Tells::Open(0), Changes::Always),
    (libc::SYS_ftruncate, "ftruncate", Tells::Open(0), Changes::Always),
    (libc::SYS_truncate, "truncate", Tells::Path(0), Changes::Always),
    (libc::SYS_fallocate, "fallocate", Tells::Open(0), Changes::Always),
    (libc::SYS_fsync, "fsync", Tells::Open(0), Changes::Always),
    (libc::SYS_fdatasync, "fdatasync", Tells::Open(0), Changes::Always),
    (libc::SYS_sync_file_range, "sync_file_range", Tells::Open(0), Changes::Always),
    (libc::SYS_fchmod, "fchmod", Tells::Open(0), Changes::Always),
    (libc::SYS_fchmodat, "fchmodat", Tells::PathAt(1), Changes::Always),
    (libc::SYS_openat, "openat", Tells::PathAt(1), Changes::ByFlags(2)),
    (libc::SYS_openat2, "openat2", Tells::PathAt(1), Changes::ByFlagsAt(2)),
    (libc::SYS_mkdirat, "mkdirat", Tells::PathAt(1), Changes::Always),
    (libc::SYS_unlinkat, "unlinkat", Tells::PathAt(1), Changes::Always),
    (libc::SYS_symlinkat, "symlinkat", Tells::PathAt(2), Changes::Always),
    (libc::SYS_linkat, "linkat", Tells::PathAt(3), Changes::Always),
    (libc::SYS_renameat, "renameat", Tells::PathAt(3), Changes::Always),
    (libc::SYS_renameat2, "renameat2", Tells::PathAt(3), Changes::Always),
];

/// The calls that newer processors' systems do not have.
#[cfg(target_arch = "x86_64")]
const OLD: &[Known] = &[
    (libc::SYS_open, "open", Tells::Path(0), Changes::ByFlags(1)),
    (libc::SYS_creat, "creat", Tells::Path(0), Changes::Always),
    (libc::SYS_mkdir, "mkdir", Tells::Path(0), Changes::Always),
    (libc::SYS_rmdir, "rmdir", Tells::Path(0), Changes::Always),
    (libc::SYS_unlink, "unlink", Tells::Path(0), Changes::Always),
    (libc::SYS_symlink, "symlink", Tells::Path(1), Changes::Always),
    (libc::SYS_link, "link", Tells::Path(1), Changes::Always),
    (libc::SYS_rename, "rename", Tells::Path(1), Changes::Always),
    (libc::SYS_chmod, "chmod", Tells::Path(0), Changes::Always),
];
#[cfg(not(target_arch = "x86_64"))]
const OLD: &[Known] = &[];

/// The call a stopped thread is about to make, if it changes something in `folder`. Nothing when the thread was ended
/// meanwhile, by another one that ended the program: then its memory is gone.
pub(super) fn read(thread: Pid, folder: &Path) -> Result<Option<Call>> {
    match read_call(thread, folder) {
        Err(_) if is_gone(thread) => Ok(None),
        read => read,
    }
}

/// Whether a thread has no memory any more.
fn is_gone(thread: Pid) -> bool {
    fs::read(format!("/proc/{thread}/maps")).map_or(true, |maps| maps.is_empty())
}

fn read_call(thread: Pid, folder: &Path) -> Result<Option<Call>> {
    let Some((number, arguments)) = read_registers(thread)? else { return Ok(None) };
    let Some((_, name, tells, changes)) = KNOWN.iter().chain(OLD).find(|known| known.0 == number) else {
        return Ok(None);
    };
    let argument = |place: usize| arguments.get(place).copied().context("a system call has six arguments");
    let changing = match changes {
        Changes::Always => true,
        Changes::ByFlags(place) => makes(argument(*place)?),
        Changes::ByFlagsAt(place) => makes(read_word(thread, argument(*place)?)?),
    };
    if !changing {
        return Ok(None);
    }
    let path = match tells {
        Tells::Open(place) => opened(thread, argument(*place)?),
        Tells::Path(place) => read_path(thread, argument(*place)?)?,
        Tells::PathAt(place) => {
            let path = read_path(thread, argument(*place)?)?;
            // An absolute path stays what it is.
            opened(thread, argument(place.saturating_sub(1))?).join(path)
        }
    };
    if !path.starts_with(folder) {
        return Ok(None);
    }
    let source = match *name {
        "rename" | "link" | "symlink" | "symlinkat" => Some(read_path(thread, argument(0)?)?),
        "renameat" | "renameat2" | "linkat" => {
            Some(opened(thread, argument(0)?).join(read_path(thread, argument(1)?)?))
        }
        _ => None,
    };
    Ok(Some(Call { name, path, source }))
}

/// Whether the call that a thread has just made was carried out; nothing when the thread was killed meanwhile.
pub(super) fn has_succeeded(thread: Pid) -> Result<bool> {
    match ptrace::getregs(thread) {
        #[cfg(target_arch = "x86_64")]
        Ok(registers) => Ok(registers.rax.cast_signed() >= 0),
        #[cfg(target_arch = "aarch64")]
        Ok(registers) => Ok(registers.regs[0].cast_signed() >= 0),
        Err(Errno::ESRCH) => Ok(false),
        Err(error) => Err(error).context("failed to look at what a system call answered"),
    }
}

/// The number and the six arguments, as the system's own text tells them: `257 0xffffff9c 0x7f… … sp pc`. Nothing when
/// the thread was killed meanwhile.
fn read_registers(thread: Pid) -> Result<Option<(libc::c_long, Vec<u64>)>> {
    let text = match fs::read_to_string(format!("/proc/{thread}/syscall")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.context("failed to read a system call")?,
    };
    let mut words = text.split_whitespace();
    let Some(number) = words.next().and_then(|word| word.parse().ok()) else { return Ok(None) };
    let hex = |word: &str| u64::from_str_radix(word.trim_start_matches("0x"), 16).ok();
    Ok(Some((number, words.filter_map(hex).take(6).collect())))
}

/// Whether a file opened with these flags may be made or emptied.
fn makes(flags: u64) -> bool {
    let wanted = u64::try_from(libc::O_CREAT | libc::O_TRUNC).unwrap_or_default();
    flags & wanted != 0
}

/// What a descriptor stands for; nothing that lies in a folder, when it can not be told.
fn opened(thread: Pid, descriptor: u64) -> PathBuf {
    let link = match i32::try_from(descriptor & u64::from(u32::MAX)) {
        Ok(descriptor) => format!("/proc/{thread}/fd/{descriptor}"),
        // AT_FDCWD, the only one below zero.
        Err(_) => format!("/proc/{thread}/cwd"),
    };
    fs::read_link(link).unwrap_or_default()
}

fn read_path(thread: Pid, address: u64) -> Result<PathBuf> {
    let mut bytes = read_memory(thread, address, 4096)?;
    let end = bytes.iter().position(|byte| *byte == 0).context("a path has no end")?;
    bytes.truncate(end);
    Ok(std::ffi::OsString::from_vec(bytes).into())
}

fn read_word(thread: Pid, address: u64) -> Result<u64> {
    let bytes = read_memory(thread, address, 8)?;
    Ok(u64::from_ne_bytes(bytes.as_slice().try_into().context("the flags are cut short")?))
}

/// Up to `length` bytes: memory may end earlier.
fn read_memory(thread: Pid, address: u64, length: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let memory = File::open(format!("/proc/{thread}/mem")).context("failed to open a thread's memory")?;
    let read = memory.read_at(&mut bytes, address).context("failed to read a thread's memory")?;
    bytes.truncate(read);
    Ok(bytes)
}
