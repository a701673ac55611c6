//! Signatures of every backend, checked by `gpg`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use chrono::Utc;
use tempfile::TempDir;

use super::testing::{Person, run};
use super::*;

const TEXT: &str = "Suite: sl6\n- a line with a dash\nSHA256:\n 00 1 x\n";

/// What `gpg` says of a signature, when all it knows are the keys of `person`.
fn gpg_verifies(person: &Person, signature: &[u8], text: Option<&str>) -> bool {
    let folder = TempDir::new().unwrap();
    let (sig, data) = (folder.path().join("signature.asc"), folder.path().join("data"));
    fs::write(&sig, signature).unwrap();
    let mut gpg = person.gpg();
    gpg.arg("--verify").arg(&sig);
    if let Some(text) = text {
        fs::write(&data, text).unwrap();
        gpg.arg(&data);
    }
    let output = gpg.output().unwrap();
    String::from_utf8_lossy(&output.stderr).contains("Good signature")
}

fn file(person: &Person) -> KeySource {
    KeySource::File { secret: person.secret_key(""), passphrase: None }
}

fn gpg(person: &Person) -> KeySource {
    KeySource::Gpg { key: person.fingerprint.clone(), home: Some(person.home.path().to_owned()) }
}

/// A program as a site may have one for its token.
fn command(person: &Person) -> KeySource {
    let script = person.home.path().join("sign");
    let home = person.home.path().display();
    let text = format!(
        "#!/bin/sh\nexport GNUPGHOME={home}\ncase $2 in\ndetached) exec gpg --armor --detach-sign ;;\n\
         clear) exec gpg --clear-sign ;;\nesac\n"
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    KeySource::Command { command: vec![script.to_string_lossy().into_owned(), "slot".to_owned()] }
}

fn open(sources: &[KeySource], public: &[&Person]) -> Signer {
    let public: Vec<PathBuf> = public.iter().map(|person| person.public_key()).collect();
    Signer::open(sources, &public).unwrap()
}

#[test]
fn gpg_takes_the_signatures_of_every_backend_for_good() {
    for algorithm in ["ed25519", "rsa3072"] {
        let person = Person::new(algorithm);
        for source in [file(&person), gpg(&person), command(&person)] {
            let signer = open(std::slice::from_ref(&source), &[&person]);
            let detached = signer.detached(TEXT.as_bytes(), Utc::now()).unwrap();
            assert!(gpg_verifies(&person, &detached, Some(TEXT)), "{source:?}");
            assert!(!gpg_verifies(&person, &detached, Some("other")), "{source:?}");
            let clear = signer.clear(TEXT, Utc::now()).unwrap();
            assert!(gpg_verifies(&person, &clear, None), "{source:?}");
            let altered = String::from_utf8(clear).unwrap().replace("sl6", "sl7");
            assert!(!gpg_verifies(&person, altered.as_bytes(), None), "{source:?}");
        }
    }
}

#[test]
fn several_keys_sign_together_and_each_is_enough() {
    let people = [Person::new("ed25519"), Person::new("rsa3072"), Person::new("ed25519")];
    let [one, two, three] = &people;
    let signer = open(&[file(one), gpg(two), command(three)], &[one, two, three]);
    let detached = signer.detached(TEXT.as_bytes(), Utc::now()).unwrap();
    let clear = signer.clear(TEXT, Utc::now()).unwrap();
    for person in &people {
        assert!(gpg_verifies(person, &detached, Some(TEXT)));
        assert!(gpg_verifies(person, &clear, None));
    }
}

#[test]
fn a_key_with_a_passphrase_needs_it() {
    let person = Person::new("ed25519");
    let secret = person.secret_key("open sesame");
    let passphrase = person.home.path().join("passphrase");
    fs::write(&passphrase, "open sesame\n").unwrap();
    fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600)).unwrap();
    let with = KeySource::File { secret: secret.clone(), passphrase: Some(passphrase) };
    let detached = open(&[with], &[&person]).detached(b"x", Utc::now()).unwrap();
    assert!(gpg_verifies(&person, &detached, Some("x")));
    let without = KeySource::File { secret, passphrase: None };
    let error = open(&[without], &[&person]).detached(b"x", Utc::now()).unwrap_err();
    assert!(matches!(error, SignError::SecretKey { .. }) && !error.is_transient(), "{error}");
}

#[test]
fn a_key_that_others_can_read_is_not_used() {
    let person = Person::new("ed25519");
    let (secret, passphrase) = (person.secret_key("open sesame"), person.home.path().join("passphrase"));
    fs::write(&passphrase, "open sesame\n").unwrap();
    let source = KeySource::File { secret: secret.clone(), passphrase: Some(passphrase.clone()) };
    for (of_key, of_passphrase, works) in [
        (0o600, 0o600, true),
        (0o400, 0o400, true),
        (0o640, 0o600, false),
        (0o604, 0o600, false),
        (0o600, 0o644, false),
    ] {
        fs::set_permissions(&secret, fs::Permissions::from_mode(of_key)).unwrap();
        fs::set_permissions(&passphrase, fs::Permissions::from_mode(of_passphrase)).unwrap();
        let opened = Signer::open(std::slice::from_ref(&source), &[person.public_key()]);
        assert_eq!(opened.is_ok(), works, "{of_key:o} {of_passphrase:o}");
        if let Err(error) = opened {
            assert!(error.to_string().contains("others than its owner can use it; chmod 0600"), "{error}");
        }
    }
}

#[test]
fn what_clients_would_refuse_is_refused_before_they_see_it() {
    let (person, other, old) = (Person::new("ed25519"), Person::new("ed25519"), Person::of_2024("ed25519"));
    for (signer, part) in [
        (open(&[file(&person)], &[&other]), "not in the keyring"),
        (open(&[file(&person), gpg(&other)], &[&person]), "not in the keyring"),
        (open(&[file(&old)], &[&old]), "expired on 2024-01-15"),
    ] {
        let error = signer.detached(b"x", Utc::now()).unwrap_err();
        let SignError::Useless { source, .. } = &error else { panic!("{error:?}") };
        assert!(source.to_string().contains(part), "{source}");
    }
}

#[test]
fn what_does_not_sign_says_why() {
    let person = Person::new("ed25519");
    let command = |words: &[&str]| KeySource::Command { command: words.iter().map(|w| (*w).to_owned()).collect() };
    for (source, part) in [
        (command(&["/nonexistent/sign"]), "failed to sign with /nonexistent/sign"),
        (command(&["sh", "-c", "echo no token >&2; exit 3"]), "sh did not sign: no token"),
        (command(&["echo", "hello"]), "echo made a signature that can not be understood"),
        (command(&[]), "an empty command"),
    ] {
        let error = open(&[source], &[&person]).detached(b"x", Utc::now()).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let error =
        Signer::open(&[KeySource::File { secret: "/nonexistent".into(), passphrase: None }], &[person.public_key()]);
    assert!(error.unwrap_err().to_string().contains("/nonexistent can not be used"));
    assert!(Signer::open(&[], &[Path::new("/nonexistent").to_owned()]).is_err());
}

#[test]
fn published_keys_are_those_that_gpg_knows() {
    let (one, two) = (Person::new("ed25519"), Person::new("rsa3072"));
    let signer = open(&[], &[&one, &two]);
    for bytes in [signer.armored_keys(), signer.binary_keys()] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("keys");
        fs::write(&path, bytes).unwrap();
        let shown = run(one.gpg().args(["--with-colons", "--show-keys"]).arg(path));
        assert!(shown.contains(&one.fingerprint) && shown.contains(&two.fingerprint), "{shown}");
    }
}
