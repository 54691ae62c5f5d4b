//! See `src/exposition.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    driftgauge_fuzz::exposition::check(bytes);
});
