//! What a class would most likely refuse is not sent at all, for as long as that lasts.

use tidegate::coalesce::KeyId;
use tidegate::gate::Gate;
use tidegate::hint::Hint;
use tidegate::policy::Config;
use tidegate::reason::Reason;
use tidegate::verdict::{How, Outcome, Verdict};

use crate::world::*;

/// A page whose first twenty requests came back with this status and, where it refuses, with a pause that is over at once.
fn answered(seed: u64, status: u16) -> (Gate, KeyId) {
    let mut config = Config::default();
    config.set(tidegate::policy::Setting::Deadline as usize, 8_000.0);
    let mut gate = Gate::new(config.mend(), seed);
    let scope = gate.scope(at(0), ORIGIN.as_bytes()).unwrap();
    let key = gate.key(at(0), scope, b"GET", b"https://a.example/a");
    let ask = |gate: &mut Gate| match gate.ask(at(0), key, How(POST), None) {
        Verdict::Go(ticket) => ticket,
        other => panic!("{other:?}"),
    };
    let sent: Vec<_> = (0..20).map(|_| ask(&mut gate)).collect();
    let hint = Hint { wait_ms: (status == 429).then_some(1), ..Hint::default() };
    for ticket in sent {
        let _ = gate.settle(at(5), ticket, Outcome::Status(status), Some(&hint));
    }
    (gate, key)
}

/// How many of forty that are asked for in one moment are kept back by chance: for a third of patience.
fn kept(gate: &mut Gate, key: KeyId, now: u64, how: u32) -> usize {
    let drawn = |verdict| match verdict {
        Verdict::Wait { until, why, .. } => (until, why) == (at(now) + secs(8) / 3, Reason::Overload),
        _ => false,
    };
    let asked = (0..40).map(|_| gate.ask(at(now), key, How(how), Some(secs(600))));
    asked.filter(|verdict| drawn(*verdict)).count()
}

#[test]
fn of_what_was_refused_throughout_most_is_kept_back_each_by_its_own_chance() {
    for seed in 0..20 {
        let (mut gate, key) = answered(seed, 429);
        let kept = kept(&mut gate, key, 3_000, GET & !How::JOIN);
        assert!((20..40).contains(&kept), "{kept} of 40");
    }
}

#[test]
fn where_nothing_was_refused_and_when_it_is_long_ago_nothing_is_kept_back() {
    let (mut gate, key) = answered(1, 200);
    assert_eq!(kept(&mut gate, key, 3_000, GET & !How::JOIN), 0);
    let (mut gate, key) = answered(1, 429);
    assert_eq!(kept(&mut gate, key, 90_000, GET & !How::JOIN), 0);
}
