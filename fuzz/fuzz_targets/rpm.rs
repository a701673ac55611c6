//! See [`nsrw_fuzz::rpm`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsrw_fuzz::rpm(bytes));
