//! Room: the limit on what is in flight, and the bounded queue of what waits for it.

use tidegate::event::Kind;
use tidegate::policy::Setting;
use tidegate::reason::Reason;
use tidegate::time::Instant;

use crate::world::*;

const APART: u32 = GET & !tidegate::verdict::How::JOIN;

fn slow(_: &Hit) -> Answer {
    Answer(200, String::new(), ms(300))
}

/// The most that were in flight at once, by the hits and how long each took.
fn peak(hits: &[Hit], takes: tidegate::time::Duration) -> usize {
    let at_once = |h: &Hit| hits.iter().filter(|o| o.at <= h.at && h.at < o.at + takes).count();
    hits.iter().map(at_once).max().unwrap_or(0)
}

#[test]
fn a_healthy_server_is_never_limited() {
    let mut world = World::alone(&[], slow);
    for n in 0..500 {
        world.ask(at(0), &format!("/{n}/x"), APART);
    }
    world.run();
    assert_eq!(peak(&world.hits, ms(300)), 500);
}

#[test]
fn after_a_closure_one_goes_then_two_then_four() {
    let mut world = World::alone(&[(Setting::Deadline, 60_000.0)], |hit| {
        if hit.at < at(1_000) { busy(503, 1) } else { slow(hit) }
    });
    world.ask(at(0), "/a", POST);
    for n in 0..60 {
        world.ask(at(10 + n), &format!("/{n}/x"), APART);
    }
    world.run();
    let first = world.hits[1].at;
    let round = |n: u64| world.hits.iter().filter(|h| h.at == first + ms(300 * n)).count();
    assert_eq!([0, 1, 2, 3, 4].map(round), [1, 2, 4, 8, 16]);
}

#[test]
fn a_hundred_calls_against_a_limit_of_sixteen_are_done_without_waiting_for_a_timer() {
    let mut world = World::alone(&[(Setting::ConcurrencyMax, 16.0)], slow);
    for n in 0..100 {
        world.ask(at(0), &format!("/{n}/x"), APART);
    }
    world.run();
    assert_eq!(peak(&world.hits, ms(300)), 16);
    assert_eq!(world.hits.last().unwrap().at, at(6 * 300), "seven rounds without a gap");
    assert!(world.pages[0].calls.iter().all(|c| c.end() == End::Served(200)));
}

#[test]
fn a_flight_without_headers_counts_for_ten_seconds_only() {
    let patient = [(Setting::ConcurrencyMax, 1.0), (Setting::Deadline, 60_000.0)];
    let mut world = World::alone(&patient, |hit| {
        let long = if hit.url.ends_with("/poll") { 25_000 } else { 10 };
        Answer(200, String::new(), ms(long))
    });
    world.ask(at(0), "/poll", APART);
    let behind = world.ask(at(1_000), "/a", APART);
    world.run();
    assert_eq!(world.call(behind).sent, [at(10_000)]);
}

#[test]
fn the_same_holds_for_a_flight_of_the_first_moment() {
    let patient = [(Setting::ConcurrencyMax, 1.0), (Setting::Deadline, 60_000.0)];
    let mut world = World::alone(&patient, |hit| {
        Answer(200, String::new(), ms(if hit.url.ends_with("/poll") { 25_000 } else { 10 }))
    });
    world.now = Instant::ORIGIN;
    world.ask(Instant::ORIGIN, "/poll", APART);
    let behind = world.ask(Instant::ORIGIN + secs(1), "/a", APART);
    world.run();
    assert_eq!(world.call(behind).sent, [Instant::ORIGIN + secs(10)]);
}

/// One in flight, and the queue full of what was asked for, in this order.
fn full(drop: f64, hows: &[u32]) -> Vec<usize> {
    let settings = [
        (Setting::ConcurrencyMax, 1.0),
        (Setting::QueueSize, hows.len() as f64 - 1.0),
        (Setting::QueueDrop, drop),
        (Setting::Deadline, 60_000.0),
    ];
    let mut world = World::alone(&settings, slow);
    world.ask(at(0), "/first", APART);
    let calls: Vec<_> =
        hows.iter().zip(1..).map(|(how, n)| world.ask(at(n), &format!("/{n}/x"), *how)).collect();
    world.run();
    let dropped = |c: &usize| matches!(world.call(*c).end(), End::Shed(Reason::QueueFull, _));
    calls.into_iter().filter(dropped).map(|c| c - 1).collect()
}

#[test]
fn a_full_queue_drops_background_first_then_the_oldest_and_writes_last() {
    let low = BACKGROUND & !tidegate::verdict::How::JOIN;
    assert_eq!(full(0.0, &[APART, low, APART]), [1]);
    assert_eq!(full(0.0, &[APART, APART, APART]), [0]);
    assert_eq!(full(1.0, &[APART, APART, APART]), [2]);
    assert_eq!(full(0.0, &[POST, APART, POST]), [1]);
    assert_eq!(full(0.0, &[POST, POST, POST]), [2]);
    assert_eq!(full(0.0, &[low, low, APART]), [0]);
    assert_eq!(full(0.0, &[APART, APART, low]), [2], "the newcomer itself");
}

#[test]
fn the_queue_is_bounded_and_each_one_dropped_is_told_when_its_own_obstacle_ends() {
    let settings = [(Setting::QueueSize, 5.0), (Setting::Deadline, 60_000.0)];
    let mut world = World::alone(&settings, |hit| {
        if hit.at >= at(5_000) {
            ok()
        } else if hit.url.ends_with("/a") {
            busy(503, 3)
        } else {
            busy(429, 20)
        }
    });
    world.ask(at(0), "/login", POST);
    world.ask(at(1), "/a", POST);
    let first = world.ask(at(100), "/login", APART & !1);
    for n in 0..20 {
        world.ask(at(200 + n), &format!("/{n}/x"), if n == 19 { POST } else { APART });
    }
    for n in 0..20 {
        world.run_until(at(200 + n));
        assert!(world.gate().queued() <= 5);
    }
    world.run();
    let dropped: Vec<_> = world.pages[0].calls.iter().filter(|c| matches!(c.end(), End::Shed(..))).collect();
    assert_eq!(dropped.len(), 21 - 5);
    for call in dropped {
        let End::Shed(why, until) = call.end() else { unreachable!() };
        assert_eq!(why, Reason::QueueFull);
        let (from, to) = if call.url.ends_with("/login") { (20_005, 24_006) } else { (3_006, 4_007) };
        assert!(until >= at(from) && until <= at(to), "{call:?}");
    }
    let _ = first;
}

#[test]
fn who_waits_longer_than_its_patience_is_told() {
    let mut world =
        World::alone(&[(Setting::ConcurrencyMax, 1.0)], |_| Answer(200, String::new(), ms(9_000)));
    world.ask(at(0), "/a", APART);
    let shed = world.ask(at(100), "/b", APART);
    let background = world.ask(at(100), "/c", BACKGROUND);
    world.run();
    let call = world.call(shed);
    assert_eq!((call.end(), call.ended()), (End::Shed(Reason::Deadline, Instant::NEVER), at(8_100)));
    assert_eq!(world.call(background).end(), End::Served(200), "background has a minute");
}

#[test]
fn what_is_left_of_patience_is_looked_at_before_what_may_go() {
    let mut world = World::alone(&[], |hit| if hit.at < at(1_000) { busy(503, 3) } else { ok() });
    world.ask(at(0), "/a", POST);
    let stale = world.ask(at(100), "/b", APART);
    world.run_until(at(200));
    // The timer comes a minute late, as in a hidden tab.
    world.now = at(60_000);
    world.drain(0);
    world.run();
    assert!(matches!(world.call(stale).end(), End::Shed(..)), "its human has gone long ago");
    assert_eq!(world.hits.len(), 1);
}

#[test]
fn a_write_behind_a_write_that_is_given_up_is_not_forgotten() {
    let patience = [(Setting::Deadline, 3_600_000.0)];
    let mut world = World::alone(&patience, |hit| if hit.at < at(1_000) { busy(429, 5) } else { ok() });
    world.ask(at(0), "/save", POST);
    world.ask_for(0, at(100), "/save", 2, Some(secs(20)));
    let behind = world.ask(at(200), "/save", 0);
    world.run();
    assert!(world.call(behind).sent[0] < at(8_000));
}

#[test]
fn who_came_first_leaves_first_while_the_server_is_well() {
    let mut world = World::alone(&[(Setting::ConcurrencyMax, 1.0)], slow);
    for n in 0..6 {
        world.ask(at(n), &format!("/{n}/x"), APART);
    }
    world.run();
    let asked: Vec<_> = world.hits.iter().map(|h| &h.url[ORIGIN.len() + 1..][..1]).collect();
    assert_eq!(asked, ["0", "1", "2", "3", "4", "5"]);
}

#[test]
fn who_came_last_leaves_first_while_the_server_suffers() {
    let mut world = World::alone(&[], |hit| {
        if hit.at < at(50) { Answer(503, "retry-after: 3\n".into(), ms(20)) } else { slow(hit) }
    });
    for n in 0..3 {
        world.ask(at(n * 5), "/first", POST);
    }
    for n in 0..5 {
        world.ask(at(100 + n), &format!("/{n}/x"), APART);
    }
    world.run();
    let asked: Vec<_> = world.hits[3..].iter().map(|h| &h.url[ORIGIN.len() + 1..][..1]).collect();
    // The first answer ends the overload, and the others leave in their order again.
    assert_eq!(asked, ["4", "0", "1", "2", "3"]);
}

#[test]
fn who_waits_for_room_is_told_the_end_of_its_patience() {
    let mut world = World::alone(&[(Setting::ConcurrencyMax, 1.0)], slow);
    world.ask(at(0), "/a", APART);
    let waits = world.ask(at(100), "/b", APART);
    world.run();
    assert_eq!(world.call(waits).waits, [(at(8_100), Reason::Concurrency)]);
    let told = world.events().into_iter().find(|e| e.kind == Kind::Wait);
    assert_eq!(told.map(|e| e.at), Some(at(8_100)), "the event tells the same");
}
