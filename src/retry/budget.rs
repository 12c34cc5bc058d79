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
    pub const OFF: Self = Self {
        earn: u32::MAX,
        cap: u32::MAX,
        reserve: u32::MAX,
    };
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
        Self {
            saved: retries(policy.reserve.min(policy.cap)),
        }
    }

    /// A first try went. Retries, joined requests and answers from the cache are not first tries.
    pub fn sent(&mut self, policy: &BudgetPolicy) {
        self.saved = self
            .saved
            .saturating_add(u64::from(policy.earn))
            .min(retries(policy.cap));
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
