//! Share: the part of its usual rate that a server asks a client to send, for a while (docs/backpressure-field.md,
//! sections 3.5 and 3.8).
//!
//! Without it a server that could bear half of what comes has to refuse the other half.
//!
//! Every send is counted, in windows. When a share comes in force, `usual` is what was sent in the last window (the
//! running one, and of the one before the part that is not yet a window ago), at least `least`; it stays so while one
//! is in force, or asking twice for half would make a quarter. Spaced as by [`gcra`](super::gcra), with
//! `interval = window / (usual * share)`:
//!
//! | share     | background                  | user-facing                        | a limit in flight grows by |
//! |-----------|-----------------------------|------------------------------------|----------------------------|
//! | 0         | nothing until it is over    | nothing until it is over           | 1                          |
//! | below 1   | one per interval            | so many, a window's worth at once  | 1                          |
//! | 1 or more | goes                        | goes                               | the share, at most `most`  |
//!
//! ```
//! use tidegate::{rate::share::{Share, SharePolicy}, time::{Duration, Instant}};
//!
//! let (second, t0) = (Duration::from_secs(1), Instant::ORIGIN);
//! let policy = SharePolicy { window: second * 10, least: 10, most: 4 };
//! let mut share = Share::default();
//! (0..20).for_each(|_| share.sent(t0, &policy)); // two a second
//! share.told(t0, 0.25, t0 + second * 30, &policy);
//! assert_eq!(share.ask(t0, true, &policy), Err(t0 + second * 2)); // now one in two seconds
//! assert_eq!(share.ask(t0, false, &policy), Ok(()));
//! ```
//!
//! Not here: the spread of those who were held until it is over (the gate adds it to the end).

use crate::time::{Duration, Instant};

/// How a usual rate is found, and how much "more" may be.
#[derive(Clone, Copy, Debug)]
pub struct SharePolicy {
    /// The time over which sends are counted, and a human's burst is allowed. Zero: a share holds nothing.
    pub window: Duration,
    /// Who sent less than this in a window sends this much usually.
    pub least: u32,
    /// The most by which a limit grows for one answer.
    pub most: u32,
}

/// What one origin asked for. Counts above 2^32 are kept as 2^32 - 1, intervals above 71 minutes as 71 minutes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Share {
    /// When the running window began, and how many were sent in it and in the one before.
    begun: Instant,
    sent: u32,
    before: u32,
    /// How many make a usual window.
    usual: u32,
    /// Microseconds between two sends; 0: nothing is held.
    interval: u32,
    /// By how much a limit grows.
    more: u32,
    /// The theoretical arrival time of the next send.
    tat: Instant,
    /// When what was told is over.
    until: Instant,
}

impl Share {
    /// The server asks for this share of the usual rate, not negative, until then. It takes the place of the one before.
    pub fn told(&mut self, now: Instant, share: f64, until: Instant, policy: &SharePolicy) {
        let slowed = self.slows(now);
        if !slowed {
            self.usual = self.count(now, policy);
        }
        let window = policy.window.as_micros() as f64;
        // Nothing is welcome: the interval is without end, that is, as long as it can be.
        self.interval = if share < 1.0 { (window / (f64::from(self.usual) * share)) as u32 } else { 0 };
        self.more = ((share + 0.5) as u32).min(policy.most);
        self.until = until;
        let next = now + self.interval();
        // What has gone under the last share counts, but no more than one who keeps to this one can have used up.
        self.tat = if slowed { self.tat.min(next + policy.window) } else { next };
    }

    /// May a request go? If not: when to come back, always later than `now`.
    pub fn ask(&self, now: Instant, background: bool, policy: &SharePolicy) -> Result<(), Instant> {
        let burst = if background { Duration::ZERO } else { policy.window };
        let free_at = self.tat.back(burst);
        if now < free_at && self.slows(now) { Err(free_at.min(self.until)) } else { Ok(()) }
    }

    /// A request goes, whosever it is.
    pub fn sent(&mut self, now: Instant, policy: &SharePolicy) {
        self.roll(now, policy.window);
        self.sent = self.sent.saturating_add(1);
        if self.slows(now) {
            self.tat = self.tat.max(now) + self.interval();
        }
    }

    /// Does it hold anything back at present?
    pub fn slows(&self, now: Instant) -> bool {
        self.interval > 0 && now < self.until
    }

    /// By how much an answer lets a limit of requests in flight grow: 1, unless the server has room.
    pub fn growth(&self, now: Instant) -> u32 {
        if now < self.until { self.more.max(1) } else { 1 }
    }

    fn interval(&self) -> Duration {
        Duration::from_micros(u64::from(self.interval))
    }

    /// How many were sent in the last window.
    fn count(&mut self, now: Instant, policy: &SharePolicy) -> u32 {
        self.roll(now, policy.window);
        let window = policy.window.as_micros();
        let left = u64::from(self.before) * window.saturating_sub(now.since(self.begun).as_micros());
        let before = left.checked_div(window).unwrap_or(0) as u32;
        self.sent.saturating_add(before).max(policy.least)
    }

    /// Begins a new window when the running one is over.
    fn roll(&mut self, now: Instant, window: Duration) {
        let past = now.since(self.begun);
        if past < window {
            return;
        }
        let long = past >= window * 2;
        self.before = if long { 0 } else { self.sent };
        self.begun = if long { now } else { self.begun + window };
        self.sent = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: SharePolicy = SharePolicy { window: Duration::from_secs(10), least: 10, most: 4 };

    fn at(ms: u64) -> Instant {
        Instant::ORIGIN + Duration::from_millis(ms)
    }

    /// One who sent `each` a second for twenty seconds, and is then told.
    fn told(each: u64, share: f64, seconds: u64) -> Share {
        let mut one = Share::default();
        for n in 0..each * 20 {
            one.sent(at(n * 1_000 / each), &POLICY);
        }
        one.told(at(20_000), share, at(20_000 + seconds * 1_000), &POLICY);
        one
    }

    /// When those who ask every 10 ms go, in milliseconds from the telling, up to `end`.
    fn goes(one: &mut Share, background: bool, end: u64) -> Vec<u64> {
        let times = (0..end).step_by(10).filter(|&ms| {
            let goes = one.ask(at(20_000 + ms), background, &POLICY).is_ok();
            if goes {
                one.sent(at(20_000 + ms), &POLICY);
            }
            goes
        });
        times.collect()
    }

    extern crate std;
    use std::vec::Vec;

    #[test]
    fn follows_its_table() {
        let mut none = told(2, 0.0, 30);
        assert_eq!(goes(&mut none, true, 30_000), [], "0, background");
        assert_eq!(goes(&mut none, false, 30_000), [], "0, user-facing");
        assert_eq!(none.ask(at(49_999), false, &POLICY), Err(at(50_000)), "0: the time is told");
        assert!(none.ask(at(50_000), true, &POLICY).is_ok(), "0: over");

        let mut half = told(2, 0.5, 30);
        assert_eq!(goes(&mut half, true, 5_000), [1_000, 2_000, 3_000, 4_000], "below 1, background");
        let mut half = told(2, 0.5, 30);
        assert_eq!(goes(&mut half, false, 10), [0], "below 1, user-facing: one at a time here");
        let burst = (0..20).filter(|_| {
            let goes = half.ask(at(20_000), false, &POLICY).is_ok();
            half.sent(at(20_000), &POLICY);
            goes
        });
        assert_eq!(burst.count(), 9, "below 1, user-facing: ten in all, a window's worth");

        let mut same = told(2, 1.0, 30);
        assert_eq!(goes(&mut same, true, 1_000).len(), 100, "1 or more");
        assert_eq!(
            [1.0, 1.4, 1.5, 3.0, 1e12].map(|share| told(1, share, 5).growth(at(20_000))),
            [1, 1, 2, 3, 4]
        );
        assert_eq!([0.0, 0.5].map(|share| told(1, share, 5).growth(at(20_000))), [1, 1], "below 1");
        assert_eq!(told(1, 3.0, 5).growth(at(25_000)), 1, "over");
    }

    #[test]
    fn asking_again_for_half_is_half_and_no_quarter() {
        let mut one = told(2, 0.5, 30);
        let mut sends = 0;
        for ms in (20_000..60_000).step_by(10) {
            if one.ask(at(ms), true, &POLICY).is_ok() {
                one.sent(at(ms), &POLICY);
                one.told(at(ms), 0.5, at(ms + 30_000), &POLICY);
                sends += 1;
            }
        }
        assert_eq!(sends, 39, "one a second for forty seconds");
    }

    #[test]
    fn a_human_who_is_told_with_every_answer_keeps_to_the_share_too() {
        let mut one = told(2, 0.5, 30);
        let mut sends = 0;
        for ms in (20_000..60_000).step_by(10) {
            if one.ask(at(ms), false, &POLICY).is_ok() {
                one.sent(at(ms), &POLICY);
                one.told(at(ms), if sends % 2 == 0 { 0.5 } else { 0.501 }, at(ms + 30_000), &POLICY);
                sends += 1;
            }
        }
        assert!((48..=51).contains(&sends), "ten at once and one a second: {sends}");
    }

    #[test]
    fn who_has_hardly_sent_anything_may_send_a_share_of_the_least() {
        let mut one = Share::default();
        one.sent(at(20_000), &POLICY);
        one.told(at(20_000), 0.5, at(60_000), &POLICY);
        assert_eq!(goes(&mut one, true, 8_000), [2_000, 4_000, 6_000]);
    }

    #[test]
    fn only_the_last_window_is_usual() {
        let mut one = told(5, 1.0, 1);
        assert_eq!(one.count(at(20_000), &POLICY), 50);
        assert_eq!(one.count(at(25_000), &POLICY), 25, "half of the window before");
        assert_eq!(one.count(at(31_000), &POLICY), 10, "the least");
        assert_eq!(one.count(at(99_000), &POLICY), 10, "long ago");
    }

    #[test]
    fn a_better_word_ends_a_worse_one() {
        let mut one = told(2, 0.0, 600);
        assert!(one.ask(at(20_000), false, &POLICY).is_err());
        one.told(at(21_000), 0.5, at(80_000), &POLICY);
        assert_eq!(one.ask(at(21_000), false, &POLICY), Err(at(22_000)));
        one.told(at(21_500), 1.0, at(80_000), &POLICY);
        assert!(one.ask(at(21_500), true, &POLICY).is_ok());
        one.told(at(22_000), 0.5, at(22_000), &POLICY);
        assert!(!one.slows(at(22_000)), "for no time at all");
    }

    #[test]
    fn a_share_of_no_window_holds_nothing() {
        let policy = SharePolicy { window: Duration::ZERO, least: 0, most: 1 };
        let mut one = Share::default();
        one.sent(at(5), &policy);
        one.told(at(5), 0.5, at(1_000), &policy);
        assert!(one.ask(at(5), true, &policy).is_ok());
    }
}
