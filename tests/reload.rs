//! A reload does not reset what the server said, nor what was guessed.

use proptest::prelude::*;
use tidegate::coalesce::KeyId;
use tidegate::event::Kind;
use tidegate::gate::{Fault, Gate};
use tidegate::hint::{Hint, Quota};
use tidegate::policy::Config;
use tidegate::snapshot::{BUDGET, Entry, GUESS, MOST, Salt, Snapshot, TAB, WORD};
use tidegate::time::{Duration, Instant, WallTime};
use tidegate::verdict::{How, Outcome, Verdict};

const CAP: Duration = Duration::from_secs(600);
/// How long a refusal is remembered beside the closure: six half-lives of lateness.
const DOUBTED: Duration = Duration::from_secs(90);
const GUESSED: Duration = Duration::from_secs(30);
const GET: How = How(1 | How::SAFE | How::REPEAT | How::JOIN);
const HOME: &str = "https://a.example";
const T0: Instant = Instant::ORIGIN;
const YEAR_MS: i64 = 366 * 86_400_000;

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn page(seed: u64) -> Gate {
    let mut gate = Gate::new(Config::default().mend(), seed);
    gate.store(true);
    gate
}

fn key(gate: &mut Gate, now: Instant, url: &str) -> KeyId {
    let slash = url[8..].find('/').map_or(url.len(), |i| i + 8);
    let scope = gate.scope(now, &url.as_bytes()[..slash]).expect("a scope");
    gate.key(now, scope, b"GET", url.as_bytes())
}

/// How a request that is made now fares.
fn ask(gate: &mut Gate, now: Instant, url: &str) -> Verdict {
    let key = key(gate, now, url);
    gate.ask(now, key, GET, None)
}

/// Until when it is held: none when it goes.
fn held(gate: &mut Gate, now: Instant, url: &str) -> Option<Instant> {
    match ask(gate, now, url) {
        Verdict::Wait { until, .. } => Some(until),
        Verdict::Shed { retry_at, .. } => Some(retry_at),
        _ => None,
    }
}

fn settle(gate: &mut Gate, now: Instant, url: &str, status: u16, hint: &Hint) {
    let key = key(gate, now, url);
    let Verdict::Go(ticket) = gate.ask(now, key, How(1), None) else { panic!("it goes") };
    let _ = gate.settle(now, ticket, Outcome::Status(status), Some(hint));
    let _ = gate.take_changed();
}

/// Refuses a request that may not be repeated; without a time when `wait_ms` is none.
fn refuse(gate: &mut Gate, now: Instant, url: &str, status: u16, wait_ms: Option<u32>) {
    settle(gate, now, url, status, &Hint { wait_ms, overloaded: true, ..Hint::default() });
}

fn at(path: &str) -> String {
    format!("{HOME}{path}")
}

/// A page after a reload, on an axis that begins anew.
fn reloaded(seed: u64, text: &str, wall: i64) -> Gate {
    let mut gate = page(seed);
    gate.take_stored(T0, WallTime(wall), text.as_bytes());
    gate
}

#[test]
fn what_the_server_said_holds_the_next_page_and_nothing_else_does() {
    let mut before = page(1);
    let login = at("/login");
    let _ = key(&mut before, T0, &login);
    assert_eq!(before.snapshot(T0), None, "nothing is closed, nothing is stored");
    refuse(&mut before, T0, &login, 429, Some(300_000));
    let text = before.record(T0, WallTime(0), b"");

    let mut after = reloaded(2, &text, 60_000);
    assert_eq!(held(&mut after, T0, &at("/save")), None, "another route goes");
    let left = held(&mut after, T0, &login).expect("it is closed").since(T0);
    assert!(left >= secs(240) && left <= secs(300), "{left:?}");
}

#[test]
fn a_route_that_is_asked_for_late_is_held_too() {
    let mut before = page(1);
    refuse(&mut before, T0, &at("/login"), 429, Some(300_000));
    let text = before.record(T0, WallTime(0), b"");
    let mut after = reloaded(2, &text, 0);
    let later = T0 + secs(200);
    assert!(held(&mut after, later, &at("/login")).is_some_and(|until| until >= T0 + secs(300)));
    // And survives one reload more, though the page in between never asked for it.
    let between = reloaded(3, &text, 10_000).record(T0, WallTime(10_000), text.as_bytes());
    let mut last = reloaded(4, &between, 20_000);
    assert!(held(&mut last, T0, &at("/login")).is_some_and(|until| until >= T0 + secs(280)));
}

#[test]
fn a_guess_survives_as_a_guess_and_one_answer_clears_it() {
    let mut before = page(1);
    refuse(&mut before, T0, &at("/a"), 503, None);
    let guess = held(&mut before, T0, &at("/a")).unwrap();
    let text = before.record(T0, WallTime(0), b"");
    let mut after = reloaded(2, &text, 0);
    let until = held(&mut after, T0, &at("/b")).expect("a 503 speaks for the scope");
    assert!(until >= guess && until <= guess + Duration::from_millis(1), "{until:?} {guess:?}");
    settle(&mut after, until, &at("/c"), 200, &Hint::default());
    assert_eq!(after.snapshot(until), None);
}

#[test]
fn a_quota_that_is_used_up_survives_for_the_routes_that_drew_on_it() {
    let mut before = page(1);
    let spent = Quota {
        name: "all".into(),
        unit: "requests".into(),
        limit: Some(10.0),
        remaining: Some(0.0),
        reset_ms: Some(50_000),
        window_ms: None,
    };
    settle(&mut before, T0, &at("/a"), 200, &Hint { quotas: vec![spent], ..Hint::default() });
    assert!(held(&mut before, T0, &at("/a")).is_some());
    let text = before.record(T0, WallTime(0), b"");
    let mut after = reloaded(2, &text, 0);
    assert!(held(&mut after, T0, &at("/a")).is_some_and(|until| until >= T0 + secs(50)));
    assert_eq!(held(&mut after, T0, &at("/b")), None, "a route that never told of it");
}

#[test]
fn an_open_breaker_survives() {
    let mut before = page(1);
    for _ in 0..10 {
        settle(&mut before, T0, &at("/a"), 500, &Hint::default());
    }
    let rest = held(&mut before, T0, &at("/a")).expect("open");
    let text = before.record(T0, WallTime(0), b"");
    assert!(held(&mut reloaded(2, &text, 0), T0, &at("/a")).is_some_and(|until| until >= rest));
}

#[test]
fn retries_that_are_spent_are_spent_after_a_reload() {
    let tries = |gate: &mut Gate| {
        let (mut held, mut now) = (0, T0 + secs(100));
        for n in 0..20 {
            now = now + secs(60);
            let key = key(gate, now, &at(&format!("/{n}/x")));
            let Verdict::Go(ticket) = gate.ask(now, key, GET, None) else { continue };
            let hint = Hint { wait_ms: Some(0), overloaded: true, ..Hint::default() };
            let verdict = gate.settle(now, ticket, Outcome::Status(429), Some(&hint));
            held += u32::from(matches!(verdict, Verdict::Held { .. }));
        }
        held
    };
    let mut fresh = page(1);
    refuse(&mut fresh, T0, &at("/a"), 429, Some(90_000));
    let text = fresh.record(T0, WallTime(0), b"");
    let whole = tries(&mut reloaded(2, &text, 0));
    tries(&mut fresh);
    let later = T0 + secs(2_000);
    refuse(&mut fresh, later, &at("/b"), 429, Some(90_000));
    let text = fresh.record(later, WallTime(2_000_000), b"");
    let spent = tries(&mut reloaded(3, &text, 2_000_000));
    assert!(spent + 3 <= whole, "{spent} instead of {whole}: the reserve is not filled up by a reload");
}

#[test]
fn no_url_and_no_name_is_in_what_is_stored() {
    let mut gate = page(3);
    refuse(&mut gate, T0, &at("/secret-plan?token=hunter2"), 503, Some(5_000));
    let bytes = gate.snapshot(T0).unwrap().encode(WallTime(0));
    for word in ["example", "secret", "hunter2", "token"] {
        assert!(!bytes.windows(word.len()).any(|w| w == word.as_bytes()), "{word}");
    }
    // Nor does the same trouble look the same to two people.
    let mut another = page(4);
    refuse(&mut another, T0, &at("/secret-plan?token=hunter2"), 503, Some(5_000));
    let other = another.snapshot(T0).unwrap();
    assert_ne!(gate.snapshot(T0).unwrap().entries[0].id, other.entries[0].id);
}

// ── when it is written ──────────────────────────────────────────────────────

#[test]
fn it_is_written_at_once_then_once_a_second_and_removed_when_all_is_over() {
    let mut gate = page(1);
    settle(&mut gate, T0, &at("/a"), 200, &Hint::default());
    assert!(!gate.to_store(T0, true), "nothing is closed");
    assert_eq!(gate.next_timeout(T0), Instant::NEVER, "and no timer runs");

    refuse(&mut gate, T0, &at("/a"), 429, Some(10_000));
    assert!(gate.to_store(T0, false));
    let text = gate.record(T0, WallTime(0), b"");
    assert!(!text.is_empty() && !gate.to_store(T0, true), "written is written");
    assert!(held(&mut gate, T0, &at("/a")).unwrap() < T0 + DOUBTED);
    let _ = gate.poll(T0);
    assert_eq!(
        gate.next_timeout(T0),
        T0 + DOUBTED,
        "the next look is when it and what it says of the server end"
    );

    let soon = T0 + Duration::from_millis(300);
    refuse(&mut gate, soon, &at("/b"), 429, Some(20_000));
    assert!(!gate.to_store(soon, false), "at most once a second");
    assert_eq!(gate.next_timeout(soon), T0 + secs(1));
    assert!(gate.to_store(soon, true), "but a page that is left does not lose its last second");
    let text = gate.record(soon, WallTime(300), text.as_bytes());
    assert!(!gate.to_store(T0 + secs(1), false));

    let end = gate.next_timeout(T0 + secs(19));
    assert!(end == soon + DOUBTED && gate.to_store(end, false));
    assert_eq!(gate.record(end, WallTime(90_300), text.as_bytes()), "", "removed");
    assert_eq!(gate.next_timeout(end), Instant::NEVER);
}

#[test]
fn a_closure_that_moves_is_written_anew() {
    let mut gate = page(1);
    let key = key(&mut gate, T0, &at("/a"));
    let [first, second] = [(); 2].map(|()| match gate.ask(T0, key, How(1), None) {
        Verdict::Go(ticket) => ticket,
        other => panic!("{other:?}"),
    });
    for (ticket, wait, now) in [(first, 10_000, T0), (second, 60_000, T0 + secs(2))] {
        let hint = Hint { wait_ms: Some(wait), overloaded: true, ..Hint::default() };
        let _ = gate.settle(now, ticket, Outcome::Status(429), Some(&hint));
        let _ = gate.take_changed();
        assert!(gate.to_store(now, false), "{wait}");
        let text = gate.record(now, WallTime(0), b"");
        let left = Snapshot::decode(text.as_bytes(), WallTime(0), CAP, GUESSED).unwrap().entries[0].left;
        assert!(left >= Duration::from_millis(u64::from(wait)), "{left:?}");
    }
}

#[test]
fn a_process_that_must_end_is_not_kept_alive_by_a_record() {
    let mut gate = page(1);
    gate.store(false);
    refuse(&mut gate, T0, &at("/a"), 429, Some(10_000));
    assert!(gate.to_store(T0, false));
    let text = gate.record(T0, WallTime(0), b"");
    assert_eq!(gate.next_timeout(T0), Instant::NEVER);
    let later = T0 + DOUBTED;
    assert!(gate.to_store(later, false), "it is removed by the next call that comes");
    assert_eq!(gate.record(later, WallTime(90_000), text.as_bytes()), "");
}

#[test]
fn while_a_page_is_away_nothing_is_due_to_be_written() {
    let mut gate = page(1);
    refuse(&mut gate, T0, &at("/a"), 503, Some(60_000));
    gate.storing(false);
    assert!(!gate.to_store(T0, true) && gate.next_timeout(T0) == Instant::NEVER);
    gate.storing(true);
    assert!(gate.to_store(T0, false));
}

#[test]
fn without_a_store_nothing_is_due() {
    let mut gate = Gate::new(Config::default().mend(), 1);
    refuse(&mut gate, T0, &at("/a"), 429, Some(10_000));
    assert!(!gate.to_store(T0, true));
    assert_eq!(gate.next_timeout(T0), Instant::NEVER);
}

#[test]
fn a_record_whose_time_is_over_is_removed_by_the_page_that_finds_it() {
    let mut before = page(1);
    refuse(&mut before, T0, &at("/a"), 429, Some(1_000));
    let text = before.record(T0, WallTime(0), b"");
    let mut after = reloaded(2, &text, 90_000);
    assert!(after.to_store(T0, false));
    assert_eq!(after.record(T0, WallTime(90_000), text.as_bytes()), "");
    let mut stranger = reloaded(2, "of a newer version", 0);
    assert!(!stranger.to_store(T0, true), "what is not ours stays");
}

// ── two tabs, one record ────────────────────────────────────────────────────

#[test]
fn tabs_share_one_record_and_none_removes_what_another_wrote() {
    let (mut one, mut other) = (page(1), page(2));
    refuse(&mut one, T0, &at("/one"), 429, Some(20_000));
    let text = one.record(T0, WallTime(0), b"");
    refuse(&mut other, T0, &at("/other"), 429, Some(40_000));
    let text = other.record(T0, WallTime(0), text.as_bytes());
    let mut fresh = reloaded(3, &text, 0);
    for path in ["/one", "/other"] {
        assert!(held(&mut fresh, T0, &at(path)).is_some(), "{path}");
    }
    // The first of them has nothing more to say.
    let end = T0 + secs(25);
    assert!(one.to_store(end, false));
    let text = one.record(end, WallTime(25_000), text.as_bytes());
    let mut fresh = reloaded(4, &text, 25_000);
    assert!(held(&mut fresh, T0, &at("/other")).is_some());
    assert_eq!(held(&mut fresh, T0, &at("/one")), None);
}

#[test]
fn what_of_ones_own_has_ended_is_taken_out() {
    let mut gate = page(1);
    refuse(&mut gate, T0, &at("/b"), 429, Some(60_000));
    let key = key(&mut gate, T0, &at("/a"));
    let [refused, served] = [(); 2].map(|()| match gate.ask(T0, key, How(1), None) {
        Verdict::Go(ticket) => ticket,
        other => panic!("{other:?}"),
    });
    let kinds = |text: &str| -> Vec<u8> {
        let read = Snapshot::decode(text.as_bytes(), WallTime(0), CAP, GUESSED).expect("a record");
        read.entries.iter().map(|entry| entry.kind).collect()
    };
    let _ = gate.settle(T0, refused, Outcome::Status(429), None);
    let before = gate.record(T0, WallTime(0), b"");
    assert!(kinds(&before).contains(&GUESS) && kinds(&before).contains(&WORD));
    let _ = gate.settle(T0 + secs(1), served, Outcome::Status(200), None);
    let after = gate.record(T0 + secs(1), WallTime(0), before.as_bytes());
    assert!(!kinds(&after).contains(&GUESS) && kinds(&after).contains(&WORD));
}

#[test]
fn a_scope_that_is_found_closed_is_told() {
    let mut before = page(1);
    refuse(&mut before, T0, &at("/a"), 503, Some(60_000));
    let text = before.record(T0, WallTime(0), b"");
    let mut after = page(2);
    after.listen(u32::MAX);
    after.take_stored(T0, WallTime(0), text.as_bytes());
    let scope = after.scope(T0, HOME.as_bytes()).expect("a scope");
    let told: Vec<_> =
        std::iter::from_fn(|| after.event()).filter(|e| e.kind == Kind::Pressure).map(|e| e.scope).collect();
    assert_eq!(told, [scope.0]);
}

#[test]
fn of_two_times_for_one_place_the_longer_stays() {
    let (mut one, mut other) = (page(1), page(2));
    refuse(&mut one, T0, &at("/a"), 429, Some(100_000));
    let text = one.record(T0, WallTime(0), b"");
    refuse(&mut other, T0, &at("/a"), 429, Some(5_000));
    let text = other.record(T0, WallTime(0), text.as_bytes());
    assert!(held(&mut reloaded(3, &text, 0), T0, &at("/a")).is_some_and(|until| until >= T0 + secs(100)));
}

#[test]
fn what_a_newer_version_keeps_in_it_is_kept_for_it() {
    let newer = Entry { id: 5, left: secs(60), kind: 200, value: 42 };
    let stored = Snapshot { salt: Salt([1, 2]), entries: vec![newer] };
    let mut gate = reloaded(1, &stored.text(WallTime(0)), 0);
    refuse(&mut gate, T0, &at("/a"), 429, Some(10_000));
    let text = gate.record(T0, WallTime(10_000), stored.text(WallTime(0)).as_bytes());
    let read = Snapshot::decode(text.as_bytes(), WallTime(10_000), CAP, GUESSED).unwrap();
    assert!(read.entries.contains(&Entry { left: secs(50), ..newer }));
    assert!(read.entries.iter().any(|e| e.kind == WORD) && read.salt == stored.salt);
}

#[test]
fn what_an_earlier_salt_named_is_obeyed_and_not_written_under_another() {
    let told = |salt, id| {
        let entry = Entry { id, left: secs(60), kind: WORD, value: 0 };
        Snapshot { salt, entries: vec![entry] }.text(WallTime(0))
    };
    let mut before = page(1);
    refuse(&mut before, T0, &at("/login"), 429, Some(60_000));
    let mut gate = reloaded(2, &before.record(T0, WallTime(0), b""), 0);
    // Meanwhile somebody has cleared the storage, and another page has begun it anew.
    let text = gate.record(T0, WallTime(0), told(Salt([8, 9]), 77).as_bytes());
    let read = Snapshot::decode(text.as_bytes(), WallTime(0), CAP, GUESSED).unwrap();
    assert_eq!((read.salt, read.entries.len(), read.entries[0].id), (Salt([8, 9]), 1, 77));
    assert!(held(&mut gate, T0, &at("/login")).is_some_and(|until| until >= T0 + secs(60)));
    let _ = gate.take_changed();
    assert!(gate.to_store(T0 + secs(1), true), "now its name is known again");
}

#[test]
fn however_much_other_tabs_tell_what_stands_in_ones_record_is_kept() {
    let mut before = page(1);
    refuse(&mut before, T0, &at("/login"), 429, Some(60_000));
    let text = before.record(T0, WallTime(0), b"");
    let mut gate = page(2);
    gate.greet(T0);
    for round in 0..5_u64 {
        let mut entries = vec![Entry { id: 9, left: secs(60), kind: TAB, value: 4 }];
        let told = |n| Entry { id: round << 32 | n, left: secs(60), kind: WORD, value: 0 };
        entries.extend((1..MOST as u64).map(told));
        let _ = gate.hear_peer(
            T0,
            WallTime(0),
            Snapshot { salt: Salt([3, 4]), entries }.text(WallTime(0)).as_bytes(),
        );
    }
    gate.take_stored(T0, WallTime(0), text.as_bytes());
    let read = gate.snapshot(T0).expect("what stood in the record").entries;
    assert_eq!(read.iter().filter(|entry| entry.kind == WORD).count(), 1);
    assert!(held(&mut gate, T0, &at("/login")).is_some_and(|until| until >= T0 + secs(60)));
}

#[test]
fn a_failing_storage_or_channel_is_told_once_each_and_counted() {
    let mut gate = page(1);
    gate.listen(u32::MAX);
    for fault in [Fault::Storage, Fault::Storage, Fault::Channel, Fault::Storage] {
        gate.failed(fault);
    }
    assert_eq!(gate.failures(), [3, 1]);
    let told: Vec<_> = std::iter::from_fn(|| gate.event()).map(|e| (e.kind, e.extra)).collect();
    assert_eq!(told, [(Kind::Error, 4), (Kind::Error, 5)]);
}

// ── whatever stands there ───────────────────────────────────────────────────

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let kind = prop_oneof![Just(WORD), Just(GUESS), Just(BUDGET), any::<u8>()];
    let one = (any::<u64>(), any::<u32>(), kind, any::<u64>());
    let entry = one.prop_map(|(id, left, kind, value)| Entry {
        id,
        left: Duration::from_millis(left.into()),
        kind,
        value,
    });
    prop::collection::vec(entry, 0..200)
}

/// Closes `/a` as a record may, whatever else stands in it.
fn aimed(salt: Salt, mut entries: Vec<Entry>, left: u32, kind: u8) -> Snapshot {
    let id = {
        // The names of places are hashes that only a gate makes: found by asking one.
        let mut gate = Gate::new(Config::default().mend(), 9);
        gate.restore(T0, &Snapshot { salt, entries: Vec::new() });
        refuse(&mut gate, T0, &at("/a"), 429, Some(10_000));
        gate.snapshot(T0).unwrap().entries[0].id
    };
    entries.truncate(MOST - 1);
    entries.push(Entry { id, left: Duration::from_millis(left.into()), kind, value: 0 });
    Snapshot { salt, entries }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_nothing_or_a_bounded_pause(bytes in prop::collection::vec(any::<u8>(), 0..2_000), wall: i64) {
        let mut gate = page(1);
        gate.take_stored(T0, WallTime(wall), &bytes);
        prop_assert_eq!(Snapshot::decode(&bytes, WallTime(wall), CAP, GUESSED), None);
        prop_assert_eq!(held(&mut gate, T0, &at("/a")), None);
    }

    #[test]
    fn any_record_whenever_it_is_read_holds_for_no_longer_than_the_cap(
        entries in entries(), salt: [u64; 2], left: u32, word: bool, written: i64, read: i64,
    ) {
        let (kind, cap) = if word { (WORD, CAP + CAP / 5) } else { (GUESS, GUESSED) };
        let record = aimed(Salt(salt), entries, left, kind);
        let text = record.text(WallTime(written));
        let mut gate = page(1);
        gate.take_stored(T0, WallTime(read), text.as_bytes());
        let until = held(&mut gate, T0, &at("/a")).unwrap_or(T0);
        prop_assert!(until <= T0 + cap);
        // Nor longer than it said: whatever the clock did meanwhile.
        prop_assert!(until <= T0 + Duration::from_millis(left.into()));
        // What was read can be written and read again, and is no longer for that.
        let again = gate.record(T0, WallTime(read), text.as_bytes());
        let mut next = page(2);
        next.take_stored(T0, WallTime(read), again.as_bytes());
        prop_assert!(held(&mut next, T0, &at("/a")).unwrap_or(T0) <= until + Duration::from_millis(1));
    }

    #[test]
    fn a_clock_that_jumps_a_year_either_way_shortens_a_pause_or_leaves_it(
        left in 1_000_u32..600_000, year in -1_i64..=1, passed in 0_i64..100_000,
    ) {
        let mut before = page(1);
        refuse(&mut before, T0, &at("/a"), 429, Some(left));
        let said = held(&mut before, T0, &at("/a")).unwrap();
        let text = before.record(T0, WallTime(0), b"");
        let mut after = reloaded(2, &text, year * YEAR_MS + passed);
        let until = held(&mut after, T0, &at("/a")).unwrap_or(T0);
        prop_assert!(until <= said.max(T0) + Duration::from_millis(1));
        match year {
            -1 => prop_assert!(until >= said, "set back: as it was"),
            0 => prop_assert!(until + Duration::from_millis(passed as u64) >= said, "never earlier than the server said"),
            _ => prop_assert_eq!(until, T0, "set forward: over"),
        }
    }
}
