//! Rooms: each its own gate, and numbers of rooms that are not there are harmless.

use tidegate::packed;
use tidegate::web::report::{closed, event, listen, pressure, read, told};
use tidegate::web::seed::entropy;
use tidegate::web::{ask, key, open, poll, refused, scope, set_mode, settle, shut, stage};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Timers, Wake, put, take};

fn nobody_home(room: u32) {
    assert_eq!(scope(room, 0.0, put("https://a.example")), 0);
    assert_eq!(key(room, 0.0, 1, put("GET\nhttps://a.example/")), 0);
    assert_eq!(ask(room, 0.0, 1, 1, f64::NAN), packed::PASS);
    assert_eq!(settle(room, 0.0, 0.0, 1, 200, 0), packed::DONE);
    assert_eq!((poll(room, 0.0), set_mode(room, 0.0, 1)), (0.0, 0.0));
    assert_eq!((pressure(room, 0.0, 1), event(room)), (0.0, 0));
    assert!(closed(room, 0.0, 1).is_nan() && told(room, 0).is_nan());
    listen(room, u32::MAX);
    shut(room, 0.0);
}

#[wasm_bindgen_test]
fn a_room_that_is_not_there_lets_everything_pass() {
    for room in [0, 4_242, u32::MAX] {
        nobody_home(room);
    }
    let wake = Wake::new();
    let room = open(1.0, wake.function());
    shut(room, 0.0);
    nobody_home(room);
    shut(room, 0.0);
    assert_eq!(wake.count(), 0);
}

#[wasm_bindgen_test]
fn numbers_of_shut_rooms_are_used_again_and_old_handles_are_recognised_as_stale() {
    let wake = Wake::new();
    let [first, second] = [open(1.0, wake.function()), open(1.0, wake.function())];
    assert_ne!(first, second);
    let place = scope(first, 0.0, put("https://a.example"));
    let old = key(first, 0.0, place, put("GET\nhttps://a.example/"));
    assert_ne!((place, old), (0, 0));
    shut(first, 0.0);
    let again = open(1.0, wake.function());
    assert_eq!(again, first, "rooms that come and go need no more memory");
    assert_eq!(ask(again, 0.0, old, 1, f64::NAN) % 16.0, 0.0, "stale: intern it again");
    assert_eq!(pressure(again, 0.0, place), 0.0);
    assert_eq!(key(again, 0.0, place, put("GET\nhttps://a.example/")), 0, "the scope is not known here");
    shut(again, 0.0);
    shut(second, 0.0);
}

#[wasm_bindgen_test]
fn nonsense_of_every_kind_is_answered() {
    let (timers, wake) = (Timers::new(), Wake::new());
    let room = open(1.0, wake.function());
    let place = scope(room, 0.0, put(&"x".repeat(100_000)));
    for line in ["", "\n", "GET", "GET\n", "\n\n\n", "GET\nhttps://a.example/\u{fffd}"] {
        let handle = key(room, 0.0, place, put(line));
        for (now, patience) in [(f64::NAN, -1.0), (-5.0, f64::INFINITY), (f64::INFINITY, 0.0), (1e300, 1e300)]
        {
            let answer = ask(room, now, handle, u32::MAX, patience);
            assert!(answer >= 0.0 && answer < 9_007_199_254_740_992.0);
            let back = settle(room, now, patience, (answer / 2048.0) as u32, u32::MAX, u32::MAX);
            assert!(back >= 0.0 && back < 9_007_199_254_740_992.0);
        }
    }
    for unknown in [0, 7, u32::MAX] {
        assert_eq!(settle(room, 0.0, 0.0, unknown, 200, 0) % 16.0, packed::DONE);
        assert_eq!(ask(room, 0.0, unknown, 0, f64::NAN) % 16.0, 0.0, "stale");
    }
    shut(room, 0.0);
    timers.restore();
}

#[wasm_bindgen_test]
fn seeds_differ_between_rooms_unless_one_is_given() {
    let mut seen: Vec<u64> = (0..64).map(|_| entropy()).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 64);
    let (timers, wake) = (Timers::new(), Wake::new());
    let until = |seed: f64| {
        let room = open(seed, wake.function());
        let place = scope(room, 0.0, put("https://a.example"));
        let handle = key(room, 0.0, place, put("GET\nhttps://a.example/"));
        let ticket = (ask(room, 0.0, handle, 12, f64::NAN) / 2048.0) as u32;
        let _ = settle(room, 0.0, 0.0, ticket, 503, put("retry-after: 3\n"));
        let until = told(room, 0);
        shut(room, 0.0);
        until
    };
    let mut spread: Vec<f64> = (0..20).map(|_| until(f64::NAN)).collect();
    assert!(spread.iter().all(|at| *at >= 3_000.0 && *at <= 4_000.0), "{spread:?}");
    spread.sort_by(f64::total_cmp);
    spread.dedup();
    assert!(spread.len() > 15, "{spread:?}");
    assert_eq!(until(7.0), until(7.0));
    assert_ne!(until(7.0), until(8.0));
    timers.restore();
}

#[wasm_bindgen_test]
fn a_setting_out_of_range_is_named_by_its_bit_and_the_next_room_starts_clean() {
    assert_eq!(refused(), 0.0);
    stage(1, f64::NAN);
    stage(3, 1.5);
    stage(u32::MAX, 1.0);
    assert_eq!(refused(), f64::from(1u32 << 1 | 1 << 3));
    let room = open(1.0, Wake::new().function());
    assert_eq!(refused(), 0.0);
    shut(room, 0.0);
}

#[wasm_bindgen_test]
fn hints_are_read_without_a_room() {
    let fields = "retry-after: 7\nratelimit: \"burst\";r=3;t=9\nratelimit-policy: \"burst\";q=10;w=60\n";
    assert_eq!(read(429, 0.0, put(fields)) % 8, 0);
    let part = tidegate::web::report::at;
    assert_eq!([part(0), part(2)], [7_000.0, 1.0]);
    assert_eq!([14, 15, 16, 17].map(part), [10.0, 3.0, 9_000.0, 60_000.0]);
    assert_eq!([4, 12, 13, 18, 19].map(part), [11.0, 24.0, 1.0, 5.0, 8.0]);
    assert_eq!(take(24), "burstrequestsretry-after");
    assert_ne!(read(200, 0.0, 0), 0);
    assert_eq!(part(13), 0.0);
    assert!(part(0).is_nan() && part(14).is_nan() && part(u32::MAX).is_nan());
}
