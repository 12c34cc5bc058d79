//! The cache's store against its naive twin. `cargo +nightly fuzz run store`
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate_fuzz::store;

fuzz_target!(|data: &[u8]| store::check(data));
