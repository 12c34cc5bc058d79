//! The server's word: never earlier, always spread after it, never longer than it may be.

use tidegate::policy::Setting;
use tidegate::reason::Reason;
use tidegate::time::{Duration, Instant};

use crate::world::*;

/// 503 with `Retry-After: 3` for the first three seconds, well afterwards.
fn three_seconds(hit: &Hit) -> Answer {
    if hit.at < at(3_000) { busy(503, 3) } else { ok() }
}

fn assert_one_hit_before_three_seconds(world: &World, width: Duration) {
    let early: Vec<_> = world.hits.iter().filter(|h| h.at < at(3_000)).collect();
    assert_eq!(early.len(), 1, "one hit tells it all");
    let first = world.hits[1].at;
    // The one that told was answered 5 ms after it had been sent.
    assert!(first >= at(3_005), "none earlier than the server said");
    assert!(first <= at(3_005) + width, "first success soon after: {first:?}");
    for call in &world.pages[0].calls {
        assert_eq!(call.end(), End::Served(200), "{}", call.url);
    }
}

fn fifty(urls: impl Fn(u64) -> String) {
    let mut world = World::alone(&[], three_seconds);
    for n in 0..50 {
        world.ask(at(n * 100), &urls(n), GET);
    }
    world.run();
    assert_one_hit_before_three_seconds(&world, secs(1));
}

#[test]
fn fifty_gets_of_one_url_during_a_pause_are_one_hit_and_all_are_served() {
    fifty(|_| "/news".into());
}

#[test]
fn fifty_gets_of_one_class_during_a_pause_are_one_hit_and_all_are_served() {
    fifty(|n| format!("/item/{n}"));
}

#[test]
fn fifty_gets_of_many_classes_during_a_pause_are_one_hit_and_all_are_served() {
    fifty(|n| format!("/{}", char::from(b'a' + (n % 26) as u8)));
}

/// When the pages, all told at the same moment, come back first.
fn comebacks(pages: u64, burst: u64) -> Vec<Duration> {
    let mut world = World::new(&[], three_seconds);
    for seed in 0..pages {
        let page = world.page(seed);
        for n in 0..burst {
            world.ask_for(page, at(0), &format!("/item/{n}"), GET, None);
        }
    }
    world.run();
    let after = world.hits.iter().filter(|h| h.at > at(100));
    let mut first = vec![None; pages as usize];
    for hit in after {
        first[hit.page].get_or_insert(hit.at.since(at(3_000)));
        assert!(hit.at >= at(3_000), "none early");
    }
    first.into_iter().map(|f| f.expect("every page comes back")).collect()
}

fn assert_spread(after: &[Duration], share: usize) {
    for window in 0..12 {
        let from = ms(window * 100);
        let inside = after.iter().filter(|d| **d >= from && **d < from + ms(100)).count();
        assert!(inside * share <= after.len(), "{inside} of {} at {from:?}", after.len());
    }
}

#[test]
fn clients_told_the_same_come_back_spread_after_it() {
    assert_spread(&comebacks(20, 1), 3);
    assert_spread(&comebacks(400, 1), 6);
}

#[test]
fn clients_that_were_refused_many_times_at_once_come_back_as_spread_as_others() {
    assert_spread(&comebacks(400, 30), 6);
}

#[test]
fn a_shorter_pause_never_shortens_a_longer_one() {
    let mut told = vec![busy(503, 1), busy(503, 5)];
    let mut world = World::alone(&[], |_| told.pop().unwrap_or_else(ok));
    let first = world.ask(at(0), "/a", GET);
    world.ask(at(0), "/b", GET);
    world.run();
    assert!(world.hits[2..].iter().all(|h| h.at >= at(5_005)));
    assert_eq!(world.call(first).end(), End::Served(200));
}

#[test]
fn a_pause_beyond_the_longest_hint_is_obeyed_to_the_cap_and_then_probed_by_one() {
    let cap = secs(60);
    let settings = [(Setting::MaxHint, 60_000.0), (Setting::Deadline, 200_000.0)];
    let mut world = World::alone(&settings, |hit| {
        let probe = Answer(503, "retry-after: 86400\n".into(), ms(700));
        if hit.at < at(70_000) { probe } else { ok() }
    });
    for n in 0..10 {
        world.ask(at(0) + ms(n), &format!("/{n}/x"), GET);
    }
    world.ask(at(2_000), "/late", GET);
    world.run_until(at(75_000));
    let early: Vec<_> = world.hits.iter().filter(|h| h.at >= at(1_000)).collect();
    assert_eq!(early.len(), 1, "one probe");
    assert!(early[0].at >= at(700) + cap && early[0].at <= at(709) + cap + cap / 5);
    world.run();
}

#[test]
fn a_pause_beyond_the_deadline_is_refused_at_once_with_a_time_at_which_coming_back_is_enough() {
    let mut world = World::alone(&[], |hit| if hit.at < at(60_000) { busy(503, 60) } else { ok() });
    let first = world.ask(at(0), "/a", GET);
    let refused = world.ask(at(1_000), "/a", GET);
    world.run();
    assert_eq!(world.call(first).end(), End::Served(503), "the real answer, when holding is of no use");
    let End::Shed(why, retry_at) = world.call(refused).end() else {
        panic!("refused");
    };
    assert_eq!((why, world.call(refused).ended()), (Reason::RetryAfter, at(1_000)));
    assert!(retry_at > at(60_005), "the spread is in it");
    assert!(retry_at <= at(60_005) + secs(12));

    let back = world.ask(retry_at, "/a", GET);
    world.run();
    assert_eq!(world.call(back).sent, [retry_at], "no second spread");
    assert_eq!(world.hits.len(), 2);
}

#[test]
fn one_is_told_the_end_of_the_longest_obstacle_not_of_the_first() {
    let mut told = vec![busy(503, 2), busy(429, 100)];
    let mut world = World::alone(&[], |_| told.pop().unwrap_or_else(ok));
    world.ask(at(0), "/login", GET);
    world.ask(at(50), "/search", GET);
    let refused = world.ask(at(100), "/login", GET);
    world.run();
    let call = world.call(refused);
    assert!(matches!(call.end(), End::Shed(Reason::RetryAfter, until) if until >= at(100_005)));
    assert_eq!(call.ended(), at(100), "at once, not when the shorter pause is over");
}

#[test]
fn hostile_times_never_close_for_longer_than_the_cap() {
    let endless = Instant::NEVER;
    for text in ["1e18", "-1", "NaN", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "3, 3", ""] {
        let said = format!("retry-after: {text}\n");
        let mut world =
            World::alone(&[], |hit| if hit.at < at(1_000) { Answer(503, said.clone(), ms(5)) } else { ok() });
        world.ask(at(0), "/a", GET);
        world.run();
        let refused = world.ask(world.now, "/a", GET);
        world.run();
        if let End::Shed(_, until) = world.call(refused).end() {
            assert!(until != endless && until <= at(600_005) + secs(120), "{text}: {until:?}");
        }
    }
}

#[test]
fn who_has_to_wait_for_longer_than_it_was_told_is_told_again() {
    let mut world = World::alone(&[], |hit| match hit.url.as_str() {
        "https://a.example/limited" if hit.at == at(0) => busy(429, 2),
        "https://a.example/busy" => busy(503, 10),
        _ => ok(),
    });
    world.ask(at(0), "/limited", POST);
    let waits = world.ask_for(0, at(100), "/limited", POST, Some(secs(60)));
    world.ask(at(1_000), "/busy", POST);
    world.run();
    let told: Vec<_> = world.call(waits).waits.iter().map(|(until, _)| *until).collect();
    assert!(told[0] < at(4_000) && told[1..].iter().any(|until| *until >= at(11_005)), "{told:?}");
}
