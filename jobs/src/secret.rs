//! Files with secrets: who may read them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, ensure};

/// Everybody's bits, and the group's right to write. A group may read: that is how Debian hands out keys (`ssl-cert`).
pub(crate) const TOO_OPEN: u32 = 0o027;

/// Refuses a secret that everybody can read, or that others than its owner can change.
pub(crate) fn ensure_private(path: &Path) -> anyhow::Result<()> {
    let mode = mode(path).with_context(|| format!("failed to look at {}", path.display()))?;
    ensure!(
        mode & TOO_OPEN == 0,
        "{} has mode {mode:04o}, so others can use this secret; chmod 0600 {0}, and replace it if anybody may have read it",
        path.display()
    );
    Ok(())
}

/// The rights on a file.
pub(crate) fn mode(path: &Path) -> std::io::Result<u32> {
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o777)
}

/// Reads a secret; warns of one that is not private. A site that works is not stopped for it.
pub(crate) fn read(path: &Path) -> std::io::Result<String> {
    let text = std::fs::read_to_string(path)?;
    if let Err(fault) = ensure_private(path) {
        tracing::warn!("{fault:#}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_others_can_read_or_change_is_not_private() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        std::fs::write(&file, "x").unwrap();
        for (mode, private) in
            [(0o600, true), (0o400, true), (0o640, true), (0o644, false), (0o604, false), (0o660, false)]
        {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(ensure_private(&file).is_ok(), private, "{mode:o}");
        }
        assert!(ensure_private(&dir.path().join("none")).is_err());
    }
}
