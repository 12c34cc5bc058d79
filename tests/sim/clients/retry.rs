//! Fixed retries with exponential back-off and jitter, after the defaults of the common clients:
//!
//! | what           | here                                        | whose default                                            |
//! |----------------|---------------------------------------------|----------------------------------------------------------|
//! | extra tries    | 3                                           | axios-retry `retries: 3` (ky: 2)                         |
//! | when           | no answer, 429, 502, 503, 504               | axios-retry: no answer or 5xx of idempotent methods; ky: also 408, 413, 429, 500 |
//! | what           | reads, and writes with an idempotency key   | the same                                                 |
//! | pause          | 100 ms × 2^n, up to a fifth more            | axios-retry `exponentialDelay`                           |
//! | `Retry-After`  | obeyed, not spread                          | both                                                     |
//! | time for a try | 10 s, then an error that is not retried     | ky `timeout: 10000`, `retryOnTimeout: false`             |

use ::tidegate::hint::Hint;
use ::tidegate::rng::Rng;
use ::tidegate::verdict::Outcome;

use super::{Act, Ask, CallId, Client};
use crate::sim::clock::{MS, Micros, NEVER, SECOND};

pub const TRIES: u32 = 3;
pub const TIMEOUT: Micros = 10 * SECOND;

/// One call: on its way until `at`, or waiting until then.
pub struct Attempt {
    pub ask: Ask,
    pub tries: u32,
    pub flying: bool,
    pub at: Micros,
}

pub struct Retry {
    calls: Vec<Attempt>,
    jitter: Rng,
}

impl Retry {
    pub fn new(seed: u64) -> Self {
        Self { calls: Vec::new(), jitter: Rng::from_seed(seed) }
    }
}

/// Whether sending it again may help and does no harm.
pub fn worth_a_retry(ask: &Ask, outcome: Outcome) -> bool {
    let passing = matches!(outcome, Outcome::Failed | Outcome::Status(429 | 502 | 503 | 504));
    passing && (ask.safe || ask.keyed)
}

/// `axios-retry`'s: 100 ms × 2^n, and up to a fifth more.
fn delay(tries: u32, jitter: &mut Rng) -> Micros {
    let base = (100 * MS) << tries;
    base + jitter.below(base / 5)
}

impl Client for Retry {
    fn ask(&mut self, now: Micros, ask: Ask, out: &mut Vec<Act>) {
        self.calls.push(Attempt { ask, tries: 0, flying: true, at: now + TIMEOUT });
        out.push(Act::Send(ask.id, ask));
    }

    fn answer(&mut self, now: Micros, token: u32, outcome: Outcome, hint: Option<&Hint>, out: &mut Vec<Act>) {
        let Some(place) = self.calls.iter().position(|c| c.ask.id == token) else { return };
        let call = &mut self.calls[place];
        if worth_a_retry(&call.ask, outcome) && call.tries < TRIES {
            call.tries += 1;
            let told = hint.and_then(|h| h.wait_ms).map(|ms| u64::from(ms) * MS);
            call.at = now + told.unwrap_or_else(|| delay(call.tries, &mut self.jitter));
            call.flying = false;
            return;
        }
        self.calls.swap_remove(place);
        out.push(Act::End(token, matches!(outcome, Outcome::Status(..400))));
    }

    fn abort(&mut self, _: Micros, id: CallId, out: &mut Vec<Act>) {
        self.calls.retain(|c| c.ask.id != id);
        out.push(Act::Cancel(id));
    }

    fn wake(&mut self, now: Micros, out: &mut Vec<Act>) {
        self.calls.retain_mut(|call| {
            if call.at > now {
                return true;
            }
            if call.flying {
                out.extend([Act::Cancel(call.ask.id), Act::End(call.ask.id, false)]);
                return false;
            }
            (call.flying, call.at) = (true, now + TIMEOUT);
            out.push(Act::Send(call.ask.id, call.ask));
            true
        });
    }

    fn due(&self) -> Micros {
        self.calls.iter().map(|c| c.at).min().unwrap_or(NEVER)
    }
}
