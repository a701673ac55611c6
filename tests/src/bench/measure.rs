//! What running a program costs.
//!
//! The kernel tells a process what its ended children used, all of them together. So each measured program gets a parent of
//! its own: this program, started anew as `bench measure`, which has no other child. Times are in microseconds; memory is
//! that of the largest process, not the sum, and at least what the small parent itself holds.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::process::run;

/// The word that makes the program a measuring parent.
const WORD: &str = "measure";

/// What something cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// From start to end.
    pub wall: Duration,
    /// Processor time in user and system mode, of all processes involved.
    pub cpu: Duration,
    /// The most memory the largest process held, in KiB.
    pub peak_kib: u64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [wall, cpu] = [self.wall, self.cpu].map(|time| time.as_secs_f64());
        write!(f, "{wall:.3} s, {cpu:.3} s of processors, {} MiB", self.peak_kib / 1024)
    }
}

/// Runs a command to its end, which must be a good one, and tells what it cost. What it says goes to `log`.
pub(super) fn measure(command: &Command, log: &Path) -> Result<Figures> {
    let own = std::env::current_exe().context("failed to learn this program's path")?;
    let mut parent = Command::new(own);
    parent.arg(WORD).arg(log).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => parent.env(name, value),
            None => parent.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        parent.current_dir(folder);
    }
    parse_figures(&run(&mut parent)?)
}

/// What the program answers when it was started to measure: `measure LOG PROGRAM ARGUMENT...`. `None` when it was not.
pub fn answer(arguments: &[OsString]) -> Result<Option<String>> {
    match arguments {
        [word, log, program, rest @ ..] if word == WORD => {
            let figures = watch(Command::new(program).args(rest), Path::new(log))?;
            Ok(Some(render_figures(figures)))
        }
        _ => Ok(None),
    }
}

/// Runs the only child this process will ever have.
fn watch(command: &mut Command, log: &Path) -> Result<Figures> {
    let said = File::create(log).with_context(|| format!("failed to open the log {}", log.display()))?;
    command.stdin(Stdio::null()).stderr(said.try_clone()?).stdout(said);
    let start = Instant::now();
    let status = command.status().context("failed to start the program to measure")?;
    let wall = start.elapsed();
    if !status.success() {
        bail!("it ended with {status}:\n{}", String::from_utf8_lossy(&fs::read(log).unwrap_or_default()));
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("failed to learn what it used")?;
    let cpu = duration(usage.user_time())? + duration(usage.system_time())?;
    Ok(Figures { wall, cpu, peak_kib: u64::try_from(usage.max_rss())? })
}

fn duration(time: TimeVal) -> Result<Duration> {
    let (seconds, micros) = (u64::try_from(time.tv_sec())?, u64::try_from(time.tv_usec())?);
    Ok(Duration::from_secs(seconds) + Duration::from_micros(micros))
}

/// Microseconds, microseconds and KiB in one line: also what the measured programs print that measure themselves.
fn render_figures(figures: Figures) -> String {
    format!("{} {} {}\n", figures.wall.as_micros(), figures.cpu.as_micros(), figures.peak_kib)
}

pub(super) fn parse_figures(text: &str) -> Result<Figures> {
    let numbers: Vec<u64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let [wall, cpu, peak_kib] = numbers.as_slice() else { bail!("\"{text}\" is not wall, CPU and memory") };
    Ok(Figures { wall: Duration::from_micros(*wall), cpu: Duration::from_micros(*cpu), peak_kib: *peak_kib })
}

/// Processor time and memory of a process that goes on running. The time of its children that ended counts too.
#[derive(Debug)]
pub(super) struct Meter {
    process: u32,
    start: Instant,
    before: Duration,
}

impl Meter {
    /// Starts counting.
    pub(super) fn start(process: u32) -> Result<Self> {
        Ok(Self { process, before: cpu_of(process)?, start: Instant::now() })
    }

    /// Stops counting.
    pub(super) fn stop(self) -> Result<Figures> {
        let wall = self.start.elapsed();
        let cpu = cpu_of(self.process)?.saturating_sub(self.before);
        Ok(Figures { wall, cpu, peak_kib: peak_of(self.process)? })
    }
}

/// In the kernel's clock ticks, usually of 10 ms. A process without a good `/proc` entry is an error.
fn cpu_of(process: u32) -> Result<Duration> {
    let text = read_proc(process, "stat")?;
    // The name before the last parenthesis may hold anything. After it come the state and ten numbers, then the two times, and
    // those of children that ended.
    let after = text.rsplit_once(')').map(|(_, after)| after).unwrap_or_default();
    let ticks: Vec<u64> = after.split_whitespace().skip(11).take(4).map(str::parse).collect::<Result<_, _>>()?;
    ensure!(ticks.len() == 4, "/proc/{process}/stat is not as expected: {text}");
    let ticks = u32::try_from(ticks.iter().sum::<u64>())?;
    let per_second = u32::try_from(rustix::param::clock_ticks_per_second())?;
    Ok(Duration::from_secs(1) * ticks / per_second)
}

/// The most memory a process held so far, in KiB.
pub fn peak_of(process: u32) -> Result<u64> {
    find_memory(process, "VmHWM:")
}

/// The memory a process holds, in KiB.
pub(super) fn memory_of(process: u32) -> Result<u64> {
    find_memory(process, "VmRSS:")
}

fn find_memory(process: u32, name: &str) -> Result<u64> {
    let text = read_proc(process, "status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let line = line.with_context(|| format!("the kernel tells no {name}"))?;
    line.trim().trim_end_matches("kB").trim().parse().with_context(|| format!("the kernel's {name} is no number"))
}

fn read_proc(process: u32, file: &str) -> Result<String> {
    let path = format!("/proc/{process}/{file}");
    fs::read_to_string(&path).with_context(|| format!("failed to read {path}"))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn watched(script: &str) -> Result<Figures> {
        let folder = TempDir::new()?;
        watch(Command::new("sh").args(["-c", script]), &folder.path().join("log"))
    }

    #[test]
    fn figures_survive_the_way_from_process_to_process() {
        let figures =
            Figures { wall: Duration::from_micros(1_234_567), cpu: Duration::from_micros(89), peak_kib: 4096 };
        assert_eq!(parse_figures(&render_figures(figures)).unwrap(), figures);
        assert!(parse_figures("1 2").is_err());
        assert!(parse_figures("1 2 much").is_err());
    }

    #[test]
    fn work_in_a_childs_child_is_counted() {
        let busy = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        let figures = watched(&format!("(sh -c '{busy}')")).unwrap();
        assert!(figures.cpu >= Duration::from_millis(20), "{figures:?}");
        assert!(figures.peak_kib > 0);
    }

    #[test]
    fn a_bad_end_is_an_error_with_what_was_said() {
        let error = watched("echo the disk is on fire >&2; exit 3").unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.contains("the disk is on fire"), "{error}");
    }

    #[test]
    fn a_running_process_is_metered() {
        let meter = Meter::start(std::process::id()).unwrap();
        let ballast = vec![1_u8; 64 << 20];
        let enough = |meter: &Meter| cpu_of(meter.process).unwrap() >= meter.before + Duration::from_millis(50);
        while !enough(&meter) && meter.start.elapsed() < Duration::from_secs(30) {
            std::hint::black_box(&ballast);
        }
        let figures = meter.stop().unwrap();
        assert!(figures.cpu >= Duration::from_millis(50), "{figures:?}");
        assert!(figures.wall >= Duration::from_millis(5), "{figures:?}");
        assert!(figures.peak_kib >= 64 << 10, "{figures:?}");
    }

    #[test]
    fn only_the_word_makes_it_measure() {
        assert!(answer(&["--runs".into(), "3".into()]).unwrap().is_none());
        let folder = TempDir::new().unwrap();
        let log = folder.path().join("log").into_os_string();
        let printed = answer(&[WORD.into(), log, "true".into()]).unwrap().unwrap();
        assert!(parse_figures(&printed).is_ok(), "{printed}");
    }
}
