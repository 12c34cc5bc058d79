//! What the cache's store holds of memory, counted: nothing before use, no more after a million copies than after the first
//! thousands, and nothing is allocated where a copy is used.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tidegate::cache::store::Store;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that are held.
fn held() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

fn add(store: &mut Store<u64>, from: u32, to: u32) {
    for n in from..to {
        let id = store.reserve(n, u64::from(n));
        assert!(store.fill(id, 100 + n % 50));
        while store.gone().is_some() {}
    }
}

// One test, because all threads share the allocator; the test's own runner may take a few bytes meanwhile.
#[test]
fn a_million_copies_take_no_more_memory_than_as_many_as_fit() {
    let before = held();
    let mut store = Store::<u64>::new(1_000, 10_000_000);
    assert!(held().abs_diff(before) < 4_096, "nothing before it is used");

    add(&mut store, 0, 4_000);
    let flat = held();
    let region = Region::new(ALLOCATOR);
    add(&mut store, 4_000, 1_000_000);
    let change = region.change();
    assert!(held().abs_diff(flat) < 4_096 && change.allocations + change.reallocations < 10, "{change:?}");
    assert_eq!(store.len(), 1_000);
    let each = (flat - before) / 1_000;
    assert!(each <= 100, "{each} bytes a copy");

    let id = store.reserve(1, 1);
    assert!(store.fill(id, 1));
    let region = Region::new(ALLOCATOR);
    for _ in 0..100_000 {
        assert!(store.get(id).is_some() && store.peek(id).is_some());
    }
    assert!(region.change().allocations < 10);
    drop(store);
    assert!(held().abs_diff(before) < 4_096);
    println!("{each} B a copy, of which 8 are the value");
}
