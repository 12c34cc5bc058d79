//! The clock: the page reads, the core makes an axis of it that counts a closed lid.

use core::cell::RefCell;

use super::std::thread_local;
use wasm_bindgen::prelude::*;

use crate::time::Clock;

thread_local! {
    static CLOCK: RefCell<Clock> = const { RefCell::new(Clock::new()) };
}

/// The axis in milliseconds, from `performance.now()` and `Date.now()`.
#[wasm_bindgen]
pub fn clock(mono: f64, wall: f64) -> f64 {
    CLOCK.with_borrow_mut(|clock| clock.sample(mono, wall))
}
