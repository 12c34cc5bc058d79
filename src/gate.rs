//! The gate: the one order in which policies are asked about one request.
//!
//! Four kinds of method and no others: getters, handlers (what happened), questions (what may happen), polls (what is
//! due). After a handler or a question, drain the polls, then arm one timer with [`Gate::next_timeout`]. That is the
//! whole contract.

mod evidence;
mod getters;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use crate::coalesce::{KeyId, Keys};
use crate::event::{Event, Events, Kind};
use crate::hint::Hint;
use crate::policy::{Mode, Policy, defaults};
use crate::pressure::State;
use crate::queue::{Queue, Waiter};
use crate::reason::Reason;
use crate::retry::budget::Budget;
use crate::rng::Rng;
use crate::scope::{Class, Places, Scope, ScopeId, route};
use crate::tickets::{Phase, Request, Tickets};
use crate::time::Instant;
use crate::verdict::{How, Outcome, Ticket, Verdict};

pub use getters::Report;

/// Decides for every request of one page.
#[derive(Debug)]
pub struct Gate {
    policy: Policy,
    places: Places,
    keys: Keys,
    tickets: Tickets,
    queue: Queue,
    budget: Budget,
    events: Events,
    outbox: VecDeque<Verdict>,
    spread: Rng,
    jitter: Rng,
    changed: bool,
    /// Something happened after which a waiter may go.
    room_made: bool,
    malformed: u32,
}

/// What holds a request: until when at least (`NEVER`: until there is room), and why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Hold {
    until: Instant,
    why: Reason,
}

impl Hold {
    fn while_closed(closed: Option<(Instant, Reason)>, why: impl Fn(Reason) -> bool) -> Result<(), Self> {
        match closed {
            Some((until, reason)) if why(reason) => Err(Self { until, why: reason }),
            _ => Ok(()),
        }
    }
}

impl Gate {
    /// A gate that knows nothing yet. The same seed and the same calls give the same answers, everywhere.
    pub fn new(policy: Policy, seed: u64) -> Self {
        let rng = Rng::from_seed(seed);
        Self {
            places: Places::default(),
            keys: Keys::default(),
            tickets: Tickets::default(),
            queue: Queue::new(policy.queue_size, policy.queue_drop),
            budget: Budget::new(&policy.budget),
            events: Events::new(defaults::EVENTS),
            outbox: VecDeque::new(),
            spread: rng.fork(1),
            jitter: rng.fork(2),
            changed: false,
            room_made: false,
            malformed: 0,
            policy,
        }
    }

    // ── questions ───────────────────────────────────────────────────────────

    /// The handle of a scope by its name; none when the table is full of closed ones (let such requests pass).
    pub fn scope(&mut self, now: Instant, name: &[u8]) -> Option<ScopeId> {
        self.places.scope(now, name)
    }

    /// The handle of a new request key. `url` is absolute, without fragment. Zero when the scope is not known.
    pub fn key(&mut self, now: Instant, scope: ScopeId, method: &[u8], url: &[u8]) -> KeyId {
        let Some(slot) = self.places.find(scope) else {
            return KeyId(0);
        };
        let class = self.places.class(now, slot as u8, route(method, url));
        self.keys.intern(slot as u8, scope.0 >> 8, class)
    }

    /// May a request with this key go? `patience`: how long its human waits; none: the policy's.
    pub fn ask(&mut self, now: Instant, key: KeyId, how: How, patience: Option<Duration>) -> Verdict {
        if self.policy.mode == Mode::Off {
            return Verdict::Pass;
        }
        let Some(request) = self.intend(now, key, how, patience) else {
            return Verdict::Stale;
        };
        if let Some(leader) = self.flight(&request) {
            self.note(Kind::Coalesced, leader, &request, None, Instant::NEVER, 1);
            return Verdict::Join {
                ticket: Ticket(0),
                leader,
            };
        }
        let Some(ticket) = self.tickets.open(request) else {
            return Verdict::Pass;
        };
        match self.decide(now, ticket, &request) {
            Ok(()) => self.send(now, ticket, &request),
            Err(hold) if self.policy.mode == Mode::Observe => self.observe(now, ticket, &request, hold),
            Err(hold) => self.wait(now, ticket, &request, hold),
        }
    }

    fn intend(&mut self, now: Instant, key: KeyId, how: How, patience: Option<Duration>) -> Option<Request> {
        let own = if how.background() {
            self.policy.background_patience
        } else {
            self.policy.patience
        };
        let known = *self.keys.get(key)?;
        let scope = ScopeId(u32::from(known.scope) + 1 | known.scope_generation << 8);
        self.places.find(scope)?;
        // An intent whose last hold ended in a refusal gets its answer at once: ours must not multiply with an outer
        // client's retries.
        let repeated = known.refused_until > now;
        Some(Request {
            key,
            scope,
            class: known.class,
            how: if repeated { How(how.0 | How::NO_HOLD) } else { how },
            phase: Phase::Waiting,
            tries: 0,
            deadline: if repeated {
                now
            } else {
                now + patience.unwrap_or(own)
            },
            sent_at: now,
            epoch: Default::default(),
            counted: false,
            why: Reason::Concurrency,
            until: Instant::NEVER,
        })
    }

    /// The order of one request, cheapest and most certain first. It only looks: `send` commits.
    fn decide(&self, now: Instant, ticket: Ticket, r: &Request) -> Result<(), Hold> {
        if self.policy.mode != Mode::On {
            return Ok(());
        }
        let scope = self.scope_of(r);
        let class = self.class_of(r);
        self.servers_word(now, scope, class)?;
        own_guess(now, scope, class)?;
        self.pace(now, class, r)?;
        self.concurrency(scope, class)?;
        self.in_turn(ticket, r)
    }

    /// A time that the server named is in force, for the scope, the route, or a quota that is used up.
    fn servers_word(&self, now: Instant, scope: Option<&Scope>, class: Option<&Class>) -> Result<(), Hold> {
        let named = |why| why == Reason::RetryAfter;
        Hold::while_closed(scope.and_then(|s| s.lane.closed(now)), named)?;
        Hold::while_closed(class.and_then(|c| c.lane.closed(now)), named)?;
        for partition in self.quotas(class) {
            if let Some(reset) = partition.quota.spent(now) {
                return Err(Hold {
                    until: reset + partition.spread,
                    why: Reason::Quota,
                });
            }
        }
        Ok(())
    }

    /// Background work by what is left of the quota; user-facing work only when that would not last.
    fn pace(&self, now: Instant, class: Option<&Class>, r: &Request) -> Result<(), Hold> {
        if !self.policy.pace {
            return Ok(());
        }
        for partition in self.quotas(class) {
            if let Err(until) = partition.quota.ask(now, r.how.background(), &self.policy.quota) {
                return Err(Hold {
                    until,
                    why: Reason::Quota,
                });
            }
        }
        Ok(())
    }

    fn concurrency(&self, scope: Option<&Scope>, class: Option<&Class>) -> Result<(), Hold> {
        let room = |lane: Option<&crate::scope::Lane>| lane.is_none_or(|l| l.limit.ask(&self.policy.limit));
        if room(scope.map(|s| &s.lane)) && room(class.map(|c| &c.lane)) {
            return Ok(());
        }
        Err(Hold {
            until: Instant::NEVER,
            why: Reason::Concurrency,
        })
    }

    /// Unsafe requests of one route leave in the order in which they came.
    fn in_turn(&self, ticket: Ticket, r: &Request) -> Result<(), Hold> {
        if !r.how.is(How::SAFE) && self.queue.ordered_before(r.class, ticket.0) {
            return Err(Hold {
                until: Instant::NEVER,
                why: Reason::Concurrency,
            });
        }
        Ok(())
    }

    /// An equal safe request in flight that may be joined.
    fn flight(&mut self, r: &Request) -> Option<Ticket> {
        if !self.policy.coalesce || !r.how.is(How::JOIN) || self.policy.mode != Mode::On {
            return None;
        }
        let (leader, writes) = self.keys.peek(r.key)?.flight?;
        let current = self.scope_of(r).is_some_and(|s| s.writes == writes);
        (current && self.tickets.get(leader).is_some()).then_some(leader)
    }

    /// It goes: every policy that keeps count is told.
    fn send(&mut self, now: Instant, ticket: Ticket, r: &Request) -> Verdict {
        for at in self.quota_indices(r) {
            if let Some(partition) = self.places.partitions.get_mut(at) {
                partition.quota.sent(now);
            }
        }
        if r.tries == 0 {
            self.budget.sent(&self.policy.budget);
        }
        let mut epoch = Default::default();
        if let Some(class) = self.places.classes.get_mut(usize::from(r.class)) {
            class.lane.limit.sent();
            epoch = class.breaker.sent(now);
        }
        let mut writes = 0;
        if let Some(scope) = self.scope_mut(r) {
            scope.lane.limit.sent();
            scope.writes = scope.writes.wrapping_add(u32::from(!r.how.is(How::SAFE)));
            writes = scope.writes;
        }
        if r.how.is(How::JOIN)
            && let Some(key) = self.keys.peek(r.key)
        {
            key.flight = Some((ticket, writes));
        }
        self.tickets.move_to(ticket, Phase::Flying);
        if let Some(request) = self.tickets.get_mut(ticket) {
            (request.sent_at, request.epoch, request.counted) = (now, epoch, true);
        }
        Verdict::Go(ticket)
    }

    /// It waits in the bounded queue, or is shed when waiting is of no use.
    fn wait(&mut self, now: Instant, ticket: Ticket, r: &Request, hold: Hold) -> Verdict {
        let in_time = r.deadline > now && (hold.until <= r.deadline || hold.until == Instant::NEVER);
        if !in_time {
            return self.shed(now, ticket, hold);
        }
        if let Some(dropped) = self.enqueue(now, ticket, r, hold) {
            if dropped == ticket {
                return self.shed(
                    now,
                    ticket,
                    Hold {
                        why: Reason::QueueFull,
                        ..hold
                    },
                );
            }
            let verdict = self.shed(
                now,
                dropped,
                Hold {
                    why: Reason::QueueFull,
                    ..hold
                },
            );
            self.outbox.push_back(verdict);
        }
        self.note(Kind::Wait, ticket, r, Some(hold.why), hold.until, 0);
        Verdict::Wait {
            ticket,
            until: hold.until,
            why: hold.why,
        }
    }

    fn enqueue(&mut self, now: Instant, ticket: Ticket, r: &Request, hold: Hold) -> Option<Ticket> {
        if let Some(request) = self.tickets.get_mut(ticket) {
            (request.until, request.why) = (hold.until, hold.why);
        }
        let waiter = Waiter {
            ticket: ticket.0,
            lane: r.class,
            priority: r.how.priority(),
            ordered: !r.how.is(How::SAFE),
            not_before: if hold.until == Instant::NEVER {
                now
            } else {
                hold.until
            },
            deadline: r.deadline,
        };
        self.queue.push(waiter).map(|dropped| Ticket(dropped.ticket))
    }

    fn shed(&mut self, now: Instant, ticket: Ticket, hold: Hold) -> Verdict {
        if let Some(request) = self.tickets.get(ticket).copied() {
            self.note(Kind::Shed, ticket, &request, Some(hold.why), hold.until, 0);
            self.finish(now, ticket, request.tries > 0);
        }
        Verdict::Shed {
            ticket,
            retry_at: hold.until,
            why: hold.why,
        }
    }

    fn observe(&mut self, now: Instant, ticket: Ticket, r: &Request, hold: Hold) -> Verdict {
        let kind = if hold.until <= r.deadline {
            Kind::Wait
        } else {
            Kind::Shed
        };
        self.note(kind, ticket, r, Some(hold.why), hold.until, 0);
        self.send(now, ticket, r)
    }

    // ── handlers ────────────────────────────────────────────────────────────

    /// A request came back, or its human has gone. `hint`: what the response says, when it says anything new.
    pub fn settle(&mut self, now: Instant, ticket: Ticket, outcome: Outcome, hint: Option<&Hint>) -> Verdict {
        let Some(request) = self.tickets.get(ticket).copied() else {
            return Verdict::Done(ticket);
        };
        self.room_made = true;
        if request.phase == Phase::Waiting {
            self.queue.remove(ticket.0);
            self.finish(now, ticket, false);
            return Verdict::Done(ticket);
        }
        self.land(&request);
        self.weigh(now, &request, outcome, hint);
        self.tell(now, request.scope);
        if let Some(hold) = self.hold(now, &request, outcome, hint)
            && self.budget.take()
        {
            return self.hold_back(now, ticket, request, hold);
        }
        let refused = request.tries > 0 && holdable(outcome, hint);
        self.finish(now, ticket, refused);
        Verdict::Done(ticket)
    }

    /// Hold rather than fail: until when a refused request may be sent again, if that helps its human.
    fn hold(&mut self, now: Instant, r: &Request, outcome: Outcome, hint: Option<&Hint>) -> Option<Hold> {
        let attempts = r
            .how
            .attempts()
            .unwrap_or(self.policy.attempts)
            .min(self.policy.attempts);
        let may = self.policy.mode == Mode::On
            && r.how.is(How::REPEAT)
            && !r.how.is(How::NO_HOLD)
            && r.tries < attempts
            && hint.and_then(|h| h.retry) != Some(false)
            && holdable(outcome, hint);
        if !may {
            return None;
        }
        let closed = [
            self.scope_of(r).map(|s| &s.lane),
            self.class_of(r).map(|c| &c.lane),
        ];
        let closed = closed
            .into_iter()
            .flatten()
            .filter_map(|lane| lane.closed(now))
            .max_by_key(|c| c.0);
        let (until, why) = match closed {
            Some(closed) => closed,
            None => (now + self.back_off(r), Reason::Overload),
        };
        (until <= r.deadline && self.budget.ask()).then_some(Hold { until, why })
    }

    fn hold_back(&mut self, now: Instant, ticket: Ticket, mut r: Request, hold: Hold) -> Verdict {
        r.tries += 1;
        self.tickets.move_to(ticket, Phase::Waiting);
        if let Some(request) = self.tickets.get_mut(ticket) {
            request.tries = r.tries;
        }
        if let Some(dropped) = self.enqueue(now, ticket, &r, hold) {
            if dropped == ticket {
                self.finish(now, ticket, true);
                return Verdict::Done(ticket);
            }
            let verdict = self.shed(
                now,
                dropped,
                Hold {
                    why: Reason::QueueFull,
                    ..hold
                },
            );
            self.outbox.push_back(verdict);
        }
        self.note(Kind::Retry, ticket, &r, Some(hold.why), hold.until, r.tries);
        Verdict::Held {
            ticket,
            until: hold.until,
            why: hold.why,
        }
    }

    /// Headers are there, or will not come: it counts as in flight no more.
    fn land(&mut self, r: &Request) {
        if r.counted {
            if let Some(class) = self.places.classes.get_mut(usize::from(r.class)) {
                class.lane.limit.left();
            }
            if let Some(scope) = self.scope_mut(r) {
                scope.lane.limit.left();
            }
        }
        if !r.how.is(How::SAFE)
            && let Some(scope) = self.scope_mut(r)
        {
            scope.writes = scope.writes.wrapping_add(1);
        }
    }

    /// The ticket is free; its flight can be joined no more.
    fn finish(&mut self, now: Instant, ticket: Ticket, refused: bool) {
        let Some(request) = self.tickets.close(ticket) else {
            return;
        };
        if let Some(key) = self.keys.peek(request.key) {
            if key.flight.is_some_and(|(leader, _)| leader == ticket) {
                key.flight = None;
            }
            if refused {
                key.refused_until = now + defaults::HOLD_ONCE;
            }
        }
    }

    /// Acts, only watches, or steps aside from now on. Stepping aside lets all that waits go, spaced.
    pub fn set_mode(&mut self, now: Instant, mode: Mode) {
        self.policy.mode = mode;
        (self.changed, self.room_made) = (true, true);
        if mode != Mode::On {
            let mut at = now;
            self.queue.retime(&mut |waiter| {
                (waiter.not_before, waiter.deadline) = (at, Instant::NEVER);
                at = at + defaults::RELEASE_SPACING;
            });
        }
    }

    /// The page is back from sleep, the back-forward cache or a hidden tab: what is overdue leaves spread, not at once.
    pub fn resume(&mut self, now: Instant) {
        let rng = &mut self.spread;
        self.queue.retime(&mut |waiter| {
            if waiter.not_before < now {
                waiter.not_before = now + rng.between(Duration::ZERO, defaults::WAKE_SPREAD);
            }
        });
    }

    /// Which kinds of event are recorded, one bit each.
    pub fn listen(&mut self, mask: u32) {
        self.events.listen(mask);
    }

    /// A response had this many members that were malformed and therefore ignored.
    pub fn count_malformed(&mut self, members: u32) {
        self.malformed = self.malformed.saturating_add(members);
    }

    // ── polls ───────────────────────────────────────────────────────────────

    /// What is due, one at a time, until none.
    pub fn poll(&mut self, now: Instant) -> Option<Verdict> {
        if self.outbox.is_empty() {
            self.release(now);
        }
        self.outbox.pop_front()
    }

    /// Lets go what may go, in order, and sheds what has waited long enough.
    fn release(&mut self, now: Instant) {
        self.room_made = false;
        self.tell_all(now);
        if self.queue.len() == 0 {
            return;
        }
        while let Some(late) = self.tickets.overdue(now.back(defaults::IN_FLIGHT_LONGEST)) {
            late.counted = false;
            let late = *late;
            self.land(&Request {
                counted: true,
                ..late
            });
        }
        let mut ready = Vec::new();
        let newest_first = self.worst() >= State::Serious;
        self.queue.each_ready(now, newest_first, &mut |waiter| {
            ready.push(Ticket(waiter.ticket));
            false
        });
        for ticket in ready {
            self.release_one(now, ticket);
        }
        while let Some(waiter) = self.queue.expired(now) {
            let ticket = Ticket(waiter.ticket);
            let hold = self.tickets.get(ticket).map(|r| Hold {
                until: r.until,
                why: r.why,
            });
            let hold = hold.filter(|h| h.until != Instant::NEVER && h.until > now);
            let hold = hold.unwrap_or(Hold {
                until: Instant::NEVER,
                why: Reason::Deadline,
            });
            let verdict = self.shed(now, ticket, hold);
            self.outbox.push_back(verdict);
        }
    }

    fn release_one(&mut self, now: Instant, ticket: Ticket) {
        let Some(request) = self.tickets.get(ticket).copied() else {
            return;
        };
        if let Some(leader) = self.flight(&request).filter(|leader| *leader != ticket) {
            self.queue.remove(ticket.0);
            self.finish(now, ticket, false);
            self.note(Kind::Coalesced, leader, &request, None, Instant::NEVER, 1);
            self.outbox.push_back(Verdict::Join { ticket, leader });
            return;
        }
        match self.decide(now, ticket, &request) {
            Ok(()) => {
                self.queue.remove(ticket.0);
                let verdict = self.send(now, ticket, &request);
                self.outbox.push_back(verdict);
            }
            Err(hold) => self.wait_on(now, ticket, &request, hold),
        }
    }

    /// It goes on waiting, perhaps for longer than it was told; beyond its patience it gets the true answer now.
    fn wait_on(&mut self, now: Instant, ticket: Ticket, r: &Request, hold: Hold) {
        if hold.until != Instant::NEVER && hold.until > r.deadline {
            self.queue.remove(ticket.0);
            let verdict = self.shed(now, ticket, hold);
            return self.outbox.push_back(verdict);
        }
        if let Some(waiter) = self.queue.get_mut(ticket.0) {
            waiter.not_before = if hold.until == Instant::NEVER {
                now
            } else {
                hold.until
            };
        }
        if (r.until, r.why) != (hold.until, hold.why) {
            if let Some(request) = self.tickets.get_mut(ticket) {
                (request.until, request.why) = (hold.until, hold.why);
            }
            self.note(Kind::Wait, ticket, r, Some(hold.why), hold.until, 0);
            self.outbox.push_back(Verdict::Wait {
                ticket,
                until: hold.until,
                why: hold.why,
            });
        }
    }

    /// The oldest event not yet read.
    pub fn event(&mut self) -> Option<Event> {
        self.events.pop()
    }
}

/// Our own guess is in force: back-off after refusals without a time, or an open breaker.
fn own_guess(now: Instant, scope: Option<&Scope>, class: Option<&Class>) -> Result<(), Hold> {
    let guessed = |why| why != Reason::RetryAfter;
    Hold::while_closed(scope.and_then(|s| s.lane.closed(now)), guessed)?;
    Hold::while_closed(class.and_then(|c| c.lane.closed(now)), guessed)?;
    match class.map(|c| c.breaker.ask(now)) {
        Some(Err(until)) => Err(Hold {
            until,
            why: Reason::Breaker,
        }),
        _ => Ok(()),
    }
}

/// Refused fast for load, or dropped while online. Never 500: it may have been done.
fn holdable(outcome: Outcome, hint: Option<&Hint>) -> bool {
    match outcome {
        Outcome::Status(429 | 502 | 503 | 504 | 529) | Outcome::Failed => true,
        Outcome::Status(_) => hint.is_some_and(|h| h.overloaded),
        Outcome::Offline | Outcome::Aborted => false,
    }
}
