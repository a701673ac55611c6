//! See [`nsrw_fuzz::release_xml`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsrw_fuzz::release_xml(bytes));
