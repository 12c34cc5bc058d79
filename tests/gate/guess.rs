//! Our own guesses: the breaker and back-off, short, probed by one, and cleared by one good answer.

use tidegate::gate::Gate;
use tidegate::policy::{Config, Setting};
use tidegate::reason::Reason;
use tidegate::verdict::{How, Outcome, Verdict};

use crate::world::*;

/// No holding, so that every failure is one call's.
const ONCE: u32 = GET | How::NO_HOLD;

fn broken_until(end: u64) -> impl FnMut(&Hit) -> Answer {
    move |hit| {
        if hit.at < at(end) && !hit.url.ends_with("/well") {
            Answer(500, String::new(), ms(100))
        } else {
            ok()
        }
    }
}

/// Ten failures of one route, a hundred milliseconds apart: the breaker is open from 1.1 s on, for 5 s.
fn tripped(end: u64) -> World<'static> {
    let mut world = World::alone(&[], broken_until(end));
    for n in 0..10 {
        world.ask(at(n * 110), "/a", ONCE);
    }
    world
}

const TRIPPED: u64 = 9 * 110 + 100;

#[test]
fn ten_failures_close_the_route_and_leave_others_alone() {
    let mut world = tripped(60_000);
    let shed = world.ask_for(0, at(1_500), "/a", ONCE, Some(secs(2)));
    let other = world.ask(at(1_500), "/well", ONCE);
    world.run();
    let End::Shed(Reason::Breaker, until) = world.call(shed).end() else {
        panic!("{:?}", world.call(shed));
    };
    assert_eq!(until, at(TRIPPED + 5_000));
    assert_eq!(world.call(other).sent, [at(1_500)]);
}

#[test]
fn nine_failures_close_nothing() {
    let mut world = World::alone(&[], broken_until(60_000));
    for n in 0..9 {
        world.ask(at(n * 110), "/a", ONCE);
    }
    let next = world.ask(at(1_100), "/a", ONCE);
    world.run();
    assert_eq!(world.call(next).sent, [at(1_100)]);
}

#[test]
fn one_probe_goes_and_its_good_answer_frees_all_who_wait_at_once() {
    let mut world = tripped(2_000);
    let settings_coalesce_not = ONCE & !How::JOIN;
    let waiters: Vec<_> = (0..5).map(|n| world.ask(at(2_000 + n), "/a", settings_coalesce_not)).collect();
    world.run();
    let sent: Vec<_> = waiters.iter().map(|c| world.call(*c).sent[0]).collect();
    let probe = at(TRIPPED + 5_000);
    assert_eq!(sent.iter().filter(|s| **s == probe).count(), 1, "one leased probe");
    assert!(sent.iter().all(|s| *s == probe || *s == probe + ms(20)), "{sent:?}");
}

#[test]
fn a_failed_probe_doubles_the_rest_but_never_over_half_a_minute() {
    let mut world = tripped(3_600_000);
    let mut probes = Vec::new();
    for n in 0..300 {
        let call = world.ask_for(0, at(2_000 + n * 1_000), "/a", ONCE, Some(ms(0)));
        probes.push(call);
    }
    world.run();
    let sent: Vec<_> = probes.iter().filter_map(|c| world.call(*c).sent.first().copied()).collect();
    let gaps: Vec<_> = sent.windows(2).map(|w| w[1].since(w[0]).as_millis()).collect();
    assert_eq!(gaps[..3], [11_000, 21_000, 31_000], "{gaps:?}");
    assert!(gaps.iter().all(|gap| *gap <= 31_000), "{gaps:?}");
}

#[test]
fn a_late_answer_of_an_earlier_epoch_changes_nothing() {
    let mut world = World::alone(&[], |hit| {
        let late = Answer(500, String::new(), ms(9_000));
        if hit.at == at(0) {
            late
        } else if hit.at < at(2_000) {
            Answer(500, String::new(), ms(1))
        } else {
            ok()
        }
    });
    world.ask(at(0), "/a", ONCE & !How::JOIN);
    for n in 0..10 {
        world.ask(at(10 + n * 10), "/a", ONCE);
    }
    let probe = world.ask_for(0, at(3_000), "/a", ONCE, Some(secs(60)));
    let after = world.ask(at(9_100), "/a", ONCE);
    world.run();
    assert_eq!(world.call(probe).end(), End::Served(200));
    assert_eq!(world.call(after).sent, [at(9_100)], "still closed, in the good sense");
}

#[test]
fn two_open_classes_widen_to_the_scope() {
    let mut world = tripped(60_000);
    for n in 0..10 {
        world.ask(at(n * 110), "/b", ONCE);
    }
    let third = world.ask_for(0, at(1_300), "/third", POST, Some(ms(0)));
    world.run();
    let end = world.call(third).end();
    assert!(matches!(end, End::Shed(Reason::Breaker | Reason::Overload, _)), "{:?}", world.call(third));
}

#[test]
fn a_guess_never_lasts_longer_than_half_a_minute_whatever_is_set() {
    let settings = [(Setting::BreakerRest, 30_000.0), (Setting::Deadline, 86_400_000.0)];
    let mut world = World::alone(&settings, |_| fail(503));
    for n in 0..400 {
        world.ask(at(n * 700), "/a", if n % 3 == 0 { GET } else { POST });
    }
    world.run_until(at(300_000));
    let now = world.now;
    let scope = world.scope(0, ORIGIN);
    let closed = world.gate().pressure(now, scope).closed_until;
    assert!(closed.is_none_or(|until| until <= now + secs(30)));
    for call in &world.pages[0].calls {
        let mut since = call.asked;
        // To the end of patience one waits for another that is in flight, or for room: that is no guess.
        for (until, _) in call.waits.iter().filter(|w| w.0 < call.asked + secs(86_400)) {
            assert!(*until <= since.max(*call.sent.last().unwrap_or(&since)) + secs(60), "{call:?}");
            since = *until;
        }
    }
    world.run();
}

#[test]
fn many_refusals_of_one_burst_are_one_round_of_backing_off() {
    let mut soon = 0;
    for seed in 0..40 {
        let mut world = World::new(&[], |hit| if hit.at == at(0) { fail(503) } else { ok() });
        world.page(seed);
        for n in 0..40 {
            world.ask(at(0), &format!("/{n}/x"), ONCE);
        }
        let next = world.ask(at(6), "/a", GET);
        world.run();
        let until = world.call(next).waits[0].0;
        assert!(until >= at(5 + 2_666) && until <= at(5 + 8_000), "a third of the patience to all of it");
        soon += usize::from(until < at(5 + 5_333));
    }
    assert!(soon >= 8, "not the longest of forty draws: {soon} of 40 within the first half");
}

#[test]
fn a_failed_probe_tells_who_waited_for_it_at_once() {
    let mut world = tripped(60_000);
    let probe = world.ask_for(0, at(TRIPPED + 5_000), "/a", ONCE, Some(secs(60)));
    let waits = world.ask_for(0, at(TRIPPED + 5_010), "/a", ONCE & !How::JOIN, Some(secs(3)));
    world.run();
    assert_eq!(world.call(probe).sent.len(), 1);
    let failed = at(TRIPPED + 5_100);
    let call = world.call(waits);
    assert_eq!(call.waits, [(at(TRIPPED + 8_010), Reason::Breaker)], "as long as it has patience");
    assert_eq!(call.end, Some((failed, End::Shed(Reason::Breaker, failed + secs(10)))));
}

#[test]
fn one_failure_in_a_hundred_that_closes_nothing_refuses_nobody() {
    for kind in [500, 502, 503, 429, 0] {
        for seed in 0..5 {
            let mut rng = tidegate::rng::Rng::from_seed(seed);
            let mut world = World::new(&[], move |_| if rng.below(100) == 0 { fail(kind) } else { ok() });
            world.page(seed);
            let paths = ["/a", "/b", "/c", "/d", "/e"];
            for (n, path) in (0..2_000).zip(paths.into_iter().cycle()) {
                world.ask(at(n * 200), &format!("{path}/{n}"), GET);
            }
            world.run();
            let calls = &world.pages[0].calls;
            assert!(calls.iter().all(|c| matches!(c.end(), End::Served(_))), "{kind}");
            // Two that fail one after the other, and one that was held and fails again, close for a moment.
            let waited = calls.iter().filter(|c| !c.waits.is_empty() && c.sent.len() < 2).count();
            // A refusal speaks for the whole server: whoever asks in the moment after it waits as well.
            let most = if matches!(kind, 503 | 429) { 120 } else { 40 };
            assert!(waited <= most, "{kind} (seed {seed}): {waited} of 2000 waited for others' failures");
        }
    }
}

#[test]
fn two_classes_that_fail_close_the_scope_for_a_moment_unless_nobody_wants_guesses_about_failures() {
    for (breaker, goes) in [(1.0, false), (0.0, true)] {
        let mut world = World::alone(&[(Setting::Breaker, breaker)], broken_until(60_000));
        for (n, path) in ["/a", "/b", "/a", "/b"].iter().enumerate() {
            world.ask(at(n as u64 * 110), path, ONCE);
        }
        let next = world.ask_for(0, at(600), "/b", ONCE, Some(ms(0)));
        world.run();
        assert_eq!(!world.call(next).sent.is_empty(), goes, "{breaker}: {:?}", world.call(next));
    }
}

#[test]
fn where_two_classes_have_failed_and_nothing_was_well_since_one_failure_more_is_enough() {
    let mut world = World::alone(&[], broken_until(60_000));
    for (n, path) in [(0, "/a"), (110, "/b"), (9_000, "/b")] {
        world.ask(at(n), path, ONCE);
    }
    let next = world.ask_for(0, at(9_200), "/c", ONCE, Some(ms(0)));
    world.run();
    assert_eq!(world.hits.len(), 3, "the third one went");
    assert!(world.call(next).sent.is_empty(), "{:?}", world.call(next));
}

#[test]
fn only_the_press_that_has_probed_a_guess_begins_another_round() {
    let mut gate = Gate::new(Config::default().mend(), 5);
    let scope = gate.scope(at(0), ORIGIN.as_bytes()).unwrap();
    let key = gate.key(at(0), scope, b"POST", b"https://a.example/a");
    let press = How(POST | How::PRESS);
    let go = |gate: &mut Gate, now| match gate.ask(now, key, press, None) {
        Verdict::Go(ticket) => ticket,
        other => panic!("{other:?}"),
    };
    let guess = |gate: &mut Gate, now| match gate.ask(now, key, How(POST), Some(ms(0))) {
        Verdict::Shed { retry_at, .. } => retry_at,
        other => panic!("{other:?}"),
    };
    let sent = [(); 3].map(|()| go(&mut gate, at(0)));
    let mut rounds = Vec::new();
    for (ticket, now) in sent.into_iter().zip([5, 6, 7]) {
        let _ = gate.settle(at(now), ticket, Outcome::Status(429), None);
        rounds.push(guess(&mut gate, at(now)));
    }
    assert!(rounds.iter().all(|until| *until == rounds[0]), "all of one burst: {rounds:?}");
    let probe = go(&mut gate, at(100));
    let _ = gate.settle(at(105), probe, Outcome::Status(429), None);
    assert!(guess(&mut gate, at(105)) > rounds[0]);
}
