use std::fs;
use std::os::unix::fs::symlink;

use egi_model::digest::Sha256;

use super::*;
use crate::progress::Silent;
use crate::scratch::ScratchRoot;

const RELEASE: &str = "<release/>";

struct World {
    dir: tempfile::TempDir,
    scratch: Scratch,
    listed: Checksums,
    policy: VerifyPolicy,
}

impl World {
    /// A delivery that is as it should be: two packages, and `release.xml` with the ticket.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let scratch = ScratchRoot::new(dir.path().join("scratch")).open(&"plan-1".parse().unwrap()).unwrap();
        let files = [entry("release.xml", RELEASE), entry("b.rpm", "b"), entry("d/a.rpm", "a")];
        let world = Self { dir, scratch, listed: Checksums { files: files.into() }, policy: VerifyPolicy::default() };
        world.deliver("b.rpm", "b");
        world.deliver("d/a.rpm", "a");
        world
    }

    fn deliver(&self, path: &str, content: &str) {
        let path = self.scratch.files_dir().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn verify(&self) -> Result<Verified, VerifyError> {
        self.verify_with(&[Attached { path: "release.xml".parse().unwrap(), bytes: RELEASE.as_bytes() }])
    }

    fn verify_with(&self, attached: &[Attached]) -> Result<Verified, VerifyError> {
        verify(&self.scratch, &self.listed, attached, self.policy, &Silent)
    }

    fn sentences(&self) -> Vec<String> {
        sentences(self.verify())
    }
}

fn sentences(outcome: Result<Verified, VerifyError>) -> Vec<String> {
    match outcome {
        Ok(_) => Vec::new(),
        Err(VerifyError::Unverifiable(findings)) => findings.iter().map(ToString::to_string).collect(),
        Err(error) => panic!("{error:?}"),
    }
}

fn entry(path: &str, content: &str) -> ListedFile {
    ListedFile {
        path: path.parse().unwrap(),
        size: Some(content.len() as u64),
        digests: BTreeMap::from([(Algorithm::Sha256, Sha256::of(content.as_bytes()).to_hex())]),
    }
}

#[test]
fn what_is_as_listed_is_verified() {
    let world = World::new();
    let verified = world.verify().unwrap();
    let expected = [("b.rpm", "b"), ("d/a.rpm", "a")].map(|(path, content)| ContentFile {
        path: path.parse().unwrap(),
        size: 1,
        sha256: Sha256::of(content.as_bytes()),
    });
    assert_eq!(verified.files(), expected);
    assert_eq!(verified.root(), world.scratch.files_dir());
}

#[test]
fn every_finding_is_told_at_once() {
    let mut world = World::new();
    world.listed.files.push(entry("gone.rpm", "x"));
    world.listed.files.push(entry("longer.rpm", "12"));
    world.deliver("longer.rpm", "123");
    world.deliver("extra.rpm", "extra");
    world.deliver("b.rpm", "B");
    let world = world;

    let error = world.verify().unwrap_err();

    assert!(!error.is_transient());
    let found = |content: &str| Sha256::of(content.as_bytes());
    assert_eq!(
        sentences(Err(error)),
        [
            format!("b.rpm is altered: its sha256 is {}, {} is listed", found("B"), found("b")),
            "extra.rpm is extra (5 bytes): it was delivered and is not listed".to_owned(),
            "gone.rpm is missing: it is listed and was not delivered".to_owned(),
            "longer.rpm is altered: it has 3 bytes, 2 are listed".to_owned(),
            format!("longer.rpm is altered: its sha256 is {}, {} is listed", found("123"), found("12")),
        ]
    );
}

#[test]
fn release_xml_may_come_either_way_and_must_match_both() {
    let world = World::new();
    assert_eq!(sentences(world.verify_with(&[])), ["release.xml is missing: it is listed and was not delivered"]);
    world.deliver("release.xml", RELEASE);
    assert!(world.verify_with(&[]).is_ok());
    assert_eq!(world.verify().unwrap().files().len(), 2, "it is not published with the files");

    world.deliver("release.xml", "<altered/>");
    let tree = world.sentences();
    assert!(tree.len() == 1 && tree[0].starts_with("release.xml is altered: its sha256"), "{tree:?}");

    world.deliver("release.xml", RELEASE);
    let ticket =
        sentences(world.verify_with(&[Attached { path: "release.xml".parse().unwrap(), bytes: b"<altered/>" }]));
    assert!(
        ticket.len() == 1 && ticket[0].starts_with("release.xml, as attached to the ticket, is altered"),
        "{ticket:?}"
    );
}

#[test]
fn release_xml_must_be_listed_and_checksums_xml_needs_not() {
    let mut world = World::new();
    world.deliver("checksums.xml", "the list itself");
    assert!(world.sentences().is_empty());
    world.listed.files.remove(0);
    assert_eq!(world.sentences(), ["release.xml is not listed: list it with its size and sha256"]);
    world.deliver("d/checksums.xml", "not the list");
    assert_eq!(world.sentences().len(), 2);
}

#[test]
fn weak_digests_decide_only_where_allowed() {
    let mut world = World::new();
    // printf a | md5sum, sha1sum
    world.listed.files[2].digests = BTreeMap::from([
        (Algorithm::Md5, "0cc175b9c0f1b6a831c399e269772661".to_owned()),
        (Algorithm::Sha1, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8".to_owned()),
    ]);
    assert_eq!(world.sentences(), ["d/a.rpm is listed with md5 and sha1 alone, which can be forged: list its sha256"]);
    world.policy.allow_weak_digests = true;
    assert!(world.sentences().is_empty());
    world.deliver("d/a.rpm", "z");
    assert_eq!(world.sentences().len(), 2, "and still have to match");

    world.listed.files[2].digests.clear();
    assert_eq!(world.sentences(), ["d/a.rpm is listed without a digest: list its sha256"]);
}

#[test]
fn a_weak_digest_beside_a_strong_one_must_match_too() {
    let mut world = World::new();
    world.listed.files[2].digests.insert(Algorithm::Md5, "0".repeat(32));
    let sentences = world.sentences();
    assert!(sentences.len() == 1 && sentences[0].starts_with("d/a.rpm is altered: its md5"), "{sentences:?}");
}

#[test]
fn sha512_decides_and_hexadecimal_case_does_not_matter() {
    let mut world = World::new();
    // printf a | sha512sum
    let sha512 = "1F40FC92DA241694750979EE6CF582F2D5D7D28E18335DE05ABC54D0560E0F53\
                  02860C652BF08D560252AA5E74210546F369FBBBCE8C12CFC7957B2652FE9A75";
    world.listed.files[2].digests = BTreeMap::from([(Algorithm::Sha512, sha512.to_owned())]);
    assert!(world.sentences().is_empty());
}

#[test]
fn links_special_files_and_bad_names_are_found() {
    let world = World::new();
    let root = world.scratch.files_dir();
    fs::remove_file(root.join("b.rpm")).unwrap();
    fs::write(world.dir.path().join("outside"), "b").unwrap();
    symlink(world.dir.path().join("outside"), root.join("b.rpm")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap());
    world.deliver(".hidden", "x");
    let sentences = world.sentences();
    assert_eq!(sentences.len(), 3, "{sentences:?}");
    assert!(sentences[0].starts_with("\".hidden\" can not be published: \".hidden\" starts with a dot"));
    assert!(sentences[1].starts_with("\"b.rpm\" is a link to "), "the listed file is not missing as well");
    assert_eq!(sentences[2], "\"socket\" is a device, socket or FIFO: deliver plain files only");
}

#[test]
fn what_is_listed_twice_is_told() {
    let mut world = World::new();
    world.listed.files.push(entry("b.rpm", "b"));
    assert_eq!(world.sentences(), ["b.rpm is listed more than once: keep one entry"]);
}

#[test]
fn many_files_are_all_read() {
    let mut world = World::new();
    for n in 0..100 {
        let (path, content) = (format!("many/{n}.rpm"), n.to_string());
        world.deliver(&path, &content);
        world.listed.files.push(entry(&path, &content));
    }
    world.deliver("many/57.rpm", "57!");
    assert_eq!(world.sentences().len(), 2, "size and digest of one");
    world.deliver("many/57.rpm", "57");
    assert_eq!(world.verify().unwrap().files().len(), 102);
}
