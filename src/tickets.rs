//! Every request that the gate has let ask and that is not settled yet.

use alloc::vec::Vec;

use crate::breaker::Epoch;
use crate::coalesce::KeyId;
use crate::policy::defaults;
use crate::scope::PlaceId;
use crate::time::Instant;
use crate::verdict::{Hold, How, Ticket};

/// Where a request is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phase {
    /// In the queue: never sent, or held after an answer.
    Waiting,
    /// Sent, headers not there yet.
    Flying,
    /// The same for so long that it counts no more.
    Overdue,
}

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Its ticket; [`Ticket::NONE`]: not tracked.
    pub ticket: Ticket,
    /// What makes it equal to others.
    pub key: KeyId,
    /// Its scope.
    pub scope: PlaceId,
    /// Its route class, or none.
    pub route: PlaceId,
    /// How it wants to be treated.
    pub how: How,
    /// Where it is.
    pub phase: Phase,
    /// How often it was sent again.
    pub tries: u32,
    /// When it asked.
    pub asked: Instant,
    /// When its human has waited long enough.
    pub deadline: Instant,
    /// When it was last sent.
    pub sent_at: Instant,
    /// The breaker's epoch under which it was sent.
    pub epoch: Epoch,
    /// What held it last, as it was told.
    pub hold: Hold,
    /// When to look whether it is late; [`Instant::NEVER`]: what it takes says nothing.
    pub look_at: Instant,
}

const SLOTS: usize = defaults::TICKETS;
const _: () = assert!(SLOTS.is_power_of_two(), "a ticket's slot is its low bits");

/// All of them, bounded. A ticket is a slot and a serial number, so a stale one finds nothing.
#[derive(Clone, Debug)]
pub struct Tickets {
    /// A free slot holds [`Ticket::NONE`].
    slots: Vec<Request>,
    /// No slot before this one is free.
    low: usize,
    serial: u32,
    /// How many fly.
    flying: u32,
    /// None of them is to be looked at before this.
    look_at: Instant,
}

impl Default for Tickets {
    fn default() -> Self {
        Self { slots: Vec::new(), low: 0, serial: 0, flying: 0, look_at: Instant::NEVER }
    }
}

impl Tickets {
    /// Takes a request in and gives it a ticket; none when there are as many as can be tracked.
    pub fn open(&mut self, request: &mut Request) {
        while self.slots.get(self.low).is_some_and(|r| r.ticket != Ticket::NONE) {
            self.low += 1;
        }
        if self.low == SLOTS {
            return;
        }
        self.serial = self.serial.wrapping_add(SLOTS as u32).max(SLOTS as u32);
        request.ticket = Ticket(self.low as u32 | self.serial);
        match self.slots.get_mut(self.low) {
            Some(slot) => *slot = *request,
            None => self.slots.push(*request),
        }
    }

    /// The request of a ticket.
    // Not inlined: twenty callers, and in wasm a call is a tenth of the code.
    #[inline(never)]
    pub fn get(&self, ticket: Ticket) -> Option<&Request> {
        let request = self.slots.get(ticket.0 as usize % SLOTS)?;
        (request.ticket == ticket && ticket != Ticket::NONE).then_some(request)
    }

    /// Keeps what became of a request; one that is not tracked is let go.
    pub fn put(&mut self, request: &Request) {
        if self.get(request.ticket).is_some()
            && let Some(slot) = self.slots.get_mut(request.ticket.0 as usize % SLOTS)
        {
            let old = core::mem::replace(slot, *request);
            self.count(old.phase, request.phase);
            if request.phase == Phase::Flying {
                self.look_at = self.look_at.min(request.look_at);
            }
        }
    }

    /// While nothing flies there is nothing to look at.
    fn count(&mut self, old: Phase, new: Phase) {
        self.flying = self.flying + u32::from(new == Phase::Flying) - u32::from(old == Phase::Flying);
        if self.flying == 0 {
            self.look_at = Instant::NEVER;
        }
    }

    /// Gives a ticket back.
    pub fn close(&mut self, ticket: Ticket) {
        if self.get(ticket).is_none() {
            return;
        }
        let at = ticket.0 as usize % SLOTS;
        self.low = self.low.min(at);
        if let Some(slot) = self.slots.get_mut(at) {
            slot.ticket = Ticket::NONE;
            let phase = slot.phase;
            self.count(phase, Phase::Waiting);
        }
    }

    /// The earliest moment to look for late ones; perhaps too early, never too late.
    pub fn look_at(&self) -> Instant {
        self.look_at
    }

    /// Those in flight whose time has come. They are to be put back with another.
    pub fn to_look_at(&mut self, now: Instant) -> Vec<Request> {
        let mut due = Vec::new();
        if self.look_at > now {
            return due;
        }
        let mut next = Instant::NEVER;
        for r in self.in_flight() {
            if r.look_at <= now {
                due.push(*r);
            } else {
                next = next.min(r.look_at);
            }
        }
        self.look_at = next;
        due
    }

    /// All in flight that still count.
    pub fn in_flight(&self) -> impl Iterator<Item = &Request> {
        self.each().filter(|r| r.phase == Phase::Flying)
    }

    /// All that are tracked.
    fn each(&self) -> impl Iterator<Item = &Request> {
        self.slots.iter().filter(|r| r.ticket != Ticket::NONE)
    }

    /// How many are in flight.
    pub fn flying(&self) -> u32 {
        self.each().filter(|r| r.phase != Phase::Waiting).count() as u32
    }

    /// The one that was sent first of those that still count as in flight.
    pub fn oldest(&self) -> Option<&Request> {
        let mut oldest: Option<&Request> = None;
        for r in self.in_flight() {
            if oldest.is_none_or(|o| r.sent_at < o.sent_at) {
                oldest = Some(r);
            }
        }
        oldest
    }

    /// Whether a request waits or flies that belongs to this route class.
    pub fn stand_for(&self, route: PlaceId) -> bool {
        self.each().any(|r| r.route == route)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;

    fn at(ms: u64) -> Instant {
        Instant::ORIGIN + Duration::from_millis(ms)
    }

    fn request() -> Request {
        Request {
            ticket: Ticket::NONE,
            key: KeyId(0),
            scope: PlaceId(1),
            route: PlaceId(2),
            how: How(0),
            phase: Phase::Waiting,
            tries: 0,
            asked: at(0),
            deadline: at(0),
            sent_at: at(0),
            epoch: Epoch::default(),
            hold: Hold::NONE,
            look_at: Instant::NEVER,
        }
    }

    fn flying(tickets: &mut Tickets, sent_at: u64, look_at: u64) -> Request {
        let mut one = request();
        tickets.open(&mut one);
        (one.phase, one.sent_at, one.look_at) = (Phase::Flying, at(sent_at), at(look_at));
        tickets.put(&one);
        one
    }

    #[test]
    fn a_ticket_that_was_given_back_finds_nothing_and_changes_nothing() {
        let mut tickets = Tickets::default();
        let one = flying(&mut tickets, 1, 5);
        tickets.close(one.ticket);
        tickets.put(&one);
        tickets.close(one.ticket);
        assert_eq!((tickets.flying(), tickets.look_at()), (0, Instant::NEVER));
        let next = flying(&mut tickets, 2, 7);
        tickets.close(one.ticket);
        assert!(next.ticket != one.ticket && tickets.get(next.ticket).is_some(), "the slot is another's now");
        assert!(tickets.get(Ticket::NONE).is_none() && tickets.get(one.ticket).is_none());
    }

    #[test]
    fn those_whose_time_has_come_are_looked_at_and_the_next_time_is_the_least_of_the_others() {
        let mut tickets = Tickets::default();
        let [first, second, third] =
            [(3, 10), (1, 30), (2, 20)].map(|(s, l)| flying(&mut tickets, s, l).ticket);
        assert_eq!(tickets.look_at(), at(10));
        assert!(tickets.to_look_at(at(9)).is_empty());
        let due = tickets.to_look_at(at(10));
        assert_eq!(due.iter().map(|r| r.ticket).collect::<Vec<_>>(), [first]);
        assert_eq!(tickets.look_at(), at(20));
        assert_eq!(tickets.oldest().map(|r| r.ticket), Some(second), "the one that was sent first");
        tickets.close(second);
        assert_eq!(tickets.oldest().map(|r| r.ticket), Some(third));
        assert_eq!((tickets.flying(), tickets.in_flight().count()), (2, 2));
        assert!(tickets.stand_for(PlaceId(2)) && !tickets.stand_for(PlaceId(1)));
    }

    #[test]
    fn one_that_is_overdue_still_flies_and_is_not_the_oldest_that_counts() {
        let mut tickets = Tickets::default();
        let mut one = flying(&mut tickets, 1, 5);
        one.phase = Phase::Overdue;
        tickets.put(&one);
        assert_eq!(
            (tickets.flying(), tickets.in_flight().count(), tickets.look_at()),
            (1, 0, Instant::NEVER)
        );
        assert!(tickets.oldest().is_none());
    }

    #[test]
    fn the_lowest_free_slot_is_taken_and_no_ticket_is_given_when_there_is_none() {
        let mut tickets = Tickets::default();
        let all: Vec<Ticket> = (0..SLOTS)
            .map(|_| {
                let mut one = request();
                tickets.open(&mut one);
                one.ticket
            })
            .collect();
        let mut more = request();
        tickets.open(&mut more);
        assert_eq!(more.ticket, Ticket::NONE);
        tickets.close(all[7]);
        tickets.close(all[3]);
        tickets.open(&mut more);
        assert_eq!(more.ticket.0 as usize % SLOTS, 3);
        assert!(!all.contains(&more.ticket) && tickets.slots.len() == SLOTS);
    }
}
