//! Whom a hint concerns. Evidence is kept in three sizes, and the smallest that explains it is held: the route class
//! (method and path with id-like segments blanked), the scope (by default the origin), and the quota's partition.
//!
//! A `/login` that is rate limited for a quarter of an hour must not close Save and Search; a server that says 503
//! speaks for all its routes.

use crate::time::Duration;
use alloc::vec::Vec;

use crate::breaker::Breaker;
use crate::limit::Limit;
use crate::num::ONE;
use crate::policy::Policy;
use crate::policy::defaults;
use crate::pressure::{Level, State};
use crate::rate::quota::Quota;
use crate::reason::Reason;
use crate::retry::backoff::Backoff;
use crate::rng::Rng;
use crate::time::Instant;

/// "No class": the table was full of closed ones; such a request is held by its scope's evidence only.
pub const NO_CLASS: u16 = u16::MAX;

const FORGOTTEN: u8 = u8::MAX;

/// A time that the server named, and this client's own spread after it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Word {
    until: Instant,
    /// Which part of the spread's width this client takes, in ten-thousandths: one draw a closure. Were it drawn for
    /// each refusal, the longest draw of a burst would win, and all clients would come back at the spread's end.
    share: u32,
}

impl Word {
    /// Until when nothing may go, spread included; none when it is not in force.
    pub fn until(&self, now: Instant) -> Option<Instant> {
        (self.until > now).then_some(self.until)
    }

    /// The server said to wait this long. A shorter pause never shortens a longer one.
    pub fn say(&mut self, now: Instant, wait: Duration, spread: &mut Rng) {
        if self.until <= now {
            self.share = spread.below(u64::from(ONE)) as u32;
        }
        let width = (wait / defaults::SPREAD_DIVISOR).max(defaults::SPREAD_LEAST);
        self.until = self.until.max(now + wait + width * self.share / ONE);
    }

    /// It was in force before a reload, spread included.
    pub fn resume(&mut self, until: Instant) {
        self.until = self.until.max(until);
    }

    /// The server took it back.
    pub fn unsay(&mut self) {
        self.until = Instant::ORIGIN;
    }
}

/// What is known about one place, a scope or a route class.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Until when the server said not to come.
    pub word: Word,
    /// Until when we guess that it is better not to, and why.
    pub guess: Instant,
    /// Why the guess.
    pub guess_why: Reason,
    /// How the next guess is spaced.
    pub backoff: Backoff,
    /// How many may be in flight.
    pub limit: Limit,
    /// How much it suffers.
    pub level: Level,
}

impl Lane {
    fn new() -> Self {
        Self {
            word: Word::default(),
            guess: Instant::ORIGIN,
            guess_why: Reason::Overload,
            backoff: Backoff::new(),
            limit: Limit::new(),
            level: Level::default(),
        }
    }

    /// Until when it is closed and by whose word, if it is.
    pub fn closed(&self, now: Instant) -> Option<(Instant, Reason)> {
        let word = self.word.until(now).map(|until| (until, Reason::RetryAfter));
        word.filter(|(until, _)| *until >= self.guess)
            .or(self.guessed(now))
            .or(word)
    }

    /// Until when we guess that it is better closed, and why, if we do.
    pub fn guessed(&self, now: Instant) -> Option<(Instant, Reason)> {
        (self.guess > now).then_some((self.guess, self.guess_why))
    }

    /// Closes it by the server's word.
    pub fn close(&mut self, now: Instant, wait: Duration, spread: &mut Rng) {
        self.word.say(now, wait, spread);
        self.limit.shut();
    }

    /// Closes it by our own guess, never for longer than a guess may last.
    pub fn suspect(&mut self, now: Instant, until: Instant, why: Reason) {
        let until = until.min(now + defaults::LONGEST_GUESS);
        if until > self.guess {
            (self.guess, self.guess_why) = (until, why);
        }
        self.limit.shut();
    }

    /// A fast answer clears what we guessed; what the server said stays.
    pub fn clear(&mut self, policy: &Policy) {
        self.guess = Instant::ORIGIN;
        self.backoff.reset();
        self.limit.succeeded(&policy.limit);
    }
}

/// One scope.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Hash of its name; the name itself stays with the page.
    pub name: u64,
    /// Tells a new scope from the one that had its place.
    pub generation: u32,
    /// What the server said or showed for all its routes.
    pub lane: Lane,
    /// Unsafe requests sent and answered: a flight that left before the last of them is not joined.
    pub writes: u32,
    /// The state that was last told.
    pub told: State,
    used: u32,
}

/// One route class.
#[derive(Clone, Debug)]
pub struct Class {
    /// Index of its scope.
    pub scope: u8,
    /// Hash of method and blanked path.
    pub route: u64,
    /// What the server said or showed for this route.
    pub lane: Lane,
    /// Its failures.
    pub breaker: Breaker,
    /// Its quotas: indices into the partitions.
    pub quotas: [Option<u8>; 2],
    used: u32,
}

impl Class {
    /// Whether it is refused or failing at present.
    pub fn refusing(&self, now: Instant) -> bool {
        self.lane.closed(now).is_some() || self.breaker.is_open()
    }
}

/// A quota's partition: one quota that several routes may draw on.
#[derive(Clone, Debug)]
pub struct Partition {
    scope: u8,
    key: u64,
    /// What the server told of it.
    pub quota: Quota,
    /// Until its reset and the spread after it, while nothing is left.
    pub word: Word,
}

/// A scope's handle: slot + 1 in the low eight bits, generation above. Zero: none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ScopeId(pub u32);

impl ScopeId {
    /// The index of its place.
    pub fn slot(self) -> Option<usize> {
        ((self.0 & 0xFF) as usize).checked_sub(1)
    }
}

/// All places, bounded.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// By slot.
    pub scopes: Vec<Scope>,
    /// By index.
    pub classes: Vec<Class>,
    /// By index.
    pub partitions: Vec<Partition>,
    clock: u32,
}

impl Places {
    /// The handle of a scope by its name, made when it is new. None when the table is full of closed scopes.
    pub fn scope(&mut self, now: Instant, name: &[u8]) -> Option<ScopeId> {
        self.scope_by_hash(now, fnv(FNV_BASIS, name))
    }

    /// The same by the hash of the name.
    pub fn scope_by_hash(&mut self, now: Instant, name: u64) -> Option<ScopeId> {
        self.clock = self.clock.wrapping_add(1);
        if let Some(slot) = self.scopes.iter().position(|s| s.name == name) {
            return self.scope_id(slot);
        }
        let mut fresh = Scope {
            name,
            generation: 1,
            lane: Lane::new(),
            writes: 0,
            told: State::Nominal,
            used: self.clock,
        };
        if self.scopes.len() < defaults::SCOPES {
            self.scopes.push(fresh);
            return self.scope_id(self.scopes.len() - 1);
        }
        let clock = self.clock;
        let open = |s: &&(usize, &Scope)| !self.bound(now, s.0);
        let (slot, _) = self
            .scopes
            .iter()
            .enumerate()
            .collect::<Vec<_>>()
            .iter()
            .filter(open)
            .copied()
            .max_by_key(|(_, s)| clock.wrapping_sub(s.used))?;
        fresh.generation = (self.scopes.get(slot)?.generation + 1) & 0xFF_FFFF;
        self.scopes[slot] = fresh;
        // What belonged to the old scope is nobody's now: no route is 0, no scope is FORGOTTEN.
        self.classes
            .iter_mut()
            .filter(|c| usize::from(c.scope) == slot)
            .for_each(|c| (c.scope, c.route) = (FORGOTTEN, 0));
        self.partitions
            .iter_mut()
            .filter(|p| usize::from(p.scope) == slot)
            .for_each(|p| p.scope = FORGOTTEN);
        self.scope_id(slot)
    }

    /// Whether a scope is closed, or the server's word is in force for one of its routes or quotas.
    fn bound(&self, now: Instant, slot: usize) -> bool {
        let closed = self
            .scopes
            .get(slot)
            .is_some_and(|s| s.lane.closed(now).is_some());
        let mut classes = self.classes.iter().filter(|c| usize::from(c.scope) == slot);
        let mut quotas = self.partitions.iter().filter(|p| usize::from(p.scope) == slot);
        closed
            || classes.any(|c| c.lane.word.until(now).is_some())
            || quotas.any(|p| p.word.until(now).is_some())
    }

    fn scope_id(&mut self, slot: usize) -> Option<ScopeId> {
        let clock = self.clock;
        let scope = self.scopes.get_mut(slot)?;
        scope.used = clock;
        Some(ScopeId((slot as u32 + 1) | (scope.generation << 8)))
    }

    /// The scope of a handle, or none when it was forgotten.
    pub fn find(&self, id: ScopeId) -> Option<usize> {
        let slot = id.slot()?;
        (self.scopes.get(slot)?.generation == id.0 >> 8).then_some(slot)
    }

    /// The index of a route class, made when it is new. A full table forgets the one used longest ago of those that are
    /// open and that no request stands for (`busy`), or answers `NO_CLASS`.
    pub fn class(&mut self, now: Instant, scope: u8, route: u64, busy: &dyn Fn(u16) -> bool) -> u16 {
        self.clock = self.clock.wrapping_add(1);
        let clock = self.clock;
        if let Some(at) = self
            .classes
            .iter()
            .position(|c| c.scope == scope && c.route == route)
        {
            self.classes[at].used = clock;
            return at as u16;
        }
        let fresh = Class {
            scope,
            route,
            lane: Lane::new(),
            breaker: Breaker::new(),
            quotas: [None; 2],
            used: clock,
        };
        if self.classes.len() < defaults::CLASSES {
            self.classes.push(fresh);
            return (self.classes.len() - 1) as u16;
        }
        let mut best: Option<(usize, u32)> = None;
        for (at, class) in self.classes.iter().enumerate() {
            let age = clock.wrapping_sub(class.used);
            let spent = |q: &u8| {
                let partition = self.partitions.get(usize::from(*q));
                partition.is_some_and(|p| p.word.until(now).is_some())
            };
            let held = class.refusing(now) || class.quotas.iter().flatten().any(spent);
            let free = class.scope == FORGOTTEN || !held;
            if free && best.is_none_or(|(_, oldest)| age > oldest) && !busy(at as u16) {
                best = Some((at, age));
            }
        }
        let Some((at, _)) = best else { return NO_CLASS };
        self.classes[at] = fresh;
        at as u16
    }

    /// How many other classes of this scope are refused or failing at present.
    pub fn others_refusing(&self, now: Instant, scope: u8, class: u16) -> usize {
        let other =
            |(at, c): &(usize, &Class)| *at != usize::from(class) && c.scope == scope && c.refusing(now);
        self.classes.iter().enumerate().filter(other).count()
    }

    /// Whether a scope has but this one class.
    pub fn only_class(&self, scope: u8, class: u16) -> bool {
        !self
            .classes
            .iter()
            .enumerate()
            .any(|(at, c)| at != usize::from(class) && c.scope == scope && c.route != 0)
    }

    /// The partition of a quota by its name, made when it is new; none when the table is full of live ones.
    /// A named quota with the same limit and window is one partition for all routes that tell of it; an unnamed one
    /// (`default`) is the route's own.
    pub fn partition(
        &mut self,
        now: Instant,
        scope: u8,
        class: u16,
        name: &[u8],
        figures: u64,
    ) -> Option<u8> {
        let own = name == b"default";
        let key = fnv(
            fnv(FNV_BASIS, name),
            &if own { u64::from(class) } else { figures }.to_le_bytes(),
        );
        if let Some(at) = self
            .partitions
            .iter()
            .position(|p| p.scope == scope && p.key == key)
        {
            return Some(at as u8);
        }
        let fresh = Partition {
            scope,
            key,
            quota: Quota::new(now),
            word: Word::default(),
        };
        if self.partitions.len() < defaults::PARTITIONS {
            self.partitions.push(fresh);
            return Some((self.partitions.len() - 1) as u8);
        }
        let at = self.partitions.iter().position(|p| p.quota.expired(now))?;
        let gone = at as u8;
        for class in &mut self.classes {
            class
                .quotas
                .iter_mut()
                .filter(|q| **q == Some(gone))
                .for_each(|q| *q = None);
        }
        self.partitions[at] = fresh;
        Some(gone)
    }

    /// Lets a class draw on a partition; the one linked longest makes room.
    pub fn link(&mut self, class: u16, partition: u8) {
        let Some(class) = self.classes.get_mut(usize::from(class)) else {
            return;
        };
        if !class.quotas.contains(&Some(partition)) {
            class.quotas = [Some(partition), class.quotas[0]];
        }
    }
}

/// Where FNV-1a begins.
pub(crate) const FNV_BASIS: u64 = 0xCBF2_9CE4_8422_2325;

/// FNV-1a, 64 bits (draft-eastlake-fnv): short code, and a clash only makes two routes share their evidence.
pub(crate) fn fnv(from: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(from, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// How much of a path makes its class.
const PATH_READ: usize = 512;

/// The route class of a request: its method and its path, id-like segments blanked, without query. Never zero.
///
/// `url` is absolute, without fragment. Segments that hold an id: digits alone; hexadecimal or UUID of eight or more
/// with a digit; sixteen or more with a digit; over forty in any case.
pub fn route(method: &[u8], url: &[u8]) -> u64 {
    let path = url.get(path_start(url)..).unwrap_or_default();
    let path = path.split(|b| *b == b'?').next().unwrap_or_default();
    let path = path.get(..PATH_READ).unwrap_or(path);
    let mut hash = fnv(FNV_BASIS, method);
    for segment in path.split(|b| *b == b'/') {
        hash = fnv(hash, b"/");
        hash = fnv(hash, if looks_like_an_id(segment) { b":" } else { segment });
    }
    hash.max(1)
}

/// Where the path begins: behind scheme and authority.
fn path_start(url: &[u8]) -> usize {
    let authority = url.windows(3).position(|w| w == b"://").map_or(0, |at| at + 3);
    let rest = url.get(authority..).unwrap_or_default();
    rest.iter()
        .position(|b| *b == b'/' || *b == b'?')
        .map_or(url.len(), |at| authority + at)
}

fn looks_like_an_id(segment: &[u8]) -> bool {
    let digits = segment.iter().filter(|b| b.is_ascii_digit()).count();
    let hex = segment.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    match segment.len() {
        0 => false,
        len if digits == len || len > 40 => true,
        len => digits > 0 && (len >= 16 || len >= 8 && hex),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        route(b"GET", a.as_bytes()) == route(b"GET", b.as_bytes())
    }

    #[test]
    fn ids_are_blanked_and_words_are_not() {
        assert!(same("https://a.b/items/1", "https://a.b/items/22?x=1"));
        assert!(same(
            "https://a.b/u/3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            "https://a.b/u/00000000-4f89-11d3-9a0c-0305e82c3301/".trim_end_matches('/')
        ));
        assert!(same(
            "https://a.b/x/dGhpc2lzYXRva2Vu1",
            "https://a.b/x/bm90aGVydG9rZW4x22"
        ));
        assert!(same("https://a.b", "https://a.b?q"));
        assert!(!same("https://a.b/login", "https://a.b/search"));
        assert!(!same("https://a.b/v1/items", "https://a.b/v2/items"));
        assert!(
            !same("https://a.b/deadbeef", "https://a.b/facade"),
            "hexadecimal words without a digit"
        );
        assert_ne!(route(b"GET", b"https://a.b/x"), route(b"POST", b"https://a.b/x"));
    }

    #[test]
    fn a_full_table_forgets_open_scopes_before_closed_ones() {
        let now = Instant::ORIGIN;
        let mut places = Places::default();
        let first = places.scope(now, b"https://first").unwrap();
        let slot = places.find(first).unwrap();
        places.scopes[slot]
            .lane
            .close(now, Duration::from_secs(60), &mut Rng::from_seed(1));
        for n in 0..1_000u32 {
            assert!(places.scope(now, &n.to_le_bytes()).is_some());
        }
        assert_eq!(places.scopes.len(), defaults::SCOPES);
        assert_eq!(places.find(first), Some(slot), "the closed one is still known");
        for scope in &mut places.scopes {
            scope
                .lane
                .close(now, Duration::from_secs(60), &mut Rng::from_seed(1));
        }
        assert_eq!(
            places.scope(now, b"https://new"),
            None,
            "all closed: a new one passes through"
        );
    }

    #[test]
    fn classes_and_partitions_are_bounded() {
        let now = Instant::ORIGIN;
        let mut places = Places::default();
        for n in 0..5_000u64 {
            let class = places.class(now, 0, n + 1, &|_| false);
            assert_ne!(class, NO_CLASS);
            if let Some(p) = places.partition(now, 0, class, b"default", 0) {
                places.link(class, p);
            }
        }
        assert_eq!(places.classes.len(), defaults::CLASSES);
        assert!(places.partitions.len() <= defaults::PARTITIONS);
    }

    #[test]
    fn a_named_quota_is_one_for_all_routes_and_an_unnamed_one_is_the_routes_own() {
        let now = Instant::ORIGIN;
        let mut places = Places::default();
        let shared = places.partition(now, 0, 1, b"burst", 10);
        assert_eq!(shared, places.partition(now, 0, 2, b"burst", 10));
        assert_ne!(
            shared,
            places.partition(now, 0, 2, b"burst", 11),
            "another limit is another policy"
        );
        assert_ne!(
            places.partition(now, 0, 1, b"default", 10),
            places.partition(now, 0, 2, b"default", 10)
        );
        assert_ne!(
            shared,
            places.partition(now, 1, 1, b"burst", 10),
            "never across scopes"
        );
    }

    #[test]
    fn a_shorter_pause_never_shortens_a_longer_one_nor_draws_another_spread() {
        let now = Instant::ORIGIN;
        let (mut lane, mut rng) = (Lane::new(), Rng::from_seed(1));
        let ten = Duration::from_secs(10);
        lane.close(now, ten, &mut rng);
        let closed = lane.closed(now);
        for wait in [2, 10, 10, 10] {
            lane.close(now, Duration::from_secs(wait), &mut rng);
        }
        assert_eq!(lane.closed(now), closed);
        assert!(closed.is_some_and(|(until, why)| {
            why == Reason::RetryAfter && until >= now + ten && until < now + ten + ten / 5
        }));
        lane.suspect(now, now + Duration::from_secs(900), Reason::Overload);
        assert_eq!(
            lane.closed(now),
            Some((now + Duration::from_secs(30), Reason::Overload)),
            "a guess is short"
        );
    }
}
