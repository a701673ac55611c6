//! See [`nsrw_fuzz::checksums`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsrw_fuzz::checksums(bytes));
