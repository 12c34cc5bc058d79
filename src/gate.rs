//! The gate: the one order in which policies are asked about one request.
//!
//! Four kinds of method and no others: getters, handlers (what happened), questions (what may happen), polls (what is
//! due). After a handler or a question, drain the polls, then arm one timer with [`Gate::next_timeout`]. That is the
//! whole contract.

mod evidence;
mod getters;
mod release;
mod settle;
mod survive;

use crate::time::Duration;
use alloc::collections::VecDeque;

use crate::coalesce::{KeyId, Keys};
use crate::event::{Event, Events, Kind};
use crate::policy::{Mode, Policy, defaults};
use crate::queue::{Queue, Waiter};
use crate::reason::Reason;
use crate::retry::budget::Budget;
use crate::rng::Rng;
use crate::scope::{Lane, NO_CLASS, Places, ScopeId, route};
use crate::tickets::{Phase, Request, Tickets};
use crate::time::Instant;
use crate::verdict::{How, Ticket, Verdict};

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
    /// When the waiters were last looked at.
    seen: Instant,
    malformed: u32,
}

/// What holds a request: until when at least (`NEVER`: until there is room), and why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Hold {
    until: Instant,
    why: Reason,
}

impl Hold {
    /// Until room is made, which has no time of its own.
    const FOR_ROOM: Self = Self {
        until: Instant::NEVER,
        why: Reason::Concurrency,
    };

    /// Whether waiting for it is of use to one who has patience until `deadline`.
    fn in_time(self, now: Instant, deadline: Instant) -> bool {
        deadline > now && (self.until <= deadline || self.until == Instant::NEVER)
    }

    /// Until when one who has patience until `deadline` is told to wait: room has no time, patience has.
    fn told(self, deadline: Instant) -> Instant {
        self.until.min(deadline)
    }
}

/// The later of two: a caller must not be told the first obstacle's end and then meet the second.
fn later(one: Option<Hold>, other: Option<Hold>) -> Option<Hold> {
    match (one, other) {
        (Some(a), Some(b)) => Some(if b.until > a.until { b } else { a }),
        (one, other) => one.or(other),
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
            seen: Instant::ORIGIN,
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
        let (tickets, route) = (&self.tickets, route(method, url));
        let busy = |class| tickets.stand_for(class);
        let class = self.places.class(now, slot as u8, route, &busy);
        self.keys.intern(slot as u8, scope.0 >> 8, class, route)
    }

    /// May a request with this key go? `patience`: how long its human waits; none: the policy's.
    pub fn ask(&mut self, now: Instant, key: KeyId, how: How, patience: Option<Duration>) -> Verdict {
        if self.policy.mode == Mode::Off {
            return Verdict::Pass;
        }
        let Some(request) = self.intend(now, key, how, patience) else {
            return Verdict::Stale;
        };
        if let Some(leader) = self.flight(now, &request) {
            self.join(leader, &request);
            return Verdict::Join {
                ticket: Ticket(0),
                leader,
            };
        }
        let Some(ticket) = self.tickets.open(request) else {
            return self.untracked(now, &request);
        };
        match self.decide(now, ticket, &request) {
            Ok(()) => self.send(now, ticket, &request),
            Err(hold) if self.policy.mode == Mode::Observe => self.observe(now, ticket, &request, hold),
            Err(hold) => self.wait(now, ticket, &request, hold),
        }
    }

    /// More ask than can be tracked: what may go goes, what would have to wait is refused.
    fn untracked(&mut self, now: Instant, r: &Request) -> Verdict {
        let none = Ticket(0);
        match self.decide(now, none, r) {
            Err(hold) if self.policy.mode == Mode::On => {
                self.note(Kind::Shed, none, r, Some(hold.why), hold.until, 0);
                Verdict::Shed {
                    ticket: none,
                    retry_at: hold.until,
                    why: hold.why,
                }
            }
            _ => Verdict::Pass,
        }
    }

    fn intend(&mut self, now: Instant, key: KeyId, how: How, patience: Option<Duration>) -> Option<Request> {
        let own = if how.background() {
            self.policy.background_patience
        } else {
            self.policy.patience
        };
        let known = *self.keys.get(key)?;
        let scope = ScopeId((u32::from(known.scope) + 1) | (known.scope_generation << 8));
        self.places.find(scope)?;
        let class = self.places.classes.get(usize::from(known.class));
        if known.class != NO_CLASS && class.is_none_or(|c| c.route != known.route || c.scope != known.scope) {
            return None;
        }
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
        no_hold(self.closed(now, r))?;
        no_hold(self.pace(now, r))?;
        self.concurrency(r)?;
        self.in_turn(ticket, r)
    }

    /// The server's word, or our own guess where that is longer.
    fn closed(&self, now: Instant, r: &Request) -> Option<Hold> {
        later(self.servers_word(now, r), self.own_guess(now, r))
    }

    /// A time that the server named is in force, for the scope, the route, or a quota that is used up.
    fn servers_word(&self, now: Instant, r: &Request) -> Option<Hold> {
        let (scope, class) = (self.scope_of(r), self.class_of(r));
        let named = |until| Hold {
            until,
            why: Reason::RetryAfter,
        };
        let of_scope = scope.and_then(|s| s.lane.word.until(now)).map(named);
        let of_class = class.and_then(|c| c.lane.word.until(now)).map(named);
        let spent = self
            .quotas(class)
            .filter_map(|partition| partition.word.until(now));
        let of_quota = spent.max().map(|until| Hold {
            until,
            why: Reason::Quota,
        });
        later(later(of_scope, of_class), of_quota)
    }

    /// Our own guess is in force: back-off after refusals without a time, or an open breaker.
    fn own_guess(&self, now: Instant, r: &Request) -> Option<Hold> {
        let (scope, class) = (self.scope_of(r), self.class_of(r));
        let guessed = |(until, why)| Hold { until, why };
        let of_scope = scope.and_then(|s| s.lane.guessed(now)).map(guessed);
        let of_class = class.and_then(|c| c.lane.guessed(now)).map(guessed);
        let of_breaker = class.and_then(|c| {
            let until = c.breaker.closed_until(now)?;
            // The probe's lease is the longest that its answer can take: one waits for it as long as one has patience.
            let waits = c.breaker.probing() && r.deadline > now;
            Some(Hold {
                until: if waits { until.min(r.deadline) } else { until },
                why: Reason::Breaker,
            })
        });
        later(later(of_scope, of_class), of_breaker)
    }

    /// Background work by what is left of the quota; user-facing work only when that would not last.
    fn pace(&self, now: Instant, r: &Request) -> Option<Hold> {
        let (background, figures) = (r.how.background(), &self.policy.quota);
        let partitions = self.quotas(self.class_of(r)).filter(|_| self.policy.pace);
        let free_at = partitions.filter_map(|p| p.quota.ask(now, background, figures).err());
        free_at.max().map(|until| Hold {
            until,
            why: Reason::Quota,
        })
    }

    fn concurrency(&self, r: &Request) -> Result<(), Hold> {
        let room = |lane: Option<&Lane>| lane.is_none_or(|l| l.limit.ask(&self.policy.limit));
        if room(self.scope_of(r).map(|s| &s.lane)) && room(self.class_of(r).map(|c| &c.lane)) {
            return Ok(());
        }
        Err(Hold::FOR_ROOM)
    }

    /// Unsafe requests of one route leave in the order in which they came.
    fn in_turn(&self, ticket: Ticket, r: &Request) -> Result<(), Hold> {
        if !r.how.is(How::SAFE) && self.queue.ordered_before(r.class, ticket.0) {
            return Err(Hold::FOR_ROOM);
        }
        Ok(())
    }

    /// An equal safe request in flight that may be joined: one that is held only when that ends within one's patience.
    fn flight(&mut self, now: Instant, r: &Request) -> Option<Ticket> {
        if !self.policy.coalesce || !r.how.is(How::JOIN) || self.policy.mode != Mode::On {
            return None;
        }
        let (leader, writes) = self.keys.peek(r.key)?.flight?;
        let current = self.scope_of(r).is_some_and(|s| s.writes == writes);
        let flight = self.tickets.get(leader).filter(|_| current)?;
        let hold = Hold {
            until: flight.until,
            why: flight.why,
        };
        (flight.phase == Phase::Flying || hold.in_time(now, r.deadline)).then_some(leader)
    }

    /// The flight is as urgent as the most urgent of those who share it, and waits no longer than the least patient.
    fn join(&mut self, leader: Ticket, r: &Request) {
        self.note(Kind::Coalesced, leader, r, None, Instant::NEVER, 1);
        let Some(flight) = self.tickets.get_mut(leader) else {
            return;
        };
        flight.how = flight.how.at_least(r.how.priority());
        flight.deadline = flight.deadline.min(r.deadline);
        if let Some(waiter) = self.queue.get_mut(leader.0) {
            (waiter.priority, waiter.deadline) = (flight.how.priority(), flight.deadline);
        }
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
        if !hold.in_time(now, r.deadline) {
            return self.shed(now, ticket, hold);
        }
        if let Some(dropped) = self.enqueue(now, ticket, r, hold) {
            let verdict = self.drop_out(now, dropped);
            if dropped == ticket {
                return verdict;
            }
            self.outbox.push_back(verdict);
        }
        self.tell_wait(ticket, r, hold)
    }

    fn tell_wait(&mut self, ticket: Ticket, r: &Request, hold: Hold) -> Verdict {
        let (until, why) = (hold.told(r.deadline), hold.why);
        self.note(Kind::Wait, ticket, r, Some(why), until, 0);
        Verdict::Wait { ticket, until, why }
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

    /// The queue is full: the one that it gave up is told when its own obstacle ends.
    fn drop_out(&mut self, now: Instant, ticket: Ticket) -> Verdict {
        let until = self
            .tickets
            .get(ticket)
            .map(|r| r.until)
            .filter(|until| *until > now);
        let hold = Hold {
            until: until.unwrap_or(Instant::NEVER),
            why: Reason::QueueFull,
        };
        self.shed(now, ticket, hold)
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
        let (kind, until) = if hold.in_time(now, r.deadline) {
            (Kind::Wait, hold.told(r.deadline))
        } else {
            (Kind::Shed, hold.until)
        };
        self.note(kind, ticket, r, Some(hold.why), until, 0);
        self.send(now, ticket, r)
    }

    // ── handlers: `settle` stands in its own file, with holding ─────────────

    /// Acts, only watches, or steps aside from now on. Stepping aside lets all that waits go, spaced.
    pub fn set_mode(&mut self, now: Instant, mode: Mode) {
        self.policy.mode = mode;
        (self.changed, self.room_made) = (true, true);
        let (mut at, tickets) = (now, &self.tickets);
        self.queue.retime(&mut |waiter| {
            if mode == Mode::On {
                let patience = tickets.get(Ticket(waiter.ticket)).map(|r| r.deadline);
                waiter.deadline = patience.unwrap_or(waiter.deadline);
            } else {
                (waiter.not_before, waiter.deadline) = (at, Instant::NEVER);
                at = at + defaults::RELEASE_SPACING;
            }
        });
    }

    /// The page is back from sleep, the back-forward cache or a hidden tab: what is overdue leaves spread, not at once,
    /// within its patience.
    pub fn resume(&mut self, now: Instant) {
        let rng = &mut self.spread;
        self.queue.retime(&mut |waiter| {
            if waiter.not_before < now && waiter.deadline > now {
                let at = now + rng.between(Duration::ZERO, defaults::WAKE_SPREAD);
                waiter.not_before = at.min(waiter.deadline);
            }
        });
        self.room_made = true;
    }

    /// Which kinds of event are recorded, one bit each.
    pub fn listen(&mut self, mask: u32) {
        self.events.listen(mask);
    }

    /// A response had this many members that were malformed and therefore ignored.
    pub fn count_malformed(&mut self, members: u32) {
        self.malformed = self.malformed.saturating_add(members);
    }

    // ── polls: `poll` stands in its own file, with releasing ────────────────

    /// The oldest event not yet read.
    pub fn event(&mut self) -> Option<Event> {
        self.events.pop()
    }
}

fn no_hold(hold: Option<Hold>) -> Result<(), Hold> {
    hold.map_or(Ok(()), Err)
}
