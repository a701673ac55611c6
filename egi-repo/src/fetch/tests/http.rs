use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::*;

/// A server that answers each request with what a function makes of it, and remembers the requests.
struct Server {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

enum Reply {
    /// Sent, then the connection is closed.
    Bytes(String),
    /// Sent, and then nothing until the client goes away.
    Hold(String),
    /// Sent, and then a byte now and then, each long before the other side would think it fell silent.
    Dribble(String),
    /// Sent, and then the letter x until the client goes away.
    Forever(String),
}

impl Server {
    fn start(answer: impl Fn(&str) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/release", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read_request(&stream);
                let reply = answer(&request);
                log.lock().unwrap().push(request);
                send(&mut stream, reply);
            }
        });
        Self { url, requests }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// The head of a request in lower case.
fn read_request(stream: &TcpStream) -> String {
    let mut request = String::new();
    let mut reader = BufReader::new(stream);
    while !request.ends_with("\r\n\r\n") && reader.read_line(&mut request).unwrap_or(0) > 0 {}
    request.to_ascii_lowercase()
}

fn send(stream: &mut TcpStream, reply: Reply) {
    match reply {
        Reply::Bytes(text) => drop(stream.write_all(text.as_bytes())),
        Reply::Hold(text) => {
            drop(stream.write_all(text.as_bytes()));
            drop(stream.read_to_end(&mut Vec::new()));
        }
        Reply::Dribble(text) => {
            drop(stream.write_all(text.as_bytes()));
            while stream.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(300));
            }
        }
        Reply::Forever(text) => {
            drop(stream.write_all(text.as_bytes()));
            while stream.write_all(&[b'x'; 1024]).is_ok() {}
        }
    }
}

fn head(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n")
}

fn ok(content: &str) -> Reply {
    Reply::Bytes(format!("{}{content}", head("200 OK", &format!("Content-Length: {}\r\n", content.len()))))
}

fn status(status: &str) -> Reply {
    Reply::Bytes(head(status, "Content-Length: 0\r\n"))
}

/// A first answer of which only four of ten bytes come, with a validator; later ones by `then`.
fn cut_then(then: impl Fn(&str) -> Reply + Send + 'static) -> Server {
    let first = Mutex::new(true);
    Server::start(move |request| {
        if std::mem::take(&mut *first.lock().unwrap()) {
            Reply::Bytes(format!("{}0123", head("200 OK", "Content-Length: 10\r\nETag: \"v1\"\r\n")))
        } else {
            then(request)
        }
    })
}

const TEN: &[(&str, &str)] = &[("a.rpm", "0123456789")];

#[test]
fn listed_files_land_under_their_paths() {
    let server = Server::start(|request| if request.contains("a.rpm") { ok("first") } else { ok("second") });
    let world = World::new();
    let files = [("a.rpm", "first"), ("pool/b%3a1+2~rc^3.deb", "second")];
    let sum = Sum::default();
    let source = SyncSource::parse("http", &server.url).unwrap();

    let fetched = fetch(&source, &listed(&files), &world.scratch, &world.policy, &sum).unwrap();

    assert_eq!(fetched, Fetched { files: 2, bytes: 11, resumed_bytes: 0 });
    assert_eq!(world.landed(), tree(&files));
    assert_eq!(sum.0.load(Ordering::Relaxed), 11);
    assert!(
        server.requests()[1].starts_with("get /release/pool/b%253a1%2b2~rc%5e3.deb http"),
        "{:?}",
        server.requests()
    );

    // Once more: nothing is asked for again, and what is no longer listed goes.
    let again = world.fetch(&server.url, &listed(&files[..1])).unwrap();
    assert_eq!(again, Fetched { files: 1, bytes: 5, resumed_bytes: 5 });
    assert_eq!(world.landed(), tree(&files[..1]));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_file_that_changed_at_the_provider_is_fetched_again() {
    let server = Server::start(|_| ok("mended"));
    let world = World::new();
    write_tree(world.scratch.files_dir(), &[("a.rpm", "broken")]);
    world.fetch(&server.url, &listed(&[("a.rpm", "mended")])).unwrap();
    assert_eq!(world.landed(), tree(&[("a.rpm", "mended")]));
}

#[test]
fn a_cut_transfer_is_resumed() {
    let server = cut_then(|_| {
        let headers = "Content-Length: 6\r\nContent-Range: bytes 4-9/10\r\n";
        Reply::Bytes(format!("{}456789", head("206 Partial Content", headers)))
    });
    let world = World::new();

    let error = world.fetch(&server.url, &listed(TEN)).unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { .. }) && error.is_transient(), "{error:?}");
    assert!(world.landed().is_empty(), "half a file is not in the tree");

    let fetched = world.fetch(&server.url, &listed(TEN)).unwrap();
    assert_eq!(fetched, Fetched { files: 1, bytes: 10, resumed_bytes: 4 });
    assert_eq!(world.landed(), tree(TEN));
    let request = &server.requests()[1];
    assert!(request.contains("range: bytes=4-\r\n") && request.contains("if-range: \"v1\"\r\n"), "{request}");
}

#[test]
fn a_server_that_has_another_version_or_does_not_resume_sends_it_whole() {
    let server = cut_then(|_| ok("9876543210"));
    let world = World::new();
    world.fetch(&server.url, &listed(TEN)).unwrap_err();
    let fetched = world.fetch(&server.url, &listed(TEN)).unwrap();
    assert_eq!(fetched.resumed_bytes, 0);
    assert_eq!(world.landed(), tree(&[("a.rpm", "9876543210")]));
}

#[test]
fn a_range_that_was_not_asked_for_is_not_pasted_in() {
    let server = cut_then(|request| {
        if request.contains("range:") {
            let headers = "Content-Length: 6\r\nContent-Range: bytes 0-5/10\r\n";
            Reply::Bytes(format!("{}012345", head("206 Partial Content", headers)))
        } else {
            ok("0123456789")
        }
    });
    let world = World::new();
    world.fetch(&server.url, &listed(TEN)).unwrap_err();
    world.fetch(&server.url, &listed(TEN)).unwrap();
    assert_eq!(world.landed(), tree(TEN));
}

#[test]
fn without_a_validator_nothing_is_resumed() {
    let half = || Reply::Bytes(format!("{}0123", head("200 OK", "Content-Length: 10\r\nETag: W/\"weak\"\r\n")));
    let server = Server::start(move |_| half());
    let world = World::new();
    for _ in 0..2 {
        world.fetch(&server.url, &listed(TEN)).unwrap_err();
    }
    assert!(server.requests().iter().all(|request| !request.contains("range:")));
}

#[test]
fn all_missing_files_are_told_and_release_xml_is_not_missed() {
    let server = Server::start(|request| match request {
        r if r.contains("/b.rpm") => ok("b"),
        r if r.contains("/d.rpm") => status("403 Forbidden"),
        _ => status("404 Not Found"),
    });
    let world = World::new();
    let files = [("release.xml", "r"), ("a.rpm", "a"), ("b.rpm", "b"), ("c.rpm", "c"), ("d.rpm", "d")];

    let error = world.fetch(&server.url, &listed(&files)).unwrap_err();

    assert!(!error.is_transient());
    let FetchError::Faulty { faults, .. } = error else { panic!("{error:?}") };
    let words: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "a.rpm is listed and not there",
            "c.rpm is listed and not there",
            "d.rpm is withheld: the server answered \"403 Forbidden\"",
        ]
    );
}

#[test]
fn a_server_in_trouble_is_asked_again_later() {
    let server = Server::start(|_| status("503 Service Unavailable"));
    let error = World::new().fetch(&server.url, &listed(TEN)).unwrap_err();
    assert!(matches!(&error, FetchError::Busy { answer, .. } if answer.starts_with("503")), "{error:?}");
    assert!(error.is_transient());
}

#[test]
fn a_server_that_falls_silent_is_left() {
    for start in ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"v1\"\r\n\r\n0123"] {
        let server = Server::start(move |_| Reply::Hold(start.to_owned()));
        let mut world = World::new();
        world.policy.limits.idle = Duration::from_millis(200);
        let error = world.fetch(&server.url, &listed(TEN)).unwrap_err();
        assert!(matches!(error, FetchError::Stalled { .. }) && error.is_transient(), "{error:?}");
    }
}

#[test]
fn an_attempt_ends_when_its_time_is_up() {
    let server = Server::start(|_| Reply::Hold(head("200 OK", "Content-Length: 10\r\n")));
    let mut world = World::new();
    world.policy.limits.total = Duration::from_millis(200);
    let error = world.fetch(&server.url, &listed(TEN)).unwrap_err();
    assert!(matches!(error, FetchError::OutOfTime { .. }) && error.is_transient(), "{error:?}");
}

#[test]
fn a_server_that_sends_forever_is_stopped_at_the_listed_size_or_the_limit() {
    let server = Server::start(|_| Reply::Forever(head("200 OK", "")));
    let mut world = World::new();
    world.policy.limits.max_file_bytes = 100_000;

    let error = world.fetch(&server.url, &listed(TEN)).unwrap_err();
    assert!(error.to_string().ends_with("- a.rpm is longer than the 10 bytes listed"), "{error}");

    let mut unsized_list = listed(TEN);
    unsized_list.files[0].size = None;
    let error = world.fetch(&server.url, &unsized_list).unwrap_err();
    assert!(
        matches!(error, FetchError::OverLimit { excess: Excess::FileBytes { limit: 100_000, .. }, .. }),
        "{error:?}"
    );
    assert!(!error.is_transient());

    world.policy.limits.max_file_bytes = u64::MAX;
    world.policy.limits.max_bytes = 50_000;
    let error = world.fetch(&server.url, &unsized_list).unwrap_err();
    assert!(matches!(error, FetchError::OverLimit { excess: Excess::Bytes { limit: 50_000 }, .. }), "{error:?}");
}

#[test]
fn a_list_over_the_limits_is_refused_before_anything_is_asked_for() {
    let server = Server::start(|_| ok(""));
    let mut world = World::new();
    world.policy.limits = FetchLimits { max_files: 2, max_bytes: 10, max_file_bytes: 6, ..FetchLimits::default() };
    for (files, excess) in [
        (&[("a", ""), ("b", ""), ("c", "")][..], Excess::Files { limit: 2 }),
        (&[("a", "123456"), ("b", "12345")], Excess::Bytes { limit: 10 }),
        (&[("a", "1234567")], Excess::FileBytes { path: "a".parse().unwrap(), limit: 6 }),
    ] {
        let error = world.fetch(&server.url, &listed(files)).unwrap_err();
        assert!(matches!(&error, FetchError::OverLimit { excess: found, .. } if *found == excess), "{error:?}");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn redirects_stay_on_the_host_unless_another_is_allowed() {
    let target = Server::start(|_| ok("0123456789"));
    let port = target.url.split(':').nth(2).unwrap().to_owned();
    let other = format!("Location: http://localhost:{port}\r\nContent-Length: 0\r\n");
    let to_other = Server::start(move |_| Reply::Bytes(head("302 Found", &other)));
    let same = format!("Location: {}/elsewhere\r\nContent-Length: 0\r\n", target.url);
    let to_same = Server::start(move |_| Reply::Bytes(head("301 Moved Permanently", &same)));
    let world = World::new();

    let error = world.fetch(&to_other.url, &listed(TEN)).unwrap_err();
    assert!(matches!(&error, FetchError::HostRefused { host, .. } if host.contains("localhost")), "{error:?}");
    assert!(target.requests().is_empty());

    world.fetch(&to_same.url, &listed(TEN)).unwrap();
    assert_eq!(world.landed(), tree(TEN));

    let mut world = World::new();
    world.policy.allowed_hosts = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    world.fetch(&to_other.url, &listed(TEN)).unwrap();
    assert_eq!(world.landed(), tree(TEN));
}

#[test]
fn schemes_that_are_not_allowed_are_neither_fetched_nor_followed_to() {
    let server = Server::start(|_| ok("0123456789"));
    let mut world = World::new();
    world.policy.allowed_schemes = vec!["https".to_owned(), "rsync".to_owned()];
    let error = world.fetch(&server.url, &listed(TEN)).unwrap_err();
    assert!(matches!(&error, FetchError::SchemeRefused { scheme, .. } if scheme == "http"), "{error:?}");
    assert!(error.to_string().contains("deliver by one of https, rsync") && !error.is_transient(), "{error}");
    assert!(server.requests().is_empty());

    let away =
        Server::start(|_| Reply::Bytes(head("302 Found", "Location: https://127.0.0.1/x\r\nContent-Length: 0\r\n")));
    world.policy.allowed_schemes = vec!["http".to_owned()];
    let error = world.fetch(&away.url, &listed(TEN)).unwrap_err();
    assert!(matches!(&error, FetchError::SchemeRefused { scheme, .. } if scheme == "https"), "{error:?}");
}

#[test]
fn a_server_that_dribbles_is_left_when_its_time_is_up() {
    let server = Server::start(|_| Reply::Dribble(head("200 OK", "Content-Length: 10\r\n")));
    let mut world = World::new();
    world.policy.limits.total = Duration::from_secs(1);
    let error = world.fetch(&server.url, &listed(TEN)).unwrap_err();
    assert!(matches!(error, FetchError::OutOfTime { .. }) && error.is_transient(), "{error:?}");
}

#[test]
fn redirects_without_end_are_not_followed() {
    let server = Server::start(|_| Reply::Bytes(head("302 Found", "Location: /again\r\nContent-Length: 0\r\n")));
    let error = World::new().fetch(&server.url, &listed(TEN)).unwrap_err();
    assert!(matches!(error, FetchError::Protocol { .. }), "{error:?}");
    assert_eq!(server.requests().len(), 6);
}

#[test]
fn private_addresses_and_other_hosts_are_not_talked_to() {
    let server = Server::start(|_| ok("0123456789"));
    let mut world = World::new();
    world.policy.allow_private_addresses = false;
    let error = world.fetch(&server.url, &listed(TEN)).unwrap_err();
    assert!(matches!(error, FetchError::AddressRefused { .. }), "{error:?}");
    assert!(!error.is_transient());

    world.policy.allow_private_addresses = true;
    world.policy.allowed_hosts = vec!["repo.example.org".to_owned()];
    let error = world.fetch(&server.url, &listed(TEN)).unwrap_err();
    assert!(matches!(error, FetchError::HostRefused { .. }), "{error:?}");
    assert!(server.requests().is_empty());
}

#[test]
fn a_server_that_is_down_may_come_back() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = World::new().fetch(&format!("http://{address}/x"), &listed(TEN)).unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { .. }) && error.is_transient(), "{error:?}");
}
