//! Who holds connections open, asks too often, listens on the way, reads keys, or would have us fetch what we should not.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests stop where something is not as it should be")]

mod api;
mod fetching;
mod secrets;
mod signer;
mod tls;
mod world;
