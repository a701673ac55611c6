//! Running rsync under a watch: its output line by line, its messages kept, its time limited.

use std::io::{self, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::super::{FetchError, Job};

/// How long rsync has to put aside what it holds when it is told to end.
const GRACE: Duration = Duration::from_secs(2);
/// How much of its messages is kept: the last.
const KEPT_MESSAGES: usize = 4096;
/// Longer than any line rsync can print: paths are limited to 4096 bytes, each written as up to five.
const MAX_LINE: usize = 64 * 1024;

/// Hears each line of output, and may end the program with an error.
pub(super) type EachLine<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), FetchError>;

/// Runs `command` to its end, giving each line of its output to `each_line`. An error from there, and the end of the
/// job's time, end the program.
pub(super) fn run(job: &Job, command: &mut Command, each_line: EachLine) -> Result<(), FetchError> {
    // A group of its own, so that ending it reaches the processes it starts, and only those.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let unusable = |error: io::Error| FetchError::RsyncUnusable {
        program: job.policy.rsync_program.clone(),
        why: format!("it can not be run ({error})"),
    };
    let mut child = command.spawn().map_err(unusable)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (sender, receiver) = sync_channel(64);
    let (outcome, messages) = std::thread::scope(|scope| {
        scope.spawn(move || forward(stdout, &sender));
        let messages = scope.spawn(move || keep_last(stderr));
        let outcome = watch(job, &receiver, each_line);
        if outcome.is_err() {
            end(&child, &receiver);
        }
        (outcome, messages.join().unwrap_or_default())
    });
    let status = child.wait().map_err(unusable)?;
    outcome.and_then(|()| judge(job, status, &messages))
}

fn watch(job: &Job, output: &Receiver<Vec<u8>>, each_line: EachLine) -> Result<(), FetchError> {
    let mut pending = Vec::new();
    loop {
        match output.recv_timeout(job.remaining()?) {
            Ok(chunk) => pending.extend(chunk),
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => return Err(job.out_of_time()),
        }
        let mut lines = pending.split(|byte| matches!(byte, b'\n' | b'\r')).peekable();
        let mut rest: &[u8] = &[];
        while let Some(line) = lines.next() {
            match lines.peek() {
                Some(_) => each_line(line)?,
                None => rest = line,
            }
        }
        pending = rest.get(..rest.len().min(MAX_LINE)).unwrap_or_default().to_vec();
    }
}

/// Asks the group to end, and ends it if it does not. Its output is read on: a full pipe would keep it waiting.
fn end(child: &Child, output: &Receiver<Vec<u8>>) {
    let group = Pid::from_child(child);
    for signal in [Signal::TERM, Signal::KILL] {
        if let Err(error) = kill_process_group(group, signal) {
            tracing::debug!(process.id = child.id(), %error, "rsync had ended before it was told to");
        }
        let until = Instant::now() + GRACE;
        loop {
            match output.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => break,
            }
        }
    }
}

fn forward(stdout: Option<ChildStdout>, sender: &SyncSender<Vec<u8>>) {
    let Some(mut stdout) = stdout else { return };
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = stdout.read(&mut buffer) {
        if sender.send(buffer.get(..read).unwrap_or_default().to_vec()).is_err() {
            return;
        }
    }
}

fn keep_last(stderr: Option<ChildStderr>) -> String {
    let Some(mut stderr) = stderr else { return String::new() };
    let (mut kept, mut buffer) = (Vec::new(), vec![0; 4096]);
    while let Ok(read @ 1..) = stderr.read(&mut buffer) {
        kept.extend_from_slice(buffer.get(..read).unwrap_or_default());
        kept.drain(..kept.len().saturating_sub(KEPT_MESSAGES));
    }
    render_messages(&kept)
}

/// The server has a say in these, and they are shown to people: nothing that could steer a terminal stays. rsync's last
/// words, "rsync error: … (code 12) at io.c(285)", say no more than its exit code.
fn render_messages(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().map(|line| line.chars().filter(|c| !c.is_control()).collect::<String>());
    let telling = |line: &String| !line.trim().is_empty() && !line.starts_with("rsync error: ");
    lines.filter(telling).collect::<Vec<_>>().join("; ")
}

fn judge(job: &Job, status: ExitStatus, messages: &str) -> Result<(), FetchError> {
    if status.success() {
        return Ok(());
    }
    if messages.contains("No space left on device") || messages.contains("Disk quota exceeded") {
        return Err(job.disk("write", "", io::ErrorKind::StorageFull.into()));
    }
    match status.code() {
        Some(30) => Err(job.stalled()),
        code => Err(FetchError::Rsync { url: job.url(), code, messages: messages.to_owned() }),
    }
}
