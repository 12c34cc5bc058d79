//! Hold rather than fail, within the deadline and the budget, once per intent.

use tidegate::event::Kind;
use tidegate::policy::Setting;
use tidegate::reason::Reason;
use tidegate::verdict::How;

use crate::world::*;

/// Refuses with this during the first half second.
fn at_first(status: u16) -> impl FnMut(&Hit) -> Answer {
    move |hit| if hit.at < at(500) { fail(status) } else { ok() }
}

#[test]
fn what_refuses_for_load_or_drops_is_held_and_served_in_the_end() {
    for status in [429, 502, 503, 504, 529, 0] {
        let mut world = World::alone(&[], at_first(status));
        let call = world.ask(at(0), "/a", GET);
        world.run();
        assert_eq!(world.call(call).end(), End::Served(200), "{status}");
        assert!(world.call(call).sent.len() > 1);
        assert!(world.call(call).ended() <= at(8_000), "{status}");
    }
}

#[test]
fn what_may_have_been_done_or_is_no_load_is_handed_over_at_once() {
    for status in [200, 204, 304, 400, 401, 403, 404, 500, 501] {
        let mut world = World::alone(&[], |_| fail(status));
        let call = world.ask(at(0), "/a", GET);
        world.run();
        assert_eq!((world.call(call).end(), world.hits.len()), (End::Served(status), 1));
        assert_eq!(world.call(call).ended(), at(5));
    }
}

#[test]
fn one_that_may_not_be_repeated_or_asks_not_to_be_held_gets_the_real_answer() {
    let no_hold = GET | How::NO_HOLD;
    for how in [POST, no_hold, GET | 1 << 8] {
        let mut world = World::alone(&[], |_| fail(503));
        let call = world.ask(at(0), "/a", how);
        world.run();
        assert_eq!((world.call(call).end(), world.hits.len()), (End::Served(503), 1), "{how:b}");
    }
    let mut world = World::alone(&[(Setting::Retry, 0.0)], |_| fail(503));
    let call = world.ask(at(0), "/a", GET | 6 << 8);
    world.run();
    assert_eq!((world.call(call).end(), world.hits.len()), (End::Served(503), 1), "nothing is sent twice");
}

#[test]
fn attempts_are_bounded_and_a_request_may_ask_for_its_own_number() {
    let generous = [(Setting::RetryBudgetCap, 100.0), (Setting::RetryBudgetPercent, 100.0)];
    let calm = [generous[0], generous[1], (Setting::Deadline, 3_600_000.0), (Setting::Breaker, 0.0)];
    for (how, tries) in [(GET, 3), (GET | 2 << 8, 1), (GET | 3 << 8, 2)] {
        let mut world = World::alone(&calm, |_| fail(0));
        for n in 0..10 {
            world.ask(at(n), &format!("/warm/{n}/x"), POST);
        }
        let call = world.ask(at(1_000), "/a", how);
        world.run();
        assert_eq!(world.call(call).sent.len(), 1 + tries, "{how:b}");
        assert_eq!(world.call(call).end(), End::Served(0));
    }
}

#[test]
fn the_servers_veto_is_respected() {
    use tidegate::hint::Hint;
    use tidegate::verdict::{Outcome, Ticket, Verdict};
    let mut world = World::alone(&[], |_| ok());
    let gate = &mut world.pages[0].gate;
    let scope = gate.scope(at(0), ORIGIN.as_bytes()).unwrap();
    let key = gate.key(at(0), scope, b"GET", b"https://a.example/a");
    let Verdict::Go(ticket @ Ticket(_)) = gate.ask(at(0), key, How(GET), None) else {
        panic!("goes");
    };
    let veto = Hint { retry: Some(false), ..Hint::default() };
    let settled = gate.settle(at(9), ticket, Outcome::Status(503), Some(&veto));
    assert_eq!(settled, Verdict::Done(ticket));
}

#[test]
fn retries_are_the_reserve_and_then_exactly_the_share() {
    for (percent, share) in [(10.0, 10), (25.0, 25), (1.0, 1)] {
        let settings = [
            (Setting::RetryBudgetPercent, percent),
            (Setting::RetryBudgetCap, 1_000.0),
            (Setting::Breaker, 0.0),
            (Setting::Coalesce, 0.0),
            // So that the longest back-off, half a minute, is within everybody's patience.
            (Setting::Deadline, 60_000.0),
        ];
        let mut world = World::alone(&settings, |_| fail(0));
        for n in 0..1_000 {
            world.ask(at(n * 100), &format!("/{n}/a"), GET);
        }
        world.run();
        // The last ones that were earned may find nobody to use them.
        let all = 1_000 + 3 + share * 10;
        assert!((all - 2..=all).contains(&world.hits.len()), "{percent} %: {}", world.hits.len());
    }
}

#[test]
fn an_outer_clients_retry_within_half_a_minute_of_a_refused_hold_is_answered_at_once() {
    let plenty = [(Setting::RetryBudgetPercent, 100.0), (Setting::RetryBudgetCap, 100.0)];
    let mut world = World::alone(&plenty, |_| busy(503, 2));
    for n in 0..20 {
        world.ask_for(0, at(0), &format!("/{n}/warm"), GET, Some(ms(0)));
    }
    let first = world.ask(at(0), "/a", GET);
    while world.call(first).end.is_none() {
        world.run_until(world.now + ms(1));
    }
    assert!(world.call(first).sent.len() > 1, "it was held");
    let refused = world.call(first).ended();
    let again = world.ask_for(0, refused + ms(20), "/a", GET, None);
    let other = world.ask_for(0, refused + ms(21), "/b", GET, None);
    world.run();
    let again = world.call(again);
    assert!(matches!(again.end(), End::Shed(Reason::RetryAfter, _)), "{again:?}");
    assert_eq!((again.ended(), again.waits.len()), (again.asked, 0));
    assert!(!world.call(other).waits.is_empty(), "another intent may wait");

    let later = world.ask_for(0, refused + secs(200), "/a", GET, None);
    world.run();
    assert!(world.call(later).sent.len() > 1, "a new intent is held again");
}

#[test]
fn an_intent_that_was_served_since_is_a_new_one() {
    let refused = std::cell::Cell::new(at(1_000_000));
    let mut world = World::alone(&[], |hit| {
        let well = hit.at > refused.get() && hit.url.ends_with("/a");
        if well { ok() } else { busy(503, 2) }
    });
    let first = world.ask(at(0), "/a", GET);
    while world.call(first).end.is_none() {
        world.run_until(world.now + ms(1));
    }
    refused.set(world.call(first).ended());
    assert!(world.call(first).sent.len() > 1, "it was held");
    let served = world.ask(refused.get() + secs(10), "/a", GET);
    world.ask(refused.get() + secs(11), "/b", POST);
    let again = world.ask(refused.get() + secs(12), "/a", GET);
    world.run();
    assert_eq!(world.call(served).end(), End::Served(200));
    assert!(!world.call(again).waits.is_empty(), "it may wait again");
    assert_eq!(world.call(again).end(), End::Served(200));
}

#[test]
fn a_hold_tells_of_each_try() {
    let mut world = World::alone(&[], at_first(503));
    world.ask(at(0), "/a", GET);
    world.run();
    let tries: Vec<_> =
        world.events().into_iter().filter(|e| e.kind == Kind::Retry).map(|e| e.extra).collect();
    assert_eq!(tries, (1..=tries.len() as u32).collect::<Vec<_>>());
    assert!(!tries.is_empty());
}

#[test]
fn a_hold_never_outlasts_patience() {
    for patience in [0, 1, 100, 900, 2_500] {
        let mut world = World::alone(&[], |_| fail(503));
        let call = world.ask_for(0, at(0), "/a", GET, Some(ms(patience)));
        world.run();
        assert!(world.call(call).ended() <= at(patience + 5), "{patience}");
    }
}

#[test]
fn an_intent_that_is_answered_at_once_is_still_shared_with_its_equal() {
    let refused = std::cell::Cell::new(at(1_000_000));
    let mut world = World::alone(&[], |hit| {
        if hit.at > refused.get() { Answer(200, String::new(), ms(300)) } else { busy(503, 2) }
    });
    let first = world.ask(at(0), "/a", GET);
    while world.call(first).end.is_none() {
        world.run_until(world.now + ms(1));
    }
    refused.set(world.call(first).ended());
    assert!(world.call(first).sent.len() > 1, "it was held");
    let again = [10_000, 10_100].map(|n| world.ask(refused.get() + ms(n), "/a", GET));
    world.run();
    assert!(world.call(again[1]).joined, "{:?}", world.call(again[1]));
}

#[test]
fn only_who_was_held_is_answered_at_once_the_next_time() {
    let mut world = World::alone(&[], |hit| if hit.at < at(1_000) { busy(503, 20) } else { ok() });
    world.ask(at(0), "/other", POST);
    let refused = world.ask_for(0, at(100), "/a", GET, Some(ms(0)));
    let waits = world.ask_for(0, at(200), "/a", GET, Some(secs(60)));
    world.run();
    assert!(matches!(world.call(refused).end(), End::Shed(Reason::RetryAfter, _)));
    assert!(world.call(waits).sent[0] >= at(20_005), "it was never held: {:?}", world.call(waits));

    let mut world = World::alone(&[], |hit| match hit.url.as_str() {
        "https://a.example/other" => Answer(503, "retry-after: 60\n".into(), ms(10)),
        _ if hit.at == at(0) => busy(503, 2),
        _ => ok(),
    });
    world.ask(at(0), "/other", POST);
    let held = world.ask(at(0), "/a", GET);
    let again = world.ask_for(0, at(10_000), "/a", GET, Some(secs(100)));
    world.run();
    assert!(matches!(world.call(held).end(), End::Shed(..)), "in vain: {:?}", world.call(held));
    assert_eq!(world.call(again).ended(), at(10_000), "{:?}", world.call(again));
}

#[test]
fn who_was_held_and_fails_again_keeps_the_next_one_from_asking_unless_nobody_wants_guesses() {
    for (breaker, goes) in [(1.0, false), (0.0, true)] {
        let mut world = World::alone(&[(Setting::Breaker, breaker)], |_| fail(502));
        let first = world.ask(at(0), "/a", GET | 2 << 8);
        while world.call(first).end.is_none() {
            world.run_until(world.now + ms(1));
        }
        assert_eq!(world.call(first).sent.len(), 2, "it was held");
        let now = world.now + ms(10);
        let next = world.ask_for(0, now, "/a?next", GET | How::NO_HOLD, Some(ms(0)));
        world.run();
        assert_eq!(!world.call(next).sent.is_empty(), goes, "{breaker}: {:?}", world.call(next));
    }
}
