//! Circuit breaker (M. Nygard, "Release It!", 2nd edition 2018, chapter 5): stops asking a server that keeps failing.
//!
//! Without it every click of every user pays the full time-out of a dead server, and the server that comes back is
//! met by all of them at once. It opens when, of the last `2 * answers` answers (at most 64) and not before there
//! are `answers` of them, the share of failures reaches `trip` (a good answer never opens); then one probe per rest.
//!
//! | state     | asked                        | answer: good            | answer: bad                     | late answer |
//! |-----------|------------------------------|-------------------------|---------------------------------|-------------|
//! | closed    | go                           | remember                | remember; open at `trip`        | ignore      |
//! | open      | no until `until`, then probe | (none can be current)   | (none can be current)           | ignore      |
//! | half-open | no until the lease ends      | close, forget all       | open, rest doubled to `longest` | ignore      |
//!
//! A probe holds a lease of one rest, because a tab can vanish with its answer. Every probe of one half-open period
//! carries the same epoch: a server that answers more slowly than a rest can still close the breaker. A silence as
//! long as `longest` empties the memory: last night's failures say nothing about this morning.
//!
//! ```
//! use tidegate::{breaker::{Breaker, BreakerPolicy}, time::{Duration, Instant}};
//!
//! let second = Duration::from_secs(1);
//! let policy = BreakerPolicy { trip: 5_000, answers: 2, rest: second, longest: second * 8 };
//! let (mut breaker, t0) = (Breaker::new(), Instant::ORIGIN);
//! for ok in [true, false] {
//!     let epoch = breaker.sent(t0);
//!     breaker.settle(t0, epoch, ok, &policy);
//! }
//! assert_eq!(breaker.ask(t0), Err(t0 + second)); // one of two failed: half
//! assert_eq!(breaker.ask(t0 + second), Ok(())); // the probe
//! ```
//!
//! Not here: what counts as a failure (the gate says), the spread of re-opening over a fleet (the gate adds it), and a
//! rest that survives a closing: the next trip starts with the first rest again.

use crate::{
    num::ONE,
    time::{Duration, Instant},
};

/// Answers remembered at most: one bit each.
const MEMORY: u32 = u64::BITS;

/// When a breaker opens and for how long.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BreakerPolicy {
    /// Share of failures that opens, in ten-thousandths; 0 never opens, more than 10 000 counts as 10 000.
    pub trip: u32,
    /// Answers needed before the share is judged; taken as 1 to 64.
    pub answers: u32,
    /// The first rest, and the first probe's lease. Longer than `longest` counts as `longest`.
    pub rest: Duration,
    /// The rest that doubling stops at, and the silence that empties the memory.
    pub longest: Duration,
}

impl BreakerPolicy {
    /// Never opens; an open breaker closes at its next answer.
    pub const OFF: Self = Self { trip: 0, answers: 0, rest: Duration::ZERO, longest: Duration::ZERO };
}

/// The state a request was sent under. An answer from an earlier one changes nothing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Epoch(pub u32);

/// The breaker of one lane.
#[derive(Clone, Debug)]
pub struct Breaker {
    state: State,
    epoch: Epoch,
}

/// What a state does not need cannot be read in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// `failures`: one bit per answer, the newest lowest; `seen` of them are real; the newest came at `last`.
    Closed {
        failures: u64,
        seen: u8,
        last: Instant,
    },
    Open {
        until: Instant,
        rest: Duration,
    },
    HalfOpen {
        until: Instant,
        rest: Duration,
    },
}

const CLOSED: State = State::Closed { failures: 0, seen: 0, last: Instant::ORIGIN };

impl Default for Breaker {
    fn default() -> Self {
        Self::new()
    }
}

impl Breaker {
    /// Closed, with nothing remembered.
    pub const fn new() -> Self {
        Self { state: CLOSED, epoch: Epoch(0) }
    }

    /// May a request go? If not: until when, always later than `now`.
    pub fn ask(&self, now: Instant) -> Result<(), Instant> {
        match self.state {
            State::Open { until, .. } | State::HalfOpen { until, .. } if now < until => Err(until),
            _ => Ok(()),
        }
    }

    /// A request goes. The first one that goes while this is open is the probe and takes the lease, also before its
    /// time: a human's own press, or a gate that only observes. Others that go beside it may settle the probe as well.
    pub fn sent(&mut self, now: Instant) -> Epoch {
        match self.state {
            State::Closed { .. } => {}
            State::Open { rest, .. } => self.enter(State::HalfOpen { until: now + rest, rest }),
            State::HalfOpen { until, rest } if now >= until => {
                self.state = State::HalfOpen { until: now + rest, rest }
            }
            State::HalfOpen { .. } => {}
        }
        self.epoch
    }

    /// The answer to a request that was sent under `epoch`. One that was aborted has no answer and is not settled.
    pub fn settle(&mut self, now: Instant, epoch: Epoch, ok: bool, policy: &BreakerPolicy) {
        if epoch != self.epoch {
            return;
        }
        match self.state {
            State::Closed { failures, seen, last } => {
                let fresh = now.since(last) < policy.longest;
                let (failures, seen) = if fresh { (failures, seen) } else { (0, 0) };
                let seen = seen.saturating_add(1).min(MEMORY as u8);
                let failures = failures << 1 | u64::from(!ok);
                self.state = State::Closed { failures, seen, last: now };
                if !ok && trips(failures, u32::from(seen), policy) {
                    self.open(now, policy.rest.min(policy.longest));
                }
            }
            State::HalfOpen { rest, .. } if !ok && policy.trip > 0 => {
                self.open(now, rest.saturating_mul(2).min(policy.longest));
            }
            State::HalfOpen { .. } | State::Open { .. } => self.enter(CLOSED),
        }
    }

    /// Open or half-open: not yet known to be well.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, State::Closed { .. })
    }

    /// A probe is out, or its lease was: its answer decides.
    pub fn probing(&self) -> bool {
        matches!(self.state, State::HalfOpen { .. })
    }

    /// Until when nothing may go, or none when a request (perhaps the probe) may.
    pub fn closed_until(&self, now: Instant) -> Option<Instant> {
        self.ask(now).err()
    }

    /// When the next probe may go; [`Instant::NEVER`] when closed. Stays in the past until somebody is asked to probe:
    /// a timer is armed only for moments later than now.
    pub fn next_timeout(&self) -> Instant {
        match self.state {
            State::Closed { .. } => Instant::NEVER,
            State::Open { until, .. } | State::HalfOpen { until, .. } => until,
        }
    }

    fn open(&mut self, now: Instant, rest: Duration) {
        self.enter(State::Open { until: now + rest, rest });
    }

    /// The only place where the state changes kind.
    fn enter(&mut self, next: State) {
        self.state = next;
        self.epoch = Epoch(self.epoch.0.wrapping_add(1));
    }
}

/// Whether the failures among the last answers reach the share.
fn trips(failures: u64, seen: u32, policy: &BreakerPolicy) -> bool {
    let answers = policy.answers.clamp(1, MEMORY);
    if policy.trip == 0 || seen < answers {
        return false;
    }
    let counted = seen.min(answers * 2).min(MEMORY);
    let failed = (failures << (MEMORY - counted)).count_ones();
    u64::from(failed) * u64::from(ONE) >= u64::from(counted) * u64::from(policy.trip.min(ONE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: BreakerPolicy = BreakerPolicy {
        trip: 5_000,
        answers: 4,
        rest: Duration::from_millis(100),
        longest: Duration::from_millis(300),
    };

    fn at(ms: u64) -> Instant {
        Instant::ORIGIN + Duration::from_millis(ms)
    }

    /// Sends and settles one request at `ms`; a good one is a dot.
    fn run(b: &mut Breaker, ms: u64, outcomes: &str) {
        for outcome in outcomes.chars() {
            let epoch = b.sent(at(ms));
            b.settle(at(ms), epoch, outcome == '.', &POLICY);
        }
    }

    #[test]
    fn follows_its_table() {
        let mut b = Breaker::new();
        let early = b.sent(at(0));
        run(&mut b, 0, ".x.");
        assert_eq!(b.ask(at(0)), Ok(()), "closed: remembers and goes on");
        b.settle(at(0), Epoch(early.0.wrapping_sub(1)), false, &POLICY);
        assert!(!b.is_open(), "closed: a late answer is ignored");
        run(&mut b, 0, "x");
        assert_eq!(b.ask(at(99)), Err(at(100)), "closed: two of four open it");

        b.settle(at(50), early, true, &POLICY);
        assert_eq!(b.closed_until(at(50)), Some(at(100)), "open: a late answer is ignored");
        assert_eq!(b.ask(at(100)), Ok(()), "open: a probe after the rest");
        assert!(!b.probing(), "open: none is out yet");

        let probe = b.sent(at(100));
        assert!(b.probing() && b.is_open(), "half-open");
        assert_eq!(b.ask(at(101)), Err(at(200)), "half-open: one probe");
        b.settle(at(150), early, true, &POLICY);
        assert!(b.is_open(), "half-open: a late answer is ignored");
        b.settle(at(150), probe, false, &POLICY);
        assert_eq!(b.ask(at(150)), Err(at(350)), "half-open: rest doubled");

        let probe = b.sent(at(350));
        b.settle(at(350), probe, false, &POLICY);
        assert_eq!(b.ask(at(350)), Err(at(650)), "half-open: doubled no further than the longest");

        let probe = b.sent(at(650));
        b.settle(at(651), probe, true, &POLICY);
        assert!(!b.is_open(), "half-open: a good answer closes");
        run(&mut b, 652, "xxx");
        assert!(!b.is_open(), "and all is forgotten");
    }

    #[test]
    fn a_probe_that_is_never_answered_blocks_for_one_rest() {
        let mut b = Breaker::new();
        run(&mut b, 0, "xxxx");
        let lost = b.sent(at(100));
        assert_eq!(b.ask(at(199)), Err(at(200)));
        assert_eq!(b.ask(at(200)), Ok(()));
        assert_eq!(b.sent(at(200)), lost, "and its answer still counts when it comes after all");
        assert_eq!(b.ask(at(200)), Err(at(300)), "the next one has a lease of its own");
        b.settle(at(210), lost, true, &POLICY);
        assert!(!b.is_open());
    }

    #[test]
    fn a_press_before_its_time_probes_and_does_not_prolong_the_lease() {
        let mut b = Breaker::new();
        run(&mut b, 0, "xxxx");
        let press = b.sent(at(20));
        assert_eq!(b.ask(at(20)), Err(at(120)));
        assert_eq!((b.sent(at(60)), b.next_timeout()), (press, at(120)));
    }

    #[test]
    fn a_long_health_hides_no_outage() {
        let mut b = Breaker::new();
        run(&mut b, 0, &".".repeat(1_000));
        run(&mut b, 0, "xxx");
        assert!(!b.is_open());
        run(&mut b, 0, "x");
        assert!(b.is_open(), "four of the last eight");
    }

    #[test]
    fn failures_of_last_night_say_nothing_this_morning() {
        let mut b = Breaker::new();
        run(&mut b, 0, "xxx");
        run(&mut b, 300, "x");
        assert!(!b.is_open());
        run(&mut b, 599, "xxx");
        assert!(b.is_open(), "a shorter silence is no morning");
    }

    #[test]
    fn odd_figures_are_taken_at_their_bounds() {
        let once = BreakerPolicy { trip: u32::MAX, answers: 0, rest: Duration::MAX, longest: Duration::MAX };
        let mut b = Breaker::new();
        let epoch = b.sent(at(0));
        b.settle(at(0), epoch, false, &once);
        assert_eq!((b.ask(at(0)), b.next_timeout()), (Err(Instant::NEVER), Instant::NEVER));
        let many = BreakerPolicy { answers: u32::MAX, longest: Duration::from_secs(1), ..once };
        let mut b = Breaker::new();
        for failures in 1..=64 {
            let epoch = b.sent(at(0));
            b.settle(at(0), epoch, false, &many);
            assert_eq!(b.is_open(), failures == 64);
        }
    }

    #[test]
    fn off_never_opens_and_closes_what_is_open() {
        let mut b = Breaker::new();
        for _ in 0..200 {
            let epoch = b.sent(at(0));
            b.settle(at(0), epoch, false, &BreakerPolicy::OFF);
        }
        assert!(!b.is_open());
        run(&mut b, 0, "xxxx");
        let probe = b.sent(at(100));
        b.settle(at(100), probe, false, &BreakerPolicy::OFF);
        assert!(!b.is_open());
    }
}
