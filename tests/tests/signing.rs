//! Signed repositories, as real clients see them.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use std::fs;
use std::path::{Path, PathBuf};

use nsrw_tests::clients::{AptRoot, DnfRoot};
use nsrw_tests::keys::SecretKey;
use nsrw_tests::packages::TinyPackage;
use nsrw_tests::provider::Delivery;
use nsrw_tests::servers::HttpServer;
use nsrw_tests::site::Site;
use tempfile::TempDir;

/// A site whose public folder is served, with a repository of one rpm and one deb.
struct World {
    folder: TempDir,
    server: HttpServer,
    site: Site,
}

impl World {
    /// Signs with the first key from a file, with the others by gpg; publishes the keys of all.
    fn new(keys: &[&SecretKey]) -> Self {
        let folder = TempDir::new().unwrap();
        let server = HttpServer::serve(folder.path()).unwrap();
        let site = Site::init(&folder.path().join("site"), &format!("{}/site/repository/sw", server.url())).unwrap();
        let signing = keys.iter().enumerate().map(|(n, key)| match n {
            0 => format!("{{ backend = \"file\", secret = \"{}\" }}", key.secret().unwrap().display()),
            _ => {
                format!("{{ backend = \"gpg\", key = \"{}\", home = \"{}\" }}", key.fingerprint(), key.home().display())
            }
        });
        let signing = signing.collect::<Vec<_>>().join(", ");
        let public = keys.iter().map(|key| format!("\"{}\"", key.public().unwrap().display()));
        let public = public.collect::<Vec<_>>().join(", ");
        site.change_setting("signing.keys", &format!("[{signing}]")).unwrap();
        site.change_setting("signing.public", &format!("[{public}]")).unwrap();
        site.allow_folder(folder.path()).unwrap();
        let world = Self { folder, server, site };
        world.deliver();
        world
    }

    fn deliver(&self) {
        let made = self.folder.path().join("made");
        fs::create_dir(&made).unwrap();
        let package = TinyPackage::new("storm", "1.0");
        let packages = [package.write_rpm(&made).unwrap(), package.write_deb(&made).unwrap()];
        let folder = self.folder.path().join("delivery");
        let delivery = Delivery::builder("TP.storm.sl6.x86_64", "1.0.0").packages(packages).build(&folder).unwrap();
        let fields = ["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"];
        let ticket = self.site.open_ticket(&delivery, &format!("file://{}", folder.display()), &fields).unwrap();
        self.site.set(ticket, "carlos", &["RolloutProgress=Unverified"]).unwrap();
        let now = self.site.field(ticket, "RolloutProgress").unwrap();
        assert_eq!(now, "Unverified", "{:?}", self.site.comments(ticket).unwrap());
    }

    fn repository(&self) -> PathBuf {
        self.site.public().join("unverified/umd-4.tp.storm.sl6.x86_64/1/0/0")
    }

    /// The file that sites install by, turned on: what is not in production has to be asked for.
    fn repofile(&self, ending: &str) -> String {
        let folder = fs::read_dir(self.repository().join("repofiles")).unwrap().map(|entry| entry.unwrap().path());
        let path = folder.into_iter().find(|path| path.extension().is_some_and(|e| e == ending)).unwrap();
        let text = fs::read_to_string(path).unwrap();
        text.replace("enabled=0", "enabled=1").replace("Enabled: no", "Enabled: yes").replace("# deb", "deb")
    }

    /// A `dnf` that has the repository and trusts `key`, or what the repository publishes.
    fn dnf(&self, key: Option<&SecretKey>) -> DnfRoot {
        let dnf = DnfRoot::new().unwrap();
        let published = format!("{}/site/repository/sw/keys/repository.asc", self.server.url());
        let text = self.repofile("repo");
        assert!(text.contains("repo_gpgcheck=1") && text.contains(&published), "{text}");
        let trusted = key.map_or(published.clone(), |key| format!("file://{}", key.public().unwrap().display()));
        dnf.add_repo_file("storm", &text.replace(&published, &trusted)).unwrap();
        dnf
    }

    /// An `apt-get` that has the repository and trusts `key` alone.
    fn apt_of(&self, key: &SecretKey) -> AptRoot {
        let apt = AptRoot::new("amd64").unwrap();
        let line = self.repofile("list");
        let (before, rest) = line.split_once("signed-by=").unwrap();
        let (_, rest) = rest.split_once(']').unwrap();
        let (_, before) = before.split_once('\n').unwrap();
        apt.add_source(&format!("{before}signed-by={}]{rest}", key.public().unwrap().display())).unwrap();
        apt
    }

    /// An `apt-get` that has the file that is enough by itself.
    fn apt(&self) -> AptRoot {
        let apt = AptRoot::new("amd64").unwrap();
        apt.add_sources_file("storm", &self.repofile("sources")).unwrap();
        apt
    }

    /// Changes a byte of a published file, as somebody between repository and site could.
    fn tamper(&self, file: &str, from: &str, to: &str) {
        let path = self.repository().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        replace(&path, &text.replacen(from, to, 1));
    }
}

fn replace(path: &Path, text: &str) {
    fs::remove_file(path).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn dnf_installs_from_a_signed_repository_and_refuses_a_tampered_index() {
    let key = SecretKey::new("rsa3072").unwrap();
    let world = World::new(&[&key]);
    let dnf = world.dnf(None);
    dnf.install(&["storm"]).unwrap();
    assert_eq!(dnf.query_installed().unwrap(), ["storm-1.0-1.noarch"]);

    let stranger = SecretKey::new("rsa3072").unwrap();
    assert!(world.dnf(Some(&stranger)).makecache().is_err(), "a key that did not sign is not enough");
    world.tamper("repodata/repomd.xml", "<revision>1", "<revision>2");
    let refused = world.dnf(None).makecache().unwrap_err();
    assert!(format!("{refused:#}").contains("repomd.xml GPG signature verification error"), "{refused:#}");
}

#[test]
fn apt_installs_from_a_signed_repository_and_refuses_a_tampered_index() {
    let key = SecretKey::new("ed25519").unwrap();
    let world = World::new(&[&key]);
    for apt in [world.apt(), world.apt_of(&key)] {
        apt.update().unwrap();
        apt.install(&["storm"]).unwrap();
        assert_eq!(apt.query_installed().unwrap(), ["storm 1.0-1"]);
    }
    let stranger = SecretKey::new("ed25519").unwrap();
    assert!(world.apt_of(&stranger).update().is_err(), "a key that did not sign is not enough");
    world.tamper("dists/sl6/InRelease", "Suite: sl6", "Suite: sl7");
    let refused = world.apt().update().unwrap_err();
    assert!(format!("{refused:#}").contains("BADSIG"), "{refused:#}");
}

#[test]
fn while_keys_change_clients_with_the_old_and_with_the_new_one_are_served() {
    let (old, new) = (SecretKey::new("rsa3072").unwrap(), SecretKey::new("ed25519").unwrap());
    let world = World::new(&[&old, &new]);
    for key in [&old, &new] {
        let dnf = world.dnf(Some(key));
        dnf.install(&["storm"]).unwrap();
        assert_eq!(dnf.query_installed().unwrap(), ["storm-1.0-1.noarch"]);
        let apt = world.apt_of(key);
        apt.update().unwrap();
        apt.install(&["storm"]).unwrap();
        assert_eq!(apt.query_installed().unwrap(), ["storm 1.0-1"]);
    }
}

#[test]
fn a_client_that_began_with_a_generation_ends_with_it() {
    let key = SecretKey::new("ed25519").unwrap();
    let world = World::new(&[&key]);
    let list = fs::read_to_string(world.repository().join("mirrorlist")).unwrap();
    let served = format!("{}/site/repository/sw/", world.server.url());
    let below = list.trim().strip_prefix(&served).unwrap();
    assert_eq!(below, "unverified/@/umd-4.tp.storm.sl6.x86_64/1/0/0/@1/");
    let generation = world.site.public().join(below);
    for file in ["repodata/repomd.xml", "repodata/repomd.xml.asc"] {
        assert_eq!(fs::read(generation.join(file)).unwrap(), fs::read(world.repository().join(file)).unwrap());
    }
}
