//! Slowness is seen early, by the page's own clock, and costs first what nobody waits for.

use tidegate::policy::defaults;
use tidegate::pressure::State;
use tidegate::reason::Reason;
use tidegate::time::{Duration, Instant};
use tidegate::verdict::How;

use crate::world::{Answer, BACKGROUND, End, GET, Hit, ORIGIN, POST, World, at, fail, ms, ok, secs};

fn after(latency: u64) -> Answer {
    Answer(200, String::new(), ms(latency))
}

/// A server that takes `usual` milliseconds, and `slow` for what reaches it from the tenth to the fortieth second on.
fn dip(usual: u64, slow: u64) -> impl FnMut(&Hit) -> Answer {
    move |hit| after(if (at(10_000)..at(40_000)).contains(&hit.at) { slow } else { usual })
}

/// One page that has asked for each of these once a second, and knows what is usual.
fn used_to(paths: &'static [&'static str], server: impl FnMut(&Hit) -> Answer + 'static) -> World<'static> {
    let mut world = World::alone(&[], server);
    for second in 0..9 {
        for path in paths {
            world.ask(at(second * 1_000), path, GET);
        }
    }
    world
}

fn state(world: &mut World, when: Instant) -> State {
    world.run_until(when);
    let scope = world.scope(0, ORIGIN);
    world.gate().pressure(when, scope).state
}

#[test]
fn an_answer_that_is_outstanding_raises_the_pressure_at_the_moment_it_is_late() {
    let mut world = used_to(&["/a"], dip(100, 6_000));
    world.ask(at(10_000), "/a", GET);
    assert_eq!(state(&mut world, at(11_099)), State::Nominal);
    assert_eq!(state(&mut world, at(11_101)), State::Fair, "100 ms usually, and a second more");
    assert_eq!(state(&mut world, at(13_099)), State::Fair);
    assert_eq!(state(&mut world, at(13_101)), State::Serious, "a quarter of patience beyond that");
}

#[test]
fn lateness_is_noted_before_it_is_pressure_and_background_work_stops() {
    let mut world = used_to(&["/a"], dip(100, 6_000));
    world.ask(at(10_000), "/a", GET);
    let poll = world.ask(at(10_700), "/poll", BACKGROUND);
    assert_eq!(state(&mut world, at(11_099)), State::Nominal);
    assert_eq!(world.call(poll).waits.last().unwrap().1, Reason::Overload);
}

#[test]
fn one_answer_in_time_ends_it_at_once() {
    let mut world = used_to(&["/a"], |hit| after(if hit.at == at(10_000) { 5_000 } else { 100 }));
    world.ask(at(10_000), "/a", GET);
    world.ask(at(14_000), "/b", BACKGROUND);
    assert_eq!(state(&mut world, at(14_999)), State::Serious);
    world.ask(at(20_000), "/a", GET);
    assert_eq!(state(&mut world, at(20_101)), State::Nominal);
}

#[test]
fn an_answer_that_left_before_it_was_late_does_not_end_it_and_one_that_left_after_it_does() {
    let mut world = used_to(&["/a", "/b"], |hit| {
        after(if hit.at == at(10_000) && hit.url.ends_with("/a") { 5_000 } else { 400 })
    });
    world.ask(at(10_000), "/a", GET);
    world.ask(at(9_700), "/b", GET);
    world.ask(at(11_300), "/b", GET);
    assert_eq!(state(&mut world, at(11_401)), State::Fair);
    assert_eq!(state(&mut world, at(11_701)), State::Nominal, "its scope answers others in time");
    assert_eq!(state(&mut world, at(14_000)), State::Nominal, "however late the one becomes");
}

#[test]
fn while_it_is_late_and_no_more_than_fair_what_a_human_waits_for_goes() {
    let mut world = used_to(&["/a", "/b"], dip(100, 1_500));
    world.ask(at(20_000), "/a", GET);
    let calls = [21_099, 21_101, 21_700].map(|n| world.ask(at(n), "/b", GET));
    assert_eq!(state(&mut world, at(21_500)), State::Fair);
    world.run();
    for call in calls {
        assert!(world.call(call).waits.is_empty());
    }
}

#[test]
fn what_is_fair_is_no_doubt_while_another_is_in_flight() {
    let mut world = used_to(&["/a", "/b"], dip(100, 6_000));
    world.ask(at(20_000), "/a", GET);
    assert_eq!(state(&mut world, at(21_200)), State::Fair);
    let call = world.ask(at(21_300), "/b", GET);
    world.run_until(at(21_301));
    assert_eq!(world.call(call).sent, [at(21_300)]);
}

#[test]
fn who_waits_for_one_in_flight_goes_when_that_ends_without_an_answer() {
    for how_it_ends in ["aborted", "failed", "says nothing"] {
        let mut world = used_to(&["/a"], move |hit| match hit.url.rsplit('/').next().unwrap() {
            "x" if how_it_ends == "failed" => Answer(500, String::new(), ms(900)),
            // The first of its class, which may be usual or come from a queue.
            "x" => after(1_500),
            _ if hit.at == at(10_000) => after(5_000),
            _ => after(100),
        });
        // It was 4.9 s late: whoever has patience for three times that goes.
        world.ask(at(10_000), "/a", GET);
        let first = world.ask_for(0, at(15_100), "/x", GET, Some(secs(30)));
        let next = world.ask_for(0, at(15_200), "/c", GET, Some(secs(30)));
        let ended = match how_it_ends {
            "aborted" => {
                world.abort(at(15_500), first);
                at(15_500)
            }
            "failed" => at(16_000),
            _ => at(16_600),
        };
        world.run();
        assert_eq!(world.call(first).sent, [at(15_100)], "{how_it_ends}");
        assert_eq!(world.call(next).waits[0], (at(45_200), Reason::Overload), "{how_it_ends}");
        assert_eq!(world.call(next).sent, [ended], "{how_it_ends}");
    }
}

#[test]
fn routes_of_ten_milliseconds_three_seconds_and_half_a_minute_side_by_side_are_nominal() {
    let mut world = World::alone(&[], |hit| {
        let path = hit.url.rsplit('/').next().unwrap();
        after(match path {
            "quick" => 10,
            "report" => 3_000,
            _ => 30_000,
        })
    });
    for second in 0..200 {
        world.ask(at(second * 1_000), "/quick", GET);
        if second % 10 == 0 {
            world.ask(at(second * 1_000), "/report", GET);
        }
        if second % 60 == 0 {
            world.ask(at(second * 1_000), "/model", GET);
        }
    }
    for moment in (0..230_000).step_by(500) {
        assert_eq!(state(&mut world, at(moment)), State::Nominal, "{moment}");
    }
}

#[test]
fn what_sends_a_long_body_or_waits_for_events_says_nothing() {
    let mut world = used_to(&["/up"], |hit| after(if hit.at < at(10_000) { 100 } else { 60_000 }));
    world.ask(at(10_000), "/up", POST | How::UNTIMED);
    world.ask(at(10_000), "/up", GET | How::UNTIMED);
    for moment in (10_000..75_000).step_by(500) {
        assert_eq!(state(&mut world, at(moment)), State::Nominal, "{moment}");
    }
}

#[test]
fn a_page_that_was_held_up_itself_says_nothing_about_the_server() {
    // The event loop stands still for two seconds: the answer and the timer are both seen after it.
    for answer_first in [true, false] {
        let mut gate = tidegate::gate::Gate::new(tidegate::policy::Config::default().mend(), 1);
        let scope = gate.scope(at(0), ORIGIN.as_bytes()).unwrap();
        let key = gate.key(at(0), scope, b"GET", b"https://a.example/a");
        let go = |gate: &mut tidegate::gate::Gate, now| match gate.ask(now, key, How(GET), None) {
            tidegate::verdict::Verdict::Go(ticket) => ticket,
            other => panic!("{other:?}"),
        };
        let done = tidegate::verdict::Outcome::Status(200);
        for n in 0..5 {
            let ticket = go(&mut gate, at(n * 1_000));
            let _ = gate.settle(at(n * 1_000 + 100), ticket, done, None);
        }
        let ticket = go(&mut gate, at(10_000));
        if !answer_first {
            assert!(gate.has_due(at(12_000)));
            assert_eq!(gate.poll(at(12_000)), None);
        }
        let _ = gate.settle(at(12_001), ticket, done, None);
        assert_eq!(gate.pressure(at(12_001), scope).state, State::Nominal);
        let ticket = go(&mut gate, at(13_000));
        assert_eq!(gate.next_timeout(at(13_000)), at(13_600), "and what is usual is what it was");
        let _ = gate.settle(at(13_100), ticket, done, None);
    }
}

#[test]
fn from_a_cold_start_one_slow_class_is_taken_for_slow_and_two_for_an_overload() {
    let mut world = World::alone(&[], |_| after(9_000));
    world.ask(at(0), "/a", GET);
    assert_eq!(state(&mut world, at(8_999)), State::Nominal);
    let mut world = World::alone(&[], |_| after(9_000));
    world.ask(at(0), "/a", GET);
    world.ask(at(100), "/b", GET);
    assert_eq!(state(&mut world, at(1_999)), State::Nominal);
    assert!(state(&mut world, at(2_101)) >= State::Fair);
}

#[test]
fn a_network_that_stays_slower_is_nominal_again_within_minutes() {
    let mut world = used_to(&["/a"], |hit| after(if hit.at < at(10_000) { 200 } else { 1_200 }));
    for second in (10..400).step_by(2) {
        world.ask(at(second * 1_000), "/a", GET);
    }
    assert!(state(&mut world, at(12_500)) > State::Nominal);
    for moment in (250_000..400_000).step_by(1_000) {
        assert_eq!(state(&mut world, at(moment)), State::Nominal, "{moment}");
    }
}

#[test]
fn on_a_healthy_server_background_work_waits_for_one_essential_answer_and_nothing_else_waits() {
    let mut world = World::alone(&[], |_| after(300));
    let essential: Vec<usize> =
        (0..100).map(|n| world.ask(at(n * 100), &format!("/{}", n % 7), GET)).collect();
    let background: Vec<usize> =
        (0..100).map(|n| world.ask(at(n * 100 + 10), &format!("/poll/{n}"), BACKGROUND)).collect();
    world.run();
    for call in essential {
        assert_eq!((world.call(call).waits.len(), world.call(call).end()), (0, End::Served(200)));
    }
    for call in background {
        let call = world.call(call);
        assert_eq!(call.end(), End::Served(200));
        assert!(call.sent[0].since(call.asked) <= ms(300), "{:?}", call.sent[0].since(call.asked));
    }
}

#[test]
fn a_slow_class_does_not_hold_background_work_back() {
    let mut world = World::alone(&[], |hit| after(if hit.url.ends_with("/model") { 5_000 } else { 50 }));
    world.ask(at(0), "/model", GET);
    world.ask(at(9_000), "/model", GET);
    let poll = world.ask(at(9_100), "/poll", BACKGROUND);
    world.run();
    assert_eq!(world.call(poll).sent, [at(9_100) + defaults::BLIND_MOMENT]);
}

#[test]
fn what_a_page_asks_for_first_follows_what_a_human_waits_for_all_the_same() {
    for (known, after) in [(false, 0), (true, 0), (true, 29)] {
        let pages: &'static [&'static str] = if known { &["/a"] } else { &[] };
        let mut world = used_to(pages, dip(100, 100));
        let decoration = world.ask(at(20_000), "/new", BACKGROUND);
        let essential = world.ask(at(20_000 + after), "/a", GET);
        world.run();
        assert_eq!(world.call(essential).sent, [at(20_000 + after)]);
        assert_eq!(world.call(decoration).sent, [at(20_100 + after)], "after {after} ms");
    }
}

#[test]
fn behind_an_answer_in_time_background_work_goes_at_once_for_five_seconds() {
    for (since, waits) in [(0, 0), (5_000, 0), (5_001, 30)] {
        let mut world = used_to(&["/a"], dip(100, 100));
        world.ask(at(20_000), "/a", GET);
        let new = world.ask(at(20_100 + since), "/new", BACKGROUND);
        world.run();
        assert_eq!(world.call(new).sent, [at(20_100 + since + waits)], "{since} ms later");
    }
}

#[test]
fn background_work_stops_at_the_first_late_sign_and_is_dropped_when_the_answers_were_seriously_late() {
    let mut world = used_to(&["/a", "/b"], dip(100, 3_000));
    world.ask(at(10_000), "/a", GET);
    world.ask(at(10_000), "/b", GET);
    let safe = world.ask(at(10_700), "/poll", BACKGROUND);
    let unsafe_one = world.ask(at(10_700), "/log", 2);
    world.run_until(at(13_001));
    assert_eq!(world.call(safe).end(), End::Shed(Reason::Overload, Instant::NEVER));
    assert_eq!(world.call(unsafe_one).end, None, "what may not be lost is not dropped");
    world.ask(at(41_000), "/a", GET);
    world.run();
    assert_eq!(world.call(unsafe_one).end(), End::Served(200));
}

#[test]
fn background_work_follows_the_first_answer_in_time() {
    let mut world = used_to(&["/a"], dip(100, 3_000));
    world.ask(at(38_000), "/a", GET);
    let poll = world.ask(at(42_000), "/poll", BACKGROUND);
    world.ask(at(43_000), "/a", GET);
    world.run_until(at(60_000));
    assert_eq!(world.call(poll).sent, [at(43_100)]);
}

#[test]
fn when_the_last_sign_is_old_one_background_request_goes_and_decides_for_the_rest() {
    let mut world = used_to(&["/a", "/poll"], dip(100, 3_000));
    world.ask(at(39_000), "/a", GET);
    let polls: Vec<usize> =
        (0..5).map(|n| world.ask(at(43_000), &format!("/poll/{n}"), BACKGROUND)).collect();
    world.run();
    let mut sent: Vec<Instant> = polls.iter().map(|c| world.call(*c).sent[0]).collect();
    sent.sort();
    assert!(sent[0] >= at(58_000) && sent[0] <= at(75_000), "{:?}", sent[0].since(at(0)));
    assert!(sent[1] > sent[0], "one goes");
}

#[test]
fn a_refresh_of_what_the_page_shows_waits_for_a_minute_without_a_sign() {
    let mut world = used_to(&["/a", "/poll"], |hit| after(if hit.at == at(10_000) { 900 } else { 100 }));
    world.ask(at(10_000), "/a", GET);
    let polls: Vec<usize> =
        (0..20).map(|n| world.ask(at(12_000 + n * 10_000), "/poll", BACKGROUND)).collect();
    let fresh = world.ask(at(12_000), "/new", BACKGROUND);
    for second in 11..220 {
        world.ask(at(second * 1_000), "/a", GET);
    }
    world.run();
    let first = polls.iter().filter_map(|c| world.call(*c).sent.first()).min();
    assert!(*first.unwrap() >= at(66_000), "{:?}", first.map(|at_| at_.since(at(0))));
    assert!(world.call(fresh).sent[0] <= at(12_000), "{:?}", world.call(fresh).sent);
}

#[test]
fn a_refresh_rides_behind_a_human_who_is_active_and_goes_by_itself_where_there_is_none() {
    let mut world = used_to(&["/a", "/poll"], dip(100, 100));
    let new = world.ask(at(20_000), "/new", BACKGROUND);
    let rides = world.ask(at(20_000), "/poll", BACKGROUND);
    world.ask(at(30_000), "/a", GET);
    let waits = world.ask(at(40_000), "/poll", BACKGROUND);
    let alone = world.ask(at(95_000), "/poll", BACKGROUND);
    world.run();
    assert_eq!(world.call(new).sent, [at(20_030)], "what the page does not show yet goes");
    assert_eq!(world.call(rides).sent, [at(30_100)]);
    assert_eq!(world.call(waits).sent, [at(70_000)], "no longer than half a minute");
    assert_eq!(world.call(alone).sent, [at(95_030)], "nobody has been there for a minute");
}

#[test]
fn while_the_server_is_seriously_late_one_request_of_a_human_flies_and_the_newest_follows() {
    let mut world = used_to(&["/a", "/b"], dip(100, 4_000));
    world.ask(at(10_000), "/a", GET);
    world.ask(at(10_000), "/b", GET);
    let waits = world.ask_for(0, at(13_200), "/c", GET, Some(secs(30)));
    let newer = world.ask_for(0, at(13_500), "/d", GET, Some(secs(30)));
    world.run_until(at(13_999));
    assert_eq!((world.call(waits).sent.len(), world.call(newer).sent.len()), (0, 0));
    assert_eq!(world.call(waits).waits, [(at(43_200), Reason::Overload)], "to the end of patience");
    world.run();
    // 3.9 s late: less than a third of their patience. The second answer is late by the same.
    assert_eq!(world.call(newer).sent, [at(14_000)]);
    assert_eq!(world.call(waits).sent, [at(18_000)]);
}

#[test]
fn who_can_not_expect_an_answer_in_time_is_held_to_the_end_of_patience_and_sent_then() {
    let mut world = used_to(&["/a", "/b"], dip(100, 4_000));
    world.ask(at(10_000), "/a", GET);
    world.ask(at(10_000), "/b", GET);
    // 3.85 s are to be expected and 2 s would do: of that a sixth of a second is made up for in each second.
    let held = world.ask_for(0, at(14_100), "/c", GET, Some(secs(6)));
    world.run();
    assert_eq!(world.call(held).waits, [(at(20_100), Reason::Overload)]);
    assert_eq!(world.call(held).sent, [at(20_100)]);
    assert_eq!(world.call(held).end(), End::Served(200));
}

#[test]
fn who_is_held_goes_when_the_predicted_wait_is_a_third_of_the_patience_left() {
    let mut world = used_to(&["/a"], |hit| after(if hit.at == at(10_000) { 3_100 } else { 100 }));
    world.ask(at(10_000), "/a", GET);
    // It was 3 s late. Half a second later 2.75 s are to be expected, and a third of eight is 2.667: half a second of sixths.
    let held = world.ask(at(13_600), "/b", GET);
    world.run();
    let waits = (2_750_000 - 8_000_000 / 3) * 6;
    assert_eq!(world.call(held).sent, [at(13_600) + Duration::from_micros(waits)]);
}

#[test]
fn a_human_whose_patience_is_long_is_sent_and_one_whose_is_short_waits() {
    let mut world = used_to(&["/a", "/b"], dip(100, 5_000));
    world.ask(at(34_000), "/a", GET);
    world.ask(at(34_000), "/b", GET);
    // The last answer was 4.9 s late: 4.85 s are to be expected now, three times that is 14.55 s.
    let short = world.ask_for(0, at(39_100), "/a", GET, Some(ms(14_549)));
    let long = world.ask_for(0, at(39_100), "/b", GET, Some(ms(14_551)));
    world.run();
    assert_eq!(world.call(long).sent, [at(39_100)]);
    assert!(world.call(short).sent[0] > at(39_100));
}

#[test]
fn unsafe_requests_that_wait_for_a_late_server_leave_in_their_order() {
    let mut world = used_to(&["/a", "/b"], dip(100, 4_000));
    world.ask(at(10_000), "/a", GET);
    world.ask(at(10_000), "/b", GET);
    let saves: Vec<usize> = (0..4).map(|n| world.ask(at(13_000 + n), "/save", POST)).collect();
    world.run();
    let sent: Vec<Instant> = saves.iter().map(|c| world.call(*c).sent[0]).collect();
    assert!(sent.windows(2).all(|w| w[0] <= w[1]), "{sent:?}");
}

#[test]
fn what_is_refused_half_of_the_time_is_asked_less_by_who_can_wait() {
    let mut turn = 0;
    let mut world = World::alone(&[], move |_| {
        turn += 1;
        if turn % 10 < 7 { fail(429) } else { ok() }
    });
    let background: Vec<usize> =
        (0..300).map(|n| world.ask(at(n * 200), &format!("/p/{n}"), BACKGROUND | How::NO_HOLD)).collect();
    world.run();
    let first = background.iter().filter(|c| !world.call(**c).sent.is_empty()).count();
    assert!(first < 200, "{first} of 300");
}

#[test]
fn a_humans_own_press_finds_out_whether_a_guess_is_true_once_a_rest_and_never_before_the_servers_time() {
    let mut world = World::alone(&[], |hit| {
        if hit.url.ends_with("/told") { Answer(429, "retry-after: 5\n".into(), ms(5)) } else { fail(429) }
    });
    let press = GET | How::PRESS | How::NO_HOLD;
    for path in ["/guess", "/told"] {
        world.ask(at(0), path, GET | How::NO_HOLD);
    }
    let (first, second) = (world.ask(at(50), "/guess", press), world.ask(at(100), "/guess", press));
    let told = world.ask(at(50), "/told", press);
    world.run();
    assert_eq!(world.call(first).sent, [at(50)]);
    assert!(world.call(second).sent.first().is_none_or(|sent| *sent > at(500)), "the rest goes on");
    assert!(world.call(told).sent.first().is_none_or(|sent| *sent >= at(5_000)), "the server's word");
}

#[test]
fn one_of_a_class_never_answered_that_takes_long_holds_nobody() {
    let mut world = World::alone(&[], |_| after(60_000));
    world.ask(at(0), "/a", GET);
    let next = world.ask(at(3_000), "/a?next", GET);
    world.run_until(at(4_000));
    assert_eq!(world.call(next).sent, [at(3_000)]);
}

#[test]
fn of_two_that_left_in_one_moment_the_answer_in_time_speaks_for_both() {
    let mut world = used_to(&["/a", "/b"], |hit| after(if hit.url.ends_with("?slow") { 5_000 } else { 100 }));
    world.ask(at(10_000), "/a?slow", GET);
    world.ask(at(10_000), "/b", GET);
    assert_eq!(state(&mut world, at(11_500)), State::Nominal, "of the scope");

    let mut world = used_to(&["/a"], |hit| after(if hit.url.ends_with("?slow") { 5_000 } else { 100 }));
    world.ask(at(10_000), "/a?slow", GET);
    world.ask(at(10_000), "/a", GET);
    let next = world.ask(at(13_200), "/a", GET);
    world.run_until(at(14_000));
    assert_eq!(world.call(next).sent, [at(13_200)], "of the class");
}

#[test]
fn what_the_gate_finds_out_itself_nobody_can_claim() {
    let claims = 1 << 16 | 1 << 17 | 1 << 25;
    let mut world = World::alone(&[], |_| after(100));
    world.ask(at(0), "/a", GET);
    let first = world.ask(at(10_000), "/first", BACKGROUND | claims);
    let second = world.ask(at(10_050), "/second", BACKGROUND | claims);
    world.run();
    assert_eq!(world.call(first).sent, [at(10_030)], "nothing of it was shown before");
    assert_eq!(world.call(second).sent, [at(10_080)], "and nothing essential is in flight");
}

#[test]
fn what_is_usual_is_taken_off_once() {
    let mut world = used_to(&["/a"], dip(400, 6_000));
    world.ask(at(10_000), "/a", GET);
    assert_eq!(state(&mut world, at(11_399)), State::Nominal);
    assert_eq!(state(&mut world, at(11_401)), State::Fair, "400 ms usually, and a second more");
}

#[test]
fn what_says_nothing_by_its_time_is_not_held_by_a_doubt_about_time() {
    let mut world = used_to(&["/a"], dip(100, 6_000));
    world.ask(at(10_000), "/a", GET);
    let upload = world.ask(at(13_500), "/b", GET | How::UNTIMED);
    let plain = world.ask(at(13_501), "/c", GET);
    world.run_until(at(13_600));
    assert_eq!(world.call(upload).sent, [at(13_500)]);
    assert!(!world.call(plain).waits.is_empty());
}

#[test]
fn background_work_is_dropped_by_an_answer_that_a_human_waited_for_and_by_nothing_else() {
    let mut world = used_to(&["/a"], |hit| {
        after(match (hit.at >= at(9_900), hit.url.ends_with("/slow")) {
            (false, _) => 100,
            (true, false) => 6_000,
            (true, true) => 4_500,
        })
    });
    let background = world.ask(at(9_900), "/slow", BACKGROUND);
    world.ask(at(10_000), "/a", GET);
    let gone = world.ask(at(10_050), "/b", GET);
    let poll = world.ask(at(10_700), "/poll", BACKGROUND);
    world.abort(at(14_000), gone);
    world.run_until(at(15_000));
    assert_eq!((world.call(gone).end(), world.call(background).end()), (End::Gone, End::Served(200)));
    assert_eq!(world.call(poll).end, None, "it waits on");
    world.run_until(at(16_001));
    assert!(matches!(world.call(poll).end(), End::Shed(Reason::Overload, _)));
}

#[test]
fn what_was_shown_long_ago_is_no_refresh() {
    let mut world = World::alone(&[], |_| after(100));
    world.ask(at(0), "/shown", GET);
    world.ask(at(65_000), "/a", GET);
    let again = world.ask(at(75_000), "/shown", BACKGROUND);
    world.run();
    assert_eq!(world.call(again).sent, [at(75_030)]);
}
