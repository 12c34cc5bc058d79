//! The policy against a naive twin that knows the whole past and looks at every tenth of a second: random features,
//! states, server's words, overrides and times.

use proptest::prelude::*;
use tidegate::brownout::{Brownout, BrownoutPolicy};
use tidegate::time::{Duration, Instant};

const SCOPES: u64 = 2;

fn at(step: u64) -> Instant {
    Instant::ORIGIN + Duration::from_millis(100 * (step + 1_000))
}

#[derive(Clone, Copy, Debug)]
enum Op {
    State { scope: u64, state: u8 },
    Named { feature: usize, steps: u64 },
    Force { feature: usize, how: Option<bool> },
    Add { scope: u64, shed_at: u8, importance: i8 },
    Pass { steps: u64 },
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (0..SCOPES, 0..4u8).prop_map(|(scope, state)| Op::State { scope, state }),
        1 => (0..8usize, 0..90u64).prop_map(|(feature, steps)| Op::Named { feature, steps }),
        1 => (0..8usize, any::<Option<bool>>()).prop_map(|(feature, how)| Op::Force { feature, how }),
        1 => (0..SCOPES, 1..4u8, -1..2i8)
            .prop_map(|(scope, shed_at, importance)| Op::Add { scope, shed_at, importance }),
        4 => (1..80u64).prop_map(|steps| Op::Pass { steps }),
    ]
}

/// One feature as its rules have it, in steps.
#[derive(Clone, Debug)]
struct Twin {
    scope: u64,
    rank: (u8, i8),
    on: bool,
    forced: Option<bool>,
    changed: Option<u64>,
    /// Whether it is too hot for it, since when it is no more (none: it never was), and whether that is why it is off.
    hot: bool,
    cool: Option<u64>,
    by_state: bool,
    named: u64,
}

impl Twin {
    fn seen(&self) -> bool {
        self.forced.unwrap_or(self.on)
    }

    fn rested(&self, now: u64) -> bool {
        self.changed.is_none_or(|then| now >= then + 10)
    }

    /// Off because of the state, or not yet back for a second: who comes after it waits.
    fn stops(&self, now: u64) -> bool {
        let disturbed = self.hot || self.cool.is_some_and(|cool| now < cool + 10);
        if self.on { !self.rested(now) || disturbed } else { self.named <= now }
    }
}

/// One look at all of them at step `now`; answers what can be seen to change, off below zero.
fn look(all: &mut [Twin], now: u64, states: &[u8], rest: u64) -> Vec<i32> {
    let mut changes = Vec::new();
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|n| (all[*n].scope, all[*n].rank, *n));
    let mut tell = |n: usize, f: &Twin| {
        if f.forced.is_none() {
            changes.push(if f.on { n as i32 + 1 } else { -(n as i32 + 1) });
        }
    };
    for &n in &order {
        let f = &mut all[n];
        let hot = states[f.scope as usize] >= f.rank.0;
        if f.hot && !hot {
            f.cool = Some(now);
        }
        f.hot = hot;
        if f.on && (hot || f.named > now) && f.rested(now) {
            (f.on, f.changed, f.by_state) = (false, Some(now), hot);
            tell(n, f);
        }
        f.by_state |= hot && !f.on;
    }
    for &n in order.iter().rev() {
        let f = &all[n];
        let calm = !f.by_state || f.cool.is_some_and(|cool| now >= cool + rest);
        let waits = all.iter().any(|g| g.scope == f.scope && g.rank > f.rank && g.stops(now));
        if !f.on && !f.hot && f.named <= now && f.rested(now) && calm && !waits {
            let f = &mut all[n];
            (f.on, f.changed, f.by_state) = (true, Some(now), false);
            tell(n, f);
        }
    }
    changes
}

/// Both, step by step.
struct Bench {
    ours: Brownout,
    twins: Vec<Twin>,
    states: Vec<u8>,
    rest: u64,
    now: u64,
}

impl Bench {
    fn policy(&self) -> BrownoutPolicy {
        BrownoutPolicy {
            restore_after: Duration::from_millis(100 * self.rest),
            spacing: Duration::from_millis(1_000),
        }
    }

    /// Looks with both; all that changed, and no more.
    fn look(&mut self) -> Vec<i32> {
        let (policy, states, twins) = (self.policy(), &self.states, &self.twins);
        let (now, mut ours) = (at(self.now), Vec::new());
        let state = |scope: u64, _| states[scope as usize];
        let named = |_, name: u64| twins[name as usize].named;
        // A fall happens at this very step: a moment before it was as it was at the last look.
        let hot_before = |scope: u64, moment: Instant| if moment < now { 3 } else { state(scope, moment) };
        let judge = |scope, name, at| (hot_before(scope, at), at_or_none(named(scope, name)));
        self.ours.look(now, &policy, &judge, &mut |c| {
            ours.push(if c.on { c.feature as i32 } else { -(c.feature as i32) });
        });
        let theirs = look(&mut self.twins, self.now, &self.states, self.rest);
        assert_eq!(ours, theirs, "step {}", self.now);
        for (n, twin) in self.twins.iter().enumerate() {
            let handle = n as u32 + 1;
            assert_eq!(self.ours.is_off(handle), !twin.seen(), "{handle} at {}: {twin:?}", self.now);
            let ask = self.ours.ask(now, handle, &policy);
            assert_eq!(ask.is_ok(), twin.seen());
            assert!(ask.err().is_none_or(|until| until > now));
        }
        let due = self.ours.next_timeout();
        assert!(self.twins.is_empty() || due > now, "the next look lies ahead");
        ours
    }

    fn apply(&mut self, op: Op) -> u64 {
        match op {
            Op::State { scope, state } => self.states[scope as usize] = state,
            Op::Named { feature, steps } => {
                if let Some(twin) = self.twins.get_mut(feature) {
                    twin.named = self.now + steps;
                }
            }
            Op::Force { feature, how } => {
                if let Some(twin) = self.twins.get_mut(feature) {
                    let before = twin.seen();
                    twin.forced = how;
                    let change = self.ours.force(feature as u32 + 1, how);
                    assert_eq!(change.map(|c| c.on), (twin.seen() != before).then_some(twin.seen()));
                }
            }
            Op::Add { scope, shed_at, importance } => {
                let name = self.twins.len() as u64;
                let handle = self.ours.add(scope, name, shed_at, f64::from(importance));
                if handle > 0 {
                    self.twins.push(Twin {
                        scope,
                        rank: (shed_at, importance),
                        on: true,
                        forced: None,
                        changed: None,
                        hot: false,
                        cool: None,
                        by_state: false,
                        named: 0,
                    });
                }
            }
            Op::Pass { steps } => return steps,
        }
        0
    }
}

fn at_or_none(step: u64) -> Instant {
    if step == 0 { Instant::ORIGIN } else { at(step) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The same changes at the same moments in the same order; each feature at most once a second; and whoever woke only
    /// when it is due would have missed none.
    #[test]
    fn agrees_with_its_twin(ops in prop::collection::vec(op(), 1..60), rest in prop_oneof![Just(0u64), 5..6u64, 50..51u64]) {
        let mut it =
            Bench { ours: Brownout::default(), twins: Vec::new(), states: vec![0; SCOPES as usize], rest, now: 0 };
        let mut last = [None::<u64>; 64];
        for op in ops {
            let steps = it.apply(op);
            // What happened is looked at in the same instant.
            it.ours.stir();
            for quiet in 0..=steps {
                let due = it.ours.is_due(at(it.now));
                if quiet > 0 { it.ours.stir(); }
                let changes = it.look();
                prop_assert!(due || changes.is_empty(), "{changes:?} at {} without being due", it.now);
                for change in changes {
                    let place = change.unsigned_abs() as usize - 1;
                    prop_assert!(last[place].is_none_or(|then| it.now >= then + 10), "{change} twice in a second");
                    last[place] = Some(it.now);
                }
                it.now += u64::from(quiet < steps);
            }
        }
        // In the end all is well, and stays so without a timer.
        it.states.fill(0);
        it.ours.stir();
        for _ in 0..600 { it.look(); it.now += 1; }
        it.look();
        prop_assert!(it.twins.iter().all(|twin| twin.on));
        prop_assert!(it.twins.is_empty() || it.ours.next_timeout() == Instant::NEVER);
    }
}
