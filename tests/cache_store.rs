//! The cache's store against its naive twin, row by row of its table, and under a scan.
#![cfg(not(target_arch = "wasm32"))]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use tidegate::cache::CopyId;
use tidegate::cache::store::Store;
use tidegate::policy::defaults;

#[path = "twin/cache_store.rs"]
mod twin;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(400)
    ))]

    #[test]
    fn the_store_is_its_naive_twin(data in prop::collection::vec(any::<u8>(), 2..900)) {
        twin::check(&data);
    }
}

#[test]
fn what_the_fuzzer_kept_still_holds() {
    let lives: Vec<_> = include_str!("../fuzz/corpus/store.base64").lines().collect();
    assert!(lives.len() > 10);
    lives.iter().for_each(|life| twin::check(&STANDARD.decode(life).unwrap()));
}

/// A copy of one byte's weight.
fn add(store: &mut Store<u32>, name: u32) -> CopyId {
    let id = store.reserve(name, name);
    assert!(store.fill(id, 1), "{name}");
    id
}

fn told(store: &mut Store<u32>) -> Vec<CopyId> {
    std::iter::from_fn(|| store.gone()).collect()
}

#[test]
fn what_was_not_used_goes_first_and_what_was_used_stays() {
    let mut store = Store::new(10, 100);
    let ids: Vec<_> = (0..10).map(|n| add(&mut store, n)).collect();
    assert!(store.get(ids[0]).is_some(), "used on probation");
    assert_eq!(told(&mut store), []);
    for n in 10..100 {
        add(&mut store, n);
    }
    assert_eq!((store.len(), store.weight()), (10, 10));
    assert_eq!(store.peek(ids[0]), Some(&0), "it went to main, where nothing came after it");
    assert_eq!(told(&mut store)[..9], ids[1..]);
    assert!(ids[1..].iter().all(|id| store.peek(*id).is_none() && store.get(*id).is_none()));
}

#[test]
fn what_comes_back_soon_enters_the_main_queue_at_once() {
    let mut store = Store::new(10, 100);
    for n in 0..15 {
        add(&mut store, n);
    }
    let again = add(&mut store, 3);
    let stranger = add(&mut store, 100);
    for n in 200..220 {
        add(&mut store, n);
    }
    assert!(store.peek(again).is_some() && store.peek(stranger).is_none());
}

#[test]
fn what_was_used_and_is_replaced_by_a_newer_answer_does_not_start_anew() {
    for (used, stays) in [(true, true), (false, false)] {
        let mut store = Store::new(10, 100);
        let old = add(&mut store, 1);
        if used {
            store.get(old);
        }
        let new = store.reserve(1, 2);
        store.remove(old);
        assert!(store.fill(new, 1) && told(&mut store).is_empty());
        for n in 100..150 {
            add(&mut store, n);
        }
        assert_eq!(store.peek(new).is_some(), stays);
    }
}

#[test]
fn a_use_in_the_main_queue_is_worth_one_more_round() {
    let mut store = Store::new(10, 100);
    let ids: Vec<_> = (0..10).map(|n| add(&mut store, n)).collect();
    for id in &ids {
        store.get(*id);
    }
    // All go to main, where the first is used once more; so many newcomers that were used too push out as many.
    add(&mut store, 100);
    let gone = told(&mut store);
    assert_eq!(gone, [ids[0]], "all were used alike: the oldest");
    assert!(store.get(ids[1]).is_some());
    for n in 101..103 {
        let id = add(&mut store, n);
        store.get(id);
    }
    assert_eq!((store.len(), store.peek(ids[1])), (10, Some(&1)));
}

#[test]
fn a_body_that_is_awaited_takes_no_room_and_the_oldest_is_forgotten() {
    let mut store = Store::new(10, 100);
    let most = defaults::COPIES_AWAITED;
    let ids: Vec<_> = (0..most).map(|n| store.reserve(n, n)).collect();
    let mut gone = Vec::new();
    for n in 0..50 {
        add(&mut store, 1_000 + n);
        gone.extend(told(&mut store));
    }
    // Each of those needed a place among the awaited for a moment.
    assert_eq!((store.len(), store.peek(ids[0]), store.peek(ids[1])), (10, None, Some(&1)));
    assert!(!store.fill(ids[0], 1), "forgotten meanwhile");
    assert!(store.fill(ids[1], 1));
    assert_eq!((gone[0], gone.len()), (ids[0], 41), "all are told");
}

#[test]
fn a_heavy_one_is_refused_and_ends_and_one_as_heavy_as_allowed_fits() {
    let mut store = Store::new(10, 800);
    assert_eq!(store.largest(), 100);
    let (heavy, fits) = (store.reserve(1, 1), store.reserve(2, 2));
    assert!(!store.fill(heavy, 101) && store.fill(fits, 100));
    assert_eq!((told(&mut store), store.peek(heavy), store.weight()), (vec![], None, 100));
    assert!(!store.fill(fits, 101), "weighed anew it is too heavy");
    assert_eq!((store.len(), store.weight()), (0, 0));
}

#[test]
fn what_is_weighed_anew_stays_and_others_make_room() {
    let mut store = Store::new(10, 80);
    let ids: Vec<_> = (0..8).map(|n| store.reserve(n, n)).collect();
    assert!(ids.iter().all(|id| store.fill(*id, 10)));
    assert!(store.fill(ids[0], 5) && store.fill(ids[0], 10));
    assert_eq!(told(&mut store), []);
    let more = store.reserve(9, 9);
    assert!(store.fill(more, 1));
    assert_eq!((told(&mut store), store.weight()), (vec![ids[1]], 71));
}

#[test]
fn a_store_without_room_keeps_nothing() {
    for (entries, bytes) in [(0, 100), (10, 0), (0, 0)] {
        let mut store = Store::new(entries, bytes);
        let id = store.reserve(1, 1);
        assert_eq!(store.peek(id), Some(&1));
        assert!(!store.fill(id, 1) && store.peek(id).is_none(), "{entries} {bytes}");
    }
    let mut store = Store::new(usize::MAX, u32::MAX);
    let id = store.reserve(1, 1);
    assert!(store.fill(id, store.largest()), "the greatest store is one too");
}

#[test]
fn after_clear_old_handles_find_nothing_and_nothing_is_known() {
    let mut store = Store::new(10, 100);
    let old: Vec<_> = (0..20).map(|n| add(&mut store, n)).collect();
    store.clear();
    assert_eq!((store.len(), store.weight(), store.is_empty(), told(&mut store)), (0, 0, true, vec![]));
    let new: Vec<_> = (0..10).map(|n| add(&mut store, n)).collect();
    assert!(old.iter().all(|id| store.peek(*id).is_none() && !new.contains(id)));
    add(&mut store, 100);
    assert_eq!(told(&mut store), [new[0]], "it was no ghost any more");
}

#[test]
fn handles_are_never_zero_and_differ_for_thousands_of_lives_of_a_slot() {
    let mut store = Store::new(1, 100);
    let mut seen = std::collections::BTreeSet::new();
    for n in 0..4_095 {
        let id = store.reserve(n, n);
        store.remove(id);
        assert!(id.0 != 0 && seen.insert(id.0), "{n}");
    }
    let id = store.reserve(1, 1);
    assert!(id.0 >> 20 == 1, "the generations go round past zero");
}

#[test]
fn who_does_not_ask_is_not_told_of_the_oldest_and_nothing_grows() {
    let mut store = Store::new(10, 100);
    let ids: Vec<_> = (0..10_000).map(|n| add(&mut store, n)).collect();
    let gone = told(&mut store);
    assert_eq!(gone.len(), defaults::COPIES_AWAITED as usize + 1);
    assert_eq!(gone.last(), Some(&ids[9_989]));
    assert_eq!((store.len(), store.gone()), (10, None));
}

/// A page uses half of the room all day; ten times as many as there is room for come once, each so heavy.
fn left_after_a_scan(each: u32, heavy: u32) -> usize {
    let mut store = Store::new(1_000, 1_000 * each);
    let mut hot = Vec::new();
    for n in 0..500 {
        hot.push(store.reserve(n, n));
        assert!(store.fill(hot[hot.len() - 1], each) && store.get(hot[hot.len() - 1]).is_some());
    }
    for n in 0..10_000 {
        let id = store.reserve(1_000 + n, n);
        assert!(store.fill(id, heavy));
        while store.gone().is_some() {}
    }
    assert!(store.weight() > 800 * each);
    hot.iter().filter(|id| store.peek(**id).is_some()).count()
}

#[test]
fn a_scan_does_not_flush_what_is_used_nor_do_heavy_ones() {
    assert_eq!(left_after_a_scan(100, 100), 500);
    // Half a hundredth of the room each, a tenth, and the heaviest that is taken.
    assert_eq!([5, 100, 125].map(|times| left_after_a_scan(100, 100 * times)), [500, 500, 500]);
}

#[test]
fn a_heavy_one_that_was_used_once_goes_and_one_that_was_used_twice_stays() {
    for (uses, stays) in [(1, false), (2, true)] {
        let mut store = Store::new(1_000, 10_000);
        let heavy = store.reserve(1, 1);
        assert!(store.fill(heavy, 101));
        (0..uses).for_each(|_| assert!(store.get(heavy).is_some()));
        for n in 0..1_000 {
            let id = store.reserve(n, n);
            assert!(store.fill(id, 100));
        }
        assert_eq!(store.peek(heavy).is_some(), stays);
    }
}
