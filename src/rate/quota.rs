//! One quota as the server told it, and the pace that it allows.
//!
//! Without it background work spends what the human's next click needs. Fields: RateLimit and RateLimit-Policy (IETF
//! draft-ietf-httpapi-ratelimit-headers) and their older relatives; spacing by [`gcra`](super::gcra).
//!
//! With `spare = remaining - reserve * limit` and `rest` the time until the reset (else one window):
//!
//! | work        | `remaining` 0, reset told | `spare` 0           | else                                     |
//! |-------------|---------------------------|---------------------|------------------------------------------|
//! | background  | wait for the reset        | wait for the reset  | one per `rest / spare`                   |
//! | user-facing | [`Quota::spent`]          | go, unless *scarce* | go, unless *scarce*                      |
//!
//! *Scarce*: `remaining / limit < low`, and `remaining / rest` is less than `fell / seen_for`, the rate at which
//! `remaining` was seen to fall; then one per `rest / remaining`. A `remaining` that never moves never holds a human:
//! some servers count other things than the request at hand. Nobody is held longer than `longest`.
//!
//! ```
//! use tidegate::{rate::quota::{Quota, QuotaPolicy}, time::{Duration, Instant}};
//!
//! let minute = Duration::from_secs(60);
//! let policy = QuotaPolicy { reserve: 2_000, low: 1_000, longest: minute * 10 };
//! let (mut quota, t0) = (Quota::new(Instant::ORIGIN), Instant::ORIGIN);
//! quota.told(t0, Some(100.0), Some(50.0), Some(minute), None, &policy);
//! quota.sent(t0);
//! assert_eq!(quota.ask(t0, true, &policy), Err(t0 + minute / 30)); // 50 left, 20 of them kept
//! assert_eq!(quota.ask(t0, false, &policy), Ok(()));
//! ```
//!
//! Not here: the spread of those who were held until the same reset (the gate adds it), and other clients' sends: they
//! show only as a `remaining` that falls faster.

use super::gcra::Gcra;
use crate::{
    num::ONE,
    time::{Duration, Instant},
};

/// How much of a quota is kept for whom.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct QuotaPolicy {
    /// Share of the limit kept for user-facing work, in ten-thousandths; more than 10 000 counts as 10 000.
    pub reserve: u32,
    /// User-facing work is looked at when less than this share is left, in ten-thousandths.
    pub low: u32,
    /// A reset further away than this is obeyed only so long. Zero: nothing is ever held.
    pub longest: Duration,
}

impl QuotaPolicy {
    /// Whatever the server tells is over at once.
    pub const OFF: Self = Self { reserve: 0, low: 0, longest: Duration::ZERO };
}

/// One quota of one server. Counts above 2^32 are kept as 2^32 - 1; fractions of a request are none.
#[derive(Clone, Debug)]
pub struct Quota {
    /// Spacing that suits all work; advanced by every own send, which is how these are subtracted until the next word.
    pace: Gcra,
    /// End of the window, or of what is obeyed of it.
    until: Instant,
    /// When `first` was told.
    first_at: Instant,
    /// As told, or the most that was seen left in this window.
    limit: u32,
    limit_told: bool,
    remaining: u32,
    /// The most that was left since `first_at`: from here `remaining` was seen to fall.
    first: u32,
    /// Neither a reset nor a window is known: nothing to spread over.
    endless: bool,
    /// The server named the reset itself.
    reset_told: bool,
}

impl Quota {
    /// Nothing told yet: holds nothing and counts as expired.
    pub fn new(now: Instant) -> Self {
        Self {
            pace: Gcra::new(Duration::ZERO, 1),
            until: now,
            first_at: now,
            limit: 0,
            limit_told: false,
            remaining: 0,
            first: 0,
            endless: true,
            reset_told: false,
        }
    }

    /// What an answer said. No `remaining`: only the limit is learned. A limit that is not told again stays as it was.
    /// With neither `reset` nor `window` the level is known, but nothing is paced. Negative counts are 0.
    pub fn told(
        &mut self,
        now: Instant,
        limit: Option<f64>,
        remaining: Option<f64>,
        reset: Option<Duration>,
        window: Option<Duration>,
        policy: &QuotaPolicy,
    ) {
        if let Some(limit) = limit {
            self.limit = limit as u32;
            self.limit_told = self.limit > 0;
        }
        let Some(remaining) = remaining else { return };
        self.remaining = remaining as u32;
        if !self.limit_told {
            let seen = if self.expired(now) { 0 } else { self.limit };
            self.limit = seen.max(self.remaining);
        }
        let rest = reset.or(window);
        // What was seen is good for a forecast of the same length: older than the rest, it starts anew.
        let stale = rest.is_some_and(|rest| now.since(self.first_at) > rest);
        if stale || self.expired(now) || self.remaining > self.first {
            (self.first, self.first_at) = (self.remaining, now);
        }
        self.endless = rest.is_none();
        self.reset_told = reset.is_some();
        let obeyed = rest.unwrap_or(policy.longest).min(policy.longest);
        self.until = now + obeyed;
        let interval = match (rest, self.spare(policy)) {
            (None, _) => Duration::ZERO,
            // Below the reserve only user-facing work goes on: it shares all that is left.
            (Some(_), 0) => obeyed / self.remaining.max(1),
            // Rounded up: rounded down, one more than is spare would fit.
            (Some(rest), spare) => Duration::from_micros(rest.as_micros().div_ceil(u64::from(spare))),
        };
        self.pace.retune(interval, 1);
        self.pace.forgive(now);
    }

    /// May a request go? If not: when to come back, always later than `now`. User-facing work is not asked about an empty
    /// quota here: that is [`Quota::spent`].
    pub fn ask(&self, now: Instant, background: bool, policy: &QuotaPolicy) -> Result<(), Instant> {
        if self.endless || self.expired(now) {
            return Ok(());
        }
        if background && self.spare(policy) == 0 {
            return Err(self.until);
        }
        if !background && !self.scarce(now, policy) {
            return Ok(());
        }
        self.pace.ask(now).map_err(|free_at| free_at.min(self.until))
    }

    /// A request that counts against this quota goes, whosever it is.
    pub fn sent(&mut self, now: Instant) {
        self.pace.sent(now);
    }

    /// Until when the server itself said that nothing is left; none when something is, or when it named no reset.
    pub fn spent(&self, now: Instant) -> Option<Instant> {
        (self.remaining == 0 && self.reset_told && !self.expired(now)).then_some(self.until)
    }

    /// What is left of the limit, in ten-thousandths; none when the limit is not known or its time is over.
    pub fn level(&self, now: Instant) -> Option<u32> {
        if self.expired(now) || !self.limit_told {
            return None;
        }
        let level = (u64::from(self.remaining) * u64::from(ONE)).checked_div(u64::from(self.limit))?;
        Some(level.min(u64::from(ONE)) as u32)
    }

    /// Is what was told over?
    pub fn expired(&self, now: Instant) -> bool {
        now >= self.until
    }

    /// When what was told is over; [`Instant::NEVER`] when it already is.
    pub fn next_timeout(&self, now: Instant) -> Instant {
        if self.expired(now) { Instant::NEVER } else { self.until }
    }

    /// What background work may use.
    fn spare(&self, policy: &QuotaPolicy) -> u32 {
        let kept = u64::from(self.limit) * u64::from(policy.reserve.min(ONE)) / u64::from(ONE);
        u64::from(self.remaining).saturating_sub(kept) as u32
    }

    /// Little is left, and it would be gone before the reset if it went on falling as it was seen to fall.
    fn scarce(&self, now: Instant, policy: &QuotaPolicy) -> bool {
        if self.level(now).is_none_or(|level| level >= policy.low) {
            return false;
        }
        let rest = self.until.since(now).as_micros();
        // A burst is not yet a rate: what fell is taken to have fallen over a quarter of the rest at least.
        let seen_for = now.since(self.first_at).as_micros().max(rest / 4);
        let fell = u64::from(self.first.saturating_sub(self.remaining));
        u64::from(self.remaining).saturating_mul(seen_for) < fell.saturating_mul(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: QuotaPolicy = QuotaPolicy { reserve: 2_000, low: 1_000, longest: Duration::from_secs(600) };

    fn at(seconds: u64) -> Instant {
        Instant::ORIGIN + secs(seconds)
    }

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A quota of 100 of which `remaining` were left at `seconds`, with `reset` seconds to go.
    fn told(q: &mut Quota, seconds: u64, remaining: f64, reset: u64) {
        q.told(at(seconds), Some(100.0), Some(remaining), Some(secs(reset)), None, &POLICY);
    }

    #[test]
    fn follows_its_table() {
        let mut q = Quota::new(at(0));
        told(&mut q, 0, 50.0, 60);
        q.sent(at(0));
        assert_eq!(q.ask(at(0), true, &POLICY), Err(at(2)), "background: 30 to spare in 60 s");
        assert_eq!(q.ask(at(2), true, &POLICY), Ok(()), "background: its turn");
        assert_eq!(q.ask(at(0), false, &POLICY), Ok(()), "user-facing: goes");

        told(&mut q, 10, 20.0, 50);
        assert_eq!(q.ask(at(10), true, &POLICY), Err(at(60)), "background: nothing to spare");
        assert_eq!(q.ask(at(10), false, &POLICY), Ok(()), "user-facing: the reserve is for it");

        told(&mut q, 20, 8.0, 40);
        q.sent(at(20));
        assert_eq!(q.ask(at(20), false, &POLICY), Err(at(25)), "user-facing: scarce, 8 in 40 s");
        assert_eq!(q.ask(at(25), false, &POLICY), Ok(()), "user-facing: scarce, its turn");

        told(&mut q, 30, 0.0, 30);
        assert_eq!((q.spent(at(30)), q.spent(at(60))), (Some(at(60)), None), "spent until the reset");
        assert_eq!(q.ask(at(30), true, &POLICY), Err(at(60)), "background: spent");
        assert_eq!(q.ask(at(60), true, &POLICY), Ok(()), "over");
    }

    #[test]
    fn a_remaining_that_never_moves_never_holds_a_human() {
        let mut q = Quota::new(at(0));
        for second in 0..1_000 {
            told(&mut q, second, 1.0, 31);
            assert_eq!(q.ask(at(second), false, &POLICY), Ok(()), "{second}");
            q.sent(at(second));
        }
    }

    #[test]
    fn little_that_lasts_holds_no_human() {
        let mut q = Quota::new(at(0));
        told(&mut q, 0, 9.0, 60);
        told(&mut q, 29, 8.0, 31);
        q.sent(at(29));
        assert_eq!(q.ask(at(29), false, &POLICY), Ok(()), "one in half a minute, eight left");
    }

    #[test]
    fn a_fall_of_long_ago_does_not_hide_one_of_now() {
        let mut q = Quota::new(at(0));
        // A sliding window: the reset is always as far away.
        for half_minute in 0..=240 {
            told(&mut q, half_minute * 30, 50.0, 60);
        }
        let mut other = Quota::new(at(0));
        for n in 0..=103 {
            told(&mut other, n * 70, 50.0, 71);
        }
        told(&mut q, 7_210, 30.0, 60);
        told(&mut q, 7_220, 9.0, 60);
        q.sent(at(7_220));
        assert!(q.ask(at(7_220), false, &POLICY).is_err());
        told(&mut other, 7_215, 30.0, 60);
        told(&mut other, 7_220, 9.0, 60);
        other.sent(at(7_220));
        assert!(other.ask(at(7_220), false, &POLICY).is_err());
    }

    #[test]
    fn what_lasts_just_until_the_reset_holds_no_human() {
        let mut q = Quota::new(at(0));
        told(&mut q, 0, 8.0, 60);
        told(&mut q, 30, 4.0, 30);
        q.sent(at(30));
        assert_eq!(q.ask(at(30), false, &POLICY), Ok(()));
    }

    #[test]
    fn a_burst_is_not_yet_a_rate() {
        let mut q = Quota::new(at(0));
        told(&mut q, 0, 9.0, 60);
        told(&mut q, 0, 8.0, 60);
        q.sent(at(0));
        assert_eq!(q.ask(at(0), false, &POLICY), Ok(()), "one gone, eight left");
        told(&mut q, 0, 7.0, 60);
        told(&mut q, 0, 6.0, 60);
        assert!(q.ask(at(0), false, &POLICY).is_err(), "three gone, six left");
    }

    #[test]
    fn a_tenth_is_not_yet_little() {
        let mut q = Quota::new(at(0));
        told(&mut q, 0, 100.0, 60);
        told(&mut q, 1, 10.0, 59);
        q.sent(at(1));
        assert_eq!(q.ask(at(1), false, &POLICY), Ok(()));
        told(&mut q, 1, 9.0, 59);
        assert!(q.ask(at(1), false, &POLICY).is_err());
    }

    #[test]
    fn what_rose_again_falls_from_its_new_height() {
        let mut q = Quota::new(at(0));
        told(&mut q, 0, 5.0, 60);
        told(&mut q, 10, 60.0, 60);
        told(&mut q, 20, 8.0, 60);
        q.sent(at(20));
        assert!(q.ask(at(20), false, &POLICY).is_err());
    }

    #[test]
    fn a_height_that_was_kept_for_a_while_is_part_of_the_rate() {
        let mut q = Quota::new(at(0));
        told(&mut q, 0, 9.0, 60);
        told(&mut q, 29, 9.0, 31);
        told(&mut q, 30, 5.0, 30);
        q.sent(at(30));
        assert_eq!(
            q.ask(at(30), false, &POLICY),
            Ok(()),
            "four in half a minute, five left for the other half"
        );
    }

    #[test]
    fn a_new_window_is_watched_anew() {
        let mut q = Quota::new(at(0));
        told(&mut q, 0, 100.0, 60);
        told(&mut q, 61, 9.0, 600);
        q.sent(at(61));
        assert_eq!(q.ask(at(61), false, &POLICY), Ok(()), "others used it up: not seen to fall");
    }

    #[test]
    fn own_sends_count_until_the_server_has_counted_them() {
        let mut q = Quota::new(at(0));
        told(&mut q, 0, 50.0, 60);
        for _ in 0..10 {
            q.sent(at(0));
        }
        assert_eq!(q.ask(at(0), true, &POLICY), Err(at(20)), "ten clicks at two seconds each");
        told(&mut q, 1, 44.0, 60);
        assert_eq!(
            q.ask(at(1), true, &POLICY),
            Err(at(3) + secs(1) / 2),
            "24 to spare, one interval from here"
        );
        for _ in 0..90 {
            q.sent(at(1));
        }
        assert_eq!(q.ask(at(1), true, &POLICY), Err(at(61)), "never beyond the reset");
    }

    #[test]
    fn without_a_window_there_is_a_level_and_no_pace() {
        let mut q = Quota::new(at(0));
        q.told(at(0), Some(100.0), Some(0.0), None, None, &POLICY);
        assert_eq!((q.level(at(0)), q.spent(at(0))), (Some(0), None));
        assert_eq!((q.ask(at(0), true, &POLICY), q.ask(at(0), false, &POLICY)), (Ok(()), Ok(())));
        assert_eq!(q.next_timeout(at(0)), at(600));
    }

    #[test]
    fn a_window_stands_for_a_reset_but_is_not_the_servers_word() {
        let mut q = Quota::new(at(0));
        q.told(at(0), Some(100.0), Some(0.0), None, Some(secs(60)), &POLICY);
        assert_eq!((q.ask(at(0), true, &POLICY), q.spent(at(0))), (Err(at(60)), None));
    }

    #[test]
    fn a_limit_may_come_alone_and_stays() {
        let mut q = Quota::new(at(0));
        q.told(at(0), Some(200.0), None, None, Some(secs(60)), &POLICY);
        assert_eq!((q.level(at(0)), q.expired(at(0))), (None, true));
        q.told(at(0), None, Some(50.0), Some(secs(60)), None, &POLICY);
        assert_eq!(q.level(at(0)), Some(2_500));
        assert_eq!((q.level(at(60)), q.next_timeout(at(60))), (None, Instant::NEVER));
    }

    #[test]
    fn a_quota_of_a_day_is_paced_by_the_day_and_held_no_longer_than_allowed() {
        let mut q = Quota::new(at(0));
        let mut told = |seconds, remaining| {
            let reset = Some(secs(30_000));
            q.told(at(seconds), Some(1_000.0), Some(remaining), reset, None, &POLICY);
            q.sent(at(seconds));
            let waits = [true, false].map(|background| q.ask(at(seconds), background, &POLICY).err());
            waits.map(|until| until.map(|until| until.since(at(seconds))))
        };
        assert_eq!(told(0, 500.0), [Some(secs(100)), None], "300 to spare in 30 000 s");
        assert_eq!(told(1_000, 201.0), [Some(secs(600)), None], "one to spare");
        assert_eq!(told(1_100, 150.0), [Some(secs(600)), None], "none");
        assert_eq!(
            told(1_200, 50.0),
            [Some(secs(600)), Some(secs(12))],
            "scarce: 50 in the 600 s that are obeyed"
        );
    }

    #[test]
    fn where_no_limit_is_told_the_most_that_was_left_stands_for_it() {
        let mut q = Quota::new(at(0));
        for (second, left) in [(0, 100.0), (30, 21.0), (40, 20.0)] {
            let reset = Some(secs(60 - second));
            q.told(at(second), None, Some(left), reset, None, &POLICY);
            q.sent(at(second));
            assert!(q.ask(at(second), true, &POLICY).is_err(), "{left}");
            assert_eq!(q.ask(at(second), false, &POLICY), Ok(()), "no level without a limit");
        }
        assert_eq!(q.ask(at(59), true, &POLICY), Err(at(60)), "a fifth of a hundred is kept");
        let next = Some(secs(60));
        let eighth = secs(60) / 8;
        q.told(at(60), None, Some(10.0), next, None, &POLICY);
        q.sent(at(60));
        assert_eq!(q.ask(at(60), true, &POLICY), Err(at(60) + eighth), "a new window of ten");
        q.told(at(120), Some(0.0), Some(10.0), next, None, &POLICY);
        q.sent(at(120));
        assert_eq!(q.ask(at(120), true, &POLICY), Err(at(120) + eighth), "0 is no limit");
    }

    #[test]
    fn absurd_values_are_capped() {
        let mut q = Quota::new(at(0));
        q.told(at(0), Some(1e300), Some(-5.0), Some(Duration::MAX), None, &POLICY);
        assert_eq!((q.level(at(0)), q.spent(at(0))), (Some(0), Some(at(600))));
        q.told(at(0), Some(1.0), Some(f64::INFINITY), Some(Duration::MAX), Some(Duration::MAX), &POLICY);
        assert_eq!(q.level(at(0)), Some(ONE), "more left than the limit is all of it");
        q.told(at(0), Some(0.0), Some(3.0), Some(Duration::ZERO), None, &POLICY);
        assert_eq!((q.level(at(0)), q.expired(at(0))), (None, true));
    }

    #[test]
    fn off_holds_nothing() {
        let mut q = Quota::new(at(0));
        q.told(at(0), Some(100.0), Some(0.0), Some(secs(60)), None, &QuotaPolicy::OFF);
        assert_eq!((q.ask(at(0), true, &QuotaPolicy::OFF), q.spent(at(0))), (Ok(()), None));
    }
}
