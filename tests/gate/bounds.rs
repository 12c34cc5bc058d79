//! Everything is bounded: full tables neither refuse nor panic, and nobody answers for another.

use tidegate::policy::defaults;
use tidegate::pressure::State;
use tidegate::reason::Reason;
use tidegate::time::Instant;
use tidegate::verdict::{How, Outcome, Ticket, Verdict};

use crate::world::*;

const APART: u32 = GET & !How::JOIN;

#[test]
fn more_requests_than_tickets_pass_untracked() {
    let many = defaults::TICKETS + 50;
    let mut world = World::alone(&[], |_| Answer(200, String::new(), ms(300)));
    for _ in 0..many {
        world.ask(at(0), "/a", APART);
    }
    world.run();
    assert_eq!(world.hits.len(), many);
    let after = world.ask(world.now, "/a", APART);
    world.run();
    assert_eq!(world.call(after).end(), End::Served(200));
}

#[test]
fn without_a_ticket_what_would_wait_is_refused_and_not_sent() {
    let mut world = World::alone(&[], |hit| {
        if hit.url.ends_with("/closes") { busy(503, 4) } else { Answer(200, String::new(), secs(20)) }
    });
    world.ask(at(0), "/closes", POST);
    for _ in 1..defaults::TICKETS {
        world.ask(at(0), "/a", APART);
    }
    let last = world.ask(at(10), "/a", APART);
    let refused = world.ask(at(20), "/a", APART);
    world.run();
    assert!(!world.call(last).waits.is_empty(), "the last ticket waits");
    let call = world.call(refused);
    assert_eq!(call.sent.len(), 0, "a closed scope is not asked");
    assert!(matches!(call.end(), End::Shed(Reason::RetryAfter, until) if until >= at(4_005)), "{call:?}");
}

#[test]
fn without_a_ticket_what_a_page_renews_on_return_goes() {
    let mut world =
        World::alone(&[], |hit| if hit.at == at(0) { ok() } else { Answer(200, String::new(), secs(20)) });
    world.ask(at(0), "/a", GET);
    for _ in 1..defaults::TICKETS {
        world.ask(at(900), "/b", POST);
    }
    world.act(at(1_000), |gate, now| gate.returned(now));
    world.ask(at(1_001), "/b", POST);
    let renewed = world.ask(at(1_002), "/a", APART);
    world.run();
    let call = world.call(renewed);
    assert_eq!((call.sent.as_slice(), call.end()), (&[at(1_002)][..], End::Served(200)));
}

#[test]
fn more_keys_than_places_are_interned_again_and_all_are_served() {
    let mut world = World::alone(&[], |_| ok());
    for n in 0..3 * defaults::KEYS as u64 {
        world.ask(at(n), &format!("/a?{}", n % (2 * defaults::KEYS as u64)), GET);
    }
    world.run();
    assert!(world.pages[0].calls.iter().all(|c| c.end() == End::Served(200)));
}

#[test]
fn more_scopes_than_places_are_served_and_closed_ones_are_kept() {
    let mut world =
        World::alone(&[], |hit| if hit.url.starts_with("https://closed") { busy(503, 600) } else { ok() });
    for n in 0..20 {
        world.ask(at(n), &format!("https://closed{n}.example/a"), POST);
    }
    for n in 0..200 {
        world.ask(at(100 + n * 30), &format!("https://s{n}.example/a"), GET);
    }
    let again: Vec<_> =
        (0..20).map(|n| world.ask(at(10_000), &format!("https://closed{n}.example/a"), POST)).collect();
    world.run();
    assert!(again.iter().all(|c| matches!(world.call(*c).end(), End::Shed(..))), "not forgotten");
    assert_eq!(world.hits.len(), 220);
}

#[test]
fn when_all_scopes_are_closed_a_new_one_passes_through() {
    let mut world = World::alone(&[], |hit| if hit.at < at(1_000) { busy(503, 600) } else { ok() });
    for n in 0..defaults::SCOPES {
        world.ask(at(0), &format!("https://closed{n}.example/a"), POST);
    }
    let new = world.ask(at(2_000), "https://new.example/a", GET);
    world.run();
    assert_eq!(world.call(new).end(), End::Served(200));
}

#[test]
fn a_scope_with_a_limited_route_is_not_forgotten_either() {
    let mut world = World::alone(&[], |hit| if hit.url.ends_with("/login") { busy(429, 600) } else { ok() });
    world.ask(at(0), "/login", POST);
    for n in 0..200 {
        world.ask(at(100 + n * 30), &format!("https://s{n}.example/a"), GET);
    }
    let again = world.ask(at(10_000), "/login", POST);
    world.run();
    assert!(matches!(world.call(again).end(), End::Shed(..)));
}

/// A path of three letters, no id-like segment: a route class of its own.
fn word(n: u64) -> String {
    let letters = [n / 26 % 26, n % 26, n / 676].map(|d| char::from(b'a' + d as u8));
    format!("/{}", letters.iter().collect::<String>())
}

#[test]
fn a_route_that_took_the_place_of_another_does_not_answer_for_it() {
    let late = at(20_000);
    // Every route that is new after 20 s is limited at once.
    let mut world =
        World::alone(&[], |hit| if hit.at >= late && hit.url.len() > 23 { busy(429, 600) } else { ok() });
    for n in 0..300 {
        world.ask(at(n * 30), &word(n), GET); // the first of them are forgotten
    }
    world.ask(late, "/limited-1st", GET);
    let known: Vec<_> = (0..300).map(|n| world.ask(late + ms(100 + n), &word(n), GET)).collect();
    world.run();
    assert!(
        known.iter().all(|c| world.call(*c).waits.is_empty() && world.call(*c).end() == End::Served(200))
    );
}

#[test]
fn a_route_that_somebody_waits_for_keeps_its_place() {
    let mut world = World::alone(&[], |hit| {
        if hit.url.ends_with("/slow") { Answer(429, "retry-after: 500\n".into(), ms(20_000)) } else { ok() }
    });
    world.ask(at(0), "/slow", POST);
    for n in 0..600 {
        world.ask(at(100 + n * 30), &word(n), GET);
    }
    let same = world.ask(at(20_100), "/slow", POST);
    let others: Vec<_> = (0..600).map(|n| world.ask(at(20_200 + n), &word(n), GET)).collect();
    world.run();
    assert!(matches!(world.call(same).end(), End::Shed(..)), "the answer went to its own route");
    assert!(others.iter().all(|c| world.call(*c).waits.is_empty()), "and to no other");
}

/// One answer says that the quota of `/quota` is used up for a minute and a half.
fn spent(hit: &Hit) -> Answer {
    let text = "x-ratelimit-limit: 9\nx-ratelimit-remaining: 0\nx-ratelimit-reset: 90\n";
    if hit.url.ends_with("/quota") { Answer(200, text.into(), ms(5)) } else { ok() }
}

#[test]
fn a_route_whose_quota_is_used_up_keeps_its_place() {
    let mut world = World::alone(&[], spent);
    world.ask(at(0), "/quota", GET);
    for n in 0..600 {
        world.ask(at(100 + n * 30), &word(n), GET);
    }
    let again = world.ask(at(30_000), "/quota", GET);
    world.run();
    assert!(matches!(world.call(again).end(), End::Shed(Reason::Quota, _)), "{:?}", world.call(again));
}

#[test]
fn a_scope_with_a_quota_that_is_used_up_is_not_forgotten() {
    let mut world = World::alone(&[], spent);
    world.ask(at(0), "/quota", GET);
    for n in 0..200 {
        world.ask(at(100 + n * 30), &format!("https://s{n}.example/a"), GET);
    }
    let again = world.ask(at(30_000), "/quota", GET);
    world.run();
    assert!(matches!(world.call(again).end(), End::Shed(Reason::Quota, _)), "{:?}", world.call(again));
}

#[test]
fn a_scope_that_took_the_place_of_another_is_not_blamed_for_its_routes() {
    let mut world = World::alone(&[], |hit| {
        let login = hit.url.ends_with("/login");
        if login {
            busy(429, 900)
        } else if hit.url.starts_with(ORIGIN) {
            fail(500)
        } else {
            ok()
        }
    });
    for n in 0..10 {
        world.ask(at(n * 10), "/broken", POST); // its breaker is open for five seconds
    }
    for n in 0..defaults::SCOPES {
        world.ask(at(200), &format!("https://s{n}.example/a"), GET); // the last of them takes its place
    }
    let last = format!("https://s{}.example", defaults::SCOPES - 1);
    world.ask(at(300), &format!("{last}/login"), POST);
    let other = world.ask(at(400), &format!("{last}/save"), POST);
    world.run();
    assert_eq!(world.call(other).sent, [at(400)], "one limited route closes no other");
}

#[test]
fn stale_handles_are_recognised() {
    let mut world = World::alone(&[], |_| ok());
    world.ask(at(0), "/a", GET);
    world.run();
    let gate = &mut world.pages[0].gate;
    for key in [0, 1, u32::MAX] {
        assert_eq!(gate.ask(at(100), tidegate::coalesce::KeyId(key), How(GET), None), Verdict::Stale);
    }
    for ticket in [0, 1, u32::MAX] {
        let done = gate.settle(at(100), Ticket(ticket), Outcome::Status(503), None);
        assert_eq!(done, Verdict::Done(Ticket(ticket)));
    }
    let none = tidegate::scope::PlaceId(0);
    assert_eq!(gate.key(at(100), none, b"GET", b"").0, 0);
    assert_eq!(gate.pressure(at(100), none).state, State::Nominal);
    assert_eq!(gate.next_timeout(at(100)), Instant::NEVER);
}
