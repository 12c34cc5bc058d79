//! What a reload may not make one forget of the client's own clock: what is usual, how late it was, and what was in
//! flight.
//!
//! Without it the impatient, who reload, are the ones who know nothing, and each of them asks a slow server again at once.
//! It is worth writing only while a scope is late; what is usual is told for all routes of it.
//!
//! | kind  | whom        | value                                                                             |
//! |-------|-------------|-----------------------------------------------------------------------------------|
//! | usual | a route     | mean (high 32 bits) and deviation, microseconds                                   |
//! | late  | any         | lateness in ten-thousandths (high 16 bits) as of when it was seen; below it by how many milliseconds the last answer was late, or what is in flight at this moment |

use super::Gate;
use crate::policy::defaults;
use crate::scope::{Place, PlaceId};
use crate::snapshot::{LATE, USUAL};
use crate::tickets::Request;
use crate::time::{Duration, Instant};
use crate::verdict::How;

/// Half-lives of lateness until it is over.
const LIFE: u32 = 6;

impl Gate {
    /// What is believed of one place: until when, kind and value.
    pub(super) fn beliefs(&self, now: Instant, place: &Place, tell: &mut dyn FnMut(Instant, u8, u64)) {
        let figures = &self.policy.pressure;
        let late = |place: &Place| {
            let (level, at) = place.level.late_sign();
            let over = place.level.lateness(now, figures) < defaults::LATE_OVER;
            (!over).then(|| (at + figures.late_half_life * LIFE, level)).filter(|(until, _)| *until > now)
        };
        let scope = self.places.get(place.scope).unwrap_or(place);
        if let (Some((until, _)), (mean @ 1.., deviation)) = (late(scope), place.usual.figures()) {
            tell(until, USUAL, u64::from(mean) << 32 | u64::from(deviation));
        }
        if let Some((until, level)) = late(place) {
            let (excess, at) = place.excess;
            let left = (excess - now.since(at) / 2).max(self.outstanding(now, place) * 2);
            tell(until, LATE, u64::from(level) << 48 | left.as_millis().min(u64::from(u32::MAX)));
        }
    }

    /// By how much the oldest of a human's requests in flight is beyond what is usual: a lower bound of its wait, and about
    /// half of it, since a look at one in flight comes in the middle of its wait.
    fn outstanding(&self, now: Instant, place: &Place) -> Duration {
        let of_it = |r: &&Request| r.scope == place.id || r.route == place.id;
        let mut longest = Duration::ZERO;
        for r in self.tickets.in_flight().filter(of_it).filter(|r| r.how.is(How::ESSENTIAL)) {
            let usual = self.places.get(r.route).map_or(Duration::ZERO, |route| route.usual.mean());
            longest = longest.max(now.since(r.sent_at) - usual);
        }
        longest
    }

    /// The last page believed this of it.
    pub(super) fn believe(&mut self, now: Instant, place: PlaceId, (until, kind, value): (Instant, u8, u64)) {
        let figures = self.policy.pressure;
        let Some(place) = self.places.get_mut(place) else { return };
        if kind == USUAL {
            place.usual.resume(now, ((value >> 32) as u32, value as u32));
            return;
        }
        let seen = until.back(figures.late_half_life * LIFE).min(now);
        place.level.late_since(now, seen, (value >> 48) as u32, &figures);
        let excess = Duration::from_millis(value & u64::from(u32::MAX)).min(defaults::LONGEST_GUESS);
        if excess > place.excess.0 {
            place.excess = (excess, now);
        }
    }
}
