//! Whom a hint concerns: the smallest place that explains it.

use tidegate::event::Kind;
use tidegate::pressure::State;
use tidegate::reason::Reason;

use crate::world::*;

const ROUTES: [&str; 9] = ["/save", "/search", "/a", "/b", "/c", "/d", "/e", "/f", "/g"];

/// `/login` is limited for a quarter of an hour; `also` is refused for two seconds at first.
fn limited_login(hit: &Hit, also: &str) -> Answer {
    match &hit.url[ORIGIN.len()..] {
        "/login" => busy(429, 900),
        path if path == also && hit.at < at(2_000) => busy(429, 40),
        _ => ok(),
    }
}

#[test]
fn a_limited_login_leaves_nine_routes_untouched() {
    let mut world = World::alone(&[], |hit| limited_login(hit, ""));
    for (n, path) in ROUTES.iter().enumerate() {
        world.ask(at(n as u64), path, GET);
    }
    for n in 0..5 {
        world.ask(at(100 + n * 50), "/login", POST);
    }
    for n in 0..200 {
        world.ask(at(500 + n * 10), ROUTES[n as usize % 9], if n % 2 == 0 { GET } else { POST });
    }
    world.run();
    for call in world.pages[0].calls.iter().filter(|c| !c.url.ends_with("/login")) {
        assert_eq!((call.end(), call.waits.len()), (End::Served(200), 0), "{}", call.url);
        assert!(call.joined || call.sent == [call.asked], "{} goes at once", call.url);
    }
    let logins = world.hits.iter().filter(|h| h.url.ends_with("/login")).count();
    assert_eq!(logins, 1, "the others are refused here");
    let states = world.events().into_iter().filter(|e| e.kind == Kind::Pressure);
    assert!(states.map(|e| e.extra).all(|state| state <= State::Fair as u32));
}

#[test]
fn a_second_refusing_class_widens_to_the_scope_for_half_a_minute_at_most() {
    let mut world = World::alone(&[], |hit| limited_login(hit, "/save"));
    world.ask(at(0), "/login", POST);
    world.ask(at(10), "/save", POST);
    let other = world.ask_for(0, at(1_000), "/search", GET, Some(secs(60)));
    let patient = world.ask_for(0, at(1_100), "/a", POST, Some(secs(60)));
    world.run();
    for call in [other, patient].map(|c| world.call(c)) {
        assert!(matches!(call.waits[0], (until, Reason::Overload) if until <= at(30_015)), "{call:?}");
        assert_eq!(call.end(), End::Served(200));
        assert!(call.sent[0] <= at(30_015) + ms(100));
    }
}

#[test]
fn an_answer_on_another_class_narrows_to_the_refusing_routes_again_and_frees_who_waits() {
    let mut world = World::alone(&[], |hit| {
        let slow = Answer(200, String::new(), ms(500));
        if hit.url.ends_with("/slow") { slow } else { limited_login(hit, "/save") }
    });
    world.ask(at(0), "/slow", GET);
    world.ask(at(0), "/login", POST);
    world.ask(at(10), "/save", POST);
    let held = world.ask_for(0, at(100), "/search", GET, Some(secs(60)));
    world.run_until(at(499));
    assert_eq!(world.gate().queued(), 1, "held by the widened guess");
    world.run();
    assert_eq!(world.call(held).sent, [at(500)], "the moment the other answer came");
    let after = world.ask(world.now, "/b", GET);
    let save = world.ask(at(60_000), "/save", POST);
    world.run();
    assert_eq!(world.call(after).waits, []);
    assert!(!matches!(world.call(save).end(), End::Shed(..)), "its time is over by now");
}

#[test]
fn an_answer_never_clears_the_servers_word() {
    let mut world = World::alone(&[], |hit| {
        let slow = Answer(200, String::new(), ms(50));
        if hit.url.ends_with("/slow") || hit.at >= at(3_000) { slow } else { busy(503, 3) }
    });
    world.ask(at(0), "/slow", GET);
    world.ask(at(0), "/a", GET);
    let held = world.ask(at(100), "/b", GET);
    world.run();
    assert!(world.call(held).sent[0] >= at(3_005));
}

#[test]
fn a_503_closes_its_scope_and_no_other() {
    let mut world = World::alone(&[], |hit| {
        if hit.url.starts_with(ORIGIN) && hit.at < at(3_000) { busy(503, 3) } else { ok() }
    });
    world.ask(at(0), "/a", GET);
    let same = world.ask(at(100), "/b", POST);
    let other = world.ask(at(100), "https://b.example/b", POST);
    world.run_until(at(150));
    let (a, b) = (world.scope(0, ORIGIN), world.scope(0, "https://b.example"));
    let now = world.now;
    let report = world.gate().pressure(now, a);
    assert_eq!((report.state, report.reason), (State::Serious, Some(Reason::RetryAfter)));
    assert!(report.closed_until.is_some_and(|until| until >= at(3_005)));
    assert_eq!(world.gate().pressure(now, b).state, State::Nominal);
    world.run();
    assert_eq!(world.call(other).sent, [at(100)]);
    assert!(world.call(same).sent[0] >= at(3_005));
}

#[test]
fn an_answer_halves_the_level_of_its_scope_once() {
    let mut world = World::alone(&[], |hit| if hit.at == at(0) { fail(500) } else { ok() });
    world.ask(at(0), "/a", 1);
    world.run_until(at(5));
    let scope = world.scope(0, ORIGIN);
    let before = world.gate().pressure(at(5), scope).value;
    assert_eq!(before, 2_000);
    world.ask(at(1_000), "/a", GET);
    world.run_until(at(1_019));
    let just_before = world.gate().pressure(at(1_020), scope).value;
    assert!(just_before > 1_600, "{just_before}");
    world.run_until(at(1_020));
    assert_eq!(world.gate().pressure(at(1_020), scope).value, just_before / 2);
    world.run();
}

#[test]
fn what_has_refused_is_doubted_until_one_answer_in_time() {
    for status in [503, 429] {
        let mut world = World::alone(&[], |hit| if hit.at == at(0) { fail(status) } else { ok() });
        world.ask(at(0), "/a", 1);
        world.ask(at(10_000), "/a", GET);
        world.run_until(at(10_019));
        let scope = world.scope(0, ORIGIN);
        let level = |world: &World, now| world.gate().pressure(now, scope).value;
        if status == 503 {
            let doubt = level(&world, at(10_019));
            assert!(
                (3_990..=4_000).contains(&doubt),
                "serious, less a third of it in ten of fifteen seconds: {doubt}"
            );
        }
        world.run_until(at(10_020));
        let left = level(&world, at(10_020));
        assert!((1..=6_500 / 8).contains(&left), "two half-lives of the refusal, and half of that: {left}");
        world.run();
    }
}

#[test]
fn the_state_of_a_closed_scope_is_told_when_it_falls_to_serious() {
    let mut world = World::alone(&[], |hit| if hit.at == at(0) { busy(503, 120) } else { ok() });
    world.ask(at(0), "/a", POST);
    world.ask(at(0), "/b", POST);
    world.run();
    let told = world.events().into_iter().filter(|e| e.kind == Kind::Pressure);
    let told: Vec<_> = told.map(|e| e.extra).collect();
    assert_eq!(told, [2, 3, 2, 0], "serious, critical, serious while it is closed, and well");
}
