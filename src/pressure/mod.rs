//! What we make of it: hints and own evidence fused into a level from 0 to 1 and the four states of the W3C Compute
//! Pressure API (nominal, fair, serious, critical).
//!
//! Without a fused level every part of a page would judge the server alone, from the last answer it happened to see.
//!
//! | evidence                         | level, in ten-thousandths                                       |
//! |----------------------------------|-----------------------------------------------------------------|
//! | refusal (429, 503, throttle)     | at least `refusal_floor`, and up by `refusal_step`              |
//! | failure (5xx, dropped connection)| up by `failure_step`                                            |
//! | load report                      | at least 1.8 × (load - 0.5)                                     |
//! | the server's own word: a state   | at least that state's `up`, for as long as it says; nominal: 0  |
//! | an answer that is late, also while it is outstanding | at least the level that the gate gives it, halving every `late_half_life` |
//! | answer                           | down by half; a success never raises it                         |
//! | answer in time                   | what lateness made of it is over at once                        |
//! | time                             | halves every `half_life`                                        |
//!
//! What closes a place counts as late, too. Lateness fades more slowly than a refusal, because only a request can refute it, and nobody sends one for that.
//!
//! A state is entered at `up` and left below `down` (hysteresis), so it never flaps on a level that trembles.

pub mod usual;

use crate::time::Duration;

use crate::num::{ONE, decay};
use crate::time::Instant;

/// How evidence becomes pressure; shares in ten-thousandths.
#[derive(Clone, Copy, Debug)]
pub struct PressurePolicy {
    /// Level that one explicit refusal makes at least.
    pub refusal_floor: u32,
    /// What each refusal adds.
    pub refusal_step: u32,
    /// What each failure adds.
    pub failure_step: u32,
    /// The most that a single route class of several may say about its scope.
    pub class_cap: u32,
    /// Time after which evidence counts half.
    pub half_life: Duration,
    /// Time after which lateness counts half.
    pub late_half_life: Duration,
    /// Levels at which fair, serious and critical are entered.
    pub up: [u32; 3],
    /// Levels below which they are left.
    pub down: [u32; 3],
}

/// The four states, W3C Compute Pressure.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum State {
    /// Nothing speaks of load.
    #[default]
    Nominal,
    /// First signs.
    Fair,
    /// The server suffers.
    Serious,
    /// The server is beyond what it can do.
    Critical,
}

/// All of them, the best first.
pub const STATES: [State; 4] = [State::Nominal, State::Fair, State::Serious, State::Critical];

/// The level of one place, as of one moment; later moments follow by decay.
#[derive(Clone, Copy, Debug, Default)]
pub struct Level {
    value: u32,
    at: Instant,
    state: State,
    /// What the server itself said: no less than this, until then.
    told: u32,
    until: Instant,
    /// What lateness makes of it, as of then.
    late: u32,
    late_at: Instant,
}

/// One piece of evidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Evidence {
    /// The server refused for load.
    Refusal,
    /// The server failed, or did not answer.
    Failure,
    /// The server reports this utilisation, 0 to 1.
    Load(f64),
    /// The server answered.
    Answer,
}

impl Level {
    /// An answer is late, outstanding or not: the level is at least this.
    pub fn late(&mut self, now: Instant, level: u32, policy: &PressurePolicy) {
        self.late_since(now, now, level, policy);
    }

    /// The same of what was late at an earlier moment, before a reload.
    pub fn late_since(&mut self, now: Instant, at: Instant, level: u32, policy: &PressurePolicy) {
        let (state, old) = (self.state(now, policy), self.lateness(at, policy));
        (self.late, self.late_at) = (old.max(level.min(ONE)), at);
        self.state = settled(state, self.value(now, policy), policy);
    }

    /// How late it was when that was last seen, and when.
    pub fn late_sign(&self) -> (u32, Instant) {
        (self.late, self.late_at)
    }

    /// An answer came in time.
    pub fn prompt(&mut self, now: Instant, policy: &PressurePolicy) {
        let state = self.state(now, policy);
        self.late = 0;
        self.state = settled(state, self.value(now, policy), policy);
    }

    /// What lateness makes of it now, 0 to 10 000.
    pub fn lateness(&self, now: Instant, policy: &PressurePolicy) -> u32 {
        decay(self.late, now.since(self.late_at), policy.late_half_life)
    }

    /// Whether it was late by more than what is fair, not long ago, and nothing has refuted that since.
    pub fn doubted(&self, now: Instant, policy: &PressurePolicy) -> bool {
        self.late > policy.up[0] && self.lateness(now, policy) >= policy.down[0]
    }

    /// Takes in one piece of evidence, at most up to `cap`.
    pub fn hear(&mut self, now: Instant, evidence: Evidence, cap: u32, policy: &PressurePolicy) {
        let (old, state) = (self.own(now, policy), self.state(now, policy));
        let heard = match evidence {
            Evidence::Refusal => policy.refusal_floor.max(old.saturating_add(policy.refusal_step)),
            Evidence::Failure => old.saturating_add(policy.failure_step),
            Evidence::Load(load) => (((load - 0.5) * 1.8).clamp(0.0, 1.0) * f64::from(ONE)) as u32,
            Evidence::Answer => old / 2,
        };
        let value = match evidence {
            Evidence::Answer => heard,
            _ => heard.min(cap.min(ONE)).max(old),
        };
        (self.value, self.at) = (value, now);
        self.state = settled(state, self.value(now, policy), policy);
    }

    /// The server says how it is, until then; that takes the place of what it said before. That it is well counts more
    /// than our evidence, but only when what it said it with is no failure.
    pub fn told(
        &mut self,
        now: Instant,
        state: State,
        until: Instant,
        failed: bool,
        policy: &PressurePolicy,
    ) {
        let old = self.state(now, policy);
        let enter = (state as usize).checked_sub(1).and_then(|place| policy.up.get(place)).copied();
        (self.told, self.until) = (enter.unwrap_or(0), until);
        if enter.is_none() && !failed {
            (self.value, self.late) = (0, 0);
        }
        self.state = settled(old, self.value(now, policy), policy);
    }

    /// The level now, 0 to 10 000.
    pub fn value(&self, now: Instant, policy: &PressurePolicy) -> u32 {
        self.own(now, policy).max(self.said(now)).max(self.lateness(now, policy))
    }

    /// What the server itself says.
    pub fn said(&self, now: Instant) -> u32 {
        if now < self.until { self.told } else { 0 }
    }

    /// What our evidence says.
    fn own(&self, now: Instant, policy: &PressurePolicy) -> u32 {
        decay(self.value, now.since(self.at), policy.half_life)
    }

    /// The state now.
    pub fn state(&self, now: Instant, policy: &PressurePolicy) -> State {
        settled(self.state, self.value(now, policy), policy)
    }
}

/// The state that follows `from` at this level: up through every threshold reached, down through every one left.
fn settled(from: State, value: u32, policy: &PressurePolicy) -> State {
    let mut place = from as usize;
    while policy.up.get(place).is_some_and(|up| value >= *up) {
        place += 1;
    }
    while place > 0 && policy.down.get(place - 1).is_some_and(|down| value < *down) {
        place -= 1;
    }
    STATES.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::defaults::PRESSURE as P;

    fn at(ms: u64) -> Instant {
        Instant::ORIGIN + Duration::from_millis(ms)
    }

    #[test]
    fn follows_its_table() {
        let mut level = Level::default();
        level.hear(at(0), Evidence::Refusal, ONE, &P);
        assert_eq!(level.state(at(0), &P), State::Serious, "a refusal");
        level.hear(at(0), Evidence::Refusal, ONE, &P);
        assert_eq!(level.state(at(0), &P), State::Critical, "a second one");
        level.hear(at(0), Evidence::Answer, ONE, &P);
        assert_eq!(level.state(at(0), &P), State::Serious, "an answer");

        let mut level = Level::default();
        level.hear(at(0), Evidence::Failure, ONE, &P);
        assert_eq!(level.state(at(0), &P), State::Nominal, "one failure");
        level.hear(at(1), Evidence::Failure, ONE, &P);
        assert_eq!(level.state(at(1), &P), State::Fair, "a second one");

        let mut level = Level::default();
        for (load, state) in [
            (f64::NAN, State::Nominal),
            (0.5, State::Nominal),
            (0.7, State::Fair),
            (0.9, State::Serious),
            (1.0, State::Critical),
            (9.0, State::Critical),
        ] {
            level.hear(at(2), Evidence::Load(load), ONE, &P);
            assert_eq!(level.state(at(2), &P), state, "load {load}");
        }
    }

    #[test]
    fn the_servers_own_word_holds_as_long_as_it_says_and_no_longer() {
        let mut level = Level::default();
        for state in [State::Critical, State::Fair, State::Serious] {
            level.told(at(0), state, at(30_000), false, &P);
            assert_eq!(level.state(at(29_999), &P), state);
            level.hear(at(1), Evidence::Answer, ONE, &P);
            assert_eq!(level.state(at(29_999), &P), state, "an answer does not refute it");
        }
        assert_eq!(level.state(at(30_000), &P), State::Nominal, "over");

        level.hear(at(31_000), Evidence::Refusal, ONE, &P);
        level.told(at(31_000), State::Fair, at(90_000), false, &P);
        assert_eq!(level.state(at(31_000), &P), State::Serious, "a word does not hide worse evidence");
        assert_eq!(level.state(at(60_000), &P), State::Fair, "which fades above it");
        level.told(at(60_000), State::Critical, at(60_000), false, &P);
        assert_eq!(level.state(at(60_000), &P), State::Nominal, "for no time at all");
    }

    #[test]
    fn nominal_lifts_at_once_unless_it_comes_with_a_failure() {
        let mut level = Level::default();
        level.hear(at(0), Evidence::Refusal, ONE, &P);
        level.told(at(1), State::Nominal, at(9_000), true, &P);
        assert_eq!(level.state(at(1), &P), State::Serious);
        level.told(at(2), State::Nominal, at(9_000), false, &P);
        assert_eq!((level.state(at(2), &P), level.value(at(2), &P)), (State::Nominal, 0));
        level.hear(at(3), Evidence::Refusal, ONE, &P);
        assert_eq!(level.state(at(3), &P), State::Serious, "new evidence counts");
    }

    #[test]
    fn is_forgotten_within_half_a_minute_and_never_rises_by_itself() {
        let mut level = Level::default();
        level.hear(at(0), Evidence::Refusal, ONE, &P);
        let mut last = State::Critical;
        for ms in (0..30_000).step_by(100) {
            let state = level.state(at(ms), &P);
            assert!(state <= last);
            last = state;
        }
        assert_eq!(last, State::Nominal);
    }

    #[test]
    fn a_level_that_trembles_does_not_flap() {
        let mut level = Level::default();
        let mut changes = 0;
        let mut last = State::Nominal;
        for i in 0..200u64 {
            level.hear(at(i * 10), Evidence::Load(if i % 2 == 0 { 0.68 } else { 0.65 }), ONE, &P);
            let state = level.state(at(i * 10), &P);
            changes += u32::from(state != last);
            last = state;
        }
        assert_eq!(changes, 1);
    }

    #[test]
    fn one_class_of_several_makes_its_scope_fair_at_most() {
        let mut level = Level::default();
        for i in 0..20 {
            level.hear(at(i), Evidence::Refusal, P.class_cap, &P);
        }
        assert_eq!(level.state(at(20), &P), State::Fair);
    }

    #[test]
    fn lateness_stays_until_it_is_refuted_or_old() {
        let mut level = Level::default();
        level.late(at(0), P.up[0], &P);
        assert_eq!(level.state(at(5_000), &P), State::Fair);
        level.hear(at(5_000), Evidence::Answer, ONE, &P);
        assert_eq!(level.state(at(5_000), &P), State::Fair, "an answer that was late as well");
        level.late(at(5_000), P.up[1], &P);
        level.late(at(5_000), P.up[0], &P);
        assert_eq!(level.state(at(5_000), &P), State::Serious, "less does not hide more");
        level.prompt(at(6_000), &P);
        assert_eq!((level.state(at(6_000), &P), level.value(at(6_000), &P)), (State::Nominal, 0));
        level.late(at(7_000), P.up[0], &P);
        assert_eq!(level.state(at(40_000), &P), State::Nominal, "old");
        level.hear(at(40_000), Evidence::Refusal, ONE, &P);
        level.late(at(40_000), P.up[1], &P);
        level.prompt(at(40_000), &P);
        assert_eq!(level.state(at(40_000), &P), State::Serious, "a refusal is not refuted by being fast");
    }

    #[test]
    fn a_success_never_raises() {
        let mut level = Level::default();
        for i in 0..50 {
            let before = level.value(at(i), &P);
            level.hear(at(i), Evidence::Answer, ONE, &P);
            assert!(level.value(at(i), &P) <= before);
        }
    }
}
