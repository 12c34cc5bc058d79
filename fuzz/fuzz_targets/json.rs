//! JSON bodies against another parser. `cargo +nightly fuzz run json`
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate_fuzz::twin::documents;

fuzz_target!(|data: &[u8]| documents::check(data));
