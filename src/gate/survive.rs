//! What a gate leaves behind for the next page, and takes over from the last one.

use super::Gate;
use crate::reason::Reason;
use crate::scope::{PlaceId, Size};
use crate::snapshot::{Closed, Snapshot};
use crate::time::Instant;

impl Gate {
    /// The closed places; none when nothing is closed (then there is nothing to store).
    pub fn snapshot(&self, now: Instant) -> Option<Snapshot> {
        let mut snapshot = Snapshot::default();
        for place in &self.places.all {
            let (scope, route) = match place.size {
                Size::Scope => (place.name, 0),
                Size::Route => match self.places.get(place.scope) {
                    Some(scope) => (scope.name, place.name),
                    None => continue,
                },
                Size::Quota => continue,
            };
            if let Some(hold) = place.closed().in_force(now) {
                snapshot.closed.push(Closed {
                    scope,
                    route,
                    left: hold.until.since(now),
                    by_server: hold.why == Reason::RetryAfter,
                });
            }
        }
        (!snapshot.closed.is_empty()).then_some(snapshot)
    }

    /// Closes what the last page knew to be closed. The pauses hold their spread already: none is added.
    pub fn restore(&mut self, now: Instant, snapshot: &Snapshot) {
        for closed in &snapshot.closed {
            let mut id = self.places.scope(now, closed.scope);
            if closed.route != 0 && id != PlaceId::NONE {
                id = self.places.route(now, id, closed.route, &|_| false);
            }
            let Some(place) = self.places.get_mut(id) else {
                continue;
            };
            let until = now + closed.left;
            if closed.by_server {
                place.word.resume(until);
            } else {
                place.suspect(now, until, Reason::Overload);
            }
            self.changed = true;
        }
    }
}
