//! Against the real program on both sides. The server runs as under inetd, one process per connection, so that no
//! port has to be agreed on and nothing is left to be ended.

use std::fs;
use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use egi_model::sync::SyncSource;

use super::super::tests::{World, listed, tree, write_tree};
use super::super::{Excess, FetchError, Fetched, Job};
use super::output::{parse_entry, parse_progress};
use super::version::Version;
use super::{process, whole_seconds};
use crate::progress::Silent;

const FILES: &[(&str, &str)] = &[("a.rpm", "0123456789"), ("d/b.rpm", "bb")];

fn provider(world: &World) -> PathBuf {
    world.dir.path().join("provider")
}

/// Serves the provider's folder as module `m`.
fn serve(world: &World) -> SocketAddr {
    let config = world.dir.path().join("rsyncd.conf");
    let module = provider(world);
    let text = format!("use chroot = no\n[m]\npath = {}\nread only = yes\nmunge symlinks = no\n", module.display());
    fs::write(&config, text).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let socket = || Stdio::from(OwnedFd::from(stream.as_ref().unwrap().try_clone().unwrap()));
            let mut daemon = Command::new("rsync");
            daemon.arg("--daemon").arg("--config").arg(&config);
            let mut child = daemon.stdin(socket()).stdout(socket()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::spawn(move || child.wait());
        }
    });
    address
}

/// Passes on what `server` sends, but ends each connection after so many bytes.
fn cut_after(server: SocketAddr, limit: u64) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            let upstream = TcpStream::connect(server).unwrap();
            let (mut to_server, mut from_client) = (upstream.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || drop(std::io::copy(&mut from_client, &mut to_server)));
            std::thread::spawn(move || {
                drop(std::io::copy(&mut Read::take(&upstream, limit), &mut &client));
                for socket in [&client, &upstream] {
                    drop(socket.shutdown(std::net::Shutdown::Both));
                }
            });
        }
    });
    address
}

/// Accepts connections and says nothing.
fn silent() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().map(Result::unwrap).collect::<Vec<_>>());
    address
}

fn world_with(files: &[(&str, &str)]) -> (World, String) {
    let world = World::new();
    write_tree(&provider(&world), files);
    let url = format!("rsync://{}/m", serve(&world));
    (world, url)
}

#[test]
fn the_whole_tree_comes_and_goes_with_the_providers() {
    let (world, url) = world_with(FILES);
    assert_eq!(world.fetch(&url, &listed(&[])).unwrap(), Fetched { files: 2, bytes: 12, resumed_bytes: 0 });
    assert_eq!(world.landed(), tree(FILES));

    fs::remove_dir_all(provider(&world).join("d")).unwrap();
    write_tree(&provider(&world), &[("c.rpm", "ccc")]);
    assert_eq!(world.fetch(&url, &listed(&[])).unwrap(), Fetched { files: 2, bytes: 13, resumed_bytes: 10 });
    assert_eq!(world.landed(), tree(&[("a.rpm", "0123456789"), ("c.rpm", "ccc")]));
}

#[test]
fn a_folder_of_a_module_is_fetched_alone() {
    let (world, url) = world_with(FILES);
    world.fetch(&format!("{url}/d"), &listed(&[])).unwrap();
    assert_eq!(world.landed(), tree(&[("b.rpm", "bb")]));
}

#[test]
fn a_hostile_tree_is_refused_with_all_that_is_wrong() {
    let (world, url) = world_with(&[("a.rpm", "a"), ("-dash", "x"), ("new\nline", "x"), ("sp ace/b", "x"), ("ü", "x")]);
    let folder = provider(&world);
    symlink("/etc/passwd", folder.join("absolute")).unwrap();
    symlink("../../etc", folder.join("dotdot")).unwrap();
    symlink("a.rpm", folder.join("inside")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.join("fifo")).status().unwrap().success());

    let error = world.fetch(&url, &listed(&[])).unwrap_err();

    assert!(!error.is_transient());
    let text = error.to_string();
    for part in [
        "\"absolute\" is a link to \"/etc/passwd\", outside the tree",
        "\"dotdot\" is a link to \"../../etc\", outside the tree",
        "\"inside\" is a link to \"a.rpm\": deliver",
        "\"fifo\" is a device, socket or FIFO",
        "\"-dash\" has a name that is not accepted",
        "\"new\\\\#012line\" has a name that is not accepted",
        "\"sp ace\" has a name that is not accepted",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(world.landed().is_empty(), "nothing is fetched");
}

#[test]
fn what_lands_has_plain_modes_and_no_link_in_the_scratch_is_followed() {
    let (world, url) = world_with(FILES);
    fs::set_permissions(provider(&world).join("a.rpm"), fs::Permissions::from_mode(0o4777)).unwrap();
    let outside = world.dir.path().join("outside");
    write_tree(&outside, &[("kept", "x")]);
    symlink(&outside, world.scratch.files_dir().join("d")).unwrap();
    symlink(outside.join("kept"), world.scratch.files_dir().join("a.rpm")).unwrap();

    world.fetch(&url, &listed(&[])).unwrap();

    assert_eq!(world.landed(), tree(FILES));
    assert_eq!(super::super::tests::read_tree(&outside), tree(&[("kept", "x")]));
    let mode = fs::metadata(world.scratch.files_dir().join("a.rpm")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o644);
}

#[test]
fn limits_are_checked_before_anything_is_fetched() {
    let (mut world, url) = world_with(FILES);
    for (files, file_bytes, bytes, expected) in [
        (1, 10, 12, Excess::Files { limit: 1 }),
        (2, 9, 12, Excess::FileBytes { path: "a.rpm".parse().unwrap(), limit: 9 }),
        (2, 10, 11, Excess::Bytes { limit: 11 }),
    ] {
        let limits = &mut world.policy.limits;
        (limits.max_files, limits.max_file_bytes, limits.max_bytes) = (files, file_bytes, bytes);
        let error = world.fetch(&url, &listed(&[])).unwrap_err();
        assert!(matches!(&error, FetchError::OverLimit { excess, .. } if *excess == expected), "{error:?}");
        assert!(!error.is_transient());
    }
    assert!(world.landed().is_empty());
}

/// Makes a program to be used in rsync's place.
fn script(world: &World, text: &str) -> PathBuf {
    let (draft, program) = (world.dir.path().join("draft"), world.dir.path().join("other-rsync"));
    fs::write(&draft, format!("#!/bin/sh\n{text}\n")).unwrap();
    // Copied by another process: a program this one has open for writing, if only in a child that another test is
    // just starting, can not be run.
    assert!(Command::new("install").args(["-m", "755"]).args([&draft, &program]).status().unwrap().success());
    program
}

#[test]
fn a_transfer_that_brings_more_than_was_listed_is_ended() {
    let (mut world, url) = world_with(FILES);
    let transfer = "yes '  1001  1%  1.00kB/s  0:00:01' | head -n 100000";
    let text = format!("case \"$*\" in *--version*|*--list-only*) exec rsync \"$@\";; *) {transfer};; esac");
    world.policy.rsync_program = script(&world, &text);
    world.policy.limits.max_bytes = 1000;
    let error = world.fetch(&url, &listed(&[])).unwrap_err();
    assert!(matches!(error, FetchError::OverLimit { excess: Excess::Bytes { limit: 1000 }, .. }), "{error:?}");
}

#[test]
fn a_cut_connection_is_taken_up_again() {
    let large: String = (0_u32..200_000).map(|n| char::from(b'a' + u8::try_from(n * 7919 % 23).unwrap())).collect();
    let files = [("a.rpm", "small"), ("b.rpm", large.as_str())];
    let (world, url) = world_with(&files);
    let server = url.trim_start_matches("rsync://").trim_end_matches("/m").parse().unwrap();

    let cut = format!("rsync://{}/m", cut_after(server, 60_000));
    let error = world.fetch(&cut, &listed(&[])).unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert!(!world.landed().contains(&(files[1].0.to_owned(), large.clone())));

    let fetched = world.fetch(&url, &listed(&[])).unwrap();
    assert_eq!((fetched.files, fetched.resumed_bytes), (2, 5), "a.rpm was whole");
    assert_eq!(world.landed(), tree(&files));
    let left: Vec<_> = fs::read_dir(world.scratch.files_dir()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "no partial folder stays: {left:?}");
}

#[test]
fn wrong_places_are_told_with_the_servers_words() {
    let (world, url) = world_with(FILES);
    for (tail, code, words) in [("x", 5, "Unknown module"), ("/nowhere", 23, "No such file")] {
        let error = world.fetch(&format!("{url}{tail}"), &listed(&[])).unwrap_err();
        assert!(matches!(error, FetchError::Rsync { code: Some(c), .. } if c == code), "{error:?}");
        assert!(error.to_string().contains(words) && !error.is_transient(), "{error}");
    }
    let host = url.trim_end_matches("/m");
    let error = world.fetch(host, &listed(&[])).unwrap_err();
    assert!(error.to_string().contains("names no module"), "{error}");
}

#[test]
fn a_source_that_is_down_or_silent_may_come_back() {
    let mut world = World::new();
    let down = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = world.fetch(&format!("rsync://{down}/m"), &listed(&[])).unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { .. }) && error.is_transient(), "{error:?}");

    let mute = format!("rsync://{}/m", silent());
    world.policy.limits.idle = Duration::from_millis(200);
    let error = world.fetch(&mute, &listed(&[])).unwrap_err();
    assert!(matches!(error, FetchError::Stalled { .. }) && error.is_transient(), "{error:?}");

    world.policy.limits.idle = Duration::from_secs(20);
    world.policy.limits.total = Duration::from_millis(300);
    let error = world.fetch(&mute, &listed(&[])).unwrap_err();
    assert!(matches!(error, FetchError::OutOfTime { .. }) && error.is_transient(), "{error:?}");
}

#[test]
fn private_addresses_and_unusable_programs_are_refused() {
    let (mut world, url) = world_with(FILES);
    world.policy.rsync_program = "/nowhere/rsync".into();
    let error = world.fetch(&url, &listed(&[])).unwrap_err();
    assert!(matches!(error, FetchError::RsyncUnusable { .. }), "{error:?}");

    world.policy.rsync_program = script(&world, "echo 'rsync  version 3.1.3  protocol version 31'");
    let error = world.fetch(&url, &listed(&[])).unwrap_err();
    assert!(error.to_string().contains("3.1.3 is older than 3.2.3. Install rsync 3.5.0"), "{error}");

    world.policy.rsync_program = "rsync".into();
    world.policy.allow_private_addresses = false;
    let error = world.fetch(&url, &listed(&[])).unwrap_err();
    assert!(matches!(error, FetchError::AddressRefused { .. }), "{error:?}");
}

/// Runs a shell script in rsync's place.
fn run(world: &World, script: &str, each_line: process::EachLine) -> Result<(), FetchError> {
    let source = SyncSource::parse("rsync", "rsync://host/m").unwrap();
    let deadline = Instant::now() + world.policy.limits.total;
    let (scratch, policy, listed) = (&world.scratch, &world.policy, listed(&[]));
    let job = Job { source: &source, listed: &listed, scratch, policy, progress: &Silent, deadline };
    process::run(&job, Command::new("sh").args(["-c", script]), each_line)
}

#[test]
fn a_full_disk_is_recognised() {
    let script = "echo 'rsync: write failed on \"x\": No space left on device (28)' >&2; exit 11";
    let error = run(&World::new(), script, &mut |_| Ok(())).unwrap_err();
    assert!(matches!(error, FetchError::NoSpace { .. }) && error.is_transient(), "{error:?}");
}

#[test]
fn a_program_that_goes_on_is_ended_with_what_it_started() {
    // It ignores the first signal, keeps writing, and has a child that holds its output open.
    let script = "trap '' TERM; (while :; do echo x; done) & while :; do echo x; done";
    let mut lines = 0;
    let error = run(&World::new(), script, &mut |_| {
        lines += 1;
        if lines < 1000 { Ok(()) } else { Err(FetchError::HostRefused { url: String::new(), host: String::new() }) }
    });
    assert!(matches!(error, Err(FetchError::HostRefused { .. })), "{error:?}");
}

#[test]
fn messages_are_bounded_and_steer_no_terminal() {
    let script = "head -c 100000 /dev/zero | tr '\\0' y >&2; printf '\\033[31mred\\n' >&2; exit 3";
    let error = run(&World::new(), script, &mut |_| Ok(())).unwrap_err();
    let FetchError::Rsync { messages, code: Some(3), .. } = error else { panic!("{error:?}") };
    assert!(messages.len() < 5000 && messages.ends_with("y[31mred"), "{}", messages.len());
}

#[test]
fn lines_are_put_together_whatever_the_pieces() {
    let mut lines = Vec::new();
    run(&World::new(), "printf 'a\\rb\\n'; printf 'c'; printf 'd\\n'", &mut |line| {
        lines.push(String::from_utf8_lossy(line).into_owned());
        Ok(())
    })
    .unwrap();
    assert_eq!(lines, ["a", "b", "cd"]);
}

#[test]
fn listings_and_progress_are_read() {
    let met = parse_entry(b"lrwxrwxrwx           5 2026/11/23 02:03:39 d/in -> a -> b").unwrap().unwrap();
    assert_eq!((met.name.as_str(), met.target.as_deref(), met.size), ("d/in", Some("a -> b"), 5));
    let met = parse_entry(b"-rw-r--r--  12345678901234 2026/11/23 02:03:39  leading blank").unwrap().unwrap();
    assert_eq!((met.name.as_str(), met.size), (" leading blank", 12_345_678_901_234));
    assert!(parse_entry(b"drwxr-xr-x        4096 2026/11/23 02:03:39 .").unwrap().is_none());
    assert!(parse_entry(b"Welcome to our server").is_err());
    assert_eq!(parse_progress(b"      200,000  31%"), None);
    assert_eq!(parse_progress(b"       200000  31%  190.00kB/s    0:00:02"), Some(200_000));
}

#[test]
fn versions_are_read_and_compared() {
    let version = |text: &str| Version::parse(&format!("rsync  version {text}  protocol version 31\nmore")).unwrap();
    assert!(version("3.2.3") < version("3.2.10") && version("3.5.0") > version("3.4.9pre2"));
    assert_eq!(version("v3.4.1").to_string(), "3.4.1");
    assert!(!version("3.2.3").has_fsync() && version("3.2.4").has_fsync());
    assert_eq!(Version::parse("openrsync: protocol"), None);
}

#[test]
fn time_limits_are_never_rounded_to_forever() {
    for (given, seconds) in [(0, 1), (200, 1), (1000, 1), (1001, 2)] {
        assert_eq!(whole_seconds(Duration::from_millis(given)), seconds, "{given}");
    }
}
