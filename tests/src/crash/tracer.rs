//! Runs a program from one system call to the next, and kills it at a chosen one.
//!
//! The calls that change the disk are counted over all threads together, so that every one of them can be chosen.
//! `strace --inject=SET:signal=KILL:when=N`, which does nearly the same, counts each name of each thread apart and kills
//! at whichever comes to N first: most calls of a program with several threads can not be reached with it.
//!
//! Threads are followed; child processes are not, and outlive the program as they always do.

mod calls;

use std::collections::HashMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use nix::errno::Errno;
use nix::libc::{PTRACE_EVENT_STOP, PTRACE_SYSCALL_INFO_ENTRY};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

pub use self::calls::Call;

/// How a traced run went.
#[derive(Debug)]
pub struct Traced {
    /// The calls that changed the disk, in order. Of a killed run, the last one was not carried out.
    pub calls: Vec<Call>,
    /// The places of those that were carried out, in the order in which they were done.
    done: Vec<usize>,
    /// How it ended.
    pub end: End,
}

impl Traced {
    /// The calls that were carried out, in the order in which they were done.
    pub fn done(&self) -> impl Iterator<Item = &Call> {
        self.done.iter().filter_map(|place| self.calls.get(*place))
    }
}

/// How a traced program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code.
    Exited(i32),
    /// It was killed where it should be.
    Killed,
}

/// Runs `command` to its end, or kills it before its `plug`-th call (from 1) that changes something in `folder`. What it
/// says goes to `log`.
pub fn run(command: &Command, folder: &Path, log: &Path, plug: Option<usize>) -> Result<Traced> {
    trace(command, folder, log, plug, None)
}

/// Runs `command` to its end, and does something else before its `plug`-th call, while that call's thread is held. What
/// comes after that is not looked at.
pub fn run_disturbed<'a>(
    command: &Command,
    folder: &'a Path,
    log: &Path,
    plug: usize,
    disturb: &'a mut dyn FnMut() -> Result<()>,
) -> Result<Traced> {
    trace(command, folder, log, Some(plug), Some(disturb))
}

fn trace<'a>(
    command: &Command,
    folder: &'a Path,
    log: &Path,
    plug: Option<usize>,
    disturb: Option<&'a mut dyn FnMut() -> Result<()>>,
) -> Result<Traced> {
    let main = start(command, log)?;
    let (calls, done, under_way) = (Vec::new(), Vec::new(), HashMap::new());
    let mut tracer = Tracer { main, folder, plug, disturb, calls, done, under_way, pulled: false };
    let end = tracer.follow().with_context(|| format!("failed to trace {}", command.get_program().display()))?;
    Ok(Traced { calls: tracer.calls, done: tracer.done, end })
}

/// Starts the program held: a shell waits for a line, by which time it is traced, and becomes the program.
fn start(command: &Command, log: &Path) -> Result<Pid> {
    let said = File::create(log).with_context(|| format!("failed to create {}", log.display()))?;
    let mut held = Command::new("sh");
    held.args(["-c", "read -r go; exec \"$@\"", "sh"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => held.env(name, value),
            None => held.env_remove(name),
        };
    }
    let again = said.try_clone().context("failed to share the log")?;
    let mut child = held.stdin(Stdio::piped()).stdout(said).stderr(again).spawn().context("failed to start sh")?;
    let main = Pid::from_raw(child.id().try_into().context("a process id is too large")?);
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_EXITKILL;
    ptrace::seize(main, options).context("failed to trace a child process")?;
    let mut go = child.stdin.take().context("the shell has no input")?;
    go.write_all(b"go\n").context("failed to let the shell go")?;
    Ok(main)
}

struct Tracer<'a> {
    main: Pid,
    folder: &'a Path,
    plug: Option<usize>,
    /// What is done at the plug instead of a kill.
    disturb: Option<&'a mut dyn FnMut() -> Result<()>>,
    calls: Vec<Call>,
    done: Vec<usize>,
    /// The place of the call that a thread makes just now.
    under_way: HashMap<Pid, usize>,
    pulled: bool,
}

impl Tracer<'_> {
    fn follow(&mut self) -> Result<End> {
        // Tests run beside each other, each on its own thread: only this one's processes are looked at.
        let own = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
        loop {
            match waitpid(None, Some(own)).context("failed to wait for a process")? {
                WaitStatus::Exited(id, code) if id == self.main => return Ok(End::Exited(code)),
                WaitStatus::Signaled(id, Signal::SIGKILL, _) if id == self.main && self.pulled => {
                    return Ok(End::Killed);
                }
                WaitStatus::Signaled(id, signal, _) if id == self.main => bail!("it was ended by {signal}"),
                WaitStatus::PtraceSyscall(id) => {
                    self.look(id)?;
                    resume(id, None)?;
                }
                // A signal on its way to the program: it gets it.
                WaitStatus::Stopped(id, signal) => resume(id, Some(signal))?,
                WaitStatus::PtraceEvent(id, signal, event) => {
                    let stops = event == PTRACE_EVENT_STOP && signal != Signal::SIGTRAP;
                    anyhow::ensure!(!stops, "it was stopped by {signal}");
                    resume(id, None)?;
                }
                // Other threads that ended.
                WaitStatus::Exited(..)
                | WaitStatus::Signaled(..)
                | WaitStatus::Continued(_)
                | WaitStatus::StillAlive => {}
            }
        }
    }

    /// Looks at a thread that is about to make a call, or has just made one.
    fn look(&mut self, thread: Pid) -> Result<()> {
        match ptrace::syscall_info(thread) {
            Ok(info) if info.op == PTRACE_SYSCALL_INFO_ENTRY => {}
            Ok(_) => return self.look_back(thread),
            // It was killed meanwhile.
            Err(Errno::ESRCH) => return Ok(()),
            Err(error) => return Err(error).context("failed to look at a system call"),
        }
        if self.pulled {
            return Ok(());
        }
        let Some(call) = calls::read(thread, self.folder)? else { return Ok(()) };
        self.under_way.insert(thread, self.calls.len());
        self.calls.push(call);
        if self.plug == Some(self.calls.len()) {
            self.pulled = true;
            match &mut self.disturb {
                Some(disturb) => disturb()?,
                // A call that a thread is killed before is not carried out.
                None => kill(self.main, Signal::SIGKILL).context("failed to kill the program")?,
            }
        }
        Ok(())
    }

    /// Notes whether the call that a thread has just made was carried out.
    fn look_back(&mut self, thread: Pid) -> Result<()> {
        if let Some(place) = self.under_way.remove(&thread)
            && calls::has_succeeded(thread)?
        {
            self.done.push(place);
        }
        Ok(())
    }
}

/// Lets a thread run until its next call begins or ends. It may be gone already.
fn resume(thread: Pid, signal: Option<Signal>) -> Result<()> {
    match ptrace::syscall(thread, signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error).context("failed to resume a thread"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::*;

    fn make_folders(home: &Path, names: &[&str], plug: Option<usize>) -> Traced {
        let mut command = Command::new("mkdir");
        command.args(names.iter().map(|name| home.join(name)));
        run(&command, &home.join("watched"), &home.join("log"), plug).unwrap()
    }

    fn home() -> (TempDir, PathBuf) {
        let home = TempDir::new().unwrap();
        let path = home.path().canonicalize().unwrap();
        std::fs::create_dir(path.join("watched")).unwrap();
        (home, path)
    }

    #[test]
    fn only_what_changes_the_watched_folder_counts() {
        let (_home, path) = home();
        let traced = make_folders(&path, &["elsewhere", "watched/one", "watched/two"], None);
        let calls: Vec<_> = traced.done().map(ToString::to_string).collect();
        let watched = path.join("watched").display().to_string();
        assert_eq!(calls, [format!("mkdir {watched}/one"), format!("mkdir {watched}/two")]);
        assert_eq!(traced.end, End::Exited(0));
        let again = make_folders(&path, &["watched/one"], None);
        assert_eq!((again.end, again.calls.len(), again.done().count()), (End::Exited(1), 1, 0), "it is there already");
    }

    #[test]
    fn the_call_it_is_killed_before_is_not_carried_out() {
        let (_home, path) = home();
        let traced = make_folders(&path, &["watched/one", "watched/two", "watched/three"], Some(2));
        assert_eq!((traced.end, traced.calls.len()), (End::Killed, 2));
        let made: Vec<_> = std::fs::read_dir(path.join("watched")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(made, ["one"]);
        assert_eq!(make_folders(&path, &["watched/four"], Some(2)).end, End::Exited(0), "it has no second call");
    }
}
