//! The parser against its naive twin: both read the vectors, and both read the same from random responses. What a
//! fuzzer found worth keeping is replayed.
//!
//! `PROPTEST_CASES=1000000 cargo test --release --test hints_twin` runs long; without it, a few thousand.
#![cfg(not(target_arch = "wasm32"))]

mod twin;

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use tidegate::hint::{DIALECTS, Reading, Response, read};
use tidegate::time::WallTime;

use twin::compare::{check_form, difference, told};
use twin::vectors::{cases, files, joined};
use twin::{documents, structured, wire};

type Lines = [(Vec<u8>, Vec<u8>)];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn reading(status: u16, headers: &Lines, body: Option<&[u8]>, now_ms: i64) -> Reading {
    let fields: Vec<(&[u8], &[u8])> = headers.iter().map(|(n, v)| (n.as_slice(), v.as_slice())).collect();
    read(&Response { status, fields: &fields, body }, WallTime(now_ms))
}

#[test]
fn the_twin_reads_every_vector_with_fields_apart_and_joined() {
    let mut seen = 0;
    for path in files(root()) {
        for case in cases(&path) {
            for headers in [case.headers(), joined(&case.headers())] {
                let told = twin::read(case.status, &headers, case.body().as_deref(), case.now_ms);
                assert_eq!(difference(&told, &case.expected()), None, "{}: {told:?}", case.id);
            }
            seen += 1;
        }
    }
    assert!(seen >= 192, "{seen}");
}

/// The property of one bytes, by a fuzz target's name.
fn check(target: &str, bytes: &[u8]) {
    match target {
        "hint" => wire::check(bytes),
        "json" => documents::check(bytes),
        "structured" => structured::check(bytes),
        "twin" => agree(bytes).unwrap(),
        name => wire::check_dialect(wire::dialect(name).expect(name), bytes),
    }
}

/// Both read the same from what the bytes choose, with fields apart and joined.
fn agree(bytes: &[u8]) -> Result<(), TestCaseError> {
    let response = twin::chance::response(bytes);
    let body = response.body.as_deref();
    let ours = reading(response.status, &response.headers, body, response.now_ms);
    let twins = twin::read(response.status, &response.headers, body, response.now_ms);
    check_form(&ours.hint);
    prop_assert_eq!(difference(&told(&ours.hint), &twins), None, "{:?}\n{:?}\n{:?}", ours, twins, response);
    let at_once = reading(response.status, &joined(&response.headers), body, response.now_ms);
    prop_assert_eq!(ours, at_once, "{:?}", response);
    Ok(())
}

#[test]
fn what_the_fuzzer_kept_still_holds_and_every_dialect_has_some() {
    let targets = DIALECTS.iter().map(|dialect| dialect.name).chain(["hint", "json", "structured", "twin"]);
    for target in targets {
        let path = root().join(format!("fuzz/corpus/{target}.base64"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(!text.is_empty(), "{target}");
        for line in text.lines() {
            check(target, &STANDARD.decode(line).unwrap());
        }
    }
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
        agree(&bytes)?;
    }
}
