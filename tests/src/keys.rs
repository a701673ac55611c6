//! Signing keys, made by the real `gpg` in a folder of their own.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::clients::write_file;
use crate::process::run;

/// A secret key, in a keyring of its own.
#[derive(Debug)]
pub struct SecretKey {
    home: TempDir,
    fingerprint: String,
}

impl SecretKey {
    /// A new key of this algorithm, such as `ed25519`, that does not expire and has no passphrase.
    pub fn new(algorithm: &str) -> Result<Self> {
        Self::lasting(algorithm, "never")
    }

    /// The same for so long, in gpg's words, such as `2w`.
    pub fn lasting(algorithm: &str, term: &str) -> Result<Self> {
        let home = TempDir::with_prefix("nsrw-gpg-").context("failed to create a folder for keys")?;
        let mut key = Self { home, fingerprint: String::new() };
        let who = "The repository <repository@example.org>";
        run(key.gpg().args(["--passphrase", "", "--quick-generate-key", who, algorithm, "sign", term]))?;
        let listed = run(key.gpg().args(["--with-colons", "--list-secret-keys"]))?;
        let line = listed.lines().find_map(|line| line.strip_prefix("fpr:")).context("gpg made no key")?;
        line.trim_matches(':').clone_into(&mut key.fingerprint);
        Ok(key)
    }

    /// The folder of the keyring.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The key's fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The public key in a file, armoured.
    pub fn public(&self) -> Result<PathBuf> {
        self.export("public.asc", &["--armor", "--export"])
    }

    /// The secret key in a file, armoured, for nobody else to read.
    pub fn secret(&self) -> Result<PathBuf> {
        let path = self.export("secret.asc", &["--armor", "--export-secret-keys"])?;
        fs::set_permissions(&path, Permissions::from_mode(0o600)).context("failed to make a key private")?;
        Ok(path)
    }

    /// Signs the rpm at `path` in place, with rpmsign.
    pub fn sign_rpm(&self, path: &Path) -> Result<()> {
        let name = format!("_gpg_name {}", self.fingerprint);
        let mut rpmsign = Command::new("rpmsign");
        rpmsign.args(["--define", &name, "--define", "__gpg /usr/bin/gpg", "--addsign"]).arg(path);
        run(rpmsign.env("GNUPGHOME", self.home())).map(drop)
    }

    /// Signs the deb at `path` in place, as its origin, with debsigs.
    pub fn sign_deb(&self, path: &Path) -> Result<()> {
        let key = format!("--default-key={}", self.fingerprint);
        run(Command::new("debsigs").args(["--sign=origin", &key]).arg(path).env("GNUPGHOME", self.home())).map(drop)
    }

    fn export(&self, name: &str, arguments: &[&str]) -> Result<PathBuf> {
        let path = self.home().join(name);
        write_file(&path, &run(self.gpg().args(arguments))?)?;
        Ok(path)
    }

    fn gpg(&self) -> Command {
        let mut gpg = Command::new("gpg");
        gpg.args(["--quiet", "--batch", "--no-tty", "--homedir"]).arg(self.home());
        gpg
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        // The agent that gpg started for this folder.
        let _ = Command::new("gpgconf").arg("--homedir").arg(self.home()).args(["--kill", "all"]).status();
    }
}
