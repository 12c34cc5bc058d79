//! Coalescing: equal questions in flight are one, writes are never shared, and one reads one's own writes.

use crate::world::*;

fn slow(_: &Hit) -> Answer {
    Answer(200, String::new(), ms(300))
}

#[test]
fn equal_gets_join_in_flight_and_different_ones_do_not() {
    let mut world = World::alone(&[], slow);
    let calls: Vec<_> = (0..10).map(|n| world.ask(at(n * 10), "/a", GET)).collect();
    world.ask(at(50), "/b", GET);
    let later = world.ask(at(301), "/a", GET);
    world.run();
    assert_eq!(world.hits.len(), 3);
    assert!(calls[1..].iter().all(|c| world.call(*c).joined && world.call(*c).ended() == at(300)));
    assert_eq!(world.call(later).sent, [at(301)], "joining ends with the headers");
}

#[test]
fn one_joins_a_flight_that_is_held_and_shares_its_answer() {
    let mut world = World::alone(&[], |hit| if hit.at < at(2_000) { busy(503, 2) } else { ok() });
    let leader = world.ask(at(0), "/a", GET);
    let joiner = world.ask(at(1_000), "/a", GET);
    world.run();
    assert_eq!(world.hits.len(), 2);
    assert!(world.call(joiner).joined);
    assert_eq!(world.call(joiner).end, world.call(leader).end);
}

#[test]
fn waiters_with_an_equal_key_leave_as_one() {
    let mut world = World::alone(&[], |hit| if hit.at < at(2_000) { busy(503, 2) } else { slow(hit) });
    world.ask(at(0), "/other", POST);
    let waiters: Vec<_> = (0..5).map(|n| world.ask(at(500 + n), "/a", GET)).collect();
    world.run();
    assert_eq!(world.hits.len(), 2, "the one that told and the one that all share");
    assert_eq!(waiters.iter().filter(|c| world.call(**c).joined).count(), 4);
    assert!(waiters.iter().all(|c| world.call(*c).end() == End::Served(200)));
}

#[test]
fn an_unsafe_request_closes_joining_when_it_is_sent_and_when_it_is_answered() {
    let mut world = World::alone(&[], |hit| {
        let takes = if hit.url.ends_with("/save") { 100 } else { 1_000 };
        Answer(200, String::new(), ms(takes))
    });
    let before = world.ask(at(0), "/list", GET);
    world.ask(at(10), "/save", POST);
    let during = world.ask(at(20), "/list", GET);
    let with_it = world.ask(at(30), "/list", GET);
    let after = world.ask(at(200), "/list", GET);
    world.run();
    let sent = |c| world.call(c).sent.len();
    assert_eq!([before, during, with_it, after].map(sent), [1, 1, 0, 1]);
}

#[test]
fn an_unsafe_request_of_another_scope_closes_nothing() {
    let mut world = World::alone(&[], slow);
    world.ask(at(0), "/list", GET);
    world.ask(at(10), "https://b.example/save", POST);
    let joiner = world.ask(at(20), "/list", GET);
    world.run();
    assert!(world.call(joiner).joined);
}

#[test]
fn posts_never_join_and_are_never_repeated() {
    let mut world = World::alone(&[], |_| Answer(503, "retry-after: 1\n".into(), ms(50)));
    for n in 0..3 {
        world.ask(at(n), "/save", POST);
    }
    world.run();
    assert_eq!(world.hits.len(), 3);
    assert!(world.pages[0].calls.iter().all(|c| !c.joined && c.sent.len() == 1));
}

#[test]
fn writes_of_one_route_leave_in_the_order_in_which_they_came() {
    let mut world = World::alone(&[], |hit| if hit.at < at(1_000) { busy(503, 1) } else { slow(hit) });
    world.ask(at(0), "/first", POST);
    let saves: Vec<_> = (0..8).map(|n| world.ask(at(100 + n), "/save", n as u32 % 3)).collect();
    world.run();
    let sent: Vec<_> = saves.iter().map(|c| world.call(*c).sent[0]).collect();
    assert!(sent.is_sorted(), "{sent:?}");
    assert_eq!(sent.len(), 8);
}

#[test]
fn a_write_that_comes_while_others_wait_goes_behind_them() {
    let mut world = World::alone(&[(tidegate::policy::Setting::ConcurrencyMax, 1.0)], slow);
    let calls: Vec<_> = (0..4).map(|n| world.ask(at(n * 290), "/save", POST)).collect();
    world.run();
    let sent: Vec<_> = calls.iter().map(|c| world.call(*c).sent[0]).collect();
    assert_eq!(sent, [at(0), at(300), at(600), at(900)]);
}

#[test]
fn coalescing_can_be_switched_off() {
    let mut world = World::alone(&[(tidegate::policy::Setting::Coalesce, 0.0)], slow);
    world.ask(at(0), "/a", GET);
    world.ask(at(1), "/a", GET);
    world.run();
    assert_eq!(world.hits.len(), 2);
}

#[test]
fn one_who_joins_is_not_kept_longer_than_its_own_patience() {
    let mut world = World::alone(&[], |hit| {
        let time = if hit.at < at(1_000) { 20 } else { 1 };
        Answer(503, format!("retry-after: {time}\n"), ms(200))
    });
    let poll = world.ask(at(0), "/a", BACKGROUND);
    let in_flight = world.ask(at(100), "/a", GET);
    world.run_until(at(300));
    // The background request would have been held for twenty seconds; with a human on board it is not.
    assert_eq!([poll, in_flight].map(|c| world.call(c).end()), [End::Served(503); 2]);
    world.run();

    let mut world = World::alone(&[], |hit| if hit.at < at(1_000) { busy(503, 20) } else { ok() });
    let held = world.ask(at(0), "/a", BACKGROUND);
    let late = world.ask(at(1_000), "/a", GET);
    world.run();
    assert!(matches!(world.call(late).end(), End::Shed(..)), "the truth at once: {:?}", world.call(late));
    assert_eq!(world.call(late).ended(), at(1_000));
    assert_eq!(world.call(held).end(), End::Served(200), "the background waits on");
}

#[test]
fn a_held_background_flight_that_a_human_joins_goes_as_early_as_the_human_would() {
    let mut world = World::alone(&[], |hit| if hit.at < at(1_000) { busy(503, 3) } else { slow(hit) });
    world.ask(at(0), "/poll", BACKGROUND);
    for n in 0..5 {
        world.ask(at(100 + n), &format!("/{n}/x"), GET);
    }
    let joiner = world.ask(at(200), "/poll", GET & !3);
    world.run();
    assert!(world.call(joiner).joined);
    assert!(world.hits[1].url.ends_with("/poll"), "{:?}", world.hits);
}

#[test]
fn a_flight_that_others_have_joined_is_held_like_any_other() {
    let mut world =
        World::alone(&[], |hit| if hit.at < at(100) { Answer(503, String::new(), ms(50)) } else { ok() });
    let calls = [0, 10].map(|n| world.ask(at(n), "/a", GET));
    world.run();
    assert_eq!(calls.map(|call| world.call(call).end()), [End::Served(200); 2]);
    assert_eq!(world.hits.len(), 2);
}
