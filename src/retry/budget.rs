//! Retry budget: how many retries a client may add to its first tries (Google, "Site Reliability Engineering", 2016,
//! chapter 21, "Deciding to Retry", per-client retry budget; as tokens: gRPC proposal A6, "Throttling Retry Attempts").
//!
//! Without it three tries each triple the load of a server that fails *because* of its load. With it retries add at
//! most `earn` to the load, whatever the number of attempts that a single request is allowed.
//!
//! `n` first tries and no more than `cap` saved up: `reserve + floor(n * earn / 10 000)` retries, exactly.
//!
//! ```
//! use tidegate::retry::budget::{Budget, BudgetPolicy};
//!
//! let policy = BudgetPolicy { earn: 1_000, cap: 10, reserve: 0 }; // 10 %
//! let mut budget = Budget::new(&policy);
//! for _ in 0..19 {
//!     budget.sent(&policy);
//! }
//! assert!(budget.take() && !budget.take()); // floor(19 * 10 %) = 1
//! ```
//!
//! Not here: time. Nothing is earned by waiting and nothing expires, so a page that sends nothing retries nothing
//! beyond what it has saved. Retries earn nothing: else 100 % would feed itself.

use crate::num::ONE;

/// What first tries earn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BudgetPolicy {
    /// What one first try earns, in ten-thousandths of a retry: 1 is 0.01 %, 10 000 one retry each; more is allowed.
    pub earn: u32,
    /// Retries saved up at most.
    pub cap: u32,
    /// Retries there at the start: a page that has just loaded may retry too. More than `cap` counts as `cap`.
    pub reserve: u32,
}

impl BudgetPolicy {
    /// Starts with four thousand million retries: more than any page lives to ask for.
    pub const OFF: Self = Self { earn: u32::MAX, cap: u32::MAX, reserve: u32::MAX };
}

/// The retries that one client has left.
#[derive(Clone, Debug)]
pub struct Budget {
    /// In ten-thousandths of a retry.
    saved: u64,
}

impl Budget {
    /// With the reserve in it.
    pub fn new(policy: &BudgetPolicy) -> Self {
        Self { saved: retries(policy.reserve.min(policy.cap)) }
    }

    /// A first try went. Retries, joined requests and answers from the cache are not first tries.
    pub fn sent(&mut self, policy: &BudgetPolicy) {
        self.saved = self.saved.saturating_add(u64::from(policy.earn)).min(retries(policy.cap));
    }

    /// What is left, in ten-thousandths of a retry.
    pub fn saved(&self) -> u64 {
        self.saved
    }

    /// No more than this is left, in ten-thousandths: what a page before had, or a smaller cap.
    pub fn lower(&mut self, to: u64) {
        self.saved = self.saved.min(to);
    }

    /// Is there a retry left?
    pub fn ask(&self) -> bool {
        self.saved >= retries(1)
    }

    /// Takes one retry, or answers no and takes nothing.
    pub fn take(&mut self) -> bool {
        let Some(rest) = self.saved.checked_sub(retries(1)) else {
            return false;
        };
        self.saved = rest;
        true
    }
}

fn retries(whole: u32) -> u64 {
    u64::from(whole) * u64::from(ONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(earn: u32, cap: u32, reserve: u32) -> BudgetPolicy {
        BudgetPolicy { earn, cap, reserve }
    }

    /// As many retries as there are, asked for after each of `tries` first tries.
    fn granted(policy: &BudgetPolicy, tries: u32) -> u32 {
        let mut budget = Budget::new(policy);
        let mut granted = 0;
        for _ in 0..tries {
            budget.sent(policy);
            while budget.take() {
                granted += 1;
            }
        }
        granted
    }

    #[test]
    fn grants_every_share_exactly_as_asked() {
        for earn in (0..=ONE).step_by(7).chain([ONE, 15_000, 20_000]) {
            assert_eq!(granted(&policy(earn, 5, 0), ONE), earn, "{earn} of {ONE}");
        }
    }

    #[test]
    fn a_hundredth_of_a_per_cent_is_one_in_ten_thousand() {
        assert_eq!((granted(&policy(1, 1, 0), 9_999), granted(&policy(1, 1, 0), 10_000)), (0, 1));
    }

    #[test]
    fn starts_with_its_reserve_and_saves_no_more_than_its_cap() {
        let ten = policy(1_000, 10, 3);
        assert_eq!(granted(&ten, 1), 3);
        let mut budget = Budget::new(&ten);
        (0..1_000_000).for_each(|_| budget.sent(&ten));
        assert_eq!((0..100).filter(|_| budget.take()).count(), 10);
        assert_eq!(granted(&policy(0, 2, u32::MAX), 1), 2, "a reserve above the cap is the cap");
        assert_eq!(granted(&policy(ONE, 0, 9), 9), 0, "a cap of 0 grants nothing");
    }

    #[test]
    fn a_refusal_costs_nothing() {
        let half = policy(5_000, 10, 0);
        let mut budget = Budget::new(&half);
        budget.sent(&half);
        assert!(!budget.ask() && !budget.take() && !budget.take());
        budget.sent(&half);
        assert!(budget.ask() && budget.take());
    }

    #[test]
    fn what_was_left_before_is_never_more_than_there_is() {
        let ten = policy(1_000, 10, 3);
        let mut budget = Budget::new(&ten);
        budget.lower(u64::MAX);
        assert_eq!(budget.saved(), 30_000);
        budget.lower(19_999);
        assert!(budget.take() && !budget.take());
    }

    #[test]
    fn off_refuses_nobody() {
        let mut budget = Budget::new(&BudgetPolicy::OFF);
        assert!((0..1_000_000).all(|_| budget.take()));
        budget.sent(&BudgetPolicy::OFF);
        assert!(budget.ask());
    }
}
