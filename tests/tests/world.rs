//! The box itself: its servers, clients and packages work, before anything of ours is put into it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use nsrw_tests::clients::{AptRoot, DnfRoot};
use nsrw_tests::packages::{DEB_ARCH, DEMO_BASE, DEMO_DEBS, DEMO_LEAF, TinyPackage, build_ca_rpms, fetch_debs};
use nsrw_tests::process::run;
use nsrw_tests::servers::{FtpServer, HttpServer, RsyncDaemon};
use tempfile::TempDir;

/// A folder with one file, as a provider would have it.
fn offered() -> Result<TempDir> {
    let dir = TempDir::new()?;
    fs::create_dir(dir.path().join("sub"))?;
    fs::write(dir.path().join("sub/file"), "0123456789")?;
    Ok(dir)
}

/// Neither the process is there any more nor anybody on its port.
fn is_gone(process_id: u32, port: u16) -> bool {
    !Path::new(&format!("/proc/{process_id}")).exists() && TcpStream::connect(("127.0.0.1", port)).is_err()
}

fn ask(port: u16, request: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn rsync_serves_and_stops() {
    let (dir, copy) = (offered().unwrap(), TempDir::new().unwrap());
    let daemon = RsyncDaemon::serve(dir.path()).unwrap();
    run(Command::new("rsync").args(["-r", &format!("{}/", daemon.url())]).arg(copy.path())).unwrap();
    assert_eq!(fs::read_to_string(copy.path().join("sub/file")).unwrap(), "0123456789");
    let refused = run(Command::new("rsync").arg(copy.path().join("sub/file")).arg(format!("{}/new", daemon.url())));
    assert!(refused.unwrap_err().to_string().contains("read only"));
    let (process_id, port) = (daemon.process_id(), daemon.port());
    drop(daemon);
    assert!(is_gone(process_id, port));
}

#[test]
fn http_serves_files_and_ranges_and_stops() {
    let dir = offered().unwrap();
    let server = HttpServer::serve(dir.path()).unwrap();
    let get = |more: &str| {
        let request = format!("GET /sub/file HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n");
        ask(server.port(), &request).unwrap()
    };
    let whole = get("");
    assert!(whole.starts_with("HTTP/1.1 200") && whole.ends_with("\r\n\r\n0123456789"), "{whole}");
    let rest = get("Range: bytes=7-\r\n");
    assert!(rest.starts_with("HTTP/1.1 206") && rest.ends_with("\r\n\r\n789"), "{rest}");
    let (process_id, port) = (server.process_id(), server.port());
    drop(server);
    assert!(is_gone(process_id, port));
}

#[test]
fn http_follows_links_that_are_switched_while_it_serves() {
    let dir = TempDir::new().unwrap();
    for generation in ["one", "two"] {
        fs::create_dir(dir.path().join(generation)).unwrap();
        fs::write(dir.path().join(generation).join("name"), generation).unwrap();
    }
    let link = |generation: &str, name: &str| std::os::unix::fs::symlink(generation, dir.path().join(name)).unwrap();
    link("one", "live");
    let server = HttpServer::serve(dir.path()).unwrap();
    let request = "GET /live/name HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert!(ask(server.port(), request).unwrap().ends_with("one"));
    link("two", "next");
    fs::rename(dir.path().join("next"), dir.path().join("live")).unwrap();
    assert!(ask(server.port(), request).unwrap().ends_with("two"));
}

#[test]
fn ftp_serves_anonymous_users_and_stops() {
    let dir = offered().unwrap();
    let server = FtpServer::serve(dir.path()).unwrap();
    let said = ask(server.port(), "USER anonymous\r\nPASS x\r\nSIZE /sub/file\r\nDELE /sub/file\r\nQUIT\r\n").unwrap();
    let codes: Vec<&str> = said.lines().filter_map(|line| line.get(..3)).collect();
    assert_eq!(codes, ["220", "331", "230", "550", "550", "221"], "SIZE in ASCII mode and DELE are refused: {said}");
    let (process_id, port) = (server.process_id(), server.port());
    drop(server);
    assert!(is_gone(process_id, port));
}

#[test]
fn a_server_that_can_not_start_says_why() {
    let error = HttpServer::serve(Path::new("/no/such/folder")).unwrap_err();
    assert!(error.to_string().contains("/no/such/folder"), "{error:#}");
}

/// A yum repository made without our code.
fn yum_repository(fill: impl FnOnce(&Path) -> Result<()>) -> Result<TempDir> {
    let dir = TempDir::new()?;
    fill(dir.path())?;
    run(Command::new("createrepo_c").arg("--quiet").arg(dir.path()))?;
    Ok(dir)
}

/// An apt repository made without our code.
fn apt_repository(fill: impl FnOnce(&Path) -> Result<()>) -> Result<TempDir> {
    let dir = TempDir::new()?;
    fill(dir.path())?;
    for (kind, index) in [("packages", "Packages"), ("release", "Release")] {
        let text = run(Command::new("apt-ftparchive").args([kind, "."]).current_dir(dir.path()))?;
        fs::write(dir.path().join(index), text)?;
    }
    Ok(dir)
}

#[test]
fn dnf_installs_into_its_own_root() {
    let repository = yum_repository(|dir| {
        TinyPackage::new("storm-libs", "1.8.2").write_rpm(dir)?;
        TinyPackage::new("storm-client", "1.8.2").requires("storm-libs").write_rpm(dir)?;
        Ok(())
    });
    let repository = repository.unwrap();
    let server = HttpServer::serve(repository.path()).unwrap();
    let dnf = DnfRoot::new().unwrap();
    dnf.add_repo("box", server.url()).unwrap();
    dnf.makecache().unwrap();
    assert_eq!(dnf.query_available().unwrap(), ["storm-client-1.8.2-1.noarch", "storm-libs-1.8.2-1.noarch"]);
    dnf.install(&["storm-client"]).unwrap();
    assert_eq!(dnf.query_installed().unwrap(), ["storm-client-1.8.2-1.noarch", "storm-libs-1.8.2-1.noarch"]);
    let installed = fs::read_to_string(dnf.root().join("usr/share/storm-client/content"));
    assert_eq!(installed.unwrap(), "storm-client 1.8.2\n");
    let error = dnf.install(&["no-such-package"]).unwrap_err().to_string();
    assert!(error.contains("no-such-package"), "{error}");
}

#[test]
fn apt_installs_into_its_own_root() {
    let repository = apt_repository(|dir| {
        TinyPackage::new("storm-libs", "1.8.2").write_deb(dir)?;
        TinyPackage::new("storm-client", "1.8.2").requires("storm-libs").requires("perl:any").write_deb(dir)?;
        Ok(())
    });
    let repository = repository.unwrap();
    let server = HttpServer::serve(repository.path()).unwrap();
    let host = fs::read("/var/lib/dpkg/status").unwrap();
    let apt = AptRoot::new(DEB_ARCH).unwrap();
    apt.add_source(&format!("deb [trusted=yes] {} ./", server.url())).unwrap();
    apt.assume_installed(&["perl"]).unwrap();
    apt.update().unwrap();
    apt.install(&["storm-client"]).unwrap();
    assert_eq!(apt.query_installed().unwrap(), ["storm-client 1.8.2-1", "storm-libs 1.8.2-1"]);
    let installed = fs::read_to_string(apt.root().join("usr/share/storm-client/content"));
    assert_eq!(installed.unwrap(), "storm-client 1.8.2\n");
    let error = apt.install(&["no-such-package"]).unwrap_err().to_string();
    assert!(error.contains("no-such-package"), "{error}");
    assert_eq!(fs::read("/var/lib/dpkg/status").unwrap(), host, "the machine's own packages were touched");
}

#[test]
fn an_index_that_can_not_be_fetched_is_an_error() {
    let empty = TempDir::new().unwrap();
    let server = HttpServer::serve(empty.path()).unwrap();
    let (apt, dnf) = (AptRoot::new(DEB_ARCH).unwrap(), DnfRoot::new().unwrap());
    apt.add_source(&format!("deb [trusted=yes] {} ./", server.url())).unwrap();
    dnf.add_repo("box", server.url()).unwrap();
    assert!(apt.update().unwrap_err().to_string().contains("404"));
    assert!(dnf.makecache().unwrap_err().to_string().contains("404"));
}

#[test]
fn the_demo_packages_are_complete_and_install() {
    let repository = apt_repository(|dir| fetch_debs(&DEMO_DEBS, dir).map(drop)).unwrap();
    let apt = AptRoot::new(DEB_ARCH).unwrap();
    apt.add_source(&format!("deb [trusted=yes] file://{} ./", repository.path().display())).unwrap();
    apt.update().unwrap();
    apt.install(&[DEMO_LEAF]).unwrap();
    let installed = apt.query_installed().unwrap();
    assert!(matches!(installed.as_slice(), [only] if only.starts_with(DEMO_LEAF)), "{installed:?}");
    apt.assume_installed(&DEMO_BASE).unwrap();
    apt.install(&DEMO_DEBS).unwrap();
    assert_eq!(apt.query_installed().unwrap().len(), DEMO_DEBS.len());
}

/// The files of packages, as `rpm` lists them.
fn files_of(packages: &[PathBuf]) -> Result<BTreeSet<String>> {
    let listed = run(Command::new("rpm").env("HOME", "/nonexistent").arg("-qlp").args(packages))?;
    Ok(listed.lines().map(str::to_owned).collect())
}

#[test]
fn the_ca_rpms_carry_the_trust_anchors_and_install() {
    let mut built = Vec::new();
    let repository = yum_repository(|dir| {
        built = build_ca_rpms("1.37", "1", dir)?;
        Ok(())
    });
    let repository = repository.unwrap();
    assert!(built[0].ends_with("ca-policy-egi-core-1.37-1.noarch.rpm"), "{built:?}");
    let listed = files_of(&built).unwrap();
    let ending = |end: &str| listed.iter().filter(|path| path.ends_with(end)).count();
    assert_eq!((built.len(), ending(".pem"), ending(".info")), (4, 3, 4), "{listed:?}");
    assert!(listed.contains("/etc/grid-security/certificates/policy-egi-core.info"), "{listed:?}");

    let dnf = DnfRoot::new().unwrap();
    dnf.add_repo("ca", &format!("file://{}", repository.path().display())).unwrap();
    dnf.install(&["ca-policy-egi-core"]).unwrap();
    assert_eq!(dnf.query_installed().unwrap().len(), 4);
    for path in listed {
        let installed = dnf.root().join(path.trim_start_matches('/'));
        assert!(fs::metadata(&installed).is_ok(), "{} is missing or leads nowhere", installed.display());
    }
}

#[test]
fn made_again_packages_are_the_same() {
    let (one, two) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    for dir in [one.path(), two.path()] {
        build_ca_rpms("1.37", "1", dir).unwrap();
        TinyPackage::new("storm-client", "1.8.2").write_rpm(dir).unwrap();
        TinyPackage::new("storm-client", "1.8.2").write_deb(dir).unwrap();
    }
    for entry in fs::read_dir(one.path()).unwrap() {
        let name = entry.unwrap().file_name();
        let again = fs::read(two.path().join(&name)).unwrap();
        assert!(fs::read(one.path().join(&name)).unwrap() == again, "{} differs", name.display());
    }
}
