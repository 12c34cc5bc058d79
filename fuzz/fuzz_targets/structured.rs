//! Structured fields against another parser. `cargo +nightly fuzz run structured`
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate_fuzz::twin::structured;

fuzz_target!(|data: &[u8]| structured::check(data));
