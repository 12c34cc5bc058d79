//! What grows with how many keys are known and how many wait, counted in bytes: the core's part of the ceilings of 350 B a
//! key and 400 B a queued item. How time grows is measured by `cargo run --release --example scale`.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tidegate::coalesce::KeyId;
use tidegate::gate::Gate;
use tidegate::policy::{Config, Setting, defaults};
use tidegate::time::{Duration, Instant};
use tidegate::verdict::{How, Ticket, Verdict};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that are held.
fn held() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

const GET: u32 = 1 | How::SAFE | How::REPEAT;

fn at(ms: usize) -> Instant {
    Instant::ORIGIN + Duration::from_millis(ms as u64)
}

/// Four may fly; `keys` keys.
fn gate(keys: usize) -> (Gate, Vec<KeyId>) {
    let mut config = Config::default();
    let settings =
        [(Setting::Deadline, 86_400_000.0), (Setting::QueueSize, 100_000.0), (Setting::ConcurrencyMax, 4.0)];
    settings.iter().for_each(|(setting, value)| config.set(*setting as usize, *value));
    let mut gate = Gate::new(config.mend(), 1);
    let scope = gate.scope(at(0), b"https://a").expect("room for one");
    let mut known = Vec::with_capacity(keys);
    known.extend((0..keys).map(|_| gate.key(at(0), scope, b"GET", b"https://a/items/7")));
    (gate, known)
}

/// Asks so often; answers those that may go at once.
fn ask(gate: &mut Gate, keys: &[KeyId], times: usize) -> Vec<Ticket> {
    let mut flying = Vec::with_capacity(8);
    for n in 0..times {
        match gate.ask(at(1_000), keys[n % keys.len()], How(GET), None) {
            Verdict::Go(ticket) => flying.push(ticket),
            Verdict::Wait { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    flying
}

fn bytes_a_key() -> usize {
    let few = held();
    let one = gate(1);
    let many = held();
    let all = gate(defaults::KEYS);
    let end = held();
    // What the test itself holds of a key is not the core's.
    let own = (defaults::KEYS - 1) * size_of::<KeyId>();
    let each = (end - many) - (many - few) - own;
    drop((one, all));
    each / (defaults::KEYS - 1)
}

fn bytes_a_waiter(n: usize) -> usize {
    let (mut gate, keys) = gate(10);
    let before = held();
    let flying = ask(&mut gate, &keys, n + 4);
    assert_eq!((flying.len(), gate.queued()), (4, n));
    (held() - before) / n
}

// One test, because all threads share the allocator.
#[test]
fn a_key_takes_less_than_350_bytes_and_one_that_waits_less_than_400() {
    let key = bytes_a_key();
    // A table takes the most where it has just grown.
    let waiter = [defaults::TICKETS - 4, defaults::TICKETS / 2 + 1].map(bytes_a_waiter);
    println!("{key} B a key, {waiter:?} B each that waits");
    assert!((20..=350).contains(&key), "{key} bytes a key");
    assert!(waiter.iter().all(|each| (100..=400).contains(each)), "{waiter:?} bytes each that waits");
}
