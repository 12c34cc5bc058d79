//! The gate: the one order in which policies are asked about one request.
//!
//! Before it stands what is kept of answers ([`Gate::look`]): what need not be asked for, and what stands in for what cannot be had.
//!
//! Four kinds of method and no others: getters, handlers (what happened), questions (what may happen), polls (what is
//! due). After a handler or a question, drain the polls, then arm one timer with [`Gate::next_timeout`]. That is the
//! whole contract.

mod attention;
mod belief;
mod copies;
mod evidence;
mod features;
mod getters;
mod late;
mod peers;
mod release;
mod settle;
mod survive;

use crate::time::Duration;
use alloc::vec::Vec;

use crate::brownout::Brownout;
use crate::coalesce::{KeyId, Keys};
use crate::event::{Event, Events, Kind};
use crate::num::{FNV_BASIS, ONE, fnv};
use crate::policy::{Mode, Policy, defaults};
use crate::queue::{Queue, Waiter};
use crate::reason::Reason;
use crate::retry::budget::Budget;
use crate::rng::Rng;
use crate::scope::{PlaceId, Places, route};
use crate::tickets::{Phase, Request, Tickets};
use crate::time::Instant;
use crate::verdict::{Hold, How, Ticket, Verdict};

pub use copies::{Asked, Look, Served};
pub use getters::Report;
pub use survive::Fault;

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
    /// What polls answer; the first `told` of them have been.
    outbox: Vec<Verdict>,
    told: usize,
    spread: Rng,
    jitter: Rng,
    changed: bool,
    /// Something happened after which a waiter may go.
    room_made: bool,
    /// When the waiters were last looked at.
    seen: Instant,
    malformed: u32,
    away: attention::Away,
    brownout: Brownout,
    copies: copies::Copies,
    kept: survive::Kept,
    peers: peers::Peers,
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
            outbox: Vec::new(),
            told: 0,
            spread: rng.fork(1),
            jitter: rng.fork(2),
            changed: false,
            room_made: false,
            seen: Instant::ORIGIN,
            malformed: 0,
            away: Default::default(),
            brownout: Brownout::default(),
            copies: copies::Copies::new(&policy.copies, rng.fork(5)),
            kept: survive::Kept::new(&mut rng.fork(3)),
            peers: peers::Peers::new(&mut rng.fork(4), policy.budget.cap),
            policy,
        }
    }

    // ── questions ───────────────────────────────────────────────────────────

    /// The handle of a scope by its name; none when the table is full of closed ones (let such requests pass).
    pub fn scope(&mut self, now: Instant, name: &[u8]) -> Option<PlaceId> {
        let id = self.places.scope(now, fnv(FNV_BASIS, name));
        self.recall(now);
        (id != PlaceId::NONE).then_some(id)
    }

    /// The handle of a new request key. `url` is absolute, without fragment. Zero when the scope is not known.
    pub fn key(&mut self, now: Instant, scope: PlaceId, method: &[u8], url: &[u8]) -> KeyId {
        if self.places.get(scope).is_none() {
            return KeyId(0);
        }
        let (tickets, route) = (&self.tickets, route(method, url));
        let route = self.places.route(now, scope, route, &|id| tickets.stand_for(id));
        self.recall(now);
        self.keys.intern(scope.0, route.0)
    }

    /// May a request with this key go? `patience`: how long its human waits; none: the policy's.
    pub fn ask(&mut self, now: Instant, key: KeyId, how: How, patience: Option<Duration>) -> Verdict {
        if self.policy.mode == Mode::Off {
            return Verdict::Pass;
        }
        let Some(mut r) = self.intend(now, key, how, patience) else {
            return Verdict::Stale;
        };
        if let Some(leader) = self.flight(now, &r) {
            self.join(leader, r);
            return Verdict::Join { ticket: Ticket::NONE, leader };
        }
        self.tickets.open(&mut r);
        if r.how.feature() > 0 {
            self.follow(now);
        }
        if let Some(hold) = self.decide(now, &r) {
            if self.policy.mode == Mode::On {
                return self.wait(now, r, hold);
            }
            self.observe(now, &r, hold);
        }
        if r.ticket == Ticket::NONE {
            return Verdict::Pass;
        }
        self.send(now, r)
    }

    fn intend(&mut self, now: Instant, key: KeyId, how: How, patience: Option<Duration>) -> Option<Request> {
        let own = if how.background() { self.policy.background_patience } else { self.policy.patience };
        let known = self.keys.get(key)?;
        let (scope, route) = (PlaceId(known.scope), PlaceId(known.route));
        self.places.get(scope)?;
        if route != PlaceId::NONE {
            self.places.get(route)?;
        }
        let mut request = Request {
            ticket: Ticket::NONE,
            key,
            scope,
            route,
            how,
            phase: Phase::Waiting,
            tries: 0,
            asked: now,
            deadline: now + patience.unwrap_or(own),
            sent_at: now,
            epoch: Default::default(),
            hold: Hold::FOR_ROOM,
            look_at: Instant::NEVER,
        };
        request.how.0 &= !(How::ESSENTIAL | How::REFRESH | How::SHOWN);
        if known.answered > Instant::ORIGIN {
            request.how.0 |= How::SHOWN;
        }
        if known.answered > Instant::ORIGIN && now.since(known.answered) < defaults::ACTIVE {
            request.how.0 |= How::REFRESH;
        }
        // An intent whose last hold ended in a refusal gets its answer at once: ours must not multiply with an outer
        // client's retries.
        if known.refused_until > now {
            request.how.0 |= How::NO_HOLD;
            request.deadline = now;
        }
        Some(request)
    }

    /// The order of one request, cheapest and most certain first. It only looks: `send` commits.
    fn decide(&self, now: Instant, r: &Request) -> Option<Hold> {
        let closed = self.browned(now, r).or_else(|| self.closed(now, r));
        if closed.is_some() {
            return closed;
        }
        let paced = self
            .unseen(r)
            .or_else(|| self.wave(now, r))
            .or_else(|| self.pace(now, r))
            .or_else(|| self.throttled(now, r));
        if paced.is_some() {
            return paced;
        }
        let doubted = self.essential_first(now, r).or_else(|| self.predicted(now, r));
        if doubted.is_some() {
            return doubted;
        }
        // Unsafe requests of one route leave in the order in which they came.
        let in_turn = r.how.is(How::SAFE) || !self.queue.ordered_before(r.route.lane(), r.ticket.0);
        (!self.has_room(r) || !in_turn).then_some(Hold::FOR_ROOM)
    }

    /// May one more be in flight where it belongs?
    fn has_room(&self, r: &Request) -> bool {
        let among = |id| {
            self.places
                .get(id)
                .is_none_or(|place| place.limit.ask_among(&self.policy.limit, self.peers.tabs()))
        };
        among(r.scope) && among(r.route)
    }

    /// The server's word, or our own guess where that is longer: for the scope, the route, or a quota that is used up.
    fn closed(&self, now: Instant, r: &Request) -> Option<Hold> {
        let mut hold = Hold::NONE;
        for &id in &self.places.around(r.scope, r.route) {
            let Some(place) = self.places.get(id) else {
                continue;
            };
            // A human's own press may find out whether a guess is true: once a rest, if that is long still.
            let long = place.rests_until(now).since(now) > self.serious();
            let pressed = long && r.how.is(How::PRESS) && place.pressed <= now;
            hold = hold.later(if pressed { place.told() } else { place.closed() });
            if let Err(mut until) = place.breaker.ask(now)
                && !pressed
            {
                // The probe's lease is the longest that its answer can take: one waits for it as long as one has patience.
                if place.breaker.probing() && r.deadline > now {
                    until = until.min(r.deadline);
                }
                let why = Reason::Breaker;
                hold = hold.later(Hold { until, why });
            }
        }
        hold.in_force(now)
    }

    /// Background work by what is left of the quota; user-facing work only when that would not last. Both by the share
    /// of its usual rate that the server asks for.
    fn pace(&self, now: Instant, r: &Request) -> Option<Hold> {
        let mut hold = Hold::NONE;
        if self.policy.pace {
            let background = r.how.background();
            for &id in &self.places.around(r.scope, r.route) {
                let Some(place) = self.places.get(id) else {
                    continue;
                };
                if let Err(until) = place.quota.ask(now, background, &self.policy.quota) {
                    let why = Reason::Quota;
                    hold = hold.later(Hold { until, why });
                }
                if let Err(until) = place.share.ask(now, background, &defaults::SHARE) {
                    let why = Reason::Overload;
                    hold = hold.later(Hold { until, why });
                }
            }
        }
        hold.in_force(now)
    }

    /// What would most likely be refused is not sent: by chance, drawn anew at each look. Retries have their budget.
    fn throttled(&self, now: Instant, r: &Request) -> Option<Hold> {
        let share = self.places.get(r.route)?.throttle.share(now, r.how.priority(), &defaults::THROTTLE);
        if share == 0 || r.tries > 0 {
            return None;
        }
        let mut chance =
            self.jitter.fork(now.since(Instant::ORIGIN).as_micros() ^ u64::from(r.ticket.0) << 32);
        let kept = chance.below(u64::from(ONE)) < u64::from(share);
        kept.then(|| Hold { until: now + self.policy.backoff.base, why: Reason::Overload })
    }

    /// An equal safe request in flight that may be joined: one that is held only when that ends within one's patience.
    fn flight(&mut self, now: Instant, r: &Request) -> Option<Ticket> {
        if !self.policy.coalesce || !r.how.is(How::JOIN) || self.policy.mode != Mode::On {
            return None;
        }
        let key = self.keys.peek(r.key)?;
        let flight = self.tickets.get(key.flight)?;
        let current = self.places.get(r.scope)?.writes == key.writes;
        let soon = flight.phase != Phase::Waiting || flight.hold.in_time(now, r.deadline);
        (current && soon).then_some(flight.ticket)
    }

    /// The flight is as urgent as the most urgent of those who share it, and waits no longer than the least patient.
    fn join(&mut self, leader: Ticket, mut r: Request) {
        let Some(mut flight) = self.tickets.get(leader).copied() else {
            return;
        };
        flight.how = features::shared(flight.how.at_least(r.how.priority()), r.how);
        flight.deadline = flight.deadline.min(r.deadline);
        self.tickets.put(&flight);
        if let Some(waiter) = self.queue.get_mut(leader.0) {
            (waiter.priority, waiter.deadline) = (flight.how.priority(), flight.deadline);
        }
        r.ticket = leader;
        self.note(Kind::Coalesced, &r, None, Instant::NEVER, 1);
    }

    /// It goes: every policy that keeps count is told.
    fn send(&mut self, now: Instant, mut r: Request) -> Verdict {
        if r.tries == 0 {
            self.budget.sent(&self.policy.budget);
        }
        self.away.led = true;
        self.watch(now, &mut r);
        let essential = u32::from(r.how.is(How::ESSENTIAL));
        for &id in &self.places.around(r.scope, r.route) {
            let Some(place) = self.places.get_mut(id) else {
                continue;
            };
            place.quota.sent(now);
            place.share.sent(now, &defaults::SHARE);
            if id == r.scope || id == r.route {
                place.limit.sent();
                place.essential += essential;
                if r.how.is(How::PRESS) {
                    place.pressed = place.pressed.max(place.rests_until(now));
                }
                r.epoch = place.breaker.sent(now);
            }
        }
        self.wrote(now, &r);
        (r.phase, r.sent_at) = (Phase::Flying, now);
        self.tickets.put(&r);
        if r.how.is(How::JOIN)
            && let Some(key) = self.keys.peek(r.key)
        {
            key.flight = r.ticket;
            key.writes = self.places.get(r.scope).map_or(0, |scope| scope.writes);
        }
        Verdict::Go(r.ticket)
    }

    /// An unsafe request was sent or is over: what left before it is joined no more.
    fn wrote(&mut self, now: Instant, r: &Request) {
        if !r.how.is(How::SAFE)
            && let Some(scope) = self.places.get_mut(r.scope)
        {
            scope.writes = scope.writes.wrapping_add(1);
            scope.wrote = now;
        }
    }

    /// It waits in the bounded queue, or is shed when waiting is of no use.
    fn wait(&mut self, now: Instant, mut r: Request, hold: Hold) -> Verdict {
        if r.ticket == Ticket::NONE || !hold.in_time(now, r.deadline) {
            return self.shed(now, &r, hold);
        }
        if let Some(dropped) = self.enqueue(now, &mut r, hold) {
            let verdict = self.give_up(now, dropped, Reason::QueueFull);
            if dropped == r.ticket {
                return verdict;
            }
            self.outbox.push(verdict);
        }
        self.tell_wait(&r)
    }

    fn tell_wait(&mut self, r: &Request) -> Verdict {
        let (until, why) = (r.hold.told(r.deadline), r.hold.why);
        self.note(Kind::Wait, r, Some(why), until, 0);
        Verdict::Wait { ticket: r.ticket, until, why }
    }

    fn enqueue(&mut self, now: Instant, r: &mut Request, hold: Hold) -> Option<Ticket> {
        (r.phase, r.hold) = (Phase::Waiting, hold);
        // What has waited is no press any more.
        r.how.0 &= !How::PRESS;
        self.tickets.put(r);
        let waiter = Waiter {
            ticket: r.ticket.0,
            lane: r.route.lane(),
            priority: r.how.priority(),
            ordered: !r.how.is(How::SAFE),
            not_before: hold.look_at(now),
            deadline: r.deadline,
        };
        self.queue.push(waiter).map(|dropped| Ticket(dropped.ticket))
    }

    /// It has waited in vain, for want of a place or of patience: it is told when its own obstacle ends.
    fn give_up(&mut self, now: Instant, ticket: Ticket, why: Reason) -> Verdict {
        let Some(r) = self.tickets.get(ticket).copied() else {
            return Verdict::Done(ticket);
        };
        let mut hold = r.hold;
        if hold.until <= now {
            hold.until = Instant::NEVER;
        }
        hold.why = why;
        self.shed(now, &r, hold)
    }

    fn shed(&mut self, now: Instant, r: &Request, hold: Hold) -> Verdict {
        self.note(Kind::Shed, r, Some(hold.why), hold.until, 0);
        self.finish(r, (r.tries > 0).then_some(now + defaults::HOLD_ONCE));
        Verdict::Shed { ticket: r.ticket, retry_at: hold.until, why: hold.why }
    }

    fn observe(&mut self, now: Instant, r: &Request, hold: Hold) {
        let (kind, until) = if hold.in_time(now, r.deadline) {
            (Kind::Wait, hold.told(r.deadline))
        } else {
            (Kind::Shed, hold.until)
        };
        self.note(kind, r, Some(hold.why), until, 0);
    }

    // ── handlers: `settle` stands in its own file, with holding ─────────────

    /// Acts, only watches, or steps aside from now on. Stepping aside lets all that waits go, spaced.
    pub fn set_mode(&mut self, now: Instant, mode: Mode) {
        self.policy.mode = mode;
        (self.changed, self.room_made) = (true, true);
        self.brownout.stir();
        self.follow(now);
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

    /// Which kinds of event are recorded, one bit each; bit 0: somebody looks at snapshots.
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
