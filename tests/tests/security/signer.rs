//! A signer behind a socket, as `deploy/systemd` has it, started by systemd's own program for that: the worker has no key.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nsrw_tests::keys::SecretKey;
use nsrw_tests::packages::TinyPackage;
use nsrw_tests::process::{Guarded, run};
use nsrw_tests::provider::Delivery;

use crate::world::World;

fn deployed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/sign").join(name).canonicalize().unwrap()
}

#[test]
fn a_signer_behind_a_socket_signs_what_the_worker_publishes() {
    let world = World::new();
    let key = SecretKey::new("ed25519").unwrap();
    let socket = world.dir.path().join("sign.socket");
    let mut activate = Command::new("systemd-socket-activate");
    activate.arg("--listen").arg(&socket).args(["--accept", "--inetd"]);
    activate.arg("--setenv").arg(format!("GNUPGHOME={}", key.home().display())).arg(deployed("nsrw-sign"));
    let signer = Guarded::start("the signer", &mut activate, &world.dir.path().join("signer.log")).unwrap();
    nsrw_tests::process::wait_until(std::time::Duration::from_secs(30), || Ok(socket.exists().then_some(()))).unwrap();

    let site = &world.site;
    let command = format!("[\"{}\", \"{}\"]", deployed("nsrw-sign-remote").display(), socket.display());
    site.change_setting("signing.keys", &format!("[{{ backend = \"command\", command = {command} }}]")).unwrap();
    site.change_setting("signing.public", &format!("[\"{}\"]", key.public().unwrap().display())).unwrap();
    site.allow_folder(world.dir.path()).unwrap();
    let made = world.dir.path().join("made");
    fs::create_dir(&made).unwrap();
    let package = TinyPackage::new("storm", "1.0");
    let packages = [package.write_rpm(&made).unwrap(), package.write_deb(&made).unwrap()];
    let folder = world.dir.path().join("delivery");
    let delivery = Delivery::builder("TP.storm.sl6.x86_64", "1.0.0").packages(packages).build(&folder).unwrap();
    let fields = ["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"];
    let ticket = site.open_ticket(&delivery, &format!("file://{}", folder.display()), &fields).unwrap();
    site.set(ticket, "carlos", &["RolloutProgress=Unverified"]).unwrap();
    let stands = site.field(ticket, "RolloutProgress").unwrap();
    assert_eq!(stands, "Unverified", "{:?} {}", site.comments(ticket).unwrap(), signer.log());

    let found = run(Command::new("find").arg("-L").arg(site.public()).args(["-name", "repomd.xml.asc"])).unwrap();
    let signature = found.lines().next().unwrap();
    let mut verify = Command::new("gpg");
    verify.args(["--batch", "--homedir"]).arg(key.home()).args(["--verify", signature]);
    run(verify.arg(signature.trim_end_matches(".asc"))).unwrap();
}
