//! What a gate leaves behind for the next page, and takes over from the last one.
//!
//! | question        | answer                                                                                     |
//! |-----------------|--------------------------------------------------------------------------------------------|
//! | what is written | every closure in force, and the retry budget beside it; what other tabs said is theirs to write |
//! | when            | when a closure begins, moves or ends: at most once a second, and when the page is left       |
//! | when not        | nothing is closed and nothing of ours is written: then there is no timer either              |
//! | what is read    | once, at the first use, and again when the page comes back from the back-forward cache       |
//! | two tabs        | share one record: each replaces what itself has written or read, and keeps the rest         |
//!
//! A closure whose place this page does not know yet (it keeps no names) is kept until the place is asked for.

use alloc::string::String;
use alloc::vec::Vec;

use super::Gate;
use crate::event::{Event, Kind};
use crate::policy::defaults;
use crate::reason::Reason;
use crate::rng::Rng;
use crate::scope::{Place, PlaceId, Size};
use crate::snapshot::{BUDGET, Entry, GUESS, LATE, MOST, Salt, Snapshot, USUAL, WORD};
use crate::time::{Duration, Instant, WallTime};
use crate::verdict::Hold;

/// What of the page did not work; told once by an error event, and counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// Its storage.
    Storage = 4,
    /// Its channel.
    Channel = 5,
}

/// What one must know to write a record when it is due, and no sooner.
#[derive(Debug)]
pub(super) struct Kept {
    /// Keys the names of places.
    pub(super) salt: Salt,
    /// Closures of places that are not known here yet.
    told: Vec<Told>,
    /// What of the stored record is this page's to replace.
    ours: Vec<(u64, u8)>,
    /// Somebody stores what is written.
    on: bool,
    /// Timers may run as long as a closure does: not where they would keep a process alive.
    pub(super) lasting: bool,
    /// A closure may have begun, moved or ended since the last look.
    stirred: bool,
    /// No write before this.
    next: Instant,
    /// When all that is written is over; never: nothing of ours is written.
    ends: Instant,
    /// What was written last, in one number; 0: nothing.
    written: u64,
    /// How often storage and channel failed.
    failed: [u32; 2],
}

/// A closure of a place that may not be known here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) salt: Salt,
    pub(super) id: u64,
    pub(super) until: Instant,
    /// What it is, and its figure, as in a record.
    pub(super) kind: u8,
    pub(super) value: u64,
    /// Another tab said so.
    pub(super) peer: bool,
}

impl Kept {
    pub(super) fn new(chance: &mut Rng) -> Self {
        Self {
            salt: Salt::draw(chance),
            told: Vec::new(),
            ours: Vec::new(),
            on: false,
            lasting: false,
            stirred: false,
            next: Instant::ORIGIN,
            ends: Instant::NEVER,
            written: 0,
            failed: [0; 2],
        }
    }

    /// When the record is due to be looked at.
    pub(super) fn next_timeout(&self) -> Instant {
        match (self.on, self.stirred, self.lasting) {
            (true, true, _) => self.next,
            (true, false, true) => self.ends,
            _ => Instant::NEVER,
        }
    }

    pub(super) fn stir(&mut self) {
        self.stirred = true;
    }
}

impl Gate {
    /// What is worth keeping; none when nothing is closed (then there is nothing to store).
    pub fn snapshot(&self, now: Instant) -> Option<Snapshot> {
        let (mut entries, mut longest) = (Vec::new(), Duration::ZERO);
        self.facts(now, &mut |id, until, kind, value| {
            let left = until.since(now);
            longest = longest.max(left);
            entries.push(Entry { id, left, kind, value });
        });
        if entries.is_empty() {
            return None;
        }
        // As long as a place is closed: the budget that was spent on this trouble is not missed after it.
        let (left, value) = (longest, self.budget.saved());
        entries.push(Entry { id: u64::from(BUDGET), left, kind: BUDGET, value });
        Some(Snapshot { salt: self.kept.salt, entries })
    }

    /// Takes over what the last page knew. The pauses hold their spread already: none is added.
    pub fn restore(&mut self, now: Instant, snapshot: &Snapshot) {
        self.kept.salt = snapshot.salt;
        let mut told = Vec::new();
        for entry in &snapshot.entries {
            match entry.kind {
                BUDGET => self.budget.lower(entry.value),
                WORD | GUESS | USUAL | LATE => told.push(Told {
                    salt: snapshot.salt,
                    id: entry.id,
                    until: now + entry.left,
                    kind: entry.kind,
                    value: entry.value,
                    peer: false,
                }),
                _ => continue,
            }
            self.kept.ours.push((entry.id, entry.kind));
        }
        // Read again, it takes the place of what was read before.
        self.kept.told.retain(|t| t.peer);
        self.learn(now, told);
        (self.kept.written, self.kept.ends) = self.digest(now);
    }

    // ── for who stores it ───────────────────────────────────────────────────

    /// Somebody stores what is written. `lasting`: timers may run as long as a closure does.
    pub fn store(&mut self, lasting: bool) {
        (self.kept.on, self.kept.lasting) = (true, lasting);
    }

    /// The page is left, or back: nothing is due to be written meanwhile.
    pub fn storing(&mut self, on: bool) {
        self.kept.on = on;
    }

    /// Takes over a stored record; a record that is none is nothing.
    pub fn take_stored(&mut self, now: Instant, wall: WallTime, text: &[u8]) {
        if let Some(stored) = self.read_record(wall, text) {
            self.restore(now, &stored);
            // Everything in it is over: it is to be removed.
            if stored.entries.is_empty() {
                (self.kept.written, self.kept.ends) = (1, now);
            }
        }
    }

    /// Whether the record is due to be written. `leaving`: the page may not come back, so what is not written yet is
    /// due, whenever the last write was.
    pub fn to_store(&mut self, now: Instant, leaving: bool) -> bool {
        let kept = &mut self.kept;
        let news = kept.stirred && (leaving || now >= kept.next);
        if !kept.on || !(news || now >= kept.ends) {
            return false;
        }
        kept.stirred = false;
        self.digest(now).0 != self.kept.written
    }

    /// The record to store in the place of `old`, as text; empty: none, remove it. What other tabs wrote stays in it.
    pub fn record(&mut self, now: Instant, wall: WallTime, old: &[u8]) -> String {
        let old = self.read_record(wall, old).unwrap_or_default();
        if !old.entries.is_empty() && old.salt != self.kept.salt {
            self.kept.salt = old.salt;
            self.kept.ours.clear();
        }
        let mut new = self.snapshot(now).unwrap_or_default();
        new.salt = self.kept.salt;
        let ours = new.entries.iter().map(|entry| (entry.id, entry.kind)).collect();
        let before = core::mem::replace(&mut self.kept.ours, ours);
        for theirs in old.entries {
            if before.contains(&(theirs.id, theirs.kind)) {
                continue;
            }
            match new.entries.iter_mut().find(|ours| (ours.id, ours.kind) == (theirs.id, theirs.kind)) {
                Some(ours) => ours.left = ours.left.max(theirs.left),
                None => new.entries.push(theirs),
            }
        }
        self.kept.next = now + defaults::STORE_SPACING;
        (self.kept.written, self.kept.ends) = self.digest(now);
        if new.entries.is_empty() { String::new() } else { new.text(wall) }
    }

    /// A call of the page's storage or channel failed. Everything else goes on.
    pub fn failed(&mut self, fault: Fault) {
        let Some(times) = self.kept.failed.get_mut(fault as usize - Fault::Storage as usize) else {
            return;
        };
        *times = times.saturating_add(1);
        if *times == 1 {
            self.events.push(Event::general(Kind::Error, 0, fault as u32));
        }
    }

    /// How often the page's storage and its channel failed.
    pub fn failures(&self) -> [u32; 2] {
        self.kept.failed
    }

    fn read_record(&self, wall: WallTime, text: &[u8]) -> Option<Snapshot> {
        // The longest that a server's word may be, and its spread.
        let longest = self.policy.max_hint;
        let spread = (longest / defaults::SPREAD_DIVISOR).max(defaults::SPREAD_LEAST);
        Snapshot::decode(text, wall, longest.saturating_add(spread), defaults::LONGEST_GUESS)
    }

    // ── shared with what other tabs say ─────────────────────────────────────

    /// The hashes that name a place in every page; a quota's hold a handle of this one.
    fn names(&self, place: &Place) -> Option<(u64, u64)> {
        match place.size {
            Size::Scope => Some((place.name, 0)),
            Size::Route => self.places.get(place.scope).map(|scope| (scope.name, place.name)),
            Size::Quota => None,
        }
    }

    /// Every closure in force that a server told this page, or that it guessed, and what it believes of late places: the
    /// name of the place, until when, kind and value.
    fn facts(&self, now: Instant, tell: &mut dyn FnMut(u64, Instant, u8, u64)) {
        let salt = self.kept.salt;
        for place in &self.places.all {
            let Some((scope, route)) = self.names(place) else {
                continue;
            };
            let (mut word, mut guess) = (place.word(), place.guess);
            // What a quota closes is told for each route that draws on it.
            for id in place.quotas {
                if let Some(quota) = self.places.get(id) {
                    (word, guess) = (word.later(quota.word()), guess.later(quota.guess));
                }
            }
            if let Some(until) = place.breaker.closed_until(now) {
                guess = guess.later(Hold { until, why: Reason::Breaker });
            }
            let id = salt.id(scope, route);
            // Both, because a press may probe a guess that outlasts the server's word, but never that.
            if word.until > now {
                tell(id, word.until, WORD, 0);
            }
            if guess.until > now.max(word.until) {
                tell(id, guess.until, GUESS, 0);
            }
            self.beliefs(now, place, &mut |until, kind, value| tell(id, until, kind, value));
        }
        for told in self.kept.told.iter().filter(|t| !t.peer && t.salt == salt && t.until > now) {
            tell(told.id, told.until, told.kind, told.value);
        }
    }

    /// All closures in one number, and when the last of them ends: 0 and never when there is none.
    pub(super) fn digest(&self, now: Instant) -> (u64, Instant) {
        let (mut digest, mut ends) = (0_u64, Instant::ORIGIN);
        self.facts(now, &mut |id, until, kind, _| {
            let until_micros = until.since(Instant::ORIGIN).as_micros();
            digest = digest.wrapping_add(Rng::from_seed(id ^ until_micros ^ u64::from(kind) << 56).bits());
            ends = ends.max(until);
        });
        if ends == Instant::ORIGIN { (0, Instant::NEVER) } else { (digest.max(2), ends) }
    }

    /// Closes the places that are known here; the others when they become known. However much other tabs tell, what
    /// this page has from its record stays.
    pub(super) fn learn(&mut self, now: Instant, told: Vec<Told>) {
        let mut all = core::mem::take(&mut self.kept.told);
        all.extend(told);
        for new in all {
            if new.until <= now {
                continue;
            }
            let mut found = PlaceId::NONE;
            for place in &self.places.all {
                if self.names(place).is_some_and(|(scope, route)| new.salt.id(scope, route) == new.id) {
                    found = place.id;
                }
            }
            if found != PlaceId::NONE {
                self.close_as_told(now, found, new);
            } else if self.kept.told.len() < MOST || !new.peer {
                self.kept.told.push(new);
            }
        }
    }

    /// A place was asked for: what was told of it before it was known holds it from now on.
    pub(super) fn recall(&mut self, now: Instant) {
        if !self.kept.told.is_empty() {
            self.learn(now, Vec::new());
        }
    }

    fn close_as_told(&mut self, now: Instant, id: PlaceId, told: Told) {
        let believed = (told.until, told.kind, told.value);
        let Some(place) = self.places.get_mut(id) else {
            return;
        };
        match told.kind {
            USUAL | LATE => self.believe(now, id, believed),
            kind if told.peer => place.hear_peer(now, told.until, kind == WORD),
            WORD => {
                place.word.resume(told.until);
                place.limit.shut();
            }
            _ => place.suspect(now, told.until, Reason::Overload),
        }
        let Some(place) = self.places.get(id) else { return };
        if place.size == Size::Scope {
            self.tell(now, id);
        }
        self.changed = true;
    }
}
