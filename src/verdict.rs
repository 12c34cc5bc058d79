//! What the gate answers, and how a request goes in and comes back.

use crate::reason::Reason;
use crate::time::Instant;

/// One request from the moment it asks until it is settled. Never zero; a stale one is recognised and ignored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ticket(pub u32);

/// The answer to a question, a settlement, or a poll.
#[must_use]
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The key is not known any more: intern it again.
    Stale,
    /// Send it now, and settle it.
    Go(Ticket),
    /// It waits until then at least (for room, which has no time: until its patience ends); a poll will answer for it.
    Wait {
        /// Who waits.
        ticket: Ticket,
        /// The earliest useful time.
        until: Instant,
        /// What holds it.
        why: Reason,
    },
    /// It is not sent. The ticket is already free and only names it in events; zero when there was none left.
    Shed {
        /// Who is refused.
        ticket: Ticket,
        /// The earliest useful time to come again, spread included; `Instant::NEVER`: unknown.
        retry_at: Instant,
        /// What refused it.
        why: Reason,
    },
    /// It shares the flight of an equal request.
    Join {
        /// Who joins; zero when it has just asked and needs no ticket of its own.
        ticket: Ticket,
        /// Whose flight.
        leader: Ticket,
    },
    /// Hand the answer over: this request is settled.
    Done(Ticket),
    /// Do not hand the answer over: it waits until then and is sent again.
    Held {
        /// Who waits.
        ticket: Ticket,
        /// When it may be sent again.
        until: Instant,
        /// What holds it.
        why: Reason,
    },
    /// Send it, untracked.
    Pass,
}

/// How a request wants to be treated.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct How(pub u32);

impl How {
    /// Reads only.
    pub const SAFE: u32 = 4;
    /// May be sent twice: safe, or with an idempotency key.
    pub const REPEAT: u32 = 8;
    /// May share a flight.
    pub const JOIN: u32 = 16;
    /// Is not held after an answer.
    pub const NO_HOLD: u32 = 32;

    /// 0 user-blocking, 1 user-visible, 2 background.
    pub fn priority(self) -> u8 {
        (self.0 & 3).min(2) as u8
    }

    /// The same, as urgent as `priority` at least.
    pub fn at_least(self, priority: u8) -> Self {
        Self((self.0 & !3) | u32::from(self.priority().min(priority)))
    }

    /// Whether nobody waits for it.
    pub fn background(self) -> bool {
        self.priority() == 2
    }

    /// Whether one of the flags is set.
    pub fn is(self, flag: u32) -> bool {
        self.0 & flag != 0
    }

    /// Extra tries that this request asks for; none: the policy's.
    pub fn attempts(self) -> Option<u32> {
        (self.0 >> 8 & 15).checked_sub(1)
    }
}

/// How a request came back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// An answer with this status.
    Status(u16),
    /// No answer while online: unknown pressure, never an invented time.
    Failed,
    /// No answer while the browser says that it is offline: no evidence about the server.
    Offline,
    /// Its human has gone: says nothing about the server.
    Aborted,
}

impl Outcome {
    /// As it crosses the boundary: 0 failed, 1 aborted, 2 offline, else the status.
    pub fn from_code(code: u32) -> Self {
        match code {
            0 => Self::Failed,
            1 => Self::Aborted,
            2 => Self::Offline,
            status => Self::Status(status.min(999) as u16),
        }
    }
}
