//! Backoff with decorrelated jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015): how
//! long one request waits before its next try.
//!
//! Without jitter all clients that failed together come back together. Here each wait is drawn from a range that
//! starts at `base` and grows with the wait before it:
//!
//! `next = min(cap, between(base, 3 * last))`, `last` being `base` at first.
//!
//! ```
//! use tidegate::{retry::backoff::{Backoff, BackoffPolicy}, rng::Rng, time::Duration};
//!
//! let policy = BackoffPolicy { base: Duration::from_millis(100), cap: Duration::from_secs(20) };
//! let (mut rng, mut backoff) = (Rng::from_seed(1), Backoff::new());
//! let first = backoff.next(&mut rng, &policy);
//! assert!(first >= policy.base && first < policy.base * 3);
//! assert!(backoff.next(&mut rng, &policy) < first * 3);
//! ```
//!
//! Not here: the server's word (a `Retry-After` goes before any backoff) and the number of tries (the budget's).

use crate::{rng::Rng, time::Duration};

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
    pub const OFF: Self = Self { base: Duration::ZERO, cap: Duration::ZERO };
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

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: BackoffPolicy =
        BackoffPolicy { base: Duration::from_millis(100), cap: Duration::from_secs(2) };

    #[test]
    fn every_wait_lies_between_the_base_and_three_times_the_last() {
        for seed in 0..200 {
            let (mut rng, mut backoff) = (Rng::from_seed(seed), Backoff::new());
            for _ in 0..20 {
                let high = (backoff.last().max(POLICY.base) * 3).min(POLICY.cap);
                let wait = backoff.next(&mut rng, &POLICY);
                assert!(POLICY.base <= wait && wait <= high, "{wait:?}");
                assert_eq!(backoff.last(), wait);
            }
        }
    }

    #[test]
    fn grows_to_its_cap_and_starts_over_after_a_reset() {
        let (mut rng, mut backoff) = (Rng::from_seed(7), Backoff::new());
        assert!((0..50).any(|_| backoff.next(&mut rng, &POLICY) == POLICY.cap));
        backoff.reset();
        assert_eq!(backoff.last(), Duration::ZERO);
        assert!(backoff.next(&mut rng, &POLICY) < POLICY.base * 3);
    }

    #[test]
    fn clients_that_failed_together_come_back_apart() {
        let parent = Rng::from_seed(42);
        let mut per_decile = [0_u32; 10];
        for client in 0..1_000 {
            let wait = Backoff::new().next(&mut parent.fork(client), &POLICY);
            per_decile[(wait - POLICY.base).as_millis() as usize / 20] += 1;
        }
        assert!(per_decile.iter().all(|n| (60..140).contains(n)), "{per_decile:?}");
    }

    #[test]
    fn odd_figures_stay_in_bounds() {
        let mut rng = Rng::from_seed(1);
        let (mut none, mut huge) = (Backoff::new(), Backoff::new());
        assert_eq!(none.next(&mut rng, &BackoffPolicy::OFF), Duration::ZERO);
        let endless = BackoffPolicy { base: Duration::MAX, cap: Duration::MAX };
        let first = huge.next(&mut rng, &endless);
        assert!(huge.next(&mut rng, &endless) >= first);
        let cap_below_base = BackoffPolicy { cap: Duration::from_millis(1), ..POLICY };
        assert_eq!(Backoff::new().next(&mut rng, &cap_below_base), cap_below_base.cap);
    }
}
