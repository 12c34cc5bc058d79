//! What one can see of a gate, and how it tells of it.

use super::Gate;
use crate::event::{Event, Kind};
use crate::policy::defaults;
use crate::pressure::State;
use crate::reason::Reason;
use crate::scope::{Place, PlaceId};
use crate::tickets::Request;
use crate::time::{Duration, Instant};
use crate::verdict::How;

/// The pressure of one scope, for the page.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// The state.
    pub state: State,
    /// The level, 0 to 10 000.
    pub value: u32,
    /// Before which nothing but probes is sent.
    pub closed_until: Option<Instant>,
    /// Why.
    pub reason: Option<Reason>,
}

impl Gate {
    /// How a scope is. A scope that is not known is nominal.
    pub fn pressure(&self, now: Instant, scope: PlaceId) -> Report {
        let Some(scope) = self.places.get(scope) else {
            return Report::default();
        };
        let closed = scope.closed().in_force(now);
        let state = scope.state(now, &self.policy.pressure);
        Report {
            state,
            value: scope.level.value(now, &self.policy.pressure),
            closed_until: closed.map(|c| c.until),
            reason: closed.map(|c| c.why).or((state > State::Nominal).then_some(Reason::Overload)),
        }
    }

    /// The state that what is typed ahead goes by: that of the scope, and serious while what a human waits for there is
    /// unanswered for longer than twice what is usual. Of a class never answered, what is usual for the slowest counts.
    pub fn typing(&self, now: Instant, scope: PlaceId) -> State {
        let state = self.pressure(now, scope).state;
        let mut slowest = Duration::ZERO;
        for place in self.places.all.iter().filter(|place| place.scope == scope) {
            slowest = slowest.max(place.usual.mean());
        }
        let overdue = |r: &Request| {
            let usual = self.places.get(r.route).map_or(Duration::ZERO, |route| route.usual.mean());
            let usual = if usual > Duration::ZERO { usual } else { slowest };
            let timed = r.scope == scope && !r.how.background() && !r.how.is(How::UNTIMED);
            timed && usual > Duration::ZERO && now.since(r.sent_at) > usual * 2
        };
        if self.tickets.in_flight().any(overdue) { state.max(State::Serious) } else { state }
    }

    /// The worst state of all scopes that was last told.
    pub(super) fn worst(&self) -> State {
        let mut worst = State::Nominal;
        for place in &self.places.all {
            worst = worst.max(place.shown);
        }
        worst
    }

    /// The features that the server of a scope asks to do without at present: at most 32 names of 1 to 64 characters,
    /// each ended by a line feed.
    pub fn named_off(&self, now: Instant, scope: PlaceId) -> &str {
        match self.places.get(scope) {
            Some(Place { off: (names, until), .. }) if now < *until => names,
            _ => "",
        }
    }

    /// How many wait.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// How many are in flight.
    pub fn in_flight(&self) -> u32 {
        self.tickets.flying()
    }

    /// How many malformed members of hints were ignored so far.
    pub fn malformed(&self) -> u32 {
        self.malformed
    }

    /// How many events nobody came for in time.
    pub fn events_dropped(&self) -> u32 {
        self.events.dropped()
    }

    /// Whether events wait to be read.
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Whether what the page can see may have changed since this was last asked.
    pub fn take_changed(&mut self) -> bool {
        let changed = core::mem::take(&mut self.changed);
        if changed {
            self.kept.stir();
            self.peers.stir();
        }
        changed
    }

    /// How many messages of other tabs were left out or did not validate.
    pub fn ignored(&self) -> u32 {
        self.peers.ignored
    }

    /// Whether a poll at this moment has something to say or to do.
    pub fn has_due(&self, now: Instant) -> bool {
        self.told < self.outbox.len()
            || self.tickets.look_at() <= now
            || self.features_at() <= now
            || self.owed_at() <= now
            || !self.queue.is_empty() && (self.room_made || self.queue.next_after(self.seen) <= now)
    }

    /// When the next poll is due by itself; [`Instant::NEVER`] when nothing waits and nothing will change.
    pub fn next_timeout(&self, now: Instant) -> Instant {
        let upkeep = self.peers.next_timeout(now, !self.queue.is_empty(), self.kept.lasting);
        let mut next = self.queue.next_after(now).min(self.tickets.look_at());
        next = next.min(self.kept.next_timeout()).min(upkeep).min(self.features_at()).min(self.owed_at());
        if !self.queue.is_empty()
            && let Some(oldest) = self.tickets.oldest()
        {
            next = next.min((oldest.sent_at + defaults::IN_FLIGHT_LONGEST).max(now + TICK));
        }
        for place in &self.places.all {
            // A state that falls by itself is looked at only for somebody: nothing keeps an idle process alive.
            if place.shown != State::Nominal && self.events.watched() {
                // While it is closed the state falls to serious and no lower.
                let closed = place.closed().until;
                let stays = closed > now && place.shown <= State::Serious;
                next = next.min(if stays { closed } else { now + TICK });
            }
        }
        next
    }

    /// When features are looked at: for somebody, as states are that fall by themselves.
    fn features_at(&self) -> Instant {
        if self.events.watched() { self.brownout.next_timeout() } else { Instant::NEVER }
    }

    /// Tells of a scope's state when it has changed, and of the features that follow it.
    pub(super) fn tell(&mut self, now: Instant, id: PlaceId) {
        self.tell_state(now, id);
        self.follow(now);
    }

    fn tell_state(&mut self, now: Instant, id: PlaceId) {
        let Some(scope) = self.places.get(id) else { return };
        let (state, told) = (scope.state(now, &self.policy.pressure), scope.shown);
        if state != told
            && let Some(scope) = self.places.get_mut(id)
        {
            scope.shown = state;
            self.changed = true;
            self.brownout.stir();
            self.events.push(Event::general(Kind::Pressure, id.0, state as u32));
        }
    }

    /// The same for all that are not nominal: pressure falls by itself.
    pub(super) fn tell_all(&mut self, now: Instant) {
        for at in 0..self.places.all.len() {
            if let Some(place) = self.places.all.get(at)
                && place.shown != State::Nominal
            {
                self.tell(now, place.id);
            }
        }
    }

    pub(super) fn note(&mut self, kind: Kind, r: &Request, reason: Option<Reason>, at: Instant, extra: u32) {
        self.events.push(Event {
            kind,
            id: r.ticket.0,
            scope: r.scope.0,
            reason,
            at,
            priority: r.how.priority(),
            extra,
        });
    }
}

/// How often a state that falls by itself is looked at.
const TICK: Duration = Duration::from_secs(1);
