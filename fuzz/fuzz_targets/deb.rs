//! See [`nsrw_fuzz::deb`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsrw_fuzz::deb(bytes));
