//! The one timer.

use alloc::rc::Rc;
use core::cell::Cell;

use crate::time::Duration;

use gloo_timers::callback::Timeout;
use js_sys::Function;
use wasm_bindgen::JsValue;

use crate::time::Instant;

/// Browsers read a delay as a signed 32-bit number of milliseconds; a longer one fires at once. An hour is re-armed.
const LONGEST: Duration = Duration::from_secs(3_600);

/// A timer that is due this soon is left armed though nobody needs it any more: one spare look costs less than a timer
/// set and cleared for every request.
const SPARE: Duration = Duration::from_secs(2);

/// Dropping it cancels it; arming it again replaces it.
pub struct Alarm {
    wake: Function,
    at: Instant,
    /// When it was last asked to wake: a spare one is earlier.
    asked: Instant,
    timer: Option<Timeout>,
    /// Elsewhere a spare timer would keep a process alive: there it is left no longer than to the next task.
    page: bool,
    /// The timer has fired, so nothing is armed any more, whatever `at` says. Browsers fire up to a millisecond early,
    /// and a wait beyond `LONGEST` takes several timers: both come back with the same `at`.
    fired: Rc<Cell<bool>>,
}

impl Alarm {
    /// Calls `wake`, and nothing of ours: the page comes back through its guard.
    pub fn new(wake: Function, page: bool) -> Self {
        Self {
            wake,
            at: Instant::NEVER,
            asked: Instant::NEVER,
            timer: None,
            page,
            fired: Rc::new(Cell::new(false)),
        }
    }

    /// When it was to wake at the latest; `NEVER`: not.
    pub fn due(&self) -> Instant {
        self.asked
    }

    /// Wakes at `at`, or earlier when that is more than a browser can count: every wake-up is a look, so an early one
    /// changes nothing. `NEVER` cancels.
    pub fn arm(&mut self, now: Instant, at: Instant) {
        self.asked = at;
        let armed = !self.fired.get() && (at > now || at == Instant::NEVER);
        let left = self.at.since(now);
        let spare = self.at <= at && left <= SPARE;
        if armed && (at == self.at || spare && (self.page || at != Instant::NEVER || left == Duration::ZERO))
        {
            return;
        }
        let at = if armed && spare { now } else { at };
        self.at = at;
        self.fired.set(false);
        self.timer = (at != Instant::NEVER).then(|| {
            let (wake, fired) = (self.wake.clone(), self.fired.clone());
            let ms = at.since(now).min(LONGEST).millis_up() as u32;
            Timeout::new(ms, move || {
                fired.set(true);
                // An exception in the page's own function is the page's: it has its guard.
                let _ = wake.call0(&JsValue::NULL);
            })
        });
    }
}
