//! The cache's own conformance table: every row is a rule with its section, every case of it is run, and the page that
//! shows the table is written from the same rows.

mod rfc9111;

use std::fmt::Write;
use std::fs;
use std::path::Path;

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
