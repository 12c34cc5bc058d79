//! The parser against its naive twin, on responses that the bytes choose. `cargo +nightly fuzz run twin`
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate::hint::{Response, read};
use tidegate::time::WallTime;
use tidegate_fuzz::twin::{self, chance, compare};

fuzz_target!(|data: &[u8]| {
    let response = chance::response(data);
    let lines = response.headers.iter();
    let fields: Vec<(&[u8], &[u8])> = lines.map(|(n, v)| (n.as_slice(), v.as_slice())).collect();
    let body = response.body.as_deref();
    let told = read(&Response { status: response.status, fields: &fields, body }, WallTime(response.now_ms));
    let twins = twin::read(response.status, &response.headers, body, response.now_ms);
    compare::check_form(&told.hint);
    let difference = compare::difference(&compare::told(&told.hint), &twins);
    assert_eq!(difference, None, "{told:?}\n{twins:?}\n{response:?}");
});
