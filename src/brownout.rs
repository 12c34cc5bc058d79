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
//!     all.look(now, &policy, &state, &|_, _| Instant::ORIGIN, &mut |_| {});
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
    /// The hash of its scope's name.
    pub scope: u64,
    /// What it is now.
    pub on: bool,
}

/// What is known of one feature.
#[derive(Clone, Copy, Debug)]
struct Feature {
    handle: u32,
    scope: u64,
    name: u64,
    shed_at: u8,
    /// Its place in the order of its scope: first by `shed_at`, then by importance.
    rank: u64,
    on: bool,
    forced: Option<bool>,
    /// It changes again no earlier.
    free_at: Instant,
    /// Of one that is off: since when its scope is better; never: it is not; the origin: only the server's word had
    /// switched it off. Of one that is on: when it came back.
    mark: Instant,
    /// Until when the server names it.
    named: Instant,
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
            Some(f) => {
                let calm = f.due_back(now, policy);
                Err(calm.max(f.named).max(f.free_at).max(now + policy.spacing))
            }
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
            rank: u64::from(shed_at) << 62 | ordered(importance) >> 2,
            on: true,
            forced: None,
            free_at: Instant::ORIGIN,
            mark: Instant::ORIGIN,
            named: Instant::ORIGIN,
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

    /// Looks at all, if that is due. `state`: how a scope is at a moment, the present or an earlier one, 0 to 3;
    /// `named`: until when its server names a feature. Tells every change that can be seen, in order.
    pub fn look(
        &mut self,
        now: Instant,
        policy: &BrownoutPolicy,
        state: &dyn Fn(u64, Instant) -> u8,
        named: &dyn Fn(u64, u64) -> Instant,
        tell: &mut dyn FnMut(Change),
    ) {
        if !self.is_due(now) {
            return;
        }
        (self.stirred, self.due) = (false, Instant::NEVER);
        let seen = replace(&mut self.seen, now);
        let mut due = Instant::NEVER;
        for f in &mut self.features {
            let hot = |at| state(f.scope, at) >= f.shed_at;
            let is_hot = hot(now);
            f.named = named(f.scope, f.name);
            if is_hot {
                f.mark = Instant::NEVER;
            } else if f.mark == Instant::NEVER {
                f.mark = cooled(seen, now, &hot);
            }
            if !is_hot && f.named <= now {
                continue;
            }
            if f.on && now >= f.free_at {
                f.mark = if is_hot { Instant::NEVER } else { Instant::ORIGIN };
                f.switch(now, policy, tell);
            }
            let over = if is_hot { now + policy.spacing } else { f.named };
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
                    continue;
                }
                let at = f.due_back(now, policy).max(before);
                if now < at.max(f.free_at) || f.mark == Instant::NEVER {
                    // While it is hot, so are all after it.
                    let own = f.mark != Instant::NEVER && before != Instant::NEVER;
                    due = due.min(if own { at.max(f.free_at) } else { due });
                    beside = Instant::NEVER;
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

    fn get(&self, feature: u32) -> Option<&Feature> {
        self.features.iter().find(|f| f.handle == feature)
    }
}

impl Feature {
    fn visible(&self) -> bool {
        self.forced.unwrap_or(self.on)
    }

    /// When the calm has lasted long enough; while there is none: if it began now.
    fn due_back(&self, now: Instant, policy: &BrownoutPolicy) -> Instant {
        match self.mark {
            Instant::ORIGIN => Instant::ORIGIN,
            mark => mark.min(now) + policy.restore_after,
        }
    }

    fn switch(&mut self, now: Instant, policy: &BrownoutPolicy, tell: &mut dyn FnMut(Change)) {
        (self.on, self.free_at) = (!self.on, now + policy.spacing);
        if self.forced.is_none() {
            tell(self.change());
        }
    }

    fn change(&self) -> Change {
        Change { feature: self.handle, scope: self.scope, on: self.visible() }
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
