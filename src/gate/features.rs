//! The features of a page in the gate: how their scopes are, whom a server names, and what follows for requests.
//!
//! | mode    | the state switches it | told by events | what the page sees     | its requests while it is off |
//! |---------|-----------------------|----------------|------------------------|------------------------------|
//! | on      | yes                   | yes            | on or off              | refused                      |
//! | observe | yes                   | yes            | on, unless overridden  | told as refused, and sent    |
//! | off     | no: all are on        | their return   | on, unless overridden  | sent                         |

use super::Gate;
use crate::brownout::{BrownoutPolicy, Change};
use crate::event::{Event, Events, Kind};
use crate::num::{FNV_BASIS, fnv};
use crate::policy::Mode;
use crate::pressure::PressurePolicy;
use crate::reason::Reason;
use crate::scope::{Place, PlaceId, Size};
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
        if let Some(change) = self.brownout.force(feature, how) {
            tell(&mut self.events, change);
            self.switched(now);
        }
    }

    /// Whether the page is to do without it.
    pub fn is_off(&self, feature: u32) -> bool {
        let acts = self.policy.mode == Mode::On || self.brownout.is_forced(feature);
        acts && self.brownout.is_off(feature)
    }

    /// Features follow their scopes, if anything may have changed.
    pub fn follow(&mut self, now: Instant) {
        let on = self.policy.mode != Mode::Off;
        let policy = if on { self.policy.brownout } else { BrownoutPolicy::OFF };
        let (all, figures) = (if on { &*self.places.all } else { &[] }, &self.policy.pressure);
        let (events, mut switched) = (&mut self.events, false);
        let judge = |scope, name, at| judge(all, figures, scope, name, at);
        self.brownout.look(now, &policy, &judge, &mut |change| {
            tell(events, change);
            switched = true;
        });
        if switched {
            self.switched(now);
        }
    }

    /// What holds a request whose feature is off.
    pub(super) fn browned(&self, now: Instant, r: &Request) -> Option<Hold> {
        if r.how.feature() == 0 {
            return None;
        }
        let asked = self.brownout.ask(now, r.how.feature(), &self.policy.brownout);
        asked.err().map(|until| Hold { until, why: Reason::Brownout })
    }

    /// Whoever waits for what is off now is told so at once.
    fn switched(&mut self, now: Instant) {
        (self.changed, self.room_made) = (true, true);
        let (tickets, brownout) = (&self.tickets, &self.brownout);
        self.queue.retime(&mut |waiter| {
            if tickets.get(Ticket(waiter.ticket)).is_some_and(|r| brownout.is_off(r.how.feature())) {
                waiter.not_before = now;
            }
        });
    }
}

/// How a scope is by its name's hash, 0 the worst of all, and until when its server does without that feature.
fn judge(places: &[Place], figures: &PressurePolicy, scope: u64, name: u64, at: Instant) -> (u8, Instant) {
    let (mut state, mut until) = (0, Instant::ORIGIN);
    for place in places {
        if place.size != Size::Scope || scope != 0 && place.name != scope {
            continue;
        }
        state = state.max(place.state(at, figures) as u8);
        let (names, end) = &place.off;
        // Each name ends its line: behind the last there is nothing.
        let named = |line: &[u8]| !line.is_empty() && fnv(FNV_BASIS, line) == name;
        if *end > until && names.as_bytes().split(|b| *b == b'\n').any(named) {
            until = *end;
        }
    }
    (state, until)
}

fn tell(events: &mut Events, change: Change) {
    let (id, priority) = (change.feature, change.state);
    events.push(Event { id, priority, ..Event::general(Kind::Feature, 0, u32::from(change.on)) });
}

/// A flight that serves more than one feature, or something else beside, is nobody's to do without.
pub(super) fn shared(flight: How, with: How) -> How {
    if flight.feature() == with.feature() { flight } else { flight.for_feature(0) }
}
