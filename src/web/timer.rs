//! The one timer.

use crate::time::Duration;

use gloo_timers::callback::Timeout;
use js_sys::Function;
use wasm_bindgen::JsValue;

use crate::time::Instant;

/// Browsers read a delay as a signed 32-bit number of milliseconds; a longer one fires at once. An hour is re-armed.
const LONGEST: Duration = Duration::from_secs(3_600);

/// Dropping it cancels it; arming it again replaces it.
pub struct Alarm {
    wake: Function,
    at: Instant,
    timer: Option<Timeout>,
}

impl Alarm {
    /// Calls `wake`, and nothing of ours: the page comes back through its guard.
    pub fn new(wake: Function) -> Self {
        Self {
            wake,
            at: Instant::NEVER,
            timer: None,
        }
    }

    /// When it wakes; `NEVER`: not.
    pub fn due(&self) -> Instant {
        self.at
    }

    /// Wakes at `at`, or earlier when that is more than a browser can count: every wake-up is a look, so an early one
    /// changes nothing. `NEVER` cancels.
    pub fn arm(&mut self, now: Instant, at: Instant) {
        if at == self.at && (at > now || at == Instant::NEVER) {
            return;
        }
        self.at = at;
        self.timer = (at != Instant::NEVER).then(|| {
            let wake = self.wake.clone();
            let ms = at.since(now).min(LONGEST).millis_up() as u32;
            Timeout::new(ms, move || {
                // An exception in the page's own function is the page's: it has its guard.
                let _ = wake.call0(&JsValue::NULL);
            })
        });
    }
}
