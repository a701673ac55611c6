//! A server that answers as RT was heard to answer, one answer per request, and writes down what it was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::rt::{RtOptions, RtSystem, Token};

/// An answer: the status line's end, the kind, more headers, the body.
pub(super) struct Said {
    pub(super) status: &'static str,
    pub(super) kind: &'static str,
    pub(super) headers: String,
    pub(super) body: Vec<u8>,
}

pub(super) fn json(body: &str) -> Said {
    answer("200 OK", "application/json; charset=\"utf-8\"", body)
}

pub(super) fn refused(status: &'static str, message: &str) -> Said {
    answer(status, "application/json; charset=utf-8", &format!("{{\"message\":\"{message}\"}}"))
}

pub(super) fn answer(status: &'static str, kind: &'static str, body: &str) -> Said {
    Said { status, kind, headers: String::new(), body: body.as_bytes().to_vec() }
}

impl Said {
    pub(super) fn with(mut self, header: &str) -> Self {
        self.headers.push_str(header);
        self.headers.push_str("\r\n");
        self
    }
}

/// What decides an answer: method and path with its question, as sent.
type Script = dyn Fn(&str) -> Said + Send + Sync;

/// A server and what it was asked. It ends with the test.
pub(super) struct Canned {
    pub(super) system: RtSystem,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Canned {
    /// Answers every request as `script` says; requests for a session get none unless it says otherwise.
    pub(super) fn new(script: impl Fn(&str) -> Said + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/rt", listener.local_addr().unwrap());
        let (heard, script): (Arc<Mutex<Vec<String>>>, Arc<Script>) = (Arc::default(), Arc::new(script));
        let written = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (written, script) = (Arc::clone(&written), Arc::clone(&script));
                thread::spawn(move || serve(stream, &written, script.as_ref()));
            }
        });
        let options = RtOptions {
            url,
            queue: "sw-rel".to_owned(),
            account: "nsrw".to_owned(),
            token: Token::new(" 1-33-secret\n"),
            timeout: Duration::from_secs(5),
            people: [("carlos".to_owned(), vec![egi_model::role::Role::Verifier])].into(),
        };
        Self { system: RtSystem::new(options).unwrap(), heard }
    }

    /// What it was asked: method, path, and the headers and body that matter.
    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// One request per connection. A client that is gone is nobody to answer.
fn serve(mut stream: TcpStream, heard: &Mutex<Vec<String>>, script: &Script) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let header = |name: &str| {
        let named = |line: &&String| line.to_ascii_lowercase().starts_with(&format!("{name}:"));
        lines.iter().find(named).and_then(|line| line.split_once(": ")).map(|(_, value)| value.to_owned())
    };
    let mut body = vec![0; header("content-length").and_then(|n| n.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    let request = lines.first().cloned().unwrap_or_default();
    let request = request.trim_end_matches(" HTTP/1.1").to_owned();
    let shown = [
        Some(request.clone()),
        header("if-match").map(|etag| format!("If-Match={etag}")),
        header("cookie").map(|cookie| format!("Cookie={cookie}")),
        Some(String::from_utf8(body).unwrap()).filter(|body| !body.is_empty()),
    ];
    heard.lock().unwrap().push(shown.into_iter().flatten().collect::<Vec<_>>().join(" "));
    let Said { status, kind, headers, body } = script(&request);
    let lines = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n",
        body.len()
    );
    let _ = stream.write_all(lines.as_bytes()).and_then(|()| stream.write_all(&body));
}
