use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::*;

/// How the server behaves.
#[derive(Clone, Default)]
struct Manner {
    files: BTreeMap<String, String>,
    /// The first transfer ends after so many bytes, with 426.
    cut_first_at: Option<usize>,
    refuses_rest: bool,
    /// Transfers start and bring nothing.
    silent: bool,
    login: Option<&'static str>,
}

struct Server {
    url: String,
    commands: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ftp://{}/pub/ca%201", listener.local_addr().unwrap());
        let commands = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&commands);
        std::thread::spawn(move || {
            let mut manner = manner;
            for stream in listener.incoming() {
                serve(&stream.unwrap(), &mut manner, &log);
            }
        });
        Self { url, commands }
    }

    fn said(&self, command: &str) -> bool {
        self.commands.lock().unwrap().iter().any(|c| c == command)
    }
}

fn serve(stream: &TcpStream, manner: &mut Manner, log: &Mutex<Vec<String>>) {
    let say = |text: &str| drop((&mut &*stream).write_all(format!("{text}\r\n").as_bytes()));
    // A new one for each transfer, as connections to it may be left over from one that was refused.
    let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
    let mut data = listen();
    let mut offset = 0;
    say("220 ready");
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        log.lock().unwrap().push(line.clone());
        let (command, argument) = line.split_once(' ').unwrap_or((&line, ""));
        let file = manner.files.get(argument).cloned();
        match (command, file) {
            ("USER", _) => say(manner.login.unwrap_or("331 password")),
            ("PASS", _) => say("230 in"),
            ("TYPE", _) => say("200 binary"),
            ("SIZE", Some(file)) => say(&format!("213 {}", file.len())),
            ("MDTM", Some(_)) => say("213 20260102030405"),
            // An address of another machine, as a server behind address translation, or a hostile one, names it.
            ("PASV", _) => {
                data = listen();
                let port = data.local_addr().unwrap().port();
                say(&format!("227 passive (10,9,8,7,{},{})", port / 256, port % 256));
            }
            ("REST", _) if manner.refuses_rest => say("502 no"),
            ("REST", _) => {
                offset = argument.parse().unwrap();
                say("350 go on");
            }
            ("RETR", Some(file)) => {
                say("150 here");
                let mut connection = data.accept().unwrap().0;
                let end = manner.cut_first_at.take();
                if manner.silent {
                    drop(connection.read_to_end(&mut Vec::new()));
                }
                connection.write_all(&file.as_bytes()[offset..end.unwrap_or(file.len())]).unwrap();
                drop(connection);
                offset = 0;
                say(if end.is_some() { "426 cut" } else { "226 done" });
            }
            ("QUIT", _) => return say("221 bye"),
            _ => say("550 no such file"),
        }
    }
}

const FILES: &[(&str, &str)] = &[("a.rpm", "0123456789"), ("d/b.rpm", "b")];

fn manner() -> Manner {
    let files = FILES.iter().map(|(path, content)| (format!("pub/ca 1/{path}"), (*content).to_owned()));
    Manner { files: files.collect(), ..Manner::default() }
}

#[test]
fn listed_files_land_whatever_address_the_server_names_for_data() {
    let (world, server) = (World::new(), Server::start(manner()));
    let fetched = world.fetch(&server.url, &listed(FILES)).unwrap();
    assert_eq!(fetched, Fetched { files: 2, bytes: 11, resumed_bytes: 0 });
    assert_eq!(world.landed(), tree(FILES));
    assert!(server.said("USER anonymous") && server.said("TYPE I"));
}

#[test]
fn a_cut_transfer_is_resumed() {
    let (world, server) = (World::new(), Server::start(Manner { cut_first_at: Some(4), ..manner() }));
    let error = world.fetch(&server.url, &listed(FILES)).unwrap_err();
    assert!(matches!(error, FetchError::Busy { .. }) && error.is_transient(), "{error:?}");
    assert!(world.landed().is_empty());

    let fetched = world.fetch(&server.url, &listed(FILES)).unwrap();
    assert_eq!(fetched.resumed_bytes, 4);
    assert_eq!(world.landed(), tree(FILES));
    assert!(server.said("REST 4"));
}

#[test]
fn a_server_that_does_not_resume_sends_it_whole() {
    let (world, server) =
        (World::new(), Server::start(Manner { cut_first_at: Some(4), refuses_rest: true, ..manner() }));
    world.fetch(&server.url, &listed(FILES)).unwrap_err();
    let fetched = world.fetch(&server.url, &listed(FILES)).unwrap();
    assert_eq!(fetched.resumed_bytes, 0);
    assert_eq!(world.landed(), tree(FILES));
}

#[test]
fn all_missing_files_are_told() {
    let (world, server) = (World::new(), Server::start(manner()));
    let files = [("x.rpm", ""), ("y.rpm", ""), ("release.xml", "")];
    let error = world.fetch(&server.url, &listed(&files)).unwrap_err();
    let FetchError::Faulty { faults, .. } = error else { panic!("{error:?}") };
    let words: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["x.rpm is listed and not there", "y.rpm is listed and not there"]);
}

#[test]
fn when_some_are_there_verification_tells_the_missing_with_all_else() {
    let (world, server) = (World::new(), Server::start(manner()));
    let files = [("x.rpm", ""), ("a.rpm", "0123456789")];
    assert_eq!(world.fetch(&server.url, &listed(&files)).unwrap().files, 1);
    assert_eq!(world.landed(), tree(&[("a.rpm", "0123456789")]));
}

#[test]
fn a_file_longer_than_listed_is_stopped() {
    let (world, server) = (World::new(), Server::start(manner()));
    let error = world.fetch(&server.url, &listed(&[("a.rpm", "0123")])).unwrap_err();
    assert!(error.to_string().ends_with("- a.rpm is longer than the 4 bytes listed"), "{error}");
}

#[test]
fn a_server_that_falls_silent_is_left() {
    let server = Server::start(Manner { silent: true, ..manner() });
    let mut world = World::new();
    world.policy.limits.idle = Duration::from_millis(200);
    let error = world.fetch(&server.url, &listed(FILES)).unwrap_err();
    assert!(matches!(error, FetchError::Stalled { .. }) && error.is_transient(), "{error:?}");
}

#[test]
fn an_attempt_ends_when_its_time_is_up() {
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let transfer = Server::start(Manner { silent: true, ..manner() });
    let mut world = World::new();
    world.policy.limits.total = Duration::from_millis(300);
    for url in [format!("ftp://{}", mute.local_addr().unwrap()), transfer.url] {
        let error = world.fetch(&url, &listed(FILES)).unwrap_err();
        assert!(matches!(error, FetchError::OutOfTime { .. }) && error.is_transient(), "{error:?}");
    }
}

#[test]
fn refusals_at_login_are_for_now_or_for_good() {
    for (login, transient) in [("421 too many users", true), ("530 no anonymous users", false)] {
        let server = Server::start(Manner { login: Some(login), ..manner() });
        let error = World::new().fetch(&server.url, &listed(FILES)).unwrap_err();
        assert_eq!(error.is_transient(), transient, "{login}: {error:?}");
    }
}

#[test]
fn no_command_is_smuggled_in_and_no_private_address_talked_to() {
    let mut world = World::new();
    let server = Server::start(manner());
    let error = world.fetch(&format!("{}%0d%0aDELE%20x", server.url), &listed(FILES)).unwrap_err();
    assert!(matches!(error, FetchError::Unsuitable { .. }), "{error:?}");
    world.policy.allow_private_addresses = false;
    let error = world.fetch(&server.url, &listed(FILES)).unwrap_err();
    assert!(matches!(error, FetchError::AddressRefused { .. }), "{error:?}");
    assert!(server.commands.lock().unwrap().is_empty());
}
