//! Brownout: which parts of a page are done without while a backend suffers (C. Klein, M. Maggio, K.-E. Årzén,
//! F. Hernández-Rodriguez, "Brownout: Building more robust cloud applications", ICSE 2014: optional content is what
//! a system may leave out to keep answering).
//!
//! Without it a page asks for its recommendations with the same right as for what its human came for, and a server that
//! could have served half of both serves neither.
//!
//! | a feature is | and                                                                     | so it                |
//! |--------------|-------------------------------------------------------------------------|----------------------|
//! | on           | its scope's state is `shed_at` or worse, or the server names it          | goes off             |
//! | on           | the same, less than `spacing` after it came back                        | stays on until then  |
//! | off          | the same                                                                | stays off            |
//! | off          | the state has been better for less than `restore_after`                 | stays off            |
//! | off          | one that comes back before it is off still, or is back for less than `spacing` | stays off     |
//! | off          | none of these                                                           | comes back           |
//! | off          | only the server's word had switched it off, and that is over            | comes back at once, `spacing` after it went |
//! | any          | overridden                                                              | is as it was told, at once |
//! | overridden   | the override is lifted                                                  | is as if there had been none |
//!
//! Off in order of `shed_at`, then of importance, then of registration, all that the state asks for at once; back in
//! reverse order, those of one `shed_at` and importance together. A state has hysteresis of its own: it is left a good
//! way below where it was entered. Importances that differ in less than a thousand-billionth of themselves are equal.
//!
//! How often one looks makes no difference to when a feature is due back: between two looks a state only falls, so the
//! moment when it got better is found between them.
//!
//! ```
//! use tidegate::{brownout::{Brownout, BrownoutPolicy}, time::{Duration, Instant}};
//!
//! let ms = Duration::from_millis;
//! let policy = BrownoutPolicy { restore_after: ms(5_000), spacing: ms(1_000) };
//! let (mut all, t0) = (Brownout::default(), Instant::ORIGIN + ms(60_000));
//! let feature = all.add(7, 1, 2, 0.0); // in scope 7, a name's hash, off from serious on
//! let state = |_, at| if at < t0 + ms(1_500) { 2 } else { 1 }; // serious, and then fair
//! for now in [t0, t0 + ms(1_000), t0 + ms(2_000)] {
//!     all.look(now, &policy, &|scope, _, at| (state(scope, at), Instant::ORIGIN), &mut |_| {});
//!     assert!(all.is_off(feature));
//! }
//! let back = t0 + ms(1_500) + policy.restore_after;
//! assert!(all.next_timeout() >= back && all.next_timeout() < back + ms(1));
//! ```
//!
//! Not here: what a scope's state is and whom a server names (closures say so), and a dimmer that sheds a share of a
//! feature's requests: a widget that is there for every other visitor cannot be explained to a human.

use alloc::vec::Vec;
use core::mem::replace;

use crate::policy::defaults;
use crate::time::{Duration, Instant};

/// How fast features come back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BrownoutPolicy {
    /// How long the state must have been better.
    pub restore_after: Duration,
    /// Between two changes of one feature, and between those that come back after each other.
    pub spacing: Duration,
}

impl BrownoutPolicy {
    /// Whatever is off comes back at once.
    pub const OFF: Self = Self { restore_after: Duration::ZERO, spacing: Duration::ZERO };
}

/// A feature was switched, by the state or by hand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Change {
    /// Which: its handle.
    pub feature: u32,
    /// What it is now.
    pub on: bool,
    /// How its scope is, 0 to 3.
    pub state: u8,
}

/// What is known of one feature.
#[derive(Clone, Copy, Debug)]
struct Feature {
    handle: u32,
    scope: u64,
    name: u64,
    shed_at: u8,
    /// How its scope is.
    state: u8,
    /// Its place in the order of its scope: first by `shed_at`, then by importance.
    rank: u64,
    on: bool,
    forced: Option<bool>,
    /// It changes again no earlier.
    free_at: Instant,
    /// Of one that is off: since when its scope is better; never: it is not; the origin: only the server's word had
    /// switched it off. Of one that is on: when it came back.
    mark: Instant,
    /// Until when the server names it, and since when.
    named: Instant,
    spared: Instant,
}

/// All features of a page: at most [`defaults::FEATURES`].
#[derive(Clone, Debug, Default)]
pub struct Brownout {
    /// In the order in which they go off, scope by scope.
    features: Vec<Feature>,
    stirred: bool,
    seen: Instant,
    due: Instant,
}

impl Brownout {
    // ── questions ───────────────────────────────────────────────────────────

    /// May a request for this feature go? If not: the earliest moment at which it can be back, later than `now`;
    /// never: it is off by hand. An unknown handle (0 is none) goes.
    pub fn ask(&self, now: Instant, feature: u32, policy: &BrownoutPolicy) -> Result<(), Instant> {
        match self.get(feature).filter(|f| !f.visible()) {
            None => Ok(()),
            Some(Feature { forced: Some(_), .. }) => Err(Instant::NEVER),
            Some(f) => Err(f.back(now, policy, now).max(now + policy.spacing)),
        }
    }

    // ── handlers ────────────────────────────────────────────────────────────

    /// A feature more, on: its scope and name by their hashes, the state from which on it is off (1 to 3), and its
    /// importance (NaN counts as 0). Answers its handle, from 1; 0 when there are too many.
    pub fn add(&mut self, scope: u64, name: u64, shed_at: u8, importance: f64) -> u32 {
        let (handle, shed_at) = (self.features.len() as u32 + 1, shed_at.clamp(1, 3));
        if handle as usize > defaults::FEATURES {
            return 0;
        }
        let new = Feature {
            handle,
            scope,
            name,
            shed_at,
            state: 0,
            rank: u64::from(shed_at) << 62 | ordered(importance) >> 2,
            on: true,
            forced: None,
            free_at: Instant::ORIGIN,
            mark: Instant::ORIGIN,
            named: Instant::ORIGIN,
            spared: Instant::ORIGIN,
        };
        let before = |f: &&Feature| (f.scope, f.rank) <= (scope, new.rank);
        let place = self.features.iter().filter(before).count();
        self.features.insert(place, new);
        self.stirred = true;
        handle
    }

    /// Something that it is judged by has changed: the next look is due.
    pub fn stir(&mut self) {
        self.stirred = true;
    }

    /// On or off whatever the state; none: by the state again. Answers what has changed by that.
    pub fn force(&mut self, feature: u32, how: Option<bool>) -> Option<Change> {
        let f = self.features.iter_mut().find(|f| f.handle == feature)?;
        let before = f.visible();
        f.forced = how;
        (f.visible() != before).then(|| f.change())
    }

    /// Looks at all, if that is due. `judge`: how a scope is at a moment, the present or an earlier one, 0 to 3, and until when
    /// its server names a feature; by the hashes of both. Tells every change that can be seen, in order.
    pub fn look(
        &mut self,
        now: Instant,
        policy: &BrownoutPolicy,
        judge: &dyn Fn(u64, u64, Instant) -> (u8, Instant),
        tell: &mut dyn FnMut(Change),
    ) {
        if !self.is_due(now) {
            return;
        }
        self.stirred = false;
        let seen = replace(&mut self.seen, now);
        let mut due = Instant::NEVER;
        for f in &mut self.features {
            let judged = judge(f.scope, f.name, now);
            if f.named <= seen {
                f.spared = now;
            }
            (f.state, f.named) = judged;
            let hot = f.state >= f.shed_at;
            if hot {
                f.mark = Instant::NEVER;
            } else if f.mark == Instant::NEVER {
                f.mark = cooled(seen, now, &|at| judge(f.scope, f.name, at).0 >= f.shed_at);
            }
            if !hot && f.named <= now {
                continue;
            }
            if f.on && now >= f.free_at {
                f.switch(now, policy, tell);
                if !hot {
                    f.mark = Instant::ORIGIN;
                }
            }
            let over = if hot { now + policy.spacing } else { f.named };
            due = due.min(if f.on { f.free_at } else { over });
        }
        self.due = due.min(self.restore(now, policy, tell));
    }

    /// Lets back what may come back, in reverse order; answers when the next may.
    fn restore(&mut self, now: Instant, policy: &BrownoutPolicy, tell: &mut dyn FnMut(Change)) -> Instant {
        let mut due = Instant::NEVER;
        // Whom the ones of this rank wait for, and whom those after them do.
        let (mut rank, mut before, mut beside) = ((0, 0), Instant::ORIGIN, Instant::ORIGIN);
        for f in self.features.iter_mut().rev() {
            let its = (f.scope, f.rank);
            if its != rank {
                before = if its.0 == rank.0 { before.max(beside) } else { Instant::ORIGIN };
                (rank, beside) = (its, Instant::ORIGIN);
            }
            if !f.on {
                if f.named > now {
                    // Nobody waits for it any more, since it was named and off.
                    beside = beside.max(f.spared).max(f.free_at.back(policy.spacing));
                    continue;
                }
                // While it is hot, so are all after it.
                let never = f.mark.max(before) == Instant::NEVER;
                let at = if never { Instant::NEVER } else { f.back(now, policy, before) };
                if now < at {
                    (due, beside) = (due.min(at), Instant::NEVER);
                    continue;
                }
                f.switch(now, policy, tell);
                f.mark = at;
            }
            beside = beside.max(f.mark + policy.spacing);
        }
        due
    }

    // ── getters ─────────────────────────────────────────────────────────────

    /// Whether it can be seen to be off. An unknown handle is not.
    pub fn is_off(&self, feature: u32) -> bool {
        self.get(feature).is_some_and(|f| !f.visible())
    }

    /// Whether somebody decided so by hand.
    pub fn is_forced(&self, feature: u32) -> bool {
        self.get(feature).is_some_and(|f| f.forced.is_some())
    }

    /// Whether a look at this moment may change something.
    pub fn is_due(&self, now: Instant) -> bool {
        !self.features.is_empty() && (self.stirred || now >= self.due)
    }

    /// When the next look is due by itself; [`Instant::NEVER`] when all are on and nothing asks for less.
    pub fn next_timeout(&self) -> Instant {
        if self.features.is_empty() { Instant::NEVER } else { self.due }
    }

    // Not inlined: it is asked for in several places.
    #[inline(never)]
    fn get(&self, feature: u32) -> Option<&Feature> {
        self.features.iter().find(|f| f.handle == feature)
    }
}

impl Feature {
    fn visible(&self) -> bool {
        self.forced.unwrap_or(self.on)
    }

    /// When it may be back, at `least` at the earliest; while there is no calm: if it began now.
    fn back(&self, now: Instant, policy: &BrownoutPolicy, least: Instant) -> Instant {
        let mut at = self.mark.min(now);
        if self.mark > Instant::ORIGIN {
            at = at + policy.restore_after;
        }
        at.max(least).max(self.named).max(self.free_at)
    }

    fn switch(&mut self, now: Instant, policy: &BrownoutPolicy, tell: &mut dyn FnMut(Change)) {
        (self.on, self.free_at) = (!self.on, now + policy.spacing);
        if self.forced.is_none() {
            tell(self.change());
        }
    }

    fn change(&self) -> Change {
        Change { feature: self.handle, on: self.visible(), state: self.state }
    }
}

/// The same order in whole numbers. NaN is as 0.
fn ordered(importance: f64) -> u64 {
    let bits = if importance.is_nan() { 0 } else { (importance + 0.0).to_bits() };
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// When it cooled down between two looks, to a four-thousandth of the time between them.
fn cooled(seen: Instant, now: Instant, hot: &dyn Fn(Instant) -> bool) -> Instant {
    let (mut from, mut to) = (seen, now);
    for _ in 0..12 {
        let middle = from + to.since(from) / 2;
        if hot(middle) {
            from = middle;
        } else {
            to = middle;
        }
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use core::cell::Cell;

    const POLICY: BrownoutPolicy =
        BrownoutPolicy { restore_after: Duration::from_secs(5), spacing: Duration::from_secs(1) };
    const FAIR: u8 = 1;
    const SERIOUS: u8 = 2;
    const CRITICAL: u8 = 3;

    fn at(ms: u64) -> Instant {
        Instant::ORIGIN + Duration::from_millis(100_000 + ms)
    }

    /// A page with features, a state that a test sets, and names that its server gives.
    struct Bench {
        all: Brownout,
        /// What it was, since when it is something else, and what.
        state: Cell<(u8, Instant, u8)>,
        named: Cell<Instant>,
    }

    impl Bench {
        fn new(features: &[(u8, f64)]) -> Self {
            let mut all = Brownout::default();
            for (name, (shed_at, importance)) in features.iter().enumerate() {
                assert_eq!(all.add(7, name as u64, *shed_at, *importance), name as u32 + 1);
            }
            Self { all, state: Cell::new((0, at(0), 0)), named: Cell::new(Instant::ORIGIN) }
        }

        /// Looks; answers what changed, a handle below zero for off. The server names the feature of handle 1.
        fn look(&mut self, ms: u64) -> Vec<i32> {
            let mut changes = Vec::new();
            let ((before, since, after), named) = (self.state.get(), self.named.get());
            let state = |scope, moment| match scope {
                7 => {
                    if moment < since {
                        before
                    } else {
                        after
                    }
                }
                _ => 0,
            };
            let named = |_, name| if name == 0 { named } else { Instant::ORIGIN };
            let judge = |scope, name, moment| (state(scope, moment), named(scope, name));
            self.all.look(at(ms), &POLICY, &judge, &mut |c| {
                changes.push(if c.on { c.feature as i32 } else { -(c.feature as i32) });
            });
            changes
        }

        fn set(&mut self, ms: u64, state: u8) -> Vec<i32> {
            self.state.set((self.state.get().2, at(ms), state));
            self.all.stir();
            self.look(ms)
        }
    }

    #[test]
    fn follows_its_table() {
        let mut it = Bench::new(&[(SERIOUS, 0.0)]);
        assert!(it.look(0).is_empty(), "on: nothing asks for less");
        assert!(it.set(1, FAIR).is_empty(), "on: better than shed_at");
        assert_eq!(it.set(2, SERIOUS), [-1], "on: goes off");
        assert!(it.set(3, CRITICAL).is_empty() && it.look(1_003).is_empty(), "off: stays");
        it.set(2_000, FAIR);
        assert!(it.look(6_900).is_empty(), "off: better for less than restore_after");
        assert_eq!(it.look(7_000), [1], "off: comes back");
        assert!(it.set(7_500, SERIOUS).is_empty(), "on: less than the spacing after it came back");
        assert!(it.look(7_999).is_empty());
        assert_eq!(it.look(8_000), [-1]);
        assert!(it.all.force(1, Some(true)).is_some_and(|c| c.on), "overridden: as it was told");
        assert_eq!(it.all.ask(at(8_000), 1, &POLICY), Ok(()));
        assert!(it.all.force(1, None).is_some_and(|c| !c.on), "lifted: as if there had been none");
        assert_eq!(it.all.ask(at(8_000), 1, &POLICY), Err(at(13_000)));
    }

    #[test]
    fn the_servers_word_holds_as_long_as_it_says_and_no_longer() {
        let mut it = Bench::new(&[(CRITICAL, 0.0), (CRITICAL, 0.0)]);
        it.named.set(at(30_000));
        assert_eq!(it.set(0, 0), [-1]);
        assert_eq!((it.all.next_timeout(), it.all.ask(at(1), 1, &POLICY)), (at(30_000), Err(at(30_000))));
        assert_eq!(it.look(30_000), [1], "at once");
        it.named.set(at(90_000));
        assert!(it.set(30_500, 0).is_empty() && it.all.next_timeout() == at(31_000), "one change a second");
        assert_eq!(it.look(31_000), [-1]);
        it.named.set(Instant::ORIGIN);
        assert!(it.set(31_300, 0).is_empty());
        assert_eq!(it.look(32_000), [1], "taken back");
        assert_eq!(it.set(40_000, CRITICAL), [-1, -2]);
        it.named.set(at(90_000));
        it.set(41_000, 0);
        assert_eq!(it.look(46_000), [2], "who is named holds nobody back");
        assert_eq!(it.look(90_000), [1]);
    }

    #[test]
    fn off_in_order_and_back_in_reverse_rank_by_rank() {
        let mut it = Bench::new(&[
            (SERIOUS, 1.0),
            (FAIR, 99.0),
            (SERIOUS, -2.5),
            (SERIOUS, 1.0),
            (CRITICAL, f64::NEG_INFINITY),
        ]);
        assert_eq!(it.set(0, FAIR), [-2]);
        assert_eq!(it.set(10, CRITICAL), [-3, -1, -4, -5]);
        it.set(2_000, SERIOUS);
        it.set(3_000, 0);
        assert_eq!(it.look(7_000), [5]);
        assert_eq!(it.look(7_999), []);
        assert_eq!(it.look(8_000), [4, 1], "those of one rank together");
        assert_eq!(it.look(8_999), []);
        assert_eq!((it.look(9_000), it.look(9_500), it.look(10_000)), (vec![3], vec![], vec![2]));
        assert_eq!(it.all.next_timeout(), Instant::NEVER, "and then there is nothing to look at");
    }

    #[test]
    fn who_looks_late_finds_what_would_have_been() {
        let mut it = Bench::new(&[(SERIOUS, 0.0), (SERIOUS, 1.0)]);
        assert_eq!(it.set(0, SERIOUS), [-1, -2]);
        let judge = |_, _, moment| (if moment < at(2_000) { SERIOUS } else { 0 }, Instant::ORIGIN);
        let mut changes = Vec::new();
        it.all.look(at(600_000), &POLICY, &judge, &mut |c| changes.push(c.feature));
        assert_eq!(changes, [2, 1]);
        assert!(it.set(600_500, SERIOUS).is_empty(), "but what is seen changes once a second");
    }

    #[test]
    fn nobody_waits_for_one_that_is_named_from_the_moment_when_it_was() {
        let mut it = Bench::new(&[(SERIOUS, 2.0), (SERIOUS, 1.0), (SERIOUS, 0.0)]);
        it.set(0, SERIOUS);
        it.set(1_000, FAIR);
        it.named.set(at(60_000));
        it.all.stir();
        assert!(it.look(5_500).is_empty());
        assert_eq!(it.look(6_900), [2], "due at 6000, when its calm was over");
        assert_eq!(it.look(7_000), [3], "and the next a second after that, however late one looked");
    }

    #[test]
    fn one_that_was_only_named_is_back_with_the_end_of_the_word_also_in_a_pages_first_seconds() {
        let at = |ms| Instant::ORIGIN + Duration::from_millis(ms);
        let mut all = Brownout::default();
        all.add(7, 0, SERIOUS, 0.0);
        let (mut changes, named) = (Vec::new(), |_, _, _| (0, at(3_000)));
        for ms in [1_000, 3_000] {
            all.look(at(ms), &POLICY, &named, &mut |c| changes.push((ms, c.on)));
        }
        assert_eq!(changes, [(1_000, false), (3_000, true)]);
    }

    #[test]
    fn a_relapse_begins_the_calm_anew() {
        let mut it = Bench::new(&[(SERIOUS, 0.0)]);
        it.set(0, SERIOUS);
        it.set(1_000, FAIR);
        assert!(it.set(5_900, SERIOUS).is_empty());
        it.set(6_000, FAIR);
        assert_eq!((it.look(10_900), it.look(11_001)), (vec![], vec![1]));
    }

    #[test]
    fn who_comes_into_a_storm_is_off_at_once() {
        let mut it = Bench::new(&[(CRITICAL, 0.0)]);
        it.set(0, SERIOUS);
        assert_eq!(it.all.add(7, 9, 0, f64::NAN), 2, "0 counts as fair");
        assert_eq!(it.look(0), [-2]);
        assert_eq!(it.all.add(8, 9, 9, 0.0), 3, "beyond critical is critical");
        assert_eq!(it.set(1, CRITICAL), [-1], "another scope is not concerned");
    }

    #[test]
    fn an_override_is_not_told_twice_and_the_state_goes_on_below_it() {
        let mut it = Bench::new(&[(SERIOUS, 0.0)]);
        assert_eq!(it.all.force(1, Some(true)), None, "it is on");
        assert!(it.set(0, SERIOUS).is_empty(), "nothing to be seen");
        assert!(it.all.force(1, None).is_some_and(|c| !c.on));
        assert!(it.all.force(1, Some(false)).is_none() && it.all.is_forced(1));
        assert_eq!(it.all.ask(at(0), 1, &POLICY), Err(Instant::NEVER), "by hand has no end");
        it.set(1_000, 0);
        assert!(it.look(6_000).is_empty());
        assert!(it.all.force(1, None).is_some_and(|c| c.on));
        assert_eq!(it.all.force(2, Some(false)), None, "nobody");
    }

    #[test]
    fn it_is_bounded_and_knows_nobody_else() {
        let mut all = Brownout::default();
        let added: Vec<u32> = (0..70).map(|n| all.add(n, n, SERIOUS, 0.0)).collect();
        let most = defaults::FEATURES as u32;
        assert!(added.iter().zip(1..).all(|(handle, n)| *handle == if n <= most { n } else { 0 }));
        for handle in [0, most + 1, u32::MAX] {
            assert!(!all.is_off(handle) && !all.is_forced(handle) && all.ask(at(0), handle, &POLICY).is_ok());
        }
        assert_eq!(Brownout::default().next_timeout(), Instant::NEVER);
    }

    #[test]
    fn off_lets_all_back_at_once() {
        let mut it = Bench::new(&[(FAIR, 0.0), (SERIOUS, 0.0), (SERIOUS, 1.0)]);
        it.set(0, CRITICAL);
        it.all.stir();
        let mut back = Vec::new();
        it.all.look(at(1_000), &BrownoutPolicy::OFF, &|_, _, _| (0, Instant::ORIGIN), &mut |c| {
            back.push(c.feature);
        });
        assert_eq!(back, [3, 2, 1]);
    }

    #[test]
    fn importance_in_whole_numbers_has_the_same_order() {
        let all =
            [f64::NEG_INFINITY, -1e300, -7.5, -1.0, -1e-300, 0.0, 1e-300, 1.0, 7.5, 1e300, f64::INFINITY];
        assert!(all.windows(2).all(|two| ordered(two[0]) >> 2 < ordered(two[1]) >> 2));
        assert!(ordered(f64::NAN) == ordered(0.0) && ordered(-0.0) == ordered(0.0));
    }
}
