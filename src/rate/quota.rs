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
//! *Scarce*: `remaining / limit < low`, and at the rate at which `remaining` was seen to fall it would not last the
//! `rest`; then one per `rest / remaining`. A `remaining` that never moves never holds a human: some servers count
//! other things than the request at hand.
//!
//! ```
//! use core::time::Duration;
//! use tidegate::{rate::quota::{Quota, QuotaPolicy}, time::Instant};
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
//! Not here: refusals (the server's word, when `remaining` is 0, is the gate's to spread), and other clients' sends:
//! they show only as a `remaining` that falls faster.

use core::time::Duration;

use super::gcra::Gcra;
use crate::{
    num::ONE,
    time::{Instant, micros},
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
    pub const OFF: Self = Self {
        reserve: 0,
        low: 0,
        longest: Duration::ZERO,
    };
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
    /// 0: not told.
    limit: u32,
    remaining: u32,
    /// The most that was left in this window: from here on `remaining` was seen to fall.
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
        }
        let Some(remaining) = remaining else { return };
        self.remaining = remaining as u32;
        if self.expired(now) || self.remaining > self.first {
            (self.first, self.first_at) = (self.remaining, now);
        }
        let rest = reset.or(window);
        self.endless = rest.is_none();
        self.reset_told = reset.is_some();
        let rest = rest.unwrap_or(policy.longest).min(policy.longest);
        self.until = now + rest;
        let places = if self.endless {
            u32::MAX
        } else {
            self.places(policy)
        };
        self.pace.retune(rest / places.max(1), 1);
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
        if self.expired(now) {
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
        if self.expired(now) {
            Instant::NEVER
        } else {
            self.until
        }
    }

    /// What background work may use. Where no limit is known the most that was left stands for it.
    fn spare(&self, policy: &QuotaPolicy) -> u32 {
        let limit = if self.limit > 0 { self.limit } else { self.first };
        let kept = u64::from(limit) * u64::from(policy.reserve.min(ONE)) / u64::from(ONE);
        u64::from(self.remaining).saturating_sub(kept) as u32
    }

    /// How many are spaced over the rest: what is spare, or, for the user-facing work that goes on below, what is left.
    fn places(&self, policy: &QuotaPolicy) -> u32 {
        match self.spare(policy) {
            0 => self.remaining,
            spare => spare,
        }
    }

    /// Little is left, and it would be gone before the reset if it went on falling as it was seen to fall.
    fn scarce(&self, now: Instant, policy: &QuotaPolicy) -> bool {
        if self.level(now).is_none_or(|level| level >= policy.low) {
            return false;
        }
        let fell = u64::from(self.first.saturating_sub(self.remaining));
        let lasts = u64::from(self.remaining).saturating_mul(micros(now.since(self.first_at)));
        lasts < fell.saturating_mul(micros(self.until.since(now)))
    }
}
