//! The features of a page in the gate: how their scopes are, whom a server names, and what follows for requests.
//!
//! | mode    | the state switches it | told by events | what the page sees     | its requests while it is off |
//! |---------|-----------------------|----------------|------------------------|------------------------------|
//! | on      | yes                   | yes            | on or off              | refused                      |
//! | observe | yes                   | yes            | on, unless overridden  | told as refused, and sent    |
//! | off     | no: all are on        | their return   | on, unless overridden  | sent                         |

use alloc::vec::Vec;

use super::Gate;
use crate::brownout::{BrownoutPolicy, Change};
use crate::event::{Event, Kind};
use crate::policy::Mode;
use crate::reason::Reason;
use crate::scope::{FNV_BASIS, Place, PlaceId, Size, fnv};
use crate::tickets::Request;
use crate::time::Instant;
use crate::verdict::{Hold, How, Ticket};

impl Gate {
    /// A feature more, by its name and the scope that it belongs to; no scope: the worst of all. `shed_at`: the state
    /// from which on it is off, 1 to 3. Answers its handle, from 1 in the order of registration; 0 when there are too many.
    pub fn feature(
        &mut self,
        now: Instant,
        scope: PlaceId,
        name: &[u8],
        shed_at: u8,
        importance: f64,
    ) -> u32 {
        let scope = self.places.get(scope).map_or(0, |scope| scope.name);
        let handle = self.brownout.add(scope, fnv(FNV_BASIS, name), shed_at, importance);
        self.follow(now);
        handle
    }

    /// Somebody switches a feature by hand; none: by the state again.
    pub fn force(&mut self, now: Instant, feature: u32, how: Option<bool>) {
        self.follow(now);
        let change = self.brownout.force(feature, how);
        if let Some(change) = change {
            self.switched(now, change);
        }
    }

    /// Whether the page is to do without it.
    pub fn is_off(&self, feature: u32) -> bool {
        let acts = self.policy.mode == Mode::On || self.brownout.is_forced(feature);
        acts && self.brownout.is_off(feature)
    }

    /// Features follow their scopes, if anything may have changed.
    pub fn follow(&mut self, now: Instant) {
        if !self.brownout.is_due(now) {
            return;
        }
        let on = self.policy.mode != Mode::Off;
        let policy = if on { self.policy.brownout } else { BrownoutPolicy::OFF };
        let mut all = core::mem::take(&mut self.brownout);
        let mut changes = Vec::new();
        all.look(
            now,
            &policy,
            &|scope, at| if on { self.harm(scope, at) } else { 0 },
            &|scope, name| if on { self.named_until(now, scope, name) } else { Instant::ORIGIN },
            &mut |change| changes.push(change),
        );
        self.brownout = all;
        for change in changes {
            self.switched(now, change);
        }
    }

    /// What holds a request whose feature is off.
    pub(super) fn browned(&self, now: Instant, r: &Request) -> Option<Hold> {
        let asked = self.brownout.ask(now, r.how.feature(), &self.policy.brownout);
        asked.err().map(|until| Hold { until, why: Reason::Brownout })
    }

    fn switched(&mut self, now: Instant, change: Change) {
        self.changed = true;
        self.events.push(Event {
            kind: Kind::Feature,
            id: change.feature,
            scope: 0,
            reason: None,
            at: Instant::NEVER,
            priority: self.harm(change.scope, now),
            extra: u32::from(change.on),
        });
        if change.on {
            return;
        }
        // Whoever waits for it is told now.
        let tickets = &self.tickets;
        self.queue.retime(&mut |waiter| {
            let of_it = |r: &Request| r.how.feature() == change.feature;
            if tickets.get(Ticket(waiter.ticket)).is_some_and(of_it) {
                waiter.not_before = now;
            }
        });
        self.room_made = true;
    }

    /// The scope of that name; of all of them when it is 0.
    fn scopes(&self, name: u64) -> impl Iterator<Item = &Place> {
        self.places.all.iter().filter(move |p| p.size == Size::Scope && (name == 0 || p.name == name))
    }

    /// How bad it is there.
    fn harm(&self, scope: u64, at: Instant) -> u8 {
        self.scopes(scope).map(|place| self.state(at, place) as u8).max().unwrap_or(0)
    }

    /// Until when its server does without that feature.
    fn named_until(&self, now: Instant, scope: u64, name: u64) -> Instant {
        let mut until = Instant::ORIGIN;
        for place in self.scopes(scope) {
            let named = |line: &[u8]| fnv(FNV_BASIS, line) == name;
            if self.named_off(now, place.id).as_bytes().split(|b| *b == b'\n').any(named) {
                until = until.max(place.off.1);
            }
        }
        until
    }
}

/// A flight that serves more than one feature, or something else beside, is nobody's to do without.
pub(super) fn shared(flight: How, with: How) -> How {
    if flight.feature() == with.feature() { flight } else { flight.for_feature(0) }
}
