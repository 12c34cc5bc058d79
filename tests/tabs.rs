//! Tabs of one origin share patience, retries and concurrency, and nobody who can write to their channel harms them.

use proptest::prelude::*;
use tidegate::coalesce::KeyId;
use tidegate::gate::Gate;
use tidegate::hint::Hint;
use tidegate::policy::{Config, Setting};
use tidegate::reason::Reason;
use tidegate::snapshot::{Entry, GUESS, MOST, Salt, Snapshot, TAB, WORD};
use tidegate::time::{Duration, Instant, WallTime};
use tidegate::verdict::{How, Outcome, Ticket, Verdict};

const GET: How = How(1 | How::SAFE | How::REPEAT);
const POST: How = How(1);
const MINUTE: Duration = Duration::from_secs(60);
/// No page begins where the axis does.
const T0: Instant = Instant::ORIGIN;

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn at(n: u64) -> Instant {
    T0 + secs(1_000) + ms(n)
}

fn key(gate: &mut Gate, now: Instant, path: &str, method: &[u8]) -> KeyId {
    let scope = gate.scope(now, b"https://a.example").expect("a scope");
    gate.key(now, scope, method, format!("https://a.example{path}").as_bytes())
}

fn ask(gate: &mut Gate, now: Instant, path: &str, how: How) -> Verdict {
    let key = key(gate, now, path, b"GET");
    gate.ask(now, key, how, Some(secs(600)))
}

fn go(gate: &mut Gate, now: Instant, path: &str) -> Ticket {
    match ask(gate, now, path, POST) {
        Verdict::Go(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

/// Until when a request that cannot wait is held: the present when it goes, or has but to wait for room.
fn held(gate: &mut Gate, now: Instant, path: &str) -> Instant {
    let key = key(gate, now, path, b"GET");
    match gate.ask(now, key, GET, Some(Duration::ZERO)) {
        Verdict::Shed { retry_at, .. } if retry_at != Instant::NEVER => return retry_at,
        Verdict::Go(ticket) => drop(gate.settle(now, ticket, Outcome::Aborted, None)),
        _ => {}
    }
    now
}

fn settle(gate: &mut Gate, now: Instant, ticket: Ticket, status: u16, wait_ms: Option<u32>) {
    let hint = Hint { wait_ms, overloaded: status == 503, ..Hint::default() };
    let _ = gate.settle(now, ticket, Outcome::Status(status), Some(&hint));
    let _ = gate.take_changed();
}

fn refuse(gate: &mut Gate, now: Instant, path: &str, wait_ms: Option<u32>) {
    let ticket = go(gate, now, path);
    settle(gate, now, ticket, 503, wait_ms);
}

fn tab(seed: u64, settings: &[(Setting, f64)]) -> Gate {
    let mut config = Config::default();
    for (setting, value) in settings {
        config.set(*setting as usize, *value);
    }
    Gate::new(config.check().expect("in range"), seed)
}

/// Tabs with a channel between them; messages arrive at once, and are counted.
struct Tabs {
    gates: Vec<Gate>,
    said: Vec<(Instant, usize)>,
}

impl Tabs {
    /// So many tabs that have greeted each other.
    fn open(count: u64, settings: &[(Setting, f64)]) -> Self {
        let gates = (1..=count).map(|seed| tab(seed, settings)).collect();
        let mut tabs = Self { gates, said: Vec::new() };
        for n in 0..tabs.gates.len() {
            tabs.gates[n].store(true);
            tabs.gates[n].greet(at(0));
        }
        for n in 0..=20 {
            tabs.speak(at(50 * n));
        }
        tabs.said.clear();
        tabs
    }

    /// Whoever is due speaks, and the others hear.
    fn speak(&mut self, now: Instant) {
        for from in 0..self.gates.len() {
            if self.gates[from].to_tell(now) {
                let text = self.gates[from].message(now, WallTime(0));
                self.said.push((now, from));
                self.hear(now, from, &text);
            }
        }
    }

    fn hear(&mut self, now: Instant, from: usize, text: &str) {
        for (n, gate) in self.gates.iter_mut().enumerate() {
            if n != from {
                let _ = gate.hear_peer(now, WallTime(0), text.as_bytes());
                let _ = gate.take_changed();
            }
        }
    }

    /// As their timers have it.
    fn run(&mut self, from: Instant, to: Instant) {
        let mut now = from;
        while now <= to {
            self.speak(now);
            let next = self.gates.iter().map(|gate| gate.next_timeout(now)).min();
            now = next.expect("a tab").max(now + ms(1));
        }
    }
}

/// What a stranger writes into the channel.
fn forged(entries: Vec<Entry>) -> String {
    Snapshot { salt: Salt([3, 4]), entries }.text(WallTime(0))
}

fn speaker(id: u64, value: u64) -> Entry {
    Entry { id, left: MINUTE, kind: TAB, value }
}

// ── patience ────────────────────────────────────────────────────────────────

#[test]
fn what_one_tab_is_told_holds_the_others_at_once_and_never_before_that_time() {
    let mut tabs = Tabs::open(3, &[]);
    let now = at(5_000);
    refuse(&mut tabs.gates[0], now, "/a", Some(20_000));
    tabs.speak(now);
    for gate in &mut tabs.gates {
        let until = held(gate, now, "/a");
        assert!(until >= now + secs(20) && until <= now + MINUTE, "{until:?}");
    }
    let scope = tabs.gates[2].scope(now, b"https://a.example").unwrap();
    assert_eq!(tabs.gates[2].pressure(now, scope).reason, Some(Reason::RetryAfter));
}

#[test]
fn each_receiver_takes_its_own_spread() {
    let mut tabs = Tabs::open(12, &[]);
    let now = at(5_000);
    refuse(&mut tabs.gates[0], now, "/a", Some(20_000));
    tabs.speak(now);
    let mut ends: Vec<_> = tabs.gates[1..].iter_mut().map(|gate| held(gate, now, "/a")).collect();
    ends.sort();
    ends.dedup();
    assert_eq!(ends.len(), 11, "no two come back together");
}

#[test]
fn a_route_that_another_tab_has_never_asked_for_is_held_when_it_does() {
    let mut tabs = Tabs::open(2, &[]);
    let now = at(5_000);
    let ticket = go(&mut tabs.gates[0], now, "/login");
    settle(&mut tabs.gates[0], now, ticket, 429, Some(30_000));
    tabs.speak(now);
    let later = at(12_000);
    assert!(held(&mut tabs.gates[1], later, "/login") >= now + secs(30));
    assert_eq!(held(&mut tabs.gates[1], later, "/save"), later, "and no other");
}

#[test]
fn a_peers_guess_ends_with_an_answer_and_its_servers_word_does_not() {
    for (wait, cleared) in [(None, true), (Some(20_000), false)] {
        let mut tabs = Tabs::open(2, &[]);
        let now = at(5_000);
        let flying = go(&mut tabs.gates[1], now, "/b");
        refuse(&mut tabs.gates[0], now, "/a", wait);
        tabs.speak(now);
        assert!(held(&mut tabs.gates[1], now, "/a") > now);
        settle(&mut tabs.gates[1], now, flying, 200, None);
        assert_eq!(held(&mut tabs.gates[1], now, "/c") == now, cleared, "{wait:?}");
    }
}

#[test]
fn a_press_may_probe_a_peers_guess_and_never_its_servers_word() {
    for (wait, goes) in [(None, true), (Some(20_000), false)] {
        let mut tabs = Tabs::open(2, &[]);
        let now = at(5_000);
        refuse(&mut tabs.gates[0], now, "/a", wait);
        tabs.speak(now);
        let pressed = ask(&mut tabs.gates[1], now, "/a", How(GET.0 | How::PRESS));
        assert_eq!(matches!(pressed, Verdict::Go(_)), goes, "{pressed:?}");
    }
}

#[test]
fn what_was_learned_from_a_peer_is_neither_sent_on_nor_stored() {
    let mut tabs = Tabs::open(2, &[]);
    let now = at(5_000);
    let _ = held(&mut tabs.gates[1], now, "/a");
    refuse(&mut tabs.gates[0], now, "/a", Some(20_000));
    tabs.speak(now);
    let gate = &mut tabs.gates[1];
    assert_eq!(gate.snapshot(now), None);
    assert!(!gate.to_store(now, true));
    let text = gate.message(now, WallTime(0));
    let said = Snapshot::decode(text.as_bytes(), WallTime(0), MINUTE, MINUTE).unwrap();
    assert!(said.entries.iter().all(|entry| entry.kind == TAB));
}

#[test]
fn a_longer_closure_is_obeyed_for_as_long_as_the_tab_that_was_told_lives() {
    let mut tabs = Tabs::open(2, &[]);
    let now = at(5_000);
    refuse(&mut tabs.gates[0], now, "/a", Some(300_000));
    tabs.run(now, now + secs(200));
    let later = now + secs(200);
    assert!(held(&mut tabs.gates[1], later, "/a") >= later + secs(39));
    // It has crashed, and says no more.
    let gone = later + MINUTE;
    assert_eq!(held(&mut tabs.gates[1], gone, "/a"), gone);
}

// ── talk ────────────────────────────────────────────────────────────────────

#[test]
fn at_rest_nobody_speaks_and_no_timer_runs() {
    let mut tabs = Tabs::open(5, &[]);
    for n in 0..5 {
        let ticket = go(&mut tabs.gates[n], at(5_000), "/a");
        settle(&mut tabs.gates[n], at(5_020), ticket, 200, None);
    }
    tabs.run(at(5_000), at(5_100));
    assert_eq!(tabs.said, []);
    assert!(tabs.gates.iter().all(|gate| gate.next_timeout(at(5_100)) == Instant::NEVER));
}

#[test]
fn nobody_speaks_more_than_once_in_a_tenth_of_a_second_nor_when_all_is_over() {
    let mut tabs = Tabs::open(3, &[]);
    for n in 0..200 {
        let (now, from) = (at(5_000 + 10 * n), n as usize % 3);
        let (gate, host) = (&mut tabs.gates[from], format!("https://{}.example", n % 60));
        let scope = gate.scope(now, host.as_bytes()).unwrap();
        let key = gate.key(now, scope, b"GET", host.as_bytes());
        if let Verdict::Go(ticket) = gate.ask(now, key, POST, None) {
            settle(gate, now, ticket, 503, Some(10_000));
        }
        tabs.speak(now);
    }
    assert!(tabs.said.len() > 10);
    for from in 0..3 {
        let times: Vec<_> = tabs.said.iter().filter(|said| said.1 == from).map(|said| said.0).collect();
        assert!(times.windows(2).all(|pair| pair[1].since(pair[0]) >= ms(100)));
    }
    // Two minutes of doubt after the last refusal.
    tabs.run(at(7_000), at(130_000));
    tabs.said.clear();
    tabs.run(at(130_000), at(400_000));
    assert_eq!(tabs.said, []);
}

#[test]
fn a_tab_that_is_alone_tells_once_and_calls_nobody() {
    let mut tabs = Tabs::open(1, &[]);
    refuse(&mut tabs.gates[0], at(5_000), "/a", Some(300_000));
    tabs.run(at(5_000), at(200_000));
    assert_eq!(tabs.said.len(), 1);
}

#[test]
fn without_a_channel_nothing_is_due() {
    let mut gate = tab(1, &[]);
    refuse(&mut gate, at(0), "/a", Some(20_000));
    gate.tell_clear();
    assert!(!gate.to_tell(at(0)));
    assert_eq!(gate.next_timeout(at(0)), Instant::NEVER);
}

#[test]
fn a_closure_that_begins_soon_after_a_message_is_told_when_a_tenth_of_a_second_is_over() {
    let mut tabs = Tabs::open(2, &[]);
    let now = at(5_000);
    let (a, b) = (go(&mut tabs.gates[0], now, "/a"), go(&mut tabs.gates[0], now, "/b"));
    settle(&mut tabs.gates[0], now, a, 429, Some(20_000));
    tabs.speak(now);
    settle(&mut tabs.gates[0], now + ms(30), b, 429, Some(30_000));
    let gate = &mut tabs.gates[0];
    assert!(!gate.to_tell(now + ms(30)));
    let _ = gate.record(now + ms(30), WallTime(0), b"");
    assert!(!gate.to_store(now + secs(1), false), "its record is written");
    assert_eq!(gate.next_timeout(now + ms(30)), now + ms(100), "and a timer is there for it");
    assert!(!gate.to_tell(now + ms(99)) && gate.to_tell(now + ms(100)));
}

#[test]
fn a_closure_that_an_answer_ended_is_not_told() {
    let mut tabs = Tabs::open(2, &[]);
    let now = at(5_000);
    let flying = go(&mut tabs.gates[0], now, "/b");
    refuse(&mut tabs.gates[0], now, "/a", None);
    tabs.speak(now);
    settle(&mut tabs.gates[0], now + ms(10), flying, 200, None);
    tabs.said.clear();
    tabs.run(now + ms(10), now + secs(60));
    assert_eq!(tabs.said, []);
}

#[test]
fn who_waits_for_his_part_is_looked_at_once_when_the_others_can_have_answered() {
    let mut gate = tab(1, &[(Setting::ConcurrencyMax, 4.0)]);
    gate.greet(at(0));
    assert!(gate.to_tell(at(0)));
    let _ = gate.message(at(0), WallTime(0));
    let idle = gate.next_timeout(at(0));
    let _ = go(&mut gate, at(0), "/a");
    let Verdict::Wait { ticket, .. } = ask(&mut gate, at(0), "/b", POST) else { panic!("one at first") };
    while gate.poll(at(0)).is_some() {}
    assert_eq!((idle, gate.next_timeout(at(0))), (Instant::NEVER, at(120)));
    assert!(!gate.to_tell(at(120)));
    let left: Vec<_> = core::iter::from_fn(|| gate.poll(at(120))).collect();
    assert_eq!(left, [Verdict::Go(ticket)], "nobody has answered: all four are his");
    let _ = go(&mut gate, at(121), "/c");
    let _ = go(&mut gate, at(121), "/d");
    let Verdict::Wait { .. } = ask(&mut gate, at(121), "/e", POST) else { panic!("four at most") };
    while gate.poll(at(121)).is_some() {}
    assert!(gate.next_timeout(at(121)) > at(1_000), "and no look at it again");
}

#[test]
fn a_page_that_was_called_answers_unless_it_spoke_in_the_last_five_seconds() {
    for (what, since, answers) in [(2, 4_999, false), (2, 5_000, true), (4, 5_000, false), (8, 5_000, false)]
    {
        let mut tabs = Tabs::open(2, &[]);
        let now = at(5_000);
        refuse(&mut tabs.gates[0], now, "/a", Some(20_000));
        tabs.speak(now);
        let call = forged(vec![speaker(9, what)]);
        let later = now + ms(since);
        let _ = tabs.gates[0].hear_peer(later, WallTime(0), call.as_bytes());
        assert_eq!(tabs.gates[0].to_tell(later), answers, "{what} {since}");
    }
}

#[test]
fn while_a_place_is_closed_the_others_are_called_every_twenty_seconds() {
    let mut tabs = Tabs::open(2, &[]);
    let now = at(5_000);
    refuse(&mut tabs.gates[0], now, "/a", Some(50_000));
    tabs.run(now, now + secs(49));
    let told: Vec<_> = tabs.said.iter().filter(|said| said.1 == 0).map(|said| said.0.since(now)).collect();
    assert_eq!(told, [Duration::ZERO, secs(20), secs(40)]);
}

#[test]
fn who_leaves_makes_nobody_forget_unless_its_user_has_left() {
    for forget in [false, true] {
        let mut tabs = Tabs::open(2, &[]);
        if forget {
            tabs.gates[0].tell_clear();
        }
        let text = tabs.gates[0].bye(at(5_000), WallTime(0));
        assert_eq!(tabs.gates[1].hear_peer(at(5_000), WallTime(0), text.as_bytes()), forget);
    }
}

#[test]
fn a_clear_reaches_the_others() {
    let mut tabs = Tabs::open(2, &[]);
    tabs.gates[0].tell_clear();
    assert!(tabs.gates[0].to_tell(at(5_000)));
    let text = tabs.gates[0].message(at(5_000), WallTime(0));
    assert!(tabs.gates[1].hear_peer(at(5_000), WallTime(0), text.as_bytes()));
    let plain = forged(vec![speaker(9, 4)]);
    assert!(!tabs.gates[1].hear_peer(at(5_000), WallTime(0), plain.as_bytes()));
}

// ── how many they are ───────────────────────────────────────────────────────

/// How many requests a tab sends at once.
fn burst(gate: &mut Gate, now: Instant) -> usize {
    (0..20).filter(|n| matches!(ask(gate, now, &format!("/burst{n}"), POST), Verdict::Go(_))).count()
}

#[test]
fn so_many_tabs_share_one_limit_and_each_has_one_place_at_least() {
    for (count, limit) in [(1, 4), (2, 4), (3, 4), (5, 4), (5, 12), (5, 1)] {
        let mut tabs = Tabs::open(count, &[(Setting::ConcurrencyMax, f64::from(limit))]);
        let sent: Vec<_> = tabs.gates.iter_mut().map(|gate| burst(gate, at(5_000))).collect();
        let (sum, most) = (sent.iter().sum::<usize>(), limit as usize);
        assert!(sum <= most.max(count as usize) && sum + count as usize > most, "{sent:?} of {limit}");
        assert!(sent.iter().all(|n| *n >= 1));
    }
}

#[test]
fn tabs_that_open_together_send_no_more_than_their_share_before_they_know_each_other() {
    let mut gates: Vec<_> = (1..=5).map(|seed| tab(seed, &[(Setting::ConcurrencyMax, 10.0)])).collect();
    let mut sum = 0;
    for gate in &mut gates {
        gate.greet(at(0));
        sum += burst(gate, at(0));
        assert!(gate.to_tell(at(0)));
        let _ = gate.message(at(0), WallTime(0));
    }
    assert_eq!(sum, 5);
    // Nobody answers a tab that is alone: what waits goes when that is known.
    let gate = &mut gates[0];
    let known = gate.next_timeout(at(0));
    assert_eq!(known, at(0) + ms(120));
    let _ = gate.to_tell(known);
    let more = std::iter::from_fn(|| gate.poll(known)).filter(|v| matches!(v, Verdict::Go(_))).count();
    assert_eq!(more, 9);
}

#[test]
fn the_bound_that_distress_makes_is_shared_too() {
    let grow = |gate: &mut Gate| {
        refuse(gate, at(1_500), "/a", Some(0));
        for n in 0..11 {
            let now = at(5_000 + 100 * n);
            let ticket = go(gate, now, "/a");
            settle(gate, now, ticket, 200, None);
        }
    };
    let (mut alone, mut tabs) = (tab(1, &[]), Tabs::open(4, &[]));
    grow(&mut alone);
    grow(&mut tabs.gates[0]);
    assert_eq!((burst(&mut alone, at(9_000)), burst(&mut tabs.gates[0], at(9_000))), (12, 3));
}

#[test]
fn so_many_tabs_share_the_retries_that_may_be_saved_up() {
    let retries = |gate: &mut Gate, now: Instant| {
        (0..30)
            .filter(|n| {
                let now = now + secs(60) * *n;
                let Verdict::Go(ticket) = ask(gate, now, &format!("/retry{n}"), GET) else { return false };
                let hint = Hint { wait_ms: Some(0), overloaded: true, ..Hint::default() };
                let verdict = gate.settle(now, ticket, Outcome::Status(429), Some(&hint));
                matches!(verdict, Verdict::Held { .. })
            })
            .count()
    };
    let settings = [(Setting::RetryBudgetPercent, 0.0)];
    let mut tabs = Tabs::open(5, &settings);
    assert_eq!((retries(&mut tab(9, &settings), at(5_000)), retries(&mut tabs.gates[0], at(5_000))), (3, 2));
    let none = [(Setting::RetryBudgetCap, 0.0)];
    assert_eq!(retries(&mut Tabs::open(3, &none).gates[0], at(5_000)), 0, "a share of nothing is nothing");
}

#[test]
fn who_leaves_gives_back_his_part() {
    let mut tabs = Tabs::open(2, &[(Setting::ConcurrencyMax, 4.0)]);
    let text = tabs.gates[0].bye(at(5_000), WallTime(0));
    tabs.hear(at(5_000), 0, &text);
    assert_eq!(burst(&mut tabs.gates[1], at(5_000)), 4);
    assert!(!tabs.gates[0].to_tell(at(60_000)), "who has left is silent");
}

#[test]
fn who_does_not_answer_is_not_there_at_the_next_call_and_who_does_is() {
    let mut tabs = Tabs::open(3, &[(Setting::ConcurrencyMax, 6.0)]);
    // One crashes; another is told to wait for a minute and calls.
    tabs.gates.pop();
    refuse(&mut tabs.gates[0], at(10_000), "/a", Some(45_000));
    tabs.run(at(10_000), at(35_000));
    for n in 0..2 {
        let other = format!("https://b{n}.example");
        let scope = tabs.gates[n].scope(at(35_000), other.as_bytes()).unwrap();
        let sent = (0..20).filter(|k| {
            let url = format!("{other}/{k}");
            let key = tabs.gates[n].key(at(35_000), scope, b"GET", url.as_bytes());
            matches!(tabs.gates[n].ask(at(35_000), key, POST, None), Verdict::Go(_))
        });
        assert_eq!(sent.count(), 3, "two share six");
    }
}

#[test]
fn a_message_that_is_no_call_counts_nobody_out() {
    let mut tabs = Tabs::open(3, &[(Setting::ConcurrencyMax, 12.0)]);
    for second in [12, 24, 36] {
        let hello = forged(vec![speaker(7, 1)]);
        let _ = tabs.gates[0].hear_peer(at(second * 1_000), WallTime(0), hello.as_bytes());
    }
    assert_eq!(burst(&mut tabs.gates[0], at(36_000)), 3, "a fourth of twelve");
}

#[test]
fn no_more_than_sixty_three_others_are_counted() {
    let mut gate = tab(1, &[(Setting::ConcurrencyMax, 128.0)]);
    gate.greet(at(0));
    for n in 0..100 {
        let hello = forged(vec![speaker(7 + n, 1)]);
        let _ = gate.hear_peer(at(100 * n), WallTime(0), hello.as_bytes());
    }
    assert_eq!(burst(&mut gate, at(10_000)), 2, "a sixty-fourth of a hundred and twenty-eight");
}

#[test]
fn a_tab_knows_how_many_others_there_are() {
    assert_eq!(tab(1, &[]).others(), 0);
    for count in [1, 2, 5] {
        let tabs = Tabs::open(count, &[]);
        assert!(tabs.gates.iter().all(|gate| u64::from(gate.others()) == count - 1), "{count}");
    }
}

// ── who can write to the channel ────────────────────────────────────────────

#[test]
fn a_flood_is_not_looked_at() {
    let mut gate = tab(1, &[]);
    gate.greet(at(0));
    let text = forged(vec![speaker(7, 1)]);
    for n in 0..100_000_u64 {
        let now = T0 + secs(1_000) + Duration::from_micros(10 * n);
        assert!(!gate.hear_peer(now, WallTime(0), text.as_bytes()));
    }
    assert_eq!(gate.ignored(), 100_000 - 50);
    assert!(!gate.hear_peer(at(1_000), WallTime(0), text.as_bytes()));
    assert_eq!(gate.ignored(), 100_000 - 50, "a second later one is looked at again");
}

#[test]
fn a_crowd_of_forged_tabs_leaves_one_place_and_one_retry() {
    let mut gate = tab(1, &[(Setting::ConcurrencyMax, 8.0)]);
    gate.greet(at(0));
    for n in 0..500 {
        let _ = gate.hear_peer(at(30 * n), WallTime(0), forged(vec![speaker(n, 1)]).as_bytes());
    }
    assert_eq!(burst(&mut gate, at(20_000)), 1);
}

#[test]
fn a_message_that_does_not_begin_with_who_speaks_is_nothing() {
    let [scope, _] = names();
    let closed = Entry { id: scope, left: MINUTE, kind: WORD, value: 0 };
    for (entries, heard) in [(vec![closed, speaker(9, 4)], false), (vec![speaker(9, 4), closed], true)] {
        let mut gate = tab(1, &[]);
        gate.greet(at(0));
        let _ = gate.hear_peer(at(200), WallTime(0), forged(entries).as_bytes());
        assert_eq!((gate.ignored(), held(&mut gate, at(200), "/a") > at(200)), (u32::from(!heard), heard));
    }
}

#[test]
fn a_press_that_may_probe_ones_own_guess_still_obeys_what_a_server_told_another_tab() {
    let [_, route] = names();
    let word = Entry { id: route, left: secs(20), kind: WORD, value: 0 };
    for (told, goes) in [(true, false), (false, true)] {
        let mut gate = tab(1, &[]);
        gate.greet(at(0));
        for n in 0..10 {
            let key = key(&mut gate, at(200 + n), "/a", b"GET");
            let Verdict::Go(ticket) = gate.ask(at(200 + n), key, POST, None) else { panic!("it goes") };
            settle(&mut gate, at(200 + n), ticket, 500, None); // the tenth opens the breaker for five seconds
        }
        if told {
            let _ = gate.hear_peer(at(300), WallTime(0), forged(vec![speaker(9, 4), word]).as_bytes());
        }
        let pressed = ask(&mut gate, at(400), "/a", How(GET.0 | How::PRESS));
        assert_eq!(matches!(pressed, Verdict::Go(_)), goes, "{pressed:?}");
    }
}

#[test]
fn an_echo_of_ones_own_word_is_nothing() {
    let mut gate = tab(1, &[(Setting::ConcurrencyMax, 2.0)]);
    gate.greet(at(0));
    assert!(gate.to_tell(at(0)));
    let text = gate.message(at(0), WallTime(0));
    let _ = gate.hear_peer(at(200), WallTime(0), text.as_bytes());
    let _ = gate.to_tell(at(200));
    assert_eq!((burst(&mut gate, at(200)), gate.ignored()), (2, 1));
}

/// The names of the scope and of `/a`'s route under the stranger's salt: nothing that is secret.
fn names() -> [u64; 2] {
    let mut gate = tab(5, &[]);
    gate.restore(at(0), &Snapshot { salt: Salt([3, 4]), entries: Vec::new() });
    let ticket = go(&mut gate, at(0), "/a");
    settle(&mut gate, at(0), ticket, 429, Some(1_000));
    refuse(&mut gate, at(0), "/b", Some(1_000));
    let entries = gate.snapshot(at(0)).unwrap().entries;
    [entries[0].id, entries[1].id]
}

fn entry() -> impl Strategy<Value = Entry> {
    let [scope, route] = names();
    let id = prop_oneof![Just(scope), Just(route), any::<u64>()];
    let kind = prop_oneof![Just(WORD), Just(GUESS), any::<u8>()];
    (id, any::<u32>(), kind, any::<u64>()).prop_map(|(id, left, kind, value)| Entry {
        id,
        left: ms(left.into()),
        kind,
        value,
    })
}

/// A message that validates, and whatever it says.
fn message() -> impl Strategy<Value = String> {
    let rest = prop::collection::vec(entry(), 0..MOST);
    (any::<u64>(), 0_u64..64, rest).prop_map(|(id, value, mut entries)| {
        entries.insert(0, speaker(id, value));
        forged(entries)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn any_bytes_change_nothing(bytes in prop::collection::vec(any::<u8>(), 0..4_000), wall: i64) {
        let mut gate = tab(1, &[]);
        gate.greet(at(0));
        prop_assert!(!gate.hear_peer(at(0), WallTime(wall), &bytes));
        prop_assert_eq!(gate.ignored(), 1);
        prop_assert_eq!(held(&mut gate, at(0), "/a"), at(0));
    }

    #[test]
    fn whatever_peers_say_nobody_waits_longer_than_a_minute_for_it_and_nobody_goes_sooner(
        messages in prop::collection::vec((message(), 0_u64..20_000), 1..20),
        own in prop::option::of(1_000_u32..200_000),
        wall: i64,
    ) {
        let (mut gate, mut alone) = (tab(1, &[]), tab(1, &[]));
        gate.greet(at(0));
        let mut now = at(200);
        for gate in [&mut gate, &mut alone] {
            let ticket = go(gate, now, "/a");
            settle(gate, now, ticket, if own.is_some() { 503 } else { 200 }, own);
        }
        for (text, pause) in messages {
            now = now + ms(pause);
            let _ = gate.hear_peer(now, WallTime(wall), text.as_bytes());
            let (with, without) = (held(&mut gate, now, "/a"), held(&mut alone, now, "/a"));
            prop_assert!(with >= without, "never less patience");
            prop_assert!(with <= without.max(now + MINUTE), "{with:?} {without:?}");
            prop_assert!(gate.next_timeout(now) > now || gate.has_due(now) || gate.to_tell(now));
        }
        let over = now + MINUTE;
        prop_assert_eq!(held(&mut gate, over, "/a"), held(&mut alone, over, "/a"));
    }
}
