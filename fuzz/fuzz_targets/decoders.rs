//! See `src/decoders.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    driftgauge_fuzz::decoders::check(bytes);
});
