//! One dialect, named by `DIALECT`: `DIALECT=orca cargo +nightly fuzz run dialect`. The input is two bytes of status,
//! then header text and a body; a line that is not the dialect's becomes one of its.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tidegate::hint::{DIALECTS, Dialect};
use tidegate_fuzz::twin::wire;

static CHOSEN: LazyLock<&Dialect> = LazyLock::new(|| {
    let names: Vec<&str> = DIALECTS.iter().map(|dialect| dialect.name).collect();
    let name = std::env::var("DIALECT").unwrap_or_default();
    wire::dialect(&name).unwrap_or_else(|| panic!("set DIALECT to one of {names:?}"))
});

fuzz_target!(|data: &[u8]| wire::check_dialect(&CHOSEN, data));
