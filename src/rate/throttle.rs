//! Adaptive throttling (Google, "Site Reliability Engineering", 2016, chapter 21, "Client-Side Throttling"): of what
//! would be refused, most is not sent.
//!
//! Without it a client whose every second request is refused goes on costing its server the refusals. Requests and the
//! answers that were no refusal are counted, halving every `half_life`; the share that is kept back is
//!
//! `p = max(0, (requests - k * accepts - allowance) / (requests + 1))`
//!
//! with a `k` for each priority: what nobody waits for is kept back first. It hears of refusals only: a slow answer is an
//! answer, and failures are the breaker's. Other than in the book, what is kept back does not count as a request: it waits and is looked
//! at again, and would count as often.
//!
//! Not here: chance. The caller draws once for each request.

use crate::num::{ONE, decay};
use crate::time::{Duration, Instant};

/// How much is kept back.
#[derive(Clone, Copy, Debug)]
pub struct ThrottlePolicy {
    /// Requests per accepted one that are still sent, in ten-thousandths: user-blocking, user-visible, background.
    pub k: [u32; 3],
    /// Refusals that say nothing yet: a hiccup.
    pub allowance: u32,
    /// Time after which a count is worth half.
    pub half_life: Duration,
}

/// Requests and accepts of one route class; a count of one is 256, so that decay has something to halve.
#[derive(Clone, Copy, Debug, Default)]
pub struct Throttle {
    requests: u32,
    accepts: u32,
    at: Instant,
}

const UNIT: u32 = 256;
/// Counts are kept below this: 65 536 requests.
const MOST: u32 = UNIT << 16;

impl Throttle {
    /// The share of requests of this priority (0 to 2; more counts as 2) that is kept back now, in ten-thousandths.
    pub fn share(&self, now: Instant, priority: u8, policy: &ThrottlePolicy) -> u32 {
        if self.requests == self.accepts {
            return 0;
        }
        let since = now.since(self.at);
        let [requests, accepts] =
            [self.requests, self.accepts].map(|n| u64::from(decay(n, since, policy.half_life)));
        let k = u64::from(*policy.k.get(usize::from(priority)).unwrap_or(&policy.k[2]));
        let sent = accepts * k / u64::from(ONE) + u64::from(policy.allowance * UNIT);
        (requests.saturating_sub(sent) * u64::from(ONE) / (requests + u64::from(UNIT))) as u32
    }

    /// Whether a refusal now and then is all there is: `most` requests are taken for each, or more.
    pub fn is_rare(&self, most: u32) -> bool {
        let refused = self.requests - self.accepts;
        refused > 0 && self.accepts / most >= refused
    }

    /// A request was answered; `accepted`: with anything but a refusal.
    pub fn count(&mut self, now: Instant, accepted: bool, policy: &ThrottlePolicy) {
        let since = now.since(self.at);
        self.at = now;
        self.requests = (decay(self.requests, since, policy.half_life) + UNIT).min(MOST);
        self.accepts = (decay(self.accepts, since, policy.half_life) + if accepted { UNIT } else { 0 })
            .min(self.requests);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: ThrottlePolicy =
        ThrottlePolicy { k: [40_000, 20_000, 11_000], allowance: 3, half_life: Duration::from_secs(15) };

    fn at(ms: u64) -> Instant {
        Instant::ORIGIN + Duration::from_millis(ms)
    }

    /// One who asks ten times a second for a minute, `refused` of every ten refused; what is kept back is drawn evenly.
    fn shares(refused: u64) -> [u32; 3] {
        let mut one = Throttle::default();
        for n in 0..600 {
            one.count(at(n * 100), n % 10 >= refused, &POLICY);
        }
        [0, 1, 2].map(|priority| one.share(at(60_000), priority, &POLICY))
    }

    #[test]
    fn one_refusal_behind_ten_that_were_taken_is_rare_and_none_is_not() {
        let mut one = Throttle::default();
        for taken in 0..12 {
            assert!(!one.is_rare(10), "nothing was refused");
            let mut refused = one;
            refused.count(at(0), false, &POLICY);
            assert_eq!(refused.is_rare(10), taken >= 10, "{taken}");
            one.count(at(0), true, &POLICY);
        }
    }

    #[test]
    fn nothing_is_kept_back_while_nothing_is_refused() {
        assert_eq!(shares(0), [0, 0, 0]);
        assert_eq!(Throttle::default().share(at(0), 2, &POLICY), 0);
    }

    #[test]
    fn background_is_kept_back_first_and_the_essential_last() {
        let [blocking, visible, background] = shares(3);
        assert_eq!((blocking, visible), (0, 0));
        assert!((1_500..3_000).contains(&background), "{background}");
        let [blocking, visible, background] = shares(8);
        assert!(
            blocking < visible && visible < background && visible > 4_000,
            "{blocking} {visible} {background}"
        );
        let [blocking, ..] = shares(10);
        assert!(blocking > 9_000, "{blocking}");
    }

    #[test]
    fn one_in_a_hundred_that_fails_is_no_reason() {
        let mut one = Throttle::default();
        for n in 0..10_000 {
            one.count(at(n * 10), n % 100 != 0, &POLICY);
            assert_eq!(one.share(at(n * 10), 2, &POLICY), 0, "{n}");
        }
    }

    #[test]
    fn a_hiccup_is_no_reason() {
        let mut one = Throttle::default();
        (0..3).for_each(|_| one.count(at(0), false, &POLICY));
        assert_eq!(one.share(at(0), 2, &POLICY), 0);
        one.count(at(0), false, &POLICY);
        assert!(one.share(at(0), 2, &POLICY) > 0);
    }

    #[test]
    fn it_is_forgotten_and_bounded() {
        let mut one = Throttle::default();
        for _ in 0..200_000 {
            one.count(at(0), false, &POLICY);
        }
        assert!(one.requests <= MOST && one.share(at(0), 0, &POLICY) > 9_900);
        assert_eq!(one.share(at(600_000), 0, &POLICY), 0, "ten minutes later");
        assert!(one.share(Instant::NEVER, 7, &POLICY) == 0);
    }
}
