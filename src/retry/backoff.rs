//! Backoff with decorrelated jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015): how
//! long one request waits before its next try.
//!
//! Without jitter all clients that failed together come back together. Here each wait is drawn from a range that
//! starts at `base` and grows with the wait before it:
//!
//! `next = min(cap, between(base, 3 * last))`, `last` being `base` at first.
//!
//! ```
//! use core::time::Duration;
//! use tidegate::{retry::backoff::{Backoff, BackoffPolicy}, rng::Rng};
//!
//! let policy = BackoffPolicy { base: Duration::from_millis(100), cap: Duration::from_secs(20) };
//! let (mut rng, mut backoff) = (Rng::from_seed(1), Backoff::new());
//! let first = backoff.next(&mut rng, &policy);
//! assert!(first >= policy.base && first < policy.base * 3);
//! assert!(backoff.next(&mut rng, &policy) < first * 3);
//! ```
//!
//! Not here: the server's word (a `Retry-After` goes before any backoff) and the number of tries (the budget's).

use core::time::Duration;

use crate::rng::Rng;

/// The range that waits are drawn from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BackoffPolicy {
    /// The shortest wait. Zero: every wait is zero.
    pub base: Duration,
    /// The longest wait; goes before `base` when it is the smaller.
    pub cap: Duration,
}

impl BackoffPolicy {
    /// Tries again at once.
    pub const OFF: Self = Self {
        base: Duration::ZERO,
        cap: Duration::ZERO,
    };
}

/// The wait that one request has grown to.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    last: Duration,
}

impl Backoff {
    /// Has not waited yet.
    pub const fn new() -> Self {
        Self { last: Duration::ZERO }
    }

    /// Draws the next wait.
    pub fn next(&mut self, rng: &mut Rng, policy: &BackoffPolicy) -> Duration {
        let high = self.last.max(policy.base).saturating_mul(3);
        self.last = rng.between(policy.base, high).min(policy.cap);
        self.last
    }

    /// Starts over: the request went through.
    pub fn reset(&mut self) {
        self.last = Duration::ZERO;
    }

    /// The wait drawn last; zero before the first.
    pub fn last(&self) -> Duration {
        self.last
    }
}
