//! What is bounded forgets: whoever it forgets while they wait or fly is served all the same, and nobody else is blamed.

use tidegate::hint::Hint;
use tidegate::policy::{Setting, defaults};
use tidegate::reason::Reason;
use tidegate::time::Duration;
use tidegate::verdict::{How, Outcome, Verdict};

use crate::world::*;

/// Every kind of answer, late enough for its scope to be forgotten meanwhile.
fn answers() -> Vec<Answer> {
    let hints = [(200, ""), (200, "x-ratelimit-limit: 9\nx-ratelimit-remaining: 0\nx-ratelimit-reset: 90\n")];
    let refusals = [429, 503].map(|status| [(status, ""), (status, "retry-after: 5\n")]);
    let others =
        [(200, "backpressure: \"serious\";share=0.5\n"), (500, ""), (502, "retry-after: 5\n"), (0, "")];
    let all = hints.into_iter().chain(refusals.into_iter().flatten()).chain(others);
    all.map(|(status, text)| Answer(status, text.into(), ms(3_000))).collect()
}

/// So many other scopes, or as many as there are places: the oldest that is free is forgotten.
fn crowd(world: &mut World, from: u64, count: usize) {
    for n in 0..count {
        world.ask(at(from), &format!("https://s{n}.example/a"), GET);
    }
}

#[test]
fn a_request_whose_scope_is_forgotten_in_flight_gets_its_answer_and_nobody_is_blamed() {
    let kinds = [GET, POST, BACKGROUND].map(|how| how | How::NO_HOLD);
    for (how, answer) in kinds.iter().flat_map(|how| answers().into_iter().map(move |a| (*how, a))) {
        let told = answer.clone();
        let mut world =
            World::alone(&[], move |hit| if hit.url.ends_with("/old") { told.clone() } else { ok() });
        let old = world.ask(at(0), "/old", how);
        crowd(&mut world, 100, defaults::SCOPES);
        let again = world.ask(at(3_010), "/new", how);
        let last = world.ask(at(3_010), &format!("https://s{}.example/b", defaults::SCOPES - 1), POST);
        world.run();
        assert_eq!(world.call(old).end(), End::Served(answer.0), "{how} {answer:?}");
        let moment = if how & BACKGROUND == BACKGROUND { defaults::BLIND_MOMENT } else { Duration::ZERO };
        assert_eq!(
            world.call(again).sent,
            [at(3_010) + moment],
            "{how} {answer:?}: what is forgotten is not known"
        );
        assert_eq!(world.call(last).sent, [at(3_010)], "{how} {answer:?}: who has its place is not blamed");
    }
}

#[test]
fn a_refused_request_of_a_forgotten_scope_is_held_and_served_in_the_end() {
    for status in [429, 503, 502, 0] {
        let mut world = World::alone(&[], move |hit| {
            let first = hit.url.ends_with("/old") && hit.at < at(1_000);
            if first { Answer(status, String::new(), ms(3_000)) } else { ok() }
        });
        let old = world.ask(at(0), "/old", GET);
        crowd(&mut world, 100, defaults::SCOPES);
        world.run();
        assert_eq!((world.call(old).end(), world.call(old).sent.len()), (End::Served(200), 2), "{status}");
    }
}

#[test]
fn two_routes_in_trouble_close_no_scope_that_is_forgotten() {
    let mut world = World::alone(&[], |hit| match hit.url.as_str() {
        "https://a.example/one" => Answer(429, String::new(), ms(2_980)),
        "https://a.example/two" => Answer(429, String::new(), ms(3_000)),
        _ => ok(),
    });
    world.ask(at(0), "/one", POST);
    world.ask(at(0), "/two", POST);
    crowd(&mut world, 2_990, defaults::SCOPES);
    let new = world.ask(at(3_001), "/three", POST);
    world.run();
    assert_eq!(world.call(new).sent, [at(3_001)]);
}

#[test]
fn who_waits_for_room_in_a_scope_that_is_forgotten_goes_all_the_same() {
    for how in [GET, POST, BACKGROUND] {
        let mut world = World::alone(&[(Setting::ConcurrencyMax, 1.0)], |hit| {
            if hit.url.ends_with("/slow") { Answer(200, String::new(), ms(1_500)) } else { ok() }
        });
        world.ask(at(0), "/slow", GET);
        let waits = world.ask(at(10), "/b", how);
        crowd(&mut world, 100, defaults::SCOPES);
        world.run();
        let call = world.call(waits);
        assert_eq!(call.end(), End::Served(200), "{how}");
        assert!(!call.waits.is_empty() && call.sent.len() == 1, "{how} {call:?}");
    }
}

// ── no place for a route ────────────────────────────────────────────────────

/// Three letters: a class of its own.
fn word(n: usize) -> String {
    let letters = [n / 26 % 26, n % 26, n / 676].map(|d| char::from(b'a' + d as u8));
    format!("/{}", letters.iter().collect::<String>())
}

/// A page whose routes are all closed for ten minutes. A minute later `/new` finds no place.
fn crowded(settings: &[(Setting, f64)], new: impl FnMut(&Hit) -> Answer + 'static) -> World<'static> {
    let mut new = new;
    let mut world =
        World::alone(settings, move |hit| if hit.at < at(60_000) { busy(429, 600) } else { new(hit) });
    for n in 0..defaults::ROUTES {
        world.ask(at(0), &word(n), POST);
    }
    world
}

#[test]
fn a_route_that_finds_no_place_is_served_whatever_is_answered_and_the_closed_stay_closed() {
    for answer in answers() {
        let told = answer.clone();
        let mut world = crowded(&[], move |_| told.clone());
        let new = world.ask(at(60_000), "/new", GET | How::NO_HOLD);
        let write = world.ask(at(64_000), "/new", POST);
        let closed = world.ask(at(70_000), &word(0), POST);
        world.run();
        assert_eq!(world.call(new).end(), End::Served(answer.0), "{answer:?}");
        // All other classes are refused too: one more makes it the scope's trouble.
        let scope_too = [429, 503].contains(&answer.0);
        assert_eq!(world.call(write).sent.first() != Some(&at(64_000)), scope_too, "{answer:?}");
        assert!(matches!(world.call(closed).end(), End::Shed(Reason::RetryAfter, _)), "{answer:?}");
    }
}

#[test]
fn a_refused_request_without_a_place_comes_again_after_the_longest_back_off() {
    let mut world = crowded(&[], |hit| if hit.at == at(60_000) { fail(502) } else { ok() });
    let new = world.ask_for(0, at(60_000), "/new", GET, Some(secs(60)));
    world.run();
    let patience = defaults::LONGEST_GUESS.min(secs(8));
    assert_eq!(world.call(new).sent, [at(60_000), at(60_005) + patience]);
    assert_eq!(world.call(new).end(), End::Served(200));
}

// ── no place for a quota ────────────────────────────────────────────────────

#[test]
fn a_quota_that_finds_no_place_holds_nobody_and_one_that_is_over_makes_room() {
    for (asked, held) in [(at(1_000), false), (at(200_000), true)] {
        let mut world = World::alone(&[], |hit| {
            let left = if hit.url.ends_with("/late") { 0 } else { 5_000 };
            let text =
                format!("x-ratelimit-limit: 9000\nx-ratelimit-remaining: {left}\nx-ratelimit-reset: 90\n");
            Answer(200, text, ms(5))
        });
        for n in 0..defaults::PARTITIONS {
            world.ask(at(0), &word(n), GET);
        }
        world.ask(asked, "/late", POST);
        let second = world.ask(asked + ms(100), "/late", POST);
        world.run();
        assert_eq!(matches!(world.call(second).end(), End::Shed(Reason::Quota, _)), held, "{asked:?}");
    }
}

// ── a key that is forgotten ─────────────────────────────────────────────────

#[test]
fn who_waits_while_its_key_is_forgotten_goes_and_is_answered() {
    let mut world = World::alone(&[], |hit| if hit.url.ends_with("/closes") { busy(503, 4) } else { ok() });
    world.ask(at(0), "/closes", POST);
    let waits = world.ask(at(10), "/waits", GET);
    for n in 0..3 * defaults::KEYS as u64 {
        world.ask(at(20 + n), &format!("https://b.example/q?{n}"), GET);
    }
    world.run();
    let call = world.call(waits);
    assert!(call.end() == End::Served(200) && call.sent.len() == 1 && call.sent[0] >= at(4_005), "{call:?}");
}

// ── whom it concerns ────────────────────────────────────────────────────────

#[test]
fn an_overload_that_a_status_does_not_tell_closes_its_route_and_no_other() {
    let mut world = World::alone(&[], |_| ok());
    let gate = &mut world.pages[0].gate;
    let scope = gate.scope(at(0), ORIGIN.as_bytes()).unwrap();
    let [a, b] = ["/a", "/b"].map(|p| gate.key(at(0), scope, b"GET", format!("{ORIGIN}{p}").as_bytes()));
    let Verdict::Go(ticket) = gate.ask(at(0), a, How(1), None) else { panic!("it goes") };
    let hint = Hint { overloaded: true, ..Hint::default() };
    assert_eq!(gate.settle(at(5), ticket, Outcome::Status(403), Some(&hint)), Verdict::Done(ticket));
    let asked = [a, b].map(|key| gate.ask(at(6), key, How(1), None));
    assert!(matches!(asked[0], Verdict::Wait { why: Reason::Overload, .. }), "{asked:?}");
    assert!(matches!(asked[1], Verdict::Go(_)), "{asked:?}");
}

#[test]
fn a_humans_own_press_probes_an_open_breaker_too() {
    let mut world = World::alone(&[], |hit| if hit.at < at(1_200) { fail(500) } else { ok() });
    for n in 0..10 {
        world.ask(at(n * 110), "/a", GET | How::NO_HOLD);
    }
    let waits = world.ask(at(1_300), "/a", GET & !How::JOIN);
    let press = world.ask(at(1_400), "/a", GET & !How::JOIN | How::PRESS);
    world.run();
    assert_eq!(world.call(press).sent, [at(1_400)], "five seconds' rest is long for a human");
    assert!(
        world.call(waits).sent[0] >= at(1_420) && world.call(waits).sent[0] < at(1_500),
        "its answer frees all"
    );
}

#[test]
fn a_breaker_whose_rest_is_over_is_trouble_and_no_time() {
    let mut world = World::alone(&[], |hit| match hit.url.rsplit('/').next() {
        Some("broken") => fail(500),
        Some("limited") => fail(429),
        _ => ok(),
    });
    for n in 0..10 {
        world.ask(at(n * 110), "/broken", POST);
    }
    world.ask(at(9_000), "/limited", POST);
    let other = world.ask(at(9_006), "/other", POST);
    world.run();
    let call = world.call(other);
    assert!(call.sent[0] > at(9_006), "two classes in trouble are the scope's: {call:?}");
}

#[test]
fn what_a_hint_calls_overload_is_held_when_it_was_refused_and_handed_over_when_it_was_answered() {
    for (status, held) in [(200, false), (399, false), (400, true), (403, true), (500, false)] {
        let mut world = World::alone(&[], |_| ok());
        let gate = &mut world.pages[0].gate;
        let scope = gate.scope(at(0), ORIGIN.as_bytes()).unwrap();
        let key = gate.key(at(0), scope, b"GET", format!("{ORIGIN}/a").as_bytes());
        let Verdict::Go(ticket) = gate.ask(at(0), key, How(GET), None) else { panic!("it goes") };
        let hint = Hint { overloaded: true, ..Hint::default() };
        let verdict = gate.settle(at(5), ticket, Outcome::Status(status), Some(&hint));
        assert_eq!(matches!(verdict, Verdict::Held { .. }), held, "{status}: {verdict:?}");
    }
}
