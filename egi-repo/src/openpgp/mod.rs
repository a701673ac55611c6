//! Signatures: whose keys are trusted, and whether a signature is one of theirs.

mod keyring;

pub use keyring::{Keyring, KeyringError, SignatureFault};

#[cfg(test)]
pub(crate) mod testing;
