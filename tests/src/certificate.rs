//! Certificates, made by the real `openssl`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process::run;

/// Makes `<name>.pem`, a certificate for 127.0.0.1 that vouches for itself, and its key `<name>.key`, for nobody else to read.
pub fn make_certificate(folder: &Path, name: &str) -> Result<()> {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    openssl.args(["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    let key = folder.join(format!("{name}.key"));
    openssl.arg("-keyout").arg(&key).arg("-out").arg(folder.join(format!("{name}.pem")));
    run(&mut openssl)?;
    fs::set_permissions(&key, Permissions::from_mode(0o600)).context("failed to make a key private")
}
