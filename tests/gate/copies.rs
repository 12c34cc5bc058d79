//! Kept answers in the gate: served in the place of a request while its server suffers, and asked for anew when it does not.

use tidegate::cache::CopyId;
use tidegate::cache::freshness::{Exchange, Mode as Asking};
use tidegate::coalesce::KeyId;
use tidegate::event::Kind;
use tidegate::gate::{Asked, Gate, Look, Served};
use tidegate::hint;
use tidegate::policy::{Config, Mode, Setting};
use tidegate::reason::Reason;
use tidegate::time::{Duration, Instant, WallTime};
use tidegate::verdict::{How, Outcome, Verdict};

use crate::world::{BACKGROUND, GET, ORIGIN, POST, at, ms, secs};

pub struct Page {
    pub gate: Gate,
    pub key: KeyId,
}

impl Page {
    pub fn new(settings: &[(Setting, f64)]) -> Self {
        let mut config = Config::default();
        for (setting, value) in settings {
            config.set(*setting as usize, *value);
        }
        let mut gate = Gate::new(config.check().unwrap(), 7);
        gate.listen(u32::MAX);
        let scope = gate.scope(at(0), ORIGIN.as_bytes()).unwrap();
        let key = gate.key(at(0), scope, b"GET", b"https://a.example/data");
        Self { gate, key }
    }

    /// An answer of these header lines, asked for at `sent` and come at `now`.
    pub fn judge(&mut self, sent: Instant, now: Instant, old: CopyId, fields: &str) -> CopyId {
        let exchange = Exchange {
            head: false,
            status: 200,
            request: b"",
            response: fields.as_bytes(),
            wall: WallTime(1_800_000_000_000),
            took: now.since(sent),
            held: Some(Duration::ZERO),
            hidden: false,
            wanted: self.gate.wants_copies(),
        };
        self.gate.judge(now, self.key, 1, old, &exchange)
    }

    /// The same, kept.
    pub fn keep(&mut self, now: Instant, fields: &str) -> CopyId {
        let copy = self.judge(now, now, CopyId::NONE, fields);
        assert_ne!(copy, CopyId::NONE, "{fields}");
        assert!(self.gate.fill(copy, 100));
        copy
    }

    pub fn look(&mut self, now: Instant, copy: CopyId) -> Look {
        self.look_as(now, copy, false, None)
    }

    pub fn look_as(
        &mut self,
        now: Instant,
        copy: CopyId,
        failed: bool,
        most: Option<Option<Duration>>,
    ) -> Look {
        let asked = Asked { mode: Asking::Default, failed, most, fields: b"" };
        self.gate.look(now, copy, self.key, How(GET), &asked)
    }

    /// The scope refuses for so many seconds.
    pub fn refuse(&mut self, now: Instant, seconds: u64) {
        let Verdict::Go(ticket) = self.gate.ask(now, self.key, How(POST), None) else { panic!("it is open") };
        let said = hint::read_text(503, format!("retry-after: {seconds}\n").as_bytes(), WallTime(0));
        assert_eq!(
            self.gate.settle(now, ticket, Outcome::Status(503), Some(&said.hint)),
            Verdict::Done(ticket)
        );
        self.drain(now);
    }

    /// All that is due; the copies to refresh.
    pub fn drain(&mut self, now: Instant) -> Vec<CopyId> {
        let mut refresh = Vec::new();
        while let Some(verdict) = self.gate.poll(now) {
            match verdict {
                Verdict::Refresh(copy) => refresh.push(copy),
                other => panic!("{other:?}"),
            }
        }
        assert!(!self.gate.has_due(now), "a drained gate has nothing due");
        refresh
    }

    /// Sleeps by the gate's own timer until `end`; when which copies were to be refreshed.
    pub fn live(&mut self, mut now: Instant, end: Instant) -> Vec<(Instant, CopyId)> {
        let mut all = Vec::new();
        loop {
            all.extend(self.drain(now).into_iter().map(|copy| (now, copy)));
            let next = self.gate.next_timeout(now);
            assert!(next > now, "a drained gate sleeps");
            if next > end {
                return all;
            }
            now = next;
        }
    }

    /// Whether the last that was served said when its origin may be tried again.
    pub fn until(&mut self) -> Instant {
        let mut until = Instant::ORIGIN;
        while let Some(event) = self.gate.event() {
            if event.kind == Kind::Stale {
                until = event.at;
            }
        }
        until
    }

    pub fn told(&mut self) -> Vec<(Kind, Option<Reason>, u32)> {
        let mut all = Vec::new();
        while let Some(event) = self.gate.event() {
            if event.kind == Kind::Stale {
                all.push((event.kind, event.reason, event.extra));
            }
        }
        all
    }
}

pub fn stale(look: Look) -> bool {
    matches!(look, Look::Serve(Served { stale: true, .. }))
}

pub const FRESH: &str = "cache-control: max-age=60\n";
pub const SPARE: &str = "cache-control: max-age=10, stale-if-error=600\netag: \"a\"\n";

#[test]
fn a_fresh_copy_answers_whatever_the_server_does_and_tells_nothing() {
    let mut page = Page::new(&[]);
    let copy = page.keep(at(0), FRESH);
    page.refuse(at(5_000), 120);
    let served = Served { age: secs(10), stale: false, instead: None };
    assert_eq!(page.look(at(10_000), copy), Look::Serve(served));
    assert_eq!(page.told(), []);
    assert_eq!(page.look(at(60_000), copy), Look::Ask, "nothing lets it stand in");
    assert_eq!(page.drain(at(60_000)), []);
}

#[test]
fn on_a_well_server_a_stale_copy_waits_for_the_origin() {
    let mut page = Page::new(&[]);
    let copy = page.keep(at(0), SPARE);
    assert_eq!(page.look(at(20_000), copy), Look::Ask);
    assert_eq!(page.gate.next_timeout(at(20_000)), Instant::NEVER, "and nothing keeps the page awake for it");
}

#[test]
fn a_closed_scope_is_spared_and_the_copy_stands_in_told_with_reason_and_age() {
    let mut page = Page::new(&[]);
    let copy = page.keep(at(0), SPARE);
    page.refuse(at(20_000), 60);
    let look = page.look(at(20_000), copy);
    let Look::Serve(Served { age, stale: true, instead: Some((_, Reason::RetryAfter)) }) = look else {
        panic!("{look:?}")
    };
    assert_eq!(age, secs(20));
    assert_eq!(page.told(), [(Kind::Stale, Some(Reason::RetryAfter), 20_000)]);
}

#[test]
fn while_a_scope_is_doubted_one_asks_and_the_others_show_what_they_have() {
    let mut page = Page::new(&[]);
    let copy = page.keep(at(0), SPARE);
    page.refuse(at(20_000), 1);
    let well = |page: &mut Page, t: &Instant| page.look(*t, copy) == Look::Ask;
    let times = (0..60).map(|n| at(21_000 + n * 500));
    let open =
        times.into_iter().find(|t| well(&mut page, t)).expect("nobody asks, and it is not serious any more");
    let Verdict::Go(probe) = page.gate.ask(open, page.key, How(GET), None) else { panic!("it is open") };
    assert!(stale(page.look(open, copy)), "somebody finds out");
    assert_eq!(page.gate.settle(open + ms(20), probe, Outcome::Status(200), None), Verdict::Done(probe));
    assert_eq!(page.look(open + ms(20), copy), Look::Ask, "it is well");
}

#[test]
fn who_is_shown_what_is_stale_is_told_when_the_origin_is_tried_again() {
    let mut page = Page::new(&[]);
    let copy = page.keep(at(0), SPARE);
    page.refuse(at(20_000), 60);
    assert!(stale(page.look(at(20_000), copy)));
    let until = page.until();
    assert!(until >= at(80_000) && until < at(100_000), "the server's time and its spread: {until:?}");
    let mut page = Page::new(&[]);
    let copy = page.keep(at(0), SPARE);
    assert!(stale(page.look_as(at(20_000), copy, true, None)));
    assert_eq!(page.until(), Instant::NEVER, "nobody can say");
}

#[test]
fn what_has_just_failed_is_answered_by_what_is_kept_though_the_state_is_nominal() {
    let mut page = Page::new(&[]);
    let copy = page.keep(at(0), SPARE);
    assert!(stale(page.look_as(at(20_000), copy, true, None)));
    assert_eq!(page.told(), [(Kind::Stale, Some(Reason::Overload), 20_000)]);
    assert_eq!(page.look_as(at(700_000), copy, true, None), Look::Ask, "beyond what the origin allows");
}

#[test]
fn what_must_be_confirmed_never_stands_in() {
    for fields in [
        "cache-control: no-cache, stale-if-error=600\netag: \"a\"\n",
        "cache-control: max-age=1, must-revalidate, stale-if-error=600\n",
    ] {
        let mut page = Page::new(&[(Setting::CacheStale, 1.0)]);
        let copy = page.keep(at(0), fields);
        page.refuse(at(20_000), 60);
        assert_eq!(page.look_as(at(20_000), copy, true, None), Look::Ask, "{fields}");
    }
}

#[test]
fn the_application_may_accept_what_the_origin_says_nothing_about_up_to_an_age() {
    let mut page = Page::new(&[(Setting::CacheStale, 30_000.0)]);
    let copy = page.keep(at(0), "content-type: application/json\n");
    assert_eq!(page.look(at(10_000), copy), Look::Ask, "on a well server it is as if there were none");
    assert!(stale(page.look_as(at(30_000), copy, true, None)));
    assert_eq!(page.look_as(at(31_000), copy, true, None), Look::Ask);
    assert!(
        stale(page.look_as(at(31_000), copy, true, Some(Some(Duration::MAX)))),
        "a request's own word goes first"
    );
    assert_eq!(page.look_as(at(10_000), copy, true, Some(None)), Look::Ask, "also when it is no");
}

#[test]
fn while_the_server_is_well_a_copy_within_its_grace_is_refreshed_at_once_and_once() {
    let mut page = Page::new(&[]);
    let copy = page.keep(at(0), "cache-control: max-age=10, stale-while-revalidate=60\n");
    let served = Served { age: secs(20), stale: true, instead: None };
    assert_eq!(page.look(at(20_000), copy), Look::Serve(served));
    assert_eq!(page.look(at(20_000), copy), Look::Serve(served));
    assert_eq!(page.drain(at(20_000)), [copy]);
    assert_eq!(page.told(), [], "nobody suffers");
}

#[test]
fn refreshes_wait_for_the_tide_and_come_one_by_one() {
    let mut page = Page::new(&[]);
    let copies: Vec<CopyId> = (0..10).map(|_| page.keep(at(0), SPARE)).collect();
    page.refuse(at(20_000), 30);
    for copy in &copies {
        assert!(stale(page.look(at(21_000), *copy)));
        assert!(stale(page.look(at(22_000), *copy)), "and again");
    }
    let refreshed = page.live(at(22_000), at(200_000));
    let mut who: Vec<u32> = refreshed.iter().map(|(_, copy)| copy.0).collect();
    who.sort_unstable();
    assert_eq!(who, copies.iter().map(|copy| copy.0).collect::<Vec<_>>(), "each once");
    let times: Vec<Instant> = refreshed.iter().map(|(t, _)| *t).collect();
    assert!(times[0] >= at(50_000), "none before the server's time");
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    assert!(times[9].since(times[0]) >= secs(1), "spread: {times:?}");
    assert!(times[9] <= at(120_000), "{times:?}");
    assert_eq!(page.gate.next_timeout(at(200_000)), Instant::NEVER);
}

#[test]
fn what_left_before_a_write_was_answered_may_not_show_it() {
    let mut page = Page::new(&[]);
    let Verdict::Go(write) = page.gate.ask(at(0), page.key, How(POST), None) else { panic!() };
    assert_eq!(page.gate.settle(at(50), write, Outcome::Status(200), None), Verdict::Done(write));
    let before = page.judge(at(20), at(80), CopyId::NONE, FRESH);
    assert!(page.gate.fill(before, 100));
    assert_eq!(page.look(at(100), before), Look::Ask);
    let behind = page.judge(at(60), at(90), CopyId::NONE, FRESH);
    assert!(page.gate.fill(behind, 100));
    assert!(matches!(page.look(at(100), behind), Look::Serve(Served { stale: false, .. })));
}

#[test]
fn an_answer_of_another_kind_takes_no_copys_place() {
    let mut page = Page::new(&[]);
    let data = page.keep(at(0), "cache-control: max-age=60\ncontent-type: application/json\n");
    let portal = "cache-control: max-age=60\ncontent-type: text/html\n";
    assert_eq!(page.judge(at(0), at(1), data, portal), CopyId::NONE);
    assert_ne!(page.judge(at(0), at(1), CopyId::NONE, portal), CopyId::NONE, "where nothing was, it is kept");
}

#[test]
fn a_confirmed_copy_is_as_good_as_its_new_word_and_owed_nothing() {
    let mut page = Page::new(&[]);
    let copy = page.keep(at(0), SPARE);
    assert!(stale(page.look_as(at(20_000), copy, true, None)));
    let exchange = Exchange {
        head: false,
        status: 200,
        request: b"",
        response: SPARE.as_bytes(),
        wall: WallTime(1_800_000_000_000),
        took: ms(10),
        held: Some(Duration::ZERO),
        hidden: false,
        wanted: false,
    };
    assert!(page.gate.renew(at(21_000), page.key, copy, &exchange));
    assert!(matches!(page.look(at(25_000), copy), Look::Serve(Served { stale: false, .. })));
    assert_eq!(page.live(at(25_000), at(100_000)), []);
    let never = Exchange { response: b"cache-control: no-store\n", ..exchange };
    assert!(!page.gate.renew(at(26_000), page.key, copy, &never));
    assert_eq!(page.look(at(26_000), copy), Look::Nothing);
}

#[test]
fn nothing_is_served_when_tidegate_only_watches_and_nothing_kept_when_the_cache_is_off() {
    let mut page = Page::new(&[]);
    let copy = page.keep(at(0), FRESH);
    page.gate.set_mode(at(0), Mode::Observe);
    assert_eq!(page.look(at(1), copy), Look::Nothing);
    let mut none = Page::new(&[(Setting::Cache, 0.0)]);
    assert_eq!(none.judge(at(0), at(0), CopyId::NONE, FRESH), CopyId::NONE);
}

#[test]
fn what_is_forgotten_is_owed_nothing_and_forgetting_all_forgets_all() {
    let mut page = Page::new(&[(Setting::CacheEntries, 2.0)]);
    let copies: Vec<CopyId> = (0..2).map(|_| page.keep(at(0), SPARE)).collect();
    assert!(stale(page.look_as(at(20_000), copies[0], true, None)));
    page.gate.forget_copy(copies[0]);
    assert_eq!(page.look(at(20_000), copies[0]), Look::Nothing);
    assert!(stale(page.look_as(at(20_000), copies[1], true, None)));
    page.gate.forget_copy(CopyId::NONE);
    assert_eq!(page.live(at(20_000), at(100_000)), []);
    assert_eq!(page.look(at(20_000), copies[1]), Look::Nothing);
}

#[test]
fn background_work_finds_the_same_copies() {
    let mut page = Page::new(&[]);
    let copy = page.keep(at(0), FRESH);
    let asked = Asked { mode: Asking::Default, failed: false, most: None, fields: b"" };
    assert!(matches!(page.gate.look(at(1), copy, page.key, How(BACKGROUND), &asked), Look::Serve(_)));
}
