//! The parser against its naive twin: both read the vectors, and both read the same from random responses.
//!
//! `PROPTEST_CASES=1000000 cargo test --release --test hints_twin` runs long; without it, a few thousand.
#![cfg(not(target_arch = "wasm32"))]

mod twin;

use proptest::prelude::*;
use tidegate::hint::{Reading, Response, read};
use tidegate::time::WallTime;

use twin::compare::{check_form, difference, told};
use twin::vectors::{cases, folder, joined};

type Lines = [(Vec<u8>, Vec<u8>)];

fn reading(status: u16, headers: &Lines, body: Option<&[u8]>, now_ms: i64) -> Reading {
    let fields: Vec<(&[u8], &[u8])> = headers.iter().map(|(n, v)| (n.as_slice(), v.as_slice())).collect();
    read(&Response { status, fields: &fields, body }, WallTime(now_ms))
}

#[test]
fn the_twin_reads_every_vector_with_fields_apart_and_joined() {
    let mut seen = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        for case in cases(&entry.unwrap().path()) {
            for headers in [case.headers(), joined(&case.headers())] {
                let told = twin::read(case.status, &headers, case.body().as_deref(), case.now_ms);
                let difference = difference(&told, &case.expected());
                assert_eq!(difference, None, "{}: {told:?}", case.id);
            }
            seen += 1;
        }
    }
    assert!(seen >= 80, "{seen}");
}

/// `PROPTEST_CASES` where it is set.
fn rounds() -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    if asked { ProptestConfig::default() } else { ProptestConfig::with_cases(4096) }
}

proptest! {
    #![proptest_config(rounds())]

    #[test]
    fn the_parser_and_its_twin_read_the_same(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let response = twin::chance::response(&bytes);
        let body = response.body.as_deref();
        let ours = reading(response.status, &response.headers, body, response.now_ms);
        let twins = twin::read(response.status, &response.headers, body, response.now_ms);
        check_form(&ours.hint);
        prop_assert_eq!(difference(&told(&ours.hint), &twins), None, "{:?}\n{:?}\n{:?}", ours, twins, response);
        let at_once = reading(response.status, &joined(&response.headers), body, response.now_ms);
        prop_assert_eq!(ours, at_once);
    }
}
