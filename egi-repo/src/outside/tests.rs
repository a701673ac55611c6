//! Indexes made by the usual tools, from folders and over HTTP.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::*;
use crate::package::testing::{deb_bytes, rpm_bytes};

/// Serves a folder over HTTP and remembers what was asked for.
fn serve(folder: PathBuf) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let first = lines.next().unwrap_or_default();
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
            let (status, body) = match fs::read(folder.join(path.trim_start_matches('/'))) {
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            log.lock().unwrap().push(path);
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    (url, asked)
}

fn yum(folder: &Path, options: &[&str]) {
    fs::write(folder.join("storm-1.0-1.x86_64.rpm"), rpm_bytes("storm", "1.0", "1", "x86_64")).unwrap();
    fs::write(folder.join("argus-2.0-1.noarch.rpm"), rpm_bytes("argus", "2.0", "1", "noarch")).unwrap();
    let made = Command::new("createrepo_c").args(options).arg("--quiet").arg(folder).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn apt(folder: &Path) {
    let pool = folder.join("pool");
    let binary = folder.join("dists/stable/main/binary-amd64");
    fs::create_dir_all(&pool).unwrap();
    fs::create_dir_all(&binary).unwrap();
    for (name, arch) in [("storm", "amd64"), ("argus", "all"), ("other", "i386")] {
        fs::write(pool.join(format!("{name}.deb")), deb_bytes(name, "1.0", arch)).unwrap();
    }
    let run = |arguments: &[&str]| {
        let out = Command::new("apt-ftparchive").current_dir(folder).args(arguments).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    };
    fs::write(binary.join("Packages"), run(&["packages", "pool"])).unwrap();
    let packed = Command::new("gzip").arg(binary.join("Packages")).status().unwrap();
    assert!(packed.success());
    fs::write(folder.join("dists/stable/Release"), run(&["release", "dists/stable"])).unwrap();
}

fn names(reader: &OutsideReader, source: &str) -> Result<Vec<String>, OutsideError> {
    let outside = Outside { name: "x".to_owned(), source: source.parse().unwrap() };
    let mut names: Vec<_> =
        reader.read(&outside, "amd64")?.packages.into_iter().map(|package| package.identity).collect();
    names.sort();
    Ok(names)
}

#[test]
fn yum_repositories_are_read_from_folders_and_servers() {
    let (dir, cache) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let reader = OutsideReader::new(cache.path().to_owned());
    for packing in [&["--general-compress-type=gz"][..], &["--general-compress-type=xz"], &["--checksum=sha512"]] {
        yum(dir.path(), packing);
        let expected = ["argus-2.0-1.noarch", "storm-1.0-1.x86_64"];
        assert_eq!(names(&reader, &format!("yum {}", dir.path().display())).unwrap(), expected);
        assert_eq!(names(&reader, &format!("yum file://{}/", dir.path().display())).unwrap(), expected);
        let (url, _) = serve(dir.path().to_owned());
        assert_eq!(names(&reader, &format!("yum {url}")).unwrap(), expected);
    }
}

#[test]
fn apt_repositories_are_read_from_folders_and_servers() {
    let (dir, cache) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let reader = OutsideReader::new(cache.path().to_owned());
    apt(dir.path());
    let expected = ["argus_1.0_all", "storm_1.0_amd64"];
    assert_eq!(names(&reader, &format!("apt {} stable main", dir.path().display())).unwrap(), expected);
    let (url, _) = serve(dir.path().to_owned());
    assert_eq!(names(&reader, &format!("apt {url} stable main")).unwrap(), expected);
    let lacking = names(&reader, &format!("apt {url} stable contrib")).unwrap_err();
    assert!(lacking.to_string().contains("it lists no contrib/binary-amd64/Packages"), "{lacking}");
    assert!(!lacking.is_transient());
}

#[test]
fn what_was_fetched_is_kept_by_its_digest() {
    let (dir, cache) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    yum(dir.path(), &[]);
    let (url, asked) = serve(dir.path().to_owned());
    let source = format!("yum {url}");
    let reader = OutsideReader::new(cache.path().to_owned());
    let first = names(&reader, &source).unwrap();
    assert_eq!(names(&reader, &source).unwrap(), first);
    let primaries = asked.lock().unwrap().iter().filter(|path| path.contains("primary")).count();
    assert_eq!(primaries, 1, "the top file twice, the index once");
    // What is kept and was damaged is fetched anew.
    for entry in fs::read_dir(cache.path()).unwrap() {
        fs::write(entry.unwrap().path(), "x").unwrap();
    }
    assert_eq!(names(&reader, &source).unwrap(), first);
}

#[test]
fn what_can_not_be_read_is_told_with_its_place() {
    let (dir, cache) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let reader = OutsideReader::new(cache.path().to_owned());
    let (url, _) = serve(dir.path().to_owned());
    let missing = names(&reader, &format!("yum {url}")).unwrap_err();
    assert_eq!(missing.to_string(), format!("failed to read {url}/repodata/repomd.xml: the server answers 404"));
    assert!(!missing.is_transient());
    let closed = { TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap() };
    assert!(names(&reader, &format!("yum http://{closed}")).unwrap_err().is_transient());

    yum(dir.path(), &[]);
    let mut repodata = fs::read_dir(dir.path().join("repodata")).unwrap().map(|entry| entry.unwrap().path());
    let primary = repodata.find(|path| path.to_string_lossy().contains("primary.xml")).unwrap();
    fs::write(&primary, "x").unwrap();
    let altered = names(&reader, &format!("yum {}", dir.path().display())).unwrap_err();
    assert!(matches!(altered, OutsideError::Altered { .. }) && altered.is_transient(), "{altered}");
    fs::write(dir.path().join("repodata/repomd.xml"), "<x/>").unwrap();
    let nonsense = names(&reader, &format!("yum {}", dir.path().display())).unwrap_err();
    assert!(matches!(nonsense, OutsideError::Malformed { .. }), "{nonsense}");
}

#[test]
fn sources_are_written_as_people_know_them() {
    for good in
        ["yum /srv/os", "yum http://a.example.org/os", "apt /srv/debian bookworm main contrib", "apt http://x ./"]
    {
        good.parse::<OutsideSource>().unwrap();
    }
    for bad in ["", "yum", "yum a b", "apt /srv/debian bookworm", "apt /srv ./ main", "dnf /srv"] {
        assert!(bad.parse::<OutsideSource>().unwrap_err().contains("neither \"yum PLACE\""), "{bad}");
    }
}
