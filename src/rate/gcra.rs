//! Pacing by the Generic Cell Rate Algorithm (ITU-T I.371, annex A, virtual scheduling): when the next request fits.
//!
//! Without it a quota of 60 a minute is spent in the first second and 59 seconds are refusals.
//!
//! One number moves: the theoretical arrival time `tat` of the next request. A request at `now` conforms when
//! `now >= tat - tolerance`, `tolerance = interval * (burst - 1)`; then `tat = max(now, tat) + interval`.
//!
//! ```
//! use tidegate::{rate::gcra::Gcra, time::{Duration, Instant}};
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

use crate::time::{Duration, Instant};

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
        let mut pace = Self { tat: Instant::ORIGIN, interval: 0, burst: 1 };
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
        self.interval = u32::try_from(interval.as_micros()).unwrap_or(u32::MAX);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::ORIGIN + Duration::from_millis(ms)
    }

    /// Sends whenever it may until `end`, jumping to the named times. Answers how many went.
    fn flood(pace: &mut Gcra, mut now: Instant, end: Instant) -> u32 {
        let mut sent = 0;
        while now < end {
            match pace.ask(now) {
                Ok(()) => {
                    pace.sent(now);
                    sent += 1;
                }
                Err(free_at) => {
                    assert!(free_at > now);
                    now = free_at;
                }
            }
        }
        sent
    }

    #[test]
    fn sends_the_burst_and_then_one_per_interval() {
        let mut pace = Gcra::new(Duration::from_millis(100), 5);
        assert_eq!(flood(&mut pace, at(10_000), at(20_000)), 100 + 4);
    }

    #[test]
    fn a_request_before_its_time_is_paid_for_later() {
        let mut pace = Gcra::new(Duration::from_millis(100), 1);
        pace.sent(at(0));
        pace.sent(at(0));
        assert_eq!(pace.ask(at(0)), Err(at(200)));
    }

    #[test]
    fn another_pace_forgets_nothing_unless_asked_to() {
        let mut pace = Gcra::new(Duration::from_millis(100), 1);
        (0..10).for_each(|_| pace.sent(at(0)));
        pace.retune(Duration::from_millis(10), 1);
        assert_eq!(pace.ask(at(0)), Err(at(1_000)));
        pace.forgive(at(0));
        assert_eq!(pace.ask(at(0)), Err(at(10)));
        pace.forgive(at(5));
        assert_eq!(pace.ask(at(5)), Err(at(10)), "never moves a place away");
    }

    #[test]
    fn odd_figures_hold_nothing_for_ever() {
        let mut free = Gcra::new(Duration::ZERO, 0);
        (0..1_000).for_each(|_| free.sent(at(0)));
        assert_eq!(free.ask(at(0)), Ok(()));
        let mut slow = Gcra::new(Duration::MAX, 1);
        slow.sent(at(0));
        assert_eq!(slow.ask(at(0)), Err(Instant::ORIGIN + Duration::from_micros(u64::from(u32::MAX))));
        let mut burst = Gcra::new(Duration::from_secs(1), u32::MAX);
        (0..1_000).for_each(|_| burst.sent(at(0)));
        assert_eq!(burst.ask(at(0)), Ok(()));
    }
}
