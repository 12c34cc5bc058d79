//! A word that comes after the answer was settled: evidence about the scope and the route, never about the request.

use tidegate::coalesce::KeyId;
use tidegate::gate::{Gate, Report};

use tidegate::hint::{Advice, Hint, Quota};
use tidegate::pressure::State;
use tidegate::reason::Reason;
use tidegate::time::Instant;
use tidegate::verdict::{How, Outcome, Verdict};

use crate::world::*;

/// A gate, a key on `/a`, one on `/b`.
fn gate() -> (World<'static>, KeyId, KeyId) {
    let mut world = World::alone(&[], |_| ok());
    let gate = &mut world.pages[0].gate;
    let scope = gate.scope(at(0), ORIGIN.as_bytes()).unwrap();
    let a = gate.key(at(0), scope, b"GET", b"https://a.example/a");
    let b = gate.key(at(0), scope, b"GET", b"https://a.example/b/c");
    (world, a, b)
}

fn answered(gate: &mut Gate, key: KeyId, status: u16, now: Instant) {
    let Verdict::Go(ticket) = gate.ask(now, key, How(GET | How::NO_HOLD), None) else {
        panic!("goes");
    };
    assert_eq!(gate.settle(now, ticket, Outcome::Status(status), None), Verdict::Done(ticket));
}

fn waits(gate: &mut Gate, key: KeyId, now: Instant) -> Option<Instant> {
    match gate.ask(now, key, How(GET), Some(secs(3_600))) {
        Verdict::Wait { until, .. } => Some(until),
        Verdict::Go(_) => None,
        other => panic!("{other:?}"),
    }
}

fn said(wait_ms: u32, overloaded: bool) -> Hint {
    Hint { wait_ms: Some(wait_ms), overloaded, ..Hint::default() }
}

#[test]
fn a_wait_in_the_body_of_a_success_closes_its_route_alone() {
    let (mut world, a, b) = gate();
    let gate = &mut world.pages[0].gate;
    answered(gate, a, 200, at(0));
    gate.hear(at(10), a, 200, &said(5_000, true));
    let until = waits(gate, a, at(20)).expect("closed");
    assert!(until >= at(5_010) && until <= at(5_010 + 2_000), "{until:?}");
    assert_eq!(waits(gate, b, at(20)), None);
}

#[test]
fn a_wait_for_a_status_that_speaks_of_the_whole_server_closes_the_scope() {
    let (mut world, a, b) = gate();
    let gate = &mut world.pages[0].gate;
    answered(gate, a, 503, at(0));
    gate.hear(at(10), a, 503, &said(60_000, true));
    assert!(waits(gate, b, at(20)).expect("closed") >= at(60_010));
}

#[test]
fn an_overload_without_a_time_is_a_guess_and_raises_the_pressure_once() {
    let (mut world, a, _) = gate();
    let gate = &mut world.pages[0].gate;
    answered(gate, a, 400, at(0));
    let scope = gate.scope(at(0), ORIGIN.as_bytes()).unwrap();
    assert_eq!(gate.pressure(at(5), scope).state, State::Nominal);
    gate.hear(at(10), a, 400, &Hint { overloaded: true, ..Hint::default() });
    assert!(gate.pressure(at(10), scope).state > State::Nominal);
    let until = waits(gate, a, at(20)).expect("a guess");
    assert!(until <= at(30_010), "{until:?}");
    let before = gate.pressure(at(30), scope).value;
    gate.hear(at(30), a, 429, &Hint { overloaded: true, ..Hint::default() });
    assert_eq!(gate.pressure(at(30), scope).value, before, "the status said so already");
}

#[test]
fn a_word_that_speaks_of_no_overload_refuses_nothing() {
    let (mut world, a, _) = gate();
    let gate = &mut world.pages[0].gate;
    answered(gate, a, 200, at(0));
    let scope = gate.scope(at(0), ORIGIN.as_bytes()).unwrap();
    gate.hear(at(10), a, 200, &Hint { load: Some(0.1), ..Hint::default() });
    assert_eq!(gate.pressure(at(10), scope).value, 0);
    assert_eq!(waits(gate, a, at(20)), None);
}

#[test]
fn a_wait_without_overload_closes_and_is_no_refusal() {
    let (mut world, a, _) = gate();
    let gate = &mut world.pages[0].gate;
    answered(gate, a, 200, at(0));
    let scope = gate.scope(at(0), ORIGIN.as_bytes()).unwrap();
    gate.hear(at(10), a, 200, &said(5_000, false));
    assert_eq!(gate.pressure(at(10), scope).value, 0);
    assert!(waits(gate, a, at(20)).expect("closed") >= at(5_010));
}

#[test]
fn that_a_server_is_well_counts_only_with_an_answer_that_is_no_failure() {
    for (status, clears) in [(503, false), (429, false), (200, true)] {
        let (mut world, a, _) = gate();
        let gate = &mut world.pages[0].gate;
        answered(gate, a, 503, at(0));
        let scope = gate.scope(at(0), ORIGIN.as_bytes()).unwrap();
        let advice = Advice { state: Some(0), for_ms: 10_000, ..Advice::default() };
        gate.hear(at(10), a, status, &Hint { advice: Some(advice), ..Hint::default() });
        assert_eq!(gate.pressure(at(10), scope).value == 0, clears, "{status}");
    }
}

#[test]
fn a_reason_is_given_where_there_is_pressure_or_a_closure() {
    let (mut world, a, _) = gate();
    let gate = &mut world.pages[0].gate;
    let scope = gate.scope(at(0), ORIGIN.as_bytes()).unwrap();
    assert_eq!(gate.pressure(at(0), scope), Report::default());
    gate.hear(at(10), a, 200, &Hint { load: Some(1.0), ..Hint::default() });
    let report = gate.pressure(at(10), scope);
    assert!(report.state > State::Nominal && report.closed_until.is_none());
    assert_eq!(report.reason, Some(Reason::Overload));
}

#[test]
fn malformed_members_are_counted() {
    let (mut world, ..) = gate();
    let gate = &mut world.pages[0].gate;
    for (members, all) in [(0, 0), (2, 2), (3, 5), (u32::MAX, u32::MAX)] {
        gate.count_malformed(members);
        assert_eq!(gate.malformed(), all);
    }
}

#[test]
fn that_a_guess_has_ended_is_to_be_seen_though_the_state_stays() {
    let (mut world, a, _) = gate();
    let gate = &mut world.pages[0].gate;
    let scope = gate.scope(at(0), ORIGIN.as_bytes()).unwrap();
    let advice = Advice { state: Some(2), for_ms: 600_000, ..Advice::default() };
    gate.hear(at(0), a, 200, &Hint { advice: Some(advice), ..Hint::default() });
    let sent = [(); 2].map(|()| match gate.ask(at(0), a, How(POST), None) {
        Verdict::Go(ticket) => ticket,
        other => panic!("{other:?}"),
    });
    let mut seen = Vec::new();
    for (ticket, status) in sent.into_iter().zip([503, 200]) {
        let _ = gate.settle(at(5), ticket, Outcome::Status(status), None);
        assert!(gate.take_changed(), "{status}");
        let report = gate.pressure(at(5), scope);
        seen.push((report.state, report.closed_until.is_some()));
    }
    assert_eq!(seen, [(State::Serious, true), (State::Serious, false)]);
}

#[test]
fn quotas_and_load_are_heard_and_a_key_that_is_gone_is_not() {
    let (mut world, a, _) = gate();
    let gate = &mut world.pages[0].gate;
    let spent = Quota {
        name: "default".into(),
        limit: Some(10.0),
        remaining: Some(0.0),
        reset_ms: Some(9_000),
        unit: "requests".into(),
        ..Quota::default()
    };
    answered(gate, a, 200, at(0));
    let hint = Hint { quotas: vec![spent], load: Some(1.0), ..Hint::default() };
    let scope = gate.scope(at(0), ORIGIN.as_bytes()).unwrap();
    gate.hear(at(0), KeyId(0), 200, &hint);
    assert_eq!(gate.pressure(at(0), scope).state, State::Nominal);
    gate.hear(at(1), a, 200, &hint);
    assert!(waits(gate, a, at(2)).expect("spent") >= at(9_001));
    assert!(gate.pressure(at(2), scope).state > State::Nominal);
}
