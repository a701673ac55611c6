//! Who receives an RT's notices: checks the signature by its own means, keeps what came, answers as told.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hmac::{Hmac, KeyInit as _, Mac as _};
use nsrw_tests::process::wait_until;
use sha2::Sha256;

/// How long a notice may take that surely comes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A notice as it came.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Notice {
    /// The fields of the form. None here has a character that a form escapes, save the blank.
    pub(crate) fn form(&self) -> BTreeMap<&str, &str> {
        self.body.split('&').filter_map(|pair| pair.split_once('=')).collect()
    }

    /// Whether it was signed with this secret, for the time and nonce it names.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let header = |name: &str| self.headers.get(name).cloned().unwrap_or_default();
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.trim().as_bytes()) else { return false };
        mac.update(format!("{}.{}.{}", header("x-nsrw-timestamp"), header("x-nsrw-nonce"), self.body).as_bytes());
        let fits = hex::decode(header("x-nsrw-signature").trim_start_matches("sha256="));
        fits.is_ok_and(|given| mac.verify_slice(&given).is_ok())
    }
}

/// What is done while RT waits for the answer, and the answer's status.
type Answer = Box<dyn Fn(&Notice) -> u16 + Send>;

/// A server on a free port.
pub(crate) struct Receiver {
    port: u16,
    came: Arc<Mutex<Vec<Notice>>>,
    answer: Arc<Mutex<Answer>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Receiver {
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("failed to find a free port")?;
        let port = listener.local_addr()?.port();
        let came = Arc::new(Mutex::new(Vec::new()));
        let answer: Arc<Mutex<Answer>> = Arc::new(Mutex::new(Box::new(|_| 202)));
        let over = Arc::new(AtomicBool::new(false));
        let (kept, answers, ends) = (Arc::clone(&came), Arc::clone(&answer), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ends.load(Ordering::SeqCst) {
                    break;
                }
                // Who breaks off a notice has not told it.
                let Ok(notice) = read(&stream) else { continue };
                let status = locked(&answers)(&notice);
                locked(&kept).push(notice);
                let said = format!("HTTP/1.1 {status} as told\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
                let _ = (&stream).write_all(said.as_bytes());
            }
        });
        Ok(Self { port, came, answer, over, thread: Some(thread) })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/api/rollout", self.port)
    }

    /// From now on, do this while RT waits, and answer so.
    pub(crate) fn answer_with(&self, answer: impl Fn(&Notice) -> u16 + Send + 'static) {
        *locked(&self.answer) = Box::new(answer);
    }

    /// All that came so far.
    pub(crate) fn came(&self) -> Vec<Notice> {
        locked(&self.came).clone()
    }

    /// Waits until so many came, and gives them.
    pub(crate) fn wait_for(&self, count: usize) -> Result<Vec<Notice>> {
        wait_until(PATIENCE, || Ok((self.came().len() >= count).then(|| self.came())))
            .with_context(|| format!("{} notices came, not {count}", self.came().len()))
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // The thread looks when somebody comes.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn read(stream: &TcpStream) -> Result<Notice> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    ensure!(line.starts_with("POST /api/rollout "), "no notice: {line}");
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        ensure!(reader.read_line(&mut line)? > 0, "the head broke off");
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).context("no length")?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Notice { headers, body: String::from_utf8(body)? })
}
