//! Signatures: whose keys are trusted, whether a signature is one of theirs, and how our own are made.

mod external;
mod keyring;
mod secret;
mod signer;
mod together;

pub use keyring::{Keyring, KeyringError, SignatureFault};
pub use secret::KEY_TOO_OPEN;
pub use signer::{KeySource, SignError, Signer};

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
