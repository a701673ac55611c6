//! Real keys for tests, made by `gpg` in a folder of their own.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Runs a program, which must succeed; tells what it printed.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A person with one secret key.
pub(crate) struct Person {
    pub(crate) home: TempDir,
    pub(crate) fingerprint: String,
}

impl Person {
    /// Somebody whose key is of this algorithm, such as `ed25519`, and lasts.
    pub(crate) fn new(algorithm: &str) -> Self {
        Self::at(algorithm, "never", "")
    }

    /// Somebody who lived in January 2024 and whose key lasted ten days.
    pub(crate) fn of_2024(algorithm: &str) -> Self {
        Self::at(algorithm, "10d", "faked-system-time 20240105T120000!\n")
    }

    fn at(algorithm: &str, term: &str, conf: &str) -> Self {
        let home = TempDir::new().unwrap();
        fs::write(home.path().join("gpg.conf"), conf).unwrap();
        let mut person = Self { home, fingerprint: String::new() };
        let passphrase = ["--batch", "--passphrase", ""];
        run(person.gpg().args(passphrase).args([
            "--quick-generate-key",
            "A Tester <tester@example.org>",
            algorithm,
            "sign",
            term,
        ]));
        let listed = run(person.gpg().args(["--with-colons", "--list-secret-keys"]));
        let line = listed.lines().find_map(|line| line.strip_prefix("fpr:")).unwrap();
        line.trim_matches(':').clone_into(&mut person.fingerprint);
        person
    }

    pub(crate) fn gpg(&self) -> Command {
        let mut gpg = Command::new("gpg");
        gpg.arg("--quiet").env("GNUPGHOME", self.home.path());
        gpg
    }

    /// The public key in a file, armoured.
    pub(crate) fn public_key(&self) -> PathBuf {
        let path = self.home.path().join("public.asc");
        fs::write(&path, run(self.gpg().args(["--armor", "--export"]))).unwrap();
        path
    }

    /// The secret key in a file, armoured, under another passphrase.
    pub(crate) fn secret_key(&self, passphrase: &str) -> PathBuf {
        let path = self.home.path().join("secret.asc");
        if !passphrase.is_empty() {
            let change = ["--batch", "--pinentry-mode", "loopback", "--command-fd", "0", "--change-passphrase"];
            let mut gpg = self.gpg();
            gpg.args(change).arg(&self.fingerprint).stdin(std::process::Stdio::piped());
            let mut child = gpg.spawn().unwrap();
            // It does not ask for the old one, which is empty.
            child.stdin.take().unwrap().write_all(format!("{passphrase}\n{passphrase}\n").as_bytes()).unwrap();
            assert!(child.wait().unwrap().success());
        }
        let loopback = ["--batch", "--pinentry-mode", "loopback", "--passphrase", passphrase];
        fs::write(&path, run(self.gpg().args(loopback).args(["--armor", "--export-secret-keys"]))).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// Takes the key back.
    pub(crate) fn revoke(&self) {
        let prepared = self.home.path().join("openpgp-revocs.d").join(format!("{}.rev", self.fingerprint));
        // gpg guards it against use by mistake with a colon.
        let text = fs::read_to_string(&prepared).unwrap().replace(":-----BEGIN", "-----BEGIN");
        fs::write(&prepared, text).unwrap();
        run(self.gpg().arg("--import").arg(&prepared));
    }

    /// Signs the rpm at `path` in place.
    pub(crate) fn sign_rpm(&self, path: &Path) {
        let name = format!("_gpg_name {}", self.fingerprint);
        let defines = ["--define", &name, "--define", "__gpg /usr/bin/gpg"];
        let mut rpmsign = Command::new("rpmsign");
        run(rpmsign.args(defines).arg("--addsign").arg(path).env("GNUPGHOME", self.home.path()));
    }

    /// Signs the deb at `path` in place.
    pub(crate) fn sign_deb(&self, path: &Path) {
        let key = format!("--default-key={}", self.fingerprint);
        run(Command::new("debsigs").args(["--sign=origin", &key]).arg(path).env("GNUPGHOME", self.home.path()));
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        // The agent that gpg started for this folder.
        let _ = Command::new("gpgconf").args(["--kill", "all"]).env("GNUPGHOME", self.home.path()).status();
    }
}
