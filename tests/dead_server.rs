//! A route whose server is dead: every answer is a failure without a time. Once the breaker holds somebody, no two requests
//! leave within a rest, whoever asks, however often, whatever is given up. (A human's own press may, once in a rest: that
//! is told in `tests/gate`.)
//!
//! `PROPTEST_CASES` asks for more lives.

use proptest::prelude::*;
use tidegate::gate::Gate;
use tidegate::policy::{Config, Setting};
use tidegate::reason::Reason;
use tidegate::time::{Duration, Instant};
use tidegate::verdict::{How, Outcome, Ticket, Verdict};

/// A pause before it, what happens, and how somebody asks.
type Step = (u64, u8, u32);

/// How many probes left, each a rest after the one before.
fn knock(trip: f64, rest: f64, seed: u64, steps: &[Step]) -> usize {
    let mut config = Config::default();
    config.set(Setting::BreakerTrip as usize, trip);
    config.set(Setting::BreakerRest as usize, rest);
    let policy = config.check().expect("in range");
    let rest = policy.breaker.rest;
    let (mut gate, mut now) = (Gate::new(policy, seed), Instant::ORIGIN);
    let scope = gate.scope(now, b"https://a.example").expect("room for one");
    let key = gate.key(now, scope, b"GET", b"https://a.example/dead");
    let (mut flying, mut probes) = (Vec::<Ticket>::new(), Vec::<Instant>::new());
    let mut open = false;
    for &(pause, kind, how) in steps {
        now = now + Duration::from_millis(pause);
        let outcome = [Outcome::Failed, Outcome::Status(500), Outcome::Aborted].get(usize::from(kind));
        let mut heard = match (outcome, flying.first().copied()) {
            (Some(outcome), Some(ticket)) => vec![gate.settle(now, ticket, *outcome, None)],
            (Some(_), None) => vec![],
            (None, _) => vec![gate.ask(now, key, How(how | How::SAFE), None)],
        };
        while let Some(verdict) = gate.poll(now) {
            heard.push(verdict);
        }
        for verdict in heard {
            match verdict {
                Verdict::Wait { why, .. } | Verdict::Shed { why, .. } => open |= why == Reason::Breaker,
                Verdict::Done(ticket) | Verdict::Held { ticket, .. } => flying.retain(|t| *t != ticket),
                Verdict::Go(ticket) => {
                    flying.push(ticket);
                    let last = probes.last().filter(|_| open);
                    assert!(last.is_none_or(|last| now.since(*last) >= rest), "two probes within {rest:?}");
                    probes.extend(open.then_some(now));
                }
                _ => {}
            }
        }
    }
    probes.len()
}

#[test]
fn a_dead_server_is_asked_all_the_same() {
    let failing = [(10, 9, 1), (10, 0, 0)].repeat(20);
    let waiting = [(6_000, 9, 1), (10, 0, 0)].repeat(20);
    assert!(knock(0.5, 5_000.0, 1, &[failing, waiting].concat()) > 2);
}

fn step() -> impl Strategy<Value = Step> {
    let how = (0..3_u32, 0..8_u32).prop_map(|(priority, flags)| priority | flags << 3);
    (prop_oneof![0..40_u64, 0..9_000_u64], 0..5_u8, how)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_dead_server_is_asked_once_in_a_rest(
        trip in 0.1..1.0_f64,
        rest in 1.0..30_000.0_f64,
        seed in any::<u64>(),
        steps in proptest::collection::vec(step(), 1..400),
    ) {
        knock(trip, rest, seed, &steps);
    }
}
