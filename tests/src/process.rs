//! Other programs: run to their end, or kept running and surely ended.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, geteuid, kill_process};

/// How long a program may take to end after it was asked to.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pause between two looks at something only another process can bring about.
const LOOK: Duration = Duration::from_millis(5);
/// How many lines of a log an error message shows.
const TAIL: usize = 20;
/// `PATH` for administration programs: an ordinary user's often lacks the `sbin` folders, in which `dpkg` looks for helpers.
pub(crate) const ADMIN_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A child process that does not outlive its owner: dropping it asks it to end, then makes it.
#[derive(Debug)]
pub struct Guarded {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Guarded {
    /// Starts `command` with nothing to read and everything it says appended to `log`.
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Result<Self> {
        let said = || OpenOptions::new().create(true).append(true).open(log);
        let opened = said().and_then(|out| Ok((out, said()?)));
        let (out, err) = opened.with_context(|| format!("failed to open the log {}", log.display()))?;
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
        let child = child.with_context(|| format!("failed to start {}", shown(command)))?;
        Ok(Self { name: name.to_owned(), child, log: log.to_owned() })
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it runs. One that can not be asked about counts as ended.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// All it has said so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// The last lines of its log, for an error message.
    #[must_use]
    pub fn log_tail(&self) -> String {
        format!("the log of {} ends:\n{}", self.name, tail(&self.log()))
    }

    /// Asks it to end (SIGTERM), makes it after five seconds (SIGKILL), and waits until it is gone.
    pub fn stop(&mut self) {
        if !self.is_alive() {
            return;
        }
        if let Some(pid) = i32::try_from(self.id()).ok().and_then(Pid::from_raw) {
            // It may have ended since it was looked at; then there is nobody to tell.
            let _ = kill_process(pid, Signal::TERM);
        }
        if wait_until(PATIENCE, || Ok((!self.is_alive()).then_some(()))).is_err() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Looks until `probe` finds something, fails, or `limit` has passed.
///
/// The one place that waits: what is waited for happens in another process and can be looked at only.
pub fn wait_until<T>(limit: Duration, mut probe: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let started = Instant::now();
    loop {
        if let Some(found) = probe()? {
            return Ok(found);
        }
        if started.elapsed() > limit {
            bail!("nothing happened within {} seconds", limit.as_secs());
        }
        thread::sleep(LOOK);
    }
}

/// Runs a program to its end and returns what it printed; one that fails is an error that shows the end of what it said.
pub fn run(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output();
    let output =
        output.with_context(|| format!("failed to start {}; scripts/install-packages test", shown(command)))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let said = format!("{printed}{}", String::from_utf8_lossy(&output.stderr));
        bail!("{} ended with {}:\n{}", shown(command), output.status, tail(&said));
    }
    Ok(printed)
}

/// Whether this process is root.
#[must_use]
pub fn is_root() -> bool {
    geteuid().is_root()
}

/// A command that may act as root on its own files: as root itself, otherwise inside a user namespace of its own, in which
/// an ordinary user is root over what is theirs and nothing else.
pub(crate) fn superuser(program: impl AsRef<OsStr>) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--"]).arg(program);
    command
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(TAIL)..).unwrap_or_default().join("\n")
}
