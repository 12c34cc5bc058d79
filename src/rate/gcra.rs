//! Pacing by the Generic Cell Rate Algorithm (ITU-T I.371, annex A, virtual scheduling): when the next request fits.
//!
//! Without it a quota of 60 a minute is spent in the first second and 59 seconds are refusals.
//!
//! One number moves: the theoretical arrival time `tat` of the next request. A request at `now` conforms when
//! `now >= tat - tolerance`, `tolerance = interval * (burst - 1)`; then `tat = max(now, tat) + interval`.
//!
//! ```
//! use core::time::Duration;
//! use tidegate::{rate::gcra::Gcra, time::Instant};
//!
//! let mut pace = Gcra::new(Duration::from_millis(100), 2); // ten a second, two at once
//! let t0 = Instant::ORIGIN;
//! for _ in 0..2 {
//!     assert_eq!(pace.ask(t0), Ok(()));
//!     pace.sent(t0);
//! }
//! assert_eq!(pace.ask(t0), Err(t0 + Duration::from_millis(100)));
//! ```
//!
//! Not here: what the interval should be, and who is exempt from it.

use core::time::Duration;

use crate::time::{Instant, micros};

/// The pace of one lane. An interval of zero never holds anything.
#[derive(Clone, Debug)]
pub struct Gcra {
    tat: Instant,
    /// Microseconds; longer than 71 minutes is kept as 71 minutes.
    interval: u32,
    burst: u32,
}

impl Gcra {
    /// One request per `interval` (at most 71 minutes), and up to `burst` of them at once after a rest; a burst of 0 is 1.
    pub fn new(interval: Duration, burst: u32) -> Self {
        let mut pace = Self {
            tat: Instant::ORIGIN,
            interval: 0,
            burst: 1,
        };
        pace.retune(interval, burst);
        pace
    }

    /// Is there a place now? If not: when the next one is free, always later than `now`.
    pub fn ask(&self, now: Instant) -> Result<(), Instant> {
        let free_at = self.tat.back(self.interval().saturating_mul(self.burst - 1));
        if now < free_at { Err(free_at) } else { Ok(()) }
    }

    /// A request goes. One that goes before its time moves the next place all the same.
    pub fn sent(&mut self, now: Instant) {
        self.tat = self.tat.max(now) + self.interval();
    }

    /// Another pace from here on; what has gone is not forgotten.
    pub fn retune(&mut self, interval: Duration, burst: u32) {
        self.interval = u32::try_from(micros(interval)).unwrap_or(u32::MAX);
        self.burst = burst.max(1);
    }

    /// Forgets all but the last interval of what has gone: whoever told the new pace has counted it already.
    pub fn forgive(&mut self, now: Instant) {
        self.tat = self.tat.min(now + self.interval());
    }

    fn interval(&self) -> Duration {
        Duration::from_micros(u64::from(self.interval))
    }
}
