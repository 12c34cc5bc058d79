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
//! | answer                           | down by half; a success never raises it                         |
//! | time                             | halves every `half_life`                                        |
//!
//! A state is entered at `up` and left below `down` (hysteresis), so it never flaps on a level that trembles.

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

const STATES: [State; 4] = [State::Nominal, State::Fair, State::Serious, State::Critical];

/// The level of one place, as of one moment; later moments follow by decay.
#[derive(Clone, Copy, Debug, Default)]
pub struct Level {
    value: u32,
    at: Instant,
    state: State,
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
    /// Takes in one piece of evidence, at most up to `cap`.
    pub fn hear(&mut self, now: Instant, evidence: Evidence, cap: u32, policy: &PressurePolicy) {
        let old = self.value(now, policy);
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
        self.state = settled(self.state(now, policy), value, policy);
        (self.value, self.at) = (value, now);
    }

    /// The level now, 0 to 10 000.
    pub fn value(&self, now: Instant, policy: &PressurePolicy) -> u32 {
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
    fn a_success_never_raises() {
        let mut level = Level::default();
        for i in 0..50 {
            let before = level.value(at(i), &P);
            level.hear(at(i), Evidence::Answer, ONE, &P);
            assert!(level.value(at(i), &P) <= before);
        }
    }
}
