//! The Backpressure field: the server's own word slows, spares, calls off and hurries, for as long as it says.

use std::cell::RefCell;

use tidegate::policy::{Setting, defaults};
use tidegate::pressure::State;
use tidegate::reason::Reason;
use tidegate::time::Instant;
use tidegate::verdict::How;

use crate::world::*;

fn says(status: u16, field: &str) -> Answer {
    Answer(status, format!("backpressure: {field}\n"), ms(10))
}

/// Two requests a second, each of another URL of one route, from `from` to `to` seconds.
fn steady(world: &mut World, how: u32, from: u64, to: u64) -> Vec<usize> {
    (from * 2..to * 2).map(|n| world.ask(at(n * 500), &format!("/items/{n}"), how)).collect()
}

/// How many hits there were from `from` to `to` seconds.
fn hits(world: &World, from: u64, to: u64) -> usize {
    world.hits.iter().filter(|hit| hit.at >= at(from * 1_000) && hit.at < at(to * 1_000)).count()
}

fn state(world: &mut World) -> State {
    let scope = world.scope(0, ORIGIN);
    world.gate().pressure(world.now, scope).state
}

#[test]
fn half_of_the_usual_rate_is_sent_for_as_long_as_the_server_says() {
    let told = at(20_000) + defaults::BLIND_MOMENT;
    let mut world =
        World::alone(&[], |hit| if hit.at == told { says(200, "share=0.5, for=20") } else { ok() });
    steady(&mut world, BACKGROUND, 0, 60);
    world.run();
    assert_eq!(hits(&world, 10, 20), 20, "the usual");
    assert!((19..=21).contains(&hits(&world, 21, 41)), "half: {}", hits(&world, 21, 41));
    // It ends with a spread of a fifth at most; who waited goes, and all is as before.
    assert_eq!(hits(&world, 50, 60), 20, "the usual again");
    assert_eq!(world.hits.len(), 120, "everybody was served in the end");
}

#[test]
fn a_server_that_asks_with_every_answer_gets_half_and_no_quarter() {
    let mut world = World::alone(&[], |hit| match hit.at {
        at if at >= self::at(20_000) => says(200, "share=0.5"),
        _ => ok(),
    });
    steady(&mut world, BACKGROUND, 0, 80);
    world.run_until(at(80_000));
    assert!((29..=31).contains(&hits(&world, 21, 51)), "{}", hits(&world, 21, 51));
    assert!((27..=31).contains(&hits(&world, 50, 80)), "{}", hits(&world, 50, 80));
}

#[test]
fn a_human_is_held_only_when_a_windows_share_is_used_up() {
    let mut world =
        World::alone(&[], |hit| if hit.at == at(0) { says(200, "share=0.4, for=60") } else { ok() });
    world.ask(at(0), "/a", GET);
    let clicks: Vec<usize> = (0..6).map(|n| world.ask(at(1_000 + n), &format!("/b/{n}"), GET)).collect();
    world.run();
    let waits: Vec<u64> = clicks
        .iter()
        .map(|click| world.call(*click).sent[0].since(world.call(*click).asked).as_millis())
        .collect();
    assert_eq!(waits[..4], [0, 0, 0, 0], "four in ten seconds: {waits:?}");
    assert!(waits[4] > 1_000 && waits[5] > waits[4] + 2_000, "and then one in two and a half: {waits:?}");
    assert_eq!(world.call(clicks[4]).waits[0].1, Reason::Overload);
}

#[test]
fn nothing_is_sent_at_a_share_of_nothing_and_all_come_back_spread() {
    let mut comebacks = Vec::new();
    for seed in 0..50 {
        let mut world =
            World::new(&[], |hit| if hit.at == at(0) { says(200, "share=0, for=5") } else { ok() });
        world.page(seed);
        world.ask(at(0), "/a", GET);
        let held = world.ask(at(100), "/b", GET);
        let elsewhere = world.ask(at(100), "https://b.example/", GET);
        let refused = world.ask_for(0, at(100), "/c", GET, Some(secs(2)));
        world.run();
        let until = match world.call(refused).end() {
            End::Shed(Reason::Overload, until) => until,
            other => panic!("{other:?}"),
        };
        assert_eq!(world.call(held).sent, [until], "the time that was told is true");
        assert!(until >= at(5_010) && until <= at(6_010), "{until:?}");
        assert_eq!(world.call(elsewhere).sent, [at(100)], "another origin is not concerned");
        comebacks.push(until.since(at(5_010)).as_millis() / 100);
    }
    comebacks.sort_unstable();
    comebacks.dedup();
    assert!(comebacks.len() >= 6, "spread over a second: {comebacks:?}");
}

#[test]
fn a_better_word_frees_who_waits() {
    let mut world = World::alone(&[], |hit| match hit.url.as_str() {
        "https://a.example/slow" => Answer(200, "backpressure: share=1\n".into(), ms(3_000)),
        "https://a.example/first" => says(200, "share=0, for=600"),
        _ => ok(),
    });
    world.ask(at(0), "/slow", GET);
    world.ask(at(100), "/first", GET);
    let held = world.ask_for(0, at(200), "/held", GET, Some(secs(900)));
    world.run();
    assert_eq!(world.call(held).sent, [at(3_000)]);
}

#[test]
fn who_does_not_pace_is_not_slowed() {
    let mut world = World::alone(&[(Setting::Pace, 0.0)], |_| says(200, "share=0.1, for=60"));
    steady(&mut world, BACKGROUND, 0, 10);
    world.run();
    assert_eq!(hits(&world, 0, 10), 20);
}

#[test]
fn the_hint_cap_bounds_how_long_a_word_holds() {
    let mut world = World::alone(&[(Setting::MaxHint, 2_000.0)], |hit| {
        if hit.at == at(0) { says(200, "share=0, for=600, off=(a)") } else { ok() }
    });
    world.ask(at(0), "/a", GET);
    let held = world.ask(at(100), "/b", GET);
    world.run();
    assert!(world.call(held).sent[0] <= at(2_410));
    let scope = world.scope(0, ORIGIN);
    assert!(world.gate().named_off(world.now, scope).is_empty());
}

#[test]
fn room_to_spare_opens_a_limit_in_fewer_answers() {
    let rounds = |field: &str| {
        let field = field.to_owned();
        let mut world = World::alone(&[], move |hit| match hit.at {
            at if at == self::at(0) => Answer(503, "retry-after: 1\n".into(), ms(5)),
            _ => says(200, &field),
        });
        world.ask(at(0), "/a", GET & !How::REPEAT);
        // Far after the closure: a crowd, through the limit of one that it left.
        (0..60).for_each(|n| _ = world.ask(at(3_000), &format!("/b/{n}"), GET));
        world.run();
        let mut times: Vec<Instant> = world.hits.iter().map(|hit| hit.at).collect();
        times.dedup();
        times.len()
    };
    let (usual, hurried) = (rounds("load=0.1"), rounds("load=0.1, share=4"));
    assert!(hurried < usual && hurried >= 3, "{hurried} round trips instead of {usual}");
}

#[test]
fn a_state_holds_for_as_long_as_it_says_whatever_is_served_meanwhile() {
    let mut world =
        World::alone(&[], |hit| if hit.at == at(0) { says(200, "state=serious, for=30") } else { ok() });
    steady(&mut world, GET, 0, 40);
    world.run_until(at(29_000));
    assert_eq!(state(&mut world), State::Serious);
    world.run_until(at(30_011));
    assert_eq!(state(&mut world), State::Nominal);
    assert_eq!(hits(&world, 0, 30), 60, "a word about its state holds nobody");
}

#[test]
fn nominal_lifts_what_was_guessed_and_never_what_was_named() {
    let mut world = World::alone(&[], |hit| match hit.url.as_str() {
        "https://a.example/limited" => says(429, "state=nominal, wait=60"),
        "https://a.example/well" => says(200, "state=nominal"),
        _ => fail(500),
    });
    (0..6).for_each(|n| _ = world.ask(at(n), &format!("/broken/{n}"), POST));
    let limited = world.ask(at(100), "/limited", POST);
    world.run_until(at(200));
    assert!(state(&mut world) > State::Nominal);
    world.ask(at(300), "/well", GET);
    let again = world.ask(at(400), "/limited", POST);
    world.run_until(at(400));
    assert_eq!(state(&mut world), State::Nominal);
    world.run();
    assert_eq!(world.call(limited).end(), End::Served(429));
    assert!(matches!(world.call(again).end(), End::Shed(Reason::RetryAfter, until) if until >= at(60_110)));
}

#[test]
fn a_wait_in_the_field_is_the_servers_word() {
    let mut world = World::alone(&[], |hit| if hit.at == at(0) { says(503, "wait=2.5") } else { ok() });
    let held = world.ask(at(0), "/a", GET);
    world.run();
    let sent = &world.call(held).sent;
    assert!(sent.len() == 2 && sent[1] >= at(2_510) && sent[1] <= at(3_510), "{sent:?}");
}

#[test]
fn a_veto_in_the_field_ends_the_trying() {
    let mut world = World::alone(&[], |_| says(503, "retry=?0, wait=1"));
    let call = world.ask(at(0), "/a", GET);
    world.run();
    assert_eq!((world.call(call).sent.len(), world.call(call).end()), (1, End::Served(503)));
}

#[test]
fn features_are_named_off_by_origin_and_for_a_time() {
    let field = RefCell::new("off=(suggestions \"related items\"), for=30");
    let mut world = World::alone(&[], |_| says(200, *field.borrow()));
    let off = |world: &mut World, second: u64| {
        world.run_until(at(second * 1_000));
        let scope = world.scope(0, ORIGIN);
        world.gate().named_off(world.now, scope).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    world.ask(at(0), "/a", GET);
    assert_eq!(off(&mut world, 1), ["suggestions", "related items"]);
    let other = world.scope(0, "https://b.example");
    assert!(world.gate().named_off(world.now, other).is_empty(), "another origin");

    field.replace("load=0.5");
    world.ask(at(2_000), "/a", GET);
    assert_eq!(off(&mut world, 29).len(), 2, "what does not mention it leaves it alone");
    assert!(off(&mut world, 31).is_empty(), "over");

    field.replace("off=(a b), for=600");
    world.ask(at(40_000), "/a", GET);
    assert_eq!(off(&mut world, 41), ["a", "b"]);
    field.replace("off=(b)");
    world.ask(at(42_000), "/a", GET);
    assert_eq!(off(&mut world, 43), ["b"], "in place of those before");
    field.replace("off=()");
    world.ask(at(44_000), "/a", GET);
    assert!(off(&mut world, 45).is_empty(), "called on again");
}

#[test]
fn an_old_answer_out_of_a_cache_asks_for_nothing() {
    let mut world = World::alone(&[], |_| {
        Answer(200, "age: 30\nbackpressure: state=critical, share=0, off=(a), for=600\n".into(), ms(10))
    });
    steady(&mut world, BACKGROUND, 0, 10);
    world.run_until(at(9_000));
    let scope = world.scope(0, ORIGIN);
    assert!(world.gate().named_off(world.now, scope).is_empty());
    assert_eq!(state(&mut world), State::Nominal);
    assert_eq!(hits(&world, 0, 9), 18);
}

#[test]
fn a_hostile_word_is_bounded_and_ends() {
    let names: Vec<String> = (0..500).map(|n| format!("\"{}{n}\"", "x".repeat(n % 80))).collect();
    let field = format!(
        "share=0, state=critical, batch=999999999999999, off=({}), for=999999999999999",
        names.join(" ")
    );
    assert!(field.len() > 8_192, "longer than is read");
    let short = format!("share=0.001, off=({}), for=999999999999999", names[..100].join(" "));
    let mut world = World::alone(&[], |hit| match hit.url.as_str() {
        "https://a.example/long" => says(200, &field),
        _ if hit.at < at(1_000) => says(200, &short),
        _ => ok(),
    });
    world.ask(at(0), "/long", GET);
    let after = world.ask(at(100), "/short", GET);
    let held = world.ask_for(0, at(200), "/held", GET, Some(secs(2_000)));
    world.run_until(at(500));
    let scope = world.scope(0, ORIGIN);
    let off: Vec<&str> = world.gate().named_off(world.now, scope).lines().collect();
    assert!(off.len() == 32 && off.iter().all(|name| (1..=64).contains(&name.len())), "{off:?}");
    world.run();
    assert_eq!(world.call(after).sent, [at(100)], "what is too long is not read");
    let sent = world.call(held).sent[0];
    assert!(sent > at(600_000) && sent <= at(720_110), "ten minutes and a fifth: {sent:?}");
}
