//! See [`nsrw_fuzz::rt_rest2`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsrw_fuzz::rt_rest2(bytes));
