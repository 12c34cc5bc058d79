//! What is usual for one route class, by the client's own clock, and from when on an answer is late.
//!
//! Without it a server that slows down looks well until it refuses, and then it is too late: its queue is longer than
//! its users' patience. A smoothed latency and its mean deviation (V. Jacobson, "Congestion Avoidance and Control",
//! 1988; RFC 6298, section 2: alpha 1/8, beta 1/4); late is what takes longer than
//! `mean + max(4 * deviation, mean, least)`.
//!
//! | answer          | the mean                                                                    |
//! |-----------------|-----------------------------------------------------------------------------|
//! | the first       | is it, and half of it the deviation                                         |
//! | in time         | an eighth of the way                                                        |
//! | late            | towards it, by no more than it grows in the time since the last one: twofold in `drift` |
//! | in time, soon after a late one | as above, and the late one a quarter of the way into the deviation: no queue, but a class that trembles |
//!
//! Were late answers learned like others, overload would become usual; were they not learned at all, a network that
//! stays slower would be late for ever.
//!
//! ```
//! use tidegate::{pressure::usual::{LatencyPolicy, Usual}, time::{Duration, Instant}};
//!
//! let (ms, t0) = (Duration::from_millis, Instant::ORIGIN);
//! let policy = LatencyPolicy { least: ms(100), cold: ms(2_000), drift: ms(120_000) };
//! let mut usual = Usual::default();
//! assert_eq!(usual.late_after(&policy), None); // nothing is usual yet
//! assert_eq!(usual.answered(t0, ms(100), &policy), Some(true));
//! assert_eq!(usual.late_after(&policy), Some(ms(300)));
//! assert_eq!(usual.answered(t0, ms(900), &policy), Some(false)); // late, and not learned
//! ```
//!
//! Not here: which answers count (the gate leaves out what a late event loop, a request's body or an event stream took).

use crate::time::{Duration, Instant};

/// From when on an answer is late.
#[derive(Clone, Copy, Debug)]
pub struct LatencyPolicy {
    /// Nothing is late that takes less than this longer than usual: the page's own hiccups.
    pub least: Duration,
    /// Of a class that was never answered, what takes longer than this may be late.
    pub cold: Duration,
    /// The time in which late answers may double what is usual. Zero: at once.
    pub drift: Duration,
}

/// Soon after: a queue of a server that was late is not gone in this part of `drift`, two seconds by default.
const SOON: u32 = 60;

/// One class: 24 bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Usual {
    /// Microseconds, at most 71 minutes; 0: none yet.
    mean: u32,
    deviation: u32,
    /// What the last answer took, if that was late; else 0.
    missed: u32,
    /// When it was last answered.
    at: Instant,
}

impl Usual {
    /// What is usual; zero before the first answer.
    pub fn mean(&self) -> Duration {
        Duration::from_micros(u64::from(self.mean))
    }

    /// How long an answer may take before it is late; none before the first.
    pub fn late_after(&self, policy: &LatencyPolicy) -> Option<Duration> {
        let spread = (self.deviation.saturating_mul(4)).max(self.mean);
        let spread = Duration::from_micros(u64::from(spread)).max(policy.least);
        (self.mean > 0).then(|| self.mean() + spread)
    }

    /// An answer took this long. Answers whether that was in time. The first one was not when it took longer than `cold`,
    /// and when it took twice `least` nobody can tell: it may come from a queue, or be usual.
    pub fn answered(&mut self, now: Instant, took: Duration, policy: &LatencyPolicy) -> Option<bool> {
        let sample = took.as_micros().clamp(1, u64::from(u32::MAX)) as u32;
        let since = now.since(self.at);
        self.at = now;
        let Some(late) = self.late_after(policy) else {
            (self.mean, self.deviation) = (sample, sample / 2);
            let quick = took < policy.cold.min(policy.least * 2);
            return if quick || took >= policy.cold { Some(quick) } else { None };
        };
        if took > late {
            // mean * since / drift, bounded by the way to the sample.
            let way = u64::from(self.mean).saturating_mul(since.as_micros().min(policy.drift.as_micros()));
            let step = way.checked_div(policy.drift.as_micros()).unwrap_or(u64::MAX);
            let far = u64::from(sample.saturating_sub(self.mean));
            self.mean = self.mean.saturating_add(step.min(far) as u32);
            self.missed = sample;
            return Some(false);
        }
        let error = self.mean.abs_diff(sample);
        self.deviation = self.deviation - self.deviation / 4 + error / 4;
        if since < policy.drift / SOON {
            self.deviation = self.deviation.saturating_add(self.missed.saturating_sub(self.mean) / 4);
        }
        self.missed = 0;
        self.mean = (self.mean - self.mean / 8 + sample / 8).max(1);
        Some(true)
    }

    /// What is kept of it over a reload: mean and deviation in microseconds.
    pub fn figures(&self) -> (u32, u32) {
        (self.mean, self.deviation)
    }

    /// It was so before a reload; a class that has answered since knows better.
    pub fn resume(&mut self, now: Instant, (mean, deviation): (u32, u32)) {
        if self.mean == 0 {
            (self.mean, self.deviation, self.at) = (mean, deviation, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: LatencyPolicy = LatencyPolicy {
        least: Duration::from_millis(100),
        cold: Duration::from_secs(2),
        drift: Duration::from_secs(120),
    };

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn at(n: u64) -> Instant {
        Instant::ORIGIN + ms(n)
    }

    fn steady(latency: u64) -> Usual {
        let mut usual = Usual::default();
        for n in 0..100 {
            usual.answered(at(n * 1_000), ms(latency), &POLICY);
        }
        usual
    }

    #[test]
    fn follows_its_table() {
        let mut first = Usual::default();
        assert_eq!(first.answered(at(0), ms(400), &POLICY), None, "the first: usual, or a queue");
        assert_eq!(first.figures(), (400_000, 200_000));
        assert!(
            Usual::default().answered(at(0), ms(2_000), &POLICY) == Some(false),
            "the first, beyond cold"
        );
        assert_eq!(
            Usual::default().answered(at(0), ms(199), &POLICY),
            Some(true),
            "the first, below twice the least"
        );
        assert_eq!(Usual::default().answered(at(0), ms(200), &POLICY), None, "and from there on");

        let mut one = steady(400);
        assert!(one.answered(at(100_000), ms(480), &POLICY) == Some(true), "in time");
        assert_eq!(one.mean(), ms(410), "an eighth of the way");

        let mut one = steady(400);
        assert!(one.answered(at(100_000), ms(5_000), &POLICY) == Some(false), "late");
        assert_eq!(one.mean().as_millis(), 403, "one second of 120");
        assert!(
            one.answered(at(100_000), ms(5_000), &POLICY) == Some(false),
            "late again in the same moment"
        );
        assert_eq!(one.mean().as_millis(), 403);
    }

    #[test]
    fn quick_classes_are_late_by_the_least_and_slow_ones_by_themselves() {
        assert_eq!(steady(10).late_after(&POLICY), Some(ms(110)));
        assert_eq!(steady(30_000).late_after(&POLICY), Some(ms(60_000)));
    }

    #[test]
    fn a_class_that_trembles_is_late_later() {
        let mut usual = Usual::default();
        for n in 0..200 {
            usual.answered(at(n * 1_000), ms(if n % 2 == 0 { 200 } else { 800 }), &POLICY);
        }
        let late = usual.late_after(&POLICY).unwrap();
        assert!(late > ms(1_500), "{late:?}");
    }

    #[test]
    fn half_a_minute_of_overload_does_not_become_usual() {
        let mut usual = steady(200);
        for n in 0..30 {
            assert!(usual.answered(at(100_000 + n * 1_000), ms(4_000), &POLICY) == Some(false), "{n}");
        }
        assert!(usual.mean() < ms(270), "{:?}", usual.mean());
    }

    #[test]
    fn a_network_that_stays_slower_becomes_usual_within_minutes() {
        let mut usual = steady(200);
        let learned =
            (0..600).find(|n| usual.answered(at(100_000 + n * 1_000), ms(1_000), &POLICY) == Some(true));
        assert!(matches!(learned, Some(60..=240)), "{learned:?}");
    }

    #[test]
    fn any_figure_stays_in_bounds() {
        for took in [Duration::ZERO, Duration::MAX] {
            let mut usual = Usual::default();
            for now in [Instant::ORIGIN, at(5), Instant::NEVER, Instant::ORIGIN] {
                let _ = usual.answered(now, took, &POLICY);
                assert!(usual.late_after(&POLICY).is_some());
            }
        }
        let at_once = LatencyPolicy { drift: Duration::ZERO, ..POLICY };
        let mut usual = steady(200);
        assert!(usual.answered(at(100_000), ms(4_000), &at_once) == Some(false));
        assert_eq!(usual.mean(), ms(4_000));
    }

    #[test]
    fn what_was_known_before_a_reload_counts_until_there_is_better() {
        let mut usual = Usual::default();
        usual.resume(at(0), (200_000, 10_000));
        assert_eq!(usual.late_after(&POLICY), Some(ms(400)));
        usual.resume(at(0), (1, 1));
        assert_eq!(usual.mean(), ms(200));
    }

    #[test]
    fn what_takes_just_as_long_as_it_may_is_in_time() {
        assert!(steady(400).answered(at(100_000), ms(800), &POLICY) == Some(true));
        assert!(steady(400).answered(at(100_000), ms(801), &POLICY) == Some(false));
    }

    #[test]
    fn a_quarter_of_the_error_goes_into_the_deviation_and_of_a_late_answer_when_one_in_time_follows_soon() {
        let deviation = |late: bool, then: u64, took: u64| {
            let mut one = steady(400);
            let before = one.figures().1;
            if late {
                assert!(one.answered(at(100_000), ms(4_403), &POLICY) == Some(false));
            }
            assert!(one.answered(at(then), ms(took), &POLICY) == Some(true));
            one.figures().1 - before / 4 * 3
        };
        let about = |figure: u32, expected: u32| assert!(figure.abs_diff(expected) < 1_000, "{figure}");
        about(deviation(false, 100_000, 480), 20_000);
        about(deviation(true, 101_999, 403), 1_000_000);
        about(deviation(true, 102_000, 403), 0);
    }
}
