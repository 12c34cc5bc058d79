//! One trace, three readers: the core natively (here), and the production and development modules (`replay.mjs`). Every
//! answer is compared by its bits.
//!
//! The trace holds what crosses the boundary: calls with their times and texts, and what was answered. When behaviour
//! changes on purpose, it is written anew: `cargo test --test trace -- --ignored`, and the difference is read.

mod life;
mod room;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use room::{Desk, Step};
use tidegate::reason::WORDS;

fn file() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/trace/trace.jsonl"].iter().collect()
}

fn trace() -> Vec<String> {
    let text = fs::read_to_string(file()).expect("tests/trace/trace.jsonl");
    text.lines().map(str::to_owned).collect()
}

fn steps() -> Vec<Step> {
    let parsed = trace().into_iter().map(|line| serde_json::from_str(&line).expect("a step"));
    parsed.collect()
}

#[test]
fn replays_natively_byte_for_byte() {
    let mut desk = Desk::default();
    for (n, line) in trace().into_iter().enumerate() {
        let mut step: Step = serde_json::from_str(&line).expect("a step");
        step.want = desk.answer(&step.call);
        assert_eq!(serde_json::to_string(&step).unwrap(), line, "line {}", n + 1);
    }
}

#[test]
fn holds_every_kind_of_answer_and_most_reasons() {
    let steps = steps();
    assert!((1_500..4_000).contains(&steps.len()), "{}", steps.len());
    let mut kinds = BTreeSet::new();
    let mut reasons = BTreeSet::new();
    for step in &steps {
        if let Some(packed) = step.packed() {
            kinds.insert((step.call.name(), packed & 15));
            reasons.insert(WORDS[(packed >> 4 & 15) as usize]);
        }
    }
    let all = [
        ("ask", [0, 1, 2, 3, 4, 7].as_slice()),
        ("settle", &[5, 6]),
        ("poll", &[0, 1, 2, 3, 4]),
        ("mode", &[0]),
    ];
    for (call, wanted) in all {
        for kind in wanted {
            assert!(kinds.contains(&(call, *kind)), "{call} answers {kind} somewhere");
        }
    }
    for reason in ["retry-after", "quota", "overload", "breaker", "concurrency", "queue-full", "deadline"] {
        assert!(reasons.contains(reason), "{reason} is given somewhere");
    }
}

#[test]
#[ignore = "writes tests/trace/trace.jsonl anew"]
fn regenerate() {
    let lines: Vec<_> = life::live().iter().map(|step| serde_json::to_string(step).unwrap()).collect();
    fs::write(file(), lines.join("\n") + "\n").unwrap();
}
