//! The repository on disk: fetch, verify, publish, promote, index, withdraw.
