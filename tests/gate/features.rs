//! Features in whole conversations: shed under pressure and at the server's wish, told once, back by themselves.

use tidegate::event::{Event, Kind};
use tidegate::policy::{Mode, Setting};
use tidegate::reason::Reason;
use tidegate::scope::PlaceId;
use tidegate::time::Instant;
use tidegate::verdict::How;

use crate::world::*;

/// A request for the feature of this handle.
fn of(how: u32, feature: u32) -> u32 {
    How(how).for_feature(feature).0
}

/// Declares a feature of the page's own scope; answers its handle.
fn declare(world: &mut World, name: &str, shed_at: u8) -> u32 {
    let (scope, now) = (world.scope(0, ORIGIN), world.now);
    world.pages[0].gate.feature(now, scope, name.as_bytes(), shed_at, 0.0)
}

fn switches(events: &[Event]) -> Vec<(u32, u32)> {
    let of_features = events.iter().filter(|e| e.kind == Kind::Feature);
    of_features.map(|e| (e.id, e.extra)).collect()
}

fn says(status: u16, field: &str) -> Answer {
    Answer(status, format!("backpressure: {field}\n"), ms(10))
}

/// Refuses the first request for two seconds, and is well then.
fn dip(hit: &Hit) -> Answer {
    if hit.at == at(0) { busy(503, 2) } else { ok() }
}

#[test]
fn a_refused_page_does_without_its_feature_until_calm_has_lasted() {
    let mut world = World::alone(&[], dip);
    let x = declare(&mut world, "x", 2);
    world.ask(at(0), "/a", POST);
    let asked: Vec<usize> = (1..40).map(|n| world.ask(at(n * 500), &format!("/x/{n}"), of(GET, x))).collect();
    let needed: Vec<usize> = (1..40).map(|n| world.ask(at(n * 500), &format!("/n/{n}"), GET)).collect();
    world.run();
    let shed: Vec<bool> =
        asked.iter().map(|call| matches!(world.call(*call).end(), End::Shed(Reason::Brownout, _))).collect();
    let back = shed.iter().position(|shed| !shed).expect("it comes back");
    assert!(shed[..back].iter().all(|s| *s) && !shed[back..].contains(&true), "once off, once on: {shed:?}");
    // Two seconds and their spread, then the fall below serious, then five seconds.
    assert!((13..=20).contains(&back), "{back}");
    for call in &asked[..back] {
        let call = world.call(*call);
        let End::Shed(_, until) = call.end() else { unreachable!() };
        assert_eq!((call.sent.len(), call.ended()), (0, call.asked), "at once, unsent");
        assert!(until > call.asked && until <= call.asked + secs(5));
    }
    assert!(needed.iter().all(|call| world.call(*call).end() == End::Served(200)), "all others are served");
    assert_eq!(switches(&world.events()), [(x, 0), (x, 1)]);
}

#[test]
fn what_waits_for_a_feature_that_goes_off_is_refused_then_and_not_at_its_own_time() {
    let mut world = World::alone(&[], |hit| match hit.url.as_str() {
        "https://a.example/limited" => busy(429, 6),
        _ => says(200, "off=(x), for=60"),
    });
    let x = declare(&mut world, "x", 3);
    world.ask(at(0), "/limited", POST);
    let waits = world.ask(at(100), "/limited", of(POST, x));
    let other = world.ask(at(200), "/limited", POST);
    world.ask(at(300), "/word", GET);
    world.run();
    assert_eq!(world.call(waits).ended(), at(310));
    assert!(matches!(world.call(waits).end(), End::Shed(Reason::Brownout, until) if until >= at(60_310)));
    assert!(world.call(other).sent[0] >= at(6_005), "whoever is not marked waits on");
}

#[test]
fn a_refusal_that_switches_its_own_feature_off_is_handed_over_as_it_is() {
    let mut world = World::alone(&[], dip);
    let x = declare(&mut world, "x", 2);
    let call = world.ask(at(0), "/x", of(GET, x));
    world.run();
    assert_eq!((world.call(call).end(), world.call(call).sent.len()), (End::Served(503), 1));
}

#[test]
fn a_name_concerns_its_own_scope_and_a_feature_without_one_the_worst() {
    let mut world = World::alone(&[], |hit| match hit.url.as_str() {
        "https://b.example/" => says(200, "off=(x \"x y\"), for=30, state=critical"),
        "https://b.example/calm" => says(200, "off=(\"x y\"), for=30, state=nominal"),
        _ => ok(),
    });
    let x = declare(&mut world, "x", 3);
    let now = world.now;
    let any = world.pages[0].gate.feature(now, PlaceId::NONE, b"any", 3, 0.0);
    let nameless = world.pages[0].gate.feature(now, PlaceId::NONE, b"", 3, 0.0);
    let by_name = world.pages[0].gate.feature(now, PlaceId::NONE, b"x y", 3, 0.0);
    world.ask(at(0), "https://b.example/", GET);
    world.run_until(at(1_000));
    assert!(!world.gate().is_off(x) && world.gate().is_off(any));
    world.ask(at(40_000), "https://b.example/calm", GET);
    world.run_until(at(50_000));
    assert!(world.gate().is_off(by_name) && !world.gate().is_off(any), "by its name alone");
    assert!(!world.gate().is_off(nameless), "what has no name is not named");
    world.run();
    assert!(!world.gate().is_off(by_name));
}

#[test]
fn a_flight_that_another_part_of_the_page_shares_is_not_shed() {
    let mut world = World::alone(&[], dip);
    let x = declare(&mut world, "x", 2);
    world.act(at(0), move |gate, now| gate.force(now, x, Some(true)));
    let marked = world.ask(at(0), "/me", of(GET, x));
    let plain = world.ask(at(100), "/me", GET);
    world.act(at(200), move |gate, now| gate.force(now, x, None));
    world.run();
    for call in [marked, plain] {
        assert_eq!(world.call(call).end(), End::Served(200));
    }
    assert_eq!(world.hits.len(), 2, "held, and sent once more for both");
}

#[test]
fn observing_tells_and_sends_and_switched_off_it_is_silent() {
    for (mode, switched, shed) in [(Mode::Observe, true, 1), (Mode::Off, false, 0)] {
        let mut world = World::alone(&[], |_| says(200, "state=critical, for=600"));
        let x = declare(&mut world, "x", 2);
        world.ask(at(0), "/a", GET);
        world.run_until(at(100));
        assert!(world.gate().is_off(x));
        world.events();
        world.act(at(1_100), move |gate, now| gate.set_mode(now, mode));
        let call = world.ask(at(1_200), "/x", of(GET, x));
        world.run_until(at(1_300));
        assert!(!world.gate().is_off(x), "the page keeps it");
        assert_eq!(world.call(call).sent, [at(1_200)]);
        let events = world.events();
        assert_eq!(switches(&events).is_empty(), switched, "switched off it comes back, and that is told");
        assert_eq!(events.iter().filter(|e| e.kind == Kind::Shed).count(), shed);
        world.act(at(3_000), |gate, now| gate.set_mode(now, Mode::On));
        world.run_until(at(3_000));
        assert!(world.gate().is_off(x), "on again, the state counts again");
    }
}

#[test]
fn where_nobody_looks_there_is_no_timer_and_whoever_asks_later_finds_it_back() {
    let mut world = World::alone(&[], dip);
    let x = declare(&mut world, "x", 2);
    world.pages[0].gate.listen(0);
    world.ask(at(0), "/a", POST);
    world.run_until(at(5_000));
    assert!(world.gate().is_off(x));
    assert_eq!(world.gate().next_timeout(world.now), Instant::NEVER);
    let call = world.ask(at(60_000), "/x", of(GET, x));
    world.run();
    assert_eq!(world.call(call).sent, [at(60_000)]);
}

#[test]
fn restore_after_is_the_applications_choice() {
    let back = |ms: f64| {
        let mut world = World::alone(&[(Setting::BrownoutRestoreAfter, ms)], dip);
        let x = declare(&mut world, "x", 2);
        world.ask(at(0), "/a", POST);
        let mut last = at(0);
        for n in 1..600 {
            world.run_until(at(n * 100));
            if world.gate().is_off(x) {
                last = world.now;
            }
        }
        last.since(at(0)).as_millis()
    };
    let (at_once, usual, long) = (back(0.0), back(5_000.0), back(30_000.0));
    // A refusal is doubted for a while; after that nobody waits for less than a look a second.
    assert!(
        (6_000..9_000).contains(&at_once) && (4_000..=5_000).contains(&(usual - at_once)),
        "{at_once} {usual} {long}"
    );
    assert!((24_900..=25_100).contains(&(long - usual)), "{at_once} {usual} {long}");
}

#[test]
fn events_that_nobody_comes_for_are_counted() {
    let mut world = World::alone(&[], |_| ok());
    let x = declare(&mut world, "x", 2);
    let gate = &mut world.pages[0].gate;
    for n in 0..1_000 {
        gate.force(at(0), x, Some(n % 2 == 1));
    }
    let kept = std::iter::from_fn(|| gate.event()).count() as u32;
    assert!(kept > 0 && kept < 1_000);
    assert_eq!(gate.events_dropped(), 1_000 - kept);
}

#[test]
fn it_is_told_in_which_state_a_feature_went_off() {
    let mut world = World::alone(&[], dip);
    declare(&mut world, "x", 2);
    world.ask(at(0), "/a", POST);
    world.run_until(at(10));
    assert!(world.gate().has_events());
    let told: Vec<u8> =
        world.events().iter().filter(|e| e.kind == Kind::Feature).map(|e| e.priority).collect();
    assert_eq!(told, [2], "serious");
    assert!(!world.gate().has_events(), "all are read");
}

#[test]
fn a_poll_is_due_when_a_feature_may_be_back() {
    let mut world =
        World::alone(&[], |hit| if hit.at == at(0) { says(200, "off=(x), for=30") } else { ok() });
    let x = declare(&mut world, "x", 3);
    world.ask(at(0), "/a", GET);
    world.run_until(at(1_000));
    assert!(world.gate().is_off(x));
    let back = world.gate().next_timeout(at(1_000));
    let scope = world.scope(0, ORIGIN);
    let named = |ms| world.gate().named_off(at(ms), scope);
    assert_eq!(
        (named(30_009), named(30_010)),
        ("x\n", ""),
        "it was said ten milliseconds after it was asked"
    );
    assert!(back > at(30_000) && !world.gate().has_due(at(29_999)) && world.gate().has_due(back));
}
