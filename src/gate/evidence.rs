//! What an answer means, and for whom: the gate's side of "whom a hint concerns".
//!
//! | the answer                                        | closes                                  | breaker | pressure |
//! |---------------------------------------------------|-----------------------------------------|---------|----------|
//! | 503, 529 with a time                              | the scope, by the server's word         | ok      | refusal  |
//! | 503, 529 without                                  | the scope, by our guess                 | failed  | refusal  |
//! | 429, another explicit throttle, with a time       | the route class, by the server's word   | ok      | refusal  |
//! | the same without                                  | the route class, by our guess           | ok      | refusal  |
//! | another failure (5xx) with a time                 | the route class, by the server's word   | failed  | failure  |
//! | another failure, a dropped connection             | nothing; the breaker counts             | failed  | failure  |
//! | aborted by its human, offline                     | nothing                                 | –       | –        |
//! | anything else                                     | clears our guesses, never the server's  | ok      | answer   |
//!
//! A second route class that is refused or failing makes it the scope's trouble, by our guess; an answer on any
//! route of the scope ends that guess.

use crate::time::Duration;

use super::Gate;
use crate::hint::{Hint, Quota};
use crate::num::ONE;
use crate::policy::defaults;
use crate::pressure::Evidence;
use crate::reason::Reason;
use crate::tickets::Request;
use crate::time::Instant;
use crate::verdict::{Outcome, Ticket};

/// What an answer amounts to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Meaning {
    /// The server refuses for load, all its routes or this one.
    Refused {
        everywhere: bool,
    },
    Failed,
    Silent,
    Answered,
}

fn meaning(outcome: Outcome, hint: Option<&Hint>) -> Meaning {
    match outcome {
        Outcome::Status(503 | 529) => Meaning::Refused { everywhere: true },
        Outcome::Status(420 | 429) => Meaning::Refused { everywhere: false },
        Outcome::Status(_) if hint.is_some_and(|h| h.overloaded) => Meaning::Refused { everywhere: false },
        Outcome::Status(500..) | Outcome::Failed => Meaning::Failed,
        Outcome::Offline | Outcome::Aborted => Meaning::Silent,
        Outcome::Status(_) => Meaning::Answered,
    }
}

impl Gate {
    /// Takes in one answer.
    pub(super) fn weigh(&mut self, now: Instant, r: &Request, outcome: Outcome, hint: Option<&Hint>) {
        if let Some(hint) = hint {
            self.hear_quotas(now, r, &hint.quotas);
        }
        let said = hint
            .and_then(|h| h.wait_ms)
            .map(|ms| Duration::from_millis(u64::from(ms)));
        match meaning(outcome, hint) {
            Meaning::Refused { everywhere } => {
                self.count(now, r, !everywhere || said.is_some());
                self.refused(now, r, said, everywhere);
            }
            Meaning::Failed => {
                let was_open = self.class_of(r).is_some_and(|c| c.breaker.is_open());
                self.count(now, r, false);
                self.press(now, r, Evidence::Failure, false);
                if let Some(wait) = said {
                    self.close(now, r, wait, false);
                }
                let open = self.class_of(r).is_some_and(|c| c.breaker.is_open());
                if was_open {
                    self.probed(now, r);
                } else if open {
                    self.widen(now, r, Reason::Breaker);
                }
            }
            Meaning::Silent => {}
            Meaning::Answered => self.answered(now, r),
        }
        if let Some(load) = hint.and_then(|h| h.load) {
            self.press(now, r, Evidence::Load(load), true);
        }
    }

    fn refused(&mut self, now: Instant, r: &Request, said: Option<Duration>, everywhere: bool) {
        self.press(now, r, Evidence::Refusal, everywhere);
        match said {
            Some(wait) => self.close(now, r, wait, everywhere),
            None => self.suspect(now, r, everywhere),
        }
        let limit = self.policy.limit;
        if let Some(lane) = self.lane_mut(r, everywhere) {
            lane.limit.refused(&limit);
        }
        if !everywhere {
            self.widen(now, r, Reason::Overload);
        }
    }

    /// The server named a time: until then, capped, plus a spread after it, never before it.
    fn close(&mut self, now: Instant, r: &Request, wait: Duration, everywhere: bool) {
        let (wait, mut spread) = (wait.min(self.policy.max_hint), self.spread.clone());
        if let Some(lane) = self.lane_mut(r, everywhere) {
            lane.close(now, wait, &mut spread);
        }
        self.spread = spread;
        self.changed = true;
    }

    /// It named none: a short guess, random and growing with every round. Refusals that come in while a guess is in
    /// force belong to the round that it ended.
    fn suspect(&mut self, now: Instant, r: &Request, everywhere: bool) {
        let (policy, mut jitter) = (self.policy.backoff, self.jitter.clone());
        if let Some(lane) = self.lane_mut(r, everywhere).filter(|lane| lane.guess <= now) {
            let until = now + lane.backoff.next(&mut jitter, &policy);
            lane.suspect(now, until, Reason::Overload);
        }
        self.jitter = jitter;
        self.changed = true;
    }

    /// When this request, which failed without closing anything, may be tried again.
    pub(super) fn back_off(&mut self, r: &Request) -> Duration {
        let policy = self.policy.backoff;
        match self.places.classes.get_mut(usize::from(r.class)) {
            Some(class) => class.lane.backoff.next(&mut self.jitter, &policy),
            None => policy.cap,
        }
    }

    /// A second route in trouble: until the first of them is due again the whole scope is suspected.
    fn widen(&mut self, now: Instant, r: &Request, why: Reason) {
        let Some(scope) = r.scope.slot() else { return };
        if self.places.others_refusing(now, scope as u8, r.class) == 0 {
            return;
        }
        let mut first = now + defaults::LONGEST_GUESS;
        for class in self
            .places
            .classes
            .iter()
            .filter(|c| usize::from(c.scope) == scope)
        {
            let closed = class.lane.closed(now).map(|(until, _)| until);
            if let Some(until) = closed.or(class.breaker.closed_until(now)) {
                first = first.min(until);
            }
        }
        if let Some(lane) = self.lane_mut(r, true) {
            lane.suspect(now, first, why);
        }
        self.changed = true;
    }

    fn answered(&mut self, now: Instant, r: &Request) {
        let before = self.guesses(now, r);
        self.count(now, r, true);
        self.press(now, r, Evidence::Answer, false);
        let Self { policy, places, .. } = self;
        if let Some(class) = places.classes.get_mut(usize::from(r.class)) {
            class.lane.clear(policy);
        }
        if let Some(scope) = places.find(r.scope).and_then(|at| places.scopes.get_mut(at)) {
            self.changed |= scope.lane.guess > now;
            scope.lane.clear(policy);
        }
        for (was, is) in before.into_iter().zip(self.guesses(now, r)) {
            if is.is_none() {
                self.ended(now, was);
            }
        }
        self.probed(now, r);
    }

    /// The ends of our guesses that hold this request's scope and route.
    fn guesses(&self, now: Instant, r: &Request) -> [Option<Instant>; 2] {
        [
            self.scope_of(r).map(|s| &s.lane),
            self.class_of(r).map(|c| &c.lane),
        ]
        .map(|lane| lane.and_then(|l| l.guessed(now)).map(|g| g.0))
    }

    /// A closure ended before its time: who waits for just that moment may look again now.
    fn ended(&mut self, now: Instant, closure: Option<Instant>) {
        self.queue.retime(&mut |waiter| {
            if Some(waiter.not_before) == closure {
                waiter.not_before = now;
            }
        });
    }

    /// The probe is back: whom the breaker held looks again now.
    fn probed(&mut self, now: Instant, r: &Request) {
        let tickets = &self.tickets;
        self.queue.retime(&mut |waiter| {
            let why = tickets.get(Ticket(waiter.ticket)).map(|r| r.why);
            if waiter.lane == r.class && why == Some(Reason::Breaker) {
                waiter.not_before = now;
            }
        });
    }

    fn count(&mut self, now: Instant, r: &Request, ok: bool) {
        if let Some(class) = self.places.classes.get_mut(usize::from(r.class)) {
            class.breaker.settle(now, r.epoch, ok, &self.policy.breaker);
        }
    }

    /// Raises or eases the level of the scope, or of the class; what one class of several says of its scope is capped.
    fn press(&mut self, now: Instant, r: &Request, evidence: Evidence, everywhere: bool) {
        let alone = r
            .scope
            .slot()
            .is_some_and(|s| self.places.only_class(s as u8, r.class));
        let Self { policy, places, .. } = self;
        let figures = &policy.pressure;
        let cap = if everywhere || alone {
            ONE
        } else {
            figures.class_cap
        };
        if let Some(scope) = places.find(r.scope).and_then(|at| places.scopes.get_mut(at)) {
            scope.lane.level.hear(now, evidence, cap, figures);
        }
        if let Some(class) = places
            .classes
            .get_mut(usize::from(r.class))
            .filter(|_| !everywhere)
        {
            class.lane.level.hear(now, evidence, ONE, figures);
        }
    }

    fn hear_quotas(&mut self, now: Instant, r: &Request, quotas: &[Quota]) {
        let Some(scope) = r.scope.slot() else { return };
        for told in quotas.iter().filter(|q| q.unit == "requests") {
            let figures = bits(told.limit).rotate_left(32) ^ bits(told.window_ms);
            let name = told.name.as_bytes();
            let Some(at) = self.places.partition(now, scope as u8, r.class, name, figures) else {
                continue;
            };
            self.places.link(r.class, at);
            let reset = told.reset_ms.map(|ms| Duration::from_millis(u64::from(ms)));
            let window = told.window_ms.map(|ms| Duration::from_millis(ms as u64));
            let Some(partition) = self.places.partitions.get_mut(usize::from(at)) else {
                continue;
            };
            let word = partition.word.until(now);
            partition
                .quota
                .told(now, told.limit, told.remaining, reset, window, &self.policy.quota);
            match partition.quota.spent(now) {
                Some(reset) => partition.word.say(now, reset.since(now), &mut self.spread),
                None if told.remaining.is_some() => {
                    partition.word.unsay();
                    self.ended(now, word);
                }
                None => {}
            }
        }
    }
}

fn bits(figure: Option<f64>) -> u64 {
    figure.map_or(0, f64::to_bits)
}
