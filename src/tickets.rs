//! Every request that the gate has let ask and that is not settled yet.

use alloc::vec::Vec;

use crate::breaker::Epoch;
use crate::coalesce::KeyId;
use crate::policy::defaults;
use crate::reason::Reason;
use crate::scope::ScopeId;
use crate::time::{Duration, Instant};
use crate::verdict::{How, Ticket};

/// Where a request is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phase {
    /// In the queue: never sent, or held after an answer.
    Waiting,
    /// Sent, headers not there yet.
    Flying,
}

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// What makes it equal to others.
    pub key: KeyId,
    /// Its scope.
    pub scope: ScopeId,
    /// Its route class, or `NO_CLASS`.
    pub class: u16,
    /// How it wants to be treated.
    pub how: How,
    /// Where it is.
    pub phase: Phase,
    /// How often it was sent again.
    pub tries: u32,
    /// When its human has waited long enough.
    pub deadline: Instant,
    /// When it was last sent.
    pub sent_at: Instant,
    /// The breaker's epoch under which it was sent.
    pub epoch: Epoch,
    /// Whether it still counts as in flight.
    pub counted: bool,
    /// What held it last.
    pub why: Reason,
    /// Until when that holds it, as it was last told.
    pub until: Instant,
}

const SLOT_BITS: u32 = 12;
const SLOTS: usize = 1 << SLOT_BITS;
const SERIALS: u32 = 1 << (32 - SLOT_BITS);
const _: () = assert!(defaults::TICKETS == SLOTS, "a ticket's slot has twelve bits");

/// All of them, bounded. A ticket is a slot and a serial number, so a stale one finds nothing.
#[derive(Clone, Debug, Default)]
pub struct Tickets {
    slots: Vec<(u32, Option<Request>)>,
    free: Vec<u32>,
    serial: u32,
    flying: u32,
}

impl Tickets {
    /// Takes a request in; none when there are as many as can be tracked.
    pub fn open(&mut self, request: Request) -> Option<Ticket> {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None if self.slots.len() < SLOTS => {
                self.slots.push((0, None));
                (self.slots.len() - 1) as u32
            }
            None => return None,
        };
        self.serial = (self.serial + 1) % SERIALS;
        if self.serial == 0 {
            self.serial = 1;
        }
        let serial = self.serial;
        *self.slots.get_mut(slot as usize)? = (serial, Some(request));
        Some(Ticket(slot | serial << SLOT_BITS))
    }

    /// The request of a ticket.
    pub fn get(&self, ticket: Ticket) -> Option<&Request> {
        let (serial, request) = self.slots.get(ticket.0 as usize & (SLOTS - 1))?;
        if *serial == ticket.0 >> SLOT_BITS {
            request.as_ref()
        } else {
            None
        }
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, ticket: Ticket) -> Option<&mut Request> {
        let (serial, request) = self.slots.get_mut(ticket.0 as usize & (SLOTS - 1))?;
        if *serial == ticket.0 >> SLOT_BITS {
            request.as_mut()
        } else {
            None
        }
    }

    /// Gives a ticket back.
    pub fn close(&mut self, ticket: Ticket) -> Option<Request> {
        let slot = ticket.0 & (SLOTS as u32 - 1);
        let request = *self.get(ticket)?;
        if request.phase == Phase::Flying {
            self.flying -= 1;
        }
        self.slots.get_mut(slot as usize)?.1 = None;
        self.free.push(slot);
        Some(request)
    }

    /// Puts a request in another phase.
    pub fn move_to(&mut self, ticket: Ticket, phase: Phase) {
        let Some(request) = self.get_mut(ticket) else {
            return;
        };
        let before = core::mem::replace(&mut request.phase, phase);
        self.flying += u32::from(phase == Phase::Flying);
        self.flying -= u32::from(before == Phase::Flying);
    }

    /// How many are in flight.
    pub fn flying(&self) -> u32 {
        self.flying
    }

    /// The next request that has counted for `longest` or more, if any.
    pub fn overdue(&mut self, now: Instant, longest: Duration) -> Option<&mut Request> {
        let late = |r: &&mut Request| r.phase == Phase::Flying && r.counted && r.sent_at + longest <= now;
        self.slots.iter_mut().filter_map(|(_, r)| r.as_mut()).find(late)
    }

    /// Whether a request waits or flies that belongs to this route class.
    pub fn stand_for(&self, class: u16) -> bool {
        self.slots
            .iter()
            .any(|(_, r)| r.is_some_and(|r| r.class == class))
    }

    /// When the oldest request that still counts was sent.
    pub fn oldest(&self) -> Option<Instant> {
        let counts = |r: &&Request| r.phase == Phase::Flying && r.counted;
        self.slots
            .iter()
            .filter_map(|(_, r)| r.as_ref())
            .filter(counts)
            .map(|r| r.sent_at)
            .min()
    }
}
