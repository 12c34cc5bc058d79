//! What a gate leaves behind for the next page, and takes over from the last one.

use super::Gate;
use crate::reason::Reason;
use crate::scope::Lane;
use crate::snapshot::{Closed, Snapshot};
use crate::time::Instant;

impl Gate {
    /// The closed places; none when nothing is closed (then there is nothing to store).
    pub fn snapshot(&self, now: Instant) -> Option<Snapshot> {
        let mut snapshot = Snapshot::default();
        let mut keep = |scope: u64, route: u64, lane: &Lane| {
            if let Some((until, why)) = lane.closed(now) {
                let by_server = why == Reason::RetryAfter;
                snapshot.closed.push(Closed {
                    scope,
                    route,
                    left: until.since(now),
                    by_server,
                });
            }
        };
        for scope in &self.places.scopes {
            keep(scope.name, 0, &scope.lane);
        }
        for class in self.places.classes.iter().filter(|class| class.route != 0) {
            if let Some(scope) = self.places.scopes.get(usize::from(class.scope)) {
                keep(scope.name, class.route, &class.lane);
            }
        }
        (!snapshot.closed.is_empty()).then_some(snapshot)
    }

    /// Closes what the last page knew to be closed. The pauses hold their spread already: none is added.
    pub fn restore(&mut self, now: Instant, snapshot: &Snapshot) {
        for closed in &snapshot.closed {
            let Some(scope) = self.places.scope_by_hash(now, closed.scope) else {
                continue;
            };
            let Some(slot) = scope.slot() else { continue };
            let lane = match closed.route {
                0 => self.places.scopes.get_mut(slot).map(|scope| &mut scope.lane),
                route => {
                    let class = self.places.class(now, slot as u8, route, &|_| false);
                    self.places
                        .classes
                        .get_mut(usize::from(class))
                        .map(|class| &mut class.lane)
                }
            };
            let Some(lane) = lane else { continue };
            let until = now + closed.left;
            if closed.by_server {
                lane.word.resume(until);
            } else {
                lane.suspect(now, until, Reason::Overload);
            }
            self.changed = true;
        }
    }
}
