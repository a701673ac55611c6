//! Which process holds a claim: host, process id, and when the process started, so that an id used again is not mistaken.

/// This process.
pub(super) fn own() -> String {
    let id = std::process::id();
    format!("{}:{id}:{}", place(), started(&id.to_string()).unwrap_or_default())
}

/// Whether `worker` is a process of this machine that is no more. Of other machines nothing is known.
pub(crate) fn is_dead(worker: &str) -> bool {
    let mut parts = worker.rsplitn(3, ':');
    let (Some(start), Some(id), Some(its_place)) = (parts.next(), parts.next(), parts.next()) else { return false };
    its_place == place() && started(id).as_deref() != Some(start)
}

/// Host and process id namespace: containers may share the one and not the other.
fn place() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{}:{}", host.trim(), namespace.display())
}

/// The start time of a living process in clock ticks since boot: the 22nd field of its `stat`, counted behind the
/// program's name, which may hold blanks. A process that ended and was not waited for yet (`Z`) does not live.
fn started(id: &str) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_whitespace();
    let ended = matches!(fields.next(), Some("Z" | "X"));
    fields.nth(18).filter(|_| !ended).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_process_is_told_from_a_dead_one_and_a_later_one_of_the_same_id() {
        let own = own();
        assert!(!is_dead(&own));
        let (rest, start) = own.rsplit_once(':').unwrap();
        assert!(is_dead(&format!("{rest}:{}", start.parse::<u64>().unwrap() + 1)));
        assert!(is_dead(&format!("{}:4194305:1", place())));
        assert!(!is_dead("elsewhere:1:1"));
    }

    #[test]
    fn a_process_that_ended_and_was_not_waited_for_is_dead() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let id = child.id().to_string();
        let ended = |id: &str| std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|s| s.contains(") Z "));
        while !ended(&id) {
            std::thread::yield_now();
        }
        assert_eq!(started(&id), None);
        child.wait().unwrap();
    }
}
