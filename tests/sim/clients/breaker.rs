//! Retries around a circuit breaker, as cockatiel's README composes them: `wrap(retry(handleAll, { maxAttempts: 3,
//! backoff: new ExponentialBackoff() }), circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new
//! ConsecutiveBreaker(5) }))`, one for all calls of a page, with a time of 10 s for each try. The back-off is its
//! default: decorrelated jitter from 128 ms, at most 30 s. An open breaker fails a try at once, and that is retried too.

use ::tidegate::hint::Hint;
use ::tidegate::rng::Rng;
use ::tidegate::verdict::Outcome;

use super::retry::{Attempt, TIMEOUT, TRIES};
use super::{Act, Ask, CallId, Client};
use crate::sim::clock::{MS, Micros, NEVER, SECOND};

const HALF_OPEN_AFTER: Micros = 10 * SECOND;
const CONSECUTIVE: u32 = 5;
const FIRST: Micros = 128 * MS;
const LONGEST: Micros = 30 * SECOND;

enum State {
    Closed(u32),
    Open(Micros),
    /// One call probes.
    HalfOpen(CallId),
}

pub struct Breaker {
    calls: Vec<Attempt>,
    state: State,
    jitter: Rng,
}

impl Breaker {
    pub fn new(seed: u64) -> Self {
        Self { calls: Vec::new(), state: State::Closed(0), jitter: Rng::from_seed(seed) }
    }

    /// Whether a try may go now.
    fn admits(&mut self, now: Micros, id: CallId) -> bool {
        match self.state {
            State::Closed(_) => true,
            State::Open(until) if now >= until => {
                self.state = State::HalfOpen(id);
                true
            }
            State::Open(_) | State::HalfOpen(_) => false,
        }
    }

    fn settle(&mut self, now: Micros, id: CallId, ok: bool) {
        self.state = match self.state {
            State::HalfOpen(probe) if probe != id => return,
            State::Open(until) => State::Open(until),
            _ if ok => State::Closed(0),
            State::Closed(failed) if failed + 1 < CONSECUTIVE => State::Closed(failed + 1),
            _ => State::Open(now + HALF_OPEN_AFTER),
        };
    }

    /// Sends a try, or fails it at once.
    fn attempt(&mut self, now: Micros, mut call: Attempt, out: &mut Vec<Act>) {
        if self.admits(now, call.ask.id) {
            (call.flying, call.at) = (true, now + TIMEOUT);
            out.push(Act::Send(call.ask.id, call.ask));
            self.calls.push(call);
        } else {
            self.failed(now, call, out);
        }
    }

    fn failed(&mut self, now: Micros, mut call: Attempt, out: &mut Vec<Act>) {
        let may = call.ask.safe || call.ask.keyed;
        if !may || call.tries == TRIES {
            out.push(Act::End(call.ask.id, false));
            return;
        }
        call.tries += 1;
        let width = (FIRST << call.tries).min(LONGEST);
        (call.flying, call.at) = (false, now + FIRST + self.jitter.below(width));
        self.calls.push(call);
    }
}

impl Client for Breaker {
    fn ask(&mut self, now: Micros, ask: Ask, out: &mut Vec<Act>) {
        self.attempt(now, Attempt { ask, tries: 0, flying: false, at: now }, out);
    }

    fn answer(&mut self, now: Micros, token: u32, outcome: Outcome, _: Option<&Hint>, out: &mut Vec<Act>) {
        let Some(place) = self.calls.iter().position(|c| c.ask.id == token) else { return };
        let call = self.calls.swap_remove(place);
        let ok = matches!(outcome, Outcome::Status(..400));
        self.settle(now, token, ok);
        if ok {
            out.push(Act::End(token, true));
        } else {
            self.failed(now, call, out);
        }
    }

    fn abort(&mut self, now: Micros, id: CallId, out: &mut Vec<Act>) {
        self.calls.retain(|c| c.ask.id != id);
        if matches!(self.state, State::HalfOpen(probe) if probe == id) {
            self.state = State::Open(now);
        }
        out.push(Act::Cancel(id));
    }

    fn wake(&mut self, now: Micros, out: &mut Vec<Act>) {
        while let Some(place) = self.calls.iter().position(|c| c.at <= now) {
            let call = self.calls.swap_remove(place);
            if call.flying {
                out.push(Act::Cancel(call.ask.id));
                self.settle(now, call.ask.id, false);
                self.failed(now, call, out);
            } else {
                self.attempt(now, call, out);
            }
        }
    }

    fn due(&self) -> Micros {
        self.calls.iter().map(|c| c.at).min().unwrap_or(NEVER)
    }
}
