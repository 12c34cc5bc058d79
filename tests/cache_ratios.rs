//! How much of two recorded traces the cache's store answers, beside what else it could have been. The table in
//! docs/cache-store.md is written by this test.
#![cfg(not(target_arch = "wasm32"))]

use std::fmt::Write;
use std::fs;
use std::path::Path;

#[path = "cache/rivals.rs"]
mod rivals;
#[path = "cache/trace.rs"]
mod trace;

use rivals::{Rival, Room};
use trace::Trace;

/// Rooms, in hundredths of what all keys weigh, or of how many there are.
const PARTS: [usize; 4] = [1, 5, 10, 25];

type Make = fn(Room, &Trace) -> Rival;
const RIVALS: [(&str, Make); 5] = [
    ("FIFO", rivals::fifo),
    ("LRU", rivals::lru),
    ("W-TinyLFU", rivals::tiny_lfu),
    ("the store (S3-FIFO)", rivals::store),
    ("clairvoyant", rivals::clairvoyant),
];
const LRU: usize = 1;
const STORE: usize = 3;
const CLAIRVOYANT: usize = 4;

/// Hundredths of requests and of bytes that were answered.
type Ratio = [f64; 2];

fn ratio(trace: &Trace, mut rival: Rival) -> Ratio {
    let (mut hits, mut bytes, mut all) = (0, 0, 0);
    for key in &trace.requests {
        let weight = trace.weights[*key];
        all += u64::from(weight);
        if rival(*key, weight) {
            hits += 1;
            bytes += u64::from(weight);
        }
    }
    [100.0 * f64::from(hits) / trace.requests.len() as f64, 100.0 * bytes as f64 / all as f64]
}

/// Every rival's ratios, part by part; by bytes there is room for a thousand entries.
fn ratios(trace: &Trace, by_bytes: bool) -> Vec<Vec<Ratio>> {
    let room = |part: usize| match by_bytes {
        true => Room { entries: 1_024, bytes: (trace.footprint() * part as u64 / 100) as u32 },
        false => Room { entries: trace.weights.len() * part / 100, bytes: u32::MAX },
    };
    let each = |make: Make| PARTS.iter().map(|part| ratio(trace, make(room(*part), trace))).collect();
    RIVALS.iter().map(|(_, make)| each(*make)).collect()
}

#[test]
fn the_store_answers_more_than_lru_and_nowhere_two_points_less() {
    let mut page = String::new();
    let mut ahead = Vec::new();
    for trace in ["session", "history"].map(trace::read) {
        for by_bytes in [true, false] {
            let bound = if by_bytes { "bytes" } else { "entries" };
            let all = ratios(&trace, by_bytes);
            write!(page, "\n| {}, bounded by {bound} |", trace.name).unwrap();
            PARTS.iter().for_each(|part| write!(page, " {part} % |").unwrap());
            page.push_str("\n| --- | ---: | ---: | ---: | ---: |\n");
            for ((name, _), row) in RIVALS.iter().zip(&all) {
                write!(page, "| {name} |").unwrap();
                row.iter().for_each(|[hits, bytes]| write!(page, " {hits:.1} / {bytes:.1} |").unwrap());
                page.push('\n');
            }
            for (part, [store, lru]) in PARTS.iter().zip((0..4).map(|n| [all[STORE][n], all[LRU][n]])) {
                let what = format!("{} by {bound}, {part} %", trace.name);
                assert!(store[0] > lru[0] - 2.0 && store[1] > lru[1] - 1.0, "{what}: {store:?}, LRU {lru:?}");
                ahead.push((store[0] - lru[0], what));
            }
            let bound = |n: usize| all[CLAIRVOYANT][n][0];
            assert!(
                by_bytes || all.iter().all(|row| (0..4).all(|n| row[n][0] <= bound(n))),
                "no rival knows more"
            );
        }
    }
    println!("{page}{ahead:#?}");
    let better = ahead.iter().filter(|(points, _)| *points > 2.0).count();
    assert!(better >= 8, "two points more in half of all: {ahead:?}");
    check(&page);
}

/// Fails when the page is stale, after bringing it up to date: look at the difference and commit it.
fn check(fresh: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cache-store.md");
    let page = fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once("`cargo test --test cache_ratios` -->\n").expect("a mark");
    let (told, tail) = rest.split_once("\n<!-- end -->").expect("an end mark");
    if told != fresh {
        fs::write(&path, format!("{head}`cargo test --test cache_ratios` -->\n{fresh}\n<!-- end -->{tail}"))
            .unwrap();
        panic!("docs/cache-store.md was stale and has been rewritten");
    }
}
