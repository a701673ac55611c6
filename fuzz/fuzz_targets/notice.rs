//! See [`nsrw_fuzz::notice`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsrw_fuzz::notice(bytes));
