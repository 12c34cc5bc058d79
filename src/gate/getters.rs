//! What one can see of a gate, and how it tells of it.

use super::Gate;
use crate::event::{Event, Kind};
use crate::policy::defaults;
use crate::pressure::State;
use crate::reason::Reason;
use crate::scope::{Class, Lane, Partition, Scope, ScopeId};
use crate::tickets::Request;
use crate::time::{Duration, Instant};
use crate::verdict::Ticket;

/// The pressure of one scope, for the page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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
    pub fn pressure(&self, now: Instant, scope: ScopeId) -> Report {
        let scope = self.places.find(scope).and_then(|at| self.places.scopes.get(at));
        let closed = scope.and_then(|s| s.lane.closed(now));
        let state = scope.map_or(State::Nominal, |s| self.state(now, s));
        Report {
            state,
            value: scope.map_or(0, |s| s.lane.level.value(now, &self.policy.pressure)),
            closed_until: closed.map(|c| c.0),
            reason: closed
                .map(|c| c.1)
                .or((state > State::Nominal).then_some(Reason::Overload)),
        }
    }

    /// A closed scope is serious at least, however old the evidence.
    fn state(&self, now: Instant, scope: &Scope) -> State {
        let state = scope.lane.level.state(now, &self.policy.pressure);
        if scope.lane.closed(now).is_some() {
            state.max(State::Serious)
        } else {
            state
        }
    }

    /// The worst state of all scopes that was last told.
    pub(super) fn worst(&self) -> State {
        self.places
            .scopes
            .iter()
            .map(|s| s.told)
            .max()
            .unwrap_or_default()
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
        core::mem::take(&mut self.changed)
    }

    /// Whether a poll at this moment has something to say or to do.
    pub fn has_due(&self, now: Instant) -> bool {
        !self.outbox.is_empty()
            || !self.queue.is_empty() && (self.room_made || self.queue.next_after(self.seen) <= now)
    }

    /// When the next poll is due by itself; [`Instant::NEVER`] when nothing waits and nothing will change.
    pub fn next_timeout(&self, now: Instant) -> Instant {
        let mut next = self.queue.next_after(now);
        if !self.queue.is_empty()
            && let Some(sent_at) = self.tickets.oldest()
        {
            next = next.min((sent_at + defaults::IN_FLIGHT_LONGEST).max(now + TICK));
        }
        for scope in self.places.scopes.iter().filter(|s| s.told != State::Nominal) {
            // While it is closed the state falls to serious and no lower.
            let closed = scope.lane.closed(now).filter(|_| scope.told <= State::Serious);
            next = next.min(closed.map_or(now + TICK, |(until, _)| until));
        }
        next
    }

    /// Tells of a scope's state when it has changed.
    pub(super) fn tell(&mut self, now: Instant, id: ScopeId) {
        let Some(at) = self.places.find(id) else { return };
        let Some(scope) = self.places.scopes.get(at) else {
            return;
        };
        let state = self.state(now, scope);
        if state == scope.told {
            return;
        }
        self.places.scopes[at].told = state;
        self.changed = true;
        let (kind, reason, until) = (Kind::Pressure, None, Instant::NEVER);
        self.events.push(Event {
            kind,
            id: 0,
            scope: id.0,
            reason,
            at: until,
            priority: 0,
            extra: state as u32,
        });
    }

    /// The same for all that are not nominal: pressure falls by itself.
    pub(super) fn tell_all(&mut self, now: Instant) {
        for at in 0..self.places.scopes.len() {
            let scope = &self.places.scopes[at];
            if scope.told != State::Nominal {
                self.tell(now, ScopeId((at as u32 + 1) | (scope.generation << 8)));
            }
        }
    }

    pub(super) fn note(
        &mut self,
        kind: Kind,
        ticket: Ticket,
        r: &Request,
        reason: Option<Reason>,
        at: Instant,
        extra: u32,
    ) {
        let (id, scope, priority) = (ticket.0, r.scope.0, r.how.priority());
        self.events.push(Event {
            kind,
            id,
            scope,
            reason,
            at,
            priority,
            extra,
        });
    }

    pub(super) fn scope_of(&self, r: &Request) -> Option<&Scope> {
        self.places.scopes.get(self.places.find(r.scope)?)
    }

    pub(super) fn scope_mut(&mut self, r: &Request) -> Option<&mut Scope> {
        let at = self.places.find(r.scope)?;
        self.places.scopes.get_mut(at)
    }

    pub(super) fn class_of(&self, r: &Request) -> Option<&Class> {
        self.places.classes.get(usize::from(r.class))
    }

    pub(super) fn lane_mut(&mut self, r: &Request, everywhere: bool) -> Option<&mut Lane> {
        if everywhere {
            return self.scope_mut(r).map(|s| &mut s.lane);
        }
        self.places
            .classes
            .get_mut(usize::from(r.class))
            .map(|c| &mut c.lane)
    }

    pub(super) fn quotas(&self, class: Option<&Class>) -> impl Iterator<Item = &Partition> {
        let indices = class.map(|c| c.quotas).unwrap_or_default();
        indices
            .into_iter()
            .flatten()
            .filter_map(|at| self.places.partitions.get(usize::from(at)))
    }

    pub(super) fn quota_indices(&self, r: &Request) -> impl Iterator<Item = usize> + use<> {
        let indices = self.class_of(r).map(|c| c.quotas).unwrap_or_default();
        indices.into_iter().flatten().map(usize::from)
    }
}

/// How often a state that falls by itself is looked at.
const TICK: Duration = Duration::from_secs(1);
