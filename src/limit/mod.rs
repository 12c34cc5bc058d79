//! Concurrency limit: how many requests may wait for the server's answer at once.
//!
//! Without it a page answers a server's distress with everything it has queued, the moment the closure ends. There is
//! no limit while the server is well; the first refusal or closure makes one, by additive increase and
//! multiplicative decrease (D. Chiu, R. Jain, 1989; slow start after V. Jacobson, "Congestion Avoidance and Control",
//! 1988, since +1 for each success doubles it per round trip).
//!
//! | event     | no bound yet                  | bound `b`                           |
//! |-----------|-------------------------------|-------------------------------------|
//! | refused   | `b = max(1, in_flight / 2)`   | `b = min(b, max(1, in_flight / 2))` |
//! | shut      | `b = 1`                       | `b = 1`                             |
//! | succeeded | none                          | `b + 1`; none again above `open_above` |
//! | slow      | none                          | `b = max(1, b * usual / took)`      |
//!
//! `slow` is the gradient on latency against its long-run floor (Netflix, concurrency-limits, 2018, after TCP Vegas,
//! L. Brakmo, L. Peterson, 1995). It follows from Little's law, L = λW: the server works on `in flight = rate * latency`
//! requests, so at a constant rate all latency beyond the usual is a queue, and `b * usual / took` is what is not in it.
//!
//! ```
//! use tidegate::limit::{Limit, LimitPolicy};
//!
//! let policy = LimitPolicy { max: 0, adaptive: true, open_above: 16 };
//! let mut limit = Limit::new();
//! for _ in 0..8 {
//!     limit.sent();
//! }
//! limit.refused(&policy);
//! assert_eq!(limit.bound(), Some(4)); // half of eight
//! limit.succeeded(&policy);
//! assert_eq!(limit.bound(), Some(5));
//! ```
//!
//! Not here: what is usual, and what lateness means for one who asks (the gate says).

use crate::time::Duration;

/// What bounds the requests in flight.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LimitPolicy {
    /// Never more than this in flight; 0: no such bound.
    pub max: u32,
    /// Whether distress makes a bound.
    pub adaptive: bool,
    /// A bound that has grown above this is no bound any more.
    pub open_above: u32,
}

impl LimitPolicy {
    /// Never holds anything.
    pub const OFF: Self = Self { max: 0, adaptive: false, open_above: 0 };
}

/// The requests in flight of one lane, and what they may become.
#[derive(Clone, Debug, Default)]
pub struct Limit {
    in_flight: u32,
    bound: Option<u32>,
}

impl Limit {
    /// Nothing in flight, no bound.
    pub const fn new() -> Self {
        Self { in_flight: 0, bound: None }
    }

    /// May one more go? If not, the next one to leave makes room: no time can be named.
    pub fn ask(&self, policy: &LimitPolicy) -> bool {
        self.ask_among(policy, 1)
    }

    /// The same for one of so many tabs that share one limit: each has an equal part of it, one at least.
    pub fn ask_among(&self, policy: &LimitPolicy, tabs: u32) -> bool {
        let fits = |most: u32| self.in_flight < most.checked_div(tabs).unwrap_or(most).max(1);
        (policy.max == 0 || fits(policy.max)) && (!policy.adaptive || self.bound.is_none_or(fits))
    }

    /// A request goes.
    pub fn sent(&mut self) {
        self.in_flight = self.in_flight.saturating_add(1);
    }

    /// A request no longer counts: its headers came, it failed, was aborted, or has counted for 10 s. Once per request.
    pub fn left(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// The server refused one for its load: halves what is in flight, down to 1.
    pub fn refused(&mut self, policy: &LimitPolicy) {
        if policy.adaptive {
            let half = (self.in_flight / 2).max(1);
            self.bound = Some(self.bound.map_or(half, |bound| bound.min(half)));
        }
    }

    /// A closure begins: what comes after it starts with one.
    pub fn shut(&mut self) {
        self.bound = Some(1);
    }

    /// A request was served: room for one more.
    pub fn succeeded(&mut self, policy: &LimitPolicy) {
        let grown = self.bound.map(|bound| bound.saturating_add(1));
        self.bound = grown.filter(|bound| policy.adaptive && *bound <= policy.open_above);
    }

    /// An answer took longer than usual for its class.
    pub fn slow(&mut self, usual: Duration, took: Duration) {
        if let Some(bound) = self.bound {
            let room = u64::from(bound).saturating_mul(usual.as_micros()) / took.as_micros().max(1);
            self.bound = Some(room.clamp(1, u64::from(bound)) as u32);
        }
    }

    /// How many count now.
    pub fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// The bound that distress has made, or none.
    pub fn bound(&self) -> Option<u32> {
        self.bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: LimitPolicy = LimitPolicy { max: 0, adaptive: true, open_above: 16 };

    fn with(in_flight: u32, bound: Option<u32>) -> Limit {
        Limit { in_flight, bound }
    }

    #[test]
    fn follows_its_table() {
        let after = |mut limit: Limit, event: fn(&mut Limit)| {
            event(&mut limit);
            limit.bound()
        };
        let (refused, shut) = (|l: &mut Limit| l.refused(&POLICY), Limit::shut);
        let succeeded = |l: &mut Limit| l.succeeded(&POLICY);
        assert_eq!(
            after(with(9, None), refused),
            Some(4),
            "refused, no bound yet: half of what is in flight"
        );
        assert_eq!(after(with(0, None), refused), Some(1), "refused, no bound yet: at least one");
        assert_eq!(after(with(9, Some(8)), refused), Some(4), "refused, bound: half of what is in flight");
        assert_eq!(after(with(9, Some(2)), refused), Some(2), "refused, bound: never raised");
        assert_eq!(after(with(9, None), shut), Some(1), "shut, no bound yet");
        assert_eq!(after(with(9, Some(8)), shut), Some(1), "shut, bound");
        assert_eq!(after(with(9, None), succeeded), None, "succeeded, no bound");
        assert_eq!(after(with(9, Some(15)), succeeded), Some(16), "succeeded, bound");
        assert_eq!(after(with(9, Some(16)), succeeded), None, "succeeded, above the limit of limits");
        let slow = |l: &mut Limit| l.slow(Duration::from_secs(1), Duration::from_secs(4));
        assert_eq!(after(with(9, None), slow), None, "slow, no bound yet");
        assert_eq!(after(with(9, Some(8)), slow), Some(2), "slow, bound");
        assert_eq!(after(with(9, Some(2)), slow), Some(1), "slow, bound: at least one");
        let quick = |l: &mut Limit| l.slow(Duration::from_secs(1), Duration::ZERO);
        assert_eq!(after(with(9, Some(2)), quick), Some(2), "slow never raises");
    }

    #[test]
    fn holds_nothing_before_distress() {
        let mut limit = Limit::new();
        for _ in 0..10_000 {
            assert!(limit.ask(&POLICY));
            limit.sent();
        }
    }

    #[test]
    fn doubles_per_round_trip_after_a_closure() {
        let mut limit = Limit::new();
        limit.shut();
        let mut rounds = [0; 5];
        for round in &mut rounds {
            while *round < 100 && limit.ask(&POLICY) {
                limit.sent();
                *round += 1;
            }
            for _ in 0..*round {
                limit.left();
                limit.succeeded(&POLICY);
            }
        }
        assert_eq!(rounds, [1, 2, 4, 8, 16]);
        assert_eq!((limit.bound(), limit.in_flight()), (None, 0));
    }

    #[test]
    fn a_place_is_free_again_when_one_leaves() {
        let two = LimitPolicy { max: 2, ..LimitPolicy::OFF };
        let mut limit = Limit::new();
        limit.sent();
        assert!(limit.ask(&two));
        limit.sent();
        assert_eq!((limit.in_flight(), limit.ask(&two)), (2, false));
        limit.left();
        assert!(limit.ask(&two));
        (0..3).for_each(|_| limit.left());
        assert_eq!(limit.in_flight(), 0, "one that leaves twice counts once");
    }

    #[test]
    fn tabs_have_equal_parts_and_each_one_place_at_least() {
        let places = |bound, max, tabs| {
            let policy = LimitPolicy { max, ..POLICY };
            (0..100).find(|n| !with(*n, bound).ask_among(&policy, tabs))
        };
        assert_eq!([1, 2, 3, 5, u32::MAX].map(|tabs| places(Some(4), 0, tabs)), [4, 2, 1, 1, 1].map(Some));
        assert_eq!([1, 2, 3, 5, u32::MAX].map(|tabs| places(None, 10, tabs)), [10, 5, 3, 2, 1].map(Some));
        assert_eq!(places(None, 0, 5), None, "no bound has no parts");
        assert_eq!(places(Some(4), 0, 0), Some(4), "no tabs at all is nonsense: the whole");
    }

    #[test]
    fn what_does_not_adapt_takes_no_bound() {
        let mut limit = with(5, None);
        limit.refused(&LimitPolicy::OFF);
        assert_eq!(limit.bound(), None);
        limit.shut();
        assert!(limit.ask(&LimitPolicy::OFF));
        limit.succeeded(&LimitPolicy::OFF);
        assert_eq!(limit.bound(), None);
    }
}
