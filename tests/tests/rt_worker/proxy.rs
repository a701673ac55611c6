//! What lies between a site and its RT, on either way: usually nothing but a wire; in a test, whatever a network and a busy RT may do.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// How long a held request waits for the test to go on.
const PATIENCE: Duration = Duration::from_secs(30);

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It passes, and so does its answer.
    Passes,
    /// It passes, and its answer is lost: the connection ends.
    LosesItsAnswer,
    /// It does not pass: the connection ends.
    IsLost,
    /// It does not pass, and a login page answers.
    MeetsALoginPage,
    /// It waits until the test lets it go on, then passes, whether the asker is there still or not.
    IsHeld,
    /// It passes, and its answer comes after the asker has given up.
    IsAnsweredTooLate,
}

/// A request, as far as its fate may depend on it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: String,
    /// All of it, as it can be sent again.
    pub(crate) bytes: Vec<u8>,
}

impl Asked {
    /// Whether it changes something.
    pub(crate) fn writes(&self) -> bool {
        self.method == "PUT" || (self.method == "POST" && self.path.ends_with("/comment"))
    }

    /// Whether it sets the field, or asks for it to be set.
    pub(crate) fn sets(&self, field: &str) -> bool {
        self.method == "PUT" && self.body.contains(&format!("\"{field}\""))
    }
}

type Decide = Box<dyn FnMut(&Asked) -> Fate + Send>;

/// What the proxy's threads and the test share.
struct Shared {
    decide: Mutex<Decide>,
    seen: Mutex<Vec<Asked>>,
    held: Mutex<Held>,
    changed: Condvar,
    rt: u16,
}

#[derive(Default)]
struct Held {
    waiting: usize,
    released: usize,
    /// How many of the released RT has answered, and what it answered last.
    answered: usize,
    answer: String,
}

/// A proxy in front of one RT. Its threads end with the test.
pub(crate) struct Proxy {
    shared: Arc<Shared>,
    pub(crate) port: u16,
}

impl Proxy {
    /// A proxy that lets everything pass to the RT on this port.
    pub(crate) fn to(rt: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("failed to listen for the proxy")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            decide: Mutex::new(Box::new(|_| Fate::Passes)),
            seen: Mutex::default(),
            held: Mutex::default(),
            changed: Condvar::new(),
            rt,
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                // Whoever goes away in the middle is nobody to answer.
                thread::spawn(move || drop(pass(stream, &shared)));
            }
        });
        Ok(Self { shared, port })
    }

    /// From now on decides what becomes of each request.
    pub(crate) fn decide(&self, decide: impl FnMut(&Asked) -> Fate + Send + 'static) {
        *self.shared.decide.lock().unwrap() = Box::new(decide);
    }

    /// From now on lets everything pass.
    pub(crate) fn be_a_wire(&self) {
        self.decide(|_| Fate::Passes);
    }

    /// Holds the next request of a kind and lets everything else pass.
    pub(crate) fn hold_next(&self, which: impl Fn(&Asked) -> bool + Send + 'static) {
        let mut open = true;
        self.decide(move |asked| {
            if open && which(asked) {
                open = false;
                return Fate::IsHeld;
            }
            Fate::Passes
        });
    }

    /// Waits until a request is held.
    pub(crate) fn wait_for_held(&self) {
        let held = self.shared.held.lock().unwrap();
        let (held, timed_out) =
            self.shared.changed.wait_timeout_while(held, PATIENCE, |held| held.waiting == held.released).unwrap();
        assert!(!timed_out.timed_out() && held.waiting > held.released, "no request came that was to be held");
    }

    /// Lets what is held go on.
    pub(crate) fn release(&self) {
        let mut held = self.shared.held.lock().unwrap();
        held.released = held.waiting;
        self.shared.changed.notify_all();
    }

    /// Waits until RT has answered what was held, and gives its answer.
    pub(crate) fn wait_for_answer(&self) -> String {
        let held = self.shared.held.lock().unwrap();
        let (held, timed_out) =
            self.shared.changed.wait_timeout_while(held, PATIENCE, |held| held.answered < held.released).unwrap();
        assert!(!timed_out.timed_out(), "RT did not answer what was held");
        held.answer.clone()
    }

    /// All that was asked for so far.
    pub(crate) fn seen(&self) -> Vec<Asked> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// The changes that were asked for so far.
    pub(crate) fn writes(&self) -> Vec<Asked> {
        self.seen().into_iter().filter(Asked::writes).collect()
    }
}

/// One request per connection: the answer ends with it, and says so.
fn pass(mut client: TcpStream, shared: &Shared) -> Result<()> {
    let asked = read_request(&client)?;
    shared.seen.lock().unwrap().push(asked.clone());
    let fate = (shared.decide.lock().unwrap())(&asked);
    match fate {
        Fate::IsLost => return Ok(()),
        Fate::MeetsALoginPage => {
            let page = "<html><title>Login</title><form method=\"post\"></form></html>";
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n", page.len());
            return Ok(write!(client, "{head}Connection: close\r\n\r\n{page}")?);
        }
        Fate::IsHeld => {
            let mut held = shared.held.lock().unwrap();
            held.waiting += 1;
            let mine = held.waiting;
            shared.changed.notify_all();
            drop(shared.changed.wait_timeout_while(held, PATIENCE, |held| held.released < mine).unwrap());
        }
        Fate::Passes | Fate::LosesItsAnswer | Fate::IsAnsweredTooLate => {}
    }
    let mut rt = TcpStream::connect(("127.0.0.1", shared.rt))?;
    rt.write_all(&asked.bytes)?;
    let mut answer = Vec::new();
    rt.read_to_end(&mut answer)?;
    if fate == Fate::IsHeld {
        let mut held = shared.held.lock().unwrap();
        held.answered += 1;
        held.answer = String::from_utf8_lossy(&answer).into_owned();
        shared.changed.notify_all();
    }
    match fate {
        Fate::LosesItsAnswer => Ok(()),
        Fate::IsAnsweredTooLate => {
            // The asker hangs up when its patience ends; only then is the answer late.
            let _ = client.read(&mut [0; 1]);
            Ok(client.write_all(&answer)?)
        }
        Fate::Passes | Fate::IsLost | Fate::MeetsALoginPage | Fate::IsHeld => Ok(client.write_all(&answer)?),
    }
}

/// The request, with the wish that the connection ends after the answer.
fn read_request(client: &TcpStream) -> Result<Asked> {
    let mut reader = BufReader::new(client);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        anyhow::ensure!(reader.read_line(&mut line)? > 0, "nothing was asked");
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        if lower.starts_with("connection:") {
            continue;
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = head.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut bytes = format!("{head}Connection: close\r\n\r\n").into_bytes();
    bytes.extend_from_slice(&body);
    Ok(Asked { method, path, body: String::from_utf8_lossy(&body).into_owned(), bytes })
}
