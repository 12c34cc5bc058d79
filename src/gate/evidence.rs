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
//! | the same after one of another class, and nothing good between; and each one after that | the scope, by our guess | failed | failure |
//! | the same of one that was held before, for a failure or a refusal | the route class, by our guess | failed  | failure  |
//! | aborted by its human, offline                     | nothing                                 | –       | –        |
//! | anything else                                     | clears our guesses, never the server's  | ok      | answer   |
//!
//! What a server says about itself (a load report, the Backpressure field) concerns the scope, on any answer: its
//! level, the share of the usual rate that goes to it, and the features that are named off.
//!
//! What closes anything is doubted as well, as if it had been seriously late (`gate/late.rs`).
//!
//! A second route class that is refused or failing makes it the scope's trouble, by our guess; an answer on any
//! route of the scope ends that guess.

use crate::time::Duration;

use super::Gate;
use crate::coalesce::KeyId;
use crate::hint::{Hint, Quota};
use crate::num::ONE;
use crate::policy::defaults;
use crate::pressure::{Evidence, STATES};
use crate::reason::Reason;
use crate::scope::PlaceId;
use crate::tickets::Request;
use crate::time::Instant;
use crate::verdict::{How, Outcome, Ticket};

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
        let said = hint.and_then(|h| h.wait_ms).map(|ms| Duration::from_millis(u64::from(ms)));
        let meaning = meaning(outcome, hint);
        if matches!(meaning, Meaning::Answered | Meaning::Refused { .. }) {
            self.taken(now, r, meaning == Meaning::Answered);
        }
        match meaning {
            Meaning::Refused { everywhere } => {
                self.count(now, r, !everywhere || said.is_some());
                self.refused(now, r, said, everywhere);
            }
            Meaning::Failed => {
                let was_open = self.is_open(r);
                self.count(now, r, false);
                self.press(now, r, Evidence::Failure, false);
                if let Some(wait) = said {
                    self.close(now, r, wait, false);
                }

                if was_open {
                    self.probed(now, r);
                } else if self.is_open(r) {
                    self.widen(now, r, Reason::Breaker);
                } else if self.stumbles(r) {
                    self.suspect(now, r, true);
                } else if r.tries > 0 && self.policy.breaker.trip > 0 {
                    // It was held, and failed again: the next press asks nobody for a while.
                    self.suspect(now, r, false);
                }
            }
            Meaning::Silent => {}
            Meaning::Answered => self.answered(now, r),
        }
        if let Some(hint) = hint {
            self.hear_load(now, r, hint, meaning != Meaning::Answered);
        }
    }

    /// A later word about an answer that was settled: what its body says, or what the browser tells beside it. Evidence
    /// only, for the request has its answer; nothing when the key is not known any more.
    pub fn hear(&mut self, now: Instant, key: KeyId, status: u16, hint: &Hint) {
        let Some(r) = self.intend(now, key, How::default(), None) else {
            return;
        };
        let said = hint.wait_ms.map(|ms| Duration::from_millis(u64::from(ms)));
        let before = meaning(Outcome::Status(status), None);
        self.hear_quotas(now, &r, &hint.quotas);
        match (before, said) {
            (Meaning::Refused { everywhere }, Some(wait)) => self.close(now, &r, wait, everywhere),
            (Meaning::Refused { .. }, None) => {}
            _ if hint.overloaded => self.refused(now, &r, said, false),
            (_, Some(wait)) => self.close(now, &r, wait, false),
            _ => {}
        }
        self.hear_load(now, &r, hint, before != Meaning::Answered);
        self.tell(now, r.scope);
    }

    /// Two classes have failed, one after the other, and nothing was answered well between them; or that was so, and
    /// nothing was answered well since.
    fn stumbles(&mut self, r: &Request) -> bool {
        let Some(scope) = self.places.get_mut(r.scope) else { return false };
        let last = core::mem::replace(&mut scope.stumbled, r.route);
        let another = last != PlaceId::NONE && last != r.route;
        // Who wants no breaker wants no guess about failures.
        (another || scope.backoff.last() > Duration::ZERO) && self.policy.breaker.trip > 0
    }

    fn is_open(&self, r: &Request) -> bool {
        let route = self.places.get(r.route);
        route.is_some_and(|route| route.breaker.is_open())
    }

    fn refused(&mut self, now: Instant, r: &Request, said: Option<Duration>, everywhere: bool) {
        self.press(now, r, Evidence::Refusal, everywhere);
        match said {
            Some(wait) => self.close(now, r, wait, everywhere),
            None => self.suspect(now, r, everywhere),
        }
        if let Some(place) = self.places.get_mut(concerned(r, everywhere)) {
            place.limit.refused(&self.policy.limit);
        }
        if !everywhere {
            self.widen(now, r, Reason::Overload);
        }
    }

    /// The server named a time: until then, capped, plus a spread after it, never before it.
    fn close(&mut self, now: Instant, r: &Request, wait: Duration, everywhere: bool) {
        if let Some(place) = self.places.get_mut(concerned(r, everywhere)) {
            place.close(now, wait.min(self.policy.max_hint), &mut self.spread);
        }
        self.doubt(now, r, everywhere);
    }

    /// What has refused counts as late: when it opens again one goes, and an answer in time lets the others follow.
    fn doubt(&mut self, now: Instant, r: &Request, everywhere: bool) {
        let figures = self.policy.pressure;
        if let Some(place) = self.places.get_mut(concerned(r, everywhere)) {
            place.level.late(now, figures.up[1], &figures);
        }
        self.changed = true;
    }

    /// It named none: a short guess, random and growing with every round. Refusals that come in while a guess is in
    /// force belong to the round that it ended, but for the press that has probed it.
    fn suspect(&mut self, now: Instant, r: &Request, everywhere: bool) {
        let rare = self.places.get(r.route).is_some_and(|route| route.throttle.is_rare(defaults::RARE));
        if let Some(place) = self.places.get_mut(concerned(r, everywhere))
            && (place.guess.until <= now || r.how.is(How::PRESS) && place.pressed >= place.guess.until)
        {
            let mut window = place.backoff.next(&mut self.jitter, &self.policy.backoff);
            if rare {
                window = window / defaults::RARE;
            }
            place.suspect(now, now + window, Reason::Overload);
        }
        self.changed = true;
        if !rare {
            self.doubt(now, r, everywhere);
        }
    }

    /// When this request, which failed without closing anything, may be tried again.
    pub(super) fn back_off(&mut self, r: &Request) -> Duration {
        let policy = &self.policy.backoff;
        match self.places.get_mut(r.route) {
            Some(route) => route.backoff.next(&mut self.jitter, policy),
            None => policy.cap,
        }
    }

    /// A second route in trouble: until the first of them is due again the whole scope is suspected.
    fn widen(&mut self, now: Instant, r: &Request, why: Reason) {
        let longest = now + defaults::LONGEST_GUESS;
        if let Some(until) = self.places.in_trouble(now, r.scope, r.route, longest)
            && let Some(scope) = self.places.get_mut(r.scope)
        {
            scope.suspect(now, until, why);
            self.changed = true;
        }
    }

    fn answered(&mut self, now: Instant, r: &Request) {
        self.count(now, r, true);
        self.press(now, r, Evidence::Answer, false);
        self.clock(now, r);
        let growth = self.places.get(r.scope).map_or(1, |scope| scope.share.growth(now));
        for &id in &[r.scope, r.route] {
            if let Some(place) = self.places.get_mut(id) {
                place.stumbled = PlaceId::NONE;
                let guess = place.guess.until;
                place.clear(&self.policy);
                for _ in 1..growth {
                    place.limit.succeeded(&self.policy.limit);
                }
                self.changed |= id == r.scope && guess > now;
                self.ended(now, guess);
            }
        }
        self.probed(now, r);
    }

    /// A closure ended before its time: who waits for just that moment may look again now.
    fn ended(&mut self, now: Instant, closure: Instant) {
        self.queue.retime(&mut |waiter| {
            if waiter.not_before == closure {
                waiter.not_before = closure.min(now);
            }
        });
    }

    /// The probe is back: whom the breaker held looks again now.
    fn probed(&mut self, now: Instant, r: &Request) {
        self.look_again(now, r.route, &[Reason::Breaker]);
    }

    /// Whom this place, a scope or a route, held for one of these reasons looks again now.
    pub(super) fn look_again(&mut self, now: Instant, place: PlaceId, why: &[Reason]) {
        if self.queue.is_empty() {
            return;
        }
        let tickets = &self.tickets;
        self.queue.retime(&mut |waiter| {
            if let Some(waits) = tickets.get(Ticket(waiter.ticket))
                && (waits.route == place || waits.scope == place)
                && why.contains(&waits.hold.why)
            {
                waiter.not_before = now;
            }
        });
    }

    fn count(&mut self, now: Instant, r: &Request, ok: bool) {
        if let Some(route) = self.places.get_mut(r.route) {
            let before = route.breaker.next_timeout();
            route.breaker.settle(now, r.epoch, ok, &self.policy.breaker);
            // The next page and other tabs are to know of its rest, also where the state stays as it was.
            self.changed |= route.breaker.next_timeout() != before;
        }
    }

    /// Whether the server took it, for the share of what it would refuse.
    fn taken(&mut self, now: Instant, r: &Request, taken: bool) {
        if let Some(route) = self.places.get_mut(r.route) {
            route.throttle.count(now, taken, &defaults::THROTTLE);
        }
    }

    /// Raises or eases the level of the scope; what one class of several says of it is capped.
    fn press(&mut self, now: Instant, r: &Request, evidence: Evidence, everywhere: bool) {
        let figures = &self.policy.pressure;
        let cap = if everywhere || self.places.is_alone(r.scope, r.route) { ONE } else { figures.class_cap };
        if let Some(scope) = self.places.get_mut(r.scope) {
            scope.level.hear(now, evidence, cap, figures);
        }
    }

    /// What the server says about itself, and what it asks its clients to do.
    fn hear_load(&mut self, now: Instant, r: &Request, hint: &Hint, failed: bool) {
        if let Some(load) = hint.load {
            self.press(now, r, Evidence::Load(load), true);
        }
        let (Some(advice), Some(scope)) = (&hint.advice, self.places.get_mut(r.scope)) else {
            return;
        };
        let holds = Duration::from_millis(u64::from(advice.for_ms)).min(self.policy.max_hint);
        let until = now + holds;
        if let Some(state) = advice.state.and_then(|place| STATES.get(usize::from(place))) {
            scope.level.told(now, *state, until, failed, &self.policy.pressure);
        }
        if let Some(off) = &advice.off {
            scope.off = (off.clone(), until);
            self.brownout.stir();
            self.changed = true;
        }
        if let Some(share) = advice.share {
            let slowed = scope.share.slows(now);
            // Whom it holds back comes again spread, not with all others when it is over.
            let spread = self.spread.between(Duration::ZERO, holds / defaults::SPREAD_DIVISOR);
            scope.share.told(now, share, until + spread, &defaults::SHARE);
            if slowed {
                self.look_again(now, r.scope, &[Reason::Overload]);
            }
        }
    }

    fn hear_quotas(&mut self, now: Instant, r: &Request, quotas: &[Quota]) {
        for told in quotas.iter().filter(|q| q.unit == "requests") {
            let figures = bits(told.limit).rotate_left(32) ^ bits(told.window_ms);
            let name = told.name.as_bytes();
            let id = self.places.quota(now, r.scope, r.route, name, figures);
            let Some(place) = self.places.get_mut(id) else {
                continue;
            };
            let reset = told.reset_ms.map(|ms| Duration::from_millis(u64::from(ms)));
            let window = told.window_ms.map(|ms| Duration::from_millis(ms as u64));
            let policy = &self.policy.quota;
            place.quota.told(now, told.limit, told.remaining, reset, window, policy);
            if let Some(reset) = place.quota.spent(now) {
                place.word.say(now, reset.since(now), &mut self.spread);
            } else if told.remaining.is_some() {
                let word = place.word.until();
                place.word.unsay();
                self.ended(now, word);
            }
        }
    }
}

/// The place that an answer speaks of.
fn concerned(r: &Request, everywhere: bool) -> PlaceId {
    if everywhere { r.scope } else { r.route }
}

fn bits(figure: Option<f64>) -> u64 {
    figure.map_or(0, f64::to_bits)
}
