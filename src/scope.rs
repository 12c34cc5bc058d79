//! Whom a hint concerns. Evidence is kept in three sizes, and the smallest that explains it is held: the route class
//! (method and path with id-like segments blanked), the scope (by default the origin), and the quota's partition.
//!
//! A `/login` that is rate limited for a quarter of an hour must not close Save and Search; a server that says 503
//! speaks for all its routes.

use crate::time::Duration;
use alloc::string::String;
use alloc::vec::Vec;

use crate::breaker::Breaker;
use crate::limit::Limit;
use crate::num::{FNV_BASIS, ONE, fnv};
use crate::policy::Policy;
use crate::policy::defaults;
use crate::pressure::usual::Usual;
use crate::pressure::{Level, PressurePolicy, State};
use crate::rate::quota::Quota;
use crate::rate::share::Share;
use crate::rate::throttle::Throttle;
use crate::reason::Reason;
use crate::retry::backoff::Backoff;
use crate::rng::Rng;
use crate::time::Instant;
use crate::verdict::Hold;

/// A time that the server named, and this client's own spread after it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Word {
    until: Instant,
    /// Which part of the spread's width this client takes, in ten-thousandths: one draw a closure. Were it drawn for
    /// each refusal, the longest draw of a burst would win, and all clients would come back at the spread's end.
    share: u32,
}

impl Word {
    /// Until when nothing may go, spread included; in the past when it is not in force.
    pub fn until(&self) -> Instant {
        self.until
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

/// The three sizes of place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Size {
    /// By default an origin.
    Scope,
    /// A route class.
    Route,
    /// A quota's partition: one quota that several routes may draw on.
    Quota,
}

impl Size {
    /// How many places of this size there are at most.
    fn most(self) -> usize {
        match self {
            Self::Scope => defaults::SCOPES,
            Self::Route => defaults::ROUTES,
            Self::Quota => defaults::PARTITIONS,
        }
    }
}

/// A place's handle: index + 1 in the low ten bits, generation above. A place that was forgotten is not found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PlaceId(pub u32);

const INDEX_BITS: u32 = 10;
const _: () = assert!(defaults::SCOPES + defaults::ROUTES + defaults::PARTITIONS < 1 << INDEX_BITS);

impl PlaceId {
    /// No place: its table was full, and all in it closed.
    pub const NONE: Self = Self(0);

    /// What tells it from all other places of its time, in sixteen bits.
    pub fn lane(self) -> u16 {
        self.0 as u16
    }

    fn index(self) -> usize {
        (self.0 as usize & ((1 << INDEX_BITS) - 1)).wrapping_sub(1)
    }
}

/// What is known about one place. What its size has no use for stays as it began, and holds nothing.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its handle.
    pub id: PlaceId,
    /// What it is.
    pub size: Size,
    /// The scope that it belongs to; none for a scope itself.
    pub scope: PlaceId,
    /// Hash of a scope's name, of a route's method and blanked path, of a quota's name and figures. The names
    /// themselves stay with the page.
    pub name: u64,
    used: u32,
    /// Until when the server said not to come, or until a used-up quota is filled up.
    pub word: Word,
    /// Until when we guess that it is better not to, and why.
    pub guess: Hold,
    /// Until when another tab said not to come, by a server's word (`RetryAfter`) or its own guess.
    pub peer: Hold,
    /// How the next guess is spaced.
    pub backoff: Backoff,
    /// How many may be in flight, of a scope and of a route.
    pub limit: Limit,
    /// How much it suffers.
    pub level: Level,
    /// A scope's unsafe requests, sent and answered: a flight that left before the last of them is not joined.
    pub writes: u32,
    /// When it was last written to, or that was answered.
    pub wrote: Instant,
    /// The state of a scope that was last told.
    pub shown: State,
    /// A route's failures.
    pub breaker: Breaker,
    /// The quotas that a route draws on.
    pub quotas: [PlaceId; 2],
    /// What the server told of a quota.
    pub quota: Quota,
    /// Which share of its usual rate a scope is asked to send.
    pub share: Share,
    /// What is usual for a route.
    pub usual: Usual,
    /// When the last request was sent that was answered in time.
    pub prompt: Instant,
    /// When a human's request was last answered in time.
    pub fresh: Instant,
    /// How many are in flight that background work waits for.
    pub essential: u32,
    /// By how much the last late answer of a human's was late, and when it came; zero after one in time.
    pub excess: (Duration, Instant),
    /// The route of a scope that failed last, if nothing was answered since.
    pub stumbled: PlaceId,
    /// How much of what a route would refuse is kept back.
    pub throttle: Throttle,
    /// The end of the guess, or of the breaker's rest, that a human's press has probed.
    pub pressed: Instant,
    /// The features that a scope is asked to do without, each name ended by a line feed, and until when.
    pub off: (String, Instant),
}

impl Place {
    /// Until when it is closed and by whose word; in the past when it is open.
    pub fn closed(&self) -> Hold {
        self.own().later(self.peer)
    }

    /// The same without what other tabs said.
    pub fn own(&self) -> Hold {
        self.word().later(self.guess)
    }

    /// The same by the server's word alone, to this page or to another tab.
    pub fn told(&self) -> Hold {
        if self.peer.why == Reason::RetryAfter { self.word().later(self.peer) } else { self.word() }
    }

    /// The server's word to this page.
    pub fn word(&self) -> Hold {
        let why = match self.size {
            Size::Quota => Reason::Quota,
            _ => Reason::RetryAfter,
        };
        Hold { until: self.word.until, why }
    }

    /// Until when it is closed by what we guess; in the past when it is not.
    pub fn rests_until(&self, now: Instant) -> Instant {
        let guess = self.guess.until.max(self.breaker.closed_until(now).unwrap_or(now));
        if self.peer.why == Reason::RetryAfter { guess } else { guess.max(self.peer.until) }
    }

    /// Whether it is refused or failing at present.
    pub fn refusing(&self, now: Instant) -> bool {
        self.closed().until > now || self.breaker.is_open()
    }

    /// Closes it by the server's word.
    pub fn close(&mut self, now: Instant, wait: Duration, spread: &mut Rng) {
        self.word.say(now, wait, spread);
        self.limit.shut();
    }

    /// Closes it by our own guess, never for longer than a guess may last.
    pub fn suspect(&mut self, now: Instant, until: Instant, why: Reason) {
        let until = until.min(now + defaults::LONGEST_GUESS);
        if until > self.guess.until {
            self.guess = Hold { until, why };
        }
        self.limit.shut();
    }

    /// Another tab says that it is closed until then: never less patience than before.
    pub fn hear_peer(&mut self, now: Instant, until: Instant, by_server: bool) {
        let word = by_server || self.peer.why == Reason::RetryAfter && self.peer.until > now;
        let why = if word { Reason::RetryAfter } else { Reason::Overload };
        self.peer = Hold { until: until.max(self.peer.until), why };
        self.limit.shut();
    }

    /// How it is: serious at least while it is closed, however old the evidence.
    pub fn state(&self, now: Instant, figures: &PressurePolicy) -> State {
        let state = self.level.state(now, figures);
        if self.closed().until > now { state.max(State::Serious) } else { state }
    }

    /// A fast answer clears what we guessed, and what other tabs did; what the server said stays.
    pub fn clear(&mut self, policy: &Policy) {
        self.guess = Hold::NONE;
        if self.peer.why != Reason::RetryAfter {
            self.peer = Hold::NONE;
        }
        self.backoff.reset();
        self.limit.succeeded(&policy.limit);
    }
}

/// All places, bounded.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// By index.
    pub all: Vec<Place>,
    clock: u32,
}

impl Places {
    /// A place by its handle, or none when it was forgotten.
    // Not inlined: it is asked for everywhere, and in wasm a call is a tenth of the code.
    #[inline(never)]
    pub fn get(&self, id: PlaceId) -> Option<&Place> {
        self.all.get(id.index()).filter(|place| place.id == id)
    }

    /// The same, to change it.
    #[inline(never)]
    pub fn get_mut(&mut self, id: PlaceId) -> Option<&mut Place> {
        self.all.get_mut(id.index()).filter(|place| place.id == id)
    }

    /// The handle of a scope by the hash of its name, made when it is new. None when the table is full of closed ones.
    pub fn scope(&mut self, now: Instant, name: u64) -> PlaceId {
        self.find(now, Size::Scope, PlaceId::NONE, name, &|_| false)
    }

    /// The handle of a route class, made when it is new; none when the table is full of closed ones and of such as
    /// requests stand for (`busy`).
    pub fn route(
        &mut self,
        now: Instant,
        scope: PlaceId,
        route: u64,
        busy: &dyn Fn(PlaceId) -> bool,
    ) -> PlaceId {
        self.find(now, Size::Route, scope, route, busy)
    }

    /// The partition of a quota by its name, made when it is new; none when the table is full of live ones. The route
    /// that it was told to draws on it; of more than two the one linked longest makes room.
    /// A named quota with the same limit and window is one partition for all routes that tell of it; an unnamed one
    /// (`default`) is the route's own.
    pub fn quota(
        &mut self,
        now: Instant,
        scope: PlaceId,
        route: PlaceId,
        name: &[u8],
        figures: u64,
    ) -> PlaceId {
        let whose = if name == b"default" { u64::from(route.0) } else { figures };
        let name = fnv(fnv(FNV_BASIS, name), &whose.to_le_bytes());
        let id = self.find(now, Size::Quota, scope, name, &|_| false);
        if id != PlaceId::NONE
            && let Some(route) = self.get_mut(route)
            && !route.quotas.contains(&id)
        {
            route.quotas = [id, route.quotas[0]];
        }
        id
    }

    /// A scope, one of its routes, and the quotas that the route draws on: all that may hold a request.
    pub fn around(&self, scope: PlaceId, route: PlaceId) -> [PlaceId; 4] {
        let [one, other] = self.get(route).map_or([PlaceId::NONE; 2], |route| route.quotas);
        [scope, route, one, other]
    }

    /// The handle of the place of that name. A full table forgets the one used longest ago of those that are free.
    fn find(
        &mut self,
        now: Instant,
        size: Size,
        scope: PlaceId,
        name: u64,
        busy: &dyn Fn(PlaceId) -> bool,
    ) -> PlaceId {
        self.clock = self.clock.wrapping_add(1);
        let clock = self.clock;
        let mut count = 0;
        for place in self.all.iter_mut().filter(|place| place.size == size) {
            if place.scope == scope && place.name == name {
                place.used = clock;
                return place.id;
            }
            count += 1;
        }
        let mut id = PlaceId(self.all.len() as u32 + 1);
        if count == size.most() {
            let (mut oldest, mut age) = (PlaceId::NONE, 0);
            for place in self.all.iter().filter(|place| place.size == size) {
                let its_age = clock.wrapping_sub(place.used);
                if its_age > age && self.is_free(now, place) && !busy(place.id) {
                    (oldest, age) = (place.id, its_age);
                }
            }
            if oldest == PlaceId::NONE {
                return oldest;
            }
            id = PlaceId(oldest.0.wrapping_add(1 << INDEX_BITS));
        }
        let fresh = Place {
            id,
            size,
            scope,
            name,
            used: clock,
            word: Word::default(),
            guess: Hold::NONE,
            peer: Hold::NONE,
            backoff: Backoff::new(),
            limit: Limit::new(),
            level: Level::default(),
            writes: 0,
            wrote: Instant::ORIGIN,
            shown: State::Nominal,
            breaker: Breaker::new(),
            quotas: [PlaceId::NONE; 2],
            quota: Quota::new(Instant::ORIGIN),
            share: Share::default(),
            usual: Usual::default(),
            prompt: Instant::ORIGIN,
            fresh: Instant::ORIGIN,
            essential: 0,
            excess: (Duration::ZERO, Instant::ORIGIN),
            stumbled: PlaceId::NONE,
            throttle: Throttle::default(),
            pressed: Instant::ORIGIN,
            off: (String::new(), Instant::ORIGIN),
        };
        match self.all.get_mut(id.index()) {
            Some(place) => *place = fresh,
            None => self.all.push(fresh),
        }
        id
    }

    /// Whether it may be forgotten: its scope was, or neither it nor the server's word for one of its routes or quotas
    /// is in force.
    fn is_free(&self, now: Instant, place: &Place) -> bool {
        let orphan = place.scope != PlaceId::NONE && self.get(place.scope).is_none();
        let binds = |p: &Place| p.word.until > now && (p.scope == place.id || place.quotas.contains(&p.id));
        orphan || !(place.refusing(now) || !place.quota.expired(now) || self.all.iter().any(binds))
    }

    /// Whether a scope has but this one route.
    pub fn is_alone(&self, scope: PlaceId, route: PlaceId) -> bool {
        let another = |p: &Place| p.size == Size::Route && p.scope == scope && p.id != route;
        !self.all.iter().any(another)
    }

    /// Whether another route of the scope than this one is late.
    pub fn another_late(
        &self,
        now: Instant,
        scope: PlaceId,
        route: PlaceId,
        figures: &PressurePolicy,
    ) -> bool {
        let is_late = |p: &Place| p.level.lateness(now, figures) >= figures.down[0];
        self.all.iter().any(|p| p.size == Size::Route && p.scope == scope && p.id != route && is_late(p))
    }

    /// When the first of a scope's routes is due again, at `longest` at the latest, if another than this one is refused
    /// or failing at present.
    pub fn in_trouble(
        &self,
        now: Instant,
        scope: PlaceId,
        route: PlaceId,
        longest: Instant,
    ) -> Option<Instant> {
        let (mut trouble, mut first) = (false, longest);
        for place in &self.all {
            if place.size != Size::Route || place.scope != scope {
                continue;
            }
            trouble |= place.id != route && place.refusing(now);
            let mut until = place.closed().until;
            if until <= now {
                until = place.breaker.next_timeout();
            }
            if until > now && until < first {
                first = until;
            }
        }
        trouble.then_some(first)
    }
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
    rest.iter().position(|b| *b == b'/' || *b == b'?').map_or(url.len(), |at| authority + at)
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
        assert!(same("https://a.b/x/dGhpc2lzYXRva2Vu1", "https://a.b/x/bm90aGVydG9rZW4x22"));
        assert!(same("https://a.b", "https://a.b?q"));
        assert!(same("https://a.b/x", "http://c.de/x"), "a scope may have several origins");
        assert!(!same("https://a.b/login", "https://a.b/search"));
        assert!(!same("https://a.b/v1/items", "https://a.b/v2/items"));
        assert!(same("https://a.b/0a1b2c3d", "https://a.b/3f2504e0"), "eight hexadecimal digits");
        assert!(!same("https://a.b/a1b2c3d", "https://a.b/a1b2c3e"), "seven");
        assert!(!same("https://a.b/products2", "https://a.b/products3"), "a word with a number");
        assert!(!same("https://a.b/deadbeef", "https://a.b/facade"), "hexadecimal words without a digit");
        assert_ne!(route(b"GET", b"https://a.b/x"), route(b"POST", b"https://a.b/x"));
    }

    fn named(n: u32) -> u64 {
        fnv(FNV_BASIS, &n.to_le_bytes())
    }

    #[test]
    fn a_full_table_forgets_open_scopes_before_closed_ones() {
        let now = Instant::ORIGIN;
        let mut places = Places::default();
        let first = places.scope(now, 7);
        let minute = Duration::from_secs(60);
        let close = |place: &mut Place| place.close(now, minute, &mut Rng::from_seed(1));
        close(places.get_mut(first).unwrap());
        for n in 0..1_000 {
            assert_ne!(places.scope(now, named(n)), PlaceId::NONE);
        }
        assert_eq!(places.all.len(), defaults::SCOPES);
        assert!(places.get(first).is_some(), "the closed one is still known");
        places.all.iter_mut().for_each(close);
        assert_eq!(places.scope(now, 8), PlaceId::NONE, "all closed: a new one passes through");
    }

    #[test]
    fn routes_and_partitions_are_bounded() {
        let now = Instant::ORIGIN;
        let mut places = Places::default();
        let scope = places.scope(now, 7);
        for n in 0..5_000 {
            let route = places.route(now, scope, named(n), &|_| false);
            assert_ne!(route, PlaceId::NONE);
            places.quota(now, scope, route, b"default", 0);
        }
        let count = |size| places.all.iter().filter(|p| p.size == size).count();
        assert_eq!(count(Size::Route), defaults::ROUTES);
        assert!(count(Size::Quota) <= defaults::PARTITIONS);
    }

    #[test]
    fn what_belonged_to_a_scope_that_was_forgotten_is_nobodys() {
        let now = Instant::ORIGIN;
        let mut places = Places::default();
        let scope = places.scope(now, 7);
        let route = places.route(now, scope, 1, &|_| false);
        places.get_mut(route).unwrap().suspect(now, now + Duration::from_secs(9), Reason::Overload);
        for n in 0..100 {
            places.scope(now, named(n));
        }
        assert!(places.get(scope).is_none());
        let again = places.scope(now, 7);
        assert_ne!(places.route(now, again, 1, &|_| false), route);
        for n in 0..defaults::ROUTES as u32 {
            places.route(now, again, named(n), &|_| false);
        }
        assert!(places.get(route).is_none(), "closed or not, its place is free");
    }

    #[test]
    fn a_named_quota_is_one_for_all_routes_and_an_unnamed_one_is_the_routes_own() {
        let now = Instant::ORIGIN;
        let mut places = Places::default();
        let [here, there] = [7, 8].map(|name| places.scope(now, name));
        let [one, two] = [1, 2].map(|name| places.route(now, here, name, &|_| false));
        let shared = places.quota(now, here, one, b"burst", 10);
        assert_eq!(shared, places.quota(now, here, two, b"burst", 10));
        assert_ne!(shared, places.quota(now, here, two, b"burst", 11), "another limit is another policy");
        let own = places.quota(now, here, one, b"default", 10);
        assert_ne!(own, places.quota(now, here, two, b"default", 10));
        assert_ne!(shared, places.quota(now, there, one, b"burst", 10), "never across scopes");
    }

    #[test]
    fn a_shorter_pause_never_shortens_a_longer_one_nor_draws_another_spread() {
        let now = Instant::ORIGIN;
        let (mut places, mut rng) = (Places::default(), Rng::from_seed(1));
        let id = places.scope(now, 7);
        let place = places.get_mut(id).unwrap();
        let ten = Duration::from_secs(10);
        place.close(now, ten, &mut rng);
        let closed = place.closed();
        for wait in [2, 10, 10, 10] {
            place.close(now, Duration::from_secs(wait), &mut rng);
        }
        assert_eq!(place.closed(), closed);
        assert!(
            closed.why == Reason::RetryAfter
                && closed.until >= now + ten
                && closed.until < now + ten + ten / 5
        );
        place.suspect(now, now + Duration::from_secs(900), Reason::Overload);
        let guess = Hold { until: now + Duration::from_secs(30), why: Reason::Overload };
        assert_eq!(place.closed(), guess, "a guess is short");
    }

    #[test]
    fn a_servers_word_from_another_tab_stays_one_when_a_guess_follows_until_it_is_over() {
        let at = |n| Instant::ORIGIN + Duration::from_secs(n);
        let mut places = Places::default();
        let id = places.scope(at(0), 7);
        let place = places.get_mut(id).unwrap();
        place.hear_peer(at(0), at(10), true);
        place.hear_peer(at(9), at(20), false);
        assert_eq!(place.told(), Hold { until: at(20), why: Reason::RetryAfter });
        place.hear_peer(at(20), at(30), false);
        assert_eq!(place.closed(), Hold { until: at(30), why: Reason::Overload });
        assert!(place.told().until < at(30));
    }

    #[test]
    fn over_forty_characters_are_an_id_whatever_they_are() {
        let path = |letter: &str, length: usize| String::from("https://a.b/") + &letter.repeat(length);
        assert!(same(&path("x", 41), &path("y", 41)));
        assert!(!same(&path("x", 40), &path("y", 40)));
    }
}
