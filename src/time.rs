//! Time as an argument: the monotonic axis, the wall clock, and the clock that makes both out of raw readings.

use core::ops::{Add, Div, Mul, Sub};

/// A span of time in whole microseconds. Saturates everywhere: hostile figures may not wrap. Not `core`'s: that one
/// keeps nanoseconds and checks every step, which was a tenth of the shipped module.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Duration(u64);

impl Duration {
    /// No time.
    pub const ZERO: Self = Self(0);
    /// Longer than anything.
    pub const MAX: Self = Self(u64::MAX);

    /// Whole seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Whole milliseconds.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms.saturating_mul(1_000))
    }

    /// Whole microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Whole microseconds.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Whole milliseconds, rounded down.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    /// Whole milliseconds, rounded up.
    pub const fn millis_up(self) -> u64 {
        self.0.div_ceil(1_000)
    }

    /// Both after each other.
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// So many times.
    pub const fn saturating_mul(self, times: u32) -> Self {
        Self(self.0.saturating_mul(times as u64))
    }
}

impl Add for Duration {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.saturating_add(other)
    }
}

impl Sub for Duration {
    type Output = Self;

    /// Stops at zero.
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Mul<u32> for Duration {
    type Output = Self;

    fn mul(self, times: u32) -> Self {
        self.saturating_mul(times)
    }
}

impl Div<u32> for Duration {
    type Output = Self;

    /// By zero: [`Duration::MAX`].
    fn div(self, by: u32) -> Self {
        Self(self.0.checked_div(u64::from(by)).unwrap_or(u64::MAX))
    }
}

/// A point on the monotonic axis, in microseconds since the page's clock began.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Hash)]
pub struct Instant(u64);

impl Instant {
    /// Where the axis begins.
    pub const ORIGIN: Self = Self(0);
    /// Later than any deadline. A constant: no clock is needed to make it.
    pub const NEVER: Self = Self(u64::MAX);

    /// From milliseconds on the axis, as a browser reads them. Negative and NaN are the origin, too large is never.
    pub fn from_ms(ms: f64) -> Self {
        Self((ms * 1000.0) as u64)
    }

    /// Milliseconds on the axis, for a browser.
    pub fn as_ms(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// How long after `earlier` this is, or zero when a clock stepped back.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// This point moved `by` into the past, stopping at the origin.
    pub fn back(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(by.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// Saturates at [`Instant::NEVER`]: a hostile `Retry-After` may not wrap a deadline into the past.
    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(by.0))
    }
}

/// A reading of the wall clock, in milliseconds since the Unix epoch. May be wrong by any amount.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct WallTime(pub i64);

/// Both readings of one moment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Now {
    /// Where on the monotonic axis.
    pub mono: Instant,
    /// What the wall clock says.
    pub wall: WallTime,
}

/// A jump of the wall clock against the monotonic one that counts as sleep.
const DRIFT_MS: f64 = 2_000.0;

/// Makes an axis that counts a closed lid out of raw readings: some platforms stop the monotonic clock in sleep,
/// but the server's `Retry-After` runs on. A wall clock set forward by hand counts as sleep and ends one client's
/// waits early; a wall clock set back moves nothing.
#[derive(Debug, Default)]
pub struct Clock {
    last: Option<(f64, f64)>,
    slept_ms: f64,
}

impl Clock {
    /// Has not been read yet.
    pub const fn new() -> Self {
        Self { last: None, slept_ms: 0.0 }
    }

    /// `mono` as of `performance.now()`, `wall` as of `Date.now()`, both in milliseconds. Answers the axis in milliseconds.
    pub fn sample(&mut self, mono: f64, wall: f64) -> f64 {
        if let Some((last_mono, last_wall)) = self.last {
            let missing = (wall - last_wall) - (mono - last_mono);
            if (DRIFT_MS..MAX_SLEEP_MS).contains(&missing) {
                self.slept_ms += missing;
            }
        }
        self.last = Some((mono, wall));
        mono + self.slept_ms
    }
}

/// Longer than this nobody's laptop sleeps with a page open: a clock that was a year off and is put right.
const MAX_SLEEP_MS: f64 = 30.0 * 86_400_000.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lid_closed_for_an_hour_is_an_hour() {
        let mut clock = Clock::default();
        let before = clock.sample(1_000.0, 1.7e12);
        assert_eq!(clock.sample(1_500.0, 1.7e12 + 3_600_000.0) - before, 3_600_000.0);
    }

    #[test]
    fn a_wall_clock_set_back_moves_nothing() {
        let mut clock = Clock::default();
        let before = clock.sample(1_000.0, 1.7e12);
        assert_eq!(clock.sample(1_500.0, 1.7e12 - 3_600_000.0) - before, 500.0);
    }

    #[test]
    fn a_wall_clock_set_forward_by_a_year_is_not_sleep() {
        let mut clock = Clock::default();
        let before = clock.sample(1_000.0, 1.7e12);
        assert_eq!(clock.sample(1_500.0, 1.7e12 + 366.0 * 86_400_000.0) - before, 500.0);
    }

    #[test]
    fn nothing_wraps() {
        assert_eq!(Instant::NEVER + Duration::MAX, Instant::NEVER);
        assert_eq!(Instant::ORIGIN.back(Duration::MAX), Instant::ORIGIN);
        assert_eq!(Instant::from_ms(f64::NAN), Instant::ORIGIN);
        assert_eq!(Instant::from_ms(-1.0), Instant::ORIGIN);
        assert_eq!(Instant::from_ms(f64::INFINITY), Instant::NEVER);
        assert_eq!(Instant::ORIGIN.since(Instant::NEVER), Duration::ZERO);
        assert_eq!(Duration::from_micros(1).millis_up(), 1);
        assert_eq!(Duration::MAX + Duration::MAX * 2, Duration::MAX);
        assert_eq!(Duration::from_secs(9) / 0, Duration::MAX);
    }
}
