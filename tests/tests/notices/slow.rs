//! A provider's server that stops in the middle of every package until it is let go on.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// How long a half-sent package may be waited for. Less than the site's patience with a silent server.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the server's threads and the test tell each other.
#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    halfway: bool,
    open: bool,
}

impl Gate {
    fn set(&self, change: impl Fn(&mut State)) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }

    /// Whether it came to it in time.
    fn wait(&self, until: impl Fn(&State) -> bool) -> bool {
        let state = self.state.lock().unwrap();
        !self.changed.wait_timeout_while(state, PATIENCE, |state| !until(state)).unwrap().1.timed_out()
    }
}

/// An HTTP server for one folder. Its threads end with the test.
pub(crate) struct SlowServer {
    gate: Arc<Gate>,
    pub(crate) url: String,
}

impl SlowServer {
    pub(crate) fn serve(folder: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let gate = Arc::new(Gate::default());
        let shared = Arc::clone(&gate);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (folder, gate) = (folder.clone(), Arc::clone(&shared));
                // A client that is killed goes away in the middle.
                thread::spawn(move || drop(answer(&stream, &folder, &gate)));
            }
        });
        Self { gate, url }
    }

    /// Waits until half of a package is sent.
    pub(crate) fn wait_for_half(&self) {
        assert!(self.gate.wait(|state| state.halfway), "no package was asked for");
    }

    /// Sends everything whole from now on.
    pub(crate) fn go_on(&self) {
        self.gate.set(|state| state.open = true);
    }
}

/// Answers one request: a range from some byte on where one is asked for, else the whole file.
fn answer(mut stream: &TcpStream, folder: &Path, gate: &Gate) -> Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().context("nothing was asked")??;
    let path = request.split(' ').nth(1).context("it is no request")?.trim_start_matches('/').to_owned();
    let mut start = 0;
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if let Some(range) = line.strip_prefix("range: bytes=") {
            start = range.trim_end_matches('-').parse()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let bytes = fs::read(folder.join(&path))?;
    let rest = bytes.get(start..).context("there is no such range")?;
    let status = if start == 0 {
        "200 OK".to_owned()
    } else {
        format!("206 Partial Content\r\nContent-Range: bytes {start}-{}/{}", bytes.len() - 1, bytes.len())
    };
    write!(stream, "HTTP/1.1 {status}\r\nETag: \"1\"\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", rest.len())?;
    let held = Path::new(&path).extension().is_some_and(|e| e == "rpm") && start == 0;
    let (half, other) = rest.split_at(if held { rest.len() / 2 } else { 0 });
    stream.write_all(half)?;
    if held {
        gate.set(|state| state.halfway = true);
        gate.wait(|state| state.open);
    }
    Ok(stream.write_all(other)?)
}
