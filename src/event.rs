//! What happened, for those who listen: a bounded ring that drops the oldest and counts what it dropped.
//!
//! Without a bound a page that stopped listening (a hidden tab, a stuck handler) would keep every event for ever.
//!
//! ```
//! use tidegate::event::{Event, Events, Kind};
//!
//! let event = |id| Event { id, ..Event::general(Kind::Retry, 0, 0) };
//! let mut events = Events::new(2);
//! events.push(event(1)); // nobody listens
//! events.listen(Kind::Retry.bit());
//! for id in 2..5 {
//!     events.push(event(id));
//! }
//! assert_eq!((events.pop().map(|e| e.id), events.dropped()), (Some(3), 1));
//! ```

use alloc::vec::Vec;

use crate::{reason::Reason, time::Instant};

/// What happened.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Kind {
    /// The pressure state of a scope changed.
    Pressure = 1,
    /// A request waits.
    Wait = 2,
    /// A request was refused.
    Shed = 3,
    /// A request is tried again.
    Retry = 4,
    /// A request joined one in flight.
    Coalesced = 5,
    /// tidegate itself is in trouble.
    Error = 6,
    /// A feature was switched: `id` is its handle, `priority` the state of its scope, `extra` 1 when it is on.
    Feature = 7,
    /// A copy was served in the place of an answer: `extra` its age in milliseconds, at most 2^32 - 1; `at` when its
    /// origin may be tried again.
    Stale = 8,
}

impl Kind {
    /// This kind's bit in the mask of [`Events::listen`].
    pub const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// One thing that happened. Numbers only: names are made where they are shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Event {
    /// What happened.
    pub kind: Kind,
    /// Which request; 0 when it is about none.
    pub id: u32,
    /// In which scope.
    pub scope: u32,
    /// Why, where there is a why.
    pub reason: Option<Reason>,
    /// Until when it waits or when to come back; [`Instant::NEVER`] when there is no such time.
    pub at: Instant,
    /// The request's priority; 0 is the most urgent.
    pub priority: u8,
    /// What the kind needs beyond that, for example the number of the try.
    pub extra: u32,
}

impl Event {
    /// One that is about no request, in this scope; 0: in none.
    pub fn general(kind: Kind, scope: u32, extra: u32) -> Self {
        Self { kind, id: 0, scope, reason: None, at: Instant::NEVER, priority: 0, extra }
    }
}

/// The events not yet told.
#[derive(Clone, Debug)]
pub struct Events {
    /// Grows up to the capacity and is then written over from its beginning.
    ring: Vec<Event>,
    capacity: usize,
    first: usize,
    waiting: usize,
    mask: u32,
    dropped: u32,
}

impl Events {
    /// Keeps at most `capacity` events; with 0 it drops all. Takes memory when the first event comes.
    pub fn new(capacity: usize) -> Self {
        Self { ring: Vec::new(), capacity, first: 0, waiting: 0, mask: 0, dropped: 0 }
    }

    /// Which kinds somebody listens to, as a sum of [`Kind::bit`]s. What already waits stays.
    pub fn listen(&mut self, mask: u32) {
        self.mask = mask;
    }

    /// Does somebody watch how a scope's state changes: by its events, by features, or (bit 0, which is no kind) by
    /// snapshots?
    pub fn watched(&self) -> bool {
        self.mask & (1 | Kind::Pressure.bit() | Kind::Feature.bit()) != 0
    }

    /// Records an event, unless nobody listens to its kind.
    pub fn push(&mut self, e: Event) {
        if self.mask & e.kind.bit() == 0 {
            return;
        }
        if self.waiting == self.capacity {
            self.dropped = self.dropped.saturating_add(1);
            if self.pop().is_none() {
                return;
            }
        }
        let at = self.place(self.waiting);
        match self.ring.get_mut(at) {
            Some(place) => *place = e,
            None => self.ring.push(e),
        }
        self.waiting += 1;
    }

    /// Takes the oldest event.
    pub fn pop(&mut self) -> Option<Event> {
        if self.waiting == 0 {
            return None;
        }
        let oldest = self.ring.get(self.first).copied();
        self.first = self.place(1);
        self.waiting -= 1;
        oldest
    }

    fn place(&self, after: usize) -> usize {
        let at = self.first + after;
        if at < self.capacity { at } else { at - self.capacity }
    }

    /// How many were dropped unread since the beginning.
    pub fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Is there nothing to tell?
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: Kind, id: u32) -> Event {
        Event { id, ..Event::general(kind, 0, 0) }
    }

    #[test]
    fn records_only_what_somebody_listens_to() {
        let mut events = Events::new(8);
        events.listen(Kind::Shed.bit() | Kind::Error.bit());
        for kind in [Kind::Pressure, Kind::Wait, Kind::Shed, Kind::Retry, Kind::Coalesced, Kind::Error] {
            events.push(event(kind, kind as u32));
        }
        assert_eq!((events.pop(), events.pop()), (Some(event(Kind::Shed, 3)), Some(event(Kind::Error, 6))));
        assert!(events.is_empty() && events.dropped() == 0, "what nobody listens to is not dropped either");
    }

    #[test]
    fn drops_the_oldest_and_counts_it() {
        let mut events = Events::new(3);
        events.listen(Kind::Wait.bit());
        (0..5).for_each(|id| events.push(event(Kind::Wait, id)));
        events.listen(0);
        let left = core::array::from_fn(|_| events.pop().map(|e| e.id));
        assert_eq!((left, events.dropped()), ([Some(2), Some(3), Some(4), None], 2));
    }

    #[test]
    fn without_room_all_is_dropped() {
        let mut events = Events::new(0);
        events.listen(u32::MAX);
        events.push(event(Kind::Error, 1));
        assert_eq!((events.pop(), events.dropped()), (None, 1));
    }
}
