//! Leaving: an abort in every phase, switching tidegate off or to observing, coming back from sleep.

use tidegate::event::Kind;
use tidegate::policy::{Mode, Setting};
use tidegate::verdict::How;

use crate::world::*;

const APART: u32 = GET & !How::JOIN;

fn pause(hit: &Hit) -> Answer {
    if hit.at < at(3_000) { busy(503, 3) } else { Answer(200, String::new(), ms(300)) }
}

#[test]
fn an_abort_while_waiting_frees_the_place_in_the_queue() {
    let mut world = World::alone(&[], pause);
    world.ask(at(0), "/a", POST);
    let gone = world.ask(at(100), "/b", APART);
    world.abort(at(200), gone);
    world.run_until(at(199));
    assert_eq!(world.gate().queued(), 1);
    world.run_until(at(200));
    assert_eq!(world.gate().queued(), 0);
    world.run();
    assert_eq!(world.call(gone).end, Some((at(200), End::Gone)));
    assert_eq!(world.hits.len(), 1);
}

#[test]
fn an_abort_in_flight_makes_room_at_once_and_says_nothing_about_the_server() {
    let mut world =
        World::alone(&[(Setting::ConcurrencyMax, 1.0)], |_| Answer(200, String::new(), ms(5_000)));
    let gone: Vec<_> = (0..30).map(|n| world.ask(at(n * 10), "/a", APART)).collect();
    for (n, call) in gone.iter().enumerate() {
        world.abort(at(n as u64 * 10 + 5), *call);
    }
    let next = world.ask(at(301), "/a", APART);
    world.run();
    assert!(gone.iter().all(|c| world.call(*c).end() == End::Gone));
    assert_eq!(world.call(next).sent, [at(301)]);
    assert!(world.events().iter().all(|e| e.kind != Kind::Pressure));
}

#[test]
fn an_abort_while_held_after_an_answer_sends_nothing_more() {
    let mut world = World::alone(&[], pause);
    let gone = world.ask(at(0), "/a", GET);
    world.abort(at(1_000), gone);
    world.run_until(at(1_000));
    assert_eq!((world.gate().queued(), world.gate().in_flight()), (0, 0));
    let next = world.ask(at(5_000), "/a", GET);
    world.run();
    assert_eq!(world.hits.len(), 2);
    assert!(!world.call(next).joined, "the flight of one who has gone cannot be joined");
}

#[test]
fn an_aborted_probe_does_not_close_the_route_for_good() {
    let mut world =
        World::alone(
            &[],
            |hit| {
                if hit.at < at(2_000) { fail(500) } else { Answer(200, String::new(), ms(1_000)) }
            },
        );
    for n in 0..10 {
        world.ask(at(n * 10), "/a", APART);
    }
    let probe = world.ask_for(0, at(5_500), "/a", APART, Some(secs(60)));
    world.abort(at(5_600), probe);
    let next = world.ask_for(0, at(5_700), "/a", APART, Some(secs(60)));
    world.run();
    assert_eq!(world.call(probe).sent, [at(5_500)]);
    assert_eq!(world.call(next).sent, [at(10_500)], "when the lease is over");
}

#[test]
fn observing_sends_everything_at_once_and_tells_what_would_have_been() {
    let mut world = World::alone(&[(Setting::Mode, 1.0)], |hit| {
        if hit.url.ends_with("/login") { busy(429, 900) } else { pause(hit) }
    });
    for n in 0..10 {
        world.ask(at(n * 100), "/a", GET);
        world.ask(at(n * 100 + 50), "/login", POST);
    }
    world.run();
    assert_eq!(world.hits.len(), 20);
    assert!(world.pages[0].calls.iter().all(|c| c.sent == [c.asked]));
    let events = world.events();
    let count = |kind| events.iter().filter(|e| e.kind == kind).count();
    // The first /a could not know; the first /login would have waited for the scope, the others for a quarter of an hour.
    assert_eq!((count(Kind::Wait), count(Kind::Shed)), (10, 9));
    let told = events.iter().find(|e| e.kind == Kind::Wait).unwrap();
    assert!(told.at >= at(3_005) && told.reason.is_some());
}

#[test]
fn observing_tells_a_wait_for_room_as_a_wait() {
    let settings = [(Setting::Mode, 1.0), (Setting::ConcurrencyMax, 1.0)];
    let mut world = World::alone(&settings, |_| Answer(200, String::new(), ms(300)));
    world.ask(at(0), "/a", APART);
    world.ask(at(10), "/b", APART);
    world.run();
    let kinds: Vec<_> = world.events().iter().map(|e| e.kind).collect();
    assert_eq!(kinds, [Kind::Wait]);
}

#[test]
fn off_is_the_platforms_fetch() {
    let mut world = World::alone(&[(Setting::Mode, 2.0)], pause);
    for n in 0..10 {
        world.ask(at(n * 100), "/a", GET);
    }
    world.run();
    assert_eq!(world.hits.len(), 10);
    assert!(world.events().is_empty());
}

fn switched(mode: Mode) {
    let mut world =
        World::alone(&[(Setting::Deadline, 60_000.0)], |hit| busy(503, if hit.at < at(1) { 30 } else { 0 }));
    world.ask(at(0), "/a", POST);
    let waiters: Vec<_> = (0..20).map(|n| world.ask(at(100 + n), &format!("/{n}/x"), POST)).collect();
    // Something else was looked at in that very moment.
    world.act(at(1_000), |gate, now| assert_eq!(gate.poll(now), None));
    world.act(at(1_000), move |gate, now| gate.set_mode(now, mode));
    world.run();
    for (n, call) in waiters.into_iter().enumerate() {
        assert_eq!(world.call(call).sent, [at(1_000 + 50 * n as u64)], "spaced, in order");
    }
}

#[test]
fn switching_off_lets_all_go_fifty_milliseconds_apart() {
    switched(Mode::Off);
}

#[test]
fn switching_to_observing_lets_all_go_fifty_milliseconds_apart() {
    switched(Mode::Observe);
}

#[test]
fn switching_off_and_on_again_forgets_nobodys_patience() {
    let mut world =
        World::alone(&[(Setting::ConcurrencyMax, 1.0)], |_| Answer(200, String::new(), ms(60_000)));
    world.ask(at(0), "/a", APART);
    let waits = world.ask(at(100), "/b", APART);
    let also = world.ask(at(101), "/c", APART);
    world.act(at(200), |gate, now| {
        gate.set_mode(now, Mode::Off);
        gate.set_mode(now, Mode::On);
    });
    world.run();
    assert_eq!([waits, also].map(|c| world.call(c).ended()), [at(8_100), at(8_101)]);
}

#[test]
fn what_waited_through_sleep_leaves_spread_over_a_second_in_order() {
    let mut world = World::alone(&[(Setting::Deadline, 86_400_000.0), (Setting::Concurrency, 0.0)], |hit| {
        if hit.at < at(1_000) { busy(503, 3) } else { ok() }
    });
    world.ask(at(0), "/a", POST);
    for n in 0..100 {
        world.ask(at(100 + n), &format!("/{n}/x"), APART);
    }
    let writes: Vec<_> = (0..5).map(|n| world.ask(at(300 + n), "/save", POST)).collect();
    world.run_until(at(1_000));
    let woken = at(3_600_000);
    world.now = woken;
    world.pages[0].gate.resume(woken);
    world.drain(0);
    world.run();
    let after: Vec<_> = world.hits[1..].iter().map(|h| h.at.since(woken).as_millis()).collect();
    assert_eq!(after.len(), 105);
    assert!(after.iter().all(|ms| *ms <= 1_000));
    for tenth in 0..10 {
        let inside = after.iter().filter(|ms| **ms / 100 == tenth).count();
        assert!((1..30).contains(&inside), "{inside} in tenth {tenth}");
    }
    let sent: Vec<_> = writes.iter().map(|c| world.call(*c).sent[0]).collect();
    assert!(sent.is_sorted(), "{sent:?}");
}

#[test]
fn who_has_little_patience_left_after_sleep_still_goes_within_it() {
    let mut world =
        World::alone(
            &[(Setting::Concurrency, 0.0)],
            |hit| {
                if hit.at < at(1_000) { busy(503, 3) } else { ok() }
            },
        );
    world.ask(at(0), "/a", POST);
    let woken = at(10_000);
    let patience = woken.since(at(100)) + ms(50);
    let waiters: Vec<_> =
        (0..20).map(|n| world.ask_for(0, at(100), &format!("/{n}/x"), APART, Some(patience))).collect();
    world.run_until(at(1_000));
    world.now = woken;
    world.pages[0].gate.resume(woken);
    world.drain(0);
    world.run();
    for call in waiters.into_iter().map(|c| world.call(c)) {
        assert!(call.sent.first().is_some_and(|sent| *sent <= woken + ms(50)), "{call:?}");
    }
}

#[test]
fn nothing_is_armed_when_all_is_settled_and_forgotten() {
    let mut world = World::alone(&[], pause);
    for n in 0..40 {
        world.ask(at(n * 50), &format!("/{n}/x"), if n % 4 == 0 { POST } else { GET });
    }
    world.run(); // checks it
    assert!(world.now < at(60_000), "within a minute of the last word");
}
