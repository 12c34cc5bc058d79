//! The one timer.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::time::{Duration, Instant};

#[wasm_bindgen]
extern "C" {
    // Looked up at each call: fake timers come and go. The page's own function is what they call, not one of ours: it has
    // its guard, and an instance that has trapped is not entered.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(wake: &Function, ms: i32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// Browsers read a delay as a signed 32-bit number of milliseconds; a longer one fires at once. An hour is re-armed.
const LONGEST: Duration = Duration::from_secs(3_600);

/// A timer that is due this soon is left armed though nobody needs it any more: one spare look costs less than a timer
/// set and cleared for every request.
const SPARE: Duration = Duration::from_secs(2);

/// Dropping it cancels it; arming it again replaces it.
pub struct Alarm {
    wake: Function,
    /// When the timer is due; never: none is armed.
    at: Instant,
    /// When it was last asked to wake: a spare one is earlier.
    asked: Instant,
    timer: Option<JsValue>,
    /// Elsewhere a spare timer would keep a process alive: there it is left no longer than to the next task.
    page: bool,
}

impl Alarm {
    /// Calls `wake`, which is to say so by [`Alarm::fired`].
    pub fn new(wake: Function, page: bool) -> Self {
        Self { wake, at: Instant::NEVER, asked: Instant::NEVER, timer: None, page }
    }

    /// When it was to wake at the latest; `NEVER`: not.
    pub fn due(&self) -> Instant {
        self.asked
    }

    /// The timer has fired, so nothing is armed any more. Browsers fire up to a millisecond early, and a wait beyond
    /// `LONGEST` takes several timers: nobody else can tell.
    pub fn fired(&mut self) {
        (self.at, self.timer) = (Instant::NEVER, None);
    }

    /// Wakes at `at`, or earlier when that is more than a browser can count: every wake-up is a look, so an early one
    /// changes nothing. `NEVER` cancels.
    pub fn arm(&mut self, now: Instant, at: Instant) {
        self.asked = at;
        let ahead = at > now || at == Instant::NEVER;
        let left = self.at.since(now);
        let spare = self.at <= at && left <= SPARE;
        if ahead && (at == self.at || spare && (self.page || at != Instant::NEVER || left == Duration::ZERO))
        {
            return;
        }
        let at = if ahead && spare { now } else { at };
        self.cancel();
        self.at = at;
        if at != Instant::NEVER {
            self.timer = Some(set_timeout(&self.wake, at.since(now).min(LONGEST).millis_up() as i32));
        }
    }

    fn cancel(&mut self) {
        if let Some(timer) = self.timer.take() {
            clear_timeout(&timer);
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.cancel();
    }
}
