//! The whole reader: two bytes of status, then header text and a body. `cargo +nightly fuzz run hint`
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate_fuzz::twin::wire;

fuzz_target!(|data: &[u8]| wire::check(data));
