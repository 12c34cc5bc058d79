//! The cache's own conformance table: every row is a rule with its section, every case of it is run, and the page that
//! shows the table is written from the same rows. And what must hold of any bytes.
#![cfg(not(target_arch = "wasm32"))]

#[path = "rfc9111/any.rs"]
mod any;
mod rfc9111;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

const START: &str = "<!-- rules: written by `cargo test --test caching`, from tests/rfc9111 -->\n";
const END: &str = "<!-- end of rules -->";

#[test]
fn every_case_of_every_rule_holds() {
    let mut seen = 0;
    for (_, rows) in rfc9111::groups() {
        for row in rows {
            for case in &row.cases {
                case.check(&format!("{} {} {}", row.section, row.says, case.words()));
                seen += 1;
            }
        }
    }
    assert!(seen > 240, "{seen}");
}

fn table() -> String {
    let mut page = String::new();
    for (heading, rows) in rfc9111::groups() {
        writeln!(page, "\n### {heading}\n\n| RFC | rule | cases |\n| --- | --- | --- |").unwrap();
        for row in rows {
            let cases: Vec<_> = row.cases.iter().map(rfc9111::Case::words).collect();
            writeln!(page, "| {} | {} | {} |", row.section, row.says, cases.join("<br>")).unwrap();
        }
    }
    page
}

#[test]
fn the_page_shows_the_rows_that_are_tested() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/caching.md");
    let page = fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(START).expect("the page has its mark");
    let (told, tail) = rest.split_once(END).expect("the page has its end mark");
    let fresh = table();
    if told != fresh {
        fs::write(&path, format!("{head}{START}{fresh}{END}{tail}")).unwrap();
        panic!("docs/caching.md was stale and has been rewritten");
    }
}

#[test]
fn what_the_fuzzer_kept_still_holds() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/cache.base64");
    let text = fs::read_to_string(path).unwrap();
    assert!(!text.is_empty());
    for line in text.lines() {
        any::check(&STANDARD.decode(line).unwrap());
    }
}

/// Pieces of which header text is made, so that dice hit what counts.
const PIECES: &[&str] = &[
    "0max-age=60",
    "0no-store",
    "0no-cache",
    "0must-revalidate",
    "0stale-if-error=9",
    "0stale-while-revalidate=99",
    "0immutable",
    "0 , max-age = 1",
    "0a=\"b",
    "\"",
    ",",
    "=",
    "max-age=9",
    "\n",
    "\n",
    "\n\n",
    "1",
    "2",
    "3",
    "4",
    "5*",
    "5accept-language",
    "5cookie",
    "6\"1\"",
    "7en, de",
    "Sun, 22 Nov 2026 12:00:30 GMT",
    "Sun, 22 Nov 2020 12:00:00 GMT",
    "Sunday, 22-Nov-26 13:00:00 GMT",
    "99999999999",
    " ",
    ": ",
    "range: bytes=0-1",
    "must-understand",
    "private",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_a_rule(
        head in any::<[u8; 4]>(),
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24),
    ) {
        any::check(&[&head[..], pieces.concat().as_bytes()].concat());
    }

    #[test]
    fn no_bytes_break_a_rule(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        any::check(&bytes);
    }
}
