//! What the cache makes of an answer and of a later request: see `tests/rfc9111/any.rs`. `cargo +nightly fuzz run cache`
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate_fuzz::any;

fuzz_target!(|data: &[u8]| any::check(data));
