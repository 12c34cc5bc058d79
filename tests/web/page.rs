//! The page's life: heard while a room is open, and no longer.

use tidegate::time::Instant;
use tidegate::web::page::Attention;
use tidegate::web::{open, shut};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Wake, change_visibility};

#[wasm_bindgen_test]
fn a_change_of_visibility_wakes_every_open_room_and_no_shut_one() {
    let (one, other) = (Wake::new(), Wake::new());
    let rooms = (open(1.0, one.function()), open(2.0, other.function()));
    change_visibility();
    assert_eq!((one.count(), other.count()), (1, 1));
    shut(rooms.0, 0.0);
    change_visibility();
    assert_eq!((one.count(), other.count()), (1, 2), "its listener is gone");
    shut(rooms.1, 0.0);
    change_visibility();
    assert_eq!((one.count(), other.count()), (1, 2));
}

#[wasm_bindgen_test]
fn only_a_wake_up_that_is_late_by_seconds_means_that_the_page_was_away() {
    let at = Instant::from_ms;
    assert!(!Attention::was_away(at(1_000.0), at(1_000.0)));
    assert!(!Attention::was_away(at(1_000.0), at(3_000.0)), "a busy page");
    assert!(Attention::was_away(at(1_000.0), at(3_001.0)));
    assert!(!Attention::was_away(at(5_000.0), at(1_000.0)), "an early one");
    assert!(!Attention::was_away(Instant::NEVER, at(1e12)), "nothing was due");
}
