//! What the gate answers, and how a request goes in and comes back.

use crate::cache::CopyId;
use crate::reason::Reason;
use crate::time::Instant;

/// One request from the moment it asks until it is settled. Never zero; a stale one is recognised and ignored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ticket(pub u32);

impl Ticket {
    /// Nobody's.
    pub const NONE: Self = Self(0);
}

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
    /// A poll's: the tide is out, ask again for what was served stale.
    Refresh(CopyId),
}

/// What holds a request: until when at least, and why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Hold {
    /// In the past: it holds no more. [`Instant::NEVER`]: until there is room, which has no time of its own.
    pub until: Instant,
    /// Why.
    pub why: Reason,
}

impl Hold {
    /// Never held anything.
    pub const NONE: Self = Self { until: Instant::ORIGIN, why: Reason::Overload };
    /// Until room is made.
    pub const FOR_ROOM: Self = Self { until: Instant::NEVER, why: Reason::Concurrency };

    /// The one that ends later, for a caller must not be told the first obstacle's end and then meet the second; of two
    /// that end together the one whose reason is the surer.
    pub fn later(self, other: Self) -> Self {
        let after = other.until > self.until;
        let surer = other.until == self.until && (other.why as u8) < self.why as u8;
        if after || surer { other } else { self }
    }

    /// Itself, unless it is over.
    pub fn in_force(self, now: Instant) -> Option<Self> {
        (self.until > now).then_some(self)
    }

    /// Whether waiting for its end is of use to one who has patience until `deadline`.
    pub fn in_time(self, now: Instant, deadline: Instant) -> bool {
        // What is done without is not wanted later.
        let wanted = self.why != Reason::Brownout;
        wanted && deadline > now && (self.until <= deadline || self.until == Instant::NEVER)
    }

    /// When to look whether it has ended: for room from now on.
    pub fn look_at(self, now: Instant) -> Instant {
        if self.until == Instant::NEVER { now } else { self.until }
    }

    /// Until when one who has patience until `deadline` is told to wait: room has no time, patience has.
    pub fn told(self, deadline: Instant) -> Instant {
        self.until.min(deadline)
    }
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
    /// What it takes says nothing about the server: it sends a long body, or waits for events.
    pub const UNTIMED: u32 = 64;
    /// A human's own press: it may probe a closure that we guessed, once.
    pub const PRESS: u32 = 128;
    /// Background work waits for it: found by the gate when it is sent, whatever the caller says.
    pub(crate) const ESSENTIAL: u32 = 1 << 16;
    /// The page has had an answer to the same not long ago.
    pub(crate) const REFRESH: u32 = 1 << 17;
    /// The page has had an answer to the same, however long ago.
    pub(crate) const SHOWN: u32 = 1 << 25;
    /// Where the handle of the feature that asks stands: seven bits.
    const FEATURE: u32 = 18;

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

    /// The handle of the feature that asks; 0: none.
    pub fn feature(self) -> u32 {
        self.0 >> Self::FEATURE & 127
    }

    /// The same for this feature; 0: for none.
    pub fn for_feature(self, feature: u32) -> Self {
        Self(self.0 & !(127 << Self::FEATURE) | (feature & 127) << Self::FEATURE)
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
