//! See [`nsrw_fuzz::names`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsrw_fuzz::names(bytes));
