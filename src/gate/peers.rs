//! What tabs of one origin tell each other: patience, and how many they are.
//!
//! Without it five tabs are five clients: each learns of a closure by being refused, each has the whole retry budget,
//! and the limit of requests in flight is five limits.
//!
//! A message is a record as it is stored (see [`crate::snapshot`]), with one entry more: which tab speaks, and what for.
//!
//! | what for | said                                                                   | whoever hears it             |
//! |----------|------------------------------------------------------------------------|------------------------------|
//! | hello    | once, when the channel opens                                           | answers with "here"          |
//! | call     | when a place closes here; every 20 s while one is closed and others are there | answers with "here", unless it spoke in the last 5 s |
//! | here     | as an answer                                                           |                              |
//! | bye      | when the page is left                                                  | counts one less              |
//! | clear    | when the user has logged out                                           | forgets that user too        |
//!
//! * A closure is obeyed for at most [`defaults::PEER_LONGEST`], spread after it by the receiver's own share of chance; it
//!   can only lengthen a wait; it is neither sent on nor stored.
//! * At most one message in 100 ms, and none while nothing is closed. At most 50 a second are looked at; what is left
//!   out and what does not validate is counted.
//! * Tabs: those heard of, and this one. Who does not answer a call within 5 s is not there any more, at the next call.
//!   Each has an equal part of every limit of requests in flight and of the retries saved up, one at least. In the
//!   first 120 ms, until the others can have answered, a tab takes the least part.

use alloc::string::String;
use alloc::vec::Vec;

use super::Gate;
use super::survive::Told;
use crate::num::ONE;
use crate::policy::defaults;
use crate::rng::Rng;
use crate::snapshot::{Entry, GUESS, Snapshot, TAB, WORD};
use crate::time::{Duration, Instant, WallTime};

/// What a message is for: one bit each, as the value of its first entry.
const HELLO: u64 = 1;
const CALL: u64 = 2;
const HERE: u64 = 4;
const BYE: u64 = 8;
const CLEAR: u64 = 16;

/// The other tabs, as far as they are known.
#[derive(Debug)]
pub(super) struct Peers {
    on: bool,
    /// This tab's name: chance, new for each page.
    me: u64,
    /// This tab's share of every spread, in ten-thousandths: drawn once, or of many draws the longest would win.
    share: u32,
    /// The others, and when each spoke last.
    others: Vec<(u64, Instant)>,
    /// Of how many tabs this one is taken to be; so many share.
    tabs: u32,
    /// The first answers to "hello" can be there.
    met: Instant,
    /// The last call that was sent or heard.
    call: Instant,
    /// What is to be said next.
    say: u64,
    /// A closure may have begun or moved since the last look.
    stirred: bool,
    /// No message before this.
    next: Instant,
    /// When this tab spoke last.
    spoke: Instant,
    /// The closures that were told last, in one number, and when the last of them ends.
    told: (u64, Instant),
    /// When the second began in which messages are counted, and how many were.
    second: (Instant, u32),
    /// Messages that were left out or did not validate.
    pub(super) ignored: u32,
    /// The whole of what tabs share: retries that a tab alone may save up.
    cap: u32,
}

impl Peers {
    pub(super) fn new(chance: &mut Rng, cap: u32) -> Self {
        Self {
            on: false,
            me: chance.bits(),
            share: chance.below(u64::from(ONE)) as u32,
            others: Vec::new(),
            tabs: 1,
            met: Instant::ORIGIN,
            call: Instant::ORIGIN,
            say: 0,
            stirred: false,
            next: Instant::ORIGIN,
            spoke: Instant::ORIGIN,
            told: (0, Instant::ORIGIN),
            second: (Instant::ORIGIN, 0),
            ignored: 0,
            cap,
        }
    }

    pub(super) fn stir(&mut self) {
        self.stirred = true;
    }

    /// Of how many tabs this is one.
    pub(super) fn tabs(&self) -> u32 {
        self.tabs
    }

    /// When the next call is due: never for a tab alone, nor while nothing is closed.
    fn beat(&self, now: Instant) -> Instant {
        let closed = self.told.0 != 0 && self.told.1 > now && !self.others.is_empty();
        if closed { self.spoke + defaults::PEER_BEAT } else { Instant::NEVER }
    }

    /// When this tab is due to speak or to count. `waiting`: somebody waits, perhaps for his part of a limit.
    pub(super) fn next_timeout(&self, now: Instant, waiting: bool, lasting: bool) -> Instant {
        if !self.on {
            return Instant::NEVER;
        }
        let speak = if self.say != 0 || self.stirred { self.next } else { Instant::NEVER };
        let count = if waiting && self.met > now { self.met } else { Instant::NEVER };
        let beat = if lasting { self.beat(now) } else { Instant::NEVER };
        speak.min(count).min(beat)
    }

    /// Who has not answered the last call is not there any more.
    fn called(&mut self, now: Instant) {
        let call = self.call;
        if now >= call + defaults::PEER_ANSWERS {
            self.others.retain(|(_, heard)| *heard + defaults::PEER_ANSWERS >= call);
            self.call = now;
        }
    }

    fn meet(&mut self, now: Instant, tab: u64) {
        self.others.retain(|(other, _)| *other != tab);
        if self.others.len() < defaults::PEERS {
            self.others.push((tab, now));
        }
    }
}

impl Gate {
    /// There is a channel from now on: says hello, and waits a moment for the others.
    pub fn greet(&mut self, now: Instant) {
        self.peers.on = true;
        self.peers.say |= HELLO;
        self.peers.met = now + defaults::PEER_HELLO;
        self.peers.tabs = u32::MAX;
    }

    /// The page is left: the message to say so (and what must not be lost), and nothing more until it greets again.
    pub fn bye(&mut self, now: Instant, wall: WallTime) -> String {
        self.peers.say = self.peers.say & CLEAR | BYE;
        self.peers.on = false;
        self.peers.others.clear();
        self.peers.met = Instant::ORIGIN;
        self.count_tabs(now);
        self.message(now, wall)
    }

    /// The user has left: other tabs are to forget him too.
    pub fn tell_clear(&mut self) {
        if self.peers.on {
            self.peers.say |= CLEAR;
        }
    }

    /// How many other tabs there are; the greatest number while none of them can have answered yet.
    pub fn others(&self) -> u32 {
        self.peers.tabs - 1
    }

    /// Of so many tabs this is one: each has an equal part of every limit of requests in flight and of the retries that
    /// are saved up, one at least.
    pub fn peers(&mut self, count: u32) {
        let tabs = count.max(1);
        if tabs == self.peers.tabs {
            return;
        }
        self.peers.tabs = tabs;
        let cap = self.peers.cap;
        self.policy.budget.cap = (cap / tabs).max(1).min(cap);
        self.budget.lower(u64::from(self.policy.budget.cap) * u64::from(ONE));
        self.room_made = true;
    }

    /// Whether this tab is due to say something.
    pub fn to_tell(&mut self, now: Instant) -> bool {
        if !self.peers.on {
            return false;
        }
        if now >= self.peers.met {
            self.count_tabs(now);
        }
        if now < self.peers.next {
            return false;
        }
        if core::mem::take(&mut self.peers.stirred) {
            let closed = self.digest(now);
            if closed.0 != self.peers.told.0 {
                self.peers.told = closed;
                self.peers.say |= if closed.0 == 0 { 0 } else { CALL };
            }
        }
        if now >= self.peers.beat(now) {
            self.peers.say |= CALL;
        }
        if self.peers.say & CALL != 0 {
            self.peers.called(now);
            self.count_tabs(now);
        }
        self.peers.say != 0
    }

    /// What it says, as text.
    pub fn message(&mut self, now: Instant, wall: WallTime) -> String {
        let mut record = self.snapshot(now).unwrap_or_default();
        record.salt = self.kept.salt;
        let peers = &mut self.peers;
        let value = core::mem::take(&mut peers.say);
        record.entries.insert(0, Entry { id: peers.me, left: defaults::PEER_LONGEST, kind: TAB, value });
        (peers.next, peers.spoke) = (now + defaults::PEER_SPACING, now);
        record.text(wall)
    }

    /// Another tab says something, or somebody who can write to the channel. Answers whether the user is to be forgotten.
    pub fn hear_peer(&mut self, now: Instant, wall: WallTime, text: &[u8]) -> bool {
        let (begun, looked) = &mut self.peers.second;
        if now.since(*begun) >= Duration::from_secs(1) {
            (*begun, *looked) = (now, 0);
        }
        *looked = looked.saturating_add(1);
        let heard = if *looked > defaults::PEER_MESSAGES {
            None
        } else {
            Snapshot::decode(text, wall, defaults::PEER_LONGEST, defaults::LONGEST_GUESS)
        };
        let tab = heard.as_ref().and_then(|heard| heard.entries.first().copied());
        let (Some(heard), Some(tab)) = (heard, tab.filter(|t| t.kind == TAB && t.id != self.peers.me)) else {
            self.peers.ignored = self.peers.ignored.saturating_add(1);
            return false;
        };
        self.hear_presence(now, tab);
        self.hear_closures(now, &heard);
        tab.value & CLEAR != 0
    }

    fn hear_presence(&mut self, now: Instant, tab: Entry) {
        let peers = &mut self.peers;
        peers.meet(now, tab.id);
        if tab.value & BYE != 0 {
            peers.others.retain(|(other, _)| *other != tab.id);
        }
        let silent = now.since(peers.spoke) >= defaults::PEER_ANSWERS;
        if tab.value & HELLO != 0 || tab.value & CALL != 0 && silent {
            peers.say |= HERE;
        }
        if tab.value & CALL != 0 {
            peers.called(now);
        }
        self.count_tabs(now);
    }

    fn count_tabs(&mut self, now: Instant) {
        if now >= self.peers.met {
            self.peers(self.peers.others.len() as u32 + 1);
        }
    }

    fn hear_closures(&mut self, now: Instant, heard: &Snapshot) {
        let mut told = Vec::new();
        for entry in heard.entries.iter().filter(|e| e.kind == WORD || e.kind == GUESS) {
            let width = (entry.left / defaults::SPREAD_DIVISOR).max(defaults::SPREAD_LEAST);
            let wait = (entry.left + width * self.peers.share / ONE).min(defaults::PEER_LONGEST);
            told.push(Told {
                salt: heard.salt,
                id: entry.id,
                until: now + wait,
                kind: entry.kind,
                value: 0,
                peer: true,
            });
        }
        self.learn(now, told);
    }
}
