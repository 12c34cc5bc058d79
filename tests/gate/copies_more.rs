//! Kept answers in the gate: what bounds them, and what keeps a refresh back where a scope is open.

use tidegate::cache::CopyId;
use tidegate::cache::freshness::{Exchange, Mode as Asking};
use tidegate::gate::{Asked, Look, Served};
use tidegate::hint::{Advice, Hint};
use tidegate::policy::{Mode, Setting, defaults};
use tidegate::reason::Reason;
use tidegate::time::{Duration, WallTime};
use tidegate::verdict::{How, Outcome, Verdict};

use crate::copies::{FRESH, Page, SPARE, stale};
use crate::world::{GET, POST, at, secs};

fn exchange<'a>(request: &'a [u8], response: &'a [u8]) -> Exchange<'a> {
    Exchange {
        head: false,
        status: 200,
        request,
        response,
        wall: WallTime(1_800_000_000_000),
        took: Duration::ZERO,
        held: Some(Duration::ZERO),
        hidden: false,
        wanted: false,
    }
}

#[test]
fn a_plain_request_is_told_the_age_of_a_fresh_copy_unless_tidegate_only_watches() {
    let mut page = Page::new(&[]);
    let copy = page.keep(at(0), FRESH);
    assert_eq!(page.gate.fresh(at(10_000), copy), Some(secs(10)));
    assert_eq!(page.gate.fresh(at(60_000), copy), None, "it is stale");
    page.gate.set_mode(at(10_000), Mode::Observe);
    assert_eq!(page.gate.fresh(at(10_000), copy), None);
}

#[test]
fn a_copy_answers_no_request_that_differs_in_what_its_answer_varies_by() {
    let mut page = Page::new(&[]);
    let answer = exchange(b"accept-language: de\n", b"cache-control: max-age=60\nvary: accept-language\n");
    let copy = page.gate.judge(at(0), page.key, 1, CopyId::NONE, &answer);
    assert!(page.gate.fill(copy, 100));
    for (fields, serves) in [("accept-language: de\n", true), ("accept-language: en\n", false), ("", false)] {
        let asked = Asked { mode: Asking::Default, failed: false, most: None, fields: fields.as_bytes() };
        let look = page.gate.look(at(1), copy, page.key, How(GET), &asked);
        assert_eq!(look != Look::Nothing, serves, "{fields}: {look:?}");
    }
}

#[test]
fn stale_copies_are_wanted_where_the_application_says_so() {
    assert!(!Page::new(&[]).gate.wants_copies());
    assert!(Page::new(&[(Setting::CacheStale, 1.0)]).gate.wants_copies());
}

#[test]
fn a_poll_is_due_when_a_refresh_is() {
    let mut page = Page::new(&[]);
    let copy = page.keep(at(0), "cache-control: max-age=10, stale-while-revalidate=60\n");
    assert!(!page.gate.has_due(at(20_000)));
    assert!(stale(page.look(at(20_000), copy)));
    assert!(page.gate.has_due(at(20_000)));
    assert_eq!(page.drain(at(20_000)), [copy]);
}

#[test]
fn of_more_refreshes_than_a_page_can_owe_the_oldest_is_not() {
    let mut page = Page::new(&[]);
    let copies: Vec<CopyId> = (0..=defaults::OWED).map(|_| page.keep(at(0), SPARE)).collect();
    page.refuse(at(20_000), 30);
    for copy in &copies {
        assert!(stale(page.look(at(21_000), *copy)));
    }
    let refreshed = page.live(at(22_000), at(300_000));
    let (first, last) = (refreshed[0].0, refreshed[refreshed.len() - 1].0);
    assert!(
        last.since(first) > secs(16),
        "one by one, half a second apart as a rule: {:?}",
        last.since(first)
    );
    let mut who: Vec<u32> = refreshed.into_iter().map(|(_, copy)| copy.0).collect();
    who.sort_unstable();
    assert_eq!(who, copies[1..].iter().map(|copy| copy.0).collect::<Vec<_>>());
}

#[test]
fn a_server_that_suffers_is_spared_though_it_is_open_until_it_suffers_no_more() {
    let mut page = Page::new(&[]);
    let copy = page.keep(at(0), SPARE);
    let advice = Advice { state: Some(2), for_ms: 30_000, ..Advice::default() };
    page.gate.hear(at(20_000), page.key, 200, &Hint { advice: Some(advice), ..Hint::default() });
    let look = page.look(at(21_000), copy);
    let Look::Serve(Served { instead: Some((_, why)), .. }) = look else { panic!("{look:?}") };
    assert_eq!(why, Reason::Overload);
    let refreshed = page.live(at(21_000), at(200_000));
    assert_eq!(refreshed.len(), 1);
    let (when, who) = refreshed[0];
    assert!(who == copy && when >= at(50_000) && when <= at(57_000), "{when:?}");
}

#[test]
fn the_refreshes_of_one_scope_do_not_wait_for_those_of_another() {
    for seconds in [30, 31, 32, 33] {
        let mut page = Page::new(&[]);
        let other = page.gate.scope(at(0), b"https://b.example").unwrap();
        let key = page.gate.key(at(0), other, b"GET", b"https://b.example/data");
        let single = page.gate.judge(at(0), key, 1, CopyId::NONE, &exchange(b"", SPARE.as_bytes()));
        assert!(page.gate.fill(single, 100));
        let copies: Vec<CopyId> = (0..40).map(|_| page.keep(at(0), SPARE)).collect();
        page.refuse(at(20_000), seconds);
        let Verdict::Go(ticket) = page.gate.ask(at(20_000), key, How(POST), None) else {
            panic!("it is open")
        };
        let hint = Hint { wait_ms: Some(seconds as u32 * 1_000), ..Hint::default() };
        let _ = page.gate.settle(at(20_000), ticket, Outcome::Status(503), Some(&hint));
        page.drain(at(20_000));
        let asked = Asked { mode: Asking::Default, failed: false, most: None, fields: b"" };
        assert!(stale(page.gate.look(at(21_000), single, key, How(GET), &asked)));
        for copy in &copies {
            assert!(stale(page.look(at(21_000), *copy)));
        }
        let open = page.gate.pressure(at(21_000), other).closed_until.expect("it is closed");
        let refreshed = page.live(at(22_000), at(300_000));
        let (when, _) = *refreshed.iter().find(|(_, copy)| *copy == single).expect("it is refreshed");
        assert!(refreshed.len() == 41 && when <= open + secs(16), "{:?}", when.since(open));
    }
}

#[test]
fn what_is_too_heavy_is_not_kept_and_what_went_for_another_is_told_once() {
    let mut page = Page::new(&[(Setting::CacheEntries, 2.0)]);
    let largest = page.gate.largest();
    assert!(largest > 100);
    for (weight, kept) in [(largest, true), (largest + 1, false)] {
        let copy = page.judge(at(0), at(0), CopyId::NONE, FRESH);
        assert_eq!(page.gate.fill(copy, weight), kept, "{weight}");
    }
    assert_eq!(page.gate.gone(), None);
    let copies: Vec<CopyId> = (0..3).map(|_| page.keep(at(0), FRESH)).collect();
    let mut gone: Vec<CopyId> = std::iter::from_fn(|| page.gate.gone()).collect();
    assert_eq!(gone.len(), 2, "of four there are two left");
    gone.retain(|copy| copies.contains(copy));
    for copy in copies {
        let served = matches!(page.look(at(1), copy), Look::Serve(_));
        assert_eq!(served, !gone.contains(&copy));
    }
}

#[test]
fn what_has_just_failed_is_not_asked_for_anew_at_once_however_well_all_seems() {
    let mut page = Page::new(&[]);
    let copy = page.keep(at(0), SPARE);
    assert!(stale(page.look_as(at(20_000), copy, true, None)));
    assert_eq!(page.drain(at(20_000)), []);
    let refreshed = page.live(at(20_000), at(100_000));
    assert!(
        refreshed.len() == 1 && refreshed[0].0 > at(20_000) && refreshed[0].0 <= at(26_000),
        "{refreshed:?}"
    );
}

#[test]
fn who_wants_it_confirmed_is_shown_no_stand_in_unless_it_said_so_and_an_unknown_key_asks() {
    let mut page = Page::new(&[]);
    let copy = page.keep(at(0), SPARE);
    let key = page.key;
    let mut look = |fields: &'static [u8], most, key| {
        let asked = Asked { mode: Asking::Default, failed: true, most, fields };
        page.gate.look(at(20_000), copy, key, How(GET), &asked)
    };
    let insists = b"cache-control: no-cache\n";
    assert_eq!(look(b"", None, tidegate::coalesce::KeyId(0)), Look::Ask);
    assert_eq!(look(insists, None, key), Look::Ask);
    assert!(stale(look(insists, Some(Some(secs(600))), key)));
    assert!(stale(look(b"", None, key)));
}
